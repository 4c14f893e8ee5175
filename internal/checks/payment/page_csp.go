package payment

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PageCSP asks whether a policy limits what scripts may run on the pages of the purchase.
var PageCSP = &check.Check{
	Name: "payment-page-csp", Level: wire.Passive, Severity: check.Medium, CWE: 693,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		type fault struct{ kind, source string }
		var order []fault
		bad := map[fault][]*page.Page{}
		for _, pg := range paymentPages(p) {
			p.ExaminedPage(pg)
			k, source := weakness(pg)
			if k == "" {
				continue
			}
			f := fault{k, source}
			if len(bad[f]) == 0 {
				order = append(order, f)
			}
			bad[f] = append(bad[f], pg)
		}
		for _, k := range order {
			f := p.Report(bad[k][0].Ex, bad[k][0].URL.Hostname(), i18n.Args{"pages": paths(bad[k]), "source": k.source})
			f.Case, f.Parameter = k.kind, k.source
			evidence(f, bad[k])
			if k.kind == "inline" {
				f.Severity = check.Low
			}
		}
		return nil
	},
}

// weakness says what is missing in the page's policies: "" when any of them
// keeps unknown scripts out.
func weakness(pg *page.Page) (kind, source string) {
	policies := pg.Policies()
	kind = "missing"
	if len(policies) == 0 && strings.TrimSpace(pg.Ex.Header.Get("Content-Security-Policy-Report-Only")) != "" {
		return "report-only", ""
	}
	for _, p := range policies {
		if _, ok := p.Sources("script-src"); !ok {
			continue
		}
		if s, any := p.AnyScript(); any {
			kind, source = "open", s
			continue
		}
		if p.InlineScript() {
			kind, source = "inline", "'unsafe-inline'"
			continue
		}
		return "", ""
	}
	return kind, source
}
