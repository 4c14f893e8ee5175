package second

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// echo is a page that shows the value, wrongly and rightly.
type echo struct {
	name, about string
	bad         func(v string) string
	good        []func(v string) string
	exploit     string
	seen        func(body string) bool
	kind        string // media type of the vulnerable answer; "" is a page
	goodKind    string // media type of the twin, whose body is then the same
	places      []trial.Place
	grades      []trial.Grade
	sample      string
}

func element(body string) bool { return proof.Element(body, "", "zk9") }
func runs(body string) bool    { return proof.Runs(body, "zk9") }

// between puts a transformed value into a page.
func between(head string, f func(string) string, tail string) func(string) string {
	return func(v string) string { return head + f(v) + tail }
}

func raw(s string) string        { return s }
func anglesOnly(s string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s) }
func compat(s string) string { // htmlspecialchars before PHP 8.1
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// jsonText is json_encode of a text without any flags.
func jsonText(s string, slashes bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	t := strings.TrimSpace(b.String())
	if slashes {
		t = strings.ReplaceAll(t, "/", `\/`)
	}
	return t
}

func jsonSafe(s string) string { b, _ := json.Marshal(s); return string(b) }

var aTag = regexp.MustCompile(`<[A-Za-z/!][^>]*>`)

func unquoted(s string) string {
	return strings.NewReplacer(" ", "&#32;", "\t", "&#9;", "\n", "&#10;", "\f", "&#12;", "\r", "&#13;", "=", "&#61;", "`", "&#96;").Replace(h(s))
}

func httpOnly(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(s, "\t\r\n") {
		return "/"
	}
	return h(s)
}

// framed looks into the documents of srcdoc.
func framed(body string) bool {
	doc, err := xhtml.Parse(strings.NewReader(body))
	if err != nil {
		return false
	}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "srcdoc" && element(a.Val) {
				return true
			}
		}
	}
	return false
}

var noClosing = slices.DeleteFunc(slices.Clone(trial.AnyGrade), func(g trial.Grade) bool { return g == trial.WAF })

