package heldback

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// spot is a place of a page where a value is shown, wrongly and rightly.
type spot struct {
	name, about  string
	path, param  string
	sample       string
	others       []string
	places       []trial.Place
	grades       []trial.Grade
	bad          func(v string) string
	good         []func(v string) string
	exploit      string
	seen         func(body string) bool
	kind         string // media type; "" is a page
	goodKind     string // the twin's, which then shows the same
	charset      encoding.Encoding
	status       int
	bare         bool
	stored       bool // there is a family that keeps the value, too
	more, button string
	moreNames    []string
}

func isElement(body string) bool { return proof.Element(body, "", "zz7") }
func isScript(body string) bool  { return proof.Runs(body, "zz7") }
func isScheme(body string) bool  { return proof.Scheme(body, "zz7") }

// around makes a page of what stands before and behind the value.
func around(head, tail string, f func(string) string) func(string) string {
	return func(v string) string { return head + f(v) + tail }
}

func plain(v string) string { return v }

// noQuotes escapes what stands in a text, and leaves quotes alone.
func noQuotes(v string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(v)
}

func inScript(v string) string { b, _ := json.Marshal(v); return string(b) }

var (
	anyTag     = regexp.MustCompile(`(?s)<[A-Za-z/!?][^>]*>?`)
	boldOrLink = regexp.MustCompile(`(?i)^</?(?:b|a|strong)(?:\s[^>]*)?>$`)
	attributes = regexp.MustCompile(`(?s)^(</?\w+)[^>]*>$`)
	address    = regexp.MustCompile(`https?://[^\s<>]+`)
	hexColour  = regexp.MustCompile(`^[0-9a-fA-F]{3,6}$`)
	callback   = regexp.MustCompile(`^[\w.$]{1,64}$`)
)

// stripTags is PHP's strip_tags with <b><a><strong> allowed, attributes and all.
func stripTags(v string) string {
	return anyTag.ReplaceAllStringFunc(v, func(t string) string {
		if boldOrLink.MatchString(t) {
			return t
		}
		return ""
	})
}

// kses keeps <b> and <strong> without attributes, and escapes the rest.
func kses(v string) string {
	var b strings.Builder
	for v != "" {
		i := strings.IndexByte(v, '<')
		if i < 0 {
			break
		}
		b.WriteString(e(v[:i]))
		m := anyTag.FindString(v[i:])
		if strings.HasPrefix(v[i:], m) && boldOrLink.MatchString(m) && !strings.HasPrefix(strings.ToLower(m), "<a") && !strings.HasPrefix(strings.ToLower(m), "</a") {
			b.WriteString(attributes.ReplaceAllString(m, "$1>"))
			v = v[i+len(m):]
			continue
		}
		b.WriteString("&lt;")
		v = v[i+1:]
	}
	return b.String() + e(v)
}

// marked highlights the words of a search in an excerpt that begins with them.
func marked(escape func(string) string) func(string) string {
	return func(v string) string {
		out := "<p>"
		for i, w := range strings.Fields(v) {
			if i > 5 {
				break
			}
			out += "<mark>" + escape(w) + "</mark> "
		}
		return out + "を含む記事 3 件</p>"
	}
}

func httpAddress(v string) string {
	if u, err := url.Parse(v); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "#"
	}
	return e(v)
}

// slug is what WordPress' sanitize_title leaves of a text.
func slug(v string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(v), "-"), "-")
}

var mailForm = []trial.Place{trial.Form, trial.Form, trial.Multipart}

