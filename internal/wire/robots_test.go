package wire

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"io"
)

func TestRobots(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, txt string
		status    int
		allowed   []string
		denied    []string
	}{
		{"plain", "User-agent: *\nDisallow: /private\nAllow: /private/ok\n", 200, []string{"/", "/private/ok"}, []string{"/private", "/private/x?y"}},
		{"by name", "User-agent: *\nDisallow: /\n\nUser-agent: Miseban\nDisallow: /only\n", 200, []string{"/", "/x"}, []string{"/only"}},
		{"query", "User-agent: *\nDisallow: /*?sort=\n", 200, []string{"/list"}, []string{"/list?sort=price"}},
		{"missing", "", 404, []string{"/"}, nil},
		{"forbidden", "", 403, []string{"/"}, nil},
		{"broken server", "", 500, nil, []string{"/"}},
		{"soft 404", "<html><body>User-agent: *\nDisallow: /</body></html>", 200, []string{"/"}, nil},
		{"stray lines", "\xef\xbb\xbfUser-agent: *\r\nFoo\r\nCrawl-delay: x\r\nSitemap: /s.xml\r\nDisallow: /a # b\r\n", 200, []string{"/"}, []string{"/a"}},
		{"empty", "", 200, []string{"/"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var fetched atomic.Int32
			s := site(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					fetched.Add(1)
					w.WriteHeader(tc.status)
					fmt.Fprint(w, tc.txt)
				}
			})
			j := NewMemory()
			c := client(t, s.URL, func(o *Options) { o.Journal = j })
			free := client(t, s.URL, func(o *Options) { o.Journal, o.Scope.IgnoreRobots = j, true })
			ask := func(c *Client, p string) error {
				r := get(t, s.URL+p)
				r.Robots = true
				_, err := c.Do(t.Context(), r)
				return err
			}
			for _, p := range tc.allowed {
				if err := ask(c, p); err != nil {
					t.Errorf("%s: %v", p, err)
				}
			}
			for _, p := range tc.denied {
				wantErr(t, ask(c, p), ErrRobots)
				must(t, c, get(t, s.URL+p)) // not a crawl request
			}
			if fetched.Load() != 1 {
				t.Errorf("robots.txt fetched %d times", fetched.Load())
			}
			for _, p := range tc.denied {
				if err := ask(free, p+"#2"); err != nil {
					t.Errorf("with consent %s: %v", p, err)
				}
			}
		})
	}
}

// A consented deviation stands in the ledger.
func TestRobotsDeviation(t *testing.T) {
	t.Parallel()
	s := site(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "User-agent: *\nDisallow: /\n") })
	j := NewMemory()
	c := client(t, s.URL, func(o *Options) { o.Journal, o.Scope.IgnoreRobots = j, true })
	r := get(t, s.URL+"/x")
	r.Robots = true
	must(t, c, r)
	e := j.Entries()
	if last := e[len(e)-1]; !strings.Contains(last.Note, "robots.txt disallows") {
		t.Errorf("ledger says %+v", last)
	}
}

func TestCrawlDelay(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"3": 3 * time.Second, "3600": maxCrawlDelay} {
		synctest.Test(t, func(t *testing.T) {
			var p pages
			c := client(t, "http://127.0.0.1")
			piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
				body := "User-agent: *\nCrawl-delay: " + value + "\n"
				if r.URL.Path != "/robots.txt" {
					p.note(r)
				}
				fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				return true
			}))
			for i := range 3 {
				r := get(t, fmt.Sprintf("http://127.0.0.1/%d", i))
				r.Robots = true
				must(t, c, r)
			}
			if d := p.at[2].Sub(p.at[1]); d < want || d > want+time.Second {
				t.Errorf("crawl-delay %s: %s between two requests", value, d)
			}
			over(c)
		})
	}
}

// robotWords are the words by which Zen Cart's spiders.txt and OpenCart's
// robot list know agents from which they hide sessions.
var robotWords = []string{"bot", "crawl", "spider", "curl", "wget", "slurp", "scan", "agent", "archiver", "check", "fetch", "grab", "harvest", "index",
	"java/", "libwww", "link", "monitor", "perl", "php", "python", "ruby", "robot", "seek", "validator", "yahoo", "google", "bing", "baidu", "naver", "ask", "go-http", "http_", "nikto", "nutch", "request", "search", "site", "snoop", "headless"}

func TestIdentification(t *testing.T) {
	t.Parallel()
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer s.Close()
	c := client(t, s.URL, func(o *Options) {
		o.InfoURL, o.Run, o.Version = "https://miseban.test/about", "7f3a", "0.1.0"
		o.Scope.Authority = Authority{Person: "山田", Organisation: "見本", Contact: "山田 <yamada@shop.example>"}
	})
	r := get(t, s.URL)
	r.Header = http.Header{"user-agent": {"evil"}, "X-MISEBAN": {"somebody else"}, "From": {"other@x.test"}, "X-Extra": {"a\r\nInjected: b"}}
	must(t, c, r)
	if got.Get("User-Agent") != "evil Miseban/0.1.0" || got.Get("X-Miseban") != "https://miseban.test/about; run=7f3a" || len(got["X-Miseban"]) != 1 || got.Get("From") != "yamada@shop.example" {
		t.Errorf("identification was changed: %v", got)
	}
	if got.Get("Injected") != "" {
		t.Error("a header line was injected")
	}
	must(t, c, get(t, s.URL+"/2"))
	agent := got.Get("User-Agent")
	if !strings.HasPrefix(agent, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/") || !strings.HasSuffix(agent, " Safari/537.36 Miseban/0.1.0") {
		t.Errorf("User-Agent %q", agent)
	}
	for _, w := range robotWords {
		if strings.Contains(strings.ToLower(agent), w) {
			t.Errorf("User-Agent %q holds %q", agent, w)
		}
	}
	if got.Get("Accept-Encoding") != "gzip, br, zstd" {
		t.Errorf("Accept-Encoding %q", got.Get("Accept-Encoding"))
	}
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /*a*b$\nCrawl-delay: 1e300\n"), "/x")
	f.Fuzz(func(t *testing.T, b []byte, p string) {
		g, d := readRobots(b)
		if d < 0 || d > maxCrawlDelay {
			t.Fatalf("delay %s", d)
		}
		if g != nil {
			g.Test(pathAndQuery(&url.URL{Path: p}))
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Fri, 31 Dec 1999 23:59:59 GMT")
	f.Fuzz(func(t *testing.T, v string) {
		if d, ok := retryAfter(v, time.Unix(0, 0)); ok && d < 0 {
			t.Fatalf("%q: %s", v, d)
		}
	})
}
