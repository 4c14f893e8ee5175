package crawl

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// maxSearches bounds the forms that are filled in and sent.
const maxSearches = 10

// addForm records a form. One that only reads is sent once, with a plain word;
// any other is noted and left alone.
func (c *crawl) addForm(f *page.Form, v *visit, ex *wire.Exchange) {
	c.points.form(f, ex.ID, c.handler(v))
	if f.Action == nil {
		return
	}
	key := formKey(f)
	if c.forms[key] {
		return
	}
	c.forms[key] = true
	method := strings.ToUpper(f.Method)
	if method == "" {
		method = http.MethodGet
	}
	leave := func(r check.Reason) {
		if len(c.skipped) < maxSkipped {
			c.skipped = append(c.skipped, check.Skip{What: method + " " + f.Action.Redacted(), Why: r, URL: f.Action, Form: f})
		}
		c.seq++
		it := &item{url: page.Canonical(f.Action), from: v.url, via: "form", effect: f.Effect, seq: c.seq, state: refused, why: r}
		if c.seen[method+" "+it.url.String()] == nil {
			c.seen[method+" "+it.url.String()] = it
			c.apart = append(c.apart, it)
		}
	}
	pure := f.Purpose == page.ForSearch || f.Purpose == page.ForFilter
	switch {
	case !c.scope.HasOrigin(f.Action):
		c.sibling(f.Action.Hostname(), siblingForm)
		leave(whyScope)
	case f.Effect != page.Reads:
		leave(with(whyForm, f.Why))
	case method != http.MethodGet && !(method == http.MethodPost && pure && (c.scope.Level >= wire.Safe || c.scope.Level == wire.Offline)):
		leave(whyPostForm)
	case personal(f):
		leave(whyPersonal)
	case c.searches >= maxSearches:
		leave(whySearch)
	default:
		c.searches++
		c.send(f, method, v, ex)
	}
}

// formKey is equal for forms that ask the same of the same handler.
func formKey(f *page.Form) string {
	a := *f.Action
	a.RawQuery, a.Fragment = "", ""
	k := f.Method + " " + a.Host + handlerOf(&a)
	for _, x := range f.Fields {
		k += "\x00" + x.Name
	}
	return k
}

// personal says that a form asks for something a crawler must not make up.
func personal(f *page.Form) bool {
	for _, x := range f.Fields {
		switch x.Means {
		case page.MeansPassword, page.MeansNewPassword, page.MeansMail, page.MeansPhone, page.MeansPerson, page.MeansAddress, page.MeansCardNumber,
			page.MeansCardExpiry, page.MeansCardCode, page.MeansCardName, page.MeansCaptcha, page.MeansOTP, page.MeansFile:
			return true
		}
	}
	return false
}

// send queues a form that only reads, filled in as a visitor would who looks
// for one of the shop's own goods.
func (c *crawl) send(f *page.Form, method string, v *visit, ex *wire.Exchange) {
	body := c.fill(f)
	u := *f.Action
	u.Fragment = ""
	if method == http.MethodGet {
		u.RawQuery = body
		if it := c.add(found{url: &u, via: "form", text: strings.Join(f.Buttons, " "), effect: page.Reads}, v, ex.ID); it != nil && it.open() && it.kind == "" {
			if it.kind = page.Search; it.group != nil {
				it.group.wanted = append(it.group.wanted, it)
			}
		}
		return
	}
	c.seq++
	it := &item{url: page.Canonical(&u), from: v.url, parent: ex.ID, visit: v, via: "form", effect: page.Reads, seq: c.seq, what: aSearch}
	it.sent = &wire.Request{
		Method: method, URL: it.url, Level: wire.Safe, Robots: true, Body: []byte(body), Reads: string(f.Purpose) + ": " + f.Why,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
	c.seen[method+" "+it.url.String()] = it
	c.queue = append(c.queue, it)
}

// fill writes a form's fields with their own values, and a plain word where a
// visitor would type what he looks for, in the charset of the page.
func (c *crawl) fill(f *page.Form) string {
	enc := encoding.Encoding(encoding.Nop)
	if f.Page != nil {
		if e, err := htmlindex.Get(f.Page.Charset.Used); err == nil {
			enc = e
		}
	}
	escape := func(s string) string {
		if b, err := enc.NewEncoder().String(s); err == nil {
			s = b
		}
		return url.QueryEscape(s)
	}
	var out []string
	radio, buttons := map[string]bool{}, 0
	for _, x := range f.Fields {
		val := x.Value
		switch x.Type {
		case "file", "reset", "image", "checkbox", "button":
			continue
		case "submit":
			if buttons++; buttons > 1 {
				continue
			}
		case "radio":
			if radio[x.Name] {
				continue
			}
			radio[x.Name] = true
		case "select":
			if val == "" && len(x.Options) > 0 {
				val = x.Options[0]
			}
		case "text", "search", "":
			if val == "" && (x.Means == page.MeansQuery || x.Required || f.Purpose == page.ForSearch && x.Means == page.MeansOther) {
				val = c.word(f.Page)
			}
		}
		if x.Name != "" {
			out = append(out, escape(x.Name)+"="+escape(val))
		}
	}
	return strings.Join(out, "&")
}

// word is a harmless word from the shop's own goods: what follows is then a
// page of results, which shows more than an empty one.
func (c *crawl) word(p *page.Page) string {
	for _, kind := range []page.Kind{page.Product, page.List, page.Top} {
		for _, q := range c.pages {
			if q.Kind == kind {
				if w := plainWord(q.Title); w != "" {
					return w
				}
			}
		}
	}
	if p != nil {
		if w := plainWord(p.Title); w != "" {
			return w
		}
	}
	return "ギフト"
}

// plainWord is the first run of two to eight letters of one script.
func plainWord(s string) string {
	class := func(r rune) int {
		switch {
		case unicode.Is(unicode.Han, r):
			return 1
		case unicode.Is(unicode.Katakana, r) || r == 'ー':
			return 2
		case unicode.IsLetter(r) && r < 0x80:
			return 3
		}
		return 0
	}
	var run []rune
	last := 0
	for _, r := range s + " " {
		k := class(r)
		if k == last && k != 0 {
			run = append(run, r)
			continue
		}
		if len(run) >= 2 && len(run) <= 8 {
			return string(run)
		}
		run, last = run[:0], k
		if k != 0 {
			run = append(run, r)
		}
	}
	return ""
}
