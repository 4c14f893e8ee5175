package intel

import (
	"cmp"
	"slices"

	"miseban/internal/i18n"
)

// Severity is how bad an advisory is, by its CVSS v3.1 base score.
type Severity string

// The severities, as CVSS names them.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

var severityRank = map[Severity]int{Low: 1, Medium: 2, High: 3, Critical: 4}

// Attacker says what somebody needs before he can use a vulnerability.
type Attacker string

// What an attacker needs.
const (
	Anyone       Attacker = "none"    // nothing: any visitor
	AnyoneLuring Attacker = "none+ui" // a victim who opens a page or a link
	User         Attacker = "user"    // an account of a customer or an author
	Admin        Attacker = "admin"   // an account of an administrator
	Unstated     Attacker = "unstated"
)

// Range is one stretch of affected versions. A zero From means from the
// beginning; To is included, Below is not; both zero means to the newest.
type Range struct {
	From  Version `yaml:"from,omitempty"`
	To    Version `yaml:"to,omitempty"`
	Below Version `yaml:"below,omitempty"`
	// Fixed is the first release with the fix. Stated says that the advisory
	// names it; otherwise it is the next release after the range.
	Fixed  Version `yaml:"fixed,omitempty"`
	Stated bool    `yaml:"stated,omitempty"`
}

// Advisory is one known vulnerability of one product.
type Advisory struct {
	ID        string   `yaml:"id"`  // CVE or GHSA
	JVN       string   `yaml:"jvn"` // named first in Japanese reports
	JVNDB     string   `yaml:"jvndb"`
	Also      []string `yaml:"also"` // other names of the same thing
	Product   string   `yaml:"product"`
	Component string   `yaml:"component"` // "core" or the id of a plug-in
	Class     string   `yaml:"class"`
	Attacker  Attacker `yaml:"attacker"`
	Affected  []Range  `yaml:"affected"`
	Severity  Severity `yaml:"severity"`
	CWE       int      `yaml:"cwe"`
	// CVSS3 and CVSS4 are vectors. CVSSFrom names who published them; without
	// it, they were worked out from the kind of fault and who can use it.
	CVSS3        string    `yaml:"cvss3"`
	CVSS4        string    `yaml:"cvss4"`
	CVSSFrom     string    `yaml:"cvss_from"`
	CVSS3Derived bool      `yaml:"-"`
	CVSS4Derived bool      `yaml:"-"`
	Summary      i18n.Text `yaml:"summary"` // what an attacker can do to this shop
	Confirm      i18n.Text `yaml:"confirm"` // how to find out whether it is really open
	Trial        *Trial    `yaml:"trial"`   // the harmless request that finds it out; nil when there is none
	Via          i18n.Text `yaml:"via"`     // fills {via} in the summary of the class
	// Setting names a setting that the fix needs beside the new version.
	Setting string `yaml:"setting"`
	// Only narrows the advisory to an environment, for example "windows".
	Only string `yaml:"only"`
	// Backported says that distributions repair this without a new upstream number.
	Backported bool   `yaml:"backported"`
	Exploited  bool   `yaml:"exploited"`
	Source     string `yaml:"source"`
}

// Outcome says how a set of candidate versions stands to an advisory.
type Outcome string

// The outcomes. Unknown is never to be read as safe.
const (
	Yes      Outcome = "yes"      // every candidate is affected
	Possible Outcome = "possible" // some candidates are affected
	Unknown  Outcome = "unknown"  // the advisory does not speak of this branch
	No       Outcome = "no"       // no candidate is affected
)

// Match is one advisory held against the candidates.
type Match struct {
	Advisory *Advisory
	Outcome  Outcome
	// Ranges are the affected stretches that candidates lie in.
	Ranges []Range
	// SettingOnly says that the candidates are new enough, and the fault stays
	// open unless Advisory.Setting is made.
	SettingOnly bool
	// Packaged says that the version comes from a distribution, which may have
	// repaired it without a new upstream number.
	Packaged bool
}

// Fixed lists the releases that mend what the candidates have, old to new.
func (m Match) Fixed() []Version {
	var fixed []Version
	for _, r := range m.Ranges {
		if !r.Fixed.IsZero() {
			fixed = append(fixed, r.Fixed)
		}
	}
	slices.SortFunc(fixed, Compare)
	return slices.CompactFunc(fixed, func(a, b Version) bool { return Compare(a, b) == 0 })
}

// Gap is a stretch of releases that are not in the tables but may be what runs:
// everything after After and before Before. A zero end is open. Branch is set
// if all of them belong to one branch.
type Gap struct {
	After, Before Version
	Branch        string
}

// Contains says whether v lies in the range.
func (r Range) Contains(v Version) bool {
	return (r.From.IsZero() || Compare(v, r.From) >= 0) &&
		(r.To.IsZero() || Compare(v, r.To) <= 0) &&
		(r.Below.IsZero() || Compare(v, r.Below) < 0)
}

// touches says whether some release in g may lie in the range.
func (r Range) touches(g Gap) bool {
	beforeRange := !g.Before.IsZero() && !r.From.IsZero() && Compare(g.Before, r.From) <= 0
	afterTo := !g.After.IsZero() && !r.To.IsZero() && Compare(g.After, r.To) >= 0
	afterBelow := !g.After.IsZero() && !r.Below.IsZero() && Compare(g.After, r.Below) >= 0
	return !beforeRange && !afterTo && !afterBelow
}

// covers says whether every release in g lies in the range.
func (r Range) covers(g Gap) bool {
	end := r.To
	if end.IsZero() {
		end = r.Below
	}
	from := r.From.IsZero() || !g.After.IsZero() && Compare(g.After, r.From) >= 0
	to := end.IsZero() || !g.Before.IsZero() && Compare(g.Before, end) <= 0
	return from && to
}

