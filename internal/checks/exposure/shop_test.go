package exposure

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/intel"
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
