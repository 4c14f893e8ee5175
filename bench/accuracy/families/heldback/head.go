package heldback

import (
	"context"
	"mime"
	"net/url"
	"slices"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/trial"
)

// headLine is a header of an answer into which a value gets.
type headLine struct {
	name, about string
	path, param string
	line        string // with VALUE
	status      int
	sample      string
	others      []string
	places      []trial.Place
	before      func(string) string
	exploit     string
}

const extra = "\r\nX-Kept: zz7"

var headLines = []headLine{
	{name: "affiliate", about: "the number of an affiliate is kept in a cookie", path: "/lp/index.php", param: "a8", line: "Set-Cookie: a8=VALUE; Path=/; Max-Age=2592000", sample: "s00000012345", places: append([]trial.Place{trial.Cookie}, webPlaces...), exploit: "s0" + extra},
	{name: "csv-name", about: "a table's name with RFC 5987's writing beside it", path: "/mypage/csv.php", param: "term", line: `Content-Disposition: attachment; filename="orders_VALUE.csv"; filename*=UTF-8''orders.csv`, sample: "202611", others: []string{"202610"}, places: append([]trial.Place{trial.Path, trial.JSON}, webPlaces...), exploit: "2026" + extra},
	{name: "charset", about: "the character set of a page, which visitors may choose", path: "/cgi-bin/print.cgi", param: "cs", line: "X-Charset: text/plain; charset=VALUE", sample: "Shift_JIS", others: []string{"EUC-JP"}, places: append([]trial.Place{trial.Cookie, trial.CookieObj}, webPlaces...), exploit: "UTF-8" + extra},
	{name: "short-link", about: "a short link's target is put behind the path of Location", path: "/s/go", param: "code", line: "Location: /items/VALUE/", status: 301, sample: "2100", others: []string{"2113"}, places: []trial.Place{trial.Query, trial.Path, trial.Path, trial.Form, trial.Base64}, exploit: "2100" + extra},
	{name: "search-cookie", about: "the last search is kept in a cookie; CR is taken out, LF is not", path: "/cgi-bin/find.cgi", param: "word", line: "Set-Cookie: lastword=VALUE; path=/", sample: "towel", others: []string{"cup"}, places: append([]trial.Place{trial.XML, trial.InnerURL}, webPlaces...), before: func(v string) string { return strings.ReplaceAll(v, "\r", "") }, exploit: "x\nX-Kept: zz7"},
	{name: "canonical", about: "the canonical address in a Link header; looked at before it is decoded once more", path: "/item", param: "slug", line: "Link: </item/VALUE>; rel=\"canonical\"", sample: "tetsubin", others: []string{"yunomi"}, places: append([]trial.Place{trial.Path}, webPlaces...), before: func(v string) string {
		v = lineBreaks.Replace(v)
		if d, err := url.QueryUnescape(v); err == nil {
			return d
		}
		return v
	}, exploit: "x%0D%0AX-Kept:%20zz7"},
	{name: "paging", about: "an API tells about its pages in a header", path: "/api/goods", param: "sort", line: `X-Pagination: {"page":1,"sort":"VALUE"}`, sample: "price", others: []string{"name"}, places: append([]trial.Place{trial.JSON, trial.JSON}, webPlaces...), exploit: "p" + extra},
}

var headFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range headLines {
		out = append(out, headLines[i].family())
	}
	return append(out, trap("response-header", "head-echo-page", "the lines that were sent are shown in a page about headers, one below the other", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/tools/http-header.php", "raw", "Accept: text/html"), func(_ context.Context, v string) (*trial.Answer, error) {
			a := s.show("", "<pre>HTTP/1.1 200 OK\n"+e(v)+"</pre>")
			a.Header = map[string][]string{"X-Checked": {url.QueryEscape(v)}}
			return a, nil
		}, nil
	}))
}()

func (l *headLine) family() *trial.Family {
	return &trial.Family{Name: "shop-head-" + l.name, Class: "response-header", About: l.about, Places: l.places, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(5)
		hd := s.named(l.path, l.param, l.sample, l.others...)
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := noZero(a.Value)
			ans := &trial.Answer{Status: l.status, Body: "<h2>" + s.items[0].Name + "</h2><p>" + comma(s.items[0].Price) + "円</p>"}
			if b.Vulnerable {
				if l.before != nil {
					v = l.before(v)
				}
			} else {
				switch lure {
				case 0: // as PHP has refused it since 5.1.2
					if strings.ContainsAny(v, "\r\n") {
						return trial.Text("<br><b>Warning</b>: Header may not contain more than a single header, new line detected in <b>/var/www/html/index.php</b> on line <b>31</b>"), nil
					}
				case 1:
					v = url.QueryEscape(v)
				case 2: // what stood behind the line's end is told in the page
					if head, rest, ok := strings.Cut(strings.ReplaceAll(v, "\r", "\n"), "\n"); ok {
						v = head
						ans.Body += "<pre>" + e(rest) + "</pre>"
					}
				case 3:
					if strings.ContainsAny(v, "\r\n") || strings.Contains(strings.ToLower(v), "%0") {
						return s.decline(lineBreaks.Replace(v)), nil
					}
				}
				v = strings.Map(func(r rune) rune {
					if r < ' ' || r == 0x7f {
						return -1
					}
					return r
				}, v)
				if l.name == "csv-name" || l.name == "paging" {
					v = strings.ReplaceAll(v, `"`, "'")
				}
			}
			ans.Raw = []string{strings.ReplaceAll(l.line, "VALUE", v)}
			return ans, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, l.exploit)
			return err == nil && strings.HasPrefix(seen.Header.Get("X-Kept"), "zz7"), err
		}
		return hd, nil
	}}
}

