package web

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// checklistSamples gives the first shop answers of every kind, one of which a
// diagnosis contradicts.
func (w *world) checklistSamples() map[string]string {
	w.t.Helper()
	ctx := w.t.Context()
	w.diagnosed("r20261122-120000-fghij", check.Result{Check: "php-eol", Verdict: verdict.NotMet, Examined: 1, Findings: []check.Finding{
		{Check: "php-eol", Where: "https://tea.example.jp/", Severity: check.High, Confidence: check.Confirmed, Excerpt: "X-Powered-By: PHP/5.6.40"}, {Check: "php-eol", Where: "https://tea.example.jp/contact/a-long-path-that-goes-on", Severity: check.High, Confidence: check.Confirmed},
	}})
	order := &store.Instruction{To: w.people[account.Practitioner].ID, Task: "PHP を、修正が出ている版に更新してください。\n難しいときは、委託先に相談してください。", Due: "2026-12-10", Edition: "ipa-ec-2023", Requirement: "build-2"}
	if err := w.db.Change(ctx, w.people[account.Executive].ID, w.now(), func(tx *store.Tx) error { return tx.AddInstruction(ctx, w.shop.ID, order) }); err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.Change(ctx, w.people[account.Practitioner].ID, w.now(), func(tx *store.Tx) error {
		return tx.MoveInstruction(ctx, w.shop.ID, order.ID, 1, store.InstructionReplied, "8.3 に更新し、注文まで試しました。")
	}); err != nil {
		w.t.Fatal(err)
	}
	var doc account.ID
	err := w.db.Change(ctx, w.people[account.Practitioner].ID, w.now(), func(tx *store.Tx) error {
		for id, a := range map[string]assessment.Answer{
			"build-1-order":         {Value: guideline.Done, Day: "2026-11-01", Doer: assessment.ByVendor},
			"build-1-checklist":     {Value: guideline.PartlyDone, Reason: "カート周りだけ記入済みです。\n残りは来月の予定です。"},
			"build-2-latest":        {Value: guideline.Done, Day: "2026-10-15", Reason: "公開前に確認しました。"},
			"build-2-terminal":      {Value: guideline.Alternative, Reason: "週に一度、手で更新しています。"},
			"executive-1-policy":    {Value: guideline.NotDone},
			"executive-2-budget":    {Value: guideline.DontKnow},
			"executive-2-people":    {Value: guideline.NotApplicable, Reason: "一人で運営しています。"},
			"executive-3-order":     {Value: guideline.Done},
			"build-2-inventory":     {Value: guideline.Done},
			"operate-1-watch":       {Value: guideline.Done},
			"operate-1-deadline":    {Value: guideline.Done},
			"executive-1-shared":    {Value: guideline.PartlyDone},
			"executive-3-plan":      {Value: guideline.NotDone},
			"operate-1-verify":      {Value: guideline.NotDone},
			"executive-4-review":    {Value: guideline.Done},
			"build-3-done":          {Value: guideline.Done},
			"executive-3-selection": {Value: guideline.Done},
		} {
			a.Edition, a.Question = "ipa-ec-2023", id
			if err := tx.SaveAnswer(ctx, w.shop.ID, &a); err != nil {
				return err
			}
		}
		x := &store.Evidence{Name: "ソフトウェアの一覧（2026年10月）.xlsx", Media: "text/plain"}
		if err := tx.AddEvidence(ctx, w.shop.ID, "ipa-ec-2023", "build-2-latest", x, []byte("a,b\n")); err != nil {
			return err
		}
		doc = x.ID
		return tx.AddAnswerComment(ctx, w.shop.ID, "ipa-ec-2023", "build-2-latest", "PHP の版も確かめましたか。")
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return map[string]string{"edition": "ipa-ec-2023", "part": "build", "question": "build-2-latest", "requirement": "build-2", "evidence": string(doc), "instruction": string(order.ID)}
}

// diagnosed finishes a diagnosis of the first shop with results.
func (w *world) diagnosed(id string, results ...check.Result) {
	w.t.Helper()
	run := &diagnose.Run{ID: id, Shop: w.shop.URL, Started: w.now(), State: diagnose.Finished, Scope: &wire.Scope{Hosts: []string{"https://tea.example.jp"}, Level: wire.Safe}}
	x := &store.Diagnosis{ID: account.NewID(), Shop: w.shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: wire.Safe}}
	w.change(func(tx *store.Tx) error { return tx.AddDiagnosis(w.t.Context(), x, run) })
	for i := range results {
		if err := w.db.SaveResult(w.t.Context(), run.ID, &results[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	if ok, err := w.db.TakeDiagnosis(w.t.Context(), x.ID, "h", time.Minute); err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	run.Results = results
	w.change(func(tx *store.Tx) error {
		_, err := tx.MergeFindings(w.t.Context(), w.shop.ID, workflow.LookOf(run, checks.Catalogue))
		return errors.Join(err, tx.LeaveDiagnosis(w.t.Context(), x, "h", store.DiagnosisFinished, "", time.Time{}))
	})
}

// script sends a form as htmx does and gives the answer with its headers.
func (v *visitor) script(path string, kv ...string) (reply, http.Header) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Add(kv[i], kv[i+1])
	}
	return v.send(path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "HX-Request", "true")
}

func (v *visitor) send(path, media string, body *strings.Reader, header ...string) (reply, http.Header) {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), "POST", v.w.server.opt.Public.String()+path, body)
	r.Header.Set("Content-Type", media)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for _, c := range v.client.Jar.Cookies(v.w.server.opt.Public) {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	v.w.server.Handler().ServeHTTP(rec, r)
	return reply{rec.Code, rec.Header().Get("Location"), rec.Body.String()}, rec.Header()
}

// attach sends a document as a form does.
func (v *visitor) attach(path, name string, data []byte) reply {
	v.t.Helper()
	return v.attachAs(path, "file", name, data)
}

// attachAs is attach with the name of the field.
func (v *visitor) attachAs(path, field, name string, data []byte) reply {
	v.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	p, err := m.CreateFormFile(field, name)
	if err != nil {
		v.t.Fatal(err)
	}
	_, _ = p.Write(data)
	if err := m.Close(); err != nil {
		v.t.Fatal(err)
	}
	r, _ := v.send(path, m.FormDataContentType(), strings.NewReader(b.String()))
	return r
}

// TestAnswering: with and without a script, what is wrong, two people at once,
// who may, and that nothing typed is lost.
func TestAnswering(t *testing.T) {
	t.Parallel()
	w := settled(t)
	list := "/shops/" + string(w.shop.ID) + "/checklists"
	at := list + "/ipa-ec-2023/questions/build-2-latest"
	boss, staff := w.as(w.people[account.Executive]), w.as(w.people[account.Practitioner])
	boss.get(list).wants(t, 200, "69 問のうち 0 問に回答", "ECサイト構築・運用セキュリティガイドライン")
	boss.get(list+"/ipa-ec-2023/parts/build").wants(t, 200, "公開の時点で", "未回答")
	boss.get(list+"/ipa-ec-2023").wants(t, 200, "区分は原文未確認")
	boss.get(list+"/ipa-ec-2023/parts/operate").wants(t, 200, "原文未確認")

	boss.post(at, "value", "done", "revision", "0", "day", "2026-11-20", "doer", "contractor", "from", "part").wants(t, 303, list+"/ipa-ec-2023/parts/build#q-build-2-latest")
	boss.get(list+"/ipa-ec-2023/parts/build").wants(t, 200, "実施済（自己申告）", `name="revision" value="1"`)
	boss.post(at, "value", "not-applicable", "revision", "1").wants(t, 422, "「対象外」とする理由", `name="revision" value="1"`)
	boss.post(at, "value", "done", "revision", "1", "day", "2027-01-01").wants(t, 422, "今日までの日付")
	boss.post(at, "value", "done").wants(t, 400)
	boss.post(at, "value", "done", "revision", "-1").wants(t, 400)

	// Somebody who saw nothing yet, and somebody whose script saves by itself.
	r := staff.post(at, "value", "not-done", "revision", "0", "reason", "PHP が古いままです").wants(t, 409, "先にほかの人が回答しました", "責任者（経営者）", "PHP が古いままです", "実施済（自己申告）", `name="revision" value="1"`)
	if !strings.Contains(r.body, `value="not-done" checked`) {
		t.Error("what was typed is not in the form any more")
	}
	script, head := staff.script(at, "value", "not-done", "revision", "0", "reason", "PHP が古いままです")
	script.wants(t, 200, "先にほかの人が回答しました", "PHP が古いままです")
	if head.Get("HX-Retarget") != "#q-build-2-latest" || head.Get("HX-Reswap") != "outerHTML" {
		t.Errorf("headers %v", head)
	}
	script, head = staff.script(at, "value", "alternative", "revision", "1")
	if script.wants(t, 200, "代わりに行っていること", `name="revision" value="1"`); head.Get("HX-Retarget") != "" {
		t.Error("a problem replaces the form")
	}
	script, _ = staff.script(at, "value", "not-done", "revision", "1", "reason", "PHP が古いままです")
	if script.wants(t, 200, `name="revision" value="2"`, "に保存しました"); strings.Contains(script.body, "<form") {
		t.Error("saving draws the fields anew")
	}
	staff.post(at, "value", "not-done", "revision", "1", "reason", "PHP が古いままです").wants(t, 303) // the same once more is no conflict
	staff.get(at).wants(t, 200, "回答の履歴", "責任者（経営者）", "確認日", "2026-11-20", "PHP が古いままです")

	out, _ := w.visitor().script(at, "value", "done", "revision", "2")
	if out.wants(t, 401); strings.Contains(out.body, "<html") {
		t.Error("a page within a page")
	}
	// A contractor answers what is asked of contractors, a diagnostician nothing.
	vendor := w.as(w.people[account.Maintainer])
	vendor.post(at, "value", "done", "revision", "2").wants(t, 303)
	vendor.post(list+"/ipa-ec-2023/questions/executive-1-policy", "value", "done", "revision", "0").wants(t, 403)
	w.as(w.people[account.Diagnostician]).post(at, "value", "done", "revision", "3").wants(t, 403)
	for _, path := range []string{"/nothing", "/ipa-ec-2023/parts/nothing", "/ipa-ec-2023/questions/nothing", "/ipa-ec-2023/requirements/nothing", "/ipa-wkd/questions/build-2-latest"} {
		boss.get(list+path).wants(t, 404)
	}
	// The names of some questions have brackets.
	boss.get(list+"/ipa-websec-7").wants(t, 200)
	boss.post(list+"/ipa-websec-7/questions/1-(i)", "value", "done", "revision", "0").wants(t, 303)
	boss.get(list+"/ipa-websec-7/questions/1-%28i%29").wants(t, 200, "実施済（自己申告）")

	boss.post(at+"/comments", "comment", " ").wants(t, 422, "コメントは")
	boss.post(at+"/comments", "comment", "<b>いつ直りますか</b>").wants(t, 303)
	staff.get(at).wants(t, 200, "&lt;b&gt;いつ直りますか")
	boss.get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "チェックリストに回答")
}

