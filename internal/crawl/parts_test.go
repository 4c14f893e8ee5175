package crawl

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

func pointNames(s *check.Site, where string) []string {
	var out []string
	for _, p := range s.Points {
		if p.Where == where {
			out = append(out, p.Method+" "+p.Handler+" "+p.Name)
		}
	}
	slices.Sort(out)
	return out
}

func TestPointsAndSeeds(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "1"})
			htmlPage(w, "店", `<a href="/item/5?color=red">茶</a><a href="/item/6?color=blue">茶</a><a href="#/shelf">棚</a>
				<form method=post action="/contact?x=1"><input name=mail><textarea name=body></textarea><button>送信</button></form>
				<script>var x = new XMLHttpRequest(); x.setRequestHeader("X-Shop-Key", k); x.send(JSON.stringify({code, "qty": 1}));</script>`)
		case "/item/5", "/item/6", "/only-seed":
			htmlPage(w, "商品", "中身")
		default:
			http.NotFound(w, r)
		}
	})
	seeds, err := ReadSeeds(strings.NewReader("/only-seed\nPOST /api/buy\nhttps://elsewhere.example/\n/order/cancel?id=1\n"), "list.txt")
	if err != nil {
		t.Fatal(err)
	}
	api, err := ReadSeeds(strings.NewReader(`{"openapi":"3.0.0","paths":{"/api/order":{"post":{"parameters":[{"name":"X-Key","in":"header"}],"requestBody":{"content":{"application/json":{"schema":{"properties":{"qty":{}}}}}}}}}}`), "api.json")
	if err != nil {
		t.Fatal(err)
	}
	site := mustCrawl(t, s.URL, func(c *Config) { c.Seeds = append(seeds, api...) })
	for where, want := range map[string][]string{
		"query": {"GET /item/N?color=* color", "GET /order/cancel id", "POST /contact?x=N x"}, "cookie": {"GET / sid"},
		"header": {"GET / X-Shop-Key", "POST /api/order X-Key"}, "json": {"POST / code", "POST / qty", "POST /api/order qty"}, "fragment": {"GET / /shelf"},
		"form": {"POST /contact body", "POST /contact mail"}, "path": {"GET /item/N?color=* segment 2"},
	} {
		if got := pointNames(site, where); !slices.Equal(got, want) {
			t.Errorf("%s points %q, want %q", where, got, want)
		}
	}
	if s.count("/only-seed") != 1 || s.count("/api/") != 0 || s.count("/order/") != 0 {
		t.Errorf("asked: %v", s.asked)
	}
	if !skippedFor(site, skipSeeds) {
		t.Error("the seed outside the scope is not reported")
	}
}

// A search sent by POST passes as reading; nothing else that is sent by POST does.
func TestPostSearch(t *testing.T) {
	t.Parallel()
	var bodies []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err == nil {
				bodies = append(bodies, r.URL.Path+" "+r.PostForm.Get("keyword"))
			}
		}
		switch r.URL.Path {
		case "/":
			htmlPage(w, "煎茶の店", `<form method=post action=/search><input type=search name=keyword><button>検索</button></form>
				<form method=post action=/mail><input name=mail><button>登録する</button></form><form action=/list><select name=sort><option value=new>新着順</option></select><button>並べ替え</button></form>`)
		case "/search":
			htmlPage(w, "検索結果", `<a href="/behind">商品</a>`)
		case "/behind", "/list":
			htmlPage(w, "商品", "中身")
		default:
			http.NotFound(w, r)
		}
	})
	site, err := crawlWith(t, clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Safe}), s.URL+"/")
	if err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 1 || bodies[0] != "/search 煎茶" {
		t.Errorf("posted %q, want one search for a word of the shop", bodies)
	}
	if s.count("/behind") != 1 {
		t.Error("what the search found was not followed")
	}
	left := false
	for _, k := range site.Skipped {
		left = left || k.Form != nil && k.Form.Action.Path == "/mail"
	}
	if !left || s.count("/list?sort=new") != 1 {
		t.Errorf("the newsletter form is reported: %v; filter asked %d times, want once", left, s.count("/list?sort=new"))
	}
}

