package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// A trap costs a few requests, is left and is reported; the page behind it is still found.
func TestTraps(t *testing.T) {
	t.Parallel()
	links := func(f func(i int) string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<li><a href="%s">%d</a></li>`, f(i), i)
		}
		return "<ul>" + b.String() + "</ul>"
	}
	for name, trap := range map[string]struct {
		most   int
		answer func(w http.ResponseWriter, r *http.Request)
	}{
		"calendar": {8, func(w http.ResponseWriter, r *http.Request) {
			m, _ := strconv.Atoi(r.URL.Query().Get("m"))
			htmlPage(w, "暦", fmt.Sprintf(`<table><tr><td>1</td></tr></table><a href="/trap/?m=%d">前月</a><a href="/trap/?m=%d">翌月</a>`, m-1, m+1))
		}},
		"calendar paths": {12, func(w http.ResponseWriter, r *http.Request) {
			var y, m int
			_, _ = fmt.Sscanf(r.URL.Path, "/trap/%d/%d/", &y, &m) // the front page of the trap has no date
			htmlPage(w, "暦", fmt.Sprintf(`<table><tr><td>1</td></tr></table><a href="/trap/%d/%02d/">翌月</a><a href="/trap/%d/%02d/">来年</a>`, y+m/12, m%12+1, y+1, m))
		}},
		"endless pages": {8, func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("page"))
			htmlPage(w, "一覧", fmt.Sprintf(`<ul><li>商品 %d</li></ul><a href="?page=%d">次へ</a>`, n, n+1))
		}},
		"session id": {12, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "一覧", links(func(i int) string { return fmt.Sprintf("/trap/p%d?token=%d%d", i, time.Now().UnixNano(), i) }, 3))
		}},
		"growing path": {14, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "棚", `<a href="more/">もっと</a><a href="again/">ふたたび</a>`)
		}},
		"labyrinth": {60, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "道", links(func(i int) string { return "way" + letters(i*7+len(r.URL.Path)) + "/" }, 6))
		}},
		"facets": {16, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.RawQuery
			if q != "" {
				q += "&"
			}
			htmlPage(w, "絞り込み", links(func(i int) string { return fmt.Sprintf("/trap/?%sf%s=%d", q, letters(i), i) }, 12))
		}},
		"sort orders": {16, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "並べ替え", links(func(i int) string {
				return fmt.Sprintf("/trap/?sort=%d&dir=%s&size=%d&view=%s", i%4, letters(i%2), i%5, letters(i%3))
			}, 60))
		}},
		"nesting": {6, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "深い頁", strings.Repeat("<div>", 3000)+`<a href="/trap/x">奥</a>`)
		}},
		"many links": {60, func(w http.ResponseWriter, r *http.Request) {
			htmlPage(w, "一覧", links(func(i int) string { return "/trap/" + letters(i*31+len(r.URL.Path)) }, 10_000))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == "/":
					htmlPage(w, "店", `<a href="/trap/">店の暦</a>`)
				case strings.HasPrefix(r.URL.Path, "/trap/x/"):
					http.NotFound(w, r)
				case strings.HasPrefix(r.URL.Path, "/trap/"):
					trap.answer(w, r)
				default:
					http.NotFound(w, r)
				}
			})
			site := mustCrawl(t, s.URL)
			if n := s.count("/trap/"); n > trap.most || n == 0 {
				t.Errorf("the trap cost %d requests, want 1 to %d", n, trap.most)
			} else {
				t.Logf("%d requests", n)
			}
			if name != "nesting" && len(site.Known) == 0 {
				t.Error("nothing is listed as known")
			}
			told := len(site.Skipped) > 0
			for _, k := range site.Known {
				told = told || k.Why.Message == whySame.Message || k.Why.Message == whyTrap.Message
			}
			if s.count("/trap/") > 3 && !told {
				t.Error("the trap is not reported")
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			htmlPage(w, "店", `<a href="/loop/a">一</a><a href="/long/0">二</a><a href="/away">三</a><a href="/self">四</a><a href="/acts">五</a><a href="/fine">六</a>`)
		case r.URL.Path == "/loop/a":
			http.Redirect(w, r, "/loop/b", http.StatusFound)
		case r.URL.Path == "/loop/b":
			http.Redirect(w, r, "/loop/a", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/long/"):
			n, _ := strconv.Atoi(r.URL.Path[len("/long/"):])
			http.Redirect(w, r, "/long/"+strconv.Itoa(n+1), http.StatusFound)
		case r.URL.Path == "/away":
			http.Redirect(w, r, "https://pay.example.jp/start", http.StatusFound)
		case r.URL.Path == "/self": // asks for a cookie first
			if _, err := r.Cookie("ok"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "ok", Value: "1", Path: "/"})
				http.Redirect(w, r, "/self", http.StatusFound)
				return
			}
			htmlPage(w, "四", "中身")
		case r.URL.Path == "/acts":
			http.Redirect(w, r, "/member/logout", http.StatusFound)
		case r.URL.Path == "/fine":
			http.Redirect(w, r, "/fine/", http.StatusMovedPermanently)
		case r.URL.Path == "/fine/":
			htmlPage(w, "六", "中身")
		default:
			http.NotFound(w, r)
		}
	})
	site := mustCrawl(t, s.URL)
	for prefix, most := range map[string]int{"/loop/": 4, "/long/": maxHops + 1, "/self": 2, "/member/": 0} {
		if n := s.count(prefix); n > most {
			t.Errorf("%s was asked for %d times, want at most %d", prefix, n, most)
		}
	}
	for _, m := range []check.Reason{skipLoop, skipHops} {
		if !skippedFor(site, m) {
			t.Errorf("not reported: %s", m.Message)
		}
	}
	read := map[string]bool{}
	for _, p := range site.Pages {
		read[p.URL.Path] = true
	}
	if !read["/self"] || !read["/fine/"] {
		t.Errorf("pages behind honest redirects were not read: %v", read)
	}
	away, acts := false, false
	for _, k := range site.Known {
		away = away || k.URL.Host == "pay.example.jp" && k.Why.Message == whyScope.Message
		acts = acts || k.URL.Path == "/member/logout" && k.Effect == page.Writes
	}
	if !away || !acts {
		t.Errorf("redirect out of the scope recorded: %v; to what acts: %v; want both", away, acts)
	}
	if len(site.Siblings) != 1 || site.Siblings[0].Host != "pay.example.jp" {
		t.Errorf("siblings %v, want pay.example.jp", site.Siblings)
	}
}

// However a run ends, what was seen so far is a site.
func TestEndsEarly(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		var b strings.Builder
		for i := range 20 {
			fmt.Fprintf(&b, `<a href="/p%s">%d</a>`, letters(i), i)
		}
		htmlPage(w, "店"+r.URL.Path, b.String())
	})
	t.Run("budget", func(t *testing.T) {
		t.Parallel()
		c := clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Passive, Budget: wire.Budget{Requests: 9}})
		site, err := crawlWith(t, c, s.URL+"/")
		if err != nil || len(site.Pages) == 0 || !skippedFor(site, whyBudget) || len(site.Known) == 0 {
			t.Errorf("err %v, %d pages, %d known, skipped %v", err, len(site.Pages), len(site.Known), site.Skipped)
		}
	})
	t.Run("stop", func(t *testing.T) {
		t.Parallel()
		c := clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Passive})
		site, err := crawlWith(t, c, s.URL+"/", func(cfg *Config) {
			cfg.Progress = func(p Progress) {
				if p.Pages == 4 {
					c.Stop("the owner said so")
				}
			}
		})
		if err != nil || len(site.Pages) < 4 || !skippedFor(site, whyStopped) || site.Crawl.Stopped == "" {
			t.Errorf("err %v, %d pages, stopped %q", err, len(site.Pages), site.Crawl.Stopped)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		u, err := url.Parse(s.URL + "/")
		if err != nil {
			t.Fatal(err)
		}
		site, err := Run(ctx, clientFor(t, &wire.Scope{Hosts: []string{s.URL}, Level: wire.Passive}), Config{Start: []*url.URL{u}, Progress: func(p Progress) {
			if p.Pages == 3 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || len(site.Pages) < 3 {
			t.Errorf("err %v, %d pages", err, len(site.Pages))
		}
	})
	t.Run("pages", func(t *testing.T) {
		t.Parallel()
		site := mustCrawl(t, s.URL, func(cfg *Config) { cfg.MaxPages = 5 })
		if len(site.Pages) != 5 || !skippedFor(site, skipPages) {
			t.Errorf("%d pages, want 5 and the limit reported", len(site.Pages))
		}
	})
}

// Dead links are not distress: a few in a row do not end the run.
func TestDeadLinks(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/z/last" {
			http.NotFound(w, r)
			return
		}
		htmlPage(w, "店", `<a href="/a">1</a><a href="/b/c">2</a><a href="/d/e/f">3</a><a href="/g">4</a><a href="/h">5</a><a href="/i">6</a><a href="/z/last">7</a>`)
	})
	site := mustCrawl(t, s.URL)
	if s.count("/z/last") != 1 || site.Crawl.Stopped != "" {
		t.Errorf("the last link was not reached: stopped %q", site.Crawl.Stopped)
	}
	if site.Crawl.Errors != 6 || site.Crawl.ConsecutiveErrors > 3 {
		t.Errorf("counted %d errors, %d in a row; want 6 and at most 3", site.Crawl.Errors, site.Crawl.ConsecutiveErrors)
	}
}

func TestBadStarts(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pdf":
			w.Header().Set("Content-Type", "application/pdf")
			fmt.Fprint(w, "%PDF-1.7 x")
		case "/basic":
			w.Header().Set("WWW-Authenticate", `Basic realm="準備中"`)
			w.WriteHeader(http.StatusUnauthorized)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/gone":
			http.NotFound(w, r)
		case "/empty":
			w.Header().Set("Content-Type", "text/html")
		case "/away":
			http.Redirect(w, r, "https://www.example.jp/", http.StatusMovedPermanently)
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /secret\n")
		default:
			http.NotFound(w, r)
		}
	})
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	plain := strings.Replace(secure.URL, "https:", "http:", 1)
	down := serve(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	closed := serve(t, nil)
	closed.Close()
	tls := strings.Replace(s.URL, "http:", "https:", 1)
	for start, want := range map[string]Problem{
		s.URL + "/pdf": NotAPage, s.URL + "/basic": Wall, s.URL + "/broken": ServerError, s.URL + "/gone": NotFound, s.URL + "/empty": Empty,
		s.URL + "/away": Elsewhere, s.URL + "/secret": NotAllowed, closed.URL + "/": Refused, plain + "/": WrongScheme, tls + "/": WrongScheme,
		"http://miseban.test/": NoHost, "ftp://shop.example/": BadAddress, "http://other.example/": NotAllowed,
	} {
		t.Run(string(want)+" "+start[strings.LastIndexByte(start, '/'):], func(t *testing.T) {
			t.Parallel()
			c := clientFor(t, &wire.Scope{Hosts: []string{s.URL, tls, plain, closed.URL, "http://miseban.test"}, Level: wire.Passive})
			site, err := crawlWith(t, c, start)
			var e *StartError
			if !errors.As(err, &e) || !errors.Is(err, ErrNothing) {
				t.Fatalf("%s: err %v, want a StartError", start, err)
			}
			if e.Problem != want {
				t.Errorf("%s: problem %s, want %s (%v)", start, e.Problem, want, err)
			}
			if e.Reason.Message == "" || strings.Contains(e.Reason.In("en"), "{") {
				t.Errorf("%s: reason %q", start, e.Reason.In("en"))
			}
			if site == nil || len(site.Skipped) == 0 {
				t.Errorf("%s: no partial site", start)
			}
			if want == Elsewhere && (e.To == nil || e.To.Host != "www.example.jp") {
				t.Errorf("redirect to %v", e.To)
			}
		})
	}
	t.Run("down", func(t *testing.T) {
		t.Parallel()
		_, err := crawlOf(t, down.URL)
		var e *StartError
		if !errors.As(err, &e) || e.Problem != ServerError || e.Status != http.StatusServiceUnavailable {
			t.Errorf("err %v, want a server error", err)
		}
	})
}
