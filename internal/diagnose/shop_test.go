package diagnose_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// now is when the tests judge: within 30 days of the embedded bundle.
var now = intel.Default().Issued.Add(24 * time.Hour)

// diagnosed is one diagnosis of a shop with the given options, without a browser.
type diagnosed struct {
	run    *diagnose.Run
	site   *check.Site
	shop   *testshop.Shop
	ledger []wire.Entry
	url    string
}

func try(t *testing.T, o testshop.Options, earlier *check.Site) diagnosed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shop, err := testshop.Serve(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	journal := wire.NewMemory()
	scope := &wire.Scope{Hosts: []string{shop.URL(), shop.PlainURL()}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: journal, Roots: shop.Roots, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := &diagnose.Run{ID: "test", Shop: shop.URL() + "/", Started: now, Version: "test", Scope: scope}
	site, err := diagnose.Do(ctx, diagnose.Config{
		Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Earlier: earlier, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if run.State != diagnose.Finished {
		t.Fatalf("run is %s: %s", run.State, run.Reason.In("en"))
	}
	return diagnosed{run, site, shop.Shop, journal.Entries(), shop.URL()}
}

func verdicts(r *diagnose.Run) map[string]verdict.Verdict {
	out := map[string]verdict.Verdict{}
	for _, x := range r.Results {
		out[x.Check] = x.Verdict
	}
	return out
}

// describe says in a line what a check found, for failures.
func describe(r *diagnose.Run, name string) string {
	res := r.Result(name)
	if res == nil {
		return "no result"
	}
	s := fmt.Sprintf("%s (examined %d) %s", res.Verdict, res.Examined, res.Reason.In("en"))
	for _, f := range res.Findings {
		s += fmt.Sprintf("\n      %s [%s] %s %s %v", f.Where, f.Case, f.Severity, f.Confidence, f.Args)
	}
	return s
}

// TestCleanShop: a careful shop gets no finding above info, and no check errs.
func TestCleanShop(t *testing.T) {
	t.Parallel()
	d := try(t, testshop.Options{}, nil)
	for _, r := range d.run.Results {
		if r.Verdict == verdict.NotMet || r.Verdict == verdict.Undetermined && len(r.Findings) > 0 {
			t.Errorf("%s: %s", r.Check, describe(d.run, r.Check))
		}
		if strings.Contains(r.Reason.Message, "{error}") {
			t.Errorf("%s could not look: %s", r.Check, r.Reason.In("en"))
		}
	}
	if h := d.shop.Harm(); h.Total() != 0 {
		t.Errorf("harm done: %+v", h)
	}
	if err := wire.VerifyLedger(d.ledger); err != nil {
		t.Error(err)
	}
	met := 0
	for _, v := range verdicts(d.run) {
		if v == verdict.Met {
			met++
		}
	}
	if met < 50 {
		t.Errorf("only %d checks could say met on a careful shop", met)
	}
}

// TestEachFault switches each fault on by itself: the check it is named after
// finds it, and no verdict changes but those declared beside the fault.
func TestEachFault(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	clean := try(t, testshop.Options{}, nil)
	before := verdicts(clean.run)
	for _, f := range testshop.Faults() {
		if strings.HasPrefix(f.Name, "crawler-tolerance") {
			continue // ends the run by its stop rule; TestStopRule
		}
		if c := checks.Catalogue(f.Check()); c == nil || c.Level > wire.Safe || c.Needs&(check.Account|check.TwoAccounts) != 0 {
			continue // TestEachFaultActive, TestFull, TestMemberFaults
		}
		t.Run(strings.ReplaceAll(f.Name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			var earlier *check.Site
			if f.Check() == "change-since-last" {
				earlier = clean.site
			}
			d := try(t, testshop.Options{Faults: []string{f.Name}}, earlier)
			if !seen(d.run.Result(f.Check()), before[f.Check()]) {
				t.Errorf("missed: %s", describe(d.run, f.Check()))
			}
			for name, v := range verdicts(d.run) {
				if v != before[name] && name != f.Check() && !slices.Contains(f.Also, name) {
					t.Errorf("%s changed from %s: %s", name, before[name], describe(d.run, name))
				}
			}
			if h := d.shop.Harm(); h.Total() != 0 {
				t.Errorf("harm done: %+v", h)
			}
		})
	}
}

// seen says whether a check noticed a fault: a finding, or another verdict or
// fact for checks that only tell facts.
func seen(r *check.Result, before verdict.Verdict) bool {
	return r != nil && (len(r.Findings) > 0 || r.Verdict != before || len(r.Notes) > 0 && checks.Catalogue(r.Check).Severity == check.Info)
}

// TestDecoys: what only looks like a fault is not found; values are sent on
// purpose where the decoy is for those who do.
func TestDecoys(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	before := verdicts(try(t, testshop.Options{}, nil).run)
	for _, x := range testshop.Decoys() {
		t.Run(strings.ReplaceAll(x.Name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			o := testshop.Options{Decoys: []string{x.Name}}
			var d diagnosed
			if slices.ContainsFunc(x.Checks, func(name string) bool { return slices.Contains(provoking, name) }) {
				d = active{only: provoking}.try(t, o)
				harmless(t, d, 0)
			} else {
				d = try(t, o, nil)
			}
			for name, v := range verdicts(d.run) {
				if v == verdict.NotMet && v != before[name] || v == verdict.Undetermined && len(d.run.Result(name).Findings) > 0 && before[name] != v {
					t.Errorf("%s changed from %s: %s", name, before[name], describe(d.run, name))
				}
			}
		})
	}
}

// TestHarmless: with every fault of the demo on, nothing in the shop changes,
// and nothing leaves but to the scope and to what its pages load.
func TestHarmless(t *testing.T) {
	t.Parallel()
	d := try(t, testshop.WeakShop(), nil)
	if h := d.shop.Harm(); h.Total() != 0 {
		t.Errorf("harm done: %+v", h)
	}
	for _, e := range d.ledger {
		if e.State != wire.Sent {
			continue
		}
		if e.Addr != "" && !strings.HasPrefix(e.Addr, "127.0.0.") && !strings.HasPrefix(e.Addr, "[::1]") {
			t.Errorf("left for %s: %+v", e.Addr, e)
		}
		if e.Kind == wire.KindHTTP && e.Method != "GET" && e.Method != "HEAD" && e.Method != "OPTIONS" && e.Method != "TRACE" {
			t.Errorf("method %s: %+v", e.Method, e)
		}
	}
	for k := range d.shop.Requests().By {
		if strings.Contains(k.UserAgent, "bot") {
			t.Errorf("user agent %q", k.UserAgent)
		}
	}
	found := slices.Sorted(maps.Keys(d.run.Findings()))
	if len(found) == 0 {
		t.Error("the weak shop has no finding")
	}
}

// TestStopRule: a shop that keeps failing ends the run by IPA's rule, and the
// run says so instead of calling what it did not see met.
func TestStopRule(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shop, err := testshop.Serve(ctx, testshop.Options{Faults: []string{"crawler-tolerance"}})
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	scope := &wire.Scope{Hosts: []string{shop.URL(), shop.PlainURL()}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Roots: shop.Roots, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := &diagnose.Run{ID: "test", Shop: shop.URL() + "/", Scope: scope}
	if _, err := diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	if run.State != diagnose.Stopped || run.Reason.Message == "" {
		t.Errorf("run is %s (%s)", run.State, run.Reason.In("en"))
	}
	if n := shop.Shop.Requests().Total; n > 200 {
		t.Errorf("%d requests to a shop that fails one in five", n)
	}
}