func TestSiblings(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			if strings.Contains(r.URL.Path, ":") {
				t.Errorf("asked for the pattern %s", r.URL.Path)
			}
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; script-src https://cdn.example.net *.wild.example")
		htmlPage(w, "店", `<a href="https://blog.shop.example/x">ブログ</a><a href="https://sns.example.com/shop">SNS</a><script src="https://tag.example.org/t.js"></script><script>var docs = "https://library.example.org/errors/", route = "/product/:uuid"; fetch(route)</script>`)
	}))
	t.Cleanup(srv.Close)
	site := mustCrawl(t, srv.URL)
	got := map[string]string{}
	for _, x := range site.Siblings {
		got[x.Host] = x.Why
	}
	// httptest's certificate speaks for example.com.
	for host, why := range map[string]string{"blog.shop.example": siblingLink, "sns.example.com": siblingLink, "cdn.example.net": siblingCSP, "example.com": siblingCert} {
		if got[host] != why {
			t.Errorf("%s: %q, want %q (all: %v)", host, got[host], why, got)
		}
	}
	if _, ok := got["library.example.org"]; ok {
		t.Error("the maker of a library is listed")
	}
	if len(got["*.wild.example"]) != 0 {
		t.Error("a pattern is listed as a host")
	}
}

// What only a browser sees becomes part of the crawl; what it was refused is listed.
func TestRender(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			htmlPage(w, "店", `<a href="/p/1">1</a><a href="/p/2">2</a><a href="#/shelf">棚</a>`)
		case "/robots.txt", "/sitemap.xml", "/favicon.ico", "/.well-known/security.txt":
			http.NotFound(w, r)
		default:
			htmlPage(w, "頁", "<ul><li>中身</ul>")
		}
	})
	var asked []string
	site := mustCrawl(t, s.URL, func(c *Config) {
		c.Render = func(_ context.Context, p *page.Page) (*page.Rendered, error) {
			asked = append(asked, p.URL.RequestURI()+"#"+p.URL.Fragment)
			switch {
			case p.URL.Fragment != "":
				return &page.Rendered{HTML: `<a href="/from-route">x</a>`}, nil
			case p.URL.Path == "/":
				return &page.Rendered{
					HTML:     `<html><body><a href="/from-dom">x</a><a href="/mypage/logout">ログアウト</a><form method=post action=/scripted><input name=q></form></body></html>`,
					Routes:   []string{"/from-history"},
					Requests: []page.Request{{URL: s.URL + "/from-xhr", Method: "GET", Dest: "xhr"}, {URL: s.URL + "/api/write", Method: "POST", Dest: "xhr"}, {URL: s.URL + "/pic", Method: "GET", Dest: "image"}},
					Blocked:  []page.Request{{URL: "https://beacon.example.com/b", Method: "POST", Blocked: "third host"}},
				}, nil
			case p.URL.Path == "/from-dom":
				return nil, fmt.Errorf("the tab crashed")
			}
			return &page.Rendered{HTML: "<p>"}, nil
		}
	})
	for _, p := range []string{"/from-dom", "/from-history", "/from-xhr", "/from-route"} {
		if s.count(p) != 1 {
			t.Errorf("%s was asked for %d times, want once", p, s.count(p))
		}
	}
	if s.count("/mypage/logout")+s.count("/api/write")+s.count("/pic")+s.count("/scripted") != 0 {
		t.Errorf("asked for what acts or what is a picture: %v", s.asked)
	}
	if n := len(asked); n > 4 || !slices.Contains(asked, "/#/shelf") {
		t.Errorf("rendered %q, want the front page, its route and one page of the other template", asked)
	}
	if !site.Rendered {
		t.Error("the site does not say that a browser looked")
	}
	blocked, scripted := false, false
	for _, k := range site.Known {
		blocked = blocked || k.URL.Host == "beacon.example.com"
	}
	for _, f := range site.Forms {
		scripted = scripted || f.Scripted && f.Action.Path == "/scripted"
	}
	if !blocked || !scripted {
		t.Errorf("blocked request listed: %v, scripted form listed: %v; want both", blocked, scripted)
	}
}

