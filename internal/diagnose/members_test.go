package diagnose_test

import (
	"context"
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

// accounts are the test shop's, as a scope file would give them.
func accounts() []wire.Account {
	return []wire.Account{
		{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword},
		{Name: "b", User: testshop.SecondMember, Password: testshop.SecondPassword},
	}
}

// tryAs is try at level active with both test accounts.
func tryAs(t *testing.T, o testshop.Options, l wire.Level, acts ...string) diagnosed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	shop, err := testshop.Serve(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	journal := wire.NewMemory()
	scope := &wire.Scope{Hosts: []string{shop.URL(), shop.PlainURL()}, Level: l, Rate: wire.Rate{Unlimited: true}, Accounts: accounts(), Consent: wire.Consent{Acts: acts}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: journal, Roots: shop.Roots, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := &diagnose.Run{ID: "test", Shop: shop.URL() + "/", Started: now, Version: "test", Scope: scope, Only: memberChecks}
	site, err := diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if run.State != diagnose.Finished {
		t.Fatalf("run is %s: %s", run.State, run.Reason.In("en"))
	}
	d := diagnosed{run, site, shop.Shop, journal.Entries(), shop.URL()}
	judgedAgain(t, d, journal, scope)
	return d
}

// judgedAgain judges the run from its record alone: every verdict stays, and
// nothing is asked.
func judgedAgain(t *testing.T, d diagnosed, journal *wire.Memory, scope *wire.Scope) {
	t.Helper()
	offline := *scope
	offline.Level = wire.Offline
	client, err := wire.NewClient(wire.Options{Scope: &offline, Journal: journal, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	asked := d.shop.Requests().Total
	run := &diagnose.Run{ID: "test", Shop: d.run.Shop, Started: now, Version: "test", Scope: &offline, Only: memberChecks}
	if _, err := diagnose.Do(t.Context(), diagnose.Config{Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Now: func() time.Time { return now }}); err != nil {
		t.Fatal(err)
	}
	for name, v := range verdicts(d.run) {
		if again := verdicts(run)[name]; again != v {
			t.Errorf("judged again: %s is %s, was %s: %s", name, again, v, describe(run, name))
		}
	}
	if n := d.shop.Requests().Total - asked; n > 0 {
		t.Errorf("judged again with %d requests", n)
	}
}

// memberChecks are those that see or ask more with an account.
var memberChecks = strings.Fields(`csrf-token cache-personal two-factor-offered password-policy cors-credentials cors-null
	session-renewed logout-invalidates logout-exists forced-browsing idor order-page-idor role-tampering user-enumeration lockout csrf-verified mass-assignment price-tampering quantity-tampering host-header-reset change-notified coupon-reuse points-tampering method-override`)

// TestSignedIn: with accounts the run sees what lies behind the sign-in and
// leaves the shop as it was.
func TestSignedIn(t *testing.T) {
	t.Parallel()
	d := tryAs(t, testshop.Options{}, wire.Active)
	a := d.site.As("a")
	if a == nil || d.site.As("b") == nil {
		t.Fatalf("signed in: %+v", d.run.Seen.Accounts)
	}
	var paths []string
	for _, p := range a.Pages {
		paths = append(paths, p.URL.Path)
	}
	for _, want := range []string{"/mypage/", "/mypage/history", "/mypage/history/C000998", "/mypage/change", "/mypage/password", "/mypage/favorite", "/mypage/delivery", "/mypage/security"} {
		if !slices.Contains(paths, want) {
			t.Errorf("not seen signed in: %s (%v)", want, paths)
		}
	}
	if len(paths) > 40 {
		t.Errorf("%d pages signed in: what visitors see was asked again: %v", len(paths), paths)
	}
	for _, x := range d.run.Seen.Accounts {
		if !x.SignedIn || x.Door == "" || x.Proof == "" || x.Cost.SignIns == 0 || len(x.Pages) == 0 {
			t.Errorf("%+v", x)
		}
	}
	harmless(t, d, 0)
}

// harmless says that nothing was done to the shop but signing in and out.
func harmless(t *testing.T, d diagnosed, lockouts int64) {
	t.Helper()
	h := d.shop.Harm()
	if n := h.Lockouts; n > lockouts {
		t.Errorf("%d lockouts", n)
	}
	h.Logins, h.Logouts, h.Lockouts = 0, 0, 0
	if h.Total() != 0 {
		t.Errorf("harm done: %+v", h)
	}
	if err := wire.VerifyLedger(d.ledger); err != nil {
		t.Error(err)
	}
}

// TestMemberFaults switches on each fault that only somebody with an account
// can see: its check finds it, no other verdict changes but those declared
// beside it, and nothing is done to the shop.
func TestMemberFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	clean := tryAs(t, testshop.Options{}, wire.Active, wire.ActLockout)
	harmless(t, clean, 1)
	before := verdicts(clean.run)
	for name, v := range before {
		if v == verdict.NotMet || v == verdict.Undetermined && len(clean.run.Result(name).Findings) > 0 {
			t.Errorf("careful shop: %s: %s", name, describe(clean.run, name))
		}
	}
	for _, f := range testshop.Faults() {
		c := checks.Catalogue(f.Check())
		if c == nil || c.Needs&check.Account == 0 && c.Needs&check.TwoAccounts == 0 && !slices.Contains(memberChecks, c.Name) || c.Level > wire.Active {
			continue
		}
		t.Run(strings.ReplaceAll(f.Name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			d := tryAs(t, testshop.Options{Faults: []string{f.Name}}, wire.Active, wire.ActLockout)
			if !seen(d.run.Result(f.Check()), before[f.Check()]) {
				t.Errorf("missed: %s", describe(d.run, f.Check()))
			}
			for name, v := range verdicts(d.run) {
				if v != before[name] && name != f.Check() && !slices.Contains(f.Also, name) {
					t.Errorf("%s changed from %s: %s", name, before[name], describe(d.run, name))
				}
			}
			harmless(t, d, 1)
		})
	}
}

// TestFullCareful: at level full a careful shop is met where it can be, nothing
// is ordered, sent or deleted, and the account is afterwards what it was.
func TestFullCareful(t *testing.T) {
	t.Parallel()
	d := tryAs(t, testshop.Options{}, wire.Full, wire.ActCart)
	for _, name := range []string{"csrf-token", "csrf-verified", "password-policy", "mass-assignment", "price-tampering", "quantity-tampering", "coupon-reuse", "points-tampering", "method-override"} {
		if v := verdicts(d.run)[name]; v != verdict.Met {
			t.Errorf("%s", name+": "+describe(d.run, name))
		}
	}
	for _, r := range d.run.Results {
		if r.Verdict == verdict.NotMet || len(r.Notes) > 0 && r.Notes[0].Kind == "left" {
			t.Errorf("%s: %s", r.Check, describe(d.run, r.Check))
		}
	}
	if h := d.shop.Harm(); h.Orders+h.Enquiries+h.Reviews+h.Withdrawals+h.Deletions+h.Mails+h.PasswordChanges+h.Uploads+h.Lockouts > 0 {
		t.Errorf("harm done: %+v", h)
	}
	for _, p := range d.site.As("a").Pages {
		if p.URL.Path == "/mypage/change" && !strings.Contains(p.Text, "静岡市清水区見本町4-5-6") {
			t.Error("the profile is not what it was")
		}
	}
}
