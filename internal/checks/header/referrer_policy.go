package header

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// ReferrerPolicy asks whether full addresses of the shop's pages are handed to
// other sites. Silence is safe in today's browsers, so only a loose policy is
// a remark worth more than a word.
var ReferrerPolicy = &check.Check{
	Name: "referrer-policy", Level: wire.Passive, Severity: check.Info, CWE: 200,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		pages := p.Site.HTML()
		for _, pg := range pages {
			p.ExaminedPage(pg)
		}
		for _, g := range byHost(pages) {
			var missing, loose []*page.Page
			policy := ""
			for _, pg := range g.pages {
				switch v := referrerPolicy(pg); v {
				case "":
					missing = append(missing, pg)
				case "unsafe-url", "no-referrer-when-downgrade":
					loose, policy = append(loose, pg), v
				}
			}
			if len(loose) > 0 {
				report(p, g, loose, i18n.Args{"policy": policy}).Case = "loose"
			}
			if len(missing) > 0 {
				report(p, g, missing, nil).Case = "missing"
			}
		}
		return ctx.Err()
	},
}

// referrerPolicy is the last value a browser knows; <meta name=referrer> speaks after the header.
func referrerPolicy(pg *page.Page) string {
	values := strings.Split(strings.Join(pg.Ex.Header.Values("Referrer-Policy"), ","), ",")
	for _, m := range pg.Metas {
		if strings.EqualFold(m.Name, "referrer") {
			values = append(values, m.Content)
		}
	}
	out := ""
	for _, v := range values {
		switch v = strings.ToLower(strings.TrimSpace(v)); v {
		case "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
			"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url":
			out = v
		case "never":
			out = "no-referrer"
		case "always":
			out = "unsafe-url"
		}
	}
	return out
}
