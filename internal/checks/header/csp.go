package header

import (
	"context"
	"maps"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CSP asks whether pages on which visitors type carry a Content-Security-Policy
// that really keeps foreign scripts out. A report-only policy does not.
var CSP = &check.Check{
	Name: "csp", Level: wire.Passive, Severity: check.Low, CWE: 693,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		var typed []*page.Page
		for _, pg := range p.Site.HTML() {
			if takesInput(pg) {
				p.ExaminedPage(pg)
				typed = append(typed, pg)
			}
		}
		for _, g := range byHost(typed) {
			judgeCSP(p, g)
		}
		return ctx.Err()
	},
}

// gap is one way in which the policies of a page leave scripts free.
type gap struct{ name, directive, source string }

func judgeCSP(p *check.Pass, g group) {
	var missing, reportOnly []*page.Page
	var gaps []gap
	pages := map[gap][]*page.Page{}
	for _, pg := range g.pages {
		policies := pg.Policies()
		if len(policies) == 0 {
			if len(pg.Ex.Header.Values("Content-Security-Policy-Report-Only")) > 0 {
				reportOnly = append(reportOnly, pg)
			} else {
				missing = append(missing, pg)
			}
			continue
		}
		for _, x := range gapsOf(policies) {
			if len(pages[x]) == 0 {
				gaps = append(gaps, x)
			}
			pages[x] = append(pages[x], pg)
		}
	}
	if len(missing) > 0 {
		report(p, g, missing, nil).Case = "missing"
	}
	if len(reportOnly) > 0 {
		report(p, g, reportOnly, nil).Case = "report-only"
	}
	for _, x := range gaps {
		f := report(p, g, pages[x], i18n.Args{"directive": x.directive, "source": x.source})
		f.Case, f.Parameter, f.Excerpt = x.name, x.directive, excerpt(pages[x][0], "Content-Security-Policy")
		if x.name == "missing-directive" {
			f.Severity = check.Info
		}
	}
	reused := nonces(g.pages)
	for _, nonce := range slices.Sorted(maps.Keys(reused)) {
		if used := reused[nonce]; len(used) > 1 {
			f := report(p, g, used, i18n.Args{"directive": "script-src", "source": "'nonce-" + nonce[:min(len(nonce), 4)] + "…'"})
			f.Case, f.Parameter = "nonce-reused", "script-src"
		}
	}
}

// gapsOf lists what all policies of a page leave open together: a browser
// refuses what any of them refuses.
func gapsOf(policies []page.Policy) []gap {
	inline, anyHost, source := true, true, ""
	silent := true
	for _, pol := range policies {
		if _, ok := pol.Sources("script-src-elem"); ok {
			silent = false
		}
		inline = inline && pol.InlineScript()
		s, open := pol.AnyScript()
		anyHost = anyHost && open
		if s != "" {
			source = s
		}
	}
	if silent {
		return []gap{{name: "no-script-src", directive: "script-src"}}
	}
	var out []gap
	if inline {
		out = append(out, gap{"unsafe-inline", "script-src", "'unsafe-inline'"})
	}
	if anyHost {
		out = append(out, gap{"wildcard", "script-src", source})
	}
	for _, d := range []string{"object-src", "base-uri"} {
		if !slices.ContainsFunc(policies, func(pol page.Policy) bool { _, ok := pol.Sources(d); return ok }) {
			out = append(out, gap{"missing-directive", d, ""})
		}
	}
	return out
}

// nonces maps each nonce to the pages, of different address, that used it.
func nonces(pages []*page.Page) map[string][]*page.Page {
	out := map[string][]*page.Page{}
	for _, pg := range pages {
		for _, pol := range pg.Policies() {
			for _, n := range pol.Nonces() {
				if !slices.ContainsFunc(out[n], func(o *page.Page) bool { return o.URL.String() == pg.URL.String() }) {
					out[n] = append(out[n], pg)
				}
			}
		}
	}
	return out
}

// takesInput says that a foreign script on the page could read or forge what a
// visitor types or pays. A search box alone does not count.
func takesInput(pg *page.Page) bool {
	switch pg.Kind {
	case page.Cart, page.Login, page.MyPage, page.Admin:
		return true
	}
	return acts(pg)
}

// acts says that the page has a form that is more than a search box. Articles
// about payment or the terms for members read like a checkout or a
// registration, but have none.
func acts(pg *page.Page) bool {
	return slices.ContainsFunc(pg.Forms, func(f *page.Form) bool {
		switch f.Purpose {
		case page.ForSearch, page.ForFilter, page.ForLogout:
			return false
		}
		return len(f.Fields) > 0 || len(f.Buttons) > 0
	})
}
