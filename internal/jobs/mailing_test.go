package jobs

import (
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/mailbox"
	"miseban/internal/notice"
	"miseban/internal/notice/noticetest"
	"miseban/internal/store"
)

// TestOfficeLetter: what an office wrote goes as it was written. One that was
// being handed over when the process died is not sent again by itself.
func TestOfficeLetter(t *testing.T) {
	t.Parallel()
	p := settle(t, t.TempDir()+"/m.db")
	ctx := t.Context()
	sink := noticetest.Open(t)
	q := p.posting(sink)
	add := func(subject string) *store.Mail {
		t.Helper()
		m := &store.Mail{To: "shop@example.jp", Letter: &notice.Letter{About: notice.LetterOffice, Lang: "ja", Subject: subject, Text: "本文 https://m.example/x", Args: map[string]string{"programme": "診断事業"}}}
		p.change(func(tx *store.Tx) error {
			tx.Record(account.Event{Verb: account.MailingReleased})
			return tx.AddLetter(ctx, m)
		})
		return m
	}
	died := add("途中で止まった")
	p.change(func(tx *store.Tx) error {
		_, err := tx.GatherMails(ctx, notice.AtOnce, 10)
		return err
	})
	if sure, err := p.db.HandMail(ctx, died.ID, time.Now()); err != nil || !sure {
		t.Fatal(sure, err)
	}
	// Its job is taken up again.
	p.change(func(tx *store.Tx) error {
		return q.insert(ctx, tx, Mail{ID: died.ID}, &river.InsertOpts{Queue: queueMail})
	})
	add("二通目")
	p.post(q, notice.AtOnce)
	m := mailbox.Read([]byte(p.arrives(sink, 1)[0].Raw))
	if m.Subject != "二通目" || !strings.Contains(m.Text, "https://m.example/x") || !strings.Contains(m.Text, "「診断事業」の事務局") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	if got := p.troubled(store.MailUndeliverable); got.ID != died.ID || got.Problem != notice.Unsure {
		t.Errorf("%+v", got)
	}
}