// TestAcceptAlternative: an alternative is 一部適合 until a diagnostician accepts it.
func TestAcceptAlternative(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss, judge := w.as(w.people[account.Executive]), w.as(w.people[account.Diagnostician])
	for _, q := range []string{"policy", "responsible", "shared"} {
		boss.post(e+"/questions/executive-1-"+q, "value", "alternative", "revision", "0", "reason", "口頭で伝えています").wants(t, 303)
	}
	boss.get(e+"/requirements/executive-1").wants(t, 200, "一部適合", "代替策（承認待ち）")
	boss.post(e+"/questions/executive-1-policy/accept", "accept", "yes", "revision", "1").wants(t, 403)
	for _, q := range []string{"policy", "responsible", "shared"} {
		judge.post(e+"/questions/executive-1-"+q+"/accept", "accept", "yes", "revision", "1").wants(t, 303)
	}
	boss.get(e+"/requirements/executive-1").wants(t, 200, "代替策（診断員が承認）", "診断員が認めています")
	boss.get(e+"/questions/executive-1-policy").wants(t, 200, "診断員 さんが代替策を認めました")
	judge.post(e+"/questions/executive-1-policy/accept", "accept", "no", "revision", "1").wants(t, 303)
	boss.get(e+"/requirements/executive-1").wants(t, 200, "一部適合")
	judge.post(e+"/questions/executive-1-policy/accept", "accept", "yes", "revision", "7").wants(t, 409)
}

