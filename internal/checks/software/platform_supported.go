package software

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PlatformSupported asks whether the shop stands on a platform that somebody
// still keeps: a cart service by its provider, a package by its maker. A
// product that was given up as a whole cannot be repaired by an update.
var PlatformSupported = &check.Check{
	Name: "platform-supported", Level: wire.Passive, Severity: check.High, CWE: 1104,
	Effort: check.Project, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		var unknown []string
		for _, it := range s.find(intel.KindPackage) {
			p.Examined(it.ex)
			d := &dated{item: it}
			switch line := d.line(p); {
			case d.discontinued(p):
				last := line[0]
				for _, e := range line {
					if e.Ends.After(last.Ends) {
						last = e
					}
				}
				f := p.Report(it.ex, it.product.ID, i18n.Args{"ends": last.Ends.Format("2006-01-02")})
				f.Words, f.References = map[string]i18n.Text{"name": it.product.Name}, []string{last.Source}
			case len(line) == 0 && len(p.Site.Intel.Ends(it.product.ID)) == 0 && len(p.Site.Intel.Files(it.product.ID)) == 0:
				unknown = append(unknown, it.product.Name.EN)
			}
		}
		if len(unknown) > 0 {
			p.Unsure("{names} の提供が続いているかどうかは、診断が使う情報に収録されていません。提供元に確認してください。", i18n.Args{"names": strings.Join(unknown, ", ")})
		}
		return nil
	},
}
