package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// file sends a document with a form.
func (v *visitor) file(path, name, content string) reply {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	p, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = p.Write([]byte(content))
	}
	if err != nil || m.Close() != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), "POST", v.w.server.opt.Public.String()+path, &b)
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b.Reset()
	if _, err := b.ReadFrom(res.Body); err != nil {
		v.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header.Get("Location"), b.String()}
}

// delegated gives a question to somebody and names the page that the link opens.
func (w *world) delegated(v *visitor, question string) string {
	w.t.Helper()
	made := v.post(question+"/delegate", "delegate", "鈴木 三郎", "mail", "suzuki@example.jp", "note", "サーバーの設定を見てください").wants(w.t, 201, "鈴木 三郎", "もう一度表示できません")
	return "/answers/" + made.between(w.t, "/answers/", "<")
}

// TestDelegation: a question goes to a named person by link, who answers it with
// a document and sees nothing else; the answer names who gave it.
func TestDelegation(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss, staffer, vendor, out := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner]), w.as(w.people[account.Maintainer]), w.visitor()
	page := w.oneQuestion()
	staffer.get(page).wants(t, 200, "この質問だけを URL で頼む")
	staffer.post(page+"/delegate", "delegate", " ", "mail", "x").wants(t, 422, "答えてもらう人の名前を", "メールアドレスを確かめて")
	vendor.post(page+"/delegate", "delegate", "a", "mail", "a@example.jp").wants(t, 403)
	link := w.delegated(staffer, page)
	boss.get("/shops/"+string(w.shop.ID)+"/access").wants(t, 200, "質問への回答")
	form := out.get(link).wants(t, 200, "鈴木 三郎", "サーバーの設定を見てください", `name="revision" value="0"`)
	if strings.Contains(form.body, string(w.shop.ID)) || strings.Contains(form.body, "サインアウト") {
		t.Error("the page shows more than the question")
	}
	out.post(link, "revision", "0").wants(t, 422, "答えを選んでください")
	out.post(link, "revision", "0", "value", "not-applicable").wants(t, 422, "対象外")
	out.file(link+"/evidence", "a.exe", "MZ\x00\x01").wants(t, 422, "この形式のファイルは登録できません")
	out.file(link+"/evidence", "settings.txt", "設定の控え").wants(t, 303, link+"#evidence")
	out.get(link).wants(t, 200, "settings.txt")
	staffer.file(page+"/evidence", "inner.txt", "社内の資料").wants(t, 303)
	if strings.Contains(out.get(link).body, "inner.txt") {
		t.Error("the link shows documents of others")
	}
	staffer.post(page, "revision", "0", "value", "partly-done").wants(t, 303)
	out.post(link, "revision", "0", "value", "done", "reason", "設定しました").wants(t, 409, "先にほかの人が回答しました", `name="revision" value="1"`)
	out.post(link, "revision", "1", "value", "done", "day", "2026-11-20", "reason", "設定しました").wants(t, 200, "回答を送りました")
	out.get(link).wants(t, 410, "すでに送られています")
	out.post(link, "revision", "2", "value", "not-done").wants(t, 410)
	out.file(link+"/evidence", "late.txt", "x").wants(t, 410)
	given, err := w.db.Delegations(t.Context(), w.shop.ID, "ipa-ec-2023", page[strings.LastIndex(page, "/")+1:], 10)
	if err != nil || len(given) != 1 {
		t.Fatal(given, err)
	}
	log, err := w.db.Audit(t.Context(), store.Audited{Shop: w.shop.ID, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var said int
	for _, e := range log {
		if e.Details["delegation"] == string(given[0].ID) && e.By == "" {
			said++
		}
	}
	if said != 3 { // the document, the answer, the link that is used up
		t.Errorf("%d events name the delegation: %+v", said, log)
	}
	if body := staffer.get("/notices").body; strings.Contains(body, "任せる招待が承諾") {
		t.Error("who made the link is told that an invitation was accepted")
	}
	staffer.get(page).wants(t, 200, "鈴木 三郎（回答用の URL から）", "設定しました", "settings.txt", "回答済み")
	boss.get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "質問への回答を URL で依頼", "URL を受け取った人", "チェックリストに回答")

	again := w.delegated(staffer, page)
	list, err := w.db.Delegations(t.Context(), w.shop.ID, "ipa-ec-2023", page[strings.LastIndex(page, "/")+1:], 10)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	staffer.post(strings.Replace(page, string(w.shop.ID), string(w.other.ID), 1)+"/delegations/"+string(list[0].ID)+"/revoke").wants(t, 404)
	staffer.post(page+"/delegations/"+string(w.absent)+"/revoke").wants(t, 404)
	staffer.post(page+"/delegations/"+string(list[0].ID)+"/revoke").wants(t, 303)
	out.get(again).wants(t, 410, "取り消しました")
	staffer.post(page+"/delegations/"+string(list[0].ID)+"/revoke").wants(t, 404)
	late := w.delegated(staffer, page)
	out.get(strings.Replace(late, "answers", "replies", 1)).wants(t, 410, "途中で切れていないか")
	w.pass(account.DelegateLife)
	out.get(late).wants(t, 410, "期限が過ぎました")
	if _, err := w.db.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// aQuestion is one of the guideline.
func (w *world) aQuestion() (*guideline.Edition, *guideline.Question) {
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range e.Rows() {
		if row.Question != nil && row.Requirement.ID == "build-2" {
			return e, row.Question
		}
	}
	w.t.Fatal("the guideline asks nothing")
	return nil, nil
}

// oneQuestion is the page of that question.
func (w *world) oneQuestion() string {
	e, q := w.aQuestion()
	return "/shops/" + string(w.shop.ID) + "/checklists/" + e.ID + "/questions/" + q.ID
}

// delegateSample is an open link to a question, for a look at its page.
func (w *world) delegateSample() string {
	w.t.Helper()
	e, q := w.aQuestion()
	token, print := account.NewToken()
	x := &store.Delegation{Shop: w.shop.ID, Edition: e.ID, Question: q.ID, Name: "鈴木 三郎", Mail: "suzuki@example.jp", Words: "サーバーの設定を見てください。", Link: account.Link{Expires: w.now().Add(account.DelegateLife)}}
	w.change(func(tx *store.Tx) error {
		tx.By = w.people[account.Practitioner].ID
		return tx.AddDelegation(w.t.Context(), x, print)
	})
	return token
}
