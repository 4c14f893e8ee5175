package probe

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// maxKinds is at how many kinds of pages a cookie is tried.
const maxKinds = 6

// kinds are pages of different handlers, first itself first, that may be asked
// again: also those that lead on, which read what they are sent as others do.
func (b *planner) kinds(first *page.Page) []*page.Page {
	out := []*page.Page{first}
	seen := map[string]bool{b.w.pattern(first.URL.EscapedPath()): true}
	take := func(pg *page.Page) {
		if k := b.w.pattern(pg.URL.EscapedPath()); !seen[k] && len(out) < maxKinds {
			seen[k] = true
			out = append(out, pg)
		}
	}
	for _, pg := range b.leading() {
		take(pg)
	}
	for _, pg := range b.p.Site.Pages {
		if (pg.HTML() || made(pg)) && pg.Ex.Status == http.StatusOK && b.again(pg) {
			take(pg)
		}
	}
	return out
}

// made says that a program made an answer that is no page: a download, a list
// for scripts. Files that lie there as they are have an ending of their own.
func made(pg *page.Page) bool {
	if pg.Ex.Header.Get("Content-Disposition") != "" {
		return true
	}
	if ext := path.Ext(pg.URL.Path); ext != "" && !program(pg.URL.Path) {
		return false
	}
	ct, _, _ := strings.Cut(strings.ToLower(pg.Ex.Header.Get("Content-Type")), ";")
	switch strings.TrimSpace(ct) {
	case "application/json", "text/csv", "text/plain", "application/xml", "text/xml", "image/svg+xml":
		return true
	}
	return false
}

// again says that a page of the shop may be asked for again.
func (b *planner) again(pg *page.Page) bool {
	if pg.Ex.Method != http.MethodGet || pg.Challenge != "" || !b.p.Scope.HasOrigin(pg.URL) {
		return false
	}
	e, _ := page.ClassifyLink(&page.Link{URL: pg.URL, Raw: pg.URL.String(), From: "a"})
	return e == page.Reads
}

// mostLeading is at how many handlers that lead on cookies and headers are tried.
const mostLeading = 3

// leading are answers of different handlers that lead the visitor on within the shop.
func (b *planner) leading() []*page.Page {
	if b.led != nil {
		return b.led
	}
	b.led = []*page.Page{}
	seen := map[string]bool{}
	for _, ex := range b.p.Site.Exchanges {
		if len(b.led) >= mostLeading || ex.Status < 301 || ex.Status > 308 || ex.Header.Get("Location") == "" || ex.Method != http.MethodGet || ex.URL == nil {
			continue
		}
		k := b.w.pattern(ex.URL.EscapedPath())
		if seen[k] {
			continue
		}
		seen[k] = true
		to, err := ex.URL.Parse(ex.Header.Get("Location"))
		if err != nil || wire.OriginOf(to) != wire.OriginOf(ex.URL) || to.EscapedPath() == ex.URL.EscapedPath()+"/" {
			continue // another host, or the same page with a slash: the server's own doing
		}
		if pg := page.Parse(ex); b.again(pg) {
			b.led = append(b.led, pg)
		}
	}
	return b.led
}

// written takes segments of paths that hold what only a value can: escaped
// slashes, spaces, an address. One page is enough to tell.
func (b *planner) written() {
	for _, pg := range b.p.Site.Pages {
		if pg.Ex.Method != http.MethodGet || pg.Ex.Status != http.StatusOK || !b.p.Scope.HasOrigin(pg.URL) {
			continue
		}
		segs := strings.Split(strings.TrimPrefix(pg.URL.EscapedPath(), "/"), "/")
		for i, s := range segs {
			v, err := url.PathUnescape(s)
			if err != nil || !strings.ContainsAny(v, "/?&=<>\"' ") {
				continue
			}
			shape := append([]string(nil), segs...)
			shape[i] = "{}"
			b.path(&Target{Name: "segment " + itoa(i+1), Method: http.MethodGet, URL: pg.URL, Handler: "/" + strings.Join(shape, "/"), Linked: true, Page: pg})
		}
	}
}
