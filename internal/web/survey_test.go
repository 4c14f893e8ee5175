package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// surveyed begins a survey with one subject that is being asked.
func (w *world) surveyed(questionnaire string) (*store.Survey, *store.SurveySubject) {
	w.t.Helper()
	ctx := w.t.Context()
	x := &store.Survey{Programme: w.programme.ID, Questionnaire: questionnaire, Quota: 20}
	y := &store.SurveySubject{Programme: w.programme.ID, Subject: survey.Subject{Company: "株式会社きぬた", Service: "きぬた市場", Person: "佐藤", Mail: "sato@example.jp",
		Reasons: []survey.Reason{{Statement: "不正アクセスによる情報の流出を公表した", Source: "自社サイトのお知らせ", Year: 2026}}}}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Clerk].ID
		if err := tx.AddSurvey(ctx, x); err != nil {
			return err
		}
		y.Survey = x.ID
		if err := tx.AddSubject(ctx, y); err != nil {
			return err
		}
		return tx.MoveSubject(ctx, y, survey.Asked, "電話で依頼")
	})
	return x, y
}

// surveySamples gives the pages of surveys something to show.
func (w *world) surveySamples() map[string]string {
	x, y := w.surveyed("breached")
	ctx := w.t.Context()
	token, print := account.NewToken()
	twelve := int64(12_000_000)
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Interviewer].ID
		for _, a := range []store.SurveyAnswer{
			{Answer: survey.Answer{Item: "month", Given: survey.Answered, Month: "2026-02"}},
			{Answer: survey.Answer{Item: "kind", Given: survey.Answered, Choices: []string{"cards", "personal"}}, FollowUp: "会員の数を聞く"},
			{Answer: survey.Answer{Item: "lost-sales", Given: survey.Answered, Figure: &twelve}, Note: "見積もり"},
			{Answer: survey.Answer{Item: "regret", Given: survey.Answered, Words: "保守の契約を結んでおけばよかった。", Quote: true}},
		} {
			a.Subject = y.ID
			if err := tx.SaveSurveyAnswer(ctx, x.ID, &a); err != nil {
				return err
			}
		}
		return tx.AddSubjectLink(ctx, y, &account.Link{Expires: w.now().Add(time.Hour)}, print)
	})
	return map[string]string{"survey": string(x.ID), "subject": string(y.ID), "viewpoint": "damage", "heard": token}
}

