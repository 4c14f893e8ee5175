package diagnose

import (
	"cmp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/verdict"
)

// Change is what became of a finding between two runs.
type Change string

// The changes. A check that was not examined again leaves its findings
// NotLookedAt: what was not looked at is never called fixed.
const (
	Fixed       Change = "fixed"
	Still       Change = "still"
	New         Change = "new"
	NotLookedAt Change = "not-looked-at"
)

// Compared is one finding with what became of it.
type Compared struct {
	Change  Change
	Finding check.Finding // of the later run where it has it, else of the earlier
}

// Compare sets two runs of a shop side by side by (check, place, parameter,
// case). Fixed needs the later run to have the same origins and level in its
// scope and the check to have come to Met, or to NotMet at other places only.
// Where one of them is a retest, only what both were to look at is set side by side.
func Compare(earlier, later *Run) []Compared {
	type key struct{ check, where, parameter, kase string }
	of := func(f *check.Finding) key { return key{f.Check, f.Where, f.Parameter, f.Case} }
	before := map[key]bool{}
	for _, r := range earlier.Results {
		for i := range r.Findings {
			before[of(&r.Findings[i])] = true
		}
	}
	var out []Compared
	after := map[key]bool{}
	both := func(check string) bool { return earlier.meant(check) && later.meant(check) }
	for _, r := range later.Results {
		if !both(r.Check) {
			continue
		}
		for i := range r.Findings {
			k := of(&r.Findings[i])
			after[k] = true
			c := New
			if before[k] {
				c = Still
			}
			out = append(out, Compared{c, r.Findings[i]})
		}
	}
	same := sameScope(earlier, later)
	for _, r := range earlier.Results {
		for i := range r.Findings {
			if !both(r.Check) || after[of(&r.Findings[i])] {
				continue
			}
			c := NotLookedAt
			if l := later.Result(r.Check); same && l != nil && later.State == Finished && (l.Verdict == verdict.Met || l.Verdict == verdict.NotMet) {
				c = Fixed
			}
			out = append(out, Compared{c, r.Findings[i]})
		}
	}
	rank := map[Change]int{New: 0, Still: 1, NotLookedAt: 2, Fixed: 3}
	slices.SortStableFunc(out, func(a, b Compared) int {
		return cmp.Or(cmp.Compare(rank[a.Change], rank[b.Change]), cmp.Compare(b.Finding.Severity, a.Finding.Severity), cmp.Compare(a.Finding.Check, b.Finding.Check), cmp.Compare(a.Finding.Where, b.Finding.Where))
	})
	return out
}

// meant says whether a run was to look at a check: a retest at a few only.
func (r *Run) meant(check string) bool { return len(r.Only) == 0 || slices.Contains(r.Only, check) }

func sameScope(a, b *Run) bool {
	x, y := slices.Clone(a.Scope.Hosts), slices.Clone(b.Scope.Hosts)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y) && b.Scope.Level >= a.Scope.Level && slices.Equal(a.Scope.Exclude, b.Scope.Exclude)
}
