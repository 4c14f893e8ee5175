package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/diagnose"
	"miseban/internal/notice"
	"miseban/internal/wire"
)

// told lists what a person was told, oldest first, in Japanese.
func told(t *testing.T, db *DB, person account.ID) []string {
	t.Helper()
	list, err := db.Notices(t.Context(), person, "", true, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i].Say("ja", "店"))
	}
	return out
}

// TestNotices: what others do is told to whom it concerns, in the same change,
// and to nobody else.
func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		shopkeeper, boss := settle(t, db, account.Shopkeeper, "店主")
		_, stranger := settle(t, db, account.Shopkeeper, "別の店主")
		firm, vendor := settle(t, db, account.Contractor, "保守会社")
		shop := &account.Shop{ID: account.NewID(), Organisation: shopkeeper.ID, State: account.Planned, Name: "店"}
		clerk := &account.Person{ID: account.NewID(), Mail: "clerk@example.jp", Name: "担当"}
		grant := &account.Grant{ID: account.NewID(), Shop: shop.ID, Organisation: firm.ID, As: account.AsContractor, From: noon, Until: noon.AddDate(1, 0, 0)}
		x := &Diagnosis{ID: account.NewID(), Shop: shop.ID, State: DiagnosisQueued, By: clerk.ID}
		run := &diagnose.Run{ID: "r20261122-120000-aaaaa", Shop: "http://127.0.0.1/", Started: noon, Scope: &wire.Scope{}}
		change(t, db, boss.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.AddPerson(ctx, clerk, "hash"), tx.AddRoles(ctx, clerk.ID, shopkeeper.ID, shopkeeper.Kind, []account.Role{account.Practitioner}), tx.AddShop(ctx, shop), tx.AddGrant(ctx, grant, shop), tx.AddDiagnosis(ctx, x, run))
		})
		if ok, err := db.TakeDiagnosis(ctx, x.ID, "h", time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		ins := &Instruction{To: firm.ID, Task: "更新", Due: "2026-12-01"}
		change(t, db, "", func(tx *Tx) error { return tx.LeaveDiagnosis(ctx, x, "h", DiagnosisFinished, "", time.Time{}) })
		change(t, db, boss.Person.ID, func(tx *Tx) error { return tx.AddInstruction(ctx, shop.ID, ins) })
		change(t, db, vendor.Person.ID, func(tx *Tx) error {
			return tx.MoveInstruction(ctx, shop.ID, ins.ID, 1, InstructionReplied, "済")
		})
		change(t, db, boss.Person.ID, func(tx *Tx) error {
			for i := range 3 {
				f := &Finding{ID: account.NewID(), Shop: shop.ID, Revision: i}
				tx.Record(account.Event{Verb: account.FindingAssigned, Object: f.ID, Shop: shop.ID, Person: clerk.ID, Details: map[string]string{"due": "2026-12-01", "new": "assignee"}})
			}
			tx.Record(account.Event{Verb: account.FindingsMerged, Shop: shop.ID, Details: map[string]string{"critical": "2"}})
			return nil
		})
		for _, w := range []struct {
			who  string
			id   account.ID
			want []string
		}{
			{"boss", boss.Person.ID, []string{"「店」の診断が終わりました。", "「店」について出した指示に、回答がありました。"}},
			{"clerk", clerk.ID, []string{"「店」の診断が終わりました。", "「店」の検出事項 3 件の担当になりました。", "「店」で、緊急の検出事項が新しく 2 件見つかりました。"}},
			{"vendor", vendor.Person.ID, []string{"あなたの組織が「店」を受け持つことになりました。", "「店」について指示を受けました（期限 2026-12-01）。", "「店」で、緊急の検出事項が新しく 2 件見つかりました。"}},
			{"stranger", stranger.Person.ID, nil},
		} {
			if got := told(t, db, w.id); fmt.Sprint(got) != fmt.Sprint(w.want) {
				t.Errorf("%s was told %q, want %q", w.who, got, w.want)
			}
		}
		list, err := db.Notices(ctx, clerk.ID, "", false, 100)
		if err != nil || len(list) != 3 || list[1].Target() != "/shops/"+string(shop.ID)+"/findings?who=me" {
			t.Fatalf("%+v %v", list, err)
		}
		if _, err := db.ReadNotice(ctx, boss.Person.ID, list[0].ID, noon); !errors.Is(err, ErrNotFound) {
			t.Errorf("read what somebody else was told: %v", err)
		}
		if n, err := db.ReadNotice(ctx, clerk.ID, list[0].ID, noon); err != nil || n.Seen.IsZero() {
			t.Errorf("%+v %v", n, err)
		}
		if n, err := db.Unread(ctx, clerk.ID); n != 2 || err != nil {
			t.Errorf("%d unread: %v", n, err)
		}
		if err := db.ReadNotices(ctx, clerk.ID, list[2].ID, noon); err != nil {
			t.Fatal(err)
		}
		if n, err := db.Unread(ctx, clerk.ID); n != 1 || err != nil {
			t.Errorf("%d unread after those up to the oldest: %v", n, err)
		}
		change(t, db, clerk.ID, func(tx *Tx) error {
			return tx.SetNotices(ctx, clerk.ID, map[notice.Kind]notice.How{notice.Diagnosis: notice.AtOnce, notice.Emergency: notice.Off, notice.Due: "nonsense"})
		})
		if m, err := db.NoticeSettings(ctx, clerk.ID); err != nil || m[notice.Diagnosis] != notice.AtOnce || m[notice.Emergency] != notice.AtOnce || m[notice.Due] != notice.Daily {
			t.Errorf("%v %v", m, err)
		}
	})
}

