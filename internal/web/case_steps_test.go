package web

import (
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// record writes a record of a case as if its page had done so.
func (w *world) record(id account.ID, r programme.Record, doc any) {
	w.t.Helper()
	w.change(func(tx *store.Tx) error {
		return tx.KeepCaseRecord(w.t.Context(), w.programme.ID, &store.CaseRecord{Case: id, Record: r}, doc)
	})
}

// surroundings are answers to the whole environment sheet.
var surroundings = map[string]map[string]string{
	"urls":      {"start": "https://tea.example.jp/", "site": "live", "shared": "no"},
	"windows":   {"hours": "some", "from": "01:00", "to": "06:00"},
	"sale-days": {"any": "none"},
	"waf":       {"has": "waf", "product": "見本 WAF", "manager": "provider", "plan": "pass"},
	"hosting":   {"provider": "見本サーバ", "kind": "vps", "permission": "obtained", "reference": "2026-11-01 受付 123"},
	"accounts":  {"use": "use"},
	"contacts":  {"name": "山田 花子", "phone": "03-1234-5678", "hours": "毎日 9〜18時"},
}

// surrounded fills the environment sheet of a case.
func (w *world) surrounded(id account.ID) {
	w.t.Helper()
	for _, i := range programme.Sheet() {
		values := surroundings[i.ID]
		state, open := i.State(values)
		if state != programme.SheetDone {
			w.t.Fatalf("%s: %v", i.ID, open)
		}
		w.record(id, programme.Record{Kind: programme.RecordSheet, Name: i.ID, State: string(state), Mark: i.Mark(values)}, values)
	}
}

// TestSheet: the shop fills the environment sheet bit by bit and hands the
// self-check in; nobody overwrites another's answers unseen.
func TestSheet(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c := w.board()[0]
	prog := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	shop := "/shops/" + string(w.shop.ID) + "/cases/" + string(c.ID)
	boss, clerk := w.as(w.people[account.Executive]), w.as(w.people[account.Clerk])
	boss.get(shop).wants(t, 200, "診断環境シートを開く")
	boss.get(shop+"/sheet").wants(t, 200, "診断してよい時間帯", "未記入があります", "あと")
	save := func(v *visitor, base, item, revision string, code int, words ...string) {
		t.Helper()
		kv := []string{"revision", revision}
		for k, x := range surroundings[item] {
			kv = append(kv, item+"-"+k, x)
		}
		v.post(base+"/sheet/"+item, kv...).wants(t, code, words...)
	}
	boss.post(shop+"/sheet/windows", "revision", "0", "windows-hours", "some", "windows-from", "25:00").wants(t, 422, "02:00 の形で")
	boss.post(shop+"/sheet/windows", "revision", "0", "windows-hours", "some", "windows-from", "02:00").wants(t, 303)
	boss.get(shop+"/sheet").wants(t, 200, "終わり（日本時間）")
	save(clerk, prog, "windows", "0", 409, "ほかの人が先に保存しました", "02:00", "06:00")
	save(clerk, prog, "windows", "1", 303)
	boss.post(shop+"/hand-in").wants(t, 303, "/sheet#hand-in")
	boss.get(shop+"/sheet").wants(t, 200, "まだ答えていない項目が")
	for _, i := range programme.Sheet() {
		if i.ID != "windows" {
			save(boss, shop, i.ID, "0", 303)
		}
	}
	boss.post(shop+"/sheet/waf", "revision", "1", "waf-has", "unknown", "waf-product", "消える").wants(t, 303)
	if r := boss.get(shop+"/sheet").wants(t, 200, "確認が必要です"); strings.Contains(r.body, "消える") {
		t.Error("what is not asked is kept")
	}
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	w.answerAll(e)
	boss.post(shop+"/hand-in").wants(t, 303)
	boss.get(shop+"/sheet").wants(t, 200, "セルフチェックを提出しました", "提出済み")
	clerk.get(prog).wants(t, 200, "お店がセルフチェックを提出", "事務局")
	clerk.post(prog+"/move", "seen", "step1", "to", "step2").wants(t, 303)
	boss.post(shop+"/hand-in").wants(t, 303, "#hand-in")
	// The firm reads it where the shop lets it in; nobody else's case is told of.
	w.as(w.people[account.Diagnostician]).get(shop+"/sheet").wants(t, 200, "見本サーバ")
	w.as(w.people[account.Diagnostician]).post(shop+"/sheet/waf", "revision", "2").wants(t, 403)
	clerk.get("/programmes/"+string(w.foreign.ID)+"/cases/"+string(c.ID)+"/sheet").wants(t, 404)
	boss.get("/shops/"+string(w.shop.ID)+"/cases/"+string(w.board()[2].ID)+"/sheet").wants(t, 404)
}

// answerAll answers every question of an edition for the world's shop.
func (w *world) answerAll(e *guideline.Edition) {
	w.t.Helper()
	w.change(func(tx *store.Tx) error {
		for i := range e.Questions {
			q := &e.Questions[i]
			if err := tx.SaveAnswer(w.t.Context(), w.shop.ID, &assessment.Answer{Edition: e.ID, Question: q.ID, Value: q.Choices()[0]}); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestGate: Step 3 opens by records alone, and each that is missing is named;
// nobody diagnoses a shop that his firm builds, nobody reviews his own work.
func TestGate(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c := w.board()[1]
	prog := "/programmes/" + string(w.programme.ID) + "/cases/" + string(c.ID)
	shop := "/shops/" + string(w.shop.ID) + "/cases/" + string(c.ID)
	clerk, boss := w.as(w.people[account.Clerk]), w.as(w.people[account.Executive])
	tester, reviewer := w.as(w.people[account.Diagnostician]), w.as(w.people[account.Reviewer])
	clerk.get(prog+"/gate").wants(t, 200, "ヒアリングを行い", "診断に同意してください", "「WAF・CDN」を埋め", "緊急の連絡先が、まだ")
	clerk.post(prog+"/calls", "to", "1", "answered", "answered", "contacts", programme.ContactsMark(0)).wants(t, 422, "かけた相手を選び直して")
	w.surrounded(c.ID)
	clerk.get(prog+"/gate").wants(t, 200, "シートの記入は済んでいます", "試しの電話をかけてください", "03-1234-5678")
	clerk.post(prog+"/calls", "to", "1", "contacts", programme.ContactsMark(1)).wants(t, 422, "電話に出たかどうか")
	clerk.post(prog+"/calls", "to", "2", "answered", "answered", "contacts", programme.ContactsMark(1)).wants(t, 422)
	clerk.post(prog+"/calls", "to", "1", "answered", "failed", "contacts", programme.ContactsMark(1)).wants(t, 303)
	clerk.get(prog+"/gate").wants(t, 200, "試しの電話に出ませんでした")
	w.pass(time.Minute)
	clerk.post(prog+"/calls", "to", "1", "answered", "answered", "contacts", programme.ContactsMark(1), "call-words", "平日の夜も可").wants(t, 303)

	// The consent names an account: it must have been tried.
	w.agreed()
	consent, err := w.db.StandingConsent(t.Context(), w.shop.ID, w.now())
	if err != nil || consent == nil || len(consent.Accounts) == 0 {
		t.Fatal(consent, err)
	}
	clerk.get(prog+"/gate").wants(t, 200, "まだログインできることを確かめていないアカウント: "+consent.Accounts[0], view.Moment(consent.Until))
	tester.post(shop+"/trials", "account", "member99", "outcome", "worked", "trial-words", "x").wants(t, 422, "削除されています")
	tester.post(shop+"/trials", "account", consent.Accounts[0], "outcome", "worked").wants(t, 422, "どのように確かめたか")
	boss.post(shop+"/trials", "account", consent.Accounts[0], "outcome", "worked", "trial-words", "x").wants(t, 403)
	for _, a := range consent.Accounts {
		tester.post(shop+"/trials", "account", a, "outcome", "worked", "trial-words", "11/22 にログインできた").wants(t, 303)
	}
	w.record(c.ID, programme.Record{Kind: programme.RecordMinutes, Name: "hearing", State: programme.IsApproved}, nil)
	known, err := w.db.CasesKnown(t.Context(), []programme.Case{c}, w.now())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range programme.Opening(&known[c.ID].Facts, known[c.ID].Records, known[c.ID].On) {
		if !l.Met {
			t.Errorf("%s is shut: %s", l.Key, l.Todo.In("ja"))
		}
	}

	// Who works for the shop as well does not diagnose it.
	double := w.person("兼務 太郎", w.orgs[account.Firm], account.Diagnostician)
	w.change(func(tx *store.Tx) error {
		o := w.orgs[account.Contractor]
		return tx.AddRoles(t.Context(), double.ID, o.ID, o.Kind, []account.Role{account.Maintainer})
	})
	if r := clerk.get(prog+"/gate").wants(t, 200, "担当する診断員"); strings.Contains(r.body, "兼務 太郎") {
		t.Error("the page offers who works for the shop")
	}
	day := "2026-12-10"
	both := w.person("両方 花子", w.orgs[account.Firm], account.Diagnostician, account.Reviewer)
	clerk.post(prog+"/assign", "person", string(both.ID), "day", day).wants(t, 303)
	clerk.post(prog+"/assign", "person", string(double.ID), "day", day).wants(t, 422, "作っている、または保守している会社の人")
	clerk.post(prog+"/assign", "person", string(w.people[account.Reviewer].ID), "day", day).wants(t, 422, "お店がアクセスを許可している診断会社")
	clerk.post(prog+"/assign", "person", string(w.people[account.Diagnostician].ID), "day", "2020-01-01").wants(t, 422)
	clerk.post(prog+"/assign", "person", string(w.people[account.Diagnostician].ID), "day", day).wants(t, 303)
	boss.get(shop+"/gate").wants(t, 200, day)

	// A second person reviews.
	w.diagnosed("r20261122-120000-revie")
	list, err := w.db.Diagnoses(t.Context(), w.shop.ID, "", 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	id := string(list[0].ID)
	reviewer.post(shop+"/review", "diagnosis", id, "decision", "released").wants(t, 422)
	reviewer.post(shop+"/review", "diagnosis", string(w.absent), "decision", "released", "words", "x").wants(t, 404)
	tester.post(shop+"/review", "diagnosis", id, "decision", "released", "words", "x").wants(t, 403)
	w.as(both).post(shop+"/review", "diagnosis", id, "decision", "released", "words", "x").wants(t, 409, "自分の結果を確認できません")
	reviewer.post(shop+"/review", "diagnosis", id, "decision", "returned", "words", "証拠が足りない").wants(t, 303)
	reviewer.post(shop+"/review", "diagnosis", id, "decision", "released", "words", "直っている").wants(t, 303)
	boss.get(shop+"/gate").wants(t, 200, "報告を認めた", "直っている")
}
