package store

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/wire"
)

// plan stores a diagnosis that waits for a worker.
func plan(t *testing.T, db *DB, shop account.ID, state DiagnosisState, due time.Time) *Diagnosis {
	t.Helper()
	run := sample("r-" + string(account.NewID()))
	x := &Diagnosis{ID: account.NewID(), Shop: shop, State: state, Plan: DiagnosisPlan{Level: wire.Safe, Repeat: 7}, Due: due}
	change(t, db, "", func(tx *Tx) error { return tx.AddDiagnosis(t.Context(), x, run) })
	return x
}

func newShop(t *testing.T, db *DB) *account.Shop {
	t.Helper()
	o, a := settle(t, db, account.Shopkeeper, "店")
	s := &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Planned, Name: "店"}
	change(t, db, a.Person.ID, func(tx *Tx) error { return tx.AddShop(t.Context(), s) })
	return s
}

// TestDiagnosisLease: one worker carries a diagnosis out; it loses the right
// when it does not prolong it, and then another may.
func TestDiagnosisLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		x := plan(t, db, shop.ID, DiagnosisQueued, time.Time{})
		var g errgroup.Group
		won := make(chan string, 8)
		for _, w := range []string{"a", "b", "c", "d"} {
			g.Go(func() error {
				ok, err := db.TakeDiagnosis(ctx, x.ID, w, time.Minute)
				if ok {
					won <- w
				}
				return err
			})
		}
		if err := g.Wait(); err != nil || len(won) != 1 {
			t.Fatalf("%d workers took it, %v", len(won), err)
		}
		holder := <-won
		if wanted, _, err := db.KeepDiagnosis(ctx, x.ID, holder, time.Minute); err != nil || wanted != WantGo {
			t.Errorf("keeping: %s, %v", wanted, err)
		}
		if _, _, err := db.KeepDiagnosis(ctx, x.ID, "z", time.Minute); !errors.Is(err, ErrConflict) {
			t.Errorf("keeping what another holds: %v", err)
		}
		p := DiagnosisProgress{Stage: diagnose.Checking, Done: 3, Total: 9, Findings: 2}
		if err := errors.Join(db.TellProgress(ctx, x.ID, holder, p), db.TellProgress(ctx, x.ID, "z", DiagnosisProgress{})); err != nil {
			t.Fatal(err)
		}
		if got, err := reopen().Diagnosis(ctx, shop.ID, x.ID); err != nil || got.State != DiagnosisRunning || got.Progress != p || got.Plan != x.Plan {
			t.Errorf("diagnosis %+v, %v", got, err)
		}
		if _, err := db.Diagnosis(ctx, account.NewID(), x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("as another shop's: %v", err)
		}
		if ids, err := db.Orphans(ctx); err != nil || len(ids) != 0 {
			t.Errorf("orphans %v, %v", ids, err)
		}
		if _, _, err := db.KeepDiagnosis(ctx, x.ID, holder, -time.Minute); err != nil { // as if it had slept
			t.Fatal(err)
		}
		if _, _, err := db.KeepDiagnosis(ctx, x.ID, holder, time.Minute); !errors.Is(err, ErrConflict) {
			t.Errorf("keeping what was lost: %v", err)
		}
		if ids, err := db.Orphans(ctx); err != nil || len(ids) != 1 {
			t.Errorf("orphans %v, %v", ids, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.Adopt(ctx, x.ID) })
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.Adopt(ctx, x.ID) }); !errors.Is(err, ErrConflict) {
			t.Errorf("adopting twice: %v", err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error {
			return tx.LeaveDiagnosis(ctx, x, holder, DiagnosisFinished, "", time.Time{})
		}); !errors.Is(err, ErrConflict) {
			t.Errorf("the worker that lost it ends it: %v", err)
		}
		if ok, err := db.TakeDiagnosis(ctx, x.ID, "e", time.Minute); err != nil || !ok {
			t.Fatalf("taking it again: %v, %v", ok, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.SetStop(ctx, true) })
		if wanted, why, err := db.KeepDiagnosis(ctx, x.ID, "e", time.Minute); err != nil || wanted != WantPause || why != StopEverything {
			t.Errorf("with everything stopped: %s %s %v", wanted, why, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.WantDiagnosis(ctx, shop.ID, x.ID, WantStop) })
		if wanted, _, err := db.KeepDiagnosis(ctx, x.ID, "e", time.Minute); err != nil || wanted != WantStop {
			t.Errorf("stopped by a person: %s %v", wanted, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.LeaveDiagnosis(ctx, x, "e", DiagnosisStopped, "person", time.Time{}) })
		if ok, err := db.TakeDiagnosis(ctx, x.ID, "f", time.Minute); err != nil || ok {
			t.Errorf("a stopped one was taken: %v, %v", ok, err)
		}
		change(t, db, "", func(tx *Tx) error { return tx.QueueDiagnosis(ctx, shop.ID, x.ID) })
		list, err := db.Diagnoses(ctx, shop.ID, "", 10)
		if err != nil || len(list) != 1 || list[0].State != DiagnosisQueued || list[0].Wanted != WantGo {
			t.Errorf("resumed: %+v, %v", list, err)
		}
	})
}

