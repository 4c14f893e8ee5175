package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// aProgramme registers a programme and its office.
func aProgramme(t testing.TB, db *DB) *programme.Programme {
	t.Helper()
	office := &account.Organisation{ID: account.NewID(), Kind: account.Office, Name: "事務局"}
	p := &programme.Programme{ID: account.NewID(), Office: office.ID, Slug: "p" + string(office.ID[20:]), State: programme.Announced, Name: programme.Said{JA: "診断事業"}, Places: 50}
	change(t, db, "", func(tx *Tx) error {
		return errors.Join(tx.AddOrganisation(t.Context(), office), tx.AddProgramme(t.Context(), p))
	})
	return p
}

// yesToAll says so to everything.
var yesToAll = func() *programme.Facts {
	f := &programme.Facts{}
	f.Of(programme.Selected)
	f.State("self-check", "environment", "minutes", "hosting", "windows", "accounts", "waf", "call", "released", "met", "settled", "followed-up")
	f.Consent, f.Diagnosed, f.Ineligible, f.Passed = true, true, true, true
	return f
}()

var everybody = []account.Role{account.Clerk, account.Approver}

// TestCaseKeepsStepAndEventTogether: a move writes the case, its event and the
// counts, or nothing; who saw an older step is told so.
func TestCaseKeepsStepAndEventTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, other := aProgramme(t, db), aProgramme(t, db)
		at := time.Date(2022, 4, 1, 3, 0, 0, 0, time.UTC)
		in := func(at time.Time, f func(*Cases) error) error {
			return db.Change(ctx, "", at, func(tx *Tx) error { return f(tx.Cases(p.ID, p.Office)) })
		}
		var c programme.Case
		if err := in(at, func(w *Cases) (err error) {
			c, err = w.Begin(ctx, programme.Case{Application: "a1", Number: "00001", Name: "山田茶舗"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := in(at, func(w *Cases) error {
			_, err := w.Begin(ctx, programme.Case{Application: "a1", Number: "00002"})
			return err
		}); !errors.Is(err, ErrConflict) {
			t.Errorf("a second case of one application: %v", err)
		}
		move := func(at time.Time, seen programme.Step, key string) error {
			return in(at, func(w *Cases) error {
				_, err := w.Move(ctx, c.ID, seen, programme.Wish{Key: key, Roles: everybody, Facts: yesToAll, Reason: "r"})
				return err
			})
		}
		if err := errors.Join(move(at.AddDate(0, 0, 1), programme.StepApplication, "eligibility"), move(at.AddDate(0, 0, 2), programme.StepEligibility, "selection")); err != nil {
			t.Fatal(err)
		}
		if err := move(at.AddDate(0, 0, 3), programme.StepEligibility, "selection"); !errors.Is(err, ErrConflict) {
			t.Errorf("from a step where it stood before: %v", err)
		}
		if err := move(at.AddDate(0, 0, 3), programme.StepSelection, "step5"); !errors.Is(err, programme.ErrForbidden) {
			t.Errorf("a move that the table lacks: %v", err)
		}
		var open *programme.OpenError
		err := in(at.AddDate(0, 0, 3), func(w *Cases) error {
			_, err := w.Move(ctx, c.ID, programme.StepSelection, programme.Wish{Key: "step1", Roles: everybody, Facts: &programme.Facts{}})
			return err
		})
		if !errors.As(err, &open) {
			t.Errorf("without a place: %v", err)
		}
		if err := errors.Join(move(at.AddDate(0, 0, 4), programme.StepSelection, "step1"), in(at.AddDate(0, 0, 4), func(w *Cases) error {
			_, err := w.Replan(ctx, c.ID, programme.Step1, map[programme.Step]time.Time{programme.Step1: at.AddDate(0, 0, 10), programme.Step2: at.AddDate(0, 0, 40)}, "")
			return err
		}), in(at.AddDate(0, 0, 4), func(w *Cases) error {
			_, err := w.Await(ctx, c.ID, programme.Step1, programme.WaitsOffice)
			return err
		})); err != nil {
			t.Fatal(err)
		}
		now, err := db.Case(ctx, p.ID, c.ID)
		if err != nil || now.Step != programme.Step1 || now.Awaits != programme.WaitsOffice || now.Revision != 6 || !now.Due().Equal(programme.DayOf(at.AddDate(0, 0, 10))) {
			t.Errorf("%+v, %v", now, err)
		}
		if _, err := db.Case(ctx, other.ID, c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("read as a case of another programme: %v", err)
		}
		events, err := db.CaseEvents(ctx, p.ID, c.ID)
		if err != nil || len(events) != 6 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		again, ok := programme.Replay(programme.Case{ID: c.ID, Programme: p.ID, Application: "a1", Number: "00001", Name: "山田茶舗"}, events, at.AddDate(1, 0, 0))
		if d := cmp.Diff(now.Case, again); !ok || d != "" {
			t.Errorf("the events say otherwise:\n%s", d)
		}
		for _, x := range []struct {
			day, late int
			step      programme.Step
		}{{0, 0, programme.StepApplication}, {2, 0, programme.StepSelection}, {4, 0, programme.Step1}, {10, 0, programme.Step1}, {11, 1, programme.Step1}} {
			day := at.AddDate(0, 0, x.day)
			n, err := db.CaseProgress(ctx, p.ID, day)
			if err != nil || n.Steps[x.step].At != 1 || n.Late() != x.late || n.Cases() != 1 {
				t.Errorf("day %d: %+v, %v", x.day, n, err)
			}
			list, _, err := db.Board(ctx, p.ID, at, CaseFilter{At: day.Add(time.Hour), Limit: 5})
			if err != nil || len(list) != 1 || list[0].Step != x.step || list[0].Late(day) != (x.late == 1) {
				t.Errorf("the board of day %d: %+v, %v", x.day, list, err)
			}
		}
		if n, err := db.CaseProgress(ctx, other.ID, at.AddDate(0, 0, 5)); err != nil || n.Cases() != 0 {
			t.Errorf("the other programme: %+v, %v", n, err)
		}
		if list, _, err := db.Board(ctx, p.ID, at, CaseFilter{At: at.AddDate(0, 0, -1), Limit: 5}); err != nil || len(list) != 0 {
			t.Errorf("before it began: %+v, %v", list, err)
		}
	})
}

// TestBoardLists: filters, orders and pages hold together, now and as of a day.
func TestBoardLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p := aProgramme(t, db)
		at := time.Date(2022, 4, 1, 3, 0, 0, 0, time.UTC)
		last := seedCases(t, db, p, 60, at)
		for _, f := range []CaseFilter{{}, {Step: programme.Step2}, {Awaits: programme.WaitsShop}, {Late: true}, {ByDue: true}, {Query: "店 1"}, {Owner: "owner1"}, {At: at.AddDate(0, 1, 0)}, {At: at.AddDate(0, 2, 0), Late: true}, {At: at.AddDate(0, 0, 50), Step: programme.StepSelection, ByDue: true}} {
			var all []account.ID
			f.Limit = 7
			for range 20 {
				list, next, err := db.Board(ctx, p.ID, last, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range list {
					all = append(all, c.ID)
					if f.Step != "" && c.Step != f.Step || f.Awaits != "" && c.Awaits != f.Awaits || f.Late && !c.Late(map[bool]time.Time{true: last, false: f.At}[f.At.IsZero()]) || f.Owner != "" && c.Owner != f.Owner {
						t.Errorf("%+v: shows %+v", f, c)
					}
				}
				if next == (Cursor{}) {
					break
				}
				f.After = ParseCursor(next.String())
			}
			whole := f
			whole.Limit, whole.After = 1000, Cursor{}
			list, _, err := db.Board(ctx, p.ID, last, whole)
			if err != nil || len(list) == 0 {
				t.Fatalf("%+v: %d, %v", f, len(list), err)
			}
			var want []account.ID
			for _, c := range list {
				want = append(want, c.ID)
			}
			if d := cmp.Diff(want, all); d != "" {
				t.Errorf("%+v: page by page (+) and at once (-):\n%s", f, d)
			}
		}
		// What the rows of a day add up to is what the counts of it say.
		for day := at; day.Before(last); day = day.AddDate(0, 0, 9) {
			end := programme.DayOf(day).AddDate(0, 0, 1).Add(-time.Microsecond)
			list, _, err := db.Board(ctx, p.ID, last, CaseFilter{At: end, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			n, err := db.CaseProgress(ctx, p.ID, day)
			if err != nil {
				t.Fatal(err)
			}
			steps, late := map[programme.Step]int{}, 0
			for _, c := range list {
				steps[c.Step]++
				if c.Late(end) {
					late++
				}
			}
			for _, s := range programme.Steps {
				if n.Steps[s].At != steps[s] {
					t.Errorf("%s: %d at %s, counted %d", day.Format(time.DateOnly), steps[s], s, n.Steps[s].At)
				}
			}
			if n.Late() != late {
				t.Errorf("%s: %d late, counted %d", day.Format(time.DateOnly), late, n.Late())
			}
		}
	})
}

// seedCases fills a programme with cases that have gone some way in four months,
// and says when the last thing happened.
func seedCases(tb testing.TB, db *DB, p *programme.Programme, n int, from time.Time) (last time.Time) {
	tb.Helper()
	ctx := context.Background()
	r := rand.New(rand.NewPCG(7, 7))
	ids := make([]account.ID, n)
	for day := range 120 {
		at := from.AddDate(0, 0, day)
		if err := db.Change(ctx, "", at, func(tx *Tx) error {
			w := tx.Cases(p.ID, p.Office)
			if day < 30 {
				for i := day; i < n; i += 30 {
					c, err := w.Begin(ctx, programme.Case{Application: account.ID(fmt.Sprintf("%s a%d", p.ID, i)), Number: fmt.Sprintf("%05d", i+1), Name: fmt.Sprintf("お店 %d", i)})
					if err != nil {
						return err
					}
					ids[i] = c.ID
				}
				return nil
			}
			for i := day % 10; i < n; i += 10 {
				c, err := w.read(ctx, ids[i])
				if err != nil {
					return err
				}
				if !c.Step.Open() {
					continue
				}
				moves := programme.MovesOf(everybody, c.Step)
				m := moves[0]
				if r.IntN(25) == 0 {
					m = moves[len(moves)-1]
				}
				switch r.IntN(6) {
				case 0:
					if _, err = w.Replan(ctx, c.ID, c.Step, map[programme.Step]time.Time{c.Step: at.AddDate(0, 0, 3+r.IntN(20))}, ""); err == nil {
						_, err = w.HandOver(ctx, c.ID, c.Step, account.ID(fmt.Sprint("owner", i%3)), "")
					}
				case 1:
					_, err = w.Await(ctx, c.ID, c.Step, programme.Parties[r.IntN(len(programme.Parties))])
				default:
					_, err = w.Move(ctx, c.ID, c.Step, programme.Wish{Key: m.Key(), Roles: everybody, Facts: yesToAll, Reason: "r"})
				}
				if err != nil && !errors.Is(err, programme.ErrForbidden) {
					return err
				}
			}
			return nil
		}); err != nil && !errors.Is(err, errSilent) {
			tb.Fatal(err)
		}
		last = at
	}
	return last
}