var spots = []spot{
	{name: "confirm-hidden", about: "入力→確認: the text is escaped, the hidden field that carries it on keeps its quotes", path: "/cgi-bin/postmail/postmail.cgi", param: "company", sample: "みどり商店", places: mailForm, bad: func(v string) string {
		return "<h3>入力内容の確認</h3><table><tr><td>会社名</td><td>" + e(v) + `</td></tr></table><form action="postmail.cgi"><input type="hidden" name="company" value="` + noQuotes(v) + `"><button>送信</button></form>`
	}, good: []func(string) string{func(v string) string {
		return "<h3>入力内容の確認</h3><table><tr><td>会社名</td><td>" + e(v) + `</td></tr></table><form action="postmail.cgi"><input type="hidden" name="company" value="` + e(v) + `"><button>送信</button></form>`
	}, func(v string) string {
		return "<h3>入力内容の確認</h3><table><tr><td>会社名</td><td>" + strings.ReplaceAll(e(v), "\n", "<br>\n") + "</td></tr></table>"
	}}, exploit: `x" id="zz7`, seen: isElement, button: "確認画面へ", more: `<label>ご用件 <textarea name="body"></textarea></label>`, moreNames: []string{"body"}},
	{name: "euc-page", about: "a page in EUC-JP shows the word as it came", path: "/cgi-bin/search.cgi", param: "word", sample: "towel", others: []string{"gift"}, places: onlySearch, bad: around("<h2>「", "」の検索結果</h2><p>0件</p>", plain), good: []func(string) string{around("<h2>「", "」の検索結果</h2><p>0件</p>", e), around("<h2>「", "」の検索結果</h2><p>0件</p>", noQuotes)}, exploit: `<b id=zz7>`, seen: isElement, charset: japanese.EUCJP, bare: true},
	{name: "sjis-bbs", about: "a bulletin board in Shift_JIS shows the search word in a field between single quotes", path: "/bbs/light.cgi", param: "find", sample: "kettle", others: []string{"cup"}, places: onlySearch, bad: around("<form><input name=find value='", "'><input type=submit></form><hr>", noQuotes), good: []func(string) string{around("<form><input name=find value='", "'><input type=submit></form><hr>", e), around("<form><input name=find value=\"", "\"><input type=submit></form><hr>", e)}, exploit: `x' id='zz7`, seen: isElement, charset: japanese.ShiftJIS, bare: true},
	{name: "self", about: "PHP_SELF: the rest of the path stands in the form's action", path: "/contact/index", sample: "confirm", places: []trial.Place{trial.Path}, bad: around(`<form method="post" action="/contact/index.php/`, `"><button>次へ</button></form>`, plain), good: []func(string) string{around(`<form method="post" action="/contact/index.php/`, `"><button>次へ</button></form>`, e), around(`<form method="post" action="/contact/index.php/`, `"><button>次へ</button></form>`, url.PathEscape), func(string) string {
		return `<form method="post" action=""><button>次へ</button></form>`
	}}, exploit: `"><b id=zz7>`, seen: isElement},
	{name: "pager", about: "the pages of a list carry the condition on, decoded", path: "/products/list.php", param: "name", sample: "towel", others: []string{"cup", "plate"}, places: webPlaces, bad: func(v string) string {
		return `<p>1件目～15件目</p><div class="navi"><a href="?name=` + v + `&amp;pageno=2">2</a><a href="?name=` + v + `&amp;pageno=3">次へ&gt;&gt;</a></div>`
	}, good: []func(string) string{func(v string) string {
		return `<p>1件目～15件目</p><div class="navi"><a href="?name=` + url.QueryEscape(v) + `&amp;pageno=2">2</a></div>`
	}, func(v string) string {
		return `<p>1件目～15件目</p><div class="navi"><a href="?name=` + e(v) + `&amp;pageno=2">2</a></div>`
	}}, exploit: `x" id="zz7" y="`, seen: isElement},
	{name: "jsonp", about: "a callback's name comes back in an answer that calls itself HTML, as PHP's do by default", path: "/api/ranking.php", param: "callback", sample: "showRanking", others: []string{"cb1"}, places: []trial.Place{trial.Query, trial.Unlinked}, bad: around("", `({"items":[{"rank":1,"code":"MK-2100"}]});`, plain), good: []func(string) string{func(v string) string {
		if !callback.MatchString(v) {
			v = "callback"
		}
		return v + `({"items":[{"rank":1,"code":"MK-2100"}]});`
	}}, exploit: `<b id=zz7>`, seen: isElement, kind: "text/html"},
	{name: "theme-colour", about: "a colour inside a <style> element", path: "/widget/calendar.php", param: "bg", sample: "f5f0e6", others: []string{"ffffff"}, places: append([]trial.Place{trial.Cookie, trial.CookieObj}, webPlaces...), bad: around("<style>.cal{background:#", "}</style><table class=cal><tr><td>22</td></tr></table>", plain), good: []func(string) string{func(v string) string {
		if !hexColour.MatchString(v) {
			v = "ffffff"
		}
		return "<style>.cal{background:#" + v + "}</style><table class=cal><tr><td>22</td></tr></table>"
	}, around("<style>.cal{background:#", "}</style><table class=cal><tr><td>22</td></tr></table>", slug)}, exploit: `</style><b id=zz7>`, seen: isElement},
	{name: "thumbnail", about: "a picture's address and its alt come from the same value; only angle brackets are escaped", path: "/gallery/view.php", param: "img", sample: "01.jpg", others: []string{"02.jpg", "03.jpg"}, places: append([]trial.Place{trial.List, trial.Path}, webPlaces...), bad: func(v string) string {
		return `<p class="photo"><img src="/upload/save_image/` + noQuotes(v) + `" alt="` + noQuotes(v) + `"></p>`
	}, good: []func(string) string{func(v string) string {
		return `<p class="photo"><img src="/upload/save_image/` + url.PathEscape(v) + `" alt="` + e(v) + `"></p>`
	}, func(v string) string {
		return `<p class="photo"><img src="/upload/save_image/` + e(v) + `" alt="` + e(v) + `"></p>`
	}}, exploit: `x" onmouseover="zz7()`, seen: isScript},
	{name: "tomcat-404", about: "the servlet container's page for what is not found repeats the message raw", path: "/shop/item", param: "item", sample: "MK-2100", places: []trial.Place{trial.Path, trial.Path, trial.Query}, status: 404, bare: true, bad: around("<html><head><title>Apache Tomcat - Error report</title></head><body><h1>HTTP Status 404 - ", "</h1><p><b>description</b> The requested resource is not available.</p></body></html>", plain), good: []func(string) string{around("<html><head><title>Apache Tomcat - Error report</title></head><body><h1>HTTP Status 404 - ", "</h1><p><b>description</b> The requested resource is not available.</p></body></html>", e)}, exploit: `<b id=zz7>`, seen: isElement},
	{name: "strip-tags", about: "strip_tags lets <b> and <a> through with every attribute; the twin lets <b> through without", path: "/wp-content/plugins/review-box/preview.php", param: "comment", sample: "手触りがとても良い", places: mailForm, stored: true, bad: around(`<div class="comment">`, `</div>`, stripTags), good: []func(string) string{around(`<div class="comment">`, `</div>`, kses)}, exploit: `<b onmouseover=zz7()>x</b>`, seen: isScript, button: "プレビュー"},
	{name: "homepage-link", about: "a homepage that begins with http:// becomes a link, quotes and all", path: "/cgi-bin/bbs/preview.cgi", param: "url", sample: "http://www.example.jp/", others: []string{"http://www.example.jp/shop/"}, places: append([]trial.Place{trial.Query, trial.Base64}, mailForm...), stored: true, bad: func(v string) string {
		if !strings.HasPrefix(v, "http://") && !strings.HasPrefix(v, "https://") {
			return "<p>名前：店長</p>"
		}
		return `<p>名前：店長 [<a href="` + noQuotes(v) + `" target="_blank">HOME</a>]</p>`
	}, good: []func(string) string{func(v string) string {
		return `<p>名前：店長 [<a href="` + httpAddress(v) + `" target="_blank">HOME</a>]</p>`
	}}, exploit: `http://x" onmouseover="zz7()`, seen: isScript, button: "確認"},
	{name: "auto-link", about: "addresses in a text become links after the angle brackets were escaped; the quotes were not", path: "/bbs/patio/regist.cgi", param: "comment", sample: "詳しくは http://www.example.jp/ へ", places: mailForm, stored: true, bad: around("<div class=com>", "</div>", func(v string) string { return address.ReplaceAllString(noQuotes(v), `<a href="$0">$0</a>`) }), good: []func(string) string{around("<div class=com>", "</div>", func(v string) string { return address.ReplaceAllString(e(v), `<a href="$0">$0</a>`) })}, exploit: `http://x"onmouseover="zz7()`, seen: isScript, button: "投稿内容の確認"},
	{name: "highlight", about: "the words of a search are marked in what was found, before anything is escaped", path: "/blog/search.cgi", param: "s", sample: "towel gift", others: []string{"cup"}, places: append([]trial.Place{trial.JSON, trial.XML, trial.Double}, webPlaces...), bad: marked(plain), good: []func(string) string{marked(e), marked(noQuotes)}, exploit: `<img/id=zz7>`, seen: isElement},
	{name: "el-output", about: "a JSP writes ${param.x} without c:out", path: "/app/itemSearch.do", param: "freeWord", sample: "glass", others: []string{"bowl"}, places: append([]trial.Place{trial.Header, trial.List}, webPlaces...), bad: around("<div id=\"content\"><span class=\"label\">検索ワード：</span>", "<br></div>", plain), good: []func(string) string{around("<div id=\"content\"><span class=\"label\">検索ワード：</span>", "<br></div>", func(v string) string {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#034;", "'", "&#039;").Replace(v)
	})}, exploit: `<b id=zz7>`, seen: isElement},
	{name: "inline-settings", about: "settings of a page's script as var x = '…' with slashes added by addslashes, which do not help within an attribute", path: "/estimate/step1.php", param: "plan", sample: "basic", others: []string{"pro"}, places: append([]trial.Place{trial.Cookie}, webPlaces...), bad: around(`<button type="button" onclick="next('`, `')">見積りへ進む</button>`, func(v string) string {
		return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `<`, "", `>`, "").Replace(v)
	}), good: []func(string) string{around(`<button type="button" onclick="next(`, `)">見積りへ進む</button>`, func(v string) string { return e(inScript(v)) }), around(`<button type="button" data-plan="`, `" onclick="next(this)">見積りへ進む</button>`, e)}, exploit: `" onfocus="zz7()//`, seen: isScript},
	{name: "retry-link", about: "the address to return to is escaped, of whatever scheme it is", path: "/mypage/login.php", param: "back", sample: "/products/", others: []string{"/cart/"}, places: webPlaces, bad: around(`<p>セッションが切れました。<a class="btn" href="`, `">戻ってやり直す</a></p>`, e), good: []func(string) string{func(v string) string {
		if !strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//") {
			v = "/"
		}
		return `<p>セッションが切れました。<a class="btn" href="` + e(v) + `">戻ってやり直す</a></p>`
	}, around(`<p>セッションが切れました。<a class="btn" href="/mypage/?next=`, `">戻ってやり直す</a></p>`, url.QueryEscape)}, exploit: "javascript:zz7()", seen: isScheme, grades: trial.NoWAF},
}

var pageFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range spots {
		out = append(out, spots[i].family())
	}
	return out
}()

// encoded writes a page in the shop's old character set.
func encoded(set encoding.Encoding, name, body string) *trial.Answer {
	text, err := encoding.ReplaceUnsupported(set.NewEncoder()).String(strings.ToValidUTF8(body, "?"))
	if err != nil {
		text = ""
	}
	return &trial.Answer{Bare: true, Type: "text/html; charset=" + name, Body: "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=" + name + "\"></head><body>" + text + "</body></html>"}
}

func (p *spot) answer(s *shop, show func(string) string, v string) *trial.Answer {
	body := show(v)
	switch {
	case p.charset == japanese.ShiftJIS:
		return encoded(p.charset, "Shift_JIS", body)
	case p.charset != nil:
		return encoded(p.charset, "EUC-JP", body)
	case p.kind != "":
		a := &trial.Answer{Bare: true, Type: p.kind, Body: body}
		if !s.b.Vulnerable && p.goodKind != "" {
			a.Type, a.Header = p.goodKind, map[string][]string{"X-Content-Type-Options": {"nosniff"}}
		}
		return a
	case p.bare:
		return &trial.Answer{Bare: true, Status: p.status, Body: body}
	}
	a := s.show(clip(v, 24), body)
	a.Status = p.status
	return a
}

