package robust

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

// diagnose crawls a demo shop and runs the suite.
func diagnose(t *testing.T, o testshop.Options) map[string]check.Result {
	t.Helper()
	o.HTTPS = true
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
	out := map[string]check.Result{}
	for _, c := range Suite.Checks {
		out[c.Name] = check.NewRunner(site, client, 0).Run(t.Context(), c)
	}
	if n := client.Stats().Requests - before; n > 10 {
		t.Errorf("the suite cost %d requests", n)
	}
	return out
}

// TestShop finds the faults of the demo shop, and none in a clean one.
func TestShop(t *testing.T) {
	t.Parallel()
	quiet := []string{"crawler-tolerance", "waf-present"} // need a serial crawl; say that nothing shows
	for _, o := range []testshop.Options{{}, {Decoys: testshop.DecoyNames()}} {
		for name, res := range diagnose(t, o) {
			if len(res.Findings) > 0 || res.Verdict != verdict.Met && !slices.Contains(quiet, name) {
				t.Errorf("decoys %d: %s is %s: %s %v %+v", len(o.Decoys), name, res.Verdict, res.Reason.Message, res.Reason.Args, res.Findings)
			}
		}
	}
	faults := []string{"unstable-answers", "broken-links-to-own-assets", "privacy-policy", "tokushoho-page", "waf-present"}
	got := diagnose(t, testshop.Options{Faults: faults})
	for _, name := range faults {
		if res := got[name]; len(res.Findings)+len(res.Notes) == 0 {
			t.Errorf("%s: not found: %s %q %v", name, res.Verdict, res.Reason.Message, res.Reason.Args)
		}
	}
}