var echoes = []echo{
	{name: "bare-attribute", about: "an attribute without quotes", bad: between(`<h2>検索</h2><form><input name=w value=`, compat, `><button>再検索</button></form>`), good: []func(string) string{between(`<h2>検索</h2><form><input name=w value=`, unquoted, `><button>再検索</button></form>`), between(`<h2>検索</h2><form><input name=w value="`, h, `"><button>再検索</button></form>`)}, exploit: "x id=zk9 y", seen: element},
	{name: "old-htmlspecialchars", about: "single quotes around what escapes double ones only", bad: between(`<p><a class='tab' href='?c=`, compat, `'>一覧へ</a></p>`), good: []func(string) string{between(`<p><a class="tab" href="?c=`, compat, `">一覧へ</a></p>`), between(`<p><a class='tab' href='?c=`, h, `'>一覧へ</a></p>`)}, exploit: "x' id='zk9", seen: element},
	{name: "back-link", about: "an escaped address of any scheme in a link", bad: between(`<h2>完了</h2><a href="`, h, `">元のページに戻る</a>`), good: []func(string) string{between(`<h2>完了</h2><a href="`, httpOnly, `">元のページに戻る</a>`), between(`<h2>完了</h2><a href="/guide?from=`, h, `">元のページに戻る</a>`), between(`<h2>完了</h2><a href="./`, h, `">元のページに戻る</a>`)}, exploit: "javascript:zk9()", seen: func(body string) bool { return proof.Scheme(body, "zk9") }, sample: "/guide", grades: noClosing},
	{name: "tracking", about: "a script's text in single quotes; angle brackets and double quotes are escaped", bad: between(`<h2>ご注文</h2><script>window.dataLayer=window.dataLayer||[];dataLayer.push({'word':'`, compat, `'});</script>`), good: []func(string) string{between(`<h2>ご注文</h2><script>window.dataLayer=window.dataLayer||[];dataLayer.push({'word':`, jsonSafe, `});</script>`), between(`<h2>ご注文</h2><script>window.dataLayer=window.dataLayer||[];dataLayer.push({'word':"`, func(s string) string {
		return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(compat(s))
	}, `"});</script>`)}, exploit: "x'+zk9+'", seen: runs},
	{name: "script-end", about: "quotes and backslashes of a script's text are escaped, its end is not", bad: between(`<div id="r"></div><script>var keyword = `, func(s string) string { return jsonText(s, false) }, `;</script>`), good: []func(string) string{between(`<div id="r"></div><script>var keyword = `, func(s string) string { return strings.ReplaceAll(jsonText(s, true), "<!--", `<\!--`) }, `;</script>`), between(`<div id="r"></div><script>var keyword = `, jsonSafe, `;</script>`)}, exploit: "</script><b id=zk9>", seen: element, grades: noClosing},
	{name: "ld-json", about: "structured data with unescaped slashes", bad: between(`<script type="application/ld+json">{"@type":"SearchAction","query":`, func(s string) string { return jsonText(s, false) }, `}</script><p>一覧</p>`), good: []func(string) string{between(`<script type="application/ld+json">{"@type":"SearchAction","query":`, func(s string) string { return strings.ReplaceAll(jsonText(s, true), "<!--", `<\!--`) }, `}</script><p>一覧</p>`)}, exploit: "</script><b id=zk9>", seen: element, grades: noClosing},
	{name: "handler", about: "escaped for HTML inside a handler's script, where entities are decoded first", bad: between(`<ul><li><button onclick="choose('`, h, `')">カートに入れる</button></li></ul>`), good: []func(string) string{between(`<ul><li><button onclick="choose(`, func(s string) string { return h(jsonSafe(s)) }, `)">カートに入れる</button></li></ul>`), between(`<ul><li><button data-name="`, h, `" onclick="choose(this.dataset.name)">カートに入れる</button></li></ul>`)}, exploit: "x'+zk9+'", seen: runs},
	{name: "debug-comment", about: "a comment with the condition", bad: between("<h2>新着順</h2><!-- cond: ", raw, " --><p>12 件</p>"), good: []func(string) string{between("<h2>新着順</h2><!-- cond: ", func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "-", ""), ">", "") }, " --><p>12 件</p>"), between("<h2>新着順</h2><!-- cond: ", h, " --><p>12 件</p>")}, exploit: "--><b id=zk9>", seen: element},
	{name: "memo-field", about: "the text of a textarea", bad: between("<form><textarea name=memo>", raw, "</textarea></form>"), good: []func(string) string{between("<form><textarea name=memo>", h, "</textarea></form>"), between("<form><textarea name=memo>", func(s string) string { return strings.ReplaceAll(s, "<", "&lt;") }, "</textarea></form>")}, exploit: "</textarea><b id=zk9>", seen: element},
	{name: "noscript", about: "raw inside noscript", bad: between("<noscript><p>「", raw, "」の検索には JavaScript が必要です。</p></noscript>"), good: []func(string) string{between("<noscript><p>「", anglesOnly, "」の検索には JavaScript が必要です。</p></noscript>")}, exploit: "</noscript><b id=zk9>", seen: element},
	{name: "whole-tags", about: "tags are taken out when they are closed", bad: between("<p>「", func(s string) string { return aTag.ReplaceAllString(s, "") }, "」の検索結果</p>"), good: []func(string) string{between("<p>「", func(s string) string { return anglesOnly(aTag.ReplaceAllString(s, "")) }, "」の検索結果</p>"), between("<p>「", func(s string) string { return strings.NewReplacer("<", "＜", ">", "＞").Replace(s) }, "」の検索結果</p>")}, exploit: "x<b id=zk9 y", seen: element},
	{name: "capitals", about: "in capital letters", bad: between("<h3>型番 ", strings.ToUpper, " の検索結果</h3>"), good: []func(string) string{between("<h3>型番 ", func(s string) string { return anglesOnly(strings.ToUpper(s)) }, " の検索結果</h3>")}, exploit: "<b id=zk9>", seen: func(body string) bool { return proof.Element(body, "b", "ZK9") }},
	{name: "validation", about: "only what is refused is shown, raw", bad: func(v string) string {
		if len(v) < 24 && !strings.ContainsAny(v, "<>\"'&%;") {
			return "<p>受付番号を確認しました。</p>"
		}
		return "<p class=err>「" + v + "」は正しい受付番号ではありません。</p>"
	}, good: []func(string) string{func(v string) string {
		if len(v) < 24 && !strings.ContainsAny(v, "<>\"'&%;") {
			return "<p>受付番号を確認しました。</p>"
		}
		return "<p class=err>「" + h(v) + "」は正しい受付番号ではありません。</p>"
	}}, exploit: "<b id=zk9>", seen: element},
	{name: "json-as-html", about: "an API's JSON is sent as text/html", bad: func(v string) string { return `{"result":true,"word":` + jsonText(v, true) + `}` }, exploit: "<b id=zk9>", seen: element, kind: "text/html; charset=utf-8", goodKind: "application/json; charset=utf-8"},
	{name: "plain-as-html", about: "a hint for the search field is sent as text/html", bad: func(v string) string { return "候補: " + v }, exploit: "<b id=zk9>", seen: element, kind: "text/html", goodKind: "text/plain; charset=utf-8"},
	{name: "label-image", about: "a label's picture as SVG", bad: between(`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="20">`, raw, `</text></svg>`), good: []func(string) string{between(`<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="20">`, h, `</text></svg>`)}, exploit: `<a id="zk9"></a>`, seen: element, kind: "image/svg+xml"},
	{name: "decoded-after", about: "escaped first and decoded from %XX afterwards", bad: between("<p>絞り込み：", func(s string) string {
		d, err := url.PathUnescape(h(s))
		if err != nil {
			return h(s)
		}
		return d
	}, "</p>"), good: []func(string) string{between("<p>絞り込み：", func(s string) string {
		if d, err := url.PathUnescape(s); err == nil {
			s = d
		}
		return h(s)
	}, "</p>")}, exploit: "%3Cb id=zk9%3E", seen: element},
	{name: "entities-after", about: "entities are decoded after the filter", bad: between("<p>キーワード：", func(s string) string { return html.UnescapeString(anglesOnly(html.UnescapeString(anglesOnly(s)))) }, "</p>"), good: []func(string) string{between("<p>キーワード：", func(s string) string { return h(html.UnescapeString(s)) }, "</p>")}, exploit: "&lt;b id=zk9&gt;", seen: element},
	{name: "half-width-after", about: "escaped first and made half-width afterwards, as mb_convert_kana does", bad: between("<p>お名前：", func(s string) string { return norm.NFKC.String(h(s)) }, " 様</p>"), good: []func(string) string{between("<p>お名前：", func(s string) string { return h(norm.NFKC.String(s)) }, " 様</p>")}, exploit: "＜b id=zk9＞", seen: element, places: trial.Except(trial.Header, trial.Cookie)},
	{name: "cut", about: "cut off after 16 signs", bad: between("<b>", cut(16), "…</b>"), good: []func(string) string{between("<b>", func(s string) string { return h(cut(16)(s)) }, "…</b>")}, exploit: "<b id=zk9>", seen: element},
	{name: "canonical", about: "the canonical address in the page", bad: between(`<link rel="canonical" href="https://shop.test/list?c=`, anglesOnly, `"><p>一覧</p>`), good: []func(string) string{between(`<link rel="canonical" href="https://shop.test/list?c=`, url.QueryEscape, `"><p>一覧</p>`), between(`<link rel="canonical" href="https://shop.test/list?c=`, func(s string) string { return strings.ReplaceAll(s, `"`, "&quot;") }, `"><p>一覧</p>`)}, exploit: `x" id="zk9`, seen: element},
	{name: "template-literal", about: "a text in backticks", bad: between("<div id=g></div><script>document.title = `", anglesOnly, " の検索結果`;</script>"), good: []func(string) string{between("<div id=g></div><script>document.title = `", func(s string) string {
		return strings.NewReplacer("`", "\\`", "$", "\\$", `\`, `\\`).Replace(anglesOnly(s))
	}, " の検索結果`;</script>")}, exploit: "x`+zk9+`", seen: runs},
	{name: "data-json", about: "JSON with apostrophes in an attribute between single quotes", bad: func(v string) string { return `<div class='map' data-opts='{"word":` + jsonSafe(v) + `}'></div>` }, good: []func(string) string{func(v string) string {
		return `<div class='map' data-opts='{"word":` + strings.ReplaceAll(jsonSafe(v), "'", `\u0027`) + `}'></div>`
	}, func(v string) string {
		return `<div class="map" data-opts="` + h(`{"word":`+jsonSafe(v)+`}`) + `"></div>`
	}}, exploit: "x' id='zk9' y='", seen: element},
	{name: "srcdoc", about: "escaped once for a frame's own document, which decodes it", bad: between(`<h2>プレビュー</h2><iframe srcdoc="<p>`, h, `</p>"></iframe>`), good: []func(string) string{between(`<h2>プレビュー</h2><iframe srcdoc="<p>`, func(s string) string { return h(h(s)) }, `</p>"></iframe>`)}, exploit: "<b id=zk9>", seen: framed},
	{name: "select", about: "an option of a list", bad: between("<select name=s><option>すべて</option><option selected>", raw, "</option></select>"), good: []func(string) string{between("<select name=s><option>すべて</option><option selected>", h, "</option></select>")}, exploit: "</option></select><b id=zk9>", seen: element},
	{name: "attribute-name", about: "the value is a class and more, in quotes that are dropped", bad: between("<ul class=list data-", func(s string) string { return strings.NewReplacer("<", "", ">", "", `"`, "", "'", "").Replace(s) }, "><li>1</li></ul>"), good: []func(string) string{between("<ul class=list data-", func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
				return r
			}
			return '_'
		}, strings.ToLower(s))
	}, "><li>1</li></ul>")}, exploit: "x id=zk9 ", seen: element},
	{name: "number-in-script", about: "a number in a script, any text accepted", bad: between("<p id=t></p><script>var pageNo = ", func(s string) string { return strings.NewReplacer("<", "", ">", "", "'", "", `"`, "").Replace(s) }, "; document.getElementById('t');</script>"), good: []func(string) string{between("<p id=t></p><script>var pageNo = ", func(s string) string { return literal(leadingInt(s)) }, "; document.getElementById('t');</script>")}, exploit: "1*zk9", seen: runs, sample: "3"},
}

