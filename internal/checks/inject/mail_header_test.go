package inject

import (
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// enquiries sends each enquiry by mail, to whom the finished letter names.
type enquiries struct {
	to     string // the mail server
	letter func(name string) string
	thanks bool // answers the visitor's own address as well
}

func (s *enquiries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		out(w, `<h2>お問い合わせ</h2><form method="post" action="/contact"><label>お名前<input name="name"></label><label>メールアドレス<input type="email" name="email"></label><label>お問い合わせ内容<textarea name="body"></textarea></label><button>送信する</button></form>`)
		return
	}
	letter := "To: staff@shop.test\r\n" + s.letter(r.FormValue("name")) + "\r\n\r\n" + r.FormValue("body")
	headers, _, _ := strings.Cut(strings.ReplaceAll(letter, "\r\n", "\n"), "\n\n")
	for _, l := range strings.Split(headers, "\n") {
		if v, ok := strings.CutPrefix(l, "Bcc: "); ok {
			_ = smtp.SendMail(s.to, nil, "shop@shop.test", []string{strings.TrimSpace(v)}, []byte(letter))
		}
	}
	if s.thanks {
		_ = smtp.SendMail(s.to, nil, "shop@shop.test", []string{r.FormValue("email")}, []byte("Subject: thanks\r\n\r\n"))
	}
	out(w, "<p>お問い合わせを受け付けました。</p>")
}

func TestMailHeader(t *testing.T) {
	t.Parallel()
	const box = "tester@shop.test"
	clean := strings.NewReplacer("\r", "", "\n", "").Replace
	for _, c := range []struct {
		name string
		shop enquiries
		acts []string
		want verdict.Verdict
	}{
		{"from as it is", enquiries{letter: func(n string) string { return "From: " + n }}, []string{wire.ActMail}, verdict.NotMet},
		{"in quotes", enquiries{letter: func(n string) string { return `From: "` + n + `" <a@shop.test>` }}, []string{wire.ActMail}, verdict.NotMet},
		{"a pair is taken out", enquiries{letter: func(n string) string { return "From: " + strings.ReplaceAll(n, "\r\n", "") }}, []string{wire.ActMail}, verdict.NotMet},
		{"cleaned", enquiries{letter: func(n string) string { return "From: " + clean(n) }}, []string{wire.ActMail}, verdict.Met},
		{"in the body", enquiries{letter: func(n string) string { return "From: shop@shop.test\r\n\r\n" + n }, thanks: true}, []string{wire.ActMail}, verdict.Met},
		{"no consent", enquiries{letter: func(n string) string { return "From: " + n }}, nil, verdict.NotExamined},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, err := mailbox.Listen(t.Context(), "127.0.0.1:0", box)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Close)
			c.shop.to = b.Addr()
			srv := httptest.NewServer(&c.shop)
			t.Cleanup(srv.Close)
			client, err := wire.NewClient(wire.Options{Version: "test", Run: "test", Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Full, Rate: wire.Rate{Unlimited: true},
				Accounts: []wire.Account{{Name: "a", User: box, Password: "Correct-Horse-7", Mailbox: box}}, Consent: wire.Consent{Acts: c.acts}}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			u, _ := url.Parse(srv.URL + "/contact")
			ex, err := client.Do(t.Context(), &wire.Request{URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
			if err != nil {
				t.Fatal(err)
			}
			site := check.NewSite(u, []*page.Page{page.Parse(ex)}, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
			res := check.NewRunner(site, client, check.Mailbox).WithMailbox(b).Run(t.Context(), MailHeader)
			if res.Verdict != c.want {
				t.Errorf("verdict %s, want %s (%v)", res.Verdict, c.want, res.Reason)
			}
			if c.want == verdict.NotMet && (len(res.Findings) != 1 || res.Findings[0].Parameter != "name") {
				t.Errorf("findings %+v", res.Findings)
			}
		})
	}
}
