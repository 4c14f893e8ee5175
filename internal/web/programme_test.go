package web

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/programme"
	"miseban/internal/store"
)

// letterTo is the newest letter to an address, and what it leads to; the mail is queued by that.
func (w *world) letterTo(mail string) (*notice.Letter, string) {
	w.t.Helper()
	ctx := w.t.Context()
	var ids []account.ID
	w.change(func(tx *store.Tx) (err error) { ids, err = tx.GatherMails(ctx, notice.AtOnce, 100); return err })
	for i := len(ids) - 1; i >= 0; i-- {
		m, err := w.db.Mail(ctx, ids[i])
		if err != nil {
			w.t.Fatal(err)
		}
		if m.To == mail && m.Letter != nil {
			u, err := url.Parse(m.Letter.URL)
			if err != nil {
				w.t.Fatal(err)
			}
			return m.Letter, u.Path
		}
	}
	w.t.Fatalf("no letter to %s", mail)
	return nil, ""
}

// applicationValues are the fields of an application that fits.
func applicationValues(more ...string) []string {
	kv := []string{"company", "株式会社みどり菓子舗", "number", "7000012050002", "industry", "retail", "capital", "1,000", "staff", "12", "shop", "みどり菓子舗", "url", "https://midori.example.jp/", "method", "package", "package", "ec-cube-4",
		"business", "food", "turnover", "under-50m", "hosting", "iaas", "permission", "yes", "remote", "yes", "contract", "no", "person", "緑川 一郎", "phone", "06-1234-5678", "agreed", "yes"}
	for _, q := range programme.Questions() {
		kv = append(kv, "posture-"+q.ID, "partly")
	}
	return append(kv, more...)
}

// mailing says that a process sends mails.
func (w *world) mailing() {
	if err := w.db.SetMailing(w.t.Context(), w.now()); err != nil {
		w.t.Fatal(err)
	}
}

// TestCall: from the public page to a receipt number, and back out of it.
func TestCall(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.mailing()
	v := w.visitor()
	v.get("/calls").wants(t, 200, w.programme.Name.JA)
	v.get("/calls/ec-2026").wants(t, 200, "中小企業であること", "募集中です", "URL をメールで受け取る")
	v.get("/calls/nothing").wants(t, 404)
	v.post("/calls/ec-2026", "mail", "no address").wants(t, 422, "メールアドレスを確かめてください。")
	v.post("/calls/ec-2026", "mail", "Midori@example.jp").wants(t, 202, "メールを確かめてください")
	letter, path := w.letterTo("midori@example.jp")
	if letter.About != notice.LetterApply {
		t.Errorf("letter %+v", letter)
	}
	if body := v.get(path).wants(t, 200, "メールアドレスを確認して進む").body; strings.Contains(body, "応募を書き始める") {
		t.Error("the form is offered before the address is confirmed")
	}
	v.post(path+"/new").wants(t, 410)
	v.post(path).wants(t, 303, path)
	v.post(path).wants(t, 303, path) // pressed twice
	v.get(path).wants(t, 200, "応募を書き始める")
	draft := v.post(path+"/new").wants(t, 303).location
	v.get(draft).wants(t, 200, "応募を送信する")
	v.post(draft, "revision", "1", "act", "save", "shop", "みどり菓子舗").wants(t, 303, draft)
	v.post(draft, "revision", "2", "act", "send", "shop", "みどり菓子舗").wants(t, 422, "法人番号を入力してください")
	v.post(draft, applicationValues("revision", "1", "act", "save")...).wants(t, 409, "別の画面で保存されています")
	v.post(draft, applicationValues("revision", "2", "act", "send")...).wants(t, 303, draft)
	v.get(draft).wants(t, 200, "00001", "受付済み", "株式会社みどり菓子舗")
	v.post(draft, applicationValues("revision", "4", "act", "save")...).wants(t, 409)
	if l, _ := w.letterTo("midori@example.jp"); l.About != notice.LetterReceived || l.Args["receipt"] != "00001" {
		t.Errorf("letter %+v", l)
	}

	// Another address sees nothing of it, and its link opens nothing of it.
	v.post("/calls/ec-2026", "mail", "stranger@example.jp").wants(t, 202)
	_, other := w.letterTo("stranger@example.jp")
	v.post(other).wants(t, 303)
	if strings.Contains(v.get(other).wants(t, 200).body, "みどり") {
		t.Error("a stranger sees the application")
	}
	id := draft[strings.LastIndex(draft, "/"):]
	v.get(other+id).wants(t, 404)
	v.post(other+id+"/withdraw").wants(t, 404)

	// After the call: nothing new, and mails only to those who applied.
	w.pass(40 * 24 * time.Hour)
	w.mailing()
	v.get("/calls/ec-2026").wants(t, 200, "募集は終わりました。")
	v.post("/calls/ec-2026", "mail", "late@example.jp").wants(t, 202, "メールを確かめてください")
	v.post("/calls/ec-2026", "mail", "midori@example.jp").wants(t, 202, "メールを確かめてください")
	w.change(func(tx *store.Tx) error {
		toMail, _, err := tx.ApplicantLinksSince(t.Context(), w.programme.ID, "late@example.jp", "", noon)
		if toMail != 0 {
			t.Errorf("%d mails to who did not apply", toMail)
		}
		return err
	})
	v.post(path+"/new").wants(t, 422)
	v.post(draft+"/withdraw").wants(t, 303, path)
	v.get(draft).wants(t, 200, "取り下げ")
	v.post(draft+"/withdraw").wants(t, 409)
}