func TestSurveyFromFirstToLast(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk := w.as(w.people[account.Clerk])
	base := "/programmes/" + string(w.programme.ID) + "/surveys"
	clerk.get(base).wants(t, 200, "調査を始める", "被害を受けたお店へのヒアリング")
	at := clerk.post(base, "questionnaire", "breached", "quota", "20").wants(t, 303).location
	clerk.get(at+"/questions").wants(t, 200, "調査項目表の 11 行目", "追加した質問", "聞き手へ")
	clerk.post(at+"/new", "company", "株式会社きぬた", "statement1", "流出を公表した").wants(t, 422, "出典のない理由は登録できません")
	subject := clerk.post(at+"/new", "company", "株式会社きぬた", "mail", "sato@example.jp", "statement1", "流出を公表した", "source1", "自社サイト", "year1", "2026").wants(t, 303).location
	clerk.get(subject).wants(t, 200, "候補", "自社サイト", "書面の了承がないため")
	clerk.post(subject+"/link").wants(t, 409)
	clerk.post(subject+"/move", "from", "candidate", "to", "heard").wants(t, 400)
	clerk.post(subject+"/move", "from", "candidate", "to", "asked", "note", "電話で依頼").wants(t, 303)
	clerk.post(subject+"/move", "from", "candidate", "to", "asked").wants(t, 409)

	// The subject answers by link, first in part.
	page := clerk.post(subject+"/link").wants(t, 201, "もう一度表示できません", "件名: ")
	u, err := url.Parse(page.between(t, `<code class="secret" id="link">`, "<"))
	if err != nil {
		t.Fatal(err)
	}
	guest, link := w.visitor(), u.Path
	guest.get(link).wants(t, 200, "責めるためのヒアリングではありません", "株式会社きぬた")
	if strings.Contains(guest.get(link).body, "聞き手") {
		t.Error("the subject reads the notes to the interviewer")
	}
	form := func(kv ...string) []string {
		q, _ := survey.Load("breached")
		out := kv
		for _, i := range q.Items() {
			n := strconv.Itoa(i.Number)
			given := false
			for k := 0; k < len(kv); k += 2 {
				given = given || kv[k] == "r"+n
			}
			if !given {
				out = append(out, "r"+n, "0")
			}
		}
		return out
	}
	q, _ := survey.Load("breached")
	no := func(id string) string {
		i, ok := q.Item(id)
		if !ok {
			t.Fatal(id)
		}
		return strconv.Itoa(i.Number)
	}
	guest.post(link, form("act", "save", "v"+no("lost-sales"), "とても多い")...).wants(t, 422, "数字で入力してください")
	guest.post(link, form("act", "save", "v"+no("closed"), "no", "v"+no("closed-days"), "30")...).wants(t, 422, "前の質問の回答と合いません")
	guest.post(link, form("act", "save", "v"+no("lost-sales"), "1,200万円", "r"+no("closed"), "1", "v"+no("closed"), "no")...).wants(t, 303)
	guest.get(link).wants(t, 200, `value="12000000"`)

	// A note-taker writes beside it: the other's words are set beside hers.
	scribe := w.as(w.people[account.Interviewer])
	hearing := subject + "/hearing/damage"
	scribe.get(hearing).wants(t, 200, "答える人", "未回答")
	var rest []string
	for _, v := range q.Viewpoints {
		if v.ID != "damage" {
			continue
		}
		for _, th := range v.Themes {
			for n := range th.Items {
				i := &th.Items[n]
				if i.ID != "impact" && i.ID != "closed" && i.ID != "lost-sales" {
					rest = append(rest, "r"+strconv.Itoa(i.Number), "0")
				}
			}
		}
	}
	rest = append(rest, "r"+no("closed"), "1", "v"+no("closed"), "no", "r"+no("lost-sales"), "1", "v"+no("lost-sales"), "12000000")
	scribe.post(hearing, append([]string{"r" + no("impact"), "0", "w" + no("impact"), "売上が半分になった", "n" + no("impact"), "声が震えた"}, rest...)...).wants(t, 303)
	second := w.as(w.people[account.Clerk])
	second.post(hearing, append([]string{"r" + no("impact"), "0", "w" + no("impact"), "会員が減った", "f" + no("impact"), "何人か"}, rest...)...).wants(t, 409, "売上が半分になった", "会員が減った", "声が震えた")
	if body := scribe.get(subject).body; strings.Contains(body, "会員が減った") {
		t.Error("a conflict was saved")
	}
	// Who did not touch it does not contradict.
	second.post(hearing, append([]string{"r" + no("impact"), "0"}, rest...)...).wants(t, 303)
	second.post(hearing, append([]string{"r" + no("impact"), "1", "w" + no("impact"), "売上が半分になり、会員が減った", "n" + no("impact"), "声が震えた", "f" + no("impact"), "何人か"}, rest...)...).wants(t, 303)
	clerk.get(subject).wants(t, 200, "追って聞くこと", "何人か", "声が震えた")
	if body := guest.get(link).wants(t, 200, "会員が減った").body; strings.Contains(body, "声が震えた") || strings.Contains(body, "何人か") {
		t.Error("the subject reads the notes")
	}

	// Sending takes the link and the subject's state on.
	guest.post(link, form("act", "send", "r"+no("impact"), "2", "w"+no("impact"), "売上が半分になり、会員が減った", "r"+no("closed"), "1", "v"+no("closed"), "no", "r"+no("lost-sales"), "1", "v"+no("lost-sales"), "12000000")...).wants(t, 200, "ご協力をありがとうございました", "12,000,000 円")
	guest.get(link).wants(t, 410, "すでに送られています")
	clerk.get(subject).wants(t, 200, "書面回答済み")
	clerk.get(base).wants(t, 200, "20 件中、1 件が回答済み")

	// A coder reads, but takes no notes; a committee member sees counts alone.
	coder := w.as(w.people[account.Coder])
	coder.get(subject).wants(t, 200, "株式会社きぬた")
	coder.get(hearing).wants(t, 403)
	member := w.as(w.people[account.Member])
	member.get(subject).wants(t, 403)
	if body := member.get(base).wants(t, 200, "20 件中、1 件が回答済み").body; strings.Contains(body, "きぬた") {
		t.Error("a member reads names of subjects")
	}
	// Another programme's address does not open it.
	clerk.get(strings.Replace(subject, string(w.programme.ID), string(w.foreign.ID), 1)).wants(t, 404)
}

