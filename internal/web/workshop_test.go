package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/paper"
)

// drafted has a comment answered, and two issues frozen, the first of which is public.
func (w *world) drafted() map[string]string {
	w.t.Helper()
	clerk, approver := w.as(w.people[account.Clerk]), w.as(w.people[account.Approver])
	base := "/programmes/" + string(w.programme.ID) + "/workshop"
	clerk.post(base+"/issues", "note", "初版").wants(w.t, 303)
	list, err := w.db.Issues(w.t.Context(), w.programme.ID)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	approver.post(base+"/issues/"+string(list[0].ID)+"/publish").wants(w.t, 303)
	w.as(w.people[account.Member]).post(base+"/chapters/contracts/comments", "said", "表に費用の例を足してください。").wants(w.t, 303)
	said, err := w.db.WorkshopComments(w.t.Context(), w.programme.ID, "")
	if err != nil || len(said) != 1 {
		w.t.Fatal(said, err)
	}
	return map[string]string{"chapter": "contracts", "issue": string(list[0].ID), "comment": string(said[0].ID)}
}

// TestWorkshop: a chapter is written and commented, nothing is frozen before
// the comment is answered, nobody publishes what he froze, and what was
// published stays as it was.
func TestWorkshop(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk, member, approver, nobody := w.as(w.people[account.Clerk]), w.as(w.people[account.Member]), w.as(w.people[account.Approver]), w.visitor()
	base := "/programmes/" + string(w.programme.ID) + "/workshop"
	member.get(base).wants(t, 200, "ECサイトが狙われている", "付属の文面", "外部発注契約上の注意事項")
	member.get(base+"/chapters/targeted").wants(t, 200, "97％", "年間約100件", "原文で確認済み", "n = 44")
	member.get(base+"/chapters/nowhere").wants(t, 404)
	chapter := []string{"title-ja", "狙われるお店", "title-en", "Shops under attack", "text-en", "There are {now-applications} applications.", "revision", "0", "text-ja"}
	clerk.post(base+"/chapters/targeted", append(chapter, "応募は{now-applicationz}。")...).wants(t, 422, "という数字はありません")
	clerk.post(base+"/chapters/targeted", append(chapter, "応募は{now-applications}。")...).wants(t, 303)
	clerk.post(base+"/chapters/targeted", append(chapter, "別の文。")...).wants(t, 409)
	member.post(base+"/chapters/targeted", append(chapter, "x")...).wants(t, 403)
	member.get(base+"/chapters/targeted").wants(t, 200, "応募は", "件。", "の記録、2026-11-22現在")
	member.post(base+"/chapters/targeted/comments", "said", " ").wants(t, 422)
	member.post(base+"/chapters/targeted/comments", "said", "<b>数字の年を書いてください。").wants(t, 303)
	clerk.post(base+"/issues", "note", "初版").wants(t, 409, "回答していない意見")
	list, err := w.db.WorkshopComments(t.Context(), w.programme.ID, "targeted")
	if err != nil || len(list) != 1 || list[0].By != w.people[account.Member].ID {
		t.Fatal(list, err)
	}
	answer := base + "/comments/" + string(list[0].ID)
	clerk.post(answer, "revision", "1", "outcome", "taken", "answer", "書きました。").wants(t, 422, "変えた箇所を")
	clerk.post(answer, "revision", "1", "outcome", string(paper.Taken), "answer", "書きました。", "change", "第1段落").wants(t, 303)
	clerk.post(answer, "revision", "1", "outcome", "declined", "answer", "いいえ").wants(t, 409)
	if text := unzipped(t, member.get(base+"/answers/word").wants(t, 200).body); !strings.Contains(text, "第1段落") || !strings.Contains(text, "反映する") || !strings.Contains(text, "&lt;b&gt;数字の年") {
		t.Error("the table of comments lacks the answer")
	}
	if text := unzipped(t, clerk.get(base+"/answers/excel").wants(t, 200).body); !strings.Contains(text, "第1段落") {
		t.Error("the workbook lacks the answer")
	}
	clerk.post(base+"/issues", "note", "").wants(t, 422)
	clerk.post(base+"/issues", "note", "初版").wants(t, 303)
	issues, err := w.db.Issues(t.Context(), w.programme.ID)
	if err != nil || len(issues) != 1 || issues[0].Number != 1 || len(issues[0].Chapters) != 14 {
		t.Fatal(len(issues), err)
	}
	x := string(issues[0].ID)
	nobody.get("/handbook/"+x).wants(t, 404)
	clerk.post(base+"/issues/"+x+"/publish").wants(t, 409, "確定した人は公開できません")
	member.post(base+"/issues/"+x+"/publish").wants(t, 403)
	approver.post(base+"/issues/"+x+"/publish").wants(t, 303)
	approver.post(base+"/issues/"+x+"/publish").wants(t, 409)
	nobody.get("/handbook").wants(t, 200, "第1版", "初版")
	read := func() string {
		return nobody.get("/handbook/"+x).wants(t, 200, "狙われるお店", "約8.6か月").body
	}
	before := read()
	clerk.post(base+"/chapters/targeted", append(chapter[:6:6], "revision", "1", "text-ja", "あとで変えた文。", "text-en", "Changed.")...).wants(t, 303)
	if read() != before {
		t.Error("what was published changed")
	}
	nobody.get("/handbook/"+x+"/pdf").wants(t, 200, "%PDF")
	if text := unzipped(t, nobody.get("/handbook/"+x+"/word").wants(t, 200).body); !strings.Contains(text, "狙われるお店") {
		t.Error("the Word file has another text")
	}
	if _, err := w.db.Issue(t.Context(), w.foreign.ID, issues[0].ID); err == nil {
		t.Error("another programme's issue is read")
	}
}
