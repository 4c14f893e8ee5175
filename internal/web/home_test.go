package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// mostQuestions is how many questions to the database a page may put.
const mostQuestions = 8

// asked gets a page and counts the questions that it put.
func (v *visitor) asked(path string) (reply, int64) {
	v.t.Helper()
	v.get(path) // the first request of a server asks whether anybody is registered
	before := v.w.db.Asked()
	r := v.get(path)
	return r, v.w.db.Asked() - before
}

// TestHome: everybody finds on the home page what is his to do next, nothing
// of others, in few questions to the database.
func TestHome(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.checklistSamples()
	w.listedFinding()
	both := w.person("店主", w.orgs[account.Shopkeeper], account.Executive, account.Practitioner)
	w.change(func(tx *store.Tx) error {
		return tx.AddInstruction(t.Context(), w.shop.ID, &store.Instruction{To: both.ID, Task: "WAF の見積を取ってください。", Due: "2026-11-01"})
	})
	mixed := w.person("運用もする人", w.orgs[account.Platform], account.Operator)
	w.change(func(tx *store.Tx) error {
		return tx.AddRoles(t.Context(), mixed.ID, w.orgs[account.Office].ID, account.Office, []account.Role{account.Observer})
	})
	for _, x := range []struct {
		who    *account.Person
		wants  []string
		absent []string
	}{
		{w.people[account.Executive], []string{"決めていただきたいこと", "返答の確認", "PHP を、修正が出ている版に更新してください。", "対策が残っているもの"}, []string{"先に直すこと", "診断の状況", "原因ごと", "はじめての診断まで"}},
		{w.people[account.Practitioner], []string{"先に直すこと", "対策が残っているもの"}, []string{"決めていただきたいこと", "診断の状況"}},
		{both, []string{"決めていただきたいこと", "先に直すこと", "WAF の見積を取ってください。", "期限 2026-11-01", "期限超過"}, []string{"診断の状況"}},
		{w.people[account.Maintainer], []string{"原因ごと", "山田茶舗"}, []string{"決めていただきたいこと", "診断の状況", "WAF の見積"}},
		{w.people[account.Diagnostician], []string{"診断の状況", "食い違う質問が", "代替策"}, []string{"先に直すこと", "決めていただきたいこと"}},
		{w.people[account.Clerk], []string{"山田茶舗"}, []string{"先に直すこと", "診断の状況", "決めていただきたいこと"}},
		{w.people[account.Operator], []string{"運用のページを開く", "別のお店"}, []string{"先に直すこと", "診断の状況", "対策が残っているもの", "まだ診断していません", "/standing"}},
		{mixed, []string{"別のお店", "山田茶舗", "対策が残っているもの"}, []string{"まだ診断していません"}},
		{w.people[account.Member], nil, []string{"山田茶舗"}},
		{w.person("役割のない人", w.orgs[account.Contractor]), nil, []string{"山田茶舗"}},
		{w.person("所属のない人", w.orgs[account.Surveyor], account.Coder), []string{"見られるお店はまだありません"}, []string{"山田茶舗"}},
	} {
		r, n := w.as(x.who).asked("/")
		r.wants(t, 200, x.wants...)
		for _, word := range x.absent {
			if strings.Contains(r.body, word) {
				t.Errorf("%s sees %q", x.who.Name, word)
			}
		}
		if n > mostQuestions {
			t.Errorf("%s: %d questions to the database", x.who.Name, n)
		}
	}
}

// TestHomeNewcomer leads from nothing to the first diagnosis.
func TestHomeNewcomer(t *testing.T) {
	t.Parallel()
	w := settled(t)
	org := &account.Organisation{ID: account.NewID(), Kind: account.Shopkeeper, Name: "新しい会社"}
	w.change(func(tx *store.Tx) error { return tx.AddOrganisation(t.Context(), org) })
	boss := w.as(w.person("新しい店主", org, account.Executive))
	boss.get("/").wants(t, 200, "はじめての診断まで", `href="/shops/new"`, "お店のサイトであることを確かめる", "診断への同意を記録する")
	shop := &account.Shop{ID: account.NewID(), Organisation: org.ID, State: account.Trading, Name: "はじめ商店", URL: "https://start.example.jp/"}
	w.change(func(tx *store.Tx) error { return tx.AddShop(t.Context(), shop) })
	page := boss.get("/").wants(t, 200, "「はじめ商店」のはじめての診断まで", "済み", "/shops/"+string(shop.ID)+"/consent", "/shops/"+string(shop.ID)+"/diagnoses/new")
	if strings.Count(page.body, `aria-current="step"`) != 1 {
		t.Error("not one step is the next one")
	}
}