func (p *spot) family() *trial.Family {
	return &trial.Family{Name: "shop-xss-" + p.name, Class: "xss-reflected", About: p.about, Places: p.places, Grades: p.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		show := p.bad
		if good := p.good[b.Rand.IntN(len(p.good))]; !b.Vulnerable {
			show = good
		}
		hd := s.named(p.path, p.param, p.sample, p.others...)
		hd.Button, hd.More, hd.MoreNames = p.button, p.more, p.moreNames
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) { return p.answer(s, show, a.Value), nil }
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, p.exploit)
			return err == nil && p.seen(seen.Body), err
		}
		return hd, nil
	}}
}

// keptFamilies keep the value and show it where others read it.
var keptFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range spots {
		if spots[i].stored {
			out = append(out, spots[i].kept("/bbs/list", mailForm))
		}
	}
	return append(out,
		(&spot{name: "popular-words", about: "what is searched for often stands raw in the list of popular words", path: "/search/index.php", param: "keyword", sample: "towel", others: []string{"gift"}, bad: func(v string) string { return "<li>" + v + "</li>" }, good: []func(string) string{func(v string) string { return "<li>" + e(v) + "</li>" }}, exploit: "<b id=zz7>", seen: isElement}).kept("/search/ranking", []trial.Place{trial.Query, trial.Form}),
		(&spot{name: "review-title", about: "a review's title stands in an attribute without quotes", path: "/products/review.php", param: "review_title", sample: "良い品でした", bad: func(v string) string {
			return "<h4 title=" + strings.ReplaceAll(noQuotes(v), " ", "　") + ">レビュー</h4>"
		}, good: []func(string) string{func(v string) string { return `<h4 title="` + e(v) + `">レビュー</h4>` }}, exploit: "x\tid=zz7", seen: isElement, button: "レビューを書く"}).kept("/products/reviews", mailForm),
		(&spot{name: "question-feed", about: "questions of visitors are written into a page's script as JSON with its slashes as they are", path: "/qa/ask", param: "question", sample: "ギフト包装はできますか", bad: func(v string) string {
			return "<script>var qa = [" + strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inScript(v)) + "];</script>"
		}, good: []func(string) string{func(v string) string { return "<script>var qa = [" + inScript(v) + "];</script>" }}, exploit: "</script><b id=zz7>", seen: isElement, button: "質問する", grades: []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Token}}).kept("/qa/", mailForm),
	)
}()

