package exposure

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// diagnose crawls a demo shop and runs checks of the suite; it returns the
// results and how many requests the checks cost.
func diagnose(t *testing.T, o testshop.Options, only ...string) (map[string]check.Result, int) {
	t.Helper()
	o.HTTPS, o.Slow = true, time.Microsecond
	srv := httptest.NewServer(testshop.New(o))
	t.Cleanup(srv.Close)
	client, err := wire.NewClient(wire.Options{Version: "test", Run: "test",
		Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	start, _ := url.Parse(srv.URL + "/")
	site, err := crawl.Run(t.Context(), client, crawl.Config{Start: []*url.URL{start}, Intel: intel.Default(), Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	before := client.Stats().Requests
	runner := check.NewRunner(site, client, 0)
	out := map[string]check.Result{}
	for _, c := range Suite.Checks {
		if len(only) == 0 || slices.Contains(only, c.Name) {
			out[c.Name] = runner.Run(t.Context(), c)
		}
	}
	return out, client.Stats().Requests - before
}

func names() []string {
	var out []string
	for _, c := range Suite.Checks {
		out = append(out, c.Name)
	}
	return out
}

// TestFaults finds every fault of the suite in a demo shop that has them all.
func TestFaults(t *testing.T) {
	t.Parallel()
	var faults []string
	for _, f := range testshop.Faults() {
		if slices.Contains(names(), f.Check()) {
			faults = append(faults, f.Name)
		}
	}
	got, asked := diagnose(t, testshop.Options{Faults: faults})
	for _, name := range names() {
		if res := got[name]; len(res.Findings) == 0 {
			t.Errorf("%s: not found: %s %q %v", name, res.Verdict, res.Reason.Message, res.Reason.Args)
		}
	}
	if svn := got["vcs-exposed"].Findings; len(svn) != 2 {
		t.Errorf("vcs-exposed: %+v, want Git and Subversion", svn)
	}
	t.Logf("%d requests", asked)
}

// TestDecoys opens the clean shop, and the same with every decoy: nothing may
// be found in either but the remarks.
func TestDecoys(t *testing.T) {
	t.Parallel()
	for _, decoys := range [][]string{nil, testshop.DecoyNames()} {
		got, asked := diagnose(t, testshop.Options{Decoys: decoys})
		for name, res := range got {
			for _, f := range res.Findings {
				if f.Severity > check.Info {
					t.Errorf("decoys %v: %s reports %s (%s, %s)", decoys, name, f.Where, f.Case, f.Excerpt)
				}
			}
			if res.Verdict != verdict.Met && res.Verdict != verdict.NotApplicable {
				t.Errorf("decoys %v: %s is %s: %s %v", decoys, name, res.Verdict, res.Reason.Message, res.Reason.Args)
			}
		}
		t.Logf("decoys %d: %d requests", len(decoys), asked)
		if asked > 150 {
			t.Errorf("decoys %v: %d requests, want at most 150", decoys, asked)
		}
	}
}

// TestKnownPackage: where the software is known, fewer requests do.
func TestKnownPackage(t *testing.T) {
	t.Parallel()
	got, asked := diagnose(t, testshop.Options{Faults: []string{"package-identified"}})
	t.Logf("%d requests", asked)
	if asked > 90 {
		t.Errorf("%d requests, want at most 90", asked)
	}
	if v := got["xmlrpc"].Verdict; v != verdict.NotApplicable {
		t.Errorf("xmlrpc is %s, want not-applicable", v)
	}
}

// TestJudgedAgain: a stored run gives the same verdicts without a single
// request; the names that nobody has are the same, too.
func TestJudgedAgain(t *testing.T) {
	t.Parallel()
	o := testshop.WeakShop()
	o.HTTPS, o.Slow = true, time.Microsecond
	shop := testshop.New(o)
	srv := httptest.NewServer(shop)
	t.Cleanup(srv.Close)
	journal := wire.NewMemory()
	start, _ := url.Parse(srv.URL + "/")
	judge := func(level wire.Level) map[string]check.Result {
		client, err := wire.NewClient(wire.Options{Version: "test", Run: "test", Journal: journal,
			Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: level, Rate: wire.Rate{Unlimited: true}}})
		if err != nil {
			t.Fatal(err)
		}
		site, err := crawl.Run(t.Context(), client, crawl.Config{Start: []*url.URL{start}, Intel: intel.Default(), Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		runner, out := check.NewRunner(site, client, 0), map[string]check.Result{}
		for _, c := range Suite.Checks {
			out[c.Name] = runner.Run(t.Context(), c)
		}
		return out
	}
	first := judge(wire.Safe)
	asked := shop.Requests().Total
	for name, again := range judge(wire.Offline) {
		if was := first[name]; again.Verdict != was.Verdict || len(again.Findings) != len(was.Findings) {
			t.Errorf("%s: %s with %d findings, then %s with %d (%s %v)", name, was.Verdict, len(was.Findings), again.Verdict, len(again.Findings), again.Reason.Message, again.Reason.Args)
		}
	}
	if n := shop.Requests().Total - asked; n > 0 {
		t.Errorf("judging again sent %d requests", n)
	}
}

// TestTwoHosts: the folder of Git lies on the second host of the scope.
func TestTwoHosts(t *testing.T) {
	t.Parallel()
	serve := func(git bool) *httptest.Server {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			switch {
			case q.URL.Path == "/":
				fmt.Fprint(w, "<!DOCTYPE html><title>店</title><p>お茶</p>")
			case git && q.URL.Path == "/.git/HEAD":
				fmt.Fprint(w, "ref: refs/heads/main\n")
			default:
				http.NotFound(w, q)
			}
		}))
		t.Cleanup(srv.Close)
		return srv
	}
	a, b := serve(false), serve(true)
	other := strings.Replace(b.URL, "127.0.0.1", "localhost", 1)
	client, err := wire.NewClient(wire.Options{Version: "test", Run: "test",
		Scope: &wire.Scope{Hosts: []string{a.URL, other}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	var pages []*page.Page
	for _, s := range []string{a.URL, other} {
		u, _ := url.Parse(s + "/")
		ex, err := client.Do(t.Context(), &wire.Request{URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page.Parse(ex))
	}
	site := check.NewSite(pages[0].URL, pages, intel.Default(), time.Now())
	res := check.NewRunner(site, client, 0).Run(t.Context(), VCSExposed)
	if len(res.Findings) != 1 || res.Findings[0].Where != other+"/.git/HEAD" {
		t.Errorf("%s, findings %+v; want one at %s/.git/HEAD", res.Verdict, res.Findings, other)
	}
}

// TestShutOut: a shop that refuses everything from some point on hides nothing
// by it; a shop that refuses unknown names only does.
func TestShutOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		topToo bool
		want   verdict.Verdict
	}{{true, verdict.Undetermined}, {false, verdict.Met}} {
		asked := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if asked++; asked == 1 || q.URL.Path == "/" && !c.topToo {
				fmt.Fprint(w, "<!DOCTYPE html><title>店</title><p>お茶</p>")
				return
			}
			w.WriteHeader(http.StatusForbidden)
		}))
		t.Cleanup(srv.Close)
		client, err := wire.NewClient(wire.Options{Version: "test", Run: "test",
			Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}})
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(srv.URL + "/")
		ex, err := client.Do(t.Context(), &wire.Request{URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		site := check.NewSite(u, []*page.Page{page.Parse(ex)}, intel.Default(), time.Now())
		if res := check.NewRunner(site, client, 0).Run(t.Context(), EnvFile); res.Verdict != c.want {
			t.Errorf("top refused %v: %s, want %s (%s)", c.topToo, res.Verdict, c.want, res.Reason.Message)
		}
	}
}
