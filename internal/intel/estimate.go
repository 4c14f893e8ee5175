package intel

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/i18n"
)

// Certainty says how far an estimate goes.
type Certainty string

// How far an estimate can go.
const (
	NotEstimated Certainty = "none"     // nothing tells a version
	ToBranch     Certainty = "branch"   // the line of releases, not the release
	ToVersions   Certainty = "versions" // one release, or a set that nothing separates
	Mixed        Certainty = "mixed"    // signs of different releases at once
)

// Estimate is what the signs and files of a shop say of a product's version.
type Estimate struct {
	Product   string
	Certainty Certainty
	// Versions are the candidates, old to new. If there are several, nothing
	// that was seen separates them. For Mixed they are all that were seen.
	Versions []Version
	Branches []string
	// Gaps are releases without a table that fit as well.
	Gaps []Gap
	// Basis names the files and signs that the estimate rests on.
	Basis []string
	// Edited lists core files with contents of no known release.
	Edited []string
}

// Exact is the one version that the estimate names, if it names one.
func (e Estimate) Exact() (Version, bool) {
	if e.Certainty == ToVersions && len(e.Versions) == 1 && len(e.Gaps) == 0 {
		return e.Versions[0], true
	}
	return Version{}, false
}

// Text says the estimate in words: a version, a set shown as a set, or a branch.
func (e Estimate) Text(l i18n.Lang) string {
	say := func(ja, en string, args i18n.Args) string { return i18n.Format(i18n.Text{JA: ja, EN: en}.In(l), args) }
	list := func(n int) (s []string) {
		for _, v := range e.Versions[:n] {
			s = append(s, v.String())
		}
		return s
	}
	switch n := len(e.Versions); {
	case e.Certainty == ToBranch:
		return say("{b}系", "{b} branch", i18n.Args{"b": strings.Join(e.Branches, " / ")})
	case e.Certainty == Mixed:
		return say("複数の版のファイルが混在", "files of several releases mixed", nil)
	case n == 0 || e.Certainty != ToVersions:
		return say("不明", "unknown", nil)
	case n == 1 && len(e.Gaps) > 0:
		return say("{v} またはその前後", "{v} or a release next to it", i18n.Args{"v": e.Versions[0].String()})
	case n == 1:
		return e.Versions[0].String()
	case n <= 4:
		return say("{v} のいずれか", "one of {v}", i18n.Args{"v": strings.Join(list(n), say("、", ", ", nil))})
	default:
		return say("{a}〜{z} のいずれか({n}版)", "one of {n} releases from {a} to {z}",
			i18n.Args{"a": e.Versions[0].String(), "z": e.Versions[n-1].String(), "n": strconv.Itoa(n)})
	}
}

// line is a set over the releases of a table and the places between them:
// line[2i+1] is release i, line[2i] the unknown releases just before it.
type line []bool

func (t *table) all() line {
	l := make(line, 2*len(t.releases)+1)
	for i := range l {
		l[i] = true
	}
	return l
}

func (t *table) line(spans []span) line {
	l := make(line, 2*len(t.releases)+1)
	for _, s := range spans {
		from, to := 2*s.first+1, 2*s.last+1
		if s.openBelow {
			from--
		}
		if s.openAbove {
			to++
		}
		for i := from; i <= to; i++ {
			l[i] = true
		}
	}
	return l
}

func (l line) and(m line) line {
	both := slices.Clone(l)
	for i := range both {
		both[i] = l[i] && m[i]
	}
	return both
}

// someRelease says that a real release, not only a gap, is left.
func (l line) someRelease() bool {
	for i := 1; i < len(l); i += 2 {
		if l[i] {
			return true
		}
	}
	return false
}

