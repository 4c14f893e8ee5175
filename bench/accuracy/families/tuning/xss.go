package tuning

import (
	"context"
	"encoding/json"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// spot is one place of a page where a value comes back.
type spot struct {
	name, about string
	bad         func(v string) string   // the fragment of the vulnerable member
	good        []func(v string) string // look-alikes that cannot be left
	exploit     string
	seen        func(body string) bool
	plain       bool // the exploit is what every firewall looks for
	answer      *trial.Answer
	goodAnswer  *trial.Answer // type and headers of the safe member when they differ
	places      []trial.Place
}

const mark = "zq1x"

func element(body string) bool { return proof.Element(body, "", mark) }
func runs(body string) bool    { return proof.Runs(body, mark) }

// reflected are the places from which a query or form value comes back.
var reflected = append(trial.Except(), trial.Unlinked)

func jsString(v string) string {
	b, _ := json.Marshal(v)
	return string(b)
}

var onlyAngles = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace
var onlyQuotes = strings.NewReplacer(`"`, "&quot;").Replace

var wordRE = regexp.MustCompile(`[^\w ぁ-んァ-ヶ一-龠ー.-]`)

func wordsOnly(v string) string { return wordRE.ReplaceAllString(v, "") }

func stripTags(v string) string { return regexp.MustCompile(`<[^>]*>?`).ReplaceAllString(v, "") }

// goTemplate renders v by html/template, which knows the contexts.
func goTemplate(src string) func(string) string {
	t := template.Must(template.New("").Parse(src))
	return func(v string) string {
		var b strings.Builder
		if err := t.Execute(&b, v); err != nil {
			return "<p>表示できません。</p>"
		}
		return b.String()
	}
}

func wrap(before, after string, f func(string) string) func(string) string {
	return func(v string) string { return before + f(v) + after }
}

var spots = []spot{
	{name: "text", about: "between tags, raw",
		bad:     wrap("<p>「", "」の検索結果: 0 件</p>", same),
		good:    []func(string) string{wrap("<p>「", "」の検索結果: 0 件</p>", esc), wrap("<p>「", "」の検索結果: 0 件</p>", stripTags), wrap("<p>「", "」の検索結果: 0 件</p>", func(v string) string { return strings.ReplaceAll(v, "<", "＜") })},
		exploit: `<b id=` + mark + `>`, seen: element},
	{name: "attribute", about: "in a double-quoted attribute; only < and > are escaped",
		bad:     wrap(`<input type="search" name="again" value="`, `">`, onlyAngles),
		good:    []func(string) string{wrap(`<input type="search" name="again" value="`, `">`, onlyQuotes), goTemplate(`<input type="search" name="again" value="{{.}}">`)},
		exploit: `" id="` + mark, seen: element},
	{name: "single-quoted", about: "in a single-quoted attribute; < > and double quotes are escaped",
		bad:     wrap(`<input type='search' name='again' value='`, `'>`, func(v string) string { return onlyQuotes(onlyAngles(v)) }),
		good:    []func(string) string{wrap(`<input type='search' name='again' value='`, `'>`, esc), wrap(`<input type="search" name="again" value="`, `">`, func(v string) string { return onlyQuotes(onlyAngles(v)) })},
		exploit: `' id='` + mark, seen: element},
	{name: "unquoted", about: "in an attribute without quotes; < > and quotes are escaped",
		bad:     wrap(`<div class=k data-q=`, `>検索</div>`, esc),
		good:    []func(string) string{wrap(`<div class=k data-q=`, `>検索</div>`, func(v string) string { return url.QueryEscape(v) }), goTemplate(`<div class=k data-q={{.}}>検索</div>`)},
		exploit: `x id=` + mark, seen: element},
	{name: "link", about: "the whole address of a link; escaped as HTML only",
		bad:     wrap(`<p><a href="`, `">前のページへ</a></p>`, esc),
		good:    []func(string) string{wrap(`<p><a href="/`, `">前のページへ</a></p>`, esc), goTemplate(`<p><a href="{{.}}">前のページへ</a></p>`)},
		exploit: "JaVaScRiPt\t:" + mark + "(1)", seen: func(b string) bool { return proof.Scheme(b, mark) }},
	{name: "script-string", about: "in a string of a script; quotes are not escaped",
		bad:     wrap("<script>var q = '", "'; var n = 0;</script>", onlyAngles),
		good:    []func(string) string{wrap("<script>var q = ", "; var n = 0;</script>", jsString), goTemplate("<script>var q = '{{.}}'; var n = 0;</script>")},
		exploit: "';" + mark + "();'", seen: runs},
	{name: "script-backslash", about: "in a string of a script; quotes get a backslash, backslashes do not",
		bad: wrap(`<script>var q = "`, `"; var n = 0;</script>`, func(v string) string { return strings.ReplaceAll(onlyAngles(v), `"`, `\"`) }),
		good: []func(string) string{wrap(`<script>var q = "`, `"; var n = 0;</script>`, func(v string) string {
			return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "<", `\x3c`, "\n", `\n`, "\r", `\r`).Replace(v)
		})},
		exploit: `\";` + mark + `();//`, seen: runs},
	{name: "script-end", about: "JSON in a script, < is not escaped",
		bad: wrap("<script>var state = {\"q\": ", "};</script>", func(v string) string {
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(v) + `"`
		}),
		good:    []func(string) string{wrap("<script>var state = {\"q\": ", "};</script>", jsString), wrap("<script>var state = {\"q\": ", "};</script>", func(v string) string { return strings.ReplaceAll(jsString(v), "/", `\/`) })},
		exploit: "</script><b id=" + mark + ">", seen: element, plain: true},
	{name: "script-bare", about: "a number of a script, not checked to be one",
		bad: wrap("<script>var page = ", "; var n = 0;</script>", func(v string) string { return onlyAngles(onlyQuotes(v)) }),
		good: []func(string) string{wrap("<script>var page = ", "; var n = 0;</script>", func(v string) string {
			if n := leading(v); n >= 0 {
				return strings.TrimLeft(v[:min(len(v), 3)], " ")[:1]
			}
			return "0"
		}), wrap("<script>var page = ", "; var n = 0;</script>", jsString)},
		exploit: "1;" + mark + "()", seen: runs},
	{name: "template-literal", about: "in a template literal; quotes are escaped, ${ is not",
		bad:     wrap("<script>var t = `", "の検索結果`;</script>", func(v string) string { return strings.ReplaceAll(esc(v), "`", "&#96;") }),
		good:    []func(string) string{wrap("<script>var t = `", "の検索結果`;</script>", func(v string) string { return strings.NewReplacer("`", "", "$", "", `\`, "").Replace(esc(v)) })},
		exploit: "${" + mark + "()}", seen: runs},
	{name: "comment", about: "in a comment of HTML",
		bad:     wrap("<p>検索しました</p><!-- q: ", " -->", same),
		good:    []func(string) string{wrap("<p>検索しました</p><!-- q: ", " -->", func(v string) string { return strings.NewReplacer(">", "", "-", "").Replace(v) }), wrap("<p>検索しました</p><!-- q: ", " -->", esc)},
		exploit: "--><b id=" + mark + ">", seen: element},
	{name: "textarea", about: "in a textarea, raw",
		bad:     wrap("<textarea rows=3>", "</textarea>", same),
		good:    []func(string) string{wrap("<textarea rows=3>", "</textarea>", func(v string) string { return strings.ReplaceAll(strings.ReplaceAll(v, "</", ""), "<!", "") }), wrap("<textarea rows=3>", "</textarea>", esc)},
		exploit: "</textarea><b id=" + mark + ">", seen: element},
	{name: "handler", about: "in a string of an onclick attribute; escaped as HTML only",
		bad:     wrap(`<button type="button" onclick="pick('`, `')">選ぶ</button>`, esc),
		good:    []func(string) string{goTemplate(`<button type="button" onclick="pick('{{.}}')">選ぶ</button>`), wrap(`<button type="button" data-v="`, `" onclick="pick(this)">選ぶ</button>`, esc)},
		exploit: "');" + mark + "();('", seen: runs},
	{name: "style", about: "in a style element, raw",
		bad:     wrap("<style>.tag { color: ", "; }</style><p>色見本</p>", same),
		good:    []func(string) string{wrap("<style>.tag { color: ", "; }</style><p>色見本</p>", wordsOnly), goTemplate("<style>.tag { color: {{.}}; }</style><p>色見本</p>")},
		exploit: "</style><b id=" + mark + ">", seen: element},
	{name: "once", about: "script and on… are taken out, once",
		bad:     wrap("<p>「", "」の検索結果: 0 件</p>", strings.NewReplacer("<script", "", "script>", "", "onerror", "", "onload", "", "javascript", "").Replace),
		good:    []func(string) string{wrap("<p>「", "」の検索結果: 0 件</p>", func(v string) string { return esc(strings.ReplaceAll(v, "<script", "")) })},
		exploit: `<svg id=` + mark + `>`, seen: element},
	{name: "upper", about: "the value comes back in capitals, raw",
		bad:     wrap("<h2>", "</h2>", strings.ToUpper),
		good:    []func(string) string{wrap("<h2>", "</h2>", func(v string) string { return strings.ToUpper(esc(v)) })},
		exploit: "<b id=" + mark + ">", seen: func(b string) bool { return proof.Element(b, "b", strings.ToUpper(mark)) }},
	{name: "no-spaces", about: "spaces and quotes are taken out, the rest is raw",
		bad:     wrap("<p>", "</p>", strings.NewReplacer(" ", "", "'", "", `"`, "", "\t", "").Replace),
		good:    []func(string) string{wrap("<p>", "</p>", func(v string) string { return esc(strings.ReplaceAll(v, " ", "")) })},
		exploit: "<svg/id=" + mark + ">", seen: element},
	{name: "title", about: "in the title, raw, and nowhere else",
		bad: func(v string) string { return "<title>" + v + " - shop</title><h1>検索</h1>" }, answer: &trial.Answer{Bare: true},
		good: []func(string) string{func(v string) string { return "<title>" + esc(v) + " - shop</title><h1>検索</h1>" }}, goodAnswer: &trial.Answer{Bare: true},
		exploit: "</title><b id=" + mark + ">", seen: element},
	{name: "json-as-html", about: "JSON that is sent as text/html",
		bad: func(v string) string { return `{"count":0,"q":"` + strings.ReplaceAll(v, `"`, `\"`) + `"}` }, answer: &trial.Answer{Bare: true},
		good: []func(string) string{func(v string) string { return `{"count":0,"q":"` + strings.ReplaceAll(v, `"`, `\"`) + `"}` }}, goodAnswer: &trial.Answer{Bare: true, Type: "application/json", Header: http.Header{"X-Content-Type-Options": {"nosniff"}}},
		exploit: "<b id=" + mark + ">", seen: element},
	{name: "text-as-html", about: "an error message without markup, sent as HTML",
		bad: func(v string) string { return "not found: " + v }, answer: &trial.Answer{Bare: true, Status: 404},
		good: []func(string) string{func(v string) string { return "not found: " + v }}, goodAnswer: &trial.Answer{Bare: true, Status: 404, Type: "text/plain; charset=utf-8", Header: http.Header{"X-Content-Type-Options": {"nosniff"}}},
		exploit: "<b id=" + mark + ">", seen: element},
	{name: "download", about: "raw HTML, shown; the look-alike is a download",
		bad: func(v string) string { return "<p>見積: " + v + "</p>" }, answer: &trial.Answer{Bare: true},
		good: []func(string) string{func(v string) string { return "item,count\n" + v + ",1\n" }}, goodAnswer: &trial.Answer{Bare: true, Type: "text/csv; charset=utf-8", Header: http.Header{"Content-Disposition": {`attachment; filename="list.csv"`}, "X-Content-Type-Options": {"nosniff"}}},
		exploit: "<b id=" + mark + ">", seen: element},
	{name: "twice-decoded", about: "escaped first, entities decoded afterwards",
		bad:     wrap("<p>", "</p>", func(v string) string { return html.UnescapeString(esc(v)) }),
		good:    []func(string) string{wrap("<p>", "</p>", func(v string) string { return esc(html.UnescapeString(v)) })},
		exploit: "<b id=" + mark + ">", seen: element},
	{name: "frame", about: "the address of a frame; escaped as HTML only",
		bad:     wrap(`<iframe title="地図" src="`, `"></iframe>`, esc),
		good:    []func(string) string{wrap(`<iframe title="地図" src="/map?p=`, `"></iframe>`, func(v string) string { return url.QueryEscape(v) })},
		exploit: "javascript:" + mark + "(1)", seen: func(b string) bool { return proof.Scheme(b, mark) }, plain: true},
	{name: "srcdoc", about: "in a srcdoc attribute; escaped once, which the frame undoes",
		bad:     wrap(`<iframe title="説明" srcdoc="<p>`, `</p>"></iframe>`, esc),
		good:    []func(string) string{wrap(`<iframe title="説明" srcdoc="<p>`, `</p>"></iframe>`, func(v string) string { return esc(esc(v)) })},
		exploit: "<b id=" + mark + ">", seen: func(b string) bool { return strings.Contains(b, `srcdoc="<p>&lt;b id=`+mark) }},
	{name: "shift-jis", about: "a page without a declared charset whose value is raw after the quotes were escaped",
		bad: func(v string) string {
			return "<html><body><p title=\"" + onlyQuotes(v) + "\">" + v + "</p></body></html>"
		}, answer: &trial.Answer{Bare: true, Type: "text/html; charset=Shift_JIS"},
		good: []func(string) string{func(v string) string {
			return "<html><body><p title=\"" + esc(v) + "\">" + esc(v) + "</p></body></html>"
		}}, goodAnswer: &trial.Answer{Bare: true, Type: "text/html; charset=Shift_JIS"},
		exploit: "<b id=" + mark + ">", seen: element},
}

var xssFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range spots {
		out = append(out, xssFamily(&spots[i]))
	}
	return append(out, xssError)
}()

func xssFamily(s *spot) *trial.Family {
	f := &trial.Family{Name: "xss-" + s.name, Class: "xss-reflected", About: s.about, Places: reflected}
	if s.places != nil {
		f.Places = s.places
	}
	if s.plain {
		f.Grades = trial.NoWAF
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		good := s.good[b.Rand.IntN(len(s.good))]
		extra := b.Rand.IntN(3)
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name}}
		if s.name == "script-bare" {
			h.Sample, h.Others = "1", []string{"2", "3"}
		}
		if b.Place == trial.Unlinked {
			h.Param = b.Pick("keyword", "debug", "message", "error", "callback", "title", "name")
		}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			var ans trial.Answer
			body := ""
			if b.Vulnerable {
				if s.answer != nil {
					ans = *s.answer
				}
				body = s.bad(a.Value)
			} else {
				if s.goodAnswer != nil {
					ans = *s.goodAnswer
				}
				body = good(a.Value)
			}
			if !ans.Bare {
				switch extra {
				case 0:
					body = "<h1>検索</h1>" + body
				case 1: // the same value also stands where it is harmless
					body = `<h1>検索</h1><input type="search" name="once" value="` + esc(a.Value) + `">` + body
				case 2:
					body += "<pre>&lt;script&gt;alert(1)&lt;/script&gt; のような入力はできません。</pre>"
				}
			}
			ans.Body = body
			return &ans, nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			v := s.exploit
			seen, err := send(ctx, v)
			if err != nil {
				return false, err
			}
			return strings.HasPrefix(seen.Header.Get("Content-Type"), "text/html") && s.seen(seen.Body), nil
		}
		return h, nil
	}
	return f
}

// xssError echoes the path of what does not exist.
var xssError = &trial.Family{Name: "xss-not-found", Class: "xss-reflected", About: "the page for what does not exist names it, raw", Places: []trial.Place{trial.Path}, Make: func(b *trial.Build) (*trial.Handler, error) {
	c := catalogue(b.Rand)
	lure := b.Rand.IntN(2)
	known := []string{c[0].Name, c[1].Name, c[2].Name, c[3].Name}
	h := &trial.Handler{Sample: known[0], Others: known[1:]}
	h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		for _, k := range known {
			if a.Value == k {
				return trial.Text("<h1>" + esc(k) + "</h1><p>人気の商品です。</p>"), nil
			}
		}
		v := a.Value
		if !b.Vulnerable {
			if lure == 0 {
				v = esc(v)
			} else {
				v = url.PathEscape(v)
			}
		}
		return trial.Status(404, "<h1>404</h1><p>"+v+" は見つかりません。</p>"), nil
	}
	h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
		seen, err := send(ctx, "<b id="+mark+">")
		return err == nil && element(seen.Body), err
	}
	return h, nil
}}
