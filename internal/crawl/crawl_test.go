package crawl

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// server is a shop on loopback that remembers what it was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func (s *server) count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.asked {
		if strings.HasPrefix(a, prefix) {
			n++
		}
	}
	return n
}

func serve(t testing.TB, h http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RequestURI())
		s.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func clientFor(t testing.TB, scope *wire.Scope) *wire.Client {
	t.Helper()
	scope.Rate.Unlimited = true
	c, err := wire.NewClient(wire.Options{Scope: scope, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop("test over") })
	return c
}

// crawlOf crawls the server at its front page.
func crawlOf(t testing.TB, base string, change ...func(*Config)) (*check.Site, error) {
	t.Helper()
	return crawlWith(t, clientFor(t, &wire.Scope{Hosts: []string{base}, Level: wire.Passive}), base+"/", change...)
}

func crawlWith(t testing.TB, client *wire.Client, start string, change ...func(*Config)) (*check.Site, error) {
	t.Helper()
	u, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Start: []*url.URL{u}, Now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
	for _, f := range change {
		f(&cfg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	return Run(ctx, client, cfg)
}

func mustCrawl(t testing.TB, base string, change ...func(*Config)) *check.Site {
	t.Helper()
	s, err := crawlOf(t, base, change...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func htmlPage(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!DOCTYPE html><html lang=ja><head><title>%s</title></head><body><h1>%s</h1>%s</body></html>", title, title, body)
}

func skippedFor(s *check.Site, r check.Reason) bool {
	for _, k := range s.Skipped {
		if k.Why.Message == r.Message {
			return true
		}
	}
	return false
}

// The words that people read exist in English, with the same values.
func TestWords(t *testing.T) {
	t.Parallel()
	cat := i18n.Catalogue()
	japanese := regexp.MustCompile(`[ぁ-んァ-ヶ]`)
	hole := regexp.MustCompile(`\{\w+\}`)
	for _, file := range []string{"reasons.go", "start.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		ast.Inspect(f, func(x ast.Node) bool {
			lit, ok := x.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			ja, err := strconv.Unquote(lit.Value)
			if err != nil || !japanese.MatchString(ja) {
				return true
			}
			n++
			en, ok := cat[ja]
			if !ok {
				t.Errorf("%s: no English for %q", file, ja)
			}
			for _, h := range hole.FindAllString(ja, -1) {
				if !strings.Contains(en, h) {
					t.Errorf("%q: English lacks %s", ja, h)
				}
			}
			return true
		})
		if n == 0 {
			t.Errorf("%s: no texts found", file)
		}
	}
}

func TestDemoShop(t *testing.T) {
	t.Parallel()
	var shop *testshop.Shop
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { shop.ServeHTTP(w, r) })
	shop = testshop.New(testshop.Options{HTTPS: true, HTTPSOrigin: s.URL})
	client := clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Safe, IgnoreRobots: true})
	site, err := crawlWith(t, client, s.URL+"/")
	if err != nil {
		t.Fatal(err)
	}
	if h := shop.Harm(); h.Total() != 0 || h.Logins != 0 {
		t.Errorf("the crawl did harm: %+v", h)
	}
	for m := range shop.Requests().Methods() {
		if m != "GET" {
			t.Errorf("the crawl sent %s", m)
		}
	}
	asked := map[string]bool{}
	for _, ex := range site.Exchanges {
		asked[ex.URL.Path] = true
	}
	for _, p := range testshop.HiddenPaths() {
		if !asked[p] {
			t.Errorf("hidden page %s was not found", p)
		}
	}
	for _, k := range []page.Kind{page.Top, page.List, page.Product, page.Search, page.Cart, page.Login, page.Register, page.Contact, page.Legal, page.Privacy} {
		if len(site.OfKind(k)) == 0 {
			t.Errorf("no page of kind %s", k)
		}
	}
	traps := s.count("/trap/")
	t.Logf("%d requests, %d pages, %d for traps; %d known, %d points, %d templates, %d skipped", len(s.asked), len(site.Pages), traps, len(site.Known), len(site.Points), len(site.Templates), len(site.Skipped))
	if traps > 20 {
		t.Errorf("the traps cost %d requests, want at most 20", traps)
	}
	if len(s.asked) > 160 {
		t.Errorf("the shop cost %d requests, want at most 160", len(s.asked))
	}
}

func TestManyProducts(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(i int) string{
		"numbers": func(i int) string { return fmt.Sprintf("/products/%d", i) },
		"names":   func(i int) string { return fmt.Sprintf("/tea%s%s", letters(i), ".html") },
		"query":   func(i int) string { return fmt.Sprintf("/shop.php?main_page=product_info&products_id=%d", i) },
		"deep":    func(i int) string { return fmt.Sprintf("/shelf-%s/%s", letters(i%70), letters(i)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/robots.txt", "/favicon.ico", "/.well-known/security.txt":
					http.NotFound(w, r)
				case "/sitemap.xml":
					fmt.Fprint(w, `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
					for i := range 10_000 {
						fmt.Fprintf(w, "<url><loc>http://%s%s</loc></url>", r.Host, strings.ReplaceAll(address(i), "&", "&amp;"))
					}
					fmt.Fprint(w, "</urlset>")
				case "/":
					htmlPage(w, "店", `<a href="`+address(1)+`">一番</a> <a href="/contact">お問い合わせ</a>`)
				case "/contact":
					htmlPage(w, "お問い合わせ", `<form method=post action=/contact><textarea name=body></textarea><button>送信</button></form>`)
				default:
					htmlPage(w, "商品 "+r.URL.Path, `<ul><li><b>価格</b> 1,000円</ul><form method=post action=/cart><button>カートに入れる</button></form>`)
				}
			})
			site := mustCrawl(t, s.URL)
			if n := len(s.asked); n > 40 {
				t.Errorf("10,000 products cost %d requests, want at most 40", n)
			}
			if s.count("/contact") == 0 {
				t.Error("the contact page was not fetched")
			}
			known := 0
			for _, tpl := range site.Templates {
				known += tpl.Known
			}
			if known < 9_900 || len(site.Known) < 9_900 {
				t.Errorf("%d look-alikes counted and %d listed, want about 10,000", known, len(site.Known))
			}
		})
	}
}

func letters(i int) string {
	var b []byte
	for i += 1000; i > 0; i /= 26 {
		b = append(b, byte('a'+i%26))
	}
	return string(b)
}
