package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
)

// TestInstructionWay: what, who, until; reply, return, reply, done; and that a
// contractor sees what is asked of his firm alone.
func TestInstructionWay(t *testing.T) {
	t.Parallel()
	w := settled(t)
	list := "/shops/" + string(w.shop.ID) + "/checklists/instructions"
	boss, staff, vendor := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner]), w.as(w.people[account.Maintainer])
	me, firm := string(w.people[account.Practitioner].ID), string(w.orgs[account.Contractor].ID)
	boss.get(list+"?edition=ipa-ec-2023&requirement=build-2").wants(t, 200, "指示を出す", "最新の状態にする。」について", me, firm)
	if strings.Contains(staff.get(list).wants(t, 200, "指示はまだありません").body, "<form method=\"post\" action=\""+list) {
		t.Error("somebody who may not is offered to instruct")
	}
	boss.post(list, "to", "nobody", "task", " ", "due", "2026-01-01").wants(t, 422, "一覧から選んで", "文字までで", "2年以内")
	boss.post(list, "to", string(w.people[account.Diagnostician].ID), "task", "a", "due", "2026-12-01").wants(t, 422, "一覧から選んで")
	staff.post(list, "to", me, "task", "a", "due", "2026-12-01").wants(t, 403)
	at := boss.post(list, "to", me, "task", "PHP を更新してください", "due", "2026-12-01", "edition", "ipa-ec-2023", "requirement", "build-2").wants(t, 303).location
	staff.get(at).wants(t, 200, "PHP を更新してください", "回答待ち", "requirements/build-2")
	vendor.get(at).wants(t, 404)
	if strings.Contains(vendor.get(list).wants(t, 200).body, "PHP") {
		t.Error("a contractor sees what is not for his firm")
	}
	boss.post(at+"/reply", "revision", "1", "words", "代わりに").wants(t, 403)
	staff.post(at+"/reply", "revision", "1", "words", " ").wants(t, 422, "文字までで")
	staff.post(at+"/reply", "revision", "1", "words", "更新しました").wants(t, 303)
	staff.post(at+"/reply", "revision", "1", "words", "更新しました").wants(t, 409)
	staff.post(at+"/decide", "revision", "2", "act", "acknowledge").wants(t, 403)
	boss.get(at).wants(t, 200, "確認待ち", "更新しました", "差し戻す")
	boss.post(at+"/decide", "revision", "2", "act", "return").wants(t, 422)
	boss.post(at+"/decide", "revision", "2", "act", "return", "words", "試験の結果も付けてください").wants(t, 303)
	staff.post(at+"/reply", "revision", "3", "words", "付けました").wants(t, 303)
	boss.post(at+"/decide", "revision", "4", "act", "nothing").wants(t, 400)
	boss.post(at+"/decide", "revision", "4", "act", "acknowledge").wants(t, 303)
	staff.get(at).wants(t, 200, "完了", "試験の結果も付けてください", "付けました")
	boss.post(at+"/decide", "revision", "5", "act", "withdraw").wants(t, 409)

	ofFirm := boss.post(list, "to", firm, "task", "WAF を確かめてください", "due", "2026-11-23").wants(t, 303).location
	vendor.get(list).wants(t, 200, "WAF")
	w.pass(3 * 24 * 3600 * 1e9)
	staff = w.as(w.people[account.Practitioner])
	staff.get(list).wants(t, 200, "期限超過")
	staff.post(ofFirm+"/reply", "revision", "1", "words", "代わりに").wants(t, 403)
	w.as(w.people[account.Maintainer]).post(ofFirm+"/reply", "revision", "1", "words", "確かめました").wants(t, 303)
	w.as(w.people[account.Executive]).get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "指示を出した", "指示を差し戻し")
}