// Candidates joins the answers of fingerprint files and the signs seen into an
// estimate. A version is named only on two known files that differ between
// releases, or on a sign that prints it; a core file with unknown contents
// leaves the branch at most; signs that contradict each other are Mixed.
func (b *Bundle) Candidates(product string, hits []Hit, signs ...SignHit) Estimate {
	e := Estimate{Product: product, Certainty: NotEstimated}
	printed, ranges := usable(product, signs)
	t := b.table(product)
	if t == nil {
		t = &table{gap: []bool{false}}
	}
	fits, union, telling := t.all(), make(line, 2*len(t.releases)+1), 0
	seen := map[string]bool{}
	for _, h := range hits {
		f := t.byPath[h.Path]
		if f == nil || !h.Known || seen[h.Path] {
			continue
		}
		seen[h.Path] = true
		l := t.line(h.spans)
		fits = fits.and(l)
		for i := range union {
			union[i] = union[i] || l[i]
		}
		if f.Contents >= 2 {
			telling++
		}
		e.Basis = append(e.Basis, h.Path)
	}
	if len(seen) > 0 && !slices.Contains(fits, true) {
		e.Certainty = Mixed
		e.Versions, e.Branches = b.releases(t, product, union)
		return e
	}
	for _, h := range hits {
		if f := t.byPath[h.Path]; f != nil && f.Core && !h.Known && t.inEvery(f, fits) && !slices.Contains(e.Edited, h.Path) {
			e.Edited = append(e.Edited, h.Path)
		}
	}
	if len(printed) > 0 {
		return b.printedVersion(e, t, fits, len(seen) > 0, printed)
	}
	var byBranch []string
	for _, s := range ranges {
		l := t.within(b, s)
		if narrowed := fits.and(l); narrowed.someRelease() {
			fits = narrowed
			e.Basis = append(e.Basis, s.Sign.ID())
		} else if len(t.releases) == 0 && s.Branch != "" {
			byBranch = append(byBranch, s.Branch)
			e.Basis = append(e.Basis, s.Sign.ID())
		}
	}
	if len(e.Basis) == 0 {
		return e
	}
	e.Versions, e.Branches = b.releases(t, product, fits)
	e.Gaps = b.gaps(t, product, fits)
	if telling >= 2 && len(e.Edited) == 0 {
		e.Certainty = ToVersions
		return e
	}
	e.Certainty = ToBranch
	for _, branch := range byBranch {
		if !slices.Contains(e.Branches, branch) {
			e.Branches = append(e.Branches, branch)
		}
	}
	b.widen(&e, t)
	return e
}

// printedVersion joins versions that signs print with what the files allow.
func (b *Bundle) printedVersion(e Estimate, t *table, fits line, files bool, printed []SignHit) Estimate {
	e.Certainty = ToVersions
	for _, s := range printed {
		if !slices.ContainsFunc(e.Versions, func(v Version) bool { return Compare(v, s.Version) == 0 }) {
			e.Versions = append(e.Versions, s.Version)
		}
		e.Basis = append(e.Basis, s.Sign.ID())
		if files && !t.allows(fits, s.Version) {
			e.Certainty = Mixed
		}
	}
	if e.Certainty == Mixed {
		more, _ := b.releases(t, e.Product, fits)
		e.Versions = append(e.Versions, more...)
	}
	slices.SortFunc(e.Versions, Compare)
	e.Versions = slices.CompactFunc(e.Versions, func(x, y Version) bool { return Compare(x, y) == 0 })
	e.Branches = b.branches(e.Product, e.Versions)
	return e
}

// usable picks the signs that print a version, of the heaviest weight and the
// commonest value, and those that only narrow the range.
func usable(product string, signs []SignHit) (printed, ranges []SignHit) {
	count := map[string]int{}
	for _, s := range signs {
		switch {
		case s.Sign.Product != product || s.Sign.Alarm == AlarmHigh:
		case s.Sign.Proves == ProvesVersion && !s.Version.IsZero():
			printed = append(printed, s)
			count[s.Version.Key()]++
		case s.Sign.Proves == ProvesBranch || s.Sign.Proves == ProvesRange:
			ranges = append(ranges, s)
		}
	}
	if len(printed) == 0 {
		return nil, ranges
	}
	slices.SortStableFunc(printed, func(x, y SignHit) int {
		return cmp.Or(cmp.Compare(y.Sign.Weight, x.Sign.Weight), cmp.Compare(count[y.Version.Key()], count[x.Version.Key()]))
	})
	best := printed[0]
	return slices.DeleteFunc(printed, func(s SignHit) bool {
		return s.Sign.Weight < best.Sign.Weight || count[s.Version.Key()] < count[best.Version.Key()]
	}), ranges
}

// within is the part of the table's line that a branch or range sign allows.
func (t *table) within(b *Bundle, s SignHit) line {
	l := make(line, 2*len(t.releases)+1)
	for i, v := range t.releases {
		if s.covers(b, v) {
			l[2*i+1], l[2*i], l[2*i+2] = true, true, true
		}
	}
	return l
}

// allows says whether v is in the set, as a release or inside a gap.
func (t *table) allows(l line, v Version) bool {
	for i, r := range t.releases {
		if Compare(r, v) == 0 {
			return l[2*i+1]
		}
		if Compare(r, v) > 0 {
			return l[2*i]
		}
	}
	return l[len(l)-1]
}

