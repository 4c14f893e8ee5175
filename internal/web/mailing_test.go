package web

import (
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
)

// letterSample writes a template and says where it is.
func (w *world) letterSample(name, text string) string {
	w.t.Helper()
	at := "/programmes/" + string(w.programme.ID)
	v := w.as(w.people[account.Clerk])
	v.post(at+"/letters", "name", name, "subject-ja", "{お店} のご担当者様へ", "text-ja", text).wants(w.t, 303)
	list, err := w.db.Letters(w.t.Context(), w.programme.ID)
	if err != nil || len(list) == 0 {
		w.t.Fatal(list, err)
	}
	return string(list[0].ID)
}

// TestMailing: a letter to many is filled for each, goes only when a second
// person of the office has approved it and ten minutes are over, and can be
// cancelled until then.
func TestMailing(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c, _ := w.chosen("https://new.example.jp/")
	lacks := w.board()[3] // began without an application
	at := "/programmes/" + string(w.programme.ID)
	clerk, second := w.as(w.people[account.Clerk]), w.as(w.person("二人目", w.orgs[account.Office], account.Clerk))
	clerk.post(at+"/letters", "name", "x", "subject-ja", "{名前}", "text-ja", "x").wants(t, 422, "「名前」")
	letter := w.letterSample("依頼", "{会社名}\n{担当者名} 様\n\n{残りの条件}\n受付番号 {number}")
	clerk.get(at+"/letters/"+letter).wants(t, 200, "{担当者名} 様")
	clerk.get("/programmes/"+string(w.foreign.ID)+"/letters/"+letter).wants(t, 404)

	// From the marked cases of the board, or from its filter.
	to := clerk.post(at+"/board", "do", "mail", "case", string(c.ID), "case", string(lacks.ID)).wants(t, 303, "/mailings/new?case=").location
	clerk.get(to).wants(t, 200, "宛先の案件（2 件）")
	clerk.get(at+"/mailings/new?step=step1").wants(t, 200, "応募のお店", "見本のお店 1")
	make := func(cases ...string) string {
		t.Helper()
		form := []string{"letter", letter}
		for _, x := range cases {
			form = append(form, "case", x)
		}
		return clerk.post(at+"/mailings", form...).wants(t, 303, "/mailings/").location
	}
	clerk.post(at+"/mailings", "letter", letter).wants(t, 422, "1 件から 500 件まで")
	clerk.post(at+"/mailings", "letter", letter, "case", string(w.absent)).wants(t, 404)
	one := make(string(c.ID), string(lacks.ID))
	clerk.get(one).wants(t, 200, "差し込む値のない宛先が 1 件", "応募した会社", "株式会社 応募商店", "セルフチェックが提出されている", "受付番号 00077")
	clerk.post(one+"/ask").wants(t, 409, "値のない宛先が残っていないか")
	clerk.post(one+"/trim").wants(t, 303)
	clerk.post(one+"/approve").wants(t, 409)
	clerk.post(one+"/ask").wants(t, 303)
	clerk.get(one).wants(t, 200, "作った人は承認できません")
	clerk.post(one+"/approve").wants(t, 409, "作った人は承認できません")
	w.as(w.people[account.Diagnostician]).post(one+"/approve").wants(t, 403)
	released := func() int {
		t.Helper()
		n, err := w.db.ReleaseMailings(t.Context(), w.now())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	second.post(one+"/approve").wants(t, 303)
	second.get(one).wants(t, 200, "あと 10 分で送り始めます", "二人目")
	w.pass(9*time.Minute + 59*time.Second)
	if n := released(); n != 0 {
		t.Errorf("%d mails went before the ten minutes were over", n)
	}
	w.pass(time.Second)
	if n := released() + released(); n != 1 {
		t.Errorf("%d mails went, not 1", n)
	}
	clerk.get(one).wants(t, 200, "送信済み", "送信 2026-11-22")
	clerk.get(at+"/cases/"+string(c.ID)).wants(t, 200, "応募のお店 のご担当者様へ")
	second.post(one+"/cancel").wants(t, 409)

	// A mailing that is cancelled does not go.
	two := make(string(c.ID))
	clerk.post(two+"/ask").wants(t, 303)
	second.post(two+"/approve").wants(t, 303)
	clerk.post(two+"/cancel").wants(t, 303)
	w.pass(time.Hour)
	if n := released(); n != 0 {
		t.Errorf("%d mails of a cancelled mailing went", n)
	}
	clerk.get("/programmes/"+string(w.foreign.ID)+"/mailings").wants(t, 404)
}

// TestReminder: it goes to those who lack what it is about, on working days, as
// often as was approved, and stops when the thing is done.
func TestReminder(t *testing.T) {
	t.Parallel()
	w := settled(t)
	c, _ := w.chosen("https://new.example.jp/")
	at := "/programmes/" + string(w.programme.ID)
	clerk := w.as(w.people[account.Clerk])
	letter := w.letterSample("督促", "{担当者名} 様\n{残りの条件}")
	clerk.post(at+"/reminders", "fact", "chosen", "letter", letter, "first", "3", "every", "2", "most", "2").wants(t, 422)
	clerk.post(at+"/reminders", "fact", "self-check", "letter", letter, "first", "3", "every", "2", "most", "2").wants(t, 303)
	id := clerk.get(at+"/mailings").wants(t, 200, "承認待ち").between(t, at+"/reminders/", "/stop")
	clerk.post(at+"/reminders/"+id+"/approve").wants(t, 409, "作った人は承認できません")
	sent := func() (days string) {
		t.Helper()
		for range 2 { // a second look on a day finds nothing
			n, err := w.db.RemindCases(t.Context(), w.now(), "https://m.example")
			if err != nil {
				t.Fatal(err)
			}
			days += strings.Repeat("+", n)
		}
		return days
	}
	// The case came to Step 1 on Sunday 22 November; Monday is a holiday.
	w.pass(4 * 24 * time.Hour) // Thursday, the third working day
	if got := sent(); got != "" {
		t.Errorf("a reminder that nobody approved went: %s", got)
	}
	second := w.as(w.person("三人目", w.orgs[account.Office], account.Clerk))
	second.post(at+"/reminders/"+id+"/approve").wants(t, 303)
	got := ""
	for range 12 {
		got += sent() + "."
		w.pass(24 * time.Hour)
	}
	if want := "+....+........"; got != want { // Thursday, then Monday
		t.Errorf("sent %q, want %q", got, want)
	}
	clerk, second = w.as(w.people[account.Clerk]), w.as(w.person("四人目", w.orgs[account.Office], account.Clerk))
	clerk.get(at+"/cases/"+string(c.ID)).wants(t, 200, "応募のお店 のご担当者様へ")
	// Another one stops when the thing is done; a changed letter is approved anew.
	clerk.post(at+"/reminders", "fact", "environment", "letter", letter, "first", "1", "every", "1", "most", "9").wants(t, 303)
	list, err := w.db.CaseReminders(t.Context(), w.programme.ID)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	second.post(at+"/reminders/"+string(list[1].ID)+"/approve").wants(t, 303)
	if got := sent(); got != "+" {
		t.Errorf("sent %q", got)
	}
	w.pass(24 * time.Hour)
	clerk = w.as(w.people[account.Clerk])
	w.surrounded(c.ID)
	if got := sent(); got != "" {
		t.Errorf("sent %q though it is done", got)
	}
	clerk.post(at+"/letters/"+letter, "revision", "1", "name", "督促", "subject-ja", "x", "text-ja", "y").wants(t, 303)
	clerk.post(at+"/letters/"+letter, "revision", "1", "name", "督促", "subject-ja", "x", "text-ja", "y").wants(t, 409)
	clerk.get(at+"/mailings").wants(t, 200, "承認待ち")
	clerk.post(at+"/reminders/"+id+"/stop").wants(t, 303)
}

// mailingSamples are a template and a mailing to look at.
func (w *world) mailingSamples() map[string]string {
	c, _ := w.chosen("https://third.example.jp/")
	letter := w.letterSample("セルフチェックのお願い", "{会社名}\n{担当者名} 様\n\n「{事業}」事務局です。\n\n次のことが残っています。\n{残りの条件}\n{問い合わせ先}")
	at := "/programmes/" + string(w.programme.ID)
	v := w.as(w.people[account.Clerk])
	v.post(at+"/reminders", "fact", "self-check", "letter", letter, "first", "5", "every", "5", "most", "3").wants(w.t, 303)
	one := v.post(at+"/mailings", "letter", letter, "case", string(c.ID)).wants(w.t, 303).location
	return map[string]string{"letter": letter, "mailing": one[strings.LastIndex(one, "/")+1:]}
}
