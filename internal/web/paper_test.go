package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// asked makes a request of all open findings of the shop, and names its page
// and the page that its link opens.
func (w *world) asked(boss *visitor, organisation account.ID) (page, link string) {
	w.t.Helper()
	list, _, err := w.db.Findings(w.t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	kv := []string{"organisation", string(organisation), "company", "たなかウェブ制作", "person", "田中 一郎", "mail", "tanaka@example.jp", "due", workflow.Day(w.now().AddDate(0, 0, 10)), "words", "月末は作業を避けてください。"}
	for _, f := range list {
		kv = append(kv, "finding", string(f.ID)+":"+strconv.Itoa(f.Revision))
	}
	made := boss.post("/shops/"+string(w.shop.ID)+"/requests", kv...).wants(w.t, 201, "もう一度表示できません", "田中 一郎")
	link = "/replies/" + made.between(w.t, "/replies/", "<")
	return "/shops/" + string(w.shop.ID) + "/requests/" + made.between(w.t, "/requests/", "/pdf"), link
}

// TestRequestWay: asked, answered by link in two sittings, one answer returned,
// answered again signed in, approved; and what the findings make of it.
func TestRequestWay(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.found(w.shop.ID, "r1", "/a", "/b", "/c")
	boss, staffer, vendor, clerk := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner]), w.as(w.people[account.Maintainer]), w.as(w.people[account.Clerk])
	base := "/shops/" + string(w.shop.ID)
	boss.post(base+"/findings/request").wants(t, 303, base+"/findings")
	list, _, err := w.db.Findings(t.Context(), w.shop.ID, store.FindingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	first := string(list[0].ID)
	boss.post(base+"/findings/request", "finding", first+":"+strconv.Itoa(list[0].Revision)).wants(t, 200, "対策依頼書を作る", "外部委託先（制作・保守）の例")
	boss.post(base+"/requests", "finding", first+":"+strconv.Itoa(list[0].Revision), "mail", "x", "due", "2027-12-01").wants(t, 422, "会社名を", "担当者の名前を", "メールアドレスを確かめて", "60 日以内")
	boss.post(base+"/requests", "finding", first+":1", "finding", string(w.absent)+":1", "person", "a", "company", "b", "mail", "a@example.jp", "due", "2026-12-01").wants(t, 303) // none of them is as it was seen
	vendor.post(base+"/requests", "finding", first+":0").wants(t, 403)
	page, link := w.asked(boss, w.orgs[account.Contractor].ID)
	vendor.get(base+"/requests").wants(t, 200, "外部委託先（制作・保守）の例", "回答待ち")
	clerk.get(page).wants(t, 403)
	staffer.get(page).wants(t, 200, "回答用の URL を 田中 一郎 さん", "未回答", "取り消す")
	staffer.get(base+"/access").wants(t, 200, "対策依頼への回答")

	// The link: it shows this alone, keeps what is not complete, and is taken by sending.
	out := w.visitor()
	form := out.get(link).wants(t, 200, "対策依頼への回答", "山田茶舗", "月末は作業を避けてください。", "/a", "/b", "/c", `name="revision" value="1"`)
	if strings.Contains(form.body, "サインアウト") || strings.Contains(form.body, string(w.shop.ID)) || strings.Contains(form.body, first) {
		t.Error("the page shows more than the request")
	}
	if b := out.get(link+"/pdf").wants(t, 200).body; !strings.HasPrefix(b, "%PDF") {
		t.Error("no paper")
	}
	out.get(base+"/findings").wants(t, 303, "/sign-in")
	out.get(strings.Replace(link, "replies", "links", 1)).wants(t, 410)
	out.post(link, "revision", "1", "act", "send").wants(t, 422, "項目 1 の方針を選んで", "項目 3 の方針を選んで", "回答する方の名前を")
	out.post(link, "revision", "1", "act", "save", "policy-1", "mend", "day-1", "2020-01-01").wants(t, 422, "今日から3年以内")
	out.post(link, "revision", "1", "act", "save", "policy-1", "mend", "day-1", "2026-12-20", "estimate-1", "1人日", "policy-2", "otherwise").wants(t, 303, link)
	if strings.Contains(boss.get(page).body, "1人日") {
		t.Error("the shop sees what was not sent")
	}
	out.get(link).wants(t, 200, "1人日", `value="2026-12-20"`, `name="revision" value="2"`)
	vendor.get(page).wants(t, 200, "1人日")
	out.post(link, "revision", "1", "act", "save", "policy-1", "outside").wants(t, 409, "先にほかの人が保存しました", "先に保存された内容", `name="revision" value="2"`)
	out.post(link, "revision", "2", "act", "send", "name", "佐藤 次郎", "policy-1", "mend", "day-1", "2026-12-20", "estimate-1", "1人日",
		"policy-2", "otherwise", "day-2", "2027-01-15", "policy-3", "outside", "words-3", "サーバーは別の会社の担当です").wants(t, 422, "項目 2 をどのような方法で")
	out.post(link, "revision", "2", "act", "send", "name", "佐藤 次郎", "policy-1", "mend", "day-1", "2026-12-20", "estimate-1", "1人日",
		"policy-2", "otherwise", "day-2", "2027-01-15", "words-2", "CDN の設定で付けます", "policy-3", "outside", "words-3", "サーバーは別の会社の担当です").wants(t, 200, "回答を送りました", "CDN の設定で付けます")
	out.get(link).wants(t, 410, "回答はすでに送られています")
	out.post(link, "revision", "3", "act", "save").wants(t, 410)
	out.get(link+"/pdf").wants(t, 410)
	out.get(link+"/word").wants(t, 410)
	vendor.post(page+"/answer", "revision", "3", "act", "save").wants(t, 409)

	// The executive decides in sight of the answers.
	boss.get(page).wants(t, 200, "承認待ち", "佐藤 次郎（回答用の URL から）", "責任範囲外", "サーバーは別の会社の担当です")
	staffer.post(page+"/decide", "revision", "3", "decision-1", "approved").wants(t, 403)
	boss.post(page+"/decide", "revision", "3", "decision-1", "approved", "decision-2", "returned").wants(t, 422, "項目 2 を差し戻す理由", "項目 3 を承認するか")
	boss.post(page+"/decide", "revision", "2", "decision-1", "approved", "decision-2", "approved", "decision-3", "approved").wants(t, 409)
	boss.post(page+"/decide", "revision", "3", "decision-1", "approved", "decision-2", "approved", "decision-3", "returned", "note-3", "契約書の第5条を確かめてください").wants(t, 303, page)
	f, err := w.db.Finding(t.Context(), w.shop.ID, list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if f.Due != "2026-12-20" || f.State != workflow.Working {
		t.Errorf("an approved answer made of the finding: due %s, %s", f.Due, f.State)
	}
	boss.get(base+"/findings/"+first).wants(t, 200, "対策依頼", "1人日", "2026-12-20")
	vendor.get(page).wants(t, 200, "差し戻されました", "契約書の第5条")
	again := staffer.post(page+"/link").wants(t, 201)
	second := "/replies/" + again.between(t, "/replies/", "<")
	out.get(second).wants(t, 200, "差し戻された項目があります")
	staffer.post(page+"/link/revoke").wants(t, 303, page)
	out.get(second).wants(t, 410, "取り消しました")
	staffer.post(page+"/link/revoke").wants(t, 404)
	vendor.post(page+"/answer", "revision", "4", "act", "send", "policy-1", "outside", "words-1", "x", "policy-3", "mend", "day-3", "2027-02-01").wants(t, 303, page)
	boss.get(page).wants(t, 200, "対策する", "2027-02-01", `name="decision-3"`)
	if strings.Contains(boss.get(page).body, `name="decision-1"`) {
		t.Error("an approved answer is asked for once more")
	}
	boss.post(page+"/decide", "revision", "5", "decision-3", "approved").wants(t, 303)
	for _, c := range []struct{ path, name string }{{page + "/pdf?paper=reply", "reply.pdf"}, {page + "/pdf", "request.pdf"}} {
		b := boss.get(c.path).wants(t, 200).body
		if !strings.HasPrefix(b, "%PDF") {
			t.Error("no paper", c.name)
		}
		if *screens != "" {
			if err := os.WriteFile(filepath.Join(*screens, c.name), []byte(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	boss.post(page+"/withdraw", "revision", "6").wants(t, 409)
	boss.get(base+"/audit").wants(t, 200, "対策依頼に回答", "URL を受け取った人", "対策依頼への回答を差し戻し", "対策依頼への回答を承認")
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRequestEnds: a link that is late, of a request that was withdrawn, cut
// short or of another purpose says so; a contractor who was not asked sees nothing.
func TestRequestEnds(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.found(w.shop.ID, "r1", "/a")
	boss, vendor, out := w.as(w.people[account.Executive]), w.as(w.people[account.Maintainer]), w.visitor()
	page, link := w.asked(boss, "") // to another company, by link alone
	vendor.get(page).wants(t, 404)
	vendor.post(page+"/answer", "revision", "1", "act", "save").wants(t, 404)
	if strings.Contains(vendor.get("/shops/"+string(w.shop.ID)+"/requests").wants(t, 200).body, "たなか") {
		t.Error("a contractor sees what another was asked")
	}
	other := strings.Replace(page, string(w.shop.ID), string(w.other.ID), 1)
	boss.get(other).wants(t, 404)
	out.get(link[:len(link)-3]).wants(t, 410, "途中で切れていないか")
	boss.post(page+"/withdraw", "revision", "7").wants(t, 409)
	boss.post(page+"/withdraw", "revision", "1").wants(t, 303)
	out.get(link).wants(t, 410, "取り消しました")
	boss.post(page+"/link").wants(t, 409)
	boss.post(page+"/decide", "revision", "2", "decision-1", "approved").wants(t, 409)

	_, link = w.asked(boss, "")
	w.pass(18 * 24 * 3600 * 1e9)
	out.get(link).wants(t, 410, "期限が過ぎました")
	out.post(link, "revision", "1", "act", "save").wants(t, 410)

	// Who may ask for nothing any more leaves no link behind.
	boss = w.as(w.people[account.Executive])
	staffer := w.as(w.people[account.Practitioner])
	_, link = w.asked(staffer, "")
	out.get(link).wants(t, 200)
	boss.post("/organisations/" + string(w.orgs[account.Shopkeeper].ID) + "/people/" + string(w.people[account.Practitioner].ID) + "/remove")
	out.get(link).wants(t, 410)
}

// TestReplyNeedsGrant: a contractor's link ends with what the shop granted to
// him, withdrawn or over, and none is made anew.
func TestReplyNeedsGrant(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, boss *visitor){
		"withdrawn": func(w *world, boss *visitor) {
			given, err := w.db.Grants(w.t.Context(), w.shop.ID)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, g := range given {
				if g.As == account.AsContractor {
					boss.post("/shops/"+string(w.shop.ID)+"/grants/"+string(g.ID)+"/revoke").wants(w.t, 303)
				}
			}
		},
		"over": func(w *world, _ *visitor) {
			short := &account.Grant{ID: account.NewID(), Shop: w.shop.ID, Organisation: w.orgs[account.Contractor].ID, As: account.AsContractor, From: w.now(), Until: w.now().Add(time.Hour)}
			given, err := w.db.Grants(w.t.Context(), w.shop.ID)
			if err != nil {
				w.t.Fatal(err)
			}
			// The new one begins before the long one is taken back, so that the link stays.
			w.change(func(tx *store.Tx) error { return tx.AddGrant(w.t.Context(), short, w.shop) })
			for _, g := range given {
				if g.As == account.AsContractor {
					w.change(func(tx *store.Tx) error { return tx.RevokeGrant(w.t.Context(), w.shop.ID, g.ID) })
				}
			}
			w.pass(2 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			w.found(w.shop.ID, "r1", "/a")
			boss, out := w.as(w.people[account.Executive]), w.visitor()
			page, link := w.asked(boss, w.orgs[account.Contractor].ID)
			_, free := w.asked(boss, "")
			out.get(link).wants(t, 200)
			end(w, boss)
			boss = w.as(w.people[account.Executive])
			out.get(link).wants(t, 410, "取り消しました")
			out.get(link+"/pdf").wants(t, 410)
			out.post(link, "revision", "1", "act", "save").wants(t, 410)
			boss.post(page+"/link").wants(t, 409)
			out.get(free).wants(t, 200)
		})
	}
}

// paperSamples is a request whose answers came, and an open link to another,
// for a look at their pages.
func (w *world) paperSamples() map[string]string {
	w.t.Helper()
	ctx := w.t.Context()
	list, _, err := w.db.Findings(ctx, w.shop.ID, store.FindingFilter{Limit: 4})
	if err != nil {
		w.t.Fatal(err)
	}
	ask := func() *store.Request {
		x := &store.Request{Shop: w.shop.ID, Company: "たなかウェブ制作", Person: "田中 一郎", Mail: "tanaka@example.jp", Due: "2026-12-05", Words: "月末は作業を避けてください。"}
		for i, f := range list {
			x.Items = append(x.Items, store.RequestItem{Number: i + 1, Finding: f.ID, Due: f.Due, Seen: f.Seen})
		}
		if err := w.db.Change(ctx, w.people[account.Executive].ID, w.now(), func(tx *store.Tx) error { return tx.AddRequest(ctx, x) }); err != nil {
			w.t.Fatal(err)
		}
		return x
	}
	open := ask()
	token, print := account.NewToken()
	l := &account.Link{ID: account.NewID(), Purpose: account.Reply, Shop: w.shop.ID, Object: open.ID, Name: open.Person, Mail: open.Mail, Expires: w.now().AddDate(0, 0, 20)}
	done := ask()
	for i, r := range []workflow.Reply{{Policy: workflow.Mend, Day: "2026-12-20", Estimate: "1人日、66,000円（税込）", Words: "公開フォルダーから外し、Web サーバーの設定でも拒否します。"}, {Policy: workflow.Outside, Words: "サーバーの設定は、ホスティング会社の担当です。"}, {Policy: workflow.Otherwise, Day: "2027-01-15", Words: "CDN の設定で付けます。"}, {Policy: workflow.Mend, Day: "2027-01-31"}} {
		if i < len(done.Items) {
			done.Items[i].Reply = r
		}
	}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Executive].ID
		if err := tx.AddLink(ctx, l, print); err != nil {
			return err
		}
		return tx.SaveReplies(ctx, done, true, "田中 一郎", l.ID)
	})
	return map[string]string{"reply": token, "request": string(done.ID)}
}

// TestReplyTidy: what may be saved, and what may be sent.
func TestReplyTidy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r     workflow.Reply
		saved int
		sent  int
	}{
		{workflow.Reply{}, 0, 1},
		{workflow.Reply{Policy: "other"}, 0, 1},
		{workflow.Reply{Policy: workflow.Mend}, 0, 1},
		{workflow.Reply{Policy: workflow.Mend, Day: "2026-11-22"}, 0, 0},
		{workflow.Reply{Policy: workflow.Mend, Day: "2026-11-21"}, 1, 1},
		{workflow.Reply{Policy: workflow.Mend, Day: "2029-11-23"}, 1, 1},
		{workflow.Reply{Policy: workflow.Mend, Day: "tomorrow"}, 1, 1},
		{workflow.Reply{Policy: workflow.Otherwise, Day: "2026-12-01"}, 0, 1},
		{workflow.Reply{Policy: workflow.Outside}, 0, 1},
		{workflow.Reply{Policy: workflow.Outside, Day: "2020-01-01", Words: "別の会社"}, 0, 0},
		{workflow.Reply{Policy: workflow.Mend, Day: "2026-12-01", Estimate: strings.Repeat("円", 201), Words: strings.Repeat("あ", 1001)}, 2, 2},
	} {
		saved, sent := c.r, c.r
		if p := saved.Tidy(1, false, "2026-11-22"); len(p) != c.saved {
			t.Errorf("%+v saved: %v", c.r, p)
		}
		if p := sent.Tidy(1, true, "2026-11-22"); len(p) != c.sent {
			t.Errorf("%+v sent: %v", c.r, p)
		}
	}
}

