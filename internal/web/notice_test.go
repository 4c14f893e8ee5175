package web

import (
	"errors"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/store"
)

// toldSamples makes notices of several kinds for the shop's people.
func (w *world) toldSamples() {
	w.t.Helper()
	ctx, boss := w.t.Context(), w.people[account.Executive]
	w.change(func(tx *store.Tx) error {
		for _, e := range []account.Event{
			{Verb: account.Reminded, Person: boss.ID, Details: map[string]string{"what": "near", "n": "2", "days": "3", "day": "2026-11-22"}},
			{Verb: account.Reminded, Details: map[string]string{"what": "consent", "until": "2026-12-06 00:00", "day": "2026-11-22"}},
			{Verb: account.FindingsMerged, Details: map[string]string{"critical": "1"}},
			{Verb: account.FindingAssigned, Object: account.NewID(), Person: boss.ID, Details: map[string]string{"new": "assignee", "due": "2026-12-01"}},
			{Verb: account.DiagnosisLeft, Object: account.NewID(), Details: map[string]string{"state": "finished"}},
		} {
			e.Shop = w.shop.ID
			tx.Record(e)
		}
		return nil
	})
	w.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddInstruction(ctx, w.shop.ID, &store.Instruction{To: boss.ID, Task: "パスワードを変える", Due: "2026-12-01"}))
	})
}

// TestNotices: the number stands on every page; a notice leads to its page and
// is read then; nobody reads what somebody else was told.
func TestNotices(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss, other := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner])
	boss.get("/notices").wants(t, 200, "未読の通知はありません")
	w.toldSamples()
	boss.get("/account").wants(t, 200, `<span class="unreads">6</span>`)
	list := boss.get("/notices").wants(t, 200, "「山田茶舗」の診断が終わりました。", "期限まで 3 日以内の検出事項が 2 件", "指示を受けました（期限 2026-12-01）")
	first := list.between(t, `action="/notices/`, `/open"`)
	if !account.ID(first).Valid() {
		first = first[strings.LastIndex(first, "/")+1:]
	}
	boss.post("/notices/"+first+"/open").wants(t, 303, "/shops/"+string(w.shop.ID)+"/checklists/instructions/")
	boss.get("/account").wants(t, 200, `<span class="unreads">5</span>`)
	other.post("/notices/"+first+"/open").wants(t, 404)
	other.post("/notices/"+first+"/read").wants(t, 404)
	upTo := boss.get("/notices").between(t, `name="up-to" value="`, `"`)
	w.change(func(tx *store.Tx) error { // comes while the page is open
		tx.Record(account.Event{Verb: account.DiagnosisLeft, Shop: w.shop.ID, Details: map[string]string{"state": "failed"}})
		return nil
	})
	boss.post("/notices/read", "up-to", upTo).wants(t, 303, "/notices")
	boss.get("/notices").wants(t, 200, "診断を行えませんでした", `<span class="unreads">1</span>`)
	boss.get("/notices?show=all").wants(t, 200, "診断が終わりました")
	boss.post("/notices/read", "up-to", "x").wants(t, 400)

	boss.post("/account/notices", "how-diagnosis", "now", "how-due", "off", "how-emergency", "off").wants(t, 303, "/account/notices")
	page := boss.get("/account/notices").wants(t, 200, `value="now" checked aria-label="診断の終了と中断`, `value="off" checked aria-label="期限が近い・過ぎたとき`, "止められません")
	if strings.Contains(page.body, "how-emergency") {
		t.Error("the emergency can be turned off")
	}
	chosen, err := w.db.NoticeSettings(t.Context(), w.people[account.Executive].ID)
	if err != nil || chosen[notice.Emergency] == notice.Off {
		t.Errorf("%v %v", chosen, err)
	}
}
