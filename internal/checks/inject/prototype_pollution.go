package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// PrototypePollution asks whether a page's scripts, when they read parameters
// of the address, let one give a property to every object of the page.
var PrototypePollution = &check.Check{
	Name: "prototype-pollution", Level: wire.Active, Severity: check.Medium, CWE: 1321, Needs: check.Browser,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:L/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		all, err := check.Ask(ctx, p, domTrials)
		if err != nil {
			return withoutBrowser(p, err)
		}
		for _, d := range all {
			p.ExaminedPage(d.page)
			if len(d.lowered) == 0 {
				continue
			}
			// Once more, so that no page that does this by itself is taken for one.
			again := d.trial()
			again.URL.RawQuery = query(d.page.Ex.URL, nil, "") + "&" + polluting(d.word)
			again.URL.Fragment = polluting(d.word)
			got, err := p.Try(ctx, again)
			if err != nil {
				return withoutBrowser(p, err)
			}
			if len(got.Polluted) == 0 {
				continue
			}
			name := strings.Join(got.Polluted, ", ")
			f := p.Report(d.page.Ex, d.page.Ex.Path(), i18n.Args{"property": name})
			f.Proof = &check.Proof{
				Words: i18n.Text{
					JA: "アドレス " + again.URL.String() + " を開くと、ページのすべてのオブジェクトに " + name + " という値が加わりました（2 回中 2 回）。",
					EN: "After opening " + again.URL.String() + " every object of the page has the property " + name + " (2 of 2 times).",
				},
				Steps: []check.ProofStep{
					{Value: d.polluter, Saw: i18n.Text{JA: strings.Join(d.lowered, ", ") + " が加わりました", EN: strings.Join(d.lowered, ", ") + " was added"}, Evidence: d.page.Ex.ID},
					{Value: again.URL.String(), Saw: i18n.Text{JA: name + " が加わりました", EN: name + " was added"}, Evidence: d.page.Ex.ID},
				},
				Agreed: 2, Tried: 2,
			}
		}
		if len(all) == 0 {
			for _, pg := range p.Site.HTML() {
				p.ExaminedPage(pg)
			}
		}
		return nil
	},
}
