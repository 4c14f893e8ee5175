package store

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// runs makes a programme of a new office.
func runs(t *testing.T, db *DB, slug string) (*programme.Programme, *account.Actor) {
	t.Helper()
	o, clerk := settle(t, db, account.Office, "事務局 "+slug)
	p := &programme.Programme{ID: account.NewID(), Office: o.ID, Slug: slug, State: programme.Announced, From: noon.AddDate(0, 0, -1), Until: noon.AddDate(0, 1, 0), Name: programme.Said{JA: "事業"}, Rules: "sme-own-site", Places: 50}
	change(t, db, clerk.Person.ID, func(tx *Tx) error { return tx.AddProgramme(t.Context(), p) })
	return p, clerk
}

func TestProgramme(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, reopen func() *DB) {
		ctx := t.Context()
		p, clerk := runs(t, db, "ec-2022")
		ministry, official := settle(t, db, account.Ministry, "省庁")
		other, stranger := runs(t, db, "other")
		change(t, db, clerk.Person.ID, func(tx *Tx) error { return tx.AddBody(ctx, p, ministry.ID) })
		p.Bodies = []account.Organisation{{ID: ministry.ID, Kind: account.Ministry, Name: "省庁"}}
		got, roles, err := reopen().ProgrammeFor(ctx, official, p.ID)
		if d := cmp.Diff(p, got); d != "" || err != nil || fmt.Sprint(roles) != "[approver observer committee]" {
			t.Errorf("%v %v %s", err, roles, d)
		}
		for a, want := range map[*account.Actor]account.ID{clerk: p.ID, official: p.ID, stranger: other.ID} {
			list, err := db.Programmes(ctx, a, 10)
			if err != nil || len(list) != 1 || list[0].ID != want {
				t.Errorf("programmes of %s: %v, %v", a.Person.Name, list, err)
			}
		}
		if _, roles, _ := db.ProgrammeFor(ctx, stranger, p.ID); len(roles) != 0 {
			t.Errorf("a stranger is %v", roles)
		}
		if _, err := db.ProgrammeBySlug(ctx, "nothing"); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		again := *p
		again.ID = account.NewID()
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.AddProgramme(ctx, &again) }); !errors.Is(err, ErrConflict) {
			t.Errorf("one name for two: %v", err)
		}
		old := *p
		change(t, db, clerk.Person.ID, func(tx *Tx) error { p.Places = 60; return tx.SaveProgramme(ctx, p) })
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.SaveProgramme(ctx, &old) }); !errors.Is(err, ErrConflict) {
			t.Errorf("an old revision: %v", err)
		}
		other.Slug = p.Slug
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.SaveProgramme(ctx, other) }); !errors.Is(err, ErrTaken) {
			t.Errorf("another's name: %v", err)
		}
		m := &programme.Milestone{ID: account.NewID(), Name: programme.Said{JA: "公募"}, From: "2022-03-08", Until: "2022-04-20"}
		change(t, db, clerk.Person.ID, func(tx *Tx) error { return tx.AddMilestone(ctx, p, m) })
		m.Began = "2022-03-09"
		change(t, db, clerk.Person.ID, func(tx *Tx) error { return tx.SaveMilestone(ctx, p, m) })
		plan, err := db.Milestones(ctx, p.ID)
		if d := cmp.Diff([]programme.Milestone{*m}, plan); d != "" || err != nil {
			t.Error(err, d)
		}
		if _, err := db.Milestone(ctx, other.ID, m.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("a milestone of another programme: %v", err)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.RemoveMilestone(ctx, other, m.ID) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("removing it there: %v", err)
		}
		change(t, db, clerk.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.RemoveMilestone(ctx, p, m.ID), tx.RemoveBody(ctx, p, ministry.ID))
		})
		if _, roles, _ := db.ProgrammeFor(ctx, official, p.ID); len(roles) != 0 {
			t.Errorf("the body left: %v", roles)
		}
	})
}

// applied sends an application.
func applied(t *testing.T, db *DB, p *programme.Programme, mail string, f programme.Form) *programme.Application {
	t.Helper()
	a := &programme.Application{ID: account.NewID(), Mail: mail, Lang: "ja", Form: f}
	change(t, db, "", func(tx *Tx) error {
		return errors.Join(tx.AddApplication(t.Context(), p, a), tx.SubmitApplication(t.Context(), p, a))
	})
	return a
}

