package software

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// JSLibraryVulnerable asks whether pages load releases of JavaScript libraries
// with known vulnerabilities: one finding for each release.
var JSLibraryVulnerable = &check.Check{
	Name: "js-library-vulnerable", Level: wire.Passive, Severity: check.Medium, CWE: 1395,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		for _, pg := range p.Site.HTML() {
			if p.Scope.HasOrigin(pg.URL) && len(pg.Scripts) > 0 {
				p.ExaminedPage(pg)
			}
		}
		var unknown []string
		for _, l := range s.libraries {
			pr, ok := p.Site.Intel.Product(l.id)
			switch {
			case !ok:
			case l.version.IsZero():
				// Only a library that is known for vulnerabilities leaves the question open.
				if len(p.Site.Intel.Advisories(l.id)) > 0 && !named(s.libraries, l.id) {
					unknown = append(unknown, pr.Name.EN)
				}
			default:
				l.report(p, pr)
			}
		}
		switch {
		case len(unknown) > 0:
			p.Unsure("{names} のバージョンが分からず、既知の弱点に該当するかを判定できませんでした。", i18n.Args{"names": strings.Join(unknown, ", ")})
		case p.Site.Intel.Stale(p.Site.Now):
			p.Unsure("弱点情報が {date} 時点の古いものです。新しい情報で診断し直してください。", i18n.Args{"date": p.Site.Intel.Issued.Format("2006-01-02")})
		}
		return ctx.Err()
	},
}

// named says that another mark of the same library told its version.
func named(all []*library, id string) bool {
	return slices.ContainsFunc(all, func(l *library) bool { return l.id == id && !l.version.IsZero() })
}

func (l *library) report(p *check.Pass, pr *intel.Product) {
	a := &advised{matches: p.Site.Intel.Vulnerabilities(l.id, "core", []intel.Version{l.version})}
	open, _ := a.open()
	if len(open) == 0 {
		return
	}
	worst := open[0].Advisory
	var fixed intel.Version
	for _, m := range open {
		if m.Advisory.Score() > worst.Score() {
			worst = m.Advisory
		}
		for _, v := range m.Fixed() {
			if fixed.IsZero() || intel.Compare(v, fixed) > 0 {
				fixed = v
			}
		}
	}
	refs := references(open)
	f := p.Report(l.first, l.places[0], i18n.Args{"version": l.version.String(), "n": strconv.Itoa(len(open)), "ids": strings.Join(refs, ", "),
		"pages": strings.Join(l.pages[:min(len(l.pages), 5)], ", ")})
	f.Evidence = append(f.Evidence, l.ex...)
	f.Parameter = pr.Name.EN + " " + l.version.String()
	f.Severity, f.CVSS31, f.CVSS40 = severity(worst.Severity), worst.CVSS3, worst.CVSS4
	f.References = refs
	f.Words = map[string]i18n.Text{"name": pr.Name, "summary": worst.Summary, "fixed": {}}
	if !fixed.IsZero() {
		f.Words["fixed"] = i18n.Text{JA: "すべて修正されているのは " + fixed.String() + " 以降です。", EN: "All of them are fixed from " + fixed.String() + " on."}
	}
	if !l.certain || open[0].Outcome != intel.Yes {
		f.Case, f.Confidence = "by-name", check.Possible
	}
}
