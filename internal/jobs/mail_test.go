package jobs

import (
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/mailbox"
	"miseban/internal/notice"
	"miseban/internal/notice/noticetest"
	"miseban/internal/store"
)

// resident adds somebody with roles to the shop's organisation.
func (p *place) resident(name string, roles ...account.Role) *account.Person {
	p.t.Helper()
	x := &account.Person{ID: account.NewID(), Mail: string(account.NewID()) + "@example.jp", Name: name, Lang: "ja"}
	p.change(func(tx *store.Tx) error {
		return errors.Join(tx.AddPerson(p.t.Context(), x, "hash"), tx.AddRoles(p.t.Context(), x.ID, p.shop.Organisation, account.Shopkeeper, roles))
	})
	return x
}

// posting opens a queue that sends mails to a sink, and nothing else.
func (p *place) posting(sink *noticetest.Sink) *Queue {
	p.t.Helper()
	s, err := notice.ParseServer(sink.URL(), "miseban@shop.example")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.db.SetPublic(p.t.Context(), "https://m.example", time.Now()); err != nil {
		p.t.Fatal(err)
	}
	q := p.queue(Options{Mail: s})
	q.putOff = func(int) time.Duration { return 0 }
	return q
}

func (p *place) post(q *Queue, how notice.How) {
	p.t.Helper()
	if err := q.post(p.t.Context(), time.Now(), how); err != nil {
		p.t.Fatal(err)
	}
}

// arrives waits for n mails.
func (p *place) arrives(sink *noticetest.Sink, n int) []noticetest.Mail {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for len(sink.Mails()) < n {
		select {
		case <-sink.Came():
		case <-deadline:
			p.t.Fatalf("%d mails came, not %d", len(sink.Mails()), n)
		}
	}
	return sink.Mails()
}

// troubled waits until a mail has come to a state, and returns it.
func (p *place) troubled(state store.MailState) *store.Mail {
	p.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); ; {
		list, err := p.db.TroubledMails(p.t.Context(), 10)
		if err != nil {
			p.t.Fatal(err)
		}
		if len(list) > 0 && list[0].State == state {
			return &list[0]
		}
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("no mail is %s: %+v", state, list)
		}
	}
}

// TestMail: a server that is busy, then dies, then takes: what two changes told
// somebody goes once, in one mail, and the mail says why it came.
func TestMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		sink := noticetest.Open(t, "451 try later", noticetest.DieInData)
		boss := p.resident("花子", account.Executive)
		q := p.posting(sink)
		for _, n := range []string{"1", "2"} {
			p.change(func(tx *store.Tx) error {
				tx.Record(account.Event{Verb: account.FindingsMerged, Shop: p.shop.ID, Details: map[string]string{"critical": n}})
				return nil
			})
		}
		p.post(q, notice.AtOnce)
		p.post(q, notice.AtOnce)
		got := p.arrives(sink, 1)[0]
		m := mailbox.Read([]byte(got.Raw))
		for _, want := range []string{"花子 様", "新しく 1 件", "新しく 2 件", "https://m.example/shops/" + string(p.shop.ID), "届いた理由", "https://m.example/account/notices"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the mail lacks %q:\n%s", want, m.Text)
			}
		}
		if got.To != boss.Mail || sink.Visits() != 3 {
			t.Errorf("to %s after %d visits", got.To, sink.Visits())
		}
		if any, err := p.db.AnyMail(t.Context(), notice.AtOnce); any || err != nil {
			t.Errorf("something waits still: %v", err)
		}
	})
}

// TestMailRefused: what a server refuses for good is kept for the operator, who
// can send it again; a server that took a mail and died before it said so gets
// the same mail with the same Message-ID.
func TestMailRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *place) {
		ctx := t.Context()
		sink := noticetest.Open(t, "550 no such user")
		q := p.posting(sink)
		p.change(func(tx *store.Tx) error {
			tx.Record(account.Event{Verb: account.Invited, Shop: p.shop.ID})
			return tx.AddLetter(ctx, &store.Mail{To: "new@example.jp", Letter: &notice.Letter{About: notice.LetterJoin, Lang: "ja", URL: "https://m.example/links/geheim", Args: map[string]string{"organisation": "店\r\nBcc: x@evil.example"}}})
		})
		p.post(q, notice.AtOnce)
		m := p.troubled(store.MailUndeliverable)
		if m.Problem != notice.Refused || !strings.Contains(m.Answer, "no such user") || m.Tries != 1 {
			t.Errorf("%+v", m)
		}
		sink.Treat(noticetest.DieAfter)
		p.change(func(tx *store.Tx) error { return tx.MailAgain(ctx, m.ID) })
		p.post(q, notice.AtOnce)
		list := p.arrives(sink, 2)
		var ids []string
		for _, got := range list {
			h, err := mail.ReadMessage(strings.NewReader(got.Raw))
			if err != nil || h.Header.Get("Bcc") != "" {
				t.Fatalf("%v %s", err, got.Raw)
			}
			ids = append(ids, h.Header.Get("Message-ID"))
			if !strings.Contains(mailbox.Read([]byte(got.Raw)).Text, "https://m.example/links/geheim") {
				t.Error("the letter lacks its link")
			}
		}
		if list[0].Raw != list[1].Raw || ids[0] != ids[1] || !strings.Contains(ids[0], string(m.ID)) {
			t.Errorf("the second is not the first again: %q", ids)
		}
	})
}

// TestDigest: what came together goes in one mail, without what was read; it
// goes once a day, after eight.
func TestDigest(t *testing.T) {
	t.Parallel()
	p := settle(t, t.TempDir()+"/m.db")
	ctx := t.Context()
	sink := noticetest.Open(t)
	boss := p.resident("花子", account.Executive)
	if err := p.db.DigestDone(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	q := p.posting(sink)
	for _, state := range []string{"finished", "failed", "stopped"} {
		p.change(func(tx *store.Tx) error {
			tx.Record(account.Event{Verb: account.DiagnosisLeft, Shop: p.shop.ID, Details: map[string]string{"state": state}})
			return nil
		})
	}
	list, err := p.db.Notices(ctx, boss.ID, "", false, 10)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	if _, err := p.db.ReadNotice(ctx, boss.ID, list[0].ID, time.Now()); err != nil { // stopped
		t.Fatal(err)
	}
	morning := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2)
	if err := q.everyDay(ctx, morning.Add(-2*time.Hour)); err != nil { // seven in Japan
		t.Fatal(err)
	}
	early := sink.Visits()
	for range 2 {
		if err := q.everyDay(ctx, morning); err != nil {
			t.Fatal(err)
		}
	}
	m := mailbox.Read([]byte(p.arrives(sink, 1)[0].Raw))
	if early != 0 || !strings.Contains(m.Subject, "2 件") || !strings.Contains(m.Text, "終わりました") || strings.Contains(m.Text, "途中で止まりました") {
		t.Errorf("%d too early; %s\n%s", early, m.Subject, m.Text)
	}
}