func TestSubjectLinkIsRevoked(t *testing.T) {
	t.Parallel()
	w := settled(t)
	x, y := w.surveyed("package")
	clerk := w.as(w.people[account.Clerk])
	at := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID) + "/subjects/" + string(y.ID)
	link := func() string {
		u, err := url.Parse(clerk.post(at+"/link").wants(t, 201).between(t, `<code class="secret" id="link">`, "<"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Path
	}
	guest := w.visitor()
	first := link()
	guest.get(first).wants(t, 200)
	second := link()
	guest.get(first).wants(t, 410, "取り消しました")
	clerk.post(at+"/link/revoke").wants(t, 303)
	guest.get(second).wants(t, 410, "取り消しました")
	third := link()
	clerk.post(at+"/move", "from", "asked", "to", "refused").wants(t, 303)
	guest.get(third).wants(t, 410)
	guest.get("/hearings/nonsense").wants(t, 410)
	fourth := link0(w)
	guest.get("/hearings/"+fourth).wants(t, 410) // a link for something else
}

// link0 is an invitation to an organisation.
func link0(w *world) string {
	token, print := account.NewToken()
	l := &account.Link{ID: account.NewID(), Purpose: account.Join, Organisation: w.orgs[account.Shopkeeper].ID, Roles: []account.Role{account.Practitioner}, Expires: w.now().Add(time.Hour)}
	w.change(func(tx *store.Tx) error { return tx.AddLink(w.t.Context(), l, print) })
	return token
}

// heardOf writes down what subjects said who have been heard.
func (w *world) heardOf(x *store.Survey, n int, answers func(n int) []survey.Answer) {
	w.t.Helper()
	ctx := w.t.Context()
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Interviewer].ID
		for k := range n {
			y := &store.SurveySubject{Survey: x.ID, Programme: x.Programme, Subject: survey.Subject{Company: "店 " + strconv.Itoa(k)}}
			if err := tx.AddSubject(ctx, y); err != nil {
				return err
			}
			for _, a := range answers(k) {
				a.Given = survey.Answered
				if err := tx.SaveSurveyAnswer(ctx, x.ID, &store.SurveyAnswer{Subject: y.ID, Answer: a}); err != nil {
					return err
				}
			}
			if err := tx.MoveSubject(ctx, y, survey.Heard, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestSurveyTablesCodingAndPublication(t *testing.T) {
	t.Parallel()
	w := settled(t)
	x, _ := w.surveyed("breached")
	w.heardOf(x, 18, func(n int) []survey.Answer {
		loss := int64(1_000_000 * (n + 1))
		moved := []string{"moved", "no", "plan"}[n%3]
		if n > 14 {
			moved = "no"
		}
		return []survey.Answer{
			{Item: "moved-asp", Choices: []string{moved}}, {Item: "lost-sales", Figure: &loss}, {Item: "noticed-by", Choices: []string{[]string{"self", "acquirer"}[min(1, n/3)]}},
			{Item: "regret", Words: "教訓その" + strconv.Itoa(n), Quote: n == 3},
		}
	})
	at := "/programmes/" + string(w.programme.ID) + "/surveys/" + string(x.ID)
	coder, clerk, approver := w.as(w.people[account.Coder]), w.as(w.people[account.Clerk]), w.as(w.people[account.Approver])

	coder.get(at+"/tables?rows=noticed-by&columns=moved-asp").wants(t, 200, "公表できません", "カード会社・決済代行会社", "83%")
	coder.get(at+"/tables?figure=lost-sales").wants(t, 200, "171,000,000 円", "9,500,000 円")
	coder.get(at+"/tables?rows=regret").wants(t, 404)
	if body := clerk.get(at+"/quotations").wants(t, 200, "教訓その3").body; strings.Contains(body, "教訓その4") || strings.Contains(body, "店 3") {
		t.Error("quoted without leave, or with the name")
	}

	// Two coders judge by themselves.
	at2 := at + "/coding?item=regret"
	coder.post(at+"/codes", "item", "regret", "name", "契約").wants(t, 422, "どのような回答に付けるか")
	coder.post(at+"/codes", "item", "regret", "name", "契約", "means", "保守の契約のこと").wants(t, 303)
	coder.post(at+"/codes", "item", "regret", "name", "契約", "means", "同じ名前").wants(t, 422, "同じ名前の分類")
	page := coder.get(at2).wants(t, 200, "保守の契約のこと", "教訓その17")
	unit := page.between(t, `name="c `, `"`)
	code := page.between(t, `name="c `+unit+`" value="`, `"`)
	coder.post(at+"/coding", "item", "regret", "judged", unit, "c "+unit, code).wants(t, 303)
	scribe := w.as(w.people[account.Interviewer])
	if strings.Contains(scribe.get(at2).wants(t, 200).body, "checked") {
		t.Error("a coder sees what another one judged")
	}
	scribe.post(at+"/coding", "item", "regret", "judged", unit, "c "+unit, code).wants(t, 303)
	coder.get(at2).wants(t, 200, "<td>1.00</td>")

	// Publication: three who saw it themselves are not told, nor reckoned.
	approver.get(at+"/publication").wants(t, 200, "公表用に確定する", "最初に気づいた人")
	clerk.post(at+"/publication", "table", "noticed").wants(t, 403)
	approver.post(at+"/publication", "table", "anything").wants(t, 400)
	approver.post(at+"/publication", "table", "noticed").wants(t, 303)
	approver.post(at+"/publication", "table", "lost-sales").wants(t, 303)
	page = clerk.get(at+"/publication").wants(t, 200, "CSV で保存")
	_, rest, _ := strings.Cut(page.body, "確定した表")
	var files []string
	for _, part := range strings.Split(rest, `href="`)[1:] {
		if u, _, _ := strings.Cut(part, `"`); strings.HasPrefix(u, at+"/publication/") && !strings.Contains(u, "?") {
			files = append(files, u)
		}
	}
	if len(files) != 2 {
		t.Fatalf("files %v", files)
	}
	if csv := clerk.get(files[1]).wants(t, 200, "全体,18").body; !strings.Contains(csv, "自社,x") || strings.Contains(csv, ",3\r\n") || strings.Contains(csv, ",15\r\n") {
		t.Errorf("published: %q", csv)
	}
	clerk.get(files[0]).wants(t, 200, "回答なし・不明", "171000000")
	if book := clerk.get(files[1]+"?format=xlsx").wants(t, 200).body; !strings.HasPrefix(book, "PK") {
		t.Error("no workbook")
	}
	w.as(w.people[account.Member]).get(files[1]).wants(t, 403)
}
