package tuning

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// linePlaces are those through which an end of line gets.
var linePlaces = trial.Except(trial.Header)

// headLine is one header that holds a value.
type headLine struct {
	name, about string
	line        string // with %s
	clean       func(string) string
	end         string // what ends the line
	status      int
}

var headLines = []headLine{
	{"cookie", "the value goes into a cookie as it is", "Set-Cookie: view=%s; Path=/", same, "\r\n", 0},
	{"custom", "the value goes into a header of the shop's own", "X-Shop-Area: %s", same, "\r\n", 0},
	{"location", "the value goes into the query of a Location", "Location: /guide?from=%s", func(v string) string { return strings.ReplaceAll(v, " ", "+") }, "\r\n", 302},
	{"disposition", "the value goes into the name of a download", `Content-Disposition: inline; filename="%s.txt"`, same, "\r\n", 0},
	{"cr-out", "CR is taken out of the value, LF is not", "X-Shop-Area: %s", without("\r"), "\n", 0},
	{"pair-out", "CR LF is taken out of the value, a lone LF is not", "Set-Cookie: view=%s; Path=/", func(v string) string { return strings.ReplaceAll(v, "\r\n", "") }, "\n", 0},
	{"narrow", "letters beyond Latin lose their upper byte in the header", "X-Shop-Area: %s", func(v string) string {
		var b strings.Builder
		for _, r := range without("\r\n")(v) {
			b.WriteByte(byte(r))
		}
		return b.String()
	}, "嘍嘊", 0},
	{"decoded", "the value is decoded once more before it goes into the header", "X-Shop-Area: %s", func(v string) string {
		v = without("\r\n")(v)
		if d, err := url.PathUnescape(v); err == nil {
			return d
		}
		return v
	}, "%0d%0a", 0},
}

var headerFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range headLines {
		out = append(out, headerFamily(&headLines[i]))
	}
	return append(out, hostFamilies...)
}()

func headerFamily(l *headLine) *trial.Family {
	return &trial.Family{Name: "head-" + l.name, Class: "response-header", About: l.about, Places: linePlaces, Make: func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		lure := b.Rand.IntN(5)
		h := &trial.Handler{Sample: c[0].Category, Others: distinct(category, c)}
		if h.Sample == h.Others[0] {
			h.Others = h.Others[1:]
		}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := a.Value
			if b.Vulnerable {
				v = strings.ReplaceAll(l.clean(v), "\x00", "")
			} else {
				switch lure {
				case 0: // taken out; the rest stays on the one line
					v = without("\r\n\x00")(v)
				case 1:
					v = url.QueryEscape(v)
				case 2:
					if strings.ContainsAny(v, "\r\n\x00") {
						return trial.Status(500, "<h1>エラー</h1><p>Header may not contain more than a single header, new line detected</p>"), nil
					}
				case 3: // the value ends with the line
					v, _, _ = strings.Cut(strings.ReplaceAll(strings.ReplaceAll(v, "\x00", ""), "\r", "\n"), "\n")
				case 4: // spaces instead, and the value is in the page as well
					v = strings.NewReplacer("\r", " ", "\n", " ", "\x00", "").Replace(v)
				}
			}
			ans := &trial.Answer{Status: l.status, Raw: []string{strings.Replace(l.line, "%s", v, 1)}, Body: "<h1>表示の設定</h1><p>保存しました。</p>"}
			if lure == 4 {
				ans.Body += "<pre>" + esc(a.Value) + "</pre>"
			}
			return ans, nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, h.Sample+l.end+"X-Zq1x: yes")
			return err == nil && seen.Header.Get("X-Zq1x") != "", err
		}
		return h, nil
	}}
}

// hostUse is what a page makes of the name under which it was asked for.
type hostUse struct {
	name, about string
	answer      func(host string) *trial.Answer
	seen        func(*trial.Seen) bool
}

func holds(s string) func(*trial.Seen) bool {
	return func(seen *trial.Seen) bool { return strings.Contains(seen.Body, s) }
}

var hostUses = []hostUse{
	{"redirect", "a redirect to the same page with a slash is made from the name", func(host string) *trial.Answer {
		return &trial.Answer{Status: 302, Header: http.Header{"Location": {"http://" + oneLine(host) + "/guide"}}, Body: "<p>移動します。</p>"}
	}, func(s *trial.Seen) bool { return proof.Goes(s) == foreign }},
	{"script", "the address of the page's script is made from the name", func(host string) *trial.Answer {
		return trial.Text(`<script src="http://` + esc(host) + `/assets/shop.js"></script><h1>商品</h1>`)
	}, holds(`src="http://` + foreign)},
	{"canonical", "links of the page and its canonical address are made from the name", func(host string) *trial.Answer {
		return trial.Text(`<h1>商品</h1><link rel="canonical" href="http://` + esc(host) + `/"><a href="http://` + esc(host) + `/guide">ご利用案内</a>`)
	}, holds(`href="http://` + foreign)},
	{"base", "a base element is made from the name", func(host string) *trial.Answer {
		return trial.Text(`<base href="http://` + esc(host) + `/"><h1>商品</h1><a href="guide">ご利用案内</a>`)
	}, holds(`<base href="http://` + foreign)},
	{"form", "the address of a form is made from the name", func(host string) *trial.Answer {
		return trial.Text(`<h1>検索</h1><form action="http://` + esc(host) + `/find" method="get"><input type="search" name="q"><button>検索</button></form>`)
	}, holds(`action="http://` + foreign)},
}

var hostFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range hostUses {
		out = append(out, hostFamily(&hostUses[i]))
	}
	return out
}()

func hostFamily(u *hostUse) *trial.Family {
	return &trial.Family{Name: "host-" + u.name, Class: "host-header", About: u.about, Accept: []string{"open-redirect", "cache-poisoning-hint"}, Places: []trial.Place{trial.Host}, Grades: trial.AnyGrade, Make: func(b *trial.Build) (*trial.Handler, error) {
		own := strings.TrimPrefix(b.Origin, "http://")
		lure := b.Rand.IntN(4)
		h := &trial.Handler{Sample: own}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			host := a.Value
			if !b.Vulnerable {
				switch {
				case host == own:
				case lure == 0: // another name is not served
					return trial.Status(421, "<h1>このサーバでは表示できません</h1>"), nil
				case lure == 1: // named in words
					ans := u.answer(own)
					ans.Body += "<p>" + esc(host) + " として表示しています。</p>"
					return ans, nil
				case lure == 2: // handed on as data
					ans := u.answer(own)
					ans.Body += `<a href="/guide?host=` + url.QueryEscape(host) + `">お問い合わせ</a>`
					return ans, nil
				}
				host = own
			}
			return u.answer(host), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, foreign)
			return err == nil && u.seen(seen), err
		}
		return h, nil
	}}
}