func literal(n int) string { b, _ := json.Marshal(n); return string(b) }

var reflectFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range echoes {
		out = append(out, echoFamily(&echoes[i]))
	}
	return append(out, echoTrap, missingPage)
}()

func echoFamily(e *echo) *trial.Family {
	places := e.places
	if places == nil {
		places = trial.Everywhere
	}
	return &trial.Family{Name: "held-xss-" + e.name, Class: "xss-reflected", About: e.about, Places: places, Grades: e.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		pickGood, around := 0, b.Rand.IntN(3)
		if len(e.good) > 0 {
			pickGood = b.Rand.IntN(len(e.good))
		}
		hd := &trial.Handler{Sample: e.sample}
		if hd.Sample == "" {
			hd.Sample, hd.Others = r[0].Slug, []string{r[1].Slug}
		}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			show := e.bad
			if !b.Vulnerable && e.goodKind == "" {
				show = e.good[pickGood]
			}
			ans := trial.Answer{Body: show(a.Value)}
			if e.kind != "" {
				ans.Bare, ans.Type = true, e.kind
				if !b.Vulnerable && e.goodKind != "" {
					ans.Type = e.goodKind
					ans.Header = map[string][]string{"X-Content-Type-Options": {"nosniff"}}
				}
				return &ans, nil
			}
			switch around {
			case 1:
				ans.Body += listing(1, [][]string{{r[0].Name, r[0].Colour}, {r[1].Name, r[1].Colour}}).Body
			case 2:
				ans.Body = "<nav><a href=\"/guide\">特集</a></nav>" + ans.Body + "<p>" + r[2].Name + "</p>"
			}
			return &ans, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, e.exploit)
			if err != nil {
				return false, err
			}
			t := seen.Header.Get("Content-Type")
			return (strings.HasPrefix(t, "text/html") || strings.HasPrefix(t, "image/svg")) && e.seen(seen.Body), nil
		}
		return hd, nil
	}}
}