// One page that breaks its reader costs that page.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		htmlPage(w, "店"+r.URL.Path, `<a href="/a">a</a><a href="/b">b</a>`)
	})
	n := 0
	site := mustCrawl(t, s.URL, func(c *Config) {
		c.Render = func(context.Context, *page.Page) (*page.Rendered, error) {
			if n++; n == 1 {
				panic("a bug in the reader")
			}
			return &page.Rendered{}, nil
		}
	})
	if s.count("/b") == 0 || !skippedFor(site, skipUnreadable) {
		t.Errorf("asked %v, skipped %v", s.asked, site.Skipped)
	}
}

func TestLeavesAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			htmlPage(w, "店", `<a href="/secret/x">秘密</a><a href="/no/x">除外</a><a href="/price.pdf">価格表</a><a href="/export.csv">一覧</a><img src="/a.png"><a href="/film.mp4">動画</a>
				<a href="/customers/export?kind=all">書き出し</a><a href="/dl/">資料</a><a href="/ok">普通</a><a href="/ok#part">普通</a><a href="mailto:a@example.jp">便り</a><a href="http://user:pw@`+r.Host+`/x">鍵</a>`)
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /secret/\n")
		case "/price.pdf", "/export.csv", "/customers/export":
			w.Header().Set("Content-Type", "application/octet-stream")
			fmt.Fprint(w, strings.Repeat("customer,", 1000))
		default:
			htmlPage(w, "頁", "中身")
		}
	})
	c := clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Passive, Exclude: []string{"/no/"}})
	site, err := crawlWith(t, c, s.URL+"/")
	if err != nil {
		t.Fatal(err)
	}
	for p, n := range map[string]int{"/secret/": 0, "/no/": 0, "/a.png": 0, "/film": 0, "/ok": 1, "/price.pdf": 1, "/export.csv": 1, "/customers/export": 1, "/dl/": 2, "/x": 0} {
		if got := s.count(p); got != n {
			t.Errorf("%s: asked %d times, want %d", p, got, n)
		}
	}
	for _, ex := range site.Exchanges {
		if (strings.HasSuffix(ex.URL.Path, ".csv") || ex.URL.Path == "/customers/export") && len(ex.Body) > 0 {
			t.Error("the body of an export was read")
		}
	}
	why := map[string]string{}
	for _, k := range site.Known {
		why[k.URL.Path] = k.Why.Message
	}
	if why["/secret/x"] != whyRobots.Message || why["/no/x"] != whyExcluded.Message {
		t.Errorf("reasons: %v", why)
	}
}

// A stored run can be crawled again without asking the shop.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			htmlPage(w, "煎茶の店", `<a href="/a">a</a><a href="/gone">b</a><form action=/search><input type=search name=q><button>検索</button></form>`)
		case "/a", "/search":
			htmlPage(w, "頁", `<a href="/b">b</a>`)
		default:
			http.NotFound(w, r)
		}
	})
	journal := wire.NewMemory()
	var pages []int
	var asked int
	for i, level := range []wire.Level{wire.Passive, wire.Passive, wire.Offline} {
		c, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{s.URL}, Level: level, Rate: wire.Rate{Unlimited: true}}, Journal: journal, Version: "test", Run: "test"})
		if err != nil {
			t.Fatal(err)
		}
		site, err := crawlWith(t, c, s.URL+"/")
		if err != nil {
			t.Fatalf("run %d: %v", i, err)
		}
		pages = append(pages, len(site.Pages))
		if i == 0 {
			asked = len(s.asked)
		}
	}
	if len(s.asked) != asked {
		t.Errorf("the replays asked the shop %d times", len(s.asked)-asked)
	}
	if pages[0] != pages[1] || pages[0] != pages[2] {
		t.Errorf("pages per run %v, want the same", pages)
	}
}

