package inject

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
	"miseban/internal/wire"
)

// HostHeader asks whether the shop builds addresses from the host name that the
// request states, so that links, forms and redirects lead wherever the sender
// says – in mails, and in pages that a cache keeps for others.
var HostHeader = &check.Check{
	Name: "host-header", Level: wire.Active, Severity: check.Low, CWE: 644,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		all, err := check.Ask(ctx, p, hostEchoes)
		if err != nil {
			return err
		}
		for _, ex := range all.examined {
			p.Examined(ex)
		}
		for _, how := range []string{"Host", "X-Forwarded-Host"} {
			var list []*hostEcho
			for _, e := range all.found {
				if (e.header == "Host") == (how == "Host") {
					list = append(list, e)
				}
			}
			if len(list) > 0 {
				tellHost(p, list, how)
			}
		}
		return nil
	},
}

// CachePoisoning asks whether an answer that was bent by a header comes again,
// from a cache, to who does not send that header. It is tried under an address
// of its own, which nobody else asks for.
var CachePoisoning = &check.Check{
	Name: "cache-poisoning-hint", Level: wire.Active, Severity: check.Medium, CWE: 349,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		all, err := check.Ask(ctx, p, hostEchoes)
		if err != nil {
			return err
		}
		for _, ex := range all.examined {
			p.Examined(ex)
		}
		for _, e := range all.found {
			again, err := p.Do(ctx, &wire.Request{URL: e.sent.URL, Level: wire.Active, Again: true, Fresh: true, Origin: wire.Origin{Why: "is the bent answer kept for others"}})
			if err != nil {
				return err
			}
			p.Examined(again.Ex)
			at := leadsTo(again, e.name)
			switch {
			case at != "":
				f := p.Report(again.Ex, e.page.Ex.Path(), i18n.Args{"header": e.header})
				f.Evidence = append(f.Evidence, e.page.Ex.ID)
				f.Proof = &check.Proof{
					Words: i18n.Text{
						JA: "ヘッダ " + e.header + " に " + e.name + " を入れて一度送った後、ヘッダなしで同じアドレスを開いても、" + at + " に " + e.name + " が残っていました。",
						EN: "After one request with " + e.name + " in the header " + e.header + ", the same address without the header still had " + e.name + " in " + at + ".",
					},
					Steps: []check.ProofStep{
						{Value: e.header + ": " + e.name, Saw: i18n.Text{JA: "応答の " + e.at + " に入りました", EN: "it came back in " + e.at}, Evidence: e.page.Ex.ID},
						{Value: "", Saw: i18n.Text{JA: "ヘッダなしでも残っていました", EN: "it was still there without the header"}, Evidence: again.Ex.ID},
					},
					Curl: probe.Curl(e.sent), Agreed: 1, Tried: 1,
				}
				return nil
			case shared(e.page.Ex) && e.header != "Host":
				f := p.Report(e.page.Ex, e.page.Ex.Path(), i18n.Args{"header": e.header})
				f.Case, f.Severity, f.Confidence = "cacheable", check.Info, check.Possible
			}
		}
		return nil
	},
}

// shared says that a cache on the way may keep the answer, whatever the header was.
func shared(ex *wire.Exchange) bool {
	cc := strings.ToLower(strings.Join(ex.Header.Values("Cache-Control"), ","))
	if strings.Contains(cc, "no-store") || strings.Contains(cc, "private") || strings.Contains(strings.ToLower(strings.Join(ex.Header.Values("Vary"), ",")), "forwarded") {
		return false
	}
	return strings.Contains(cc, "public") || strings.Contains(cc, "s-maxage") || ex.Header.Get("Age") != "" || strings.Contains(strings.ToLower(ex.Header.Get("X-Cache")), "hit")
}

// hostEcho is one answer whose addresses follow a header.
type hostEcho struct {
	header, name, at string
	page             *page.Page
	sent             *wire.Request
}

type hostAnswers struct {
	found    []*hostEcho
	examined []*wire.Exchange
}

// forwarded are the headers in which proxies hand the visitor's host name on.
var forwarded = []string{"X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Host", "X-Http-Host-Override", "Forwarded"}