// TestMeasures: the paper for the payment company is filled in from answers and
// documents, says what is missing, and judges no duty.
func TestMeasures(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss := w.as(w.people[account.Executive])
	path := "/shops/" + string(w.shop.ID) + "/measures"
	e, q := w.aQuestion()
	text := func() string {
		t.Helper()
		shop, err := w.db.Shop(t.Context(), w.shop.ID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		v := &visit{Request: r, Lang: "ja", Shop: shop}
		j, err := w.server.judgedOf(v, e)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(w.server.measuresDocument(v, e, j).Sections)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := text()
	for _, want := range []string{"判断するものではありません", "【要記入】", "株式会社山田茶舗", "EC-CUBE 4.2.3", "チェックリストの回答", "クレジットマスター"} {
		if !strings.Contains(before, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
	page := "/shops/" + string(w.shop.ID) + "/checklists/" + e.ID + "/questions/" + q.ID
	boss.post(page, "revision", "0", "value", "done").wants(t, 303)
	boss.file(page+"/evidence", "list.txt", "一覧").wants(t, 303)
	after := text()
	for _, want := range []string{"回答: 実施済", "資料 1 件"} {
		if strings.Contains(before, want) || !strings.Contains(after, want) {
			t.Errorf("%q stands there before the answer, or not after it", want)
		}
	}
	b := boss.get(path).wants(t, 200).body
	if !strings.HasPrefix(b, "%PDF") {
		t.Error("no paper")
	}
	w.as(w.people[account.Maintainer]).get(path).wants(t, 403)
	if word := boss.get(path+"/word").wants(t, 200).body; !strings.HasPrefix(word, "PK") || !strings.Contains(word, "word/document.xml") {
		t.Error("no paper for Word")
	}
	w.as(w.people[account.Maintainer]).get(path+"/word").wants(t, 403)
	if *screens != "" {
		if err := os.WriteFile(filepath.Join(*screens, "measures.pdf"), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	boss.get("/shops/"+string(w.shop.ID)+"/checklists").wants(t, 200, "セキュリティ対策措置状況")
}