// TestContradiction: what the shop says stands beside what the diagnosis saw;
// a retest takes it away; a diagnostician overrules with a note, as long as
// nothing else fails.
func TestContradiction(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023"
	boss, judge := w.as(w.people[account.Executive]), w.as(w.people[account.Diagnostician])
	boss.get(e).wants(t, 200, "終わった診断がまだない")
	boss.post(e+"/questions/build-2-latest", "value", "done", "revision", "0", "reason", "確認済みです").wants(t, 303)
	bad := check.Result{Check: "php-eol", Verdict: verdict.NotMet, Examined: 1, Findings: []check.Finding{{Check: "php-eol", Where: "https://tea.example.jp/<b>", Severity: check.High, Excerpt: "X-Powered-By: PHP/5.6"}}}
	w.diagnosed("r20261122-120000-aaaaa", bad)
	page := boss.get(e).wants(t, 200, "回答と診断の食い違い（1 件）", "確認済みです", "https://tea.example.jp/&lt;b&gt;", "実施済（自己申告）", "診断で見えたこと", "X-Powered-By: PHP/5.6")
	if strings.Contains(page.body, "tea.example.jp/<b>") {
		t.Error("a shop's text is not escaped")
	}
	boss.get(e+"/parts/build").wants(t, 200, "回答が診断の結果と食い違っています")
	at := e + "/requirements/build-2"
	boss.get(at).wants(t, 200, "不適合", "判定の根拠")
	boss.post(at+"/overrule", "verdict", "met", "note", "配布元の修正を取り込み済み", "rule", "not-met").wants(t, 403)
	judge.post(at+"/overrule", "verdict", "not-met", "note", "配布元の修正を取り込み済み", "rule", "not-met").wants(t, 422, "今と違う判定")
	judge.post(at+"/overrule", "verdict", "met", "note", "x", "rule", "not-met").wants(t, 422, "判定を変える根拠")
	judge.post(at+"/overrule", "verdict", "met", "note", "配布元の修正を取り込み済み", "rule", "partly").wants(t, 409)
	judge.post(at+"/overrule", "verdict", "partly", "note", "配布元の修正を取り込み済み", "rule", "not-met").wants(t, 303)
	boss.get(at).wants(t, 200, "診断員が判定を変えました", "配布元の修正を取り込み済み", "規則による判定は「不適合」です")
	boss.get(e).wants(t, 200, "診断員による")
	w.diagnosed("r20261122-130000-bbbbb", bad, check.Result{Check: "package-eol", Verdict: verdict.NotMet, Examined: 1})
	boss.get(at).wants(t, 200, "診断員が変えた判定は、今は使っていません", "食い違い")
	judge.post(at+"/overrule", "withdraw", "yes", "rule", "not-met").wants(t, 303)
	if strings.Contains(boss.get(at).body, "診断員が変えた判定") {
		t.Error("withdrawn, and still shown")
	}
}

