package inject

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// hostShop is one page that builds its links from what base says; with a cache
// it keeps answers by address alone.
type hostShop struct {
	base  func(r *http.Request) string
	cache bool
	hint  string // Cache-Control

	mu   sync.Mutex
	kept map[string]string
}

func (s *hostShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if s.hint != "" {
		w.Header().Set("Cache-Control", s.hint)
	}
	if body, ok := s.kept[r.URL.String()]; ok && s.cache {
		fmt.Fprint(w, body)
		return
	}
	body := head + `<link rel="canonical" href="http://` + html.EscapeString(s.base(r)) + `/"><p>ようこそ ` + html.EscapeString(r.Header.Get("X-Forwarded-Server")) + `</p>` + foot
	if s.kept == nil {
		s.kept = map[string]string{}
	}
	s.kept[r.URL.String()] = body
	fmt.Fprint(w, body)
}

func TestHostHeader(t *testing.T) {
	t.Parallel()
	by := func(header string) func(*http.Request) string {
		return func(r *http.Request) string {
			if v := r.Header.Get(header); v != "" {
				return v
			}
			return "shop.test"
		}
	}
	fixed := func(*http.Request) string { return "shop.test" }
	own := func(r *http.Request) string { return r.Host }
	for _, c := range []struct {
		name       string
		shop       *hostShop
		host, keep []string
	}{
		{"fixed", &hostShop{base: fixed}, nil, nil},
		{"fixed behind a cache", &hostShop{base: fixed, cache: true, hint: "public, max-age=60"}, nil, nil},
		{"Host", &hostShop{base: own}, []string{"/ Host"}, nil},
		{"X-Forwarded-Host", &hostShop{base: by("X-Forwarded-Host")}, []string{"/ X-Forwarded-Host forwarded"}, nil},
		{"X-Host", &hostShop{base: by("X-Host")}, []string{"/ X-Host forwarded"}, nil},
		{"kept by a cache", &hostShop{base: by("X-Forwarded-Host"), cache: true}, []string{"/ X-Forwarded-Host forwarded"}, []string{"/"}},
		{"may be kept", &hostShop{base: by("X-Forwarded-Host"), hint: "public, max-age=60"}, []string{"/ X-Forwarded-Host forwarded"}, []string{"/  cacheable"}},
		{"must not be kept", &hostShop{base: by("X-Forwarded-Host"), hint: "no-store"}, []string{"/ X-Forwarded-Host forwarded"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, c.shop)
			_, got := tr.run(HostHeader)
			tr.sameList("host-header", got, c.host)
			_, got = tr.run(CachePoisoning)
			tr.sameList("cache-poisoning-hint", got, c.keep)
			if n := tr.asked.Load(); n > 12 {
				t.Errorf("%d requests", n)
			}
		})
	}
	tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "http://"+r.Host+"/new", http.StatusMovedPermanently)
			return
		}
		out(w, "<p>x</p>")
	}), "/old")
	_, got := tr.run(HostHeader)
	tr.sameList("host-header", got, []string{"/old Host"})
}

// Addresses are built in more places than links; a name that is only printed,
// or handed on as data, leads nowhere.
func TestLeadsTo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, body, at string
	}{
		{"Refresh: 0; url=http://shop.invalid/a", "<p>x</p>", "Refresh"},
		{"Link: <http://shop.invalid/a.css>; rel=preload", "<p>x</p>", "Link"},
		{"", `<meta http-equiv="refresh" content="0;url=//shop.invalid/">`, "<meta refresh>"},
		{"", `<script>location.href = "http://shop.invalid/a";</script>`, "<script>"},
		{"", `<script type="application/ld+json">{"url": "https:\/\/shop.invalid\/a"}</script>`, "<script>"},
		{"", `<div data-api="http://shop.invalid/api">x</div>`, "<div data-api>"},
		{"", `<form action="//shop.invalid/search"></form>`, "<form action>"},
		{"", `<p>http://shop.invalid/ として表示しています。</p>`, ""},
		{"", `<script>var host = "shop.invalid", log = "http://shop.invalid.example/";</script>`, ""},
		{"", `<a href="/guide?host=shop.invalid">x</a><div data-host="shop.invalid"></div>`, ""},
	} {
		tr := newTrial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if k, v, ok := strings.Cut(tt.header, ": "); ok {
				w.Header().Set(k, v)
			}
			out(w, tt.body)
		}))
		if at := leadsTo(tr.site.Pages[0], "shop.invalid"); at != tt.at {
			t.Errorf("%s%s: at %q, not %q", tt.header, tt.body, at, tt.at)
		}
	}
}