// TestCallBefore: no form before the call, and none while no mail can be sent.
func TestCallBefore(t *testing.T) {
	t.Parallel()
	w := settled(t)
	v := w.visitor()
	v.get("/calls/ec-2026").wants(t, 200, "今、このページから応募を受け付けられません")
	clerk, office := w.as(w.people[account.Clerk]), "/programmes/"+string(w.programme.ID)
	clerk.get("/").wants(t, 200, "事業のページを開く")
	clerk.get(office).wants(t, 200, "公募のページから応募できません", "--smtp-url")
	w.mailing()
	if strings.Contains(clerk.get(office).wants(t, 200).body, "公募のページから応募できません") {
		t.Error("the office is told that nobody can apply")
	}
	w.programme.From = w.now().AddDate(0, 0, 3)
	w.change(func(tx *store.Tx) error { return tx.SaveProgramme(t.Context(), w.programme) })
	v.get("/calls/ec-2026").wants(t, 200, "に始まります。")
	v.post("/calls/ec-2026", "mail", "a@example.jp").wants(t, 422)
	w.programme.State = programme.Draft
	w.change(func(tx *store.Tx) error { return tx.SaveProgramme(t.Context(), w.programme) })
	v.get("/calls/ec-2026").wants(t, 404)
}

// TestLinksAreCounted: one address is sent so many links a day and no more; the answer is the same.
func TestLinksAreCounted(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.mailing()
	var all sync.WaitGroup
	for range 2 * programme.MostLinksMail { // all at once: who floods does not wait for the answer
		all.Go(func() {
			if r := w.visitor().post("/calls/ec-2026", "mail", "a@example.jp"); r.code != 202 || !strings.Contains(r.body, "a@example.jp にメールを送りました") {
				t.Errorf("answer %d: %s", r.code, brief(r.body))
			}
		})
	}
	all.Wait()
	w.change(func(tx *store.Tx) error {
		n, _, err := tx.ApplicantLinksSince(t.Context(), w.programme.ID, "a@example.jp", "", noon.Add(-time.Minute))
		if n != programme.MostLinksMail {
			t.Errorf("%d links", n)
		}
		return err
	})
}

// TestProgrammePages: the office writes a programme, its schedule and its
// bodies, and decides on applications.
func TestProgrammePages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	clerk := w.as(w.people[account.Clerk])
	form := []string{"organisation", string(w.orgs[account.Office].ID), "name-ja", "ECサイトの脆弱性診断", "slug", "ec-2022", "state", "announced", "from", "2022-03-08", "until", "2022-04-20", "places", "50", "rules", "sme-own-site", "rule", "sme", "rule", "own-site",
		"strand-0-ja", "被害を受けたサイトへのヒアリング", "strand-goal-0", "20", "strand-unit-0", "社", "contact-mail", "office@example.jp", "scope-ja", "割賦販売法の義務は対象にしません。"}
	clerk.get("/programmes/new").wants(t, 200, "中小企業であること")
	clerk.post("/programmes", append([]string{"places", "many"}, form[:6]...)...).wants(t, 422, "数字だけで入力してください")
	page := clerk.post("/programmes", form...).wants(t, 303, "/programmes/").location
	clerk.post("/programmes", form...).wants(t, 422, "ほかの事業が使っています")
	clerk.get(page).wants(t, 200, "2022-03-08 – 2022-04-20", "20 社", "割賦販売法の義務は対象にしません。")
	w.as(w.people[account.Observer]).get(page+"/edit").wants(t, 403)
	w.as(w.people[account.Diagnostician]).get(page).wants(t, 404)
	clerk.post(page+"/edit", append(form, "revision", "1")...).wants(t, 303, page)
	clerk.post(page+"/edit", append(form, "revision", "1")...).wants(t, 409, "先にほかの人が変更しました")
	clerk.post(page+"/milestones", "name-ja", "公募", "from", "2022-03-08", "until", "2022-03-01").wants(t, 422, "終わりの日は")
	clerk.post(page+"/milestones", "name-ja", "公募", "from", "2022-03-08", "until", "2022-04-20", "began", "2022-03-08", "ended", "2022-04-20", "strand", "1").wants(t, 303)
	line := regexp.MustCompile(`/milestones/([0-9a-z]{23})`).FindString(clerk.get(page).wants(t, 200, "<svg", "予定と実績の図", "完了").body)
	clerk.post(page+line, "revision", "1", "name-ja", "公募", "from", "2022-03-08", "until", "2022-04-20").wants(t, 303)
	clerk.get(page).wants(t, 200, "遅れ")
	clerk.post(page+line+"/remove").wants(t, 303)
	clerk.post(page+line+"/remove").wants(t, 404)
	firm := string(w.orgs[account.Firm].ID)
	clerk.post(page+"/bodies", "body", firm).wants(t, 303)
	w.as(w.people[account.Diagnostician]).get(page).wants(t, 200)
	clerk.post(page+"/bodies/"+firm+"/remove").wants(t, 303)
	w.as(w.people[account.Diagnostician]).get(page).wants(t, 404)
	clerk.post(page+"/bodies", "body", string(w.orgs[account.Shopkeeper].ID)).wants(t, 400)
}