// TestEvidenceFiles: told by content, handed out only to be saved, to whom it concerns.
func TestEvidenceFiles(t *testing.T) {
	t.Parallel()
	w := settled(t)
	e := "/shops/" + string(w.shop.ID) + "/checklists/ipa-ec-2023/questions/"
	boss := w.as(w.people[account.Executive])
	at := e + "executive-1-policy"
	boss.post(at, "value", "done", "revision", "0").wants(t, 303)
	boss.attach(at+"/evidence", "page.html", []byte("<script>alert(1)</script>")).wants(t, 303)
	boss.attach(at+"/evidence", "方針.exe", []byte("%PDF-1.7\n")).wants(t, 303)
	boss.attach(at+"/evidence", "a.pdf", []byte("MZ\x90\x00")).wants(t, 422, "この形式のファイル")
	boss.attach(at+"/evidence", "a.pdf", nil).wants(t, 422, "ファイルを選んで")
	boss.attach(at+"/evidence", "a.txt", bytes.Repeat([]byte("a"), evidenceMost+1)).wants(t, 422, "5 MB まで")
	boss.attach(at+"/evidence", "a.txt", bytes.Repeat([]byte("a"), evidenceMost+2*most)).wants(t, 422, "5 MB まで")
	boss.post(at+"/evidence", "file", "a").wants(t, 400)
	page := boss.get(at).wants(t, 200, "page.txt", "方針.pdf", "実施済（資料あり）")
	file := at + "/evidence/" + page.between(t, at+"/evidence/", `"`)
	r := httptest.NewRequest("GET", w.server.opt.Public.String()+file, nil)
	for _, c := range boss.client.Jar.Cookies(w.server.opt.Public) {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.server.Handler().ServeHTTP(rec, r)
	for k, want := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "attachment; filename=page.txt", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"} {
		if got := rec.Header().Get(k); got != want {
			t.Errorf("%s: %s, want %s", k, got, want)
		}
	}
	if rec.Body.String() != "<script>alert(1)</script>" {
		t.Errorf("bytes %q", rec.Body)
	}
	w.as(w.people[account.Diagnostician]).get(file).wants(t, 200)
	w.as(w.people[account.Maintainer]).get(file).wants(t, 403)
	w.as(w.people[account.Observer]).get(file).wants(t, 403)
	boss.get(strings.Replace(file, "executive-1-policy", "executive-1-shared", 1)).wants(t, 404)
	boss.post(file+"/remove").wants(t, 303)
	boss.get(file).wants(t, 404)
}