// A stranger among look-alikes is met by sampling; what a router parameter
// names is never taken for a value.
func TestStrangers(t *testing.T) {
	t.Parallel()
	product := `<ul><li>価格</li></ul><form method=post action=/cart><button>カートに入れる</button></form>`
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.URL.Path == "/":
			var b strings.Builder
			for i := range 60 {
				fmt.Fprintf(&b, `<a href="/page.php?id=%d">%d</a><a href="/index.php?route=product/product&product_id=%d">%d</a>`, i+1, i+1, i+1, i+1)
			}
			for i := range 20 {
				fmt.Fprintf(&b, `<a href="/index.php?route=information/%s">%d</a>`, letters(i), i)
			}
			htmlPage(w, "店", b.String())
		case q.Get("id") == "60":
			htmlPage(w, "お問い合わせ", `<form method=post action=/contact><label>お名前<input name=name></label><textarea name=body></textarea><button>送信</button></form>`)
		case q.Get("id") != "" || q.Get("route") == "product/product":
			htmlPage(w, "商品 "+q.Encode(), product)
		case q.Get("route") != "":
			htmlPage(w, "案内 "+q.Encode(), "<section><p>案内</p></section>")
		default:
			http.NotFound(w, r)
		}
	})
	mustCrawl(t, s.URL)
	if s.count("/page.php?id=60") != 1 {
		t.Error("the last of sixty look-alikes, a contact form, was not met")
	}
	if n := s.count("/page.php"); n > 8 {
		t.Errorf("/page.php cost %d requests, want at most 8", n)
	}
	if n := s.count("/index.php?route=product"); n < 1 || n > 4 {
		t.Errorf("products cost %d requests, want 1 to 4", n)
	}
	if n := s.count("/index.php?route=information"); n != 20 {
		t.Errorf("%d of 20 routes were asked for", n)
	}
}

func BenchmarkKnownLinks(b *testing.B) {
	base, _ := url.Parse("http://127.0.0.1/")
	c, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{base.String()}, Level: wire.Passive}, Version: "test"})
	if err != nil {
		b.Fatal(err)
	}
	links := make([]*url.URL, 10_000)
	for i := range links {
		links[i], _ = url.Parse(fmt.Sprintf("http://127.0.0.1/shelf-%s/%s?color=%d", letters(i%70), letters(i), i%7))
	}
	b.ReportAllocs()
	for b.Loop() {
		cr := newCrawl(c, Config{Start: []*url.URL{base}})
		for _, l := range links {
			cr.add(found{url: l, via: "a"}, nil, "")
		}
		for range 40 {
			if it := cr.next(); it != nil {
				it.group.picked++
				it.settle(done, check.Reason{})
				it.group.fetched++
				it.group.signs["t"]++
			}
		}
	}
}

// A theme of WordPress need not link to the sign-in page that is there all the same.
func TestSignInOfWordPress(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			htmlPage(w, "店", `<link rel="stylesheet" href="/wp-content/themes/x/style.css">`)
		case "/wp-login.php":
			htmlPage(w, "ログイン", `<form method="post"><input name="log"><input type="password" name="pwd"></form>`)
		default:
			http.NotFound(w, r)
		}
	})
	for want, level := range []wire.Level{wire.Passive, wire.Safe} {
		c := clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: level})
		if _, err := crawlWith(t, c, s.URL+"/"); err != nil {
			t.Fatal(err)
		}
		if got := s.count("/wp-login.php"); got != want {
			t.Errorf("level %v: asked %d times, want %d", level, got, want)
		}
	}
}

// Every post of a blog has a feed that repeats it; two of them are enough.
func TestFeeds(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/feed/") {
			w.Header().Set("Content-Type", "application/rss+xml")
			fmt.Fprint(w, `<rss><channel><title>店</title></channel></rss>`)
			return
		}
		more := ""
		if r.URL.Path == "/" {
			for i := range 8 {
				more += fmt.Sprintf(`<a href="/tea-%c/">茶</a>`, 'a'+i)
			}
		}
		htmlPage(w, "店", `<link rel="alternate" type="application/rss+xml" href="`+r.URL.Path+`feed/">`+more)
	})
	mustCrawl(t, s.URL)
	n := s.count("/feed/")
	for i := range 8 {
		n += s.count(fmt.Sprintf("/tea-%c/feed/", 'a'+i))
	}
	if n == 0 || n > maxFeeds {
		t.Errorf("%d feeds asked for, want 1 to %d", n, maxFeeds)
	}
}
