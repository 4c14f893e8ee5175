package heldback

import (
	"context"
	"net/url"
	"strings"

	"miseban/bench/accuracy/trial"
)

var pageTraps = []*trial.Family{
	trap("xss-reflected", "xss-request-uri", "the address of the page itself is in a link as the browser sent it, percent signs and all", []trial.Place{trial.Query, trial.Query, trial.InnerURL, trial.List}, nil, func(s *shop) (*trial.Handler, answer, error) {
		hd := s.named("/item/list.html", "style", s.items[0].Kind, s.items[1].Kind)
		return hd, func(_ context.Context, v string) (*trial.Answer, error) {
			q := url.Values{"style": {v}}.Encode()
			return s.show("", `<p><a rel="canonical" href="/item/list.html?`+q+`">この一覧へのリンク</a> <span data-url="/item/list.html?`+q+`"></span></p>`), nil
		}, nil
	}),
	trap("xss-reflected", "xss-download", "the value stands raw in a file that browsers save: text as a table, with nosniff and as an attachment", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
		types := []string{"text/csv; charset=Shift_JIS", "application/octet-stream", "application/vnd.ms-excel", "application/xml"}
		t := types[s.b.Rand.IntN(len(types))]
		return s.named("/mypage/export.php", "title", "orders", "points"), func(_ context.Context, v string) (*trial.Answer, error) {
			body := "\"" + v + "\"\r\n\"no\",\"price\"\r\n\"1\",\"980\"\r\n"
			if t == "application/xml" {
				body = "<?xml version=\"1.0\"?><list><title>" + e(v) + "</title></list>"
			}
			return &trial.Answer{Bare: true, Type: t, Header: map[string][]string{"Content-Disposition": {`attachment; filename="list.dat"`}, "X-Content-Type-Options": {"nosniff"}}, Body: body}, nil
		}, nil
	}),
	trap("xss-reflected", "xss-full-width", "signs of HTML come back full-width, in a field, a text, a script and a comment", append([]trial.Place{trial.Cookie, trial.Path, trial.Header}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
		wide := strings.NewReplacer("<", "＜", ">", "＞", `"`, "”", "'", "’", "&", "＆", `\`, "￥", "-", "－", "`", "｀", "\n", " ", "\r", " ", "{", "｛", "$", "＄", "=", "＝", "(", "（", ":", "：")
		return s.named("/products/search.php", "q", "towel", "glass"), func(_ context.Context, v string) (*trial.Answer, error) {
			w := wide.Replace(v)
			return s.show("", "<h2>"+w+"</h2><input name=q value=\""+w+"\"><script>var q = '"+w+"';</script><!-- "+w+" -->"), nil
		}, nil
	}),
	trap("xss-reflected", "xss-script-escape", "the value is in scripts, JSON and attributes, each time in the way that the place asks for", append([]trial.Place{trial.JSON, trial.CookieObj}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/lp/campaign.html", "utm_term", "autumn", "gift"), func(_ context.Context, v string) (*trial.Answer, error) {
			return s.show("", `<div data-layer="`+e(`{"term":`+inScript(v)+`}`)+`"></div><script>dataLayer = [{term: `+inScript(v)+`, page: "`+url.QueryEscape(v)+`"}];</script><a onclick="track(`+e(inScript(v))+`)" href="/guide?utm_term=`+url.QueryEscape(v)+`">申し込む</a>`), nil
		}, nil
	}),
	trap("xss-reflected", "xss-markdown", "a preview of Markdown: stars make text bold, addresses of the web become links, everything else is escaped", mailForm, nil, func(s *shop) (*trial.Handler, answer, error) {
		hd := s.named("/community/preview", "body", "**おすすめ** http://www.example.jp/")
		hd.Button = "プレビュー"
		return hd, func(_ context.Context, v string) (*trial.Answer, error) {
			out, bold := "", false
			for i, part := range strings.Split(address.ReplaceAllString(e(v), `<a rel="ugc" href="$0">$0</a>`), "**") {
				if i > 0 {
					if bold = !bold; bold {
						out += "<strong>"
					} else {
						out += "</strong>"
					}
				}
				out += part
			}
			if bold {
				out += "</strong>"
			}
			return s.show("", "<div class=\"preview\">"+strings.ReplaceAll(out, "\n", "<br>")+"</div>"), nil
		}, nil
	}),
	trap("xss-reflected", "xss-help-page", "a page on HTML itself, whose examples have scripts and handlers of their own", onlySearch, nil, func(s *shop) (*trial.Handler, answer, error) {
		return s.named("/help/html.php", "tag", "img", "script"), func(_ context.Context, v string) (*trial.Answer, error) {
			return s.show("", `<h2>`+e(v)+` タグの書き方</h2><pre>&lt;img src=x onerror=alert(1)&gt;</pre><img src="/assets/i1.svg" onerror="this.remove()" alt=""><script>var sample = "alert(1)";</script>`), nil
		}, nil
	}),
}
