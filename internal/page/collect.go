package page

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

type linkKey struct{ url, from, method string }

// collector gathers what one answer leads to.
type collector struct {
	p    *Page
	base *url.URL
	seen map[linkKey]*Link
	// inside says in which kind of hidden part the walk is: "", "noscript", "template", "comment".
	inside string
	root   *html.Node // of the page; nil when it is none
	// handlers are the event scripts read so far; lists repeat the same one on every row.
	handlers  map[[2]string]bool
	fragments int // pieces of HTML inside comments, scripts and attributes
	budget    int // bytes of script that may still be parsed
	jsonLeft  int
}

// add records a link. Raw is resolved against the base; what leads nowhere is left out.
func (c *collector) add(raw, from, text, rel string) *Link {
	return c.addMethod(raw, from, text, rel, "")
}

func (c *collector) addMethod(raw, from, text, rel, method string) *Link {
	if len(c.p.Links) >= maxLinks {
		c.p.Cut = true
		return nil
	}
	l := newLink(c.base, raw, from)
	if l == nil {
		return nil
	}
	if c.inside != "" && c.inside != "noscript" {
		l.From = c.inside
	}
	l.Text, l.Rel = text, rel
	if method != "" && method != "GET" {
		l.Method = method
	}
	return c.keep(l)
}

// keep adds l unless the same address was found in the same way before.
func (c *collector) keep(l *Link) *Link {
	k := linkKey{l.URL.String(), l.From, l.Method}
	if old := c.seen[k]; old != nil {
		if old.Text == "" {
			old.Text = l.Text
		} else if l.Text != "" && l.Text != old.Text && len(old.Text) < 200 && !strings.Contains(old.Text, l.Text) {
			// Two names for one address: the classifier must see both.
			old.Text += " / " + l.Text
		}
		return old
	}
	if len(c.p.Links) >= maxLinks {
		c.p.Cut = true
		return nil
	}
	c.seen[k] = l
	c.p.Links = append(c.p.Links, l)
	return l
}

func newLink(base *url.URL, raw, from string) *Link {
	raw = strings.TrimSpace(raw)
	u := resolve(base, raw)
	if u == nil {
		return nil
	}
	l := &Link{URL: u, Raw: raw, From: from, Pattern: strings.Contains(raw, hole)}
	if f := strings.TrimPrefix(u.Fragment, "!"); f != "" && (strings.HasPrefix(f, "/") || f != u.Fragment) {
		l.Route = f
	}
	return l
}

func (c *collector) resource(raw, kind string, n *html.Node) {
	if c.inside != "" || len(c.p.Resources) >= maxLinks {
		return
	}
	u := resolve(c.base, raw)
	if u == nil {
		return
	}
	c.p.Resources = append(c.p.Resources, &Resource{URL: u, Raw: strings.TrimSpace(raw), Kind: kind, Integrity: attr(n, "integrity"), Title: attr(n, "title")})
}

// headers reads the response headers that name addresses.
func (c *collector) headers() {
	h := c.p.Ex.Header
	if h == nil {
		return
	}
	for _, name := range []string{"Location", "Content-Location"} {
		for _, v := range h.Values(name) {
			c.add(v, "header", "", strings.ToLower(name))
		}
	}
	for _, v := range h.Values("Refresh") {
		if u := refreshURL(v); u != "" {
			c.add(u, "header", "", "refresh")
		}
	}
	for _, v := range h.Values("Link") {
		for _, part := range splitLinkHeader(v) {
			if raw, rest, ok := strings.Cut(strings.TrimPrefix(part, "<"), ">"); ok {
				c.add(raw, "header", "", linkParam(rest, "rel"))
			}
		}
	}
	for _, name := range []string{"Sourcemap", "X-Sourcemap", "Speculation-Rules"} {
		for _, v := range h.Values(name) {
			c.add(strings.Trim(v, `"`), "header", "", strings.ToLower(name))
		}
	}
}

func splitLinkHeader(v string) []string {
	var out []string
	for v != "" && len(out) < 200 {
		i := strings.IndexByte(v, '<')
		if i < 0 {
			break
		}
		v = v[i:]
		end := strings.IndexByte(v, '>')
		if end < 0 {
			break
		}
		next := strings.Index(v[end:], "<")
		if next < 0 {
			out = append(out, v)
			break
		}
		out = append(out, v[:end+next])
		v = v[end+next:]
	}
	return out
}

func linkParam(rest, name string) string {
	for _, p := range strings.Split(rest, ";") {
		k, v, ok := strings.Cut(strings.Trim(p, " ,"), "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.Trim(v, `" `)
		}
	}
	return ""
}

// refreshURL reads the address of "5; url=/next".
func refreshURL(v string) string {
	i := strings.IndexAny(v, ";,")
	if i < 0 {
		return ""
	}
	rest := strings.TrimSpace(v[i+1:])
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
		r := strings.TrimSpace(rest[3:])
		if strings.HasPrefix(r, "=") {
			rest = strings.TrimSpace(r[1:])
		}
	}
	return strings.Trim(rest, `'" `)
}

// finish settles what needs the whole page: effects, kind and session ids.
func (c *collector) finish() {
	p := c.p
	for _, f := range p.Forms {
		f.Purpose = purposeOf(f)
		f.Effect, f.Why = ClassifyForm(f, p)
		// A form that acts and names neither address nor method is caught by a
		// script (React, Vue): no shop takes orders by a GET of the same page.
		if f.Effect == Writes && len(p.Scripts) > 0 && f.Tag == "form" && !f.Has("action") && !f.Has("method") {
			f.Scripted = true
		}
	}
	for _, l := range p.Links {
		l.Effect, l.Why = ClassifyLink(l)
		if p.SessionID == "" && l.URL.RawQuery+l.URL.Path != "" && p.URL != nil && l.URL.Host == p.URL.Host && mayCarrySession(l.URL) {
			p.SessionID = Normalize(l.URL).Session
		}
	}
	if c.root != nil {
		p.Kind, p.KindWhy = kindOf(p, c.root)
		p.settle(c.root)
	}
}

func mayCarrySession(u *url.URL) bool {
	s := u.RawQuery
	return strings.ContainsAny(u.Path, ";") || strings.Contains(s, "id=") || strings.Contains(s, "ID=") || strings.Contains(s, "ession")
}
