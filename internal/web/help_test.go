package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
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
	nobody.get("/contracts").wants(t, 200, "契約書のひな形ではありません", "責任分界点", "公開前の診断", "事故のときの協力")
	if text := unzipped(t, nobody.get("/contracts/word").wants(t, 200).body); strings.Count(text, "弁護士に相談するための資料") < 2 || !strings.Contains(text, "法律上の助言ではありません") {
		t.Error("the file does not say what it is")
	}
	nobody.get("/contracts/pdf").wants(t, 200, "%PDF")
}
