package inject

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/probe"
)

// source is one place from which a page's scripts read, with the letter that
// follows the word of the trial in it.
type source struct {
	letter string
	id     string // of the finding's parameter
	name   i18n.Text
	own    bool // nobody else can put a value there
	put    func(t *page.Trial, value string, d *domPage)
}

var sources = []source{
	{letter: "f", id: "fragment", name: i18n.Text{JA: "URL の # 以降", EN: "the fragment of the address"}, put: func(t *page.Trial, v string, _ *domPage) { t.URL.Fragment = v }},
	{letter: "g", id: "fragment parameter", name: i18n.Text{JA: "URL の # 以降のパラメータ", EN: "a parameter in the fragment"}, put: func(t *page.Trial, v string, d *domPage) { t.URL.Fragment = params(d.names, v) }},
	{letter: "q", id: "query", name: i18n.Text{JA: "URL のパラメータ", EN: "a parameter of the address"}, put: func(t *page.Trial, v string, d *domPage) { t.URL.RawQuery = query(d.page.Ex.URL, d.names, v) }},
	{letter: "n", id: "window.name", name: i18n.Text{JA: "ウィンドウの名前（window.name）", EN: "the window's name (window.name)"}, put: func(t *page.Trial, v string, _ *domPage) { t.Name = v }},
	{letter: "m", id: "postMessage", name: i18n.Text{JA: "ほかのページから届くメッセージ（postMessage）", EN: "a message from another page (postMessage)"}, put: func(t *page.Trial, v string, _ *domPage) { t.Message = v }},
	{letter: "s", id: "storage", name: i18n.Text{JA: "ブラウザに保存された値（Web Storage）", EN: "what the browser stored (web storage)"}, own: true, put: func(t *page.Trial, v string, d *domPage) { t.Storage = stored(d.page, v) }},
}

// domPage is one kind of page with what its scripts did to tagged values.
type domPage struct {
	page     *page.Page
	word     string
	names    []string // parameters that the scripts read
	sinks    []page.Sink
	lowered  []string // properties that every object has now
	polluter string   // the address that gave them
}

const (
	maxDOMPages = 12
	maxDOMNames = 24
)

// reads are the words by which a script gets at what a stranger can choose.
var reads = regexp.MustCompile(`location\b|\bhash\b|URLSearchParams|document\.URL|documentURI|baseURI|referrer|window\.name|\bname\b\s*\)|addEventListener\(\s*['"]message|onmessage|localStorage|sessionStorage`)

// paramNames finds the parameters that a script asks for.
var paramNames = regexp.MustCompile(`(?:\.get|\.has|\.getAll|[gG]et\w*Param\w*|[pP]aram\w*|[qQ]uery\w*)\(\s*['"]([A-Za-z_][\w-]{0,30})['"]|[?&#]([A-Za-z_][\w-]{0,30})=`)

// domTrials looks at each kind of page twice: with tags in fragment, window
// name, message and storage, and with tags in the parameters of address and fragment.
var domTrials = &check.Fact[[]*domPage]{Name: "inject-dom", Find: func(ctx context.Context, p *check.Pass) ([]*domPage, error) {
	var out []*domPage
	for _, d := range domTargets(p) {
		d.word = "q" + probe.NewRand(p.DeriveShared("dom "+d.page.URL.Path)).Letters(9)
		first := d.trial()
		for _, s := range sources {
			if s.letter != "g" && s.letter != "q" {
				s.put(first, d.word+s.letter, d)
			}
		}
		second := d.trial()
		u := *second.URL
		second.URL = &u
		second.URL.RawQuery = query(d.page.Ex.URL, d.names, d.word+"q") + "&" + polluting(d.word)
		second.URL.Fragment = params(d.names, d.word+"g") + "&" + polluting(d.word)
		for _, t := range []*page.Trial{first, second} {
			got, err := p.Try(ctx, t)
			if err != nil {
				return out, err
			}
			d.sinks = append(d.sinks, got.Sinks...)
			for _, to := range got.Went {
				if raw, err := url.QueryUnescape(to); err == nil {
					to = raw
				}
				u := *t.URL
				u.RawQuery, u.Fragment, u.RawFragment = "", "", ""
				dir := u.String() // what was relative to the page is what the script was given
				dir = dir[:strings.LastIndexByte(dir, '/')+1]
				d.sinks = append(d.sinks, page.Sink{Name: "location", Value: strings.TrimPrefix(to, dir)})
			}
			if len(got.Polluted) > 0 {
				d.lowered, d.polluter = got.Polluted, t.URL.String()
			}
		}
		out = append(out, d)
	}
	return out, nil
}}

