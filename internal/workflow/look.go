package workflow

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/report"
	"miseban/internal/verdict"
)

// Look is what a run looked at and found, in the form in which it is merged
// into the list of a shop.
type Look struct {
	Run     string
	At      time.Time // when it began: what people did later it could not see
	Retest  bool
	Reach   Reach
	Found   []Found
	Checked map[string]bool // the checks that came to an answer
}

// Reach is how far a run could look. What a run did not see is gone only if it
// looked as far as the run that saw it.
type Reach struct {
	Scope    string // of origins and of what was left out
	Level    int
	Accounts int // test accounts
}

// covers says that r looks at everything that x looked at.
func (r Reach) covers(x Reach) bool {
	return r.Scope == x.Scope && r.Level >= x.Level && r.Accounts >= x.Accounts
}

// Found is one finding of a run.
type Found struct {
	check.Finding
	Fingerprint string // the same fault at the same place of the shop
	Cause       string // the same fault, on whatever shop
	Priority    int    // what to do first is highest
}

// LookOf reads a finished run. Findings that are only worth knowing are not work
// and are left out.
func LookOf(run *diagnose.Run, catalogue assessment.Catalogue) *Look {
	l := &Look{Run: run.ID, At: run.Started, Retest: len(run.Only) > 0, Reach: reachOf(run), Checked: map[string]bool{}}
	seen := map[string]bool{}
	for i := range run.Results {
		r := &run.Results[i]
		if run.State == diagnose.Finished && (r.Verdict == verdict.Met || r.Verdict == verdict.NotMet) {
			l.Checked[r.Check] = true
		}
		c := catalogue(r.Check)
		if c == nil {
			continue
		}
		for _, f := range r.Findings {
			print := report.Fingerprint(&f)
			if f.Severity == check.Info || seen[print] {
				continue
			}
			seen[print] = true
			f.Check = r.Check
			l.Found = append(l.Found, Found{Finding: f, Fingerprint: print, Cause: Cause(&f), Priority: int(1000 * assessment.Priority(c, &f))})
		}
	}
	return l
}

func reachOf(run *diagnose.Run) Reach {
	s := run.Scope
	hosts, without := slices.Sorted(slices.Values(s.Hosts)), slices.Sorted(slices.Values(s.Exclude))
	return Reach{Scope: hash(fmt.Sprint(hosts), fmt.Sprint(without)), Level: int(s.Level), Accounts: len(s.Accounts)}
}

var (
	digits = regexp.MustCompile(`[0-9]+`)
	host   = regexp.MustCompile(`^([a-z]+://)?[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+(:[0-9]+)?(/|$)`)
)

// Normal is a place without what differs from shop to shop: host and numbers.
func Normal(where string) string {
	if m := host.FindStringSubmatch(where); m != nil {
		where = m[3] + "/" + where[len(m[0]):]
	}
	return digits.ReplaceAllString(where, "{n}")
}

// Cause is the same for the same fault in the same part of different shops.
func Cause(f *check.Finding) string {
	return hash(f.Check, Normal(f.Where), f.Parameter, f.Case, strings.Join(f.References, ","))
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// Before is what the list knew of a finding.
type Before struct {
	Check string
	State State
	Moved time.Time // when it came to the state
	Seen  time.Time // when it was last seen
	Reach Reach     // of the run that saw it last
}

// Again is the state of a finding that the run has seen again: what was said to
// be mended is not, what was resolved is back. Judgements of people hold until
// their day.
func (l *Look) Again(b *Before) State {
	switch {
	case l.At.Before(b.Moved):
		return b.State
	case b.State == Ready:
		return Working
	case b.State == Resolved:
		return New
	}
	return b.State
}

// Unseen is the state of a finding that the run has not seen, and whether the
// run tells that it is gone: its check came to an answer, as far as it looked
// before. A retest, and a diagnosis after somebody said that it is mended,
// settle it; else it only looks mended, and a retest is to confirm that.
func (l *Look) Unseen(b *Before) (to State, gone bool) {
	if !l.Checked[b.Check] || !l.Reach.covers(b.Reach) || l.At.Before(b.Moved) || l.At.Before(b.Seen) {
		return b.State, false
	}
	switch {
	case !b.State.Open():
		return b.State, true
	case b.State == Ready || l.Retest:
		return Resolved, true
	}
	return Ready, true
}