func FuzzMediaOf(f *testing.F) {
	for _, m := range media {
		f.Add("a"+m.ext, []byte(m.begin+m.holds))
	}
	f.Add(`..\..\a".txt`, []byte("a"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		got, kind, problem := mediaOf(name, data)
		if (problem.Message == "") != (kind != "") {
			t.Fatalf("%q: %q, %v", name, kind, problem)
		}
		if kind == "" {
			return
		}
		if strings.ContainsAny(got, "/\\\"\r\n\x00") || strings.HasPrefix(got, ".") || got == "" || len([]rune(got)) > 120 {
			t.Fatalf("%q becomes %q", name, got)
		}
		if strings.HasPrefix(kind, "text/html") {
			t.Fatal(kind)
		}
	})
}

// TestReportWithAnswers: the report of a shop's diagnosis judges with what the
// shop answers, as its checklist does; that of a run without a shop does not.
func TestReportWithAnswers(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.checklistSamples()
	list, err := w.db.Diagnoses(t.Context(), w.shop.ID, "", 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	w.change(func(tx *store.Tx) error {
		for _, q := range e.QuestionsFor("executive-5") {
			if err := tx.SaveAnswer(t.Context(), w.shop.ID, &assessment.Answer{Edition: e.ID, Question: q.ID, Value: guideline.Done}); err != nil {
				return err
			}
		}
		return nil
	})
	boss := w.as(w.people[account.Executive])
	page := boss.get("/shops/"+string(w.shop.ID)+"/diagnoses/"+string(list[0].ID)+"/report?format=jsonl").wants(t, 200,
		`"declared":true`, `"question":"build-1-checklist","answer":"一部実施"`, `「実施済（資料あり）」という回答と、診断で見つかった「`, `"verdict_name":"適合（自己申告）"`).body
	said, err := w.db.Statement(t.Context(), w.shop, "", store.Inside)
	if err != nil {
		t.Fatal(err)
	}
	run, err := w.db.Run(t.Context(), list[0].Run)
	if err != nil {
		t.Fatal(err)
	}
	j := said.Judge(e, run, run.Results, w.now())
	if n := strings.Count(page, `"declared":true`); n == 0 || n != j.Declared("") {
		t.Errorf("%d requirements by the shop's own word in the report, %d in the checklist", n, j.Declared(""))
	}
	bare := &diagnose.Run{ID: "r20261122-130000-nobdy", Shop: w.shop.URL, Started: noon, State: diagnose.Finished, Scope: &wire.Scope{Level: wire.Safe}, Results: run.Results}
	if err := w.db.CreateRun(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	doc, err := perform.Document(t.Context(), w.db, bare, "ja")
	if err != nil {
		t.Fatal(err)
	}
	if doc.Spoken || slices.ContainsFunc(doc.Requirements, func(r report.Requirement) bool { return r.Declared || len(r.Answers) > 0 }) {
		t.Error("a run that no shop asked for is judged with answers")
	}
}
