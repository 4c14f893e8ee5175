package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"miseban/internal/account"
	"miseban/internal/wire"
)

func agreed(shop account.ID, l wire.Level) *account.Consent {
	return &account.Consent{
		ID: account.NewID(), Shop: shop, Until: noon.AddDate(0, 1, 0), Terms: 1, Person: "山田 花子", Organisation: "店", Hosts: []string{"https://shop.example"},
		Level: l, PerSecond: 2, Hosting: "not-needed", HostingNote: "自社のサーバ", From: "02:00", To: "05:00",
	}
}

// TestConsent: a consent is kept as it was given, another takes its place, and
// whatever rests on it stops when it is withdrawn.
func TestConsent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop, other := newShop(t, db), newShop(t, db)
		if c, err := db.StandingConsent(ctx, shop.ID, noon); c != nil || err != nil {
			t.Fatalf("before anybody agreed: %+v, %v", c, err)
		}
		first, second := agreed(shop.ID, wire.Active), agreed(shop.ID, wire.Safe)
		change(t, db, "p1", func(tx *Tx) error { return tx.AddConsent(ctx, first) })
		got, err := reopen().StandingConsent(ctx, shop.ID, noon)
		if err != nil || cmp.Diff(first, got) != "" || got.By != "p1" || !got.Given.Equal(noon) {
			t.Fatalf("%v\n%s", err, cmp.Diff(first, got))
		}
		if c, err := db.StandingConsent(ctx, shop.ID, first.Until); c != nil || err != nil {
			t.Errorf("at its end it still stands: %+v, %v", c, err)
		}
		resting := plan(t, db, shop.ID, DiagnosisQueued, time.Time{})
		withConsent(t, db, resting.ID, first.ID)
		free := plan(t, db, shop.ID, DiagnosisPlanned, noon.AddDate(0, 0, 1))
		foreign := plan(t, db, other.ID, DiagnosisQueued, time.Time{})
		change(t, db, "p1", func(tx *Tx) error { return tx.AddConsent(ctx, second) })
		states := func(want ...DiagnosisState) {
			t.Helper()
			for i, id := range []account.ID{resting.ID, free.ID, foreign.ID} {
				if x, err := db.DiagnosisByID(ctx, id); err != nil || x.State != want[i] {
					t.Errorf("diagnosis %d: %v, %v; want %s", i, x, err, want[i])
				}
			}
		}
		states(DiagnosisStopped, DiagnosisPlanned, DiagnosisQueued)
		if c, err := db.Consent(ctx, shop.ID, first.ID); err != nil || c.Successor != second.ID || c.Stands(noon) {
			t.Errorf("the one before: %+v, %v", c, err)
		}
		use := func(id account.ID) error {
			return db.Change(ctx, "p1", noon, func(tx *Tx) error {
				tx.Record(account.Event{Verb: account.DiagnosisPlanned, Shop: shop.ID})
				return tx.UseConsent(ctx, shop.ID, id)
			})
		}
		if err := use(first.ID); !errors.Is(err, ErrConflict) {
			t.Errorf("using the one before: %v", err)
		}
		if err := use(second.ID); err != nil {
			t.Error(err)
		}
		if _, err := db.Consent(ctx, other.ID, second.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("as another shop's: %v", err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.WithdrawConsent(ctx, other.ID, second.ID) }); !errors.Is(err, ErrConflict) {
			t.Errorf("withdrawn by another shop: %v", err)
		}
		change(t, db, "p2", func(tx *Tx) error { return tx.WithdrawConsent(ctx, shop.ID, second.ID) })
		states(DiagnosisStopped, DiagnosisStopped, DiagnosisQueued)
		if err := use(second.ID); !errors.Is(err, ErrConflict) {
			t.Errorf("using a withdrawn one: %v", err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.WithdrawConsent(ctx, shop.ID, second.ID) }); !errors.Is(err, ErrConflict) {
			t.Errorf("withdrawn twice: %v", err)
		}
		list, err := db.Consents(ctx, shop.ID)
		if err != nil || len(list) != 2 || list[0].ID != second.ID || list[0].WithdrawnBy != "p2" || !list[0].Withdrawn.Equal(noon) {
			t.Errorf("history %+v, %v", list, err)
		}
	})
}

