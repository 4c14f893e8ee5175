package diagnose_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/mailbox"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// everything is a shop in which all that can be misused by who is careless is
// open: forms without tokens, links that act, and each fault of injection.
func everything() testshop.Options {
	o := testshop.WeakShop()
	o.Faults = append(o.Faults, "sql", "sql/history", "xss-reflected/attribute", "xss-reflected/error", "xss-stored", "template-injection",
		"path-traversal", "open-redirect", "open-redirect/login", "host-header", "role-tampering", "idor", "order-page-idor", "price-tampering", "quantity-tampering")
	return o
}

// kept compares what customers left with the shop before and after a run.
func kept(t *testing.T, d diagnosed, before []string) {
	t.Helper()
	after := d.shop.Records()
	for _, r := range before {
		if !slices.Contains(after, r) {
			t.Errorf("changed or gone: %s", r)
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) {
			t.Errorf("left behind: %s", r)
		}
	}
}

// listed is kept for level full: what the shop does not let its customers take
// back may stay when the run lists it, word for word.
func listed(t *testing.T, d diagnosed, before []string) {
	t.Helper()
	var created []string
	for _, r := range d.run.Results {
		for _, n := range r.Notes {
			if n.Kind == "created" && n.Args["removed"] == "" {
				created = append(created, fmt.Sprintf("%q", n.Args["value"]))
			}
		}
	}
	after := d.shop.Records()
	for _, r := range before {
		if !slices.Contains(after, r) {
			t.Errorf("not put back: %s", r)
		}
	}
	for _, r := range after {
		if !slices.Contains(before, r) && !slices.ContainsFunc(created, func(c string) bool { return strings.HasPrefix(r, "review") && strings.Contains(r, c) }) {
			t.Errorf("left behind and not listed: %s", r)
		}
	}
}

// TestHarmlessActive: with every value sent on purpose, two test accounts and a
// shop that resists nothing, no order, enquiry, registration, review,
// withdrawal, deletion, change of password or mail comes of it; the test
// account is locked out once at most, and only where the consent names that.
func TestHarmlessActive(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	for _, tc := range []struct {
		name     string
		acts     []string
		lockouts int64
	}{{"no act agreed", nil, 0}, {"lockout agreed", []string{wire.ActLockout}, 1}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := testshop.New(testshop.Options{}).Records()
			d := active{acts: tc.acts}.try(t, everything())
			harmless(t, d, tc.lockouts)
			kept(t, d, before)
			if n := d.shop.Carts(); n > 0 {
				t.Errorf("%d items in carts", n)
			}
			if m := d.shop.Mailed(); len(m) > 0 {
				t.Errorf("mails to %v", m)
			}
			for _, e := range d.ledger {
				if e.State == wire.Sent && e.Kind == wire.KindHTTP && e.Method == "POST" && e.Purpose != wire.SignIn && e.Purpose != wire.Guess && e.Purpose != wire.Lockout && e.Purpose != wire.SignOut {
					t.Errorf("sent: %s %s for %s (%s)", e.Method, e.Target, e.Check, e.Why)
				}
			}
			if len(d.run.Findings()) == 0 {
				t.Error("the shop that resists nothing has no finding")
			}
		})
	}
}

// TestFull: at level full on a staging shop the test account's own data are
// changed and put back, whatever else is created is listed, mails go to the
// consented address only, and nothing is ordered.
func TestFull(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	for _, tc := range []struct {
		name   string
		shop   testshop.Options
		faults []string
	}{
		{"careful", testshop.Options{}, nil},
		{"weak", everything(), nil},
		{"at level full only", testshop.Options{}, []string{"csrf-verified", "price-tampering", "quantity-tampering", "host-header-reset", "change-notified", "xss-stored", "coupon-reuse", "points-tampering", "method-override"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			box, err := mailbox.Listen(ctx, "127.0.0.1:0", testshop.TestMember)
			if err != nil {
				t.Fatal(err)
			}
			defer box.Close()
			o := tc.shop
			o.Faults, o.SMTP = append(slices.Clone(o.Faults), tc.faults...), box.Addr()
			before := testshop.New(testshop.Options{}).Records()
			d := active{level: wire.Full, acts: []string{wire.ActCart, wire.ActLockout, wire.ActMail}, mails: box}.try(t, o)
			listed(t, d, before)
			h := d.shop.Harm()
			if h.Orders+h.Withdrawals > 0 {
				t.Errorf("harm done: %+v", h)
			}
			if h.Reviews != 1 || h.ReviewRemovals != 1 {
				t.Errorf("%d reviews posted, %d taken back", h.Reviews, h.ReviewRemovals)
			}
			if h.Lockouts > 1 || h.PasswordChanges%2 != 0 {
				t.Errorf("not put back: %+v", h)
			}
			for _, to := range d.shop.Mailed() {
				if to != testshop.TestMember {
					t.Errorf("a mail to %s", to)
				}
			}
			for _, name := range tc.faults {
				if r := d.run.Result(name); !seen(r, "") || len(r.Findings) == 0 {
					t.Errorf("missed: %s: %s", name, describe(d.run, name))
				}
			}
			if tc.name == "careful" {
				for _, r := range d.run.Results {
					if slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Severity > check.Info }) {
						t.Errorf("%s: %s", r.Check, describe(d.run, r.Check))
					}
				}
			}
			if err := wire.VerifyLedger(d.ledger); err != nil {
				t.Error(err)
			}
		})
	}
}
