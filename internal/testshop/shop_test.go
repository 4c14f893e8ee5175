package testshop

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"
)

// acts are links that act; probing them would count as harm.
var acts = []string{"/logout", "/cart/delete"}

// walk returns a path for every route of the table that answers GET.
func walk(table []*route) []string {
	var paths []string
	for _, rt := range table {
		if rt.get == nil || slices.Contains(acts, rt.pattern) {
			continue
		}
		p := strings.NewReplacer("{$}", "", "{id}", "7", "{no}", "C000998", "{dir}/{file}", "css/shop.css", "{file}", "7.svg", "{name}", "onclick").Replace(rt.pattern)
		switch p {
		case "/products/list":
			p += "?category_id=3&page=2"
		case "/sjis/item", "/api/v1/stock":
			p += "?id=2"
		case "/download":
			p += "?file=order-sheet.txt"
		case "/gift/noshi":
			p += "?name=%E9%9D%99%E5%B2%A1"
		case "/trap/calendar":
			p += "?y=2026&m=12"
		}
		paths = append(paths, p)
	}
	return paths
}

var (
	tag     = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*)>`)
	inert   = regexp.MustCompile(`(?s)<!--.*?-->|<script[^>]*>.*?</script>`)
	void    = strings.Fields("meta link img input br hr area")
	title   = regexp.MustCompile(`<title>([^<]+)</title>`)
	heading = regexp.MustCompile(`(?s)<h1>([^<]+)</h1>`)
)

// unbalanced returns the first tag that does not close as it should.
func unbalanced(html string) string {
	var open []string
	for _, m := range tag.FindAllStringSubmatch(inert.ReplaceAllString(html, ""), -1) {
		switch name := m[2]; {
		case slices.Contains(void, name) || strings.HasSuffix(m[3], "/"):
		case m[1] == "":
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return m[0]
		default:
			open = open[:len(open)-1]
		}
	}
	return strings.Join(open, " ")
}

func TestPages(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.signIn(TestMember, TestPassword)
	paths := walk(cleanRoutes())
	if len(paths) < 60 {
		t.Errorf("got %d pages, want at least 60", len(paths))
	}
	p.get("/products/detail/9")
	p.post("/cart/add", "product_id", "9", "quantity", "1")
	for _, path := range append(paths, "/no/such/page", "/products/detail/9999") {
		got := p.get(path)
		want := 200
		switch {
		case path == AdminPath:
			want = 401
		case strings.HasPrefix(path, "/no/") || strings.HasSuffix(path, "9999"):
			want = 404
		case path == "/shopping/complete":
			want = 303
		case path == "/out":
			want = 404 // without the address of a partner
		}
		if got.status != want {
			t.Errorf("%s: got %d, want %d", path, got.status, want)
		}
		if h := got.header; h.Get("Strict-Transport-Security") == "" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Server")+h.Get("X-Powered-By") != "" ||
			h.Get("Access-Control-Allow-Origin") != "" || h.Get("Referrer-Policy") == "" || h.Get("Cache-Control") == "" {
			t.Errorf("%s: headers are not clean: %v", path, h)
		}
		kind := got.header.Get("Content-Type")
		if !strings.HasPrefix(kind, "text/html") {
			continue
		}
		if h := got.header; h.Get("Content-Security-Policy") == "" || h.Get("X-Frame-Options") == "" || h.Get("Permissions-Policy") == "" {
			t.Errorf("%s: a page without its protecting headers: %v", path, h)
		}
		if strings.HasPrefix(path, "/mypage") && h(got, "Cache-Control") != "no-store" {
			t.Errorf("%s: got Cache-Control %q, want no-store", path, h(got, "Cache-Control"))
		}
		body := got.body
		switch {
		case strings.HasSuffix(kind, "Shift_JIS"):
			body = decoded(t, japanese.ShiftJIS.NewDecoder().String, body)
		case strings.HasSuffix(kind, "EUC-JP"):
			body = decoded(t, japanese.EUCJP.NewDecoder().String, body)
		}
		if bad := unbalanced(body); bad != "" {
			t.Errorf("%s: %s does not close", path, bad)
		}
		if title.FindString(body) == "" || len(heading.FindAllString(body, -1)) != 1 || !strings.Contains(body, `<html lang="ja">`) {
			t.Errorf("%s: title %q, headings %q", path, title.FindString(body), heading.FindAllString(body, -1))
		}
	}
}

func h(r reply, name string) string { return r.header.Get(name) }

func decoded(t *testing.T, decode func(string) (string, error), body string) string {
	t.Helper()
	s, err := decode(body)
	if err != nil || strings.Contains(s, "\ufffd") || !strings.Contains(s, "茶屋みせばん") {
		t.Errorf("the page does not read in its own charset: %v", err)
	}
	return s
}

func TestCookie(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 20 {
		p := open(t, Options{})
		p.get("/cart")
		c := p.cookie
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge > 3600 || len(c.Value) < 22 {
			t.Fatalf("the clean session cookie is %v", c)
		}
		if seen[c.Value] {
			t.Fatal("two visitors got the same session id")
		}
		seen[c.Value] = true
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for method, want := range map[string]int{"TRACE": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 204, "HEAD": 200} {
		got := p.do(method, "/help/guide", nil)
		if got.status != want {
			t.Errorf("%s: got %d, want %d", method, got.status, want)
		}
		if method != "HEAD" && h(got, "Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: got Allow %q", method, h(got, "Allow"))
		}
		if method == "HEAD" && got.body != "" {
			t.Errorf("HEAD has a body")
		}
	}
	if got := p.get("/cart/add"); got.status != 405 || h(got, "Allow") != "POST" {
		t.Errorf("GET /cart/add: got %d, Allow %q", got.status, h(got, "Allow"))
	}
}

func TestTraps(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	next := regexp.MustCompile(`href="(/trap/[^"]+)"`)
	for _, start := range []string{"/trap/calendar?y=2026&m=11", "/trap/list?page=1", "/trap/facet"} {
		path, seen := start, map[string]bool{}
		for i := range 30 {
			seen[path] = true
			got := p.get(path)
			links := next.FindAllStringSubmatch(got.body, -1)
			if got.status != 200 || len(links) == 0 {
				t.Fatalf("%s: got %d and %d links on", path, got.status, len(links))
			}
			path = strings.ReplaceAll(links[len(links)-1][1], "&amp;", "&")
			if start == "/trap/facet" {
				path = strings.ReplaceAll(links[(i*5+i/3)%len(links)][1], "&amp;", "&")
			}
		}
		if len(seen) < 15 {
			t.Errorf("%s: only %d pages behind it", start, len(seen))
		}
	}
}