const maxHostPages = 6

var hostEchoes = &check.Fact[*hostAnswers]{Name: "inject-host", Find: func(ctx context.Context, p *check.Pass) (*hostAnswers, error) {
	out := &hostAnswers{}
	for _, pg := range hostTargets(p) {
		rnd := probe.NewRand(p.DeriveShared("host " + pg.URL.Path))
		word := rnd.Letters(8)
		name := word + "." + probe.ReservedHost
		all := http.Header{}
		for _, h := range forwarded {
			all.Set(h, value(h, name))
		}
		both := all.Clone()
		both.Set("Host", name)
		a, _, err := askAs(ctx, p, pg, both, word, name)
		if err != nil {
			return nil, err
		}
		out.examined = append(out.examined, a.Ex)
		if sameSite(a, pg) && leadsTo(a, name) == "" {
			continue // the same site answered, and follows none of them
		}
		a, sent, err := askAs(ctx, p, pg, all, word+"a", name)
		if err != nil {
			return nil, err
		}
		out.examined = append(out.examined, a.Ex)
		if at := leadsTo(a, name); at != "" {
			e := &hostEcho{strings.Join(forwarded, ", "), name, at, a, sent}
			for j, h := range forwarded {
				one, sent, err := askAs(ctx, p, pg, http.Header{h: {value(h, name)}}, word+"b"+string(rune('a'+j)), name)
				if err != nil {
					return nil, err
				}
				if at := leadsTo(one, name); at != "" {
					e = &hostEcho{h, name, at, one, sent}
					break
				}
			}
			out.found = append(out.found, e)
		}
		a, sent, err = askAs(ctx, p, pg, http.Header{"Host": {name}}, word+"c", name)
		if err != nil {
			return nil, err
		}
		// Another site of the same server may answer to another name.
		if at := leadsTo(a, name); at != "" && sameSite(a, pg) {
			out.found = append(out.found, &hostEcho{"Host", name, at, a, sent})
		}
	}
	return out, nil
}}

// sameSite says that a is pg's answer to another name: the same page, one with
// its title – what a page shows may vary – or a redirect like it.
func sameSite(a, pg *page.Page) bool {
	if a.Ex.Status != pg.Ex.Status {
		return a.Template == pg.Template
	}
	return a.Template == pg.Template || a.Ex.Status/100 == 3 || a.Title != "" && a.Title == pg.Title
}

func value(header, name string) string {
	if header == "Forwarded" {
		return "host=" + name
	}
	return name
}

// askAs asks for pg again with header, under an address that no visitor uses:
// should a cache keep the answer, it keeps it for nobody.
func askAs(ctx context.Context, p *check.Pass, pg *page.Page, header http.Header, buster, name string) (*page.Page, *wire.Request, error) {
	u := *pg.Ex.URL
	q := "miseban=" + buster
	if u.RawQuery != "" {
		q = u.RawQuery + "&" + q
	}
	u.RawQuery = q
	r := &wire.Request{Method: http.MethodGet, URL: &u, Header: header, Level: wire.Active, Fresh: true, Injected: []string{name}, Parameter: "header Host", Origin: wire.Origin{Why: "addresses built from a header"}}
	a, err := p.Do(ctx, r)
	return a, r, err
}