// echoTrap shows the value raw where no browser reads it as HTML.
var echoTrap = &trial.Family{Name: "held-xss-inert", Class: "xss-reflected", About: "raw, but as text, as a script's callback of letters, or as JSON", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	lure := b.Rand.IntN(4)
	r := range_(b)
	hd := &trial.Handler{Sample: r[0].Slug, Others: []string{r[1].Slug}}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		ans := &trial.Answer{Bare: true, Header: map[string][]string{"X-Content-Type-Options": {"nosniff"}}}
		switch lure {
		case 0:
			ans.Type, ans.Body = "text/csv; charset=utf-8", "品名,価格\r\n"+a.Value+",100\r\n"
		case 1:
			ans.Type, ans.Body = "application/json", `{"q":`+jsonText(a.Value, false)+`}`
		case 2:
			ans.Type, ans.Body = "text/plain; charset=utf-8", "検索: "+a.Value
		default:
			ans.Type, ans.Body = "application/javascript; charset=utf-8", "var q = "+jsonText(a.Value, false)+";"
		}
		return ans, nil
	}
	return hd, nil
}}

// missingPage names what it does not have.
var missingPage = &trial.Family{Name: "held-xss-gone", Class: "xss-reflected", About: "what is sold out is named on a page with 410, raw", Places: []trial.Place{trial.Path, trial.Path, trial.Query, trial.InnerURL, trial.Double}, Make: func(b *trial.Build) (*trial.Handler, error) {
	r := range_(b)
	hd := &trial.Handler{Sample: r[0].Name, Others: []string{r[1].Name, r[2].Name}}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		for _, x := range r {
			if x.Name == a.Value {
				return listing(0, [][]string{{x.Name, x.Memo}}), nil
			}
		}
		v := a.Value
		if !b.Vulnerable {
			v = h(v)
		}
		return trial.Status(410, "<h2>販売終了</h2><p>"+v+" の販売は終了しました。</p>"), nil
	}
	hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
		seen, err := send(ctx, "<b id=zk9>")
		return err == nil && element(seen.Body), err
	}
	return hd, nil
}}
