// Package crawltest holds the crawl-coverage suite: small sites, each of which
// hides one link in one way. The crawl runs it without a browser, the browser
// room with one.
package crawltest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/htmlindex"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Case is one site of the suite.
type Case struct {
	Name string
	What string // how the link hides
	// Target is the address that must be found.
	Target string `yaml:"target"`
	// Browser says that only a browser can be expected to find it.
	Browser bool `yaml:"browser"`
	// Found is how the target counts as found: "fetched" (default), "known"
	// (listed, because it must not be asked for) or "point" (a client-side route).
	Found string `yaml:"found"`
	// Trip are addresses that act; asking for one is a write.
	Trip []string `yaml:"trip"`

	answers map[string]answer
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// Render is what crawl.Config.Render wants.
type Render func(context.Context, *page.Page) (*page.Rendered, error)

// Score is what a run of the suite found.
type Score struct {
	Cases, Found, Writes int
	Missed               []string
}

// Share is the found share of all cases.
func (s Score) Share() float64 { return float64(s.Found) / float64(max(1, s.Cases)) }

// Run tries every case in dir and logs the score. browse makes what renders
// pages of the origins of all cases; nil without a browser.
func Run(t *testing.T, dir string, browse func(t testing.TB, origins []string) Render) Score {
	t.Helper()
	cases := Load(t, dir)
	shops := make([]*shop, len(cases))
	origins := make([]string, len(cases))
	for i, c := range cases {
		shops[i] = &shop{c: c, asked: map[string]bool{}}
		srv := httptest.NewServer(shops[i])
		t.Cleanup(srv.Close)
		shops[i].origin, origins[i] = srv.URL, srv.URL
	}
	var render Render
	if browse != nil {
		render = browse(t, origins)
	}
	var mu sync.Mutex
	s := Score{Cases: len(cases)}
	t.Run("cases", func(t *testing.T) {
		for i, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				found, writes := shops[i].try(t, render)
				mu.Lock()
				defer mu.Unlock()
				s.Writes += len(writes)
				for _, w := range writes {
					t.Errorf("asked for what acts: %s", w)
				}
				if found {
					s.Found++
				} else {
					s.Missed = append(s.Missed, c.Name)
					if render == nil && !c.Browser {
						t.Logf("not found: %s", c.Target)
					}
				}
			})
		}
	})
	slices.Sort(s.Missed)
	t.Logf("coverage: %d of %d found (%.0f %%), %d writes; missed: %s", s.Found, s.Cases, 100*s.Share(), s.Writes, strings.Join(s.Missed, " "))
	return s
}

// Load reads the cases of dir.
func Load(t testing.TB, dir string) []*Case {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", dir, err)
	}
	var out []*Case
	for _, f := range files {
		ar, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c := &Case{Name: strings.TrimSuffix(filepath.Base(f), ".txtar"), What: strings.TrimSpace(string(ar.Comment)), answers: map[string]answer{}}
		for _, file := range ar.Files {
			if file.Name == "case" {
				if err := yaml.Unmarshal(file.Data, c); err != nil {
					t.Fatalf("%s: %v", f, err)
				}
				continue
			}
			a, err := parseAnswer(file)
			if err != nil {
				t.Fatalf("%s: %s: %v", f, file.Name, err)
			}
			c.answers[file.Name] = a
		}
		if c.Target == "" || c.What == "" {
			t.Fatalf("%s: a case needs a first line and a target", f)
		}
		out = append(out, c)
	}
	return out
}

