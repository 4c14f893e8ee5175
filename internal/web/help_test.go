package web

import (
	"strconv"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/store"
)

// TestBreached: the clock counts the day of knowing as the first, a shop's
// sheet is filled in with what is known of it, and is nobody else's.
func TestBreached(t *testing.T) {
	t.Parallel()
	w := settled(t)
	nobody, boss := w.visitor(), w.as(w.people[account.Executive])
	body := nobody.get("/breached?known=2026-11-20").wants(t, 200, "2026-11-22", "2026-11-24", "2026-12-19", "2027-01-18", "原文未確認", "電源は切らない").body
	if strings.Contains(body, w.shop.Company) {
		t.Error("a stranger's sheet names a shop")
	}
	nobody.get("/breached").wants(t, 200, "【要記入】")
	nobody.get("/breached?known=2026-11-22T20:30").wants(t, 200, "2026-11-22 23:30", "あと 2 時間 30 分", "2026-11-24", "証拠の記録", "警察への相談票")
	nobody.get("/breached?known=2020-01-01").wants(t, 200, "過ぎています")
	nobody.get("/breached?known=gestern").wants(t, 422)
	page := "/shops/" + string(w.shop.ID) + "/breached"
	boss.get(page+"?known=2026-11-20").wants(t, 200, w.shop.Company, w.shop.URL)
	if text := unzipped(t, boss.get(page+"/word?known=2026-11-20").wants(t, 200).body); !strings.Contains(text, w.shop.Company) || !strings.Contains(text, "2027-01-18") {
		t.Error("the Word file is not filled in")
	}
	boss.get(page+"/pdf").wants(t, 200, "%PDF")
	w.as(w.people[account.Maintainer]).get(page).wants(t, 403)
}

// TestContracts: the sheet says for whom it is, on the page and in the file.
func TestContracts(t *testing.T) {
	t.Parallel()
	nobody := settled(t).visitor()
	nobody.get("/contracts").wants(t, 200, "契約書のひな形ではありません", "責任分界点", "公開前の脆弱性診断", "事故のときの協力")
	if text := unzipped(t, nobody.get("/contracts/word").wants(t, 200).body); strings.Count(text, "弁護士に相談するための資料") < 2 || !strings.Contains(text, "法律上の助言ではありません") {
		t.Error("the file does not say what it is")
	}
	nobody.get("/contracts").wants(t, 200, "誰が当てるか", "いつまでに当てるか", "費用を誰が負担するか", "パッケージ開発元", "文案のたたき台")
	nobody.get("/contracts/pdf").wants(t, 200, "%PDF")
}

// TestShopContract: what a contract lacks goes into the request to the
// contractor where the shop wants it, as it was then.
func TestShopContract(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	shop := "/shops/" + string(w.shop.ID)
	page := shop + "/contract"
	boss.get(page).wants(t, 200, "責任分界点")
	form := []string{"revision", "0", "with", "株式会社保守", "clause-logs", "no", "clause-boundary", "partly", "clause-coding", "yes", "until"}
	boss.post(page, append(form, "2027-03-31")...).wants(t, 303)
	boss.post(page, append(form, "2027-03-31")...).wants(t, 409) // somebody was faster
	boss.post(page, append(form, "31.3.")...).wants(t, 422, "日付を確かめて")
	boss.post(page, "revision", "1", "clause-logs", "perhaps").wants(t, 400)
	boss.get(page).wants(t, 200, "決まっていない項目が 2 件", "株式会社保守")
	if text := unzipped(t, boss.get(page+"/word").wants(t, 200).body); !strings.Contains(text, "弁護士に相談するための資料") || !strings.Contains(text, "2027-03-31") {
		t.Error("the sheet is not filled in")
	}
	w.as(w.people[account.Maintainer]).get(page).wants(t, 403)
	w.found(w.shop.ID, "r1", "/a")
	found, _, err := w.db.Findings(t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil || len(found) == 0 {
		t.Fatal(err)
	}
	finding := string(found[0].ID) + ":" + strconv.Itoa(found[0].Revision)
	boss.post(shop+"/findings/request", "finding", finding).wants(t, 200, "2 項目の協議")
	boss.post(shop+"/requests", "finding", finding, "company", "株式会社保守", "person", "保守 太郎", "mail", "m@example.jp", "due", "2026-12-06", "clauses", "yes").wants(t, 201)
	list, err := w.db.Requests(t.Context(), w.shop.ID, store.RequestFilter{Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if got := list[0].Clauses; len(got) != 2 || got[0] != "boundary" || got[1] != "logs" {
		t.Errorf("the request speaks of %v", got)
	}
	text := unzipped(t, boss.get(shop+"/requests/"+string(list[0].ID)+"/word").wants(t, 200).body)
	if !strings.Contains(text, "契約で決まっていない項目") || !strings.Contains(text, "ログの保管と提出") || strings.Contains(text, "安全な作り方") {
		t.Error("the paper does not speak of what is missing, or of more")
	}
}