// sendApplication sends an application to a world's programme.
func (w *world) sendApplication(mail string, edit func(*programme.Form)) *programme.Application {
	w.t.Helper()
	f := programme.Form{Company: "株式会社みどり菓子舗", Number: "7000012050002", Industry: "retail", Capital: "1000", Staff: "12", Shop: "みどり菓子舗", URL: "https://midori.example.jp/", Method: "package", Package: "ec-cube-4", Business: "food", Turnover: "under-50m",
		Hosting: "iaas", Permission: "yes", Remote: "yes", Contract: "no", Person: "緑川 一郎", Phone: "06-1234-5678", Agreed: true, Posture: map[string]account.Choice{"updates": "yes", "admin": "no"}}
	edit(&f)
	a := &programme.Application{ID: account.NewID(), Mail: mail, Lang: "ja", Form: f}
	w.change(func(tx *store.Tx) error {
		if err := tx.AddApplication(w.t.Context(), w.programme, a); err != nil {
			return err
		}
		return tx.SubmitApplication(w.t.Context(), w.programme, a)
	})
	return a
}

func TestApplicationPages(t *testing.T) {
	t.Parallel()
	w := settled(t)
	first := w.sendApplication("a@example.jp", func(*programme.Form) {})
	mall := w.sendApplication("b@example.jp", func(f *programme.Form) {
		f.Method, f.URL, f.Number, f.Phone = "mall", "https://b.example.jp/", "", "06-1234-0000"
	})
	w.sendApplication("c@example.jp", func(f *programme.Form) { f.Company, f.Number = "株式会社みどり", "" })
	w.sendApplication("d@example.jp", func(f *programme.Form) {
		f.Company, f.URL, f.Number, f.Phone, f.Permission = "株式会社あお", "https://d.example.jp/", "", "06-1234-0001", "unknown"
	})
	clerk := w.as(w.people[account.Clerk])
	list := "/programmes/" + string(w.programme.ID) + "/applications"
	before := w.db.Asked()
	clerk.get(list).wants(t, 200, "応募 4 件", "00003", "重複の疑い 1 件", "条件を満たさない", "確認が必要")
	if n := w.db.Asked() - before; n > 8 {
		t.Errorf("the list asks the database %d times", n)
	}
	if body := clerk.get(list+"?outcome=misfits").wants(t, 200, "00002").body; strings.Contains(body, ">00001<") {
		t.Error("the filter lets others through")
	}
	clerk.get(list+"?q=%E3%81%82%E3%81%8A&stage=received").wants(t, 200, "00004")
	clerk.post(list+"/decide").wants(t, 303, list) // the mall alone: two look alike, one is to be asked
	clerk.get(list+"/"+string(mall.ID)).wants(t, 200, "資格なし", "モールへの出店、またはカート ASP")
	page := list + "/" + string(first.ID)
	clerk.get(page).wants(t, 200, "重複の疑いがあります", "EC サイトのアドレス、電話番号", "受付済み")
	clerk.post(page+"/move", "from", "received", "to", "eligible").wants(t, 303, page)
	clerk.post(page+"/move", "from", "received", "to", "ineligible").wants(t, 409)
	clerk.post(page+"/move", "from", "eligible", "to", "ineligible").wants(t, 422, "理由を入力してください。")
	clerk.post(page+"/move", "from", "eligible", "to", "selected").wants(t, 400)
	clerk.post(page+"/correct", applicationValues("revision", "4", "company", "x")...).wants(t, 422, "理由を入力してください。")
	edit := clerk.get(page+"/correct").wants(t, 200, "株式会社みどり菓子舗")
	revision := edit.between(t, `name="revision" value="`, `"`)
	values := applicationValues("revision", revision, "note", "電話で確かめた")
	values[1] = "株式会社みどり菓子店"
	clerk.post(page+"/correct", values...).wants(t, 303, page)
	clerk.post(page+"/note").wants(t, 422)
	clerk.post(page+"/note", "memo", "折り返しの約束").wants(t, 303)
	clerk.get(page).wants(t, 200, "株式会社みどり菓子舗 → 株式会社みどり菓子店", "電話で確かめた", "折り返しの約束")
	approver := w.as(w.people[account.Approver])
	approver.get(page).wants(t, 200, "みどり菓子店")
	approver.post(page+"/move", "from", "eligible", "to", "received", "note", "x").wants(t, 403)
	w.as(w.people[account.Observer]).get(page).wants(t, 403)
	w.as(w.people[account.Member]).get(list).wants(t, 403)
	clerk.get("/programmes/"+string(w.foreign.ID)+"/applications/"+string(first.ID)).wants(t, 404)
}

