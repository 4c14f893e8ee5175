package header

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Nosniff asks whether browsers are kept from guessing another type than the
// one declared, on all answers of the shop that were read.
var Nosniff = &check.Check{
	Name: "nosniff", Level: wire.Passive, Severity: check.Info, CWE: 693,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var pages []*page.Page
		for _, pg := range p.Site.Pages {
			if pg.Ex.Status == 200 && pg.Challenge == "" && p.Scope.HasOrigin(pg.URL) {
				p.ExaminedPage(pg)
				pages = append(pages, pg)
			}
		}
		for _, g := range byHost(pages) {
			var bad []*page.Page
			for _, pg := range g.pages {
				first, _, _ := strings.Cut(pg.Ex.Header.Get("X-Content-Type-Options"), ",")
				if !strings.EqualFold(strings.TrimSpace(first), "nosniff") {
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