// TestHomeAlternativeOnce: what a diagnostician accepted leaves the queue.
func TestHomeAlternativeOnce(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	q, _ := e.Question("build-2-terminal")
	a := &assessment.Answer{Edition: e.ID, Question: q.ID, Value: guideline.Alternative, Reason: "手で更新しています。"}
	w.change(func(tx *store.Tx) error { return tx.SaveAnswer(t.Context(), w.shop.ID, a) })
	judge := w.as(w.people[account.Diagnostician])
	judge.get("/").wants(t, 200, q.Text.JA)
	judge.post("/shops/"+string(w.shop.ID)+"/checklists/"+e.ID+"/questions/"+q.ID+"/accept", "revision", "1", "accept", "yes").wants(t, 303)
	if body := judge.get("/").body; strings.Contains(body, q.Text.JA) {
		t.Error("an accepted alternative still waits")
	}
}

// TestStanding: the executive's page of a shop says how it stands, what to
// decide and what it could cost, in few questions; published averages are
// never the shop's own, and an estimate shows its formula.
func TestStanding(t *testing.T) {
	t.Parallel()
	w := settled(t)
	page := "/shops/" + string(w.shop.ID) + "/standing"
	boss := w.as(w.people[account.Executive])
	boss.get(page).wants(t, 200, "まだ診断が終わっていません", "経営者が取り組む7項目", "このお店の予測ではありません")
	w.checklistSamples()
	w.listedFinding()
	r, n := boss.asked(page + "?records=3000&sales=100&months=2.5")
	r.wants(t, 200, "今すぐ対応が必要です", "決めていただきたいこと", "担当者・委託先に指示する", "期限超過", "約2,400万円", "19 社・2023 年",
		"約 599 万円 ＝ 3,000 件 × 1,433 円 ＋ 調査 170 万円", "約 250 万円 ＝ 1か月 100 万円 × 2.5 か月", `role="img"`, "一部適合")
	if got := strings.Count(r.body, "/requirements/executive-"); got != 7 {
		t.Errorf("%d of the seven items", got)
	}
	if n > mostQuestions {
		t.Errorf("%d questions to the database", n)
	}
	boss.get(page+"?records=-1&sales=99999999999999999999&months=NaN").wants(t, 200, "試算する")
	w.as(w.people[account.Diagnostician]).get(page).wants(t, 200, "決めていただきたいこと")
	if body := w.as(w.people[account.Practitioner]).get(page).body; strings.Contains(body, "担当者・委託先に指示する") {
		t.Error("a practitioner is led to give instructions")
	}
}

// TestListsHoldWhatOpens: who has no role before a shop finds it in no list.
func TestListsHoldWhatOpens(t *testing.T) {
	t.Parallel()
	w := settled(t)
	for _, p := range []*account.Person{w.people[account.Member], w.person("役割のない人", w.orgs[account.Contractor]), w.people[account.Clerk]} {
		v := w.as(p)
		code := v.get("/shops/" + string(w.shop.ID)).code
		api := w.program(p, account.ReadShops).ask("GET", "/api/v1/shops", nil).wants(t, 200)
		for name, body := range map[string]string{"/shops": v.get("/shops").wants(t, 200).body, "/": v.get("/").wants(t, 200).body, "the API": string(api.body)} {
			if strings.Contains(body, "山田茶舗") != (code == 200) {
				t.Errorf("%s: the shop answers %d, and %s says otherwise", p.Name, code, name)
			}
		}
	}
}
