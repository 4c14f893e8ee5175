package tuning

import (
	"context"
	"mime"
	"slices"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// letterhead is one line of a mail that holds a value.
type letterhead struct {
	name, about string
	line        string
	clean       func(string) string
	end         string
	param       string
}

var letterheads = []letterhead{
	{"subject", "the subject of an enquiry goes into the mail as it is", "Subject: %s", same, "\r\n", "subject"},
	{"from", "the visitor's address goes into From as it is", "From: %s", same, "\r\n", "email"},
	{"name", "the visitor's name goes into From as it is", "From: \"%s\" <shop@example.jp>", same, "\"\r\n", "name"},
	{"reply", "CR LF is taken out of Reply-To, a lone LF is not", "Reply-To: %s", func(v string) string { return strings.ReplaceAll(v, "\r\n", "") }, "\n", "email"},
}

var mailFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range letterheads {
		out = append(out, mailFamily(&letterheads[i]))
	}
	return out
}()

func mailFamily(l *letterhead) *trial.Family {
	return &trial.Family{Name: "mail-" + l.name, Class: "mail-header", About: l.about, Full: true, Places: []trial.Place{trial.Form, trial.Form, trial.Multipart}, Grades: []trial.Grade{trial.Plain, trial.Plain, trial.Noise, trial.Random, trial.Token, trial.Slow}, Make: func(b *trial.Build) (*trial.Handler, error) {
		lure := b.Rand.IntN(4)
		sink, err := backend.NewSink()
		if err != nil {
			return nil, err
		}
		b.OnClose(sink.Close)
		h := &trial.Handler{Sample: "hanako@example.jp", Param: l.param, Type: "text", Button: "送信する"}
		if l.param != "email" {
			h.Sample = "お茶について"
		}
		const box = "test-a@example.jp"
		h.Accounts = []trial.Account{{Name: "a", User: box, Password: "Haru-2231", Mailbox: box}}
		h.Relay = func(hostPort string) { sink.Relay(box, hostPort) }
		h.More = `<label>お問い合わせ内容 <textarea name="body"></textarea></label>`
		h.MoreNames = []string{"body"}
		if l.param != "email" {
			h.More += `<label>メールアドレス <input type="email" name="email"></label>`
			h.MoreNames = append(h.MoreNames, "email")
		}
		h.Index = `<p>お問い合わせは上のフォームからどうぞ。</p>`
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if !a.Given {
				return trial.Text("<h1>お問い合わせ</h1>"), nil
			}
			v := a.Value
			if b.Vulnerable {
				v = l.clean(v)
			} else {
				switch lure {
				case 0:
					v = without("\r\n")(v)
				case 1:
					if strings.ContainsAny(v, "\r\n") {
						return trial.Status(500, "<h1>エラー</h1><p>mail(): Bad parameters, newline detected</p>"), nil
					}
				case 2:
					v = mime.BEncoding.Encode("UTF-8", v+"\u3000")
				case 3:
					v, _, _ = strings.Cut(strings.ReplaceAll(v, "\r", "\n"), "\n")
				}
			}
			to := "staff@example.jp"
			if l.param != "email" { // the visitor gets a copy
				if m := strings.TrimSpace(without("\r\n,<>")(a.Request.FormValue("email"))); strings.Contains(m, "@") {
					to += ", " + m
				}
			}
			letter := "To: " + to + "\r\n" + strings.Replace(l.line, "%s", v, 1) + "\r\nX-Mailer: shop\r\n\r\nお問い合わせがありました。\r\n"
			if lure == 3 {
				letter += a.Value + "\r\n"
			}
			if err := sink.Sendmail(letter); err != nil {
				return oops(), nil
			}
			return trial.Text("<h1>お問い合わせ</h1><p>送信しました。ありがとうございます。</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if _, err := send(ctx, h.Sample+l.end+"Bcc: zq1x@example.jp"+strings.TrimLeft(l.end, `"`)+"X-Rest: "); err != nil {
				return false, err
			}
			return slices.ContainsFunc(sink.Letters(), func(x backend.Letter) bool { return slices.Contains(x.To, "zq1x@example.jp") }), nil
		}
		return h, nil
	}}
}
