package notice

import (
	"context"
	"errors"
	"io"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/mailbox"
	"miseban/internal/notice/noticetest"
)

// TestTexts: each kind can be said in both languages with all its values.
func TestTexts(t *testing.T) {
	t.Parallel()
	args := map[string]string{"n": "1", "due": "2026-12-01", "at": "22:00", "until": "2026-12-01", "days": "3", "minutes": "30", "danger": "leak"}
	for _, k := range Kinds() {
		if k.Name("ja") == "" || k.Why("en") == "" || k.Default() == "" || len(texts[k]) == 0 {
			t.Errorf("%s lacks words", k)
		}
		for c := range texts[k] {
			n := Note{Kind: k, Case: c, Args: args}
			for _, s := range []string{n.Say("ja", "店"), n.Say("en", "Shop")} {
				if s == "" || strings.ContainsAny(s, "{}") {
					t.Errorf("%s %q: %q", k, c, s)
				}
			}
		}
	}
	if Emergency.Choose(Off) != AtOnce || Due.Choose("x") != Daily || Due.Choose(Off) != Off {
		t.Error("choices are not kept")
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for path, ok := range map[string]bool{"/shops/x": true, "": false, "//evil.example": false, "https://evil.example": false, "/\\evil.example": false, "/a\r\nB: c": false} {
		if got := (&Note{Path: path}).Target(); (got == path && path != "") != ok {
			t.Errorf("%q leads to %q", path, got)
		}
	}
}

func TestUrgent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		check, of string
		want      Danger
	}{{"skimmer-sign", "", Skimmer}, {"skimmer-sign", "possible", Skimmer}, {"backup-file", "dump", Leak}, {"backup-file", "source", ""}, {"idor", "unguessable", ""}, {"idor", "", Leak}, {"hsts", "", ""}} {
		if got, ok := Urgent(&check.Finding{Check: c.check, Case: c.of}); got != c.want || ok != (c.want != "") {
			t.Errorf("%s %q: %q", c.check, c.of, got)
		}
	}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "http://mail.example", "smtp://", "smtp://mail.example/x", "smtp://mail.example?tls=maybe", "smtps://mail.example?tls=none", "smtp://u:geheim@mail.example:port"} {
		if _, err := ParseServer(bad, "miseban@shop.example"); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	s, err := ParseServer("smtps://user:geheim@mail.example", "店番 <miseban@shop.example>")
	if err != nil || s.String() != "smtps://mail.example:465" || s.password != "geheim" || s.From.Name != "店番" {
		t.Errorf("%v %v", s, err)
	}
	if _, err := ParseServer("smtp://mail.example", "no address"); !errors.Is(err, ErrFrom) {
		t.Error(err)
	}
}

// TestSend: what the server does decides whether a mail is tried again.
func TestSend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		act   noticetest.Act
		want  Problem
		final bool
		mails int
	}{
		{noticetest.Take, "", false, 1},
		{"450 mailbox busy", Later, false, 0},
		{"550 no such user", Refused, true, 0},
		{noticetest.RefuseAll, Refused, true, 0},
		{noticetest.Busy, Later, false, 0},
		{noticetest.NoSignIn, SignIn, false, 0},
		{noticetest.DieInData, Unreachable, false, 0},
		{noticetest.DieAfter, Unreachable, false, 1},
		{noticetest.Hang, Unreachable, false, 0},
	} {
		t.Run(string(c.act), func(t *testing.T) {
			t.Parallel()
			sink := noticetest.Open(t, c.act)
			s, err := ParseServer(strings.Replace(sink.URL(), "//", "//user:geheim@", 1), "miseban@shop.example")
			if err != nil {
				t.Fatal(err)
			}
			if c.act == noticetest.Hang {
				s.patience = 100 * time.Millisecond
			}
			m := &Message{ID: account.NewID(), From: s.From, To: "hanako@tea.example", At: time.Now(), Subject: "件名", Text: "本文\n.点で始まる行\n"}
			err = s.Send(t.Context(), m.To, m.Bytes())
			var x *Trouble
			if errors.As(err, &x) != (c.want != "") || x != nil && (x.Problem != c.want || x.Final() != c.final) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Error("the password is in the error")
			}
			got := sink.Mails()
			if len(got) != c.mails {
				t.Fatalf("%d mails", len(got))
			}
			if c.mails == 1 && (got[0].To != m.To || !strings.HasPrefix(got[0].From, "FROM:<miseban@shop.example>") || !strings.Contains(mailbox.Read([]byte(got[0].Raw)).Text, ".点で始まる行")) {
				t.Errorf("%+v", got[0])
			}
		})
	}
}

