package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/statistics"
	"miseban/internal/survey"
	"miseban/internal/workflow"
)

// counts is by what programmes of tests are counted.
func counts(t *testing.T) *statistics.Catalogue {
	t.Helper()
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	return &statistics.Catalogue{Edition: e, ClassOf: func(string) string { return "header" }, Classes: []survey.Choice{{ID: "header", Text: i18n.Text{JA: "指示", EN: "Instructions"}}, {ID: "tls", Text: i18n.Text{JA: "通信", EN: "Transport"}}}}
}

// applies adds n applications to a programme, each with a case at a shop of its own
// that has done Step 3 with one finding, which is mended in every second shop.
func applies(t *testing.T, db *DB, p *programme.Programme, n int) {
	t.Helper()
	ctx := t.Context()
	shop := newShop(t, db)
	change(t, db, "", func(tx *Tx) error {
		tx.Record(account.Event{Verb: account.ProgrammeChanged, Object: p.ID})
		for i := range n {
			id, at := account.NewID(), account.NewID()
			if _, err := tx.exec(ctx, `INSERT INTO applications (id, programme_id, revision, stage, receipt, mail, lang, created, updated, submitted, outcome, company, shop, host, corporate_number, phone, method, business, turnover, posture, doc)
VALUES ($1, $2, 1, 'selected', $3, '', 'ja', '', '', '', '', '', '', '', '', '', $4, 'food', 'under-10m', 'little', '{"contract":"no"}')`, string(id), string(p.ID), string(id), []string{"welcart", "ec-cube-4"}[i%2]); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `INSERT INTO shops (id, organisation_id, revision, name, sort_name, state, host, corporate_number, created, updated, doc) SELECT $1, organisation_id, revision, name, sort_name, state, host, corporate_number, created, updated, doc FROM shops WHERE id = $2`, string(at), string(shop.ID)); err != nil {
				return err
			}
			doc, err := json.Marshal(caseDoc{Done: map[programme.Step]time.Time{programme.Step3: noon, programme.Step5: noon.AddDate(0, 3, 0)}})
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `INSERT INTO cases (id, programme_id, application_id, shop_id, organisation_id, number, name, revision, step, since, awaits, due, ending, owner_id, doc) VALUES ($1, $2, $3, $4, $5, '', '', 1, 'step5', '', '', '', '', '', $6)`, string(account.NewID()), string(p.ID), string(id), string(at), string(shop.Organisation), string(doc)); err != nil {
				return err
			}
			f := account.NewID()
			if _, err := tx.exec(ctx, `INSERT INTO findings (id, shop_id, fingerprint, cause, check_name, place, severity, confidence, rank, state, open, moved, first_run, first_seen, last_run, last_seen, gone_run, gone, scope, level, accounts, assignee_id, due, expires, reason, retest_id, revision, doc)
VALUES ($1, $2, 'f', '', 'hsts', '', 2, '', '', $3, $4, '', '', $5, '', '', '', '', '', 0, 0, '', '', '', '', '', 1, '{}')`, string(f), string(at), string([]workflow.State{workflow.Resolved, workflow.New}[i%2]), i%2, ts(noon.Add(-time.Hour))); err != nil {
				return err
			}
			if i%2 == 0 {
				if _, err := tx.exec(ctx, `INSERT INTO finding_moves (id, finding_id, shop_id, at, by_id, what, before, after, why, run_id) VALUES ($1, $2, $3, $4, '', 'state', 'new', 'resolved', '', '')`, string(account.NewID()), string(f), string(at), ts(noon.AddDate(0, 1, 0))); err != nil {
					return err
				}
			}
			if _, err := tx.exec(ctx, `INSERT INTO answer_history (shop_id, edition, question, revision, state, day, doer, reason, by_id, at) VALUES ($1, 'ipa-ec-2023', 'x', 1, 'not-done', '', '', '', '', $2)`, string(at), ts(noon)); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestStatistics: what was found at Step 3 and is left at Step 5 is read from
// the past of each finding; another programme's is not counted.
func TestStatistics(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx, c := t.Context(), counts(t)
		p, clerk := runs(t, db, "ec-2022")
		other, _ := runs(t, db, "other")
		applies(t, db, p, 12)
		applies(t, db, other, 5)
		list, err := db.Records(ctx, p.ID, c)
		if err != nil || len(list) != 12 {
			t.Fatal(len(list), err)
		}
		before, after := 0, 0
		for i := range list {
			before += list[i].Before.Found
			after += list[i].After.Found
		}
		if before != 12 || after != 6 || list[0].Contract != "no" || list[0].Fate != statistics.Chosen {
			t.Errorf("found %d before and %d after: %+v", before, after, list[0])
		}
		if _, err := db.Statistics(ctx, p.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("never made: %v", err)
		}
		me := clerk.Person.ID
		if _, err := db.MakeStatistics(ctx, me, p.ID, p.Office, c, noon); err != nil {
			t.Fatal(err)
		}
		got, err := db.Statistics(ctx, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if x, _ := got.Table("applied-method"); x.Release.N.Count != 12 || fmt.Sprint(x.Release.Statistics) != "[]" {
			t.Errorf("%+v", x)
		}
	})
}

// TestPublications: one proposes, another publishes, everybody reads; and what
// comes later is checked against it, also once it is off the pages.
func TestPublications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx, c := t.Context(), counts(t)
		p, clerk := runs(t, db, "ec-2022")
		_, second := settle(t, db, account.Ministry, "省庁")
		me, you := clerk.Person.ID, second.Person.ID
		x := &Publication{Programme: p.ID, Title: i18n.Text{JA: "統計", EN: "Statistics"}}
		if err := db.Propose(ctx, me, p.Office, x, c, noon); !errors.Is(err, ErrNothingToShow) {
			t.Errorf("of nothing: %v", err)
		}
		applies(t, db, p, 12)
		propose := func() *Publication {
			t.Helper()
			y := &Publication{Programme: p.ID, Title: x.Title}
			if err := db.Propose(ctx, me, p.Office, y, c, noon); err != nil {
				t.Fatal(err)
			}
			return y
		}
		x = propose()
		if err := db.Propose(ctx, me, p.Office, &Publication{Programme: p.ID}, c, noon); !errors.Is(err, ErrConflict) {
			t.Errorf("two at once: %v", err)
		}
		if err := db.Change(ctx, me, noon, func(tx *Tx) error { return tx.DecidePublication(ctx, p.Office, x, true) }); !errors.Is(err, ErrSamePerson) {
			t.Errorf("approved by who proposed: %v", err)
		}
		if _, err := db.OpenData(ctx, x.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("public before it was approved: %v", err)
		}
		change(t, db, you, func(tx *Tx) error { return tx.DecidePublication(ctx, p.Office, x, true) })
		got, err := db.OpenData(ctx, x.ID)
		if err != nil || got.DecidedBy != you || got.Title.EN != "Statistics" {
			t.Fatal(got, err)
		}
		if tb, _ := got.Data.Table("worst-method"); tb.Release.N.Count != 12 {
			t.Errorf("%+v", tb)
		}
		last, err := db.LastPublished(ctx, p.ID)
		if err != nil || last.ID != x.ID {
			t.Errorf("%+v %v", last, err)
		}
		if list, err := db.PublicData(ctx, "", 10); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		change(t, db, you, func(tx *Tx) error { return tx.WithdrawPublication(ctx, p.Office, x) })
		if list, err := db.PublicData(ctx, "", 10); err != nil || len(list) != 0 {
			t.Errorf("off the pages: %+v %v", list, err)
		}
		applies(t, db, p, 1) // one more: its method would be told by the difference
		y := propose()
		tb, _ := y.Data.Table("applied-method")
		for n, s := range tb.Release.RowTotals {
			if !s.Hidden && s.Count%6 != 0 {
				t.Errorf("%s tells of one shop: %+v", tb.Release.RowIDs[n], s)
			}
		}
		change(t, db, me, func(tx *Tx) error { return tx.DecidePublication(ctx, p.Office, y, false) })
		if err := db.Change(ctx, you, noon, func(tx *Tx) error { return tx.DecidePublication(ctx, p.Office, y, true) }); !errors.Is(err, ErrConflict) {
			t.Errorf("published after it was declined: %v", err)
		}
	})
}
