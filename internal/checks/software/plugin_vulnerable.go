package software

import (
	"cmp"
	"context"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PluginVulnerable holds the plug-ins that the shop's pages show against the
// known vulnerabilities. EC-CUBE's plug-ins do not show their version.
var PluginVulnerable = &check.Check{
	Name: "plugin-vulnerable", Level: wire.Safe, Severity: check.High, CWE: 1395,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		e, err := check.Ask(ctx, p, versions)
		if err != nil {
			return err
		}
		var list []*advised
		for _, d := range e.find(intel.KindPlugin) {
			list = append(list, d.advised(p, "core"))
		}
		components := p.Site.Intel.Components("eccube")
		for _, x := range s.extensions {
			pr := &intel.Product{ID: x.code, Name: i18n.Text{JA: x.code, EN: x.code}, Kind: intel.KindPlugin}
			a := &advised{product: pr, ex: x.ex}
			if x.of == "eccube" && slices.Contains(components, x.code) {
				a.matches = p.Site.Intel.Vulnerabilities("eccube", x.code, nil)
			}
			list = append(list, a)
		}
		return cmp.Or(judge(ctx, p, list), e.err)
	},
}