// TestRequestNotices: a request is told to the contractor, its answer to who
// asked and to the executive, the decision to the contractor; a question that
// was given out by link to who gave it, once. What comes by link comes from nobody.
func TestRequestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		keeper, boss := settle(t, db, account.Shopkeeper, "店主")
		firm, vendor := settle(t, db, account.Contractor, "保守会社")
		_, stranger := settle(t, db, account.Contractor, "別の保守会社")
		shop := &account.Shop{ID: account.NewID(), Organisation: keeper.ID, State: account.Planned, Name: "店"}
		clerk := &account.Person{ID: account.NewID(), Mail: "clerk@example.jp", Name: "担当"}
		change(t, db, boss.Person.ID, func(tx *Tx) error {
			return errors.Join(tx.AddPerson(ctx, clerk, "hash"), tx.AddRoles(ctx, clerk.ID, keeper.ID, keeper.Kind, []account.Role{account.Practitioner}), tx.AddShop(ctx, shop),
				tx.AddGrant(ctx, &account.Grant{ID: account.NewID(), Shop: shop.ID, Organisation: firm.ID, As: account.AsContractor, From: noon, Until: noon.AddDate(1, 0, 0)}, shop))
		})
		x := &Request{Shop: shop.ID, Organisation: firm.ID, Company: "保守会社", Person: "田中", Mail: "t@example.jp", Due: "2026-12-05", Items: []RequestItem{{Number: 1, Finding: account.NewID()}}}
		question := &Delegation{Shop: shop.ID, Edition: "e", Question: "q", Name: "鈴木", Mail: "s@example.jp"}
		question.Link.Expires = noon.AddDate(0, 0, 7)
		_, print := account.NewToken()
		change(t, db, clerk.ID, func(tx *Tx) error { return errors.Join(tx.AddRequest(ctx, x), tx.AddDelegation(ctx, question, print)) })
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, x, false, "田中", "link") })
		change(t, db, "", func(tx *Tx) error { return tx.SaveReplies(ctx, x, true, "田中", "link") })
		change(t, db, boss.Person.ID, func(tx *Tx) error { return tx.DecideRequest(ctx, x) })
		for revision := range 2 {
			change(t, db, "", func(tx *Tx) error {
				tx.Delegate = question.ID
				return tx.SaveAnswer(ctx, shop.ID, &assessment.Answer{Edition: "e", Question: "q", Revision: revision, Value: "done"})
			})
		}
		for _, w := range []struct {
			who  string
			id   account.ID
			want []string
		}{
			{"boss", boss.Person.ID, []string{"「店」の対策依頼に回答がありました。承認するか、差し戻してください。"}},
			{"clerk", clerk.ID, []string{"「店」の対策依頼に回答がありました。承認するか、差し戻してください。", "「店」の対策依頼への回答が、差し戻されました。", "「店」について URL で頼んだ質問に、回答がありました。"}},
			{"vendor", vendor.Person.ID, []string{"あなたの組織が「店」を受け持つことになりました。", "「店」の検出事項 1 件について、対策の依頼を受けました（回答期限 2026-12-05）。", "「店」の対策依頼への回答が、差し戻されました。"}},
			{"stranger", stranger.Person.ID, nil},
		} {
			if got := told(t, db, w.id); fmt.Sprint(got) != fmt.Sprint(w.want) {
				t.Errorf("%s was told %q, want %q", w.who, got, w.want)
			}
		}
		list, err := db.Notices(ctx, clerk.ID, "", false, 1)
		if err != nil || len(list) != 1 || list[0].Target() != "/shops/"+string(shop.ID)+"/checklists/e/questions/q" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// TestTaken: who offered a shop is told that somebody took it on, and not so when
// a link to one answer is used up.
func TestTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		shopkeeper, boss := settle(t, db, account.Shopkeeper, "店主")
		shop := &account.Shop{ID: account.NewID(), Organisation: shopkeeper.ID, State: account.Planned, Name: "店"}
		change(t, db, boss.Person.ID, func(tx *Tx) error { return tx.AddShop(ctx, shop) })
		for i, want := range []struct {
			purpose account.Purpose
			told    string
		}{{account.Reply, "[]"}, {account.Delegate, "[]"}, {account.Offer, "[「店」を任せる招待が承諾されました。]"}} {
			l := &account.Link{ID: account.NewID(), Purpose: want.purpose, Shop: shop.ID, Expires: noon.Add(time.Hour)}
			change(t, db, boss.Person.ID, func(tx *Tx) error { return tx.AddLink(ctx, l, fmt.Sprint(i)) })
			change(t, db, "", func(tx *Tx) error { return tx.TakeLink(ctx, l) })
			if got := fmt.Sprint(told(t, db, boss.Person.ID)); got != want.told {
				t.Errorf("%s: told %s, want %s", want.purpose, got, want.told)
			}
		}
	})
}