// parseAnswer reads one file: a status line, header lines, a blank line and
// the body, or the body alone for a 200.
func parseAnswer(f txtar.File) (answer, error) {
	a := answer{status: 200, header: http.Header{}, body: f.Data}
	first, _, _ := strings.Cut(string(f.Data), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 100 || n > 599 {
		a.header.Set("Content-Type", typeOf(f.Name, f.Data))
		return a, nil
	}
	a.status = n
	head, body, _ := strings.Cut(strings.TrimRight(string(f.Data), "\n")+"\n\n", "\n\n")
	a.body = []byte(body)
	for _, l := range strings.Split(head, "\n")[1:] {
		k, v, ok := strings.Cut(l, ":")
		if !ok {
			return a, fmt.Errorf("header line %q", l)
		}
		a.header.Add(strings.TrimSpace(k), strings.TrimSpace(v))
	}
	return a, nil
}

func typeOf(name string, body []byte) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript"
	case ".css":
		return "text/css"
	case ".xml":
		return "application/xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return "text/html; charset=utf-8"
	}
	return "application/octet-stream"
}

// trips stand on every HTML page of the suite: whoever asks for one of them
// would have changed something.
const trips = `<nav><a href="/trip/logout">ログアウト</a> <a href="/trip/cart/add?product_id=1">カートに入れる</a> <a href="/trip/item?mode=delete">削除</a>` +
	`<form method="post" action="/trip/order"><button>注文を確定する</button></form>` +
	`<form action="/trip/withdraw"><button>退会する</button></form>` +
	`<button onclick="fetch('/trip/review',{method:'POST'})">投稿</button></nav>`

// shop serves a case and remembers what was asked for.
type shop struct {
	c      *Case
	origin string
	mu     sync.Mutex
	asked  map[string]bool
	writes []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.RequestURI()], s.asked[r.URL.Path] = true, true
	if r.Method != http.MethodGet && r.Method != http.MethodHead || strings.HasPrefix(r.URL.Path, "/trip/") ||
		slices.Contains(s.c.Trip, r.URL.Path) || slices.Contains(s.c.Trip, r.URL.RequestURI()) {
		s.writes = append(s.writes, r.Method+" "+r.URL.RequestURI())
	}
	s.mu.Unlock()
	a, ok := s.c.answers[r.URL.RequestURI()]
	if !ok {
		a, ok = s.c.answers[r.URL.Path]
	}
	switch {
	case ok:
	case r.URL.Path == s.c.Target:
		a = answer{status: 200, header: http.Header{"Content-Type": {typeOf(r.URL.Path, []byte("<"))}}, body: []byte("<!DOCTYPE html><title>棚</title><p>見つかりました。</p>")}
	default:
		http.NotFound(w, r)
		return
	}
	body := bytes.ReplaceAll(a.body, []byte("{{origin}}"), []byte(s.origin))
	if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		body = bytes.Replace(body, []byte("</body>"), []byte(trips+"</body>"), 1)
	}
	if name := a.header.Get("X-Test-Encode"); name != "" {
		enc, err := htmlindex.Get(name)
		if err == nil {
			body, err = enc.NewEncoder().Bytes(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
	}
	if a.header.Get("X-Test-Gzip") != "" {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // writes to memory
		_ = z.Close()
		body = b.Bytes()
	}
	for k, vs := range a.header {
		if !strings.HasPrefix(k, "X-Test-") {
			w.Header()[k] = vs
		}
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the visitor may have gone
}

// try crawls the case's site.
func (s *shop) try(t *testing.T, render Render) (found bool, writes []string) {
	t.Helper()
	client, err := wire.NewClient(wire.Options{
		Scope:   &wire.Scope{Hosts: []string{s.origin}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}},
		Version: "test", Run: "coverage",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	start, err := url.Parse(s.origin + "/")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	site, err := crawl.Run(ctx, client, crawl.Config{Start: []*url.URL{start}, Now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Render: render})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.c.Found {
	case "known":
		found = slices.ContainsFunc(site.Known, func(k check.Known) bool { return k.URL.Path == s.c.Target })
	case "point":
		found = slices.ContainsFunc(site.Points, func(p check.Point) bool { return p.Where == "fragment" && p.Name == s.c.Target })
	default:
		found = s.asked[s.c.Target]
	}
	return found, s.writes
}
