package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/programme"
	"miseban/internal/store"
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