func TestHiddenPaths(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	if n := len(HiddenPaths()); n < 20 {
		t.Errorf("got %d hidden pages", n)
	}
	page := p.get("/hidden/")
	everything := page.body + page.header.Get("Link") + p.get("/assets/js/season.js").body + p.get("/assets/css/season.css").body + p.get("/manifest.webmanifest").body
	for _, path := range HiddenPaths() {
		if got := p.get(path); got.status != 200 {
			t.Errorf("%s: got %d", path, got.status)
		}
		if path != "/hidden/way/js-concat" && !strings.Contains(everything, path) {
			t.Errorf("nothing leads to %s", path)
		}
	}
	if !strings.Contains(page.header.Get("Content-Security-Policy"), "'unsafe-hashes' 'sha256-") {
		t.Error("the policy forbids the page's own click handler")
	}
}

// TestBusyShop has many visitors at once, some with the same cookie; run it with -race.
func TestBusyShop(t *testing.T) {
	t.Parallel()
	shop := New(Options{HTTPS: true, Faults: []string{"crawler-tolerance", "unstable-answers"}})
	member := &visitor{t: t, shop: shop, header: http.Header{}}
	member.get("/mypage/login")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			p := &visitor{t: t, shop: shop, header: http.Header{"User-Agent": {fmt.Sprint("visitor ", i%4)}}}
			if i%2 == 0 {
				p.cookie, p.token = member.cookie, member.token
			}
			for n := range 8 {
				p.get(fmt.Sprintf("/products/detail/%d", n+1))
				p.post("/cart/add", "product_id", "1", "quantity", "1")
				p.get("/ranking")
			}
		})
	}
	all.Wait()
	r := shop.Requests()
	if want := 16*8*3 + 1; r.Total != want || r.Busiest != want {
		t.Errorf("requests: got %d, busiest %d, want %d", r.Total, r.Busiest, want)
	}
	if n := r.Methods()["POST"]; n != 128 {
		t.Errorf("POST: got %d, want 128", n)
	}
	if n := r.Routes()["/ranking"]; n == 0 {
		t.Error("/ranking was not counted")
	}
}

func TestBusiestWindow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	shop := New(Options{HTTPS: true, Now: func() time.Time { return now }})
	p := &visitor{t: t, shop: shop, header: http.Header{}}
	for range 30 {
		p.get("/news")
		now = now.Add(time.Second)
	}
	if got := shop.Requests().Busiest; got != 10 {
		t.Errorf("busiest ten seconds: got %d, want 10", got)
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	shop := New(Options{HTTPS: true, Now: func() time.Time { return now }})
	p := &visitor{t: t, shop: shop, header: http.Header{}}
	p.signIn(TestMember, TestPassword)
	old := *p.cookie
	p.get("/logout")
	p.cookie = &old
	if got := p.get("/mypage/"); h(got, "Location") != "/mypage/login" {
		t.Errorf("the old session id after sign-out: got %d", got.status)
	}
	p.signIn(TestMember, TestPassword)
	now = now.Add(sessionLife + time.Second)
	if got := p.get("/mypage/"); h(got, "Location") != "/mypage/login" {
		t.Errorf("a session unused for too long: got %d", got.status)
	}
}
