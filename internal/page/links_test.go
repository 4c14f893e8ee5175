package page

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"miseban/internal/wire"
)

// A block of testdata/links.txt: "== name [content type]", the body, then
// "=>" and the links that must be found ("from path" or "METHOD from path";
// "! path" must not be found).
func TestLinks(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/links.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split("\n"+string(b), "\n== ")[1:]
	if len(blocks) < 60 {
		t.Errorf("%d ways a link can hide, want at least 60", len(blocks))
	}
	for _, block := range blocks {
		name, rest, _ := strings.Cut(block, "\n")
		body, want, ok := strings.Cut(rest, "\n=>")
		if !ok {
			t.Fatalf("%s: no =>", name)
		}
		ct := "text/html; charset=utf-8"
		if n, c, ok := strings.Cut(name, " ["); ok {
			name, ct = n, strings.TrimSuffix(c, "]")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ex := answer(t, "https://shop.test/dir/here", ct, body)
			if h, rest, ok := strings.Cut(body, "\n\n"); ok && strings.HasPrefix(h, "@") {
				for _, line := range strings.Split(h, "\n") {
					k, v, _ := strings.Cut(strings.TrimPrefix(line, "@"), ": ")
					ex.Header.Add(k, v)
				}
				ex.Body = []byte(rest)
			}
			p := Parse(ex)
			var have []string
			for _, l := range p.Links {
				where := l.URL.Path
				if l.URL.RawQuery != "" {
					where += "?" + l.URL.RawQuery
				}
				if l.URL.Fragment != "" {
					where += "#" + l.URL.Fragment
				}
				if l.URL.Host != "shop.test" {
					where = l.URL.Host + where
				}
				m := l.Method
				if m == "" {
					m = "GET"
				}
				have = append(have, m+" "+l.From+" "+where)
			}
			for _, w := range strings.Split(strings.TrimSpace(want), "\n") {
				f := strings.Fields(w)
				if len(f) == 2 && f[0] == "!" {
					for _, h := range have {
						if strings.HasSuffix(h, " "+f[1]) {
							t.Errorf("found %s", h)
						}
					}
					continue
				}
				if len(f) == 2 {
					w = "GET " + w
				}
				found := false
				for _, h := range have {
					found = found || h == w
				}
				if !found {
					t.Errorf("not found: %s\nhave: %s", w, strings.Join(have, "\n      "))
				}
			}
		})
	}
}

func TestGzippedSitemap(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(`<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://shop.test/item/1</loc></url></urlset>`))
	_ = z.Close()
	ex := answer(t, "https://shop.test/sitemap.xml.gz", "application/octet-stream", b.String())
	p := Parse(ex)
	if len(p.Links) != 1 || p.Links[0].From != "sitemap" || p.Links[0].URL.Path != "/item/1" {
		t.Errorf("%+v", p.Links)
	}
}

func TestScriptLinksTolerates(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("https://shop.test/")
	for _, src := range []string{
		`location.href = "/broken"; if (`,
		"{% if x %} fetch('/broken') {% endif %}",
		`$(function(){ $.get("/broken", function(d){`,
	} {
		found := false
		for _, l := range ScriptLinks([]byte(src), base) {
			found = found || l.URL.Path == "/broken"
		}
		if !found {
			t.Errorf("%s: not found", src)
		}
	}
	// Nothing here is an address.
	for _, src := range []string{
		`var a = "text/html", b = "application/json", c = "and/or", d = "2024/01/02", e = "M/D/YYYY", f = "//", g = "/", h = "http://www.w3.org/2000/svg";`,
		`x.replace(/\/foo\/bar/g, "/"); y = a / b / c; z = "</div>"; w = "\\d+/\\d+";`,
		`require("./lib/core"); define(["jquery","./widget"], f); var k = "a.b.c", v = "1.2.3", css = "div > a.link";`,
	} {
		if got := ScriptLinks([]byte(src), base); len(got) > 0 {
			t.Errorf("%s: found %s (%s)", src, got[0].URL, got[0].From)
		}
	}
}

