package header

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PermissionsPolicy asks whether pages on which visitors type or pay switch off
// the browser functions (camera, position, payment) that they do not use.
var PermissionsPolicy = &check.Check{
	Name: "permissions-policy", Level: wire.Passive, Severity: check.Info, CWE: 693,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var typed []*page.Page
		for _, pg := range p.Site.HTML() {
			if takesInput(pg) {
				p.ExaminedPage(pg)
				typed = append(typed, pg)
			}
		}
		for _, g := range byHost(typed) {
			var bad []*page.Page
			for _, pg := range g.pages {
				if pg.Ex.Header.Get("Permissions-Policy") == "" {
					bad = append(bad, pg)
				}
			}
			if len(bad) > 0 {
				report(p, g, bad, nil).Case = "missing"
			}
		}
		return ctx.Err()
	},
}