// mailLine is a line of a mail's head into which a visitor's value gets.
type mailLine struct {
	name, about string
	path, param string
	line        string // with VALUE
	sample      string
	copy        bool // the visitor gets the mail too
	before      func(string) string
	exploit     string
	button      string
}

const blind = "\r\nBcc: zz7@example.jp\r\nX-Rest: "

var mailLines = []mailLine{
	{name: "inquiry", about: "the subject of an enquiry, whose sender gets a copy", path: "/contact/confirm.php", param: "subject", line: "Subject: [お問い合わせ] VALUE", sample: "納期について", copy: true, exploit: "x" + blind, button: "送信する"},
	{name: "post-mail", about: "the sender's address in From, as CGI mail forms have it", path: "/cgi-bin/postmail/postmail.cgi", param: "email", line: "From: VALUE", sample: "hanako@example.jp", exploit: "a@example.jp" + blind, button: "送信"},
	{name: "tell-a-friend", about: "the sender's name in From of a mail to a friend", path: "/products/tell_friend.php", param: "your_name", line: "From: \"VALUE\" <shop@example.jp>", sample: "山田花子", copy: true, exploit: "x\"" + blind, button: "友達に教える"},
	{name: "estimate", about: "the company's name in the subject; CR is taken out, LF is not", path: "/estimate/send.php", param: "company", line: "Subject: 見積依頼（VALUE）", sample: "青葉商事", copy: true, before: func(v string) string { return strings.ReplaceAll(v, "\r", "") }, exploit: "x\nBcc: zz7@example.jp\nX-Rest: ", button: "見積りを依頼する"},
	{name: "reply-to", about: "Reply-To, looked at by its end only", path: "/support/ticket", param: "reply_mail", line: "Reply-To: VALUE", sample: "taro@example.jp", before: func(v string) string {
		if !strings.HasSuffix(v, ".jp") {
			return "invalid@example.jp"
		}
		return v
	}, exploit: "x@example.jp\r\nBcc: zz7@example.jp", button: "送信する"},
	{name: "reserve", about: "a day of a reservation in the subject", path: "/reserve/", param: "ymd", line: "Subject: ご予約 VALUE", sample: "2026-12-01", copy: true, exploit: "2026-12-01" + blind, button: "予約を申し込む"},
}

var mailFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range mailLines {
		out = append(out, mailLines[i].family())
	}
	return out
}()

func (l *mailLine) family() *trial.Family {
	return &trial.Family{Name: "shop-mail-" + l.name, Class: "mail-header", About: l.about, Full: true, Places: mailForm, Grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Token, trial.Slow}, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(5)
		sink, err := backend.NewSink()
		if err != nil {
			return nil, err
		}
		b.OnClose(sink.Close)
		hd := s.named(l.path, l.param, l.sample)
		hd.Type, hd.Button = "text", l.button
		hd.More, hd.MoreNames = `<label>内容 <textarea name="message"></textarea></label>`, []string{"message"}
		if l.copy {
			hd.More += `<label>メールアドレス <input type="email" name="mail_to"></label>`
			hd.MoreNames = append(hd.MoreNames, "mail_to")
		}
		const box = "test-c@example.jp"
		hd.Accounts = []trial.Account{{Name: "a", User: box, Password: "Fuyu-5512", Mailbox: box}}
		hd.Relay = func(hostPort string) { sink.Relay(box, hostPort) }
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if !a.Given {
				return trial.Text("<h2>フォーム</h2>"), nil
			}
			v, note := noZero(a.Value), ""
			if b.Vulnerable {
				if l.before != nil {
					v = l.before(v)
				}
			} else {
				switch lure {
				case 0:
					if strings.ContainsAny(v, "\r\n") {
						return s.decline(lineBreaks.Replace(v)), nil
					}
				case 1:
					v = mime.BEncoding.Encode("ISO-2022-JP", v)
				case 2: // lines are folded, as RFC 5322 has it
					v = strings.NewReplacer("\r\n", "\r\n ", "\n", "\r\n ", "\r", " ").Replace(v)
				case 3: // the text of the mail holds it as it came
					note = v
					v = strings.Join(strings.Fields(v), " ")
				}
				if lure != 2 {
					v = lineBreaks.Replace(v)
				}
				v = strings.ReplaceAll(v, `"`, "'")
			}
			to := "info@example.jp"
			if m := a.Request.FormValue("mail_to"); l.copy && strings.Contains(m, "@") && !strings.ContainsAny(m, "\r\n, <>") {
				to += ", " + m
			}
			err := sink.Sendmail("To: " + to + "\r\n" + strings.ReplaceAll(l.line, "VALUE", v) + "\r\nMIME-Version: 1.0\r\n\r\n以下の内容を受け付けました。\r\n" + note + "\r\n")
			if err != nil {
				return s.broken(err), nil
			}
			return s.show("", "<p>送信が完了しました。ありがとうございました。</p>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if _, err := send(ctx, l.exploit); err != nil {
				return false, err
			}
			return slices.ContainsFunc(sink.Letters(), func(x backend.Letter) bool { return slices.Contains(x.To, "zz7@example.jp") }), nil
		}
		return hd, nil
	}}
}
