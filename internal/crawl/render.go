package crawl

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
)

// maxRoutes bounds the client-side routes of one page that are looked at.
const maxRoutes = 12

// render lets the browser look at one page of each template, and at every
// page of a decisive kind, and takes what only it could see into the crawl.
func (c *crawl) render(ctx context.Context, p *page.Page, v *visit) {
	if c.cfg.Render == nil {
		return
	}
	if c.rendering[p.Template] && (rank(p.Kind) == len(decisive) || c.kinds[p.Kind] > 2) {
		return
	}
	if !c.picture(ctx, p, v, nil) {
		return
	}
	c.rendering[p.Template] = true
	tried := map[string]bool{}
	for len(tried) < maxRoutes {
		u := nextRoute(p, tried)
		if u == nil {
			return
		}
		tried[u.Fragment] = true
		if !c.picture(ctx, p, v, u) {
			return
		}
	}
}

// nextRoute is a client-side route of p that was not looked at.
func nextRoute(p *page.Page, tried map[string]bool) *url.URL {
	for _, l := range p.Links {
		if l.Route != "" && l.Effect == page.Reads && l.URL.Host == p.URL.Host && l.URL.Path == p.URL.Path && !tried[l.URL.Fragment] {
			return l.URL
		}
	}
	return nil
}

// picture renders p, at route when it is given, and reads the result into p.
// It reports whether the browser can go on.
func (c *crawl) picture(ctx context.Context, p *page.Page, v *visit, route *url.URL) bool {
	if c.rendered >= c.cfg.MaxRendered || c.ended != nil {
		return false
	}
	c.rendered++
	asked := *p
	if route != nil {
		asked.URL = route
	}
	r, err := c.cfg.Render(ctx, &asked)
	if err != nil || r == nil {
		if ctx.Err() != nil {
			return false
		}
		text := ""
		if err != nil {
			text = err.Error()
			if over(err) {
				c.ended = err
			}
		}
		c.skip(skipRender, text, p.URL)
		return c.ended == nil
	}
	if r.Err != "" {
		c.skip(skipRender, r.Err, p.URL)
	}
	if p.Rendered == nil {
		p.Rendered = r
	} else {
		join(p.Rendered, r)
	}
	c.readPicture(p, r, v)
	return true
}

// join adds what a later picture of the same page saw.
func join(to, r *page.Rendered) {
	to.Requests = append(to.Requests, r.Requests...)
	to.Blocked = append(to.Blocked, r.Blocked...)
	to.Routes = append(to.Routes, r.Routes...)
	to.Console = append(to.Console, r.Console...)
	to.Listeners = append(to.Listeners, r.Listeners...)
	if len(r.Cookies) > 0 {
		to.Cookies = r.Cookies
	}
	if len(r.Storage) > 0 {
		to.Storage = r.Storage
	}
}

// readPicture adds to p the links and forms that exist only in the rendered
// page, and to the crawl the addresses that its scripts went to.
func (c *crawl) readPicture(p *page.Page, r *page.Rendered, v *visit) {
	ex := *p.Ex
	ex.Body, ex.Header = []byte(r.HTML), http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	dom := page.Parse(&ex)
	if p.Kind == page.Other && dom.Kind != page.Other && dom.Kind != page.NotHTML && dom.Kind != page.Error {
		p.Kind, p.KindWhy = dom.Kind, dom.KindWhy+" (browser)"
		c.kinds[p.Kind]++
	}
	links := map[string]bool{}
	for _, l := range p.Links {
		links[l.URL.String()] = true
	}
	addLink := func(l *page.Link) {
		if l.URL != nil && !links[l.URL.String()] {
			links[l.URL.String()] = true
			l.From = "browser"
			p.Links = append(p.Links, l)
			c.addLink(l, nil, v, p.Ex)
		}
	}
	for _, l := range dom.Links {
		addLink(l)
	}
	for _, raw := range r.Routes {
		if u, err := p.Base.Parse(raw); err == nil {
			addLink(c.browserLink(u, raw, "GET"))
		}
	}
	forms := map[string]bool{}
	for _, f := range p.Forms {
		if f.Action != nil {
			forms[formKey(f)] = true
		}
	}
	for _, f := range dom.Forms {
		if f.Action == nil || forms[formKey(f)] {
			continue
		}
		f.Scripted, f.Page = true, p
		p.Forms = append(p.Forms, f)
		c.addForm(f, v, p.Ex)
	}
	known := map[string]bool{}
	for _, s := range p.Scripts {
		if s.URL != nil {
			known[s.URL.String()] = true
		}
	}
	for _, s := range dom.Scripts {
		if s.URL != nil && !known[s.URL.String()] {
			known[s.URL.String()] = true
			s.Dynamic = true
			p.Scripts = append(p.Scripts, s)
			c.addScript(s.URL, v, p.Ex)
		}
	}
	for _, q := range r.Requests {
		c.sawRequest(q, p, v, addLink)
	}
	for _, q := range r.Blocked {
		c.sawBlocked(q, p)
	}
}

// sawRequest takes an address that the page's scripts asked for.
func (c *crawl) sawRequest(q page.Request, p *page.Page, v *visit, addLink func(*page.Link)) {
	u, err := url.Parse(q.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return
	}
	switch strings.ToLower(q.Dest) {
	case "image", "font", "media", "video", "audio", "texttrack", "ping", "favicon":
		return
	case "script", "stylesheet", "style":
		c.addScript(u, v, p.Ex)
		return
	}
	if u.String() != p.URL.String() {
		addLink(c.browserLink(u, q.URL, q.Method))
	}
}

func (c *crawl) browserLink(u *url.URL, raw, method string) *page.Link {
	l := &page.Link{URL: u, Raw: raw, From: "browser"}
	if method != "" && method != http.MethodGet {
		l.Method = method
	}
	if u.Fragment != "" {
		l.Route = page.Normalize(u).Route
	}
	l.Effect, l.Why = page.ClassifyLink(l)
	return l
}

// sawBlocked records a request of the page that the guard kept back.
func (c *crawl) sawBlocked(q page.Request, p *page.Page) {
	u, err := url.Parse(q.URL)
	if err != nil || u.Host == "" || c.noted["blocked"+q.Method+q.URL] {
		return
	}
	c.noted["blocked"+q.Method+q.URL] = true
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	if !c.scope.HasOrigin(u) {
		c.sibling(u.Hostname(), siblingLink)
	}
	c.blocked = append(c.blocked, check.Known{URL: u, From: p.URL, Effect: page.Writes, Why: with(whyBlocked, q.Blocked)})
}