// TestLettersSince: letters count for who had them sent and for the organisation,
// for a time; what Miseban itself sends counts for nobody.
func TestLettersSince(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		org, boss := settle(t, db, account.Shopkeeper, "店主")
		me := boss.Person.ID
		change(t, db, me, func(tx *Tx) error {
			tx.Record(account.Event{Verb: account.MailTrial, Person: me})
			for _, m := range []Mail{{By: me, For: org.ID}, {By: me}, {By: account.NewID(), For: org.ID}, {By: account.NewID(), For: org.ID}, {}} {
				m.To, m.Letter = "a@example.jp", &notice.Letter{About: notice.LetterTrial}
				if err := tx.AddLetter(ctx, &m); err != nil {
					return err
				}
			}
			for _, x := range []struct {
				person, org account.ID
				then        time.Time
				mine, ours  int
			}{{me, org.ID, tx.At.Add(-time.Hour), 2, 3}, {me, org.ID, tx.At, 0, 0}, {"", "", tx.At.Add(-time.Hour), 0, 0}} {
				if mine, ours, err := tx.LettersSince(ctx, x.person, x.org, x.then); mine != x.mine || ours != x.ours || err != nil {
					t.Errorf("%d and %d letters (%v), want %d and %d", mine, ours, err, x.mine, x.ours)
				}
			}
			return nil
		})
	})
}

// TestRemind: days that come near or pass are told once, also when a day was
// missed, and also when it is asked twice.
func TestRemind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *DB, _ func() *DB) {
		ctx := t.Context()
		o, boss := settle(t, db, account.Shopkeeper, "店主")
		shop := &account.Shop{ID: account.NewID(), Organisation: o.ID, State: account.Planned, Name: "店"}
		change(t, db, "", func(tx *Tx) error { return tx.AddShop(ctx, shop) })
		insert := func(due, who string, open int) {
			t.Helper()
			change(t, db, "", func(tx *Tx) error {
				tx.Record(account.Event{Verb: account.FindingMoved, Shop: shop.ID})
				id := string(account.NewID())
				_, err := tx.exec(ctx, `INSERT INTO findings (id, shop_id, fingerprint, cause, check_name, place, severity, confidence, rank, state, open, moved, first_run, first_seen, last_run, last_seen, gone_run, gone, scope, level, accounts, assignee_id, due, expires, reason, retest_id, revision, doc) VALUES ($1, $2, $3, '', 'hsts', '', 2, '', '', 'new', $4, '', '', '', '', '', '', '', '', 1, 0, $5, $6, '', '', '', 0, '{}')`, id, string(shop.ID), id, open, who, due)
				return err
			})
		}
		me := string(boss.Person.ID)
		insert("2026-11-25", me, 1)
		insert("2026-11-25", me, 1)
		insert("2026-11-25", me, 0)
		insert("2026-11-21", "", 1)
		insert("2026-11-26", me, 1)
		change(t, db, "", func(tx *Tx) error {
			return errors.Join(
				tx.AddConsent(ctx, &account.Consent{ID: account.NewID(), Shop: shop.ID, Until: noon.AddDate(0, 0, 3)}),
				tx.AddInstruction(ctx, shop.ID, &Instruction{To: boss.Person.ID, Task: "x", Due: "2026-11-24"}))
		})
		all := len(told(t, db, boss.Person.ID)) // the instruction itself
		now := func(want ...string) {
			t.Helper()
			got := told(t, db, boss.Person.ID)[all:]
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("told %q, want %q", got, want)
			}
			all += len(got)
		}
		if ok, err := db.Remind(ctx, noon); !ok || err != nil {
			t.Fatal(ok, err)
		}
		now("「店」に、期限まで 3 日以内の検出事項が 2 件あります。", "「店」に、期限を過ぎた検出事項が新しく 1 件あります。", "「店」の診断の同意は、2026-11-25 21:00 に期限が切れます。続けて診断するには、新しい同意が必要です。")
		if ok, err := db.Remind(ctx, noon.Add(time.Hour)); ok || err != nil {
			t.Fatal(ok, err)
		}
		now()
		if _, err := db.Remind(ctx, noon.AddDate(0, 0, 4)); err != nil { // nobody was there for three days
			t.Fatal(err)
		}
		now("「店」に、期限まで 3 日以内の検出事項が 1 件あります。", "「店」に、期限を過ぎた検出事項が新しく 2 件あります。", "「店」についての指示の期限（2026-11-24）が過ぎました。")
		if _, err := db.VerifyAudit(ctx); err != nil {
			t.Error(err)
		}
	})
}