// TestSafe: no password and no mail over an open line to another computer.
func TestSafe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := ParseServer("smtp://user:geheim@127.0.0.1:1", "a@b.example")
	if err != nil {
		t.Fatal(err)
	}
	var x *Trouble
	if err := s.Send(ctx, "x@y.example", nil); !errors.As(err, &x) || x.Final() {
		t.Errorf("nobody there: %v", err)
	}
	for _, to := range []string{"a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example,c@d.example", "名前 <a@b.example>", ""} {
		if err := s.Send(t.Context(), to, nil); !errors.As(err, &x) || x.Problem != Refused {
			t.Errorf("%q: %v", to, err)
		}
	}
	sink := noticetest.Open(t)
	s, err = ParseServer(sink.URL(), "a@b.example")
	if err != nil {
		t.Fatal(err)
	}
	s.host = "mail.example" // as if the sink were another computer
	if err := s.Send(t.Context(), "x@y.example", []byte("x")); !errors.As(err, &x) || x.Problem != Unsafe || len(sink.Mails()) > 0 {
		t.Errorf("sent without TLS: %v", err)
	}
}

// TestCompose: a mail says what happened, where, why it came and how to change that.
func TestCompose(t *testing.T) {
	t.Parallel()
	items := []Item{{Note{Kind: Assigned, Shop: "s", Path: "/shops/s/findings/f", Args: map[string]string{"due": "2026-12-01"}}, "山田茶舗"}, {Note{Kind: Emergency, Case: "raised", Args: map[string]string{"danger": "leak"}}, "山田茶舗"}}
	subject, text := Compose(&Reader{Lang: "ja", Name: "山田", Public: "https://m.example"}, false, items)
	for _, want := range []string{"山田 様", "検出事項の担当になりました（期限 2026-12-01）", "https://m.example/shops/s/findings/f", "届いた理由: 検出事項の担当に選ばれたから", "https://m.example/account/notices"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
	if !strings.Contains(subject, "緊急速報") {
		t.Errorf("subject %q hides the emergency", subject)
	}
	if subject, _ := Compose(&Reader{Lang: "en"}, true, items); subject != "[Miseban] 2 unread notices" {
		t.Error(subject)
	}
	for about := range letters {
		for _, l := range []Letter{{About: about, Lang: "ja"}, {About: about, Lang: "en"}} {
			l.URL, l.Args = "https://m.example/links/x", map[string]string{"from": "山田", "organisation": "店", "shop": "店", "until": "2026", "danger": "skimmer", "contact": "花子", "at": "2026", "minutes": "30", "company": "会社", "person": "田中", "n": "2", "due": "2026", "question": "実施していますか。", "programme": "診断事業", "receipt": "R-00001", "number": "00001"}
			if subject, text := l.Write("https://m.example"); strings.ContainsAny(subject+text, "{}") || subject == "" {
				t.Errorf("%s: %s\n%s", about, subject, text)
			}
		}
	}
}

// FuzzMessage: whatever names and texts hold, the mail has our headers and no
// other, and says what was to be said.
func FuzzMessage(f *testing.F) {
	f.Add("山田\r\nBcc: x@evil.example", "件名\r\n\r\n本文", "a\r\n.\r\nMAIL FROM:<x>", "a@b.example")
	f.Add("=?utf-8?q?x=0d=0aBcc:_y?=", strings.Repeat("長い件名", 50), "x", "a@b.example\r\nBcc: c@d.example")
	f.Add("\"<>,", "\x00\u2028\u0085", "", "名前 <a@b.example>")
	f.Fuzz(func(t *testing.T, name, subject, text, to string) {
		m := &Message{ID: "0123456789abcdefghjkmnp", From: mail.Address{Name: name, Address: "miseban@shop.example"}, To: to, At: time.Unix(0, 0), Subject: subject, Text: text}
		raw := m.Bytes()
		got, err := mail.ReadMessage(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		for h, v := range got.Header {
			if len(v) != 1 || !slices.Contains([]string{"Date", "From", "To", "Subject", "Message-Id", "Auto-Submitted", "X-Auto-Response-Suppress", "Mime-Version", "Content-Type", "Content-Transfer-Encoding"}, h) {
				t.Fatalf("header %s: %q\n%s", h, v, raw)
			}
		}
		for _, l := range strings.Split(string(raw), "\r\n") {
			if len(l) > 998 && !strings.HasPrefix(l, "To:") && !strings.HasPrefix(l, "From:") || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("line %q", l)
			}
		}
		if list, err := got.Header.AddressList("From"); err != nil || len(list) != 1 || list[0].Address != "miseban@shop.example" {
			t.Fatalf("from %v %v", list, err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil || strings.Contains(string(body), "\r\n.\r\n") {
			t.Fatal("the body ends the mail")
		}
	})
}
