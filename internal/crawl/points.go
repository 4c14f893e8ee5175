package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// points collects the places where a value enters the shop, one for each
// handler, place and name. Later levels work on them; this one only lists.
type points struct {
	list []check.Point
	seen map[string]bool
}

const maxPoints = 5000

func (ps *points) add(p check.Point) {
	k := p.Method + "\x00" + p.Handler + "\x00" + p.Where + "\x00" + p.Name
	if p.Name == "" || ps.seen[k] || len(ps.list) >= maxPoints {
		return
	}
	if ps.seen == nil {
		ps.seen = map[string]bool{}
	}
	ps.seen[k] = true
	if p.Method == "" {
		p.Method = "GET"
	}
	ps.list = append(ps.list, p)
}

// address takes the parameters of an address and the holes of its shape.
func (ps *points) address(it *item, f found, ex wire.ExchangeID) {
	if it.why.Message == whyScope.Message {
		return
	}
	h := handlerOf(it.url)
	if it.group != nil {
		h = it.group.handler
	}
	for _, q := range queryOf(it.url) {
		ps.add(check.Point{Where: "query", Name: q.name, Method: f.method, URL: it.url, Sample: q.value, Handler: h, Exchange: ex})
	}
	for i, seg := range strings.Split(strings.TrimPrefix(it.url.Path, "/"), "/") {
		if f.pattern && strings.Contains(seg, "{") {
			ps.add(check.Point{Where: "path", Name: pathName(i), Method: f.method, URL: it.url, Handler: h, Exchange: ex})
		}
	}
}

// route notes a client-side route.
func (ps *points) route(l *page.Link, ex wire.ExchangeID) {
	u := *l.URL
	ps.add(check.Point{Where: "fragment", Name: l.Route, URL: &u, Sample: u.Fragment, Handler: u.EscapedPath(), Exchange: ex})
}

// form notes the fields of a form.
func (ps *points) form(f *page.Form, ex wire.ExchangeID, handler string) {
	if f.Action != nil {
		a := *f.Action
		a.RawQuery = ""
		handler = handlerOf(&a)
	}
	where := "form"
	if !strings.EqualFold(f.Method, "POST") {
		where = "query"
	}
	for _, x := range f.Fields {
		sample := x.Value
		if x.Means == page.MeansToken || x.Means == page.MeansPassword || len(sample) > 200 {
			sample = ""
		}
		ps.add(check.Point{Where: where, Name: x.Name, Method: strings.ToUpper(f.Method), URL: f.Action, Sample: sample, Handler: handler, Form: f, Exchange: ex})
	}
}

// seed notes the values that a seed's request takes.
func (ps *points) seed(s Seed, u *url.URL) {
	bare := *u
	bare.RawQuery = ""
	h := handlerOf(&bare)
	if s.Template {
		h = u.Path
	}
	for _, m := range hole.FindAllStringSubmatch(u.Path, 10) {
		ps.add(check.Point{Where: "path", Name: m[1], Method: s.Method, URL: u, Handler: h})
	}
	for _, f := range s.Fields {
		ps.add(check.Point{Where: f.Where, Name: f.Name, Method: s.Method, URL: u, Sample: f.Sample, Handler: h})
	}
}

var (
	headerCall = regexp.MustCompile(`setRequestHeader\(\s*["']([A-Za-z][\w-]{1,60})["']`)
	jsonBody   = regexp.MustCompile(`JSON\.stringify\(\s*\{([^{}]{1,500})\}`)
	jsonKey    = regexp.MustCompile(`^[A-Za-z_]\w{0,60}`)
	headerName = regexp.MustCompile(`["']((?i:x)-[A-Za-z][\w-]{1,60})["']\s*:`)
)

// page notes the cookies that a page sets and the headers its scripts send.
func (ps *points) page(p *page.Page, handler string) {
	for _, ck := range page.SetCookies(p.Ex) {
		ps.add(check.Point{Where: "cookie", Name: ck.Name, URL: p.URL, Handler: handler, Exchange: p.Ex.ID})
	}
	for _, src := range sourcesOf(p) {
		for _, re := range []*regexp.Regexp{headerCall, headerName} {
			for _, m := range re.FindAllStringSubmatch(src, 50) {
				ps.add(check.Point{Where: "header", Name: m[1], URL: p.URL, Handler: handler, Exchange: p.Ex.ID})
			}
		}
		for _, m := range jsonBody.FindAllStringSubmatch(src, 50) {
			for part := range strings.SplitSeq(m[1], ",") {
				k := jsonKey.FindString(strings.Trim(part, " \t\r\n\"'"))
				ps.add(check.Point{Where: "json", Name: k, Method: "POST", URL: p.URL, Handler: handler, Exchange: p.Ex.ID})
			}
		}
	}
}

// shapes notes the varying places of paths, once all addresses are known.
func (ps *points) shapes(a *atlas) {
	for _, g := range a.groups() {
		p, _, _ := strings.Cut(g.handler, "?")
		for i, seg := range strings.Split(strings.TrimPrefix(p, "/"), "/") {
			if !varies(seg) || len(g.items) == 0 {
				continue
			}
			it := g.items[0]
			sample := ""
			if segs := strings.Split(strings.TrimPrefix(it.url.Path, "/"), "/"); i < len(segs) {
				sample = segs[i]
			}
			ps.add(check.Point{Where: "path", Name: pathName(i), URL: it.url, Sample: sample, Handler: g.handler})
		}
	}
}

// pathName names the i-th segment of a path.
func pathName(i int) string { return "segment " + string(rune('1'+min(i, 8))) }

// sorted groups the points by handler.
func (ps *points) sorted() []check.Point {
	slices.SortStableFunc(ps.list, func(a, b check.Point) int { return strings.Compare(a.Handler, b.Handler) })
	return ps.list
}
