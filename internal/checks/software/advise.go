package software

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// maxSingly is how many advisories of one product are findings of their own;
// the rest, less severe, share one, so that the report can still be read.
const maxSingly = 8

// advised is what intel says of one product's estimate.
type advised struct {
	product  *intel.Product
	version  i18n.Text
	matches  []intel.Match
	evidence []wire.ExchangeID
	ex       *wire.Exchange
}

// open lists the matches that may be open, and says whether some advisory does
// not speak of the branch that runs.
func (a *advised) open() (open []intel.Match, unknown bool) {
	for _, m := range a.matches {
		switch m.Outcome {
		case intel.Yes, intel.Possible:
			open = append(open, m)
		case intel.Unknown:
			unknown = true
		}
	}
	return open, unknown
}

// report writes one finding per advisory – all numbers under one JVN entry
// are one – worst first, and the tail as one.
func (a *advised) report(p *check.Pass) {
	open, _ := a.open()
	var groups [][]intel.Match
	for _, m := range open {
		i := -1
		if m.Advisory.JVN != "" {
			i = slices.IndexFunc(groups, func(g []intel.Match) bool { return g[0].Advisory.JVN == m.Advisory.JVN })
		}
		if i < 0 {
			groups = append(groups, []intel.Match{m})
		} else {
			groups[i] = append(groups[i], m)
		}
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(x, y intel.Match) int { return cmp.Compare(y.Advisory.Score(), x.Advisory.Score()) })
	}
	slices.SortStableFunc(groups, func(x, y []intel.Match) int {
		return cmp.Or(cmp.Compare(urgency(y), urgency(x)), cmp.Compare(y[0].Advisory.Score(), x[0].Advisory.Score()), cmp.Compare(x[0].Advisory.Name(), y[0].Advisory.Name()))
	})
	tail := groups[min(len(groups), maxSingly):]
	if len(tail) == 1 { // one more is no shorter as a list
		tail = nil
	}
	for _, g := range groups[:len(groups)-len(tail)] {
		a.one(p, g)
	}
	if len(tail) > 0 {
		a.rest(p, tail)
	}
}

// urgency puts what is being exploited, and what any visitor can do, first.
func urgency(g []intel.Match) int {
	n := 0
	for worth, is := range map[int]func(intel.Match) bool{
		4: func(m intel.Match) bool { return m.Advisory.Exploited },
		2: func(m intel.Match) bool {
			return m.Advisory.Severity == intel.Critical || m.Advisory.Severity == intel.High
		},
		1: func(m intel.Match) bool { return m.Outcome == intel.Yes },
	} {
		if slices.ContainsFunc(g, is) {
			n += worth
		}
	}
	return n
}

func (a *advised) one(p *check.Pass, g []intel.Match) *check.Finding {
	first := g[0].Advisory
	f := p.Report(a.ex, a.product.ID, i18n.Args{"id": first.Name()})
	f.Evidence = append(f.Evidence, a.evidence...)
	f.Parameter, f.Confidence = first.Name(), check.Possible
	f.Severity, f.CVSS31, f.CVSS40 = severity(first.Severity), first.CVSS3, first.CVSS4
	f.References = references(g)
	var summary, fixed i18n.Text
	var versions []string
	for _, m := range g {
		s := m.Advisory.Summary
		if !strings.Contains(summary.JA, s.JA) {
			summary = i18n.Text{JA: summary.JA + s.JA, EN: strings.TrimSpace(summary.EN + " " + s.EN)}
		}
		for _, v := range m.Fixed() {
			if !slices.Contains(versions, v.String()) {
				versions = append(versions, v.String())
			}
		}
	}
	if len(versions) > 0 {
		v := strings.Join(versions, ", ")
		fixed = i18n.Text{JA: "修正されたバージョンは " + v + " です。", EN: "Fixed in " + v + "."}
	}
	if first.Only != "" {
		fixed = i18n.Text{JA: fixed.JA + "環境が " + first.Only + " の場合に限ります。", EN: strings.TrimSpace(fixed.EN + " Only where the environment is " + first.Only + ".")}
	}
	if first.Exploited {
		summary = i18n.Text{JA: summary.JA + "すでに攻撃に使われています。", EN: summary.EN + " It is being exploited."}
	}
	f.Words = map[string]i18n.Text{"name": a.product.Name, "version": a.version, "summary": summary, "fixed": fixed, "confirm": first.Confirm}
	if g[0].SettingOnly {
		f.Case = "setting"
		f.Args["setting"] = first.Setting
	}
	return f
}

// rest is one finding for the less severe advisories of a product.
func (a *advised) rest(p *check.Pass, groups [][]intel.Match) {
	var ids []string
	worst := groups[0][0].Advisory
	var all []intel.Match
	for _, g := range groups {
		ids = append(ids, g[0].Advisory.Name())
		all = append(all, g...)
		if g[0].Advisory.Score() > worst.Score() {
			worst = g[0].Advisory
		}
	}
	f := p.Report(a.ex, a.product.ID, i18n.Args{"n": strconv.Itoa(len(ids)), "ids": strings.Join(ids, ", ")})
	f.Evidence = append(f.Evidence, a.evidence...)
	f.Case, f.Confidence = "several", check.Possible
	f.Severity, f.CVSS31, f.CVSS40 = severity(worst.Severity), worst.CVSS3, worst.CVSS4
	f.Words = map[string]i18n.Text{"name": a.product.Name, "version": a.version, "confirm": worst.Confirm}
	f.References = references(all)
}

// references lists the numbers of advisories, JVN first.
func references(g []intel.Match) []string {
	var out []string
	add := func(s string) {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, m := range g {
		add(m.Advisory.JVN)
	}
	for _, m := range g {
		add(m.Advisory.JVNDB)
	}
	for _, m := range g {
		add(m.Advisory.ID)
		for _, o := range m.Advisory.Also {
			add(o)
		}
	}
	return out
}

func severity(s intel.Severity) check.Severity {
	v, err := check.ParseSeverity(string(s))
	if err != nil {
		return check.Medium
	}
	return v
}
