package inject

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// trial is a shop with one handler a path, and what the crawl knows of it.
type trial struct {
	t      *testing.T
	srv    *httptest.Server
	client *wire.Client
	site   *check.Site
	asked  atomic.Int64
	runner *check.Runner
	try    func(context.Context, *page.Trial) (*page.Trialled, error)
}

// newTrial starts h at 127.0.0.1 and crawls start, which must link to everything.
func newTrial(t *testing.T, h http.Handler, paths ...string) *trial {
	t.Helper()
	return newTrialAt(t, wire.Active, h, paths...)
}

// newTrialAt is newTrial for another level.
func newTrialAt(t *testing.T, level wire.Level, h http.Handler, paths ...string) *trial {
	t.Helper()
	tr := &trial{t: t}
	tr.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tr.asked.Add(1)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(tr.srv.Close)
	var err error
	tr.client, err = wire.NewClient(wire.Options{Version: "test", Run: "test", Scope: &wire.Scope{Hosts: []string{tr.srv.URL}, Level: level, Rate: wire.Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.client.Close)
	start, _ := url.Parse(tr.srv.URL + "/")
	var pages []*page.Page
	for _, p := range append([]string{"/"}, paths...) {
		u, err := url.Parse(tr.srv.URL + p)
		if err != nil {
			t.Fatal(err)
		}
		ex, err := tr.client.Do(t.Context(), &wire.Request{Method: "GET", URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page.Parse(ex))
	}
	tr.site = check.NewSite(start, pages, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	for _, pg := range pages {
		for name := range pg.Ex.URL.Query() {
			tr.site.Points = append(tr.site.Points, check.Point{Where: "query", Name: name, Method: "GET", URL: pg.Ex.URL, Sample: pg.Ex.URL.Query().Get(name), Handler: pg.URL.Path, Exchange: pg.Ex.ID})
		}
	}
	tr.asked.Store(0)
	return tr
}

// run runs c and says where it found something: "path parameter case".
func (tr *trial) run(c *check.Check) (check.Result, []string) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(tr.t.Context(), 3*time.Minute)
	defer cancel()
	if tr.runner == nil { // checks share what they learned
		tr.runner = check.NewRunner(tr.site, tr.client, check.Browser).WithBrowser(tr.try)
	}
	res := tr.runner.Run(ctx, c)
	var got []string
	texts, err := Suite.LoadText(c)
	if err != nil {
		tr.t.Fatal(err)
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Where, f.Parameter, f.Case)))
		for l, text := range texts {
			if _, ok := text.Seen[f.Case]; !ok {
				tr.t.Errorf("%s: no %s text for case %q", c.Name, l, f.Case)
			}
			if left := check.Placeholders(text.Describe(f, l)); len(left) > 0 {
				tr.t.Errorf("%s: %s text leaves %v: %s", c.Name, l, left, text.Describe(f, l))
			}
		}
		if f.Severity != check.Info && (f.Proof == nil || f.Proof.Words.In(i18n.JA) == "" || f.Proof.Words.In(i18n.EN) == "" || len(f.Proof.Steps) == 0) {
			tr.t.Errorf("%s: %s has no proof: %+v", c.Name, f.Where, f.Proof)
		}
	}
	for _, n := range res.Notes {
		if n.Kind == "unsettled" {
			tr.t.Logf("%s: %s %v not judged: %s %v", c.Name, n.Where, n.Args, n.Words["why"].EN, res.Reason)
		}
	}
	slices.Sort(got)
	return res, got
}

// sameList compares what was found with what should be.
func (tr *trial) sameList(what string, got, want []string) {
	tr.t.Helper()
	slices.Sort(want)
	for _, w := range want {
		if !slices.Contains(got, w) {
			tr.t.Errorf("%s: missed %s", what, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			tr.t.Errorf("%s: false alarm %s", what, g)
		}
	}
}