// inEvery says whether every candidate release has the file.
func (t *table) inEvery(f *knownFile, l line) bool {
	has := make([]bool, len(t.releases))
	for _, c := range f.contents {
		for _, s := range c.spans {
			for i := s.first; i <= s.last; i++ {
				has[i] = true
			}
		}
	}
	for i := range has {
		if l[2*i+1] && !has[i] {
			return false
		}
	}
	return true
}

func (b *Bundle) releases(t *table, product string, l line) (versions []Version, branches []string) {
	for i, v := range t.releases {
		if l[2*i+1] {
			versions = append(versions, v)
		}
	}
	slices.SortFunc(versions, Compare)
	return versions, b.branches(product, versions)
}

func (b *Bundle) branches(product string, versions []Version) (branches []string) {
	for _, v := range versions {
		if br := b.Branch(product, v); !slices.Contains(branches, br) {
			branches = append(branches, br)
		}
	}
	return branches
}

// gaps are the places without a table that l still allows.
func (b *Bundle) gaps(t *table, product string, l line) (gaps []Gap) {
	var first, below Version
	if p, ok := b.products[product]; ok {
		first, below = p.First, p.Below
	}
	n := len(t.releases)
	for i, open := range t.gap {
		if !open || !l[2*i] {
			continue
		}
		g := Gap{}
		if i > 0 {
			g.After = t.releases[i-1]
		}
		switch {
		case i == n:
			g.Before = below
		case i == 0 && !first.IsZero() && Compare(t.releases[0], first) <= 0:
			continue
		default:
			g.Before = t.releases[i]
		}
		if !g.After.IsZero() && !g.Before.IsZero() {
			if br := b.Branch(product, g.After); Compare(g.Before, afterBranch(br)) <= 0 {
				g.Branch = br
			}
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// widen turns an estimate into all releases of its branches, known or not.
func (b *Bundle) widen(e *Estimate, t *table) {
	e.Versions, e.Gaps = nil, nil
	for _, br := range e.Branches {
		g := Gap{Before: afterBranch(br), Branch: br}
		for _, v := range t.releases {
			if b.Branch(e.Product, v) == br {
				e.Versions = append(e.Versions, v)
				if g.After.IsZero() || Compare(v, g.After) > 0 {
					g.After = v
				}
			}
		}
		if g.After.IsZero() {
			g.After = MustParse(br + "-dev")
		}
		e.Gaps = append(e.Gaps, g)
	}
	slices.SortFunc(e.Versions, Compare)
}

// afterBranch is the beginning of the branch after br, so that all of br lies before it.
func afterBranch(br string) Version {
	v := MustParse(br)
	last := strings.Count(br, ".")
	parts := make([]string, last+1)
	for i := range parts {
		n := v.at(i)
		if i == last {
			n++
		}
		parts[i] = strconv.FormatUint(n, 10)
	}
	return MustParse(strings.Join(parts, ".") + "-dev")
}

// NextFile names the file that is worth asking for next, given the paths asked
// so far and the answers to them. It stops when two files have told and no core
// file could separate what is left; spares are offered once a core file was
// found edited or missing.
func (b *Bundle) NextFile(product string, asked []string, hits []Hit) (FingerprintFile, bool) {
	t := b.table(product)
	if t == nil {
		return FingerprintFile{}, false
	}
	fits, telling, spoiled := t.all(), 0, len(asked) > len(hits)
	for _, h := range hits {
		f := t.byPath[h.Path]
		switch {
		case f == nil:
		case !h.Known:
			spoiled = true
		default:
			fits = fits.and(t.line(h.spans))
			if f.Contents >= 2 {
				telling++
			}
		}
	}
	for _, spare := range []bool{false, true} {
		if spare && !spoiled {
			break
		}
		for _, f := range t.files {
			if f.Core == spare || f.Contents < 2 || slices.Contains(asked, f.Path) {
				continue
			}
			if has, splits := t.splits(f, fits); has && (splits || telling < 2) {
				return f.FingerprintFile, true
			}
		}
	}
	return FingerprintFile{}, false
}

// splits says whether candidates have the file at all and whether its contents
// differ between them.
func (t *table) splits(f *knownFile, l line) (has, splits bool) {
	owner := make([]*content, len(t.releases))
	for _, c := range f.contents {
		for _, s := range c.spans {
			for i := s.first; i <= s.last; i++ {
				owner[i] = c
			}
		}
	}
	var first *content
	n := 0
	for i, c := range owner {
		if !l[2*i+1] {
			continue
		}
		has = has || c != nil
		if n > 0 && c != first {
			splits = true
		}
		if n == 0 {
			first = c
		}
		n++
	}
	return has, splits
}