// hostTargets are redirects first, which show best where addresses come from,
// then a page of each kind, then other pages.
func hostTargets(p *check.Pass) []*page.Page {
	var out []*page.Page
	seen := map[string]bool{}
	for _, ex := range p.Site.Exchanges {
		if ex.Status < 300 || ex.Status >= 400 || ex.Header.Get("Location") == "" || ex.Method != http.MethodGet || len(out) >= maxHostPages/3 || seen[ex.Path()] || !p.Scope.HasOrigin(ex.URL) {
			continue
		}
		if e, _ := page.ClassifyLink(&page.Link{URL: ex.URL, Raw: ex.RawURL, From: "a"}); e == page.Reads {
			seen[ex.Path()] = true
			out = append(out, page.Parse(ex))
		}
	}
	for _, round := range []string{"kinds", "others"} {
		for _, pg := range p.Site.Pages {
			key := pg.Template
			if round == "others" { // of those that look alike in one folder one is enough
				key = path.Dir(pg.Ex.Path()) + " " + pg.Template
			}
			if !pg.HTML() || pg.Ex.Status != 200 || pg.Challenge != "" || seen[key] || seen[pg.Ex.Path()] || len(out) >= maxHostPages || pg.Ex.Method != http.MethodGet || !p.Scope.HasOrigin(pg.Ex.URL) {
				continue
			}
			if e, _ := page.ClassifyLink(&page.Link{URL: pg.Ex.URL, Raw: pg.Ex.RawURL, From: "a"}); e != page.Reads {
				continue
			}
			seen[key], seen[pg.Ex.Path()], seen[path.Dir(pg.Ex.Path())+" "+pg.Template] = true, true, true
			out = append(out, pg)
		}
	}
	return out
}

// leadsTo says where an answer leads to name: a header, or an attribute of an
// element. A name that is only printed leads nowhere.
func leadsTo(pg *page.Page, name string) string {
	to := func(v string) bool {
		h, ok := probe.BrowserHost(v, pg.Ex.URL)
		return ok && strings.EqualFold(h, name)
	}
	for _, g := range probe.Goings(pg) {
		if strings.EqualFold(g.Host, name) {
			return map[string]string{"location": "Location", "refresh": "Refresh", "meta": "<meta refresh>", "script": "<script>"}[g.How]
		}
	}
	written := func(v string) bool { // a whole address in a text of another language
		v = strings.ReplaceAll(strings.ToLower(v), `\/`, "/")
		i := strings.Index(v, "://"+name)
		return i > 0 && !strings.HasPrefix(v[i+3+len(name):], ".") && !strings.HasPrefix(v[i+3+len(name):], "-")
	}
	for _, v := range pg.Ex.Header.Values("Link") {
		if written(v) {
			return "Link"
		}
	}
	if !pg.HTML() {
		return ""
	}
	best, at := 9, ""
	order := []string{"base", "script", "form", "link", "a", "iframe", "img"}
	for n := range pg.Tree().Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && best > 8 && n.FirstChild != nil && written(n.FirstChild.Data) {
			best, at = 8, "<script>"
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "href", "src", "action":
				if i := slices.Index(order, n.Data); i >= 0 && i < best && to(a.Val) {
					best, at = i, "<"+n.Data+" "+a.Key+">"
				}
			case "content":
				if best > 7 && n.Data == "meta" && strings.Contains(a.Val, "://") && to(a.Val) {
					best, at = 7, "<meta content>"
				}
			default:
				if best > 8 && strings.HasPrefix(strings.ToLower(a.Val), "http") && to(a.Val) {
					best, at = 8, "<"+n.Data+" "+a.Key+">"
				}
			}
		}
	}
	return at
}

func tellHost(p *check.Pass, list []*hostEcho, how string) {
	e := list[0]
	f := p.Report(e.page.Ex, (&url.URL{Path: e.page.Ex.URL.Path}).EscapedPath(), i18n.Args{"header": e.header, "at": e.at})
	f.Parameter = e.header
	if how != "Host" {
		f.Case = "forwarded"
	}
	pr := &check.Proof{
		Words: i18n.Text{
			JA: "ヘッダ " + e.header + " に " + e.name + " を入れて送ると、応答の " + e.at + " がそのホスト名を指しました。",
			EN: "With " + e.name + " in the header " + e.header + ", " + e.at + " of the answer pointed to that host.",
		},
		Curl: probe.Curl(e.sent), Agreed: len(list), Tried: len(list),
	}
	for i, o := range list {
		if i > 0 {
			f.Evidence = append(f.Evidence, o.page.Ex.ID)
		}
		pr.Steps = append(pr.Steps, check.ProofStep{Value: o.header + ": " + o.name, Saw: i18n.Text{JA: o.page.Ex.Path() + " の " + o.at + " がそのホスト名になりました", EN: o.at + " of " + o.page.Ex.Path() + " became that host"}, Evidence: o.page.Ex.ID})
	}
	f.Proof = pr
}
