package robust

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// BrokenLinksToOwnAssets asks whether scripts, styles and pictures that the
// pages name are there. It judges what the crawl and the browser fetched and
// asks for nothing itself.
var BrokenLinksToOwnAssets = &check.Check{
	Name: "broken-links-to-own-assets", Level: wire.Passive, Severity: check.Low,
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		answers := map[string]*page.Page{}
		for _, pg := range p.Site.Pages {
			answers[pg.URL.String()], answers[pg.Ex.URL.String()] = pg, pg
		}
		type broken struct {
			target, how string
			ex          *wire.Exchange
			pages       []string
		}
		var all []*broken
		at := map[string]*broken{}
		note := func(pg *page.Page, u *url.URL, how string, ex *wire.Exchange) {
			target := u.EscapedPath()
			b := at[target]
			if b == nil {
				b = &broken{target: target, how: how, ex: ex}
				at[target] = b
				all = append(all, b)
			}
			if w := pg.Ex.Path(); !slices.Contains(b.pages, w) {
				b.pages = append(b.pages, w)
			}
		}
		for _, pg := range p.Site.HTML() {
			for _, part := range parts(pg) {
				if !p.Scope.HasOrigin(part.url) {
					continue
				}
				got := answers[part.url.String()]
				if got == nil {
					got = answers[page.Canonical(part.url).String()]
				}
				if got == nil || got.Challenge != "" {
					continue
				}
				p.Examined(got.Ex)
				if how := fault(part.kind, got); how != "" {
					note(pg, part.url, how, got.Ex)
				}
			}
			if pg.Rendered == nil {
				continue
			}
			for _, r := range pg.Rendered.Requests {
				u, err := url.Parse(r.URL)
				if err != nil || r.Blocked != "" || !p.Scope.HasOrigin(u) || r.Dest != "image" && r.Dest != "script" && r.Dest != "style" && r.Dest != "font" {
					continue
				}
				p.ExaminedThing(u.EscapedPath())
				if r.Status == 404 || r.Status == 410 {
					note(pg, u, "missing", pg.Ex)
				}
			}
		}
		slices.SortFunc(all, func(a, b *broken) int { return cmp.Compare(a.target, b.target) })
		for _, b := range all {
			slices.Sort(b.pages)
			named := b.pages[:min(len(b.pages), 5)]
			p.Report(b.ex, b.target, i18n.Args{"n": fmt.Sprint(len(b.pages)), "pages": strings.Join(named, ", ")}).Case = b.how
		}
		return ctx.Err()
	},
}

type part struct {
	kind string
	url  *url.URL
}

// parts are what a page cannot do without: scripts, style sheets, pictures.
func parts(pg *page.Page) []part {
	var out []part
	for _, s := range pg.Scripts {
		if s.URL != nil {
			out = append(out, part{"script", s.URL})
		}
	}
	for _, r := range pg.Resources {
		if r.URL != nil && (r.Kind == "style" || r.Kind == "image" || r.Kind == "font") {
			out = append(out, part{r.Kind, r.URL})
		}
	}
	return out
}

// fault says what is wrong with the answer to a part: it is not there, or a
// page came in its place, which browsers do not take for a script or a style.
func fault(kind string, got *page.Page) string {
	switch {
	case got.Ex.Status == 404 || got.Ex.Status == 410:
		return "missing"
	case got.Ex.Status == 200 && got.HTML() && (kind == "script" || kind == "style") && (path.Ext(got.URL.Path) == ".js" || path.Ext(got.URL.Path) == ".css"):
		return "page"
	}
	return ""
}