// programmeSamples gives values to the names in the addresses of programmes and calls.
func (w *world) programmeSamples() map[string]string {
	w.t.Helper()
	w.mailing()
	ctx := w.t.Context()
	p := w.programme
	p.Purpose = programme.Said{JA: "中小企業が自社で構築した EC サイトの脆弱性診断を行い、対策を助言します。", EN: "Diagnoses self-built shops of small and medium-sized enterprises and advises on measures."}
	p.Scope = programme.Said{JA: "自社構築 EC サイトからの情報漏えいへの技術的な対策を対象にします。\n割賦販売法の義務を果たしているかどうかは、対象にしません。"}
	p.Organisers, p.Ministries, p.Partners = []string{"事務局の例"}, []string{"省庁の例 担当課"}, []string{"協力団体の例"}
	p.Strands = []programme.Strand{{Name: programme.Said{JA: "被害を受けた EC サイトへのヒアリング", EN: "Interviews with breached shops"}, Goal: 20, Unit: "社"}, {Name: programme.Said{JA: "脆弱性診断", EN: "Vulnerability diagnosis"}, Goal: 50, Unit: "サイト"}}
	line := &programme.Milestone{ID: account.NewID(), Name: programme.Said{JA: "公募", EN: "Call"}, Strand: 2, From: "2026-11-15", Until: "2026-12-22", Began: "2026-11-15"}
	w.change(func(tx *store.Tx) error {
		if err := tx.SaveProgramme(ctx, p); err != nil {
			return err
		}
		for _, m := range []*programme.Milestone{line,
			{ID: account.NewID(), Name: programme.Said{JA: "委員会の準備", EN: "Preparing the committee"}, From: "2026-09-01", Until: "2026-10-30", Began: "2026-09-05", Ended: "2026-11-02"},
			{ID: account.NewID(), Name: programme.Said{JA: "ヒアリング調査の実施と取りまとめ", EN: "Interviews and their summary"}, Strand: 1, From: "2026-10-01", Until: "2026-11-15", Began: "2026-10-10"},
			{ID: account.NewID(), Name: programme.Said{JA: "診断の実施", EN: "Diagnoses"}, Strand: 2, From: "2027-01-15", Until: "2027-03-20"}} {
			if err := tx.AddMilestone(ctx, p, m); err != nil {
				return err
			}
		}
		return nil
	})
	a := w.sendApplication("a@example.jp", func(*programme.Form) {})
	w.sendApplication("b@example.jp", func(f *programme.Form) { f.Company, f.Method, f.Number = "モールの会社", "mall", "" })
	token, print := account.NewToken()
	draft := &programme.Application{ID: account.NewID(), Mail: "a@example.jp", Lang: "ja"}
	l := &programme.ApplicantLink{Mail: "a@example.jp", Lang: "ja", Expires: w.now().Add(time.Hour)}
	w.change(func(tx *store.Tx) error {
		if err := tx.AddApplication(ctx, p, draft); err != nil {
			return err
		}
		if err := tx.AddApplicantLink(ctx, p, l, print); err != nil {
			return err
		}
		return tx.ConfirmApplicant(ctx, p, l)
	})
	return map[string]string{"milestone": string(line.ID), "application": string(a.ID), "slug": p.Slug, "applicant": token, "draft": string(draft.ID)}
}