// Affected holds candidates against an advisory: Yes if all are inside, Possible
// if some are, Unknown if none is and the advisory does not name the branch of
// one of them, No otherwise. No candidates give Unknown.
func (b *Bundle) Affected(candidates []Version, a *Advisory) Match {
	return b.affected(candidates, nil, a)
}

func (b *Bundle) affected(candidates []Version, gaps []Gap, a *Advisory) Match {
	m := Match{Advisory: a, Outcome: Unknown}
	used := make([]bool, len(a.Affected))
	var in, out, partly, unnamed, mended int
	for _, c := range candidates {
		m.Packaged = m.Packaged || c.Packaged()
		v, inside := c.Upstream(), false
		for i, r := range a.Affected {
			if r.Contains(v) {
				used[i], inside = true, true
			}
		}
		switch {
		case inside:
			in++
		case b.names(a, v):
			out++
			if a.Setting != "" && b.fixedIn(a, v) {
				mended++
			}
		default:
			unnamed++
		}
	}
	for _, g := range gaps {
		touched, covered := false, false
		for i, r := range a.Affected {
			if r.touches(g) {
				used[i], touched = true, true
				covered = covered || r.covers(g)
			}
		}
		switch {
		case covered:
			in++
		case touched:
			partly++
		case b.namesGap(a, g):
			out++
		default:
			unnamed++
		}
	}
	switch {
	case in+partly+out+unnamed == 0:
	case in > 0 && partly+out+unnamed == 0:
		m.Outcome = Yes
	case in+partly > 0:
		m.Outcome = Possible
	case unnamed > 0:
	case mended > 0:
		m.Outcome, m.SettingOnly = Possible, true
	default:
		m.Outcome = No
	}
	for i, r := range a.Affected {
		if used[i] {
			m.Ranges = append(m.Ranges, r)
		}
	}
	return m
}

// names says whether the advisory speaks of the branch of v: always for
// products without branches and for a plain "before x", otherwise when one of
// its ranges begins, ends or is mended in the branch or runs over it.
func (b *Bundle) names(a *Advisory, v Version) bool {
	p, ok := b.products[a.Product]
	if !ok || !p.Branched || a.Component != "core" {
		return true
	}
	branch := b.Branch(a.Product, v)
	for _, r := range a.Affected {
		if r.From.IsZero() {
			return true
		}
		if b.Branch(a.Product, r.From) == branch {
			return true
		}
		end := cmpOr(r.To, r.Below)
		if end.IsZero() || b.Branch(a.Product, end) == branch || Compare(r.From, v) < 0 && Compare(v, end) < 0 {
			return true
		}
		if !r.Fixed.IsZero() && b.Branch(a.Product, r.Fixed) == branch {
			return true
		}
	}
	return false
}

// namesGap is names for releases that are not known one by one: they must all
// be of one branch that the advisory names.
func (b *Bundle) namesGap(a *Advisory, g Gap) bool {
	p, ok := b.products[a.Product]
	if !ok || !p.Branched || a.Component != "core" {
		return true
	}
	v, err := Parse(g.Branch)
	return err == nil && b.names(a, v)
}

// fixedIn says that v is at or after a fix of its own branch.
func (b *Bundle) fixedIn(a *Advisory, v Version) bool {
	for _, r := range a.Affected {
		if !r.Fixed.IsZero() && Compare(v, r.Fixed) >= 0 && b.Branch(a.Product, v) == b.Branch(a.Product, r.Fixed) {
			return true
		}
	}
	return false
}

// Vulnerabilities holds the candidates against every advisory for component
// ("core" or a plug-in's id) of product. All outcomes are returned, the worst
// first, so that a caller can tell "not affected" from "not known".
func (b *Bundle) Vulnerabilities(product, component string, candidates []Version) []Match {
	return b.vulnerabilities(product, component, candidates, nil)
}

// VulnerabilitiesOf is Vulnerabilities for an estimate: releases that lie in
// gaps of the tables count as candidates too.
func (b *Bundle) VulnerabilitiesOf(e Estimate, component string) []Match {
	return b.vulnerabilities(e.Product, component, e.Versions, e.Gaps)
}

func (b *Bundle) vulnerabilities(product, component string, candidates []Version, gaps []Gap) []Match {
	var matches []Match
	for _, a := range b.advisories[b.family(product)] {
		if a.Component == component {
			matches = append(matches, b.affected(candidates, gaps, a))
		}
	}
	slices.SortStableFunc(matches, func(x, y Match) int {
		return cmp.Or(
			cmp.Compare(slices.Index(outcomes, x.Outcome), slices.Index(outcomes, y.Outcome)),
			cmp.Compare(severityRank[y.Advisory.Severity], severityRank[x.Advisory.Severity]),
			cmp.Compare(boolRank(y.Advisory.Exploited), boolRank(x.Advisory.Exploited)),
		)
	})
	return matches
}

var outcomes = []Outcome{Yes, Possible, Unknown, No}

// Advisories lists what is known of product, all components, in the order of the data.
func (b *Bundle) Advisories(product string) []*Advisory { return b.advisories[b.family(product)] }

// Name is the number to show first: JVN where there is one, else CVE or GHSA.
func (a *Advisory) Name() string { return cmp.Or(a.JVN, a.ID) }

func cmpOr(a, b Version) Version {
	if a.IsZero() {
		return b
	}
	return a
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Components lists the components of product that advisories speak of, "core" first.
func (b *Bundle) Components(product string) []string {
	components := []string{"core"}
	for _, a := range b.Advisories(product) {
		if !slices.Contains(components, a.Component) {
			components = append(components, a.Component)
		}
	}
	return components
}