// polluting gives every object a property with the word in its name, in the
// three ways in which scripts read nested parameters.
func polluting(word string) string {
	return "__proto__[" + word + "a]=1&__proto__." + word + "b=1&constructor[prototype][" + word + "c]=1"
}

func (d *domPage) trial() *page.Trial {
	u := *d.page.Ex.URL
	u.Fragment, u.RawFragment = "", ""
	return &page.Trial{URL: &u, Word: d.word}
}

// domTargets are the pages whose scripts read what a stranger can choose, one of each kind.
func domTargets(p *check.Pass) []*domPage {
	files := p.Site.Files()
	var out []*domPage
	seen := map[string]bool{}
	for _, pg := range p.Site.HTML() {
		if len(out) >= maxDOMPages || pg.Ex.Method != "GET" || seen[pg.Template] || !p.Scope.HasOrigin(pg.Ex.URL) {
			continue
		}
		if e, _ := page.ClassifyLink(&page.Link{URL: pg.Ex.URL, Raw: pg.Ex.RawURL, From: "a"}); e != page.Reads {
			continue
		}
		d := &domPage{page: pg}
		interested := false
		for _, s := range pg.Scripts {
			src := s.Content
			if s.URL != nil {
				f := files[s.URL.String()]
				if f == nil {
					interested = interested || p.Own(s.URL) // not read by the crawl: it may
					continue
				}
				src = f.Text
			}
			if len(src) > 2<<20 {
				src = src[:2<<20]
			}
			if !reads.MatchString(src) {
				continue
			}
			interested = true
			for _, m := range paramNames.FindAllStringSubmatch(src, 200) {
				if n := m[1] + m[2]; !slices.Contains(d.names, n) && len(d.names) < maxDOMNames {
					d.names = append(d.names, n)
				}
			}
		}
		if !interested {
			continue
		}
		for n := range pg.Ex.URL.Query() {
			if !slices.Contains(d.names, n) && len(d.names) < maxDOMNames {
				d.names = append(d.names, n)
			}
		}
		seen[pg.Template] = true
		out = append(out, d)
	}
	return out
}

// query is u's own query with value in every parameter that the scripts read.
func query(u *url.URL, names []string, value string) string {
	v := maps.Clone(u.Query())
	for _, n := range names {
		v.Set(n, value)
	}
	if len(names) == 0 {
		v.Set("q", value)
	}
	return strings.ReplaceAll(v.Encode(), "+", "%20")
}

func params(names []string, value string) string {
	if len(names) == 0 {
		names = []string{"q"}
	}
	var out []string
	for _, n := range names {
		out = append(out, n+"="+url.PathEscape(value))
	}
	return strings.Join(out, "&")
}

// stored are the entries that the page's scripts keep, with value in them.
func stored(pg *page.Page, value string) []page.Stored {
	if pg.Rendered == nil {
		return nil
	}
	var out []page.Stored
	for _, s := range pg.Rendered.Storage {
		if len(out) < 10 {
			out = append(out, page.Stored{Area: s.Area, Key: s.Key, Value: value})
		}
	}
	return out
}

// withoutBrowser turns the lack of a browser into what was not examined.
func withoutBrowser(p *check.Pass, err error) error {
	if errors.Is(err, check.ErrNoBrowser) {
		p.NotExamined("ブラウザを使わない診断のため、確認していません。", nil)
		return nil
	}
	return err
}
