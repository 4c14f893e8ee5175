package mailbox

import (
	"context"
	"net"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

func TestBox(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b, err := Listen(ctx, "127.0.0.1:0", "Hanako@chaya.example")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	if err := smtp.SendMail(b.Addr(), nil, "shop@chaya.example", []string{"hanako@chaya.example"}, []byte("Subject: =?ISO-2022-JP?B?GyRCJDQ7ajlNGyhC?=\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n..点で始まる行\r\nhttps://shop.test/reset?t=1\r\n")); err != nil {
		t.Fatal(err)
	}
	m, ok, err := b.Wait(ctx, "hanako@chaya.example", before, 5*time.Second, func(m Message) bool { return strings.Contains(m.Text, "reset") })
	if err != nil || !ok || !strings.Contains(m.Text, "点で始まる行") || strings.Contains(m.Subject, "ISO-2022") {
		t.Errorf("%+v %v %v", m, ok, err)
	}
	if err := smtp.SendMail(b.Addr(), nil, "x@y.example", []string{"stranger@chaya.example"}, []byte("Subject: x\r\n\r\n")); err == nil {
		t.Error("took a mail to a stranger")
	}
	if _, ok, _ := b.Wait(ctx, "hanako@chaya.example", time.Now(), 0, func(Message) bool { return true }); ok {
		t.Error("found a mail that came before")
	}
	cancel()
	b.Close()
	if c, err := net.DialTimeout("tcp", b.Addr(), time.Second); err == nil {
		c.Close()
		t.Error("still open")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ raw, subject, text string }{
		"multipart, base64 and quoted-printable": {"Subject: =?UTF-8?B?5aSJ5pu0?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n44OR44K544Ov44O844OJ\r\n--b\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D\"https://x/=\r\ny\">\r\n--b--\r\n", "変更", "パスワード"},
		"no header at all":                       {"just text", "", "just text"},
		"Shift_JIS":                              {"Content-Type: text/plain; charset=Shift_JIS\r\n\r\n\x83p\x83X\x83\x8f\x81[\x83h", "", "パスワード"},
	} {
		m := Read([]byte(tc.raw))
		if m.Subject != tc.subject || !strings.Contains(m.Text, tc.text) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Subject: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nb\r\n--x--"))
	f.Fuzz(func(_ *testing.T, data []byte) { Read(data) })
}