func TestApplications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		p, clerk := runs(t, db, "ec-2022")
		other, _ := runs(t, db, "other")
		var all []*programme.Application
		for i := range 5 {
			f := programme.Form{Company: fmt.Sprintf("会社%d", i), URL: fmt.Sprintf("https://shop%d.example.jp/", i%4), Method: "package", Package: "ec-cube-4", Phone: "03-1234-5678"[:11] + fmt.Sprint(i%3), Remote: "yes"}
			if i == 1 {
				f.Method = "mall"
			}
			all = append(all, applied(t, db, p, fmt.Sprintf("m%d@example.jp", i), f))
		}
		draft := &programme.Application{ID: account.NewID(), Mail: "draft@example.jp"}
		change(t, db, "", func(tx *Tx) error { return tx.AddApplication(ctx, p, draft) })
		got, err := db.Application(ctx, p.ID, all[2].ID)
		if d := cmp.Diff(all[2], got); d != "" || err != nil || got.Receipt != "00003" {
			t.Error(err, d)
		}
		if _, err := db.Application(ctx, other.ID, all[2].ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("before another programme: %v", err)
		}
		var seen []string
		f := ApplicationFilter{Limit: 2}
		for {
			list, next, err := db.Applications(ctx, p.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				seen = append(seen, a.Receipt)
			}
			if f.After = next; next == (Cursor{}) {
				break
			}
		}
		if got := fmt.Sprint(seen); got != "[00001 00002 00003 00004 00005]" {
			t.Errorf("pages: %s", got)
		}
		for want, f := range map[string]ApplicationFilter{
			"[00002]": {Outcome: programme.Misfits}, "[00004]": {Query: "会社3"}, "[00003]": {Query: "SHOP2"}, "[00001 00002 00003 00004 00005]": {Of: map[programme.Attribute]account.Choice{programme.ByMethod: "ec-cube-4"}},
			"[00001 00002 00004 00005]": {Twins: true}, "[]": {Stage: programme.Eligible},
		} {
			f.Limit = 10
			list, _, err := db.Applications(ctx, p.ID, f)
			got := []string{}
			for _, a := range list {
				got = append(got, a.Receipt)
			}
			if fmt.Sprint(got) != want || err != nil {
				t.Errorf("%+v: %v %v, want %s", f, got, err, want)
			}
		}
		twins, err := db.Twins(ctx, p.ID, []account.ID{all[0].ID, all[2].ID})
		if x := twins[all[0].ID]; err != nil || len(twins) != 1 || len(x) != 2 || fmt.Sprint(x[0].Receipt, x[0].Same, x[1].Receipt, x[1].Same) != "00004[phone]00005[host]" {
			t.Errorf("twins %+v %v", twins, err)
		}

		a := all[0]
		stale := *a
		change(t, db, clerk.Person.ID, func(tx *Tx) error {
			return tx.MoveApplication(ctx, p, a, programme.Eligible, programme.ByOffice, "")
		})
		err = db.Change(ctx, clerk.Person.ID, noon, func(tx *Tx) error {
			return tx.MoveApplication(ctx, p, &stale, programme.Ineligible, programme.ByOffice, "")
		})
		if !errors.Is(err, ErrConflict) {
			t.Errorf("moved twice: %v", err)
		}
		err = db.Change(ctx, clerk.Person.ID, noon, func(tx *Tx) error {
			return tx.MoveApplication(ctx, p, a, programme.Ineligible, programme.ByOffice, "")
		})
		if !errors.Is(err, ErrNoNote) {
			t.Errorf("moved back without a word: %v", err)
		}
		before := a.Form
		a.Form.Company = "正しい名前の会社"
		change(t, db, clerk.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.CorrectApplication(ctx, p, a, &before, "電話で確かめた"), tx.NoteApplication(ctx, p, a.ID, "折り返しの約束"))
		})
		history, err := db.ApplicationEvents(ctx, p.ID, a.ID)
		if err != nil || len(history) != 4 || history[0].To != programme.Received || history[1].By != clerk.Person.ID || len(history[2].Changes) != 1 || history[3].Note != "折り返しの約束" {
			t.Errorf("history %+v %v", history, err)
		}
		counts, err := db.ApplicationCounts(ctx, p.ID)
		if d := cmp.Diff(map[programme.Stage]int{programme.Received: 4, programme.Eligible: 1, programme.Drafted: 1}, counts); d != "" || err != nil {
			t.Error(err, d)
		}
		eligible, err := db.ApplicationsIn(ctx, p.ID, programme.Eligible, programme.Reserve)
		if err != nil || len(eligible) != 1 || eligible[0].Form.Company != "正しい名前の会社" {
			t.Errorf("eligible: %v %v", eligible, err)
		}
		change(t, db, "", func(tx *Tx) error {
			return tx.MoveApplication(ctx, p, all[4], programme.Withdrawn, programme.ByApplicant, "")
		})
		if twins, _ := db.Twins(ctx, p.ID, []account.ID{a.ID}); len(twins[a.ID]) != 1 {
			t.Errorf("a withdrawn one is still a twin: %v", twins)
		}
		if err := db.Change(ctx, "", noon, func(tx *Tx) error { return tx.SaveDraft(ctx, p, all[3]) }); !errors.Is(err, ErrConflict) {
			t.Errorf("what was sent is no draft: %v", err)
		}
	})
}