func (p *spot) kept(where string, places []trial.Place) *trial.Family {
	grades := p.grades
	if grades == nil {
		grades = []trial.Grade{trial.Plain, trial.Noise, trial.Random, trial.Token, trial.Slow, trial.WAF}
	}
	return &trial.Family{Name: "shop-kept-" + p.name, Class: "xss-stored", About: "shown to others: " + p.about, Accept: []string{"xss-reflected"}, Full: true, Places: places, Grades: grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		show := p.bad
		if good := p.good[b.Rand.IntN(len(p.good))]; !b.Vulnerable {
			show = good
		}
		newest := b.Rand.IntN(2) == 0
		hd := s.named(p.path, p.param, p.sample, p.others...)
		hd.Button, hd.Index = p.button, `<p><a href="`+where+`">みなさまの投稿</a></p>`
		var mu sync.Mutex
		var kept []string
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			if a.Given && strings.TrimSpace(a.Value) != "" {
				mu.Lock()
				if kept = append(kept, clip(a.Value, 2000)); len(kept) > 60 {
					kept = kept[1:]
				}
				mu.Unlock()
			}
			return trial.Text(`<h2>受け付けました</h2><p><a href="` + where + `">一覧へ戻る</a></p>`), nil
		}
		hd.Pages = map[string]func(context.Context, *trial.Ask) (*trial.Answer, error){where: func(context.Context, *trial.Ask) (*trial.Answer, error) {
			mu.Lock()
			defer mu.Unlock()
			body := "<h2>みなさまの投稿</h2>"
			for i := range kept {
				v := kept[i]
				if newest {
					v = kept[len(kept)-1-i]
				}
				body += show(v) + "\n"
			}
			return trial.Text(body), nil
		}}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if _, err := send(ctx, p.exploit); err != nil {
				return false, err
			}
			seen, err := b.Visit(ctx, where)
			return err == nil && p.seen(seen.Body), err
		}
		return hd, nil
	}}
}
