package diagnose_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/checks/inject"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// suites are all of the catalogue, with those of injection.
var suites = func() []*check.Suite {
	if slices.Contains(checks.All, inject.Suite) {
		return checks.All
	}
	return append(slices.Clone(checks.All), inject.Suite)
}()

// checkNamed finds a check of suites; nil when there is none.
func checkNamed(name string) *check.Check {
	for _, s := range suites {
		for _, c := range s.Checks {
			if c.Name == name {
				return c
			}
		}
	}
	return nil
}

// provoking are the checks that send values on purpose at level active.
var provoking = func() []string {
	var names []string
	for _, c := range inject.Suite.Checks {
		if c.Level <= wire.Active {
			names = append(names, c.Name)
		}
	}
	return names
}()

// active is a diagnosis with everything on: every check, both test accounts.
type active struct {
	level wire.Level // wire.Active when 0
	only  []string
	acts  []string
	// leave are paths of the shop that the run has no need of.
	leave []string
	// mails is where the shop's mails to the test accounts arrive.
	mails *mailbox.Box
	// stops says that the run may end by a stop rule.
	stops bool
}

func (a active) try(t *testing.T, o testshop.Options) diagnosed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	shop, err := testshop.Serve(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	if a.level == 0 {
		a.level = wire.Active
	}
	journal := wire.NewMemory()
	scope := &wire.Scope{
		Hosts: []string{shop.URL(), shop.PlainURL()}, Exclude: a.leave, Level: a.level, Rate: wire.Rate{Unlimited: true},
		Accounts: accounts(), Consent: wire.Consent{Acts: a.acts},
	}
	if a.mails != nil {
		scope.Accounts[0].Mailbox = testshop.TestMember
	}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: journal, Roots: shop.Roots, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := &diagnose.Run{ID: "test", Shop: shop.URL() + "/", Started: now, Version: "test", Scope: scope, Only: a.only}
	site, err := diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Suites: suites, Intel: intel.Default(), Mails: a.mails, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if run.State != diagnose.Finished && !(a.stops && run.State == diagnose.Stopped) {
		t.Fatalf("run is %s: %s", run.State, run.Reason.In("en"))
	}
	return diagnosed{run, site, shop.Shop, journal.Entries(), shop.URL()}
}

// TestCleanShopActive: a careful shop with all its functions gets no finding of
// an active check either, and nothing is done to it.
func TestCleanShopActive(t *testing.T) {
	t.Parallel()
	d := active{}.try(t, testshop.Options{})
	for _, r := range d.run.Results {
		if r.Verdict == verdict.NotMet || r.Verdict == verdict.Undetermined && len(r.Findings) > 0 {
			t.Errorf("%s: %s", r.Check, describe(d.run, r.Check))
		}
		if strings.Contains(r.Reason.Message, "{error}") {
			t.Errorf("%s could not look: %s", r.Check, r.Reason.In("en"))
		}
	}
	harmless(t, d, 0)
	if n := d.shop.Requests().Total; n > 2500 {
		t.Errorf("%d requests for a small shop", n)
	}
}

// TestDisturbed: overload, resets, delays, random answers and a firewall that
// wakes up in the middle never become a finding. Where something is wrong, it
// is found in spite of them or said to be undetermined, but not called met.
func TestDisturbed(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	faulty := []string{"sql", "xss-reflected", "template-injection", "path-traversal", "open-redirect"}
	aside := []string{"/products/", "/magazine/", "/hidden/", "/trap/", "/sjis/", "/spa/", "/news", "/help/", "/shopping", "/mypage/", "/api/"}
	for _, kind := range testshop.Disturbances() {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s %d", kind, seed), func(t *testing.T) {
				t.Parallel()
				a := active{only: provoking, stops: true, leave: aside}
				clean := a.try(t, testshop.Options{Disturbance: kind, Seed: seed})
				if clean.shop.Disturbed() == 0 {
					t.Error("nothing was disturbed")
				}
				for _, r := range clean.run.Results {
					if r.Verdict == verdict.NotMet || len(r.Findings) > 0 {
						t.Errorf("careful shop: %s: %s", r.Check, describe(clean.run, r.Check))
					}
				}
				harmless(t, clean, 0)
				weak := a.try(t, testshop.Options{Disturbance: kind, Seed: seed, Faults: faulty})
				for _, r := range weak.run.Results {
					wrong := slices.Contains(faulty, r.Check)
					// Nobody can tell a polite page from an answer.
					tells := kind != testshop.Crowded && kind != testshop.Random
					if wrong && tells && r.Verdict == verdict.Met || !wrong && r.Verdict == verdict.NotMet {
						t.Errorf("weak shop: %s: %s", r.Check, describe(weak.run, r.Check))
					}
				}
				harmless(t, weak, 0)
			})
		}
	}
}