func TestHostileInput(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"deep":          strings.Repeat("<div>", 200_000) + `<a href="/found">x</a>`,
		"deep inline":   strings.Repeat("<b><i>", 100_000) + `<a href="/found">x</a>`,
		"open tables":   strings.Repeat("<table><tr><td>", 50_000) + `<a href="/found">x</a>`,
		"many tags":     `<a href="/found">x</a>` + strings.Repeat("<p>", 2_000_000),
		"many links":    `<a href="/found">x</a>` + strings.Repeat(`<a href="/x?`+strings.Repeat("y", 40)+`">z</a>`, 100_000),
		"many controls": `<a href="/found">x</a><form>` + strings.Repeat(`<input name=a>`, 200_000),
		"attributes":    `<a href="/found">x</a><p ` + strings.Repeat("a ", 2_000_000) + ">",
		"long script":   `<a href="/found">x</a><script>` + strings.Repeat("a+", 1_000_000) + "1</script>",
		"dots":          `<a href="/found">x</a><script>a` + strings.Repeat(".b", 1_000_000) + "</script>",
		"brackets":      `<a href="/found">x</a><script>` + strings.Repeat("[", 1_000_000) + "</script>",
		"strings":       `<a href="/found">x</a><script>x=` + strings.Repeat(`"/a"+`, 500_000) + "1</script>",
		"json":          `<a href="/found">x</a><script type="application/json">` + strings.Repeat("[", 1_000_000) + "</script>",
		"comments":      `<a href="/found">x</a>` + strings.Repeat("<!-- <a href=/x> -->", 100_000),
		"onclick":       `<a href="/found">x</a>` + strings.Repeat(`<p onclick="location='/y'">`, 50_000),
		"noscript":      `<a href="/found">x</a>` + strings.Repeat("<noscript>", 50_000),
		"labels":        `<a href="/found">x</a>` + strings.Repeat("<label>a", 400) + strings.Repeat("<input>", 2000),
		"siblings":      `<a href="/found">x</a><form>` + strings.Repeat("<span></span><input>", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Parse(answer(t, "https://shop.test/", "text/html; charset=utf-8", body))
			for _, l := range p.Links {
				if l.URL.Path == "/found" {
					return
				}
			}
			t.Errorf("%d links, /found is not among them", len(p.Links))
		})
	}
}

func FuzzParse(f *testing.F) {
	b, _ := os.ReadFile("testdata/links.txt")
	for _, block := range strings.Split(string(b), "\n== ") {
		f.Add([]byte(block), "text/html")
	}
	f.Add([]byte("<urlset><loc>x"), "application/xml")
	f.Add([]byte(`{"openapi":"3","paths":{"/a":{"get":{}}}}`), "application/json")
	f.Fuzz(func(t *testing.T, body []byte, ct string) {
		u, _ := url.Parse("https://shop.test/a?b=c")
		p := Parse(&wire.Exchange{Method: "GET", URL: u, Status: 200, Header: http.Header{"Content-Type": {ct}}, Body: body})
		for _, l := range p.Links {
			if l.URL == nil || l.Effect == "" || l.From == "" {
				t.Fatalf("%+v", l)
			}
		}
		for _, fm := range p.Forms {
			if fm.Action == nil || fm.Effect == "" || fm.Purpose == "" {
				t.Fatalf("%+v", fm)
			}
		}
	})
}

func FuzzScriptLinks(f *testing.F) {
	base, _ := url.Parse("https://shop.test/")
	for _, s := range []string{"location.href='/a'", "fetch(`/a/${b}`,{method:'POST'})", "({path:'/x',component:y})", "`${", "a+'/'+b", `"\u{110000}"`, "[].join", "atob('L2E=')"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, l := range ScriptLinks(src, base) {
			if l.URL == nil {
				t.Fatal("no URL")
			}
		}
	})
}

// page200 is a list page of about 200 KB as a shop has it.
func page200() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>商品一覧</title><script>var u={list:"/products/list",cart:"/cart"};</script></head><body class="product_list_page">`)
	for i := 0; b.Len() < 200_000; i++ {
		n := string(rune('a'+i%26)) + strings.Repeat("x", i%7)
		b.WriteString(`<li class="item"><a href="/products/detail/` + n + `"><img src="/img/` + n + `.jpg" alt="` + n + `"><p class="name">手作りの器 ` + n + `</p><p class="price">1,200円</p></a>
<form method="post" action="/products/add_cart/` + n + `"><input type="hidden" name="_token" value="x"><label>数量<input name="quantity" type="number"></label><button type="submit">カートに入れる</button></form></li>`)
	}
	return b.String() + `</body></html>`
}

func BenchmarkParse200KB(b *testing.B) {
	ex := answer(b, "https://shop.test/products/list", "text/html", page200())
	b.SetBytes(int64(len(ex.Body)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(ex)
	}
}

func BenchmarkScriptLinks1MB(b *testing.B) {
	src := []byte(strings.Repeat(`function f(a,b){if(a>1){return a.map(function(x){return x*2+b})}var s="hello world";var u="/api/items/"+a;return fetch(u,{method:"POST"})}`+"\n", 7200))
	base, _ := url.Parse("https://shop.test/")
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		ScriptLinks(src, base)
	}
}

// BenchmarkTreeOnly is what x/net/html alone needs for the same page.
func BenchmarkTreeOnly(b *testing.B) {
	s := page200()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		parseHTML(s)
	}
}
