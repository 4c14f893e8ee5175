package script

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// searchers are where a visitor may say to come from.
var searchers = []string{"https://www.google.com/", "https://search.yahoo.co.jp/"}

// CloakedRedirect asks as a visitor who comes from a search engine: intruders
// send only these elsewhere, so that the owner never sees it.
var CloakedRedirect = &check.Check{
	Name: "cloaked-redirect", Level: wire.Safe, Severity: check.High, CWE: 506,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		pages := entrances(p)
		for i, pg := range pages {
			from := searchers[i%len(searchers)]
			got, err := visit(ctx, p, pg.Ex.URL, from)
			if err != nil {
				if fatal(err) {
					return err
				}
				continue
			}
			p.Examined(got.Ex)
			to := away(p, got)
			if to == "" || to == away(p, pg) {
				continue
			}
			// The same page without the search engine, now: has the shop itself moved?
			plain, err := visit(ctx, p, pg.Ex.URL, "")
			if err != nil {
				if fatal(err) {
					return err
				}
				continue
			}
			if away(p, plain) != "" {
				continue
			}
			f := p.Report(got.Ex, pg.Ex.Path(), i18n.Args{"from": from, "to": to})
			f.Evidence = append(f.Evidence, plain.Ex.ID)
			return nil // one cause; no need to ask again
		}
		return nil
	},
}

// entrances are the pages where visitors from search engines land: the start and one deeper page.
func entrances(p *check.Pass) []*page.Page {
	var out []*page.Page
	for _, pg := range p.Site.HTML() {
		if p.Scope.HasOrigin(pg.URL) && pg.Kind == page.Top {
			out = append(out, pg)
			break
		}
	}
	for _, pg := range p.Site.HTML() {
		if p.Scope.HasOrigin(pg.URL) && (pg.Kind == page.Product || pg.Kind == page.List || len(out) == 0) {
			return append(out, pg)
		}
	}
	return out
}

func visit(ctx context.Context, p *check.Pass, u *url.URL, referer string) (*page.Page, error) {
	r := &wire.Request{Method: http.MethodGet, URL: u, Fresh: true, Again: true, Origin: wire.Origin{Why: "as a visitor from " + referer}}
	if referer == "" {
		r.Origin.Why = "as a visitor from nowhere"
	} else {
		r.Header = http.Header{"Referer": {referer}}
	}
	return p.Do(ctx, r)
}

// away is the host, not the shop's, that an answer sends its visitor to at once; "" when it does not.
func away(p *check.Pass, pg *page.Page) string {
	to := ""
	if pg.Ex.Status >= 300 && pg.Ex.Status < 400 {
		to = pg.Ex.Header.Get("Location")
	} else {
		for _, m := range pg.Metas {
			if strings.EqualFold(m.HTTPEquiv, "refresh") {
				if i := strings.Index(strings.ToLower(m.Content), "url="); i >= 0 {
					to = strings.Trim(strings.TrimSpace(m.Content[i+4:]), `"'`)
				}
			}
		}
	}
	u, err := url.Parse(to)
	if err != nil || to == "" {
		return ""
	}
	if u = pg.Ex.URL.ResolveReference(u); u.Hostname() == "" || p.Own(u) {
		return ""
	}
	return u.Hostname()
}

func fatal(err error) bool {
	return errors.Is(err, wire.ErrStopped) || errors.Is(err, wire.ErrBudget) || errors.Is(err, wire.ErrWindow) || errors.Is(err, wire.ErrNotStored) || errors.Is(err, context.Canceled)
}