// withConsent lets a stored diagnosis rest on a consent.
func withConsent(t *testing.T, db *DB, id, consent account.ID) {
	t.Helper()
	if _, err := db.write.ExecContext(t.Context(), `UPDATE diagnoses SET plan = $2 WHERE id = $1`, string(id), `{"level":"active","consent":"`+string(consent)+`"}`); err != nil {
		t.Fatal(err)
	}
}

// TestConsentRace: of a diagnosis that begins while the consent is withdrawn
// nothing is left that waits or runs.
func TestConsentRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		for range 10 {
			shop := newShop(t, db)
			c := agreed(shop.ID, wire.Active)
			change(t, db, "p1", func(tx *Tx) error { return tx.AddConsent(ctx, c) })
			run := sample("r-" + string(account.NewID()))
			x := &Diagnosis{ID: account.NewID(), Shop: shop.ID, State: DiagnosisQueued, Plan: DiagnosisPlan{Level: wire.Active, Consent: c.ID}}
			var g errgroup.Group
			g.Go(func() error {
				err := db.Change(ctx, "p1", noon, func(tx *Tx) error {
					return errors.Join(tx.UseConsent(ctx, shop.ID, c.ID), tx.AddDiagnosis(ctx, x, run))
				})
				if errors.Is(err, ErrConflict) {
					return nil
				}
				return err
			})
			g.Go(func() error {
				return db.Change(ctx, "p2", noon, func(tx *Tx) error { return tx.WithdrawConsent(ctx, shop.ID, c.ID) })
			})
			if err := g.Wait(); err != nil {
				t.Fatal(err)
			}
			if got, err := db.Diagnosis(ctx, shop.ID, x.ID); !errors.Is(err, ErrNotFound) && (err != nil || got.State != DiagnosisStopped) {
				t.Fatalf("left over: %+v, %v", got, err)
			}
		}
	})
}

func TestTestAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop, other := newShop(t, db), newShop(t, db)
		var list []*account.TestAccount
		for _, r := range []account.Choice{"customer", "customer", "admin"} {
			a := &account.TestAccount{ID: account.NewID(), Shop: shop.ID, Role: r, User: "test@example.jp", Mailbox: "test@example.jp"}
			change(t, db, "p1", func(tx *Tx) error { return tx.AddTestAccount(ctx, a, "Sencha-to-soba-88"+a.User) })
			list = append(list, a)
		}
		scope := &wire.Scope{Level: wire.Active, Accounts: []wire.Account{list[0].Wire(), list[2].Wire()}}
		if list[0].Name != "member1" || list[1].Name != "member2" || list[2].Name != "admin1" || scope.Accounts[0].Password != "" {
			t.Errorf("names %+v", scope)
		}
		if err := reopen().Unlock(ctx, shop.ID, scope); err != nil {
			t.Fatal(err)
		}
		if v, err := scope.Accounts[1].Password.Resolve(); err != nil || !strings.HasPrefix(v, "Sencha") {
			t.Errorf("password %q, %v", v, err)
		}
		if err := db.Unlock(ctx, other.ID, scope); !errors.Is(err, ErrNotFound) {
			t.Errorf("for another shop: %v", err)
		}
		var kept []byte
		if err := db.read.QueryRowContext(ctx, `SELECT secret FROM test_accounts WHERE id = $1`, string(list[0].ID)).Scan(&kept); err != nil || strings.Contains(string(kept), "Sencha") || len(kept) < 20 {
			t.Errorf("kept as %q, %v", kept, err)
		}
		x := plan(t, db, shop.ID, DiagnosisQueued, time.Time{})
		withConsent(t, db, x.ID, "c")
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.RemoveTestAccount(ctx, other.ID, list[0].ID) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed by another shop: %v", err)
		}
		change(t, db, "p1", func(tx *Tx) error { return tx.RemoveTestAccount(ctx, shop.ID, list[0].ID) })
		if y, err := db.DiagnosisByID(ctx, x.ID); err != nil || y.State != DiagnosisStopped {
			t.Errorf("the diagnosis that uses it: %+v, %v", y, err)
		}
		if err := db.read.QueryRowContext(ctx, `SELECT secret FROM test_accounts WHERE id = $1`, string(list[0].ID)).Scan(&kept); err != nil || len(kept) != 0 {
			t.Errorf("of a removed account %q is kept, %v", kept, err)
		}
		if err := db.Unlock(ctx, shop.ID, scope); !errors.Is(err, ErrNotFound) {
			t.Errorf("unlocking a removed one: %v", err)
		}
		again := &account.TestAccount{ID: account.NewID(), Shop: shop.ID, Role: "customer", User: "x"}
		change(t, db, "p1", func(tx *Tx) error { return tx.AddTestAccount(ctx, again, "abcd-1234") })
		left, err := db.TestAccounts(ctx, shop.ID)
		if err != nil || len(left) != 3 || again.Name != "member3" || left[2].Name != "member3" {
			t.Errorf("left %+v, %v", left, err)
		}
	})
}

