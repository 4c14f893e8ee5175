package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestDesk: everybody finds on his desk what waits for him and nothing of
// others, in one question; a firm that builds a shop is not its diagnostician.
func TestDesk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		l := list0(t, db)
		l.look(0, wire.Safe, verdict.NotMet, "", "/a", "/b", "/c")
		shop, err := db.Shop(ctx, l.shop)
		if err != nil {
			t.Fatal(err)
		}
		maker, fitter := settle(t, db, account.Contractor, "制作会社")
		firm, judge := settle(t, db, account.Firm, "診断会社")
		_, stranger := settle(t, db, account.Firm, "ほかの診断会社")
		boss, err := db.Actor(ctx, shopBoss(t, db, shop))
		if err != nil {
			t.Fatal(err)
		}
		claims := []Claim{{"e", "q1", "hsts"}, {"e", "q2", "csp"}}
		change(t, db, boss.Person.ID, func(tx *Tx) error {
			return errors.Join(
				tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: l.shop, Organisation: maker.ID, As: account.AsContractor, From: noon, Until: noon.AddDate(1, 0, 0)}, shop),
				tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: l.shop, Organisation: firm.ID, As: account.AsFirm, From: noon, Until: noon.AddDate(1, 0, 0)}, shop),
				tx.AddInstruction(ctx, l.shop, &Instruction{To: maker.ID, Task: "直してください。", Due: "2026-12-10"}),
				tx.SaveAnswer(ctx, l.shop, &assessment.Answer{Edition: "e", Question: "q1", Value: guideline.Done}),
				tx.SaveAnswer(ctx, l.shop, &assessment.Answer{Edition: "e", Question: "q2", Value: guideline.Done}),
				tx.SaveAnswer(ctx, l.shop, &assessment.Answer{Edition: "e", Question: "q3", Value: guideline.Alternative, Reason: "手で更新"}),
			)
		})
		at := noon.Add(48 * time.Hour)
		desk := func(a *account.Actor, shops ...account.ID) *Desk {
			t.Helper()
			before := db.Asked()
			d, err := db.Desk(ctx, a, shops, claims, at)
			if err != nil {
				t.Fatal(err)
			}
			if n := db.Asked() - before; n != 1 {
				t.Errorf("%d questions", n)
			}
			return d
		}
		if d := desk(boss, l.shop); d.Shops[l.shop].All() != 3 || d.Shops[l.shop].Open[check.Low] != 3 || d.Shops[l.shop].Answered != 3 || len(d.Given)+len(d.Alternatives)+len(d.Clashing) != 0 {
			t.Errorf("the shop's own: %+v, %+v", d, d.Shops[l.shop])
		}
		if d := desk(fitter); len(d.Given) != 1 || d.Given[0].Shop != l.shop || d.Given[0].Words != "直してください。" || d.Given[0].Day != "2026-12-10" {
			t.Errorf("the contractor: %+v", d)
		}
		d := desk(judge, l.shop)
		if len(d.Alternatives) != 1 || d.Alternatives[0].More != "q3" || len(d.Clashing) != 1 || d.Clashing[0].N != 1 || d.Clashing[0].Words != "e" || len(d.Given) != 0 {
			t.Errorf("the diagnostician: %+v", d)
		}
		if d := desk(stranger); len(d.Alternatives)+len(d.Clashing)+len(d.Diagnoses)+len(d.Given) != 0 {
			t.Errorf("a stranger: %+v", d)
		}
		change(t, db, judge.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.AddOverrule(ctx, l.shop, &assessment.Overrule{Edition: "e", Requirement: "r1", Verdict: verdict.Partly, Note: "一", Rule: verdict.Met}),
				tx.AddOverrule(ctx, l.shop, &assessment.Overrule{Edition: "e", Requirement: "r1", Verdict: verdict.NotMet, Note: "二", Rule: verdict.Met, Against: []string{"hsts"}}),
				tx.AddOverrule(ctx, l.shop, &assessment.Overrule{Edition: "e", Requirement: "r2", Verdict: verdict.Partly, Note: "三", Rule: verdict.Met}), tx.AddOverrule(ctx, l.shop, &assessment.Overrule{Edition: "e", Requirement: "r2"}))
		})
		said, err := db.Statement(ctx, shop, "", Inside)
		if err != nil || len(said.Answers) != 3 || len(said.Overrules) != 1 || said.Overrules[0].Note != "二" || said.Overrules[0].Rule != verdict.Met || len(said.Overrules[0].Against) != 1 {
			t.Errorf("the shop's statement: %+v, %v", said, err)
		}
		if each, err := db.Overrules(ctx, l.shop, "e", Inside); err != nil || len(each) != 1 || each[0].Note != "二" {
			t.Errorf("overrules: %+v, %v", each, err)
		}
		work, err := db.Worklist(ctx, fitter, at, 2)
		if err != nil || len(work) != 2 || work[0].ShopName != "茶" {
			t.Errorf("the work list: %+v, %v", work, err)
		}
		if work, err = db.Worklist(ctx, judge, at, 2); err != nil || len(work) != 0 {
			t.Errorf("a diagnostician's: %+v, %v", work, err)
		}
		change(t, db, "", func(tx *Tx) error {
			return tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: l.shop, Organisation: firm.ID, As: account.AsContractor, From: noon, Until: noon.AddDate(1, 0, 0)}, shop)
		})
		if d := desk(judge); len(d.Alternatives)+len(d.Clashing) != 0 {
			t.Errorf("a firm that builds the shop judges it: %+v", d)
		}
	})
}

// shopBoss is somebody of the organisation that a shop belongs to.
func shopBoss(t *testing.T, db *DB, s *account.Shop) account.ID {
	t.Helper()
	var id account.ID
	if err := db.read.QueryRowContext(context.WithoutCancel(t.Context()), `SELECT person_id FROM memberships WHERE organisation_id = $1`, string(s.Organisation)).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}
