package web

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

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
	w.lostMail("new@example.jp")
}

// lostMail makes a mail that a server refused.
func (w *world) lostMail(to string) *store.Mail {
	w.t.Helper()
	ctx, m := w.t.Context(), &store.Mail{To: to, Letter: &notice.Letter{About: notice.LetterJoin, Lang: "ja"}}
	w.change(func(tx *store.Tx) error {
		if err := tx.AddLetter(ctx, m); err != nil {
			return err
		}
		_, err := tx.GatherMails(ctx, notice.AtOnce, 50)
		return err
	})
	if err := w.db.MailFailed(ctx, m, &notice.Trouble{Problem: notice.Refused, Answer: "550 5.1.1 no such user"}, w.now()); err != nil {
		w.t.Fatal(err)
	}
	return m
}

// letter takes the only letter that waits in the outbox.
func (w *world) letter() *store.Mail {
	w.t.Helper()
	var ids []account.ID
	w.change(func(tx *store.Tx) (err error) {
		ids, err = tx.GatherMails(w.t.Context(), notice.Off, 50)
		return err
	})
	if len(ids) != 1 {
		w.t.Fatalf("%d letters wait", len(ids))
	}
	m, err := w.db.Mail(w.t.Context(), ids[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// TestLetters: where mails can be sent, invitations and links to a new password
// go by mail with what the page shows; what was refused is shown to operators only.
func TestLetters(t *testing.T) {
	t.Parallel()
	w := settled(t)
	boss, operator := w.as(w.people[account.Executive]), w.as(w.people[account.Operator])
	org := "/organisations/" + string(w.orgs[account.Shopkeeper].ID)
	boss.post(org+"/invite", "mail", "new@example.jp", "role", "practitioner").wants(t, 201, "に送ってください")
	if any, err := w.db.AnyMail(t.Context(), notice.Off); any || err != nil {
		t.Errorf("a letter was written where no mail can be sent: %v", err)
	}
	operator.get("/operator/mails").wants(t, 200, "メールを送る設定がありません", "届いていないメールはありません")
	var err error
	if w.server.opt.Mail, err = notice.ParseServer("smtp://user:geheim@127.0.0.1:1", "miseban@shop.example"); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ path, kv, about, to, mark string }{
		{org + "/invite", "role=practitioner&mail=new@example.jp", notice.LetterJoin, "new@example.jp", "/links/"},
		{"/shops/" + string(w.shop.ID) + "/access", "as=contractor&until=2027-01-01&mail=vendor@example.jp", notice.LetterOffer, "vendor@example.jp", "/links/"},
		{org + "/people/" + string(w.people[account.Practitioner].ID) + "/reset", "", notice.LetterReset, w.people[account.Practitioner].Mail, "/reset/"},
	} {
		form, err := url.ParseQuery(x.kv)
		if err != nil {
			t.Fatal(err)
		}
		page := boss.do("POST", x.path, form).wants(t, 201, x.to+" にメールで送ります")
		m := w.letter()
		subject, text := m.Letter.Write("https://m.example")
		link := w.server.opt.Public.String() + x.mark + page.between(t, x.mark, "<")
		if m.To != x.to || m.Letter.About != x.about || !strings.Contains(text, link) || strings.Contains(subject, "{") {
			t.Errorf("%s: to %s: %s\n%s", x.path, m.To, subject, text)
		}
	}
	w.found(w.shop.ID, "r1", "/a")
	w.asked(boss, "")
	if m := w.letter(); m.Letter.About != notice.LetterReply || m.To != "tanaka@example.jp" {
		t.Errorf("a request goes to %s as %s", m.To, m.Letter.About)
	} else if subject, text := m.Letter.Write("https://m.example"); !strings.Contains(subject, "山田茶舗") || !strings.Contains(text, "田中 一郎 様") || !strings.Contains(text, "/replies/") || strings.ContainsAny(subject+text, "{}") {
		t.Errorf("%s\n%s", subject, text)
	}
	boss.post("/shops/"+string(w.shop.ID)+"/checklists/ipa-ec-2023/questions/build-2-latest/delegate", "delegate", "鈴木 二郎", "mail", "suzuki@example.jp").wants(t, 201, "にメールで送ります")
	if m := w.letter(); m.Letter.About != notice.LetterDelegate || m.To != "suzuki@example.jp" {
		t.Errorf("a question goes to %s as %s", m.To, m.Letter.About)
	} else if subject, text := m.Letter.Write("https://m.example"); !strings.Contains(text, "鈴木 二郎 様") || !strings.Contains(text, "/answers/") || strings.ContainsAny(subject+text, "{}") {
		t.Errorf("%s\n%s", subject, text)
	}
	lost := w.lostMail("gone@example.jp")
	page := operator.get("/operator/mails").wants(t, 200, "gone@example.jp", "受け取りを断りました", "no such user", "smtp://127.0.0.1:1", "miseban@shop.example")
	if strings.Contains(page.body, "geheim") {
		t.Error("the page shows the password of the mail server")
	}
	boss.post("/operator/mails/"+string(lost.ID)+"/again").wants(t, 403)
	operator.post("/operator/mails/"+string(lost.ID)+"/again").wants(t, 303, "/operator/mails")
	operator.post("/operator/mails/"+string(lost.ID)+"/again").wants(t, 409)
	if m := w.letter(); m.ID != lost.ID {
		t.Errorf("sent again: %+v", m)
	}
	operator.post("/operator/mails/trial").wants(t, 303, "/operator/mails")
	if m := w.letter(); m.To != w.people[account.Operator].Mail {
		t.Errorf("the trial goes to %s", m.To)
	}
}

// TestMostLetters: one person, and one organisation, has so many letters sent in
// a day; further links are shown to copy, and the page says why. A name in a
// letter is no link.
func TestMostLetters(t *testing.T) {
	t.Parallel()
	w := settled(t)
	var err error
	if w.server.opt.Mail, err = notice.ParseServer("smtp://127.0.0.1:1", "miseban@shop.example"); err != nil {
		t.Fatal(err)
	}
	boss, colleague := w.people[account.Executive], w.person("同僚", w.orgs[account.Shopkeeper], account.Executive)
	org := w.orgs[account.Shopkeeper].ID
	w.change(func(tx *store.Tx) error {
		tx.Record(account.Event{Verb: account.MailTrial, Person: boss.ID})
		for range mostLetters - 1 {
			if err := tx.AddLetter(t.Context(), &store.Mail{By: boss.ID, For: org, To: "a@example.jp", Letter: &notice.Letter{About: notice.LetterJoin, Lang: "ja"}}); err != nil {
				return err
			}
		}
		return nil
	})
	invite := func(p *account.Person, words ...string) {
		t.Helper()
		w.as(p).post("/organisations/"+string(org)+"/invite", "mail", "new@example.jp", "role", "practitioner").wants(t, 201, append(words, "/links/")...)
	}
	invite(boss, "にメールで送ります")
	for _, p := range []*account.Person{boss, colleague} {
		invite(p, "24 時間に 50 通まで", "に送ってください")
		w.as(p).post("/shops/"+string(w.shop.ID)+"/access", "as", "contractor", "until", "2027-01-01", "mail", "vendor@example.jp").wants(t, 201, "24 時間に 50 通まで", "/links/")
	}
	var ids []account.ID
	w.change(func(tx *store.Tx) (err error) {
		ids, err = tx.GatherMails(t.Context(), notice.Off, 100)
		return err
	})
	if len(ids) != mostLetters {
		t.Errorf("%d letters, want %d", len(ids), mostLetters)
	}
	w.pass(24*time.Hour + time.Second)
	invite(colleague, "にメールで送ります")
	x := notice.Letter{About: notice.LetterJoin, Lang: "ja", Args: map[string]string{"from": "賞品\r\nhttps://evil.example", "organisation": "o"}}
	if subject, text := x.Write("https://m.example"); strings.Contains(subject+text, "://evil") || strings.Contains(text, "賞品\r") || !strings.Contains(text, "賞品 https evil.example") {
		t.Errorf("%s\n%s", subject, text)
	}
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

// alarmed raises an alarm of the shop and writes to its contact; it returns the
// alarm and the token of the contact's link.
func (w *world) alarmed() (*store.Alarm, string) {
	w.t.Helper()
	ctx := w.t.Context()
	a := &store.Alarm{Shop: w.shop.ID, Run: "r20261122-120000-abcde", Diagnosis: account.NewID(), Danger: notice.Leak, Seen: []store.AlarmPlace{{Check: "backup-file", Where: "/geheim.sql"}}}
	token, print := account.NewToken()
	w.change(func(tx *store.Tx) error {
		if ok, err := tx.RaiseAlarm(ctx, a, true); !ok || err != nil {
			return errors.Join(errors.New("not raised"), err)
		}
		return tx.AddCall(ctx, &store.AlarmCall{Alarm: a.ID, Contact: 0, Name: w.shop.Contacts[0].Name, Expires: w.now().Add(account.LinkLife)}, print, &store.Mail{Shop: w.shop.ID, To: "hanako@example.jp", Letter: &notice.Letter{About: notice.LetterAlarm, Lang: "ja"}})
	})
	return a, token
}

// TestAlarm: the contact's link shows what to do and not what was found, signs
// nobody in, and only the button confirms; the shop's people see all of it, the
// operator whom to telephone.
func TestAlarm(t *testing.T) {
	t.Parallel()
	w := settled(t)
	a, token := w.alarmed()
	boss, operator, contact := w.as(w.people[account.Executive]), w.as(w.people[account.Operator]), w.visitor()
	page := "/shops/" + string(w.shop.ID) + "/alarms/" + string(a.ID)
	boss.get("/notices").wants(t, 200, "緊急速報", "お客様の情報が誰でも読める状態の疑い")
	boss.get(page).wants(t, 200, "/geheim.sql", "山田 花子", "03-1234-5678", "メールを送っています")
	if r := operator.get(page).wants(t, 200, "03-1234-5678"); strings.Contains(r.body, "geheim") {
		t.Error("the operator sees what was found")
	}
	w.as(w.people[account.Maintainer]).get(page).wants(t, 403)
	boss.get("/shops/"+string(w.other.ID)+"/alarms/"+string(a.ID)).wants(t, 404)
	for range 2 { // as a mail scanner does
		r := contact.get("/alarms/"+token).wants(t, 200, "山田茶舗", "まずすること", "確認しました</button>")
		if strings.Contains(r.body, "geheim") || strings.Contains(r.body, "hanako") {
			t.Error("the link shows more than what to do")
		}
	}
	contact.get("/alarms/x").wants(t, 410)
	contact.post("/alarms/"+token).wants(t, 200, "に確認されました")
	contact.post("/alarms/"+token).wants(t, 200, "に確認されました")
	contact.get("/").wants(t, 303, "/sign-in")
	boss.get(page).wants(t, 200, "山田 花子 さんが確認しました")
	boss.post(page).wants(t, 303, page)
	boss.get("/shops/"+string(w.shop.ID)+"/audit").wants(t, 200, "緊急速報を出した", "緊急速報を確認")
	boss.get("/notices").wants(t, 200, "が確認されました")
	w.pass(account.LinkLife)
	contact.get("/alarms/"+token).wants(t, 410)
}

// TestFormerContact: the link of somebody who is no contact any more confirms
// nothing, and the page names who was told, and who confirmed.
func TestFormerContact(t *testing.T) {
	t.Parallel()
	w := settled(t)
	a, token := w.alarmed()
	boss, contact := w.as(w.people[account.Executive]), w.visitor()
	page := "/shops/" + string(w.shop.ID) + "/alarms/" + string(a.ID)
	old := w.shop.Contacts
	save := func(contacts []account.Contact) {
		t.Helper()
		shop, err := w.db.Shop(t.Context(), w.shop.ID)
		if err != nil {
			t.Fatal(err)
		}
		shop.Contacts = contacts
		w.change(func(tx *store.Tx) error { return tx.SaveShop(t.Context(), shop) })
	}
	save([]account.Contact{{Name: "後任 次郎", Mail: "jiro@example.jp"}})
	contact.get("/alarms/"+token).wants(t, 410)
	contact.post("/alarms/"+token).wants(t, 410)
	boss.get(page).wants(t, 200, "確認しました</button>", "後任 次郎", "まだ知らせていません", "山田 花子", "hanako@example.jp", "今は連絡先ではありません")
	save(old)
	contact.post("/alarms/"+token).wants(t, 200, "に確認されました")
	save([]account.Contact{{Name: "後任 次郎", Mail: "jiro@example.jp"}})
	boss.get(page).wants(t, 200, "山田 花子 さんが確認しました")
}