func TestProofsAndBlackouts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop, other := newShop(t, db), newShop(t, db)
		a, err := db.Challenge(shop.ID)
		b, wrong := reopen().Challenge(shop.ID)
		if c, err := db.Challenge(other.ID); err != nil || a != b || a == c || len(a) != 32 {
			t.Errorf("challenges %s %s %s, %v", a, b, c, err)
		}
		if err := errors.Join(err, wrong); err != nil {
			t.Fatal(err)
		}
		if p, err := db.Proof(ctx, shop.ID); p != nil || err != nil {
			t.Errorf("nobody has looked: %+v, %v", p, err)
		}
		var last *account.Proof
		for _, proven := range [][]string{{"https://shop.example"}, nil} {
			last = &account.Proof{ID: account.NewID(), Shop: shop.ID, At: noon, Kind: wire.ProofFile, Result: wire.ProofResult{Token: a, At: noon, Proven: proven, Tries: []wire.ProofTry{{Method: wire.ProofFile, Where: "https://shop.example/", Problem: wire.ProofAbsent, At: noon}}}}
			change(t, db, "p1", func(tx *Tx) error { return tx.AddProof(ctx, last) })
			got, err := db.Proof(ctx, shop.ID)
			if err != nil || cmp.Diff(last, got) != "" {
				t.Errorf("%v\n%s", err, cmp.Diff(last, got))
			}
			if got.Shows("https://shop.example", noon) != (proven != nil) || got.Shows("https://shop.example", noon.Add(account.ProofLife)) || got.Shows("https://www.shop.example", noon) {
				t.Errorf("%v shows the wrong things", proven)
			}
		}
		sale := &account.Blackout{ID: account.NewID(), Shop: shop.ID, Note: "初売り"}
		if p := sale.Days("2027-01-01", "2027-01-03", noon); len(p) > 0 {
			t.Fatal(p)
		}
		change(t, db, "p1", func(tx *Tx) error { return tx.AddBlackout(ctx, sale) })
		list, err := db.Blackouts(ctx, shop.ID, noon)
		if err != nil || len(list) != 1 || cmp.Diff(*sale, list[0]) != "" {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := db.Blackouts(ctx, shop.ID, sale.Until); err != nil || len(list) != 0 {
			t.Errorf("when it is over: %+v, %v", list, err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.RemoveBlackout(ctx, other.ID, sale.ID) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed by another shop: %v", err)
		}
		change(t, db, "p1", func(tx *Tx) error { return tx.RemoveBlackout(ctx, shop.ID, sale.ID) })
		if list, err := db.Blackouts(ctx, shop.ID, noon); err != nil || len(list) != 0 {
			t.Errorf("removed: %+v, %v", list, err)
		}
		if _, err := db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}