func TestPlannedDiagnosis(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		shop := newShop(t, db)
		now, err := db.Clock(ctx)
		if err != nil || time.Since(now).Abs() > time.Minute {
			t.Fatalf("the database's clock says %v, %v", now, err)
		}
		late, soon := plan(t, db, shop.ID, DiagnosisPlanned, now.Add(time.Hour)), plan(t, db, shop.ID, DiagnosisPlanned, now.Add(-time.Second))
		for _, c := range []struct {
			x  *Diagnosis
			ok bool
		}{{late, false}, {soon, true}} {
			if ok, err := db.TakeDiagnosis(ctx, c.x.ID, "a", time.Minute); err != nil || ok != c.ok {
				t.Errorf("taken %v, want %v (%v)", ok, c.ok, err)
			}
		}
		change(t, db, "", func(tx *Tx) error { return tx.WantDiagnosis(ctx, shop.ID, late.ID, WantStop) })
		if got, err := db.Diagnosis(ctx, shop.ID, late.ID); err != nil || got.State != DiagnosisStopped {
			t.Errorf("called off: %+v, %v", got, err)
		}
	})
}

// TestCourtesy: turns of one place are the interval apart, whoever asks;
// connections are as many as the limit, and come back when nobody prolongs them.
func TestCourtesy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		second := reopen()
		var g errgroup.Group
		waits := make(chan time.Duration, 10)
		began, err := db.Clock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			g.Go(func() error {
				d, keys := db, []string{"192.0.2.1", "example.jp"}
				if i%2 == 1 {
					d, keys = second, []string{"example.jp", "192.0.2.1"}
				}
				w, err := d.BookTurn(ctx, keys, time.Hour)
				waits <- w
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		ended, err := db.Clock(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for range 10 {
			w := <-waits
			seen[int((w+ended.Sub(began)+time.Second)/time.Hour)] = true
		}
		if len(seen) != 10 {
			t.Errorf("ten turns fell on %d hours", len(seen))
		}
		a, okA, errA := db.TakeConnection(ctx, []string{"192.0.2.1"}, 2, time.Minute)
		_, okB, errB := second.TakeConnection(ctx, []string{"192.0.2.1", "example.jp"}, 2, time.Minute)
		_, okC, errC := db.TakeConnection(ctx, []string{"192.0.2.1"}, 2, time.Minute)
		if err := errors.Join(errA, errB, errC); err != nil || !okA || !okB || okC {
			t.Errorf("two of three connections: %v %v %v, %v", okA, okB, okC, err)
		}
		if err := db.ReleaseConnection(ctx, a); err != nil {
			t.Fatal(err)
		}
		d, ok, err := db.TakeConnection(ctx, []string{"192.0.2.1"}, 2, time.Minute)
		if err != nil || !ok {
			t.Errorf("after a release: %v, %v", ok, err)
		}
		if err := db.KeepConnections(ctx, []string{d}, -time.Minute); err != nil { // as if its holder had died
			t.Fatal(err)
		}
		if _, ok, err := db.TakeConnection(ctx, []string{"192.0.2.1"}, 2, time.Minute); err != nil || !ok {
			t.Errorf("after its holder died: %v, %v", ok, err)
		}
	})
}

// TestLatestRunOfTheShop: of two shops with one address neither is compared
// with what was seen for the other.
func TestLatestRunOfTheShop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		mine, other := newShop(t, db), newShop(t, db)
		ended := func(shop account.ID) *diagnose.Run {
			run, err := db.Run(ctx, plan(t, db, shop, DiagnosisQueued, time.Time{}).Run)
			if err != nil {
				t.Fatal(err)
			}
			run.State, run.Ended = diagnose.Finished, run.Started.Add(time.Minute)
			if err := db.SaveRun(ctx, run); err != nil {
				t.Fatal(err)
			}
			return run
		}
		before := ended(mine.ID)
		for _, x := range []struct{ shop, want string }{{string(mine.ID), before.ID}, {string(other.ID), ""}} {
			now := ended(account.ID(x.shop))
			now.Started, now.State = before.Started.Add(time.Second), diagnose.Running
			if err := db.SaveRun(ctx, now); err != nil {
				t.Fatal(err)
			}
			if got, err := db.LatestRun(ctx, now); err != nil || got != x.want {
				t.Errorf("before a run of shop %s: %q, want %q, %v", x.shop, got, x.want, err)
			}
		}
	})
}
