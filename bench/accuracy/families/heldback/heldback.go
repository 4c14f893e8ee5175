// Package heldback holds families of cases that are modelled on how shops in
// Japan are built and fail: EC-CUBE 2 and 4, WordPress with plugins, PHP by
// hand, Perl's CGI, Struts and JSP, Rails, Django, Laravel, Express. They were
// written by someone who had not read the engine, and are run for figures
// before anything is mended on them.
package heldback

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"

	"miseban/bench/accuracy/trial"
)

// Families are all of them.
var Families = slices.Concat(sqlFamilies, sqlEngineFamilies, sqlTraps, pageFamilies, pageTraps, keptFamilies, commandFamilies, programFamilies, includeFamilies, templateFamilies, fileFamilies, senderFamilies, hostFamilies, headFamilies, mailFamilies, lookupFamilies, outwardFamilies, flowFamilies, memberFamilies)

// item is one thing that a shop of crafts sells.
type item struct {
	ID, Price, Stock, Age      int // Age is in days
	Code, Name, Kind, Tags, En string
	Pref, Zip                  string
}

var crafts = [][2]string{
	{"今治タオル", "towel"}, {"有田焼の取皿", "plate"}, {"南部鉄瓶", "kettle"}, {"津軽塗の箸", "chopsticks"}, {"会津木綿の前掛け", "apron"}, {"益子焼の湯呑み", "cup"}, {"越前和紙の便箋", "letter"},
	{"江戸切子のグラス", "glass"}, {"近江の麻ふきん", "cloth"}, {"曲げわっぱの弁当箱", "lunchbox"}, {"熊野の化粧筆", "brush"}, {"堺の三徳包丁", "knife"}, {"輪島塗の椀", "bowl"}, {"久留米絣の巾着", "pouch"},
}
var prefectures = strings.Fields("tokyo osaka kyoto aichi ehime saga iwate aomori")

// shop is a shop by the pair's dice: what it sells, how its pages look and how
// it talks to who sends something odd.
type shop struct {
	b                   *trial.Build
	items               []item
	frame, manner, tone int

	mu    sync.Mutex
	words []string
	views int
}

func newShop(b *trial.Build) *shop {
	s := &shop{b: b, frame: b.Rand.IntN(7), manner: b.Rand.IntN(8), tone: b.Rand.IntN(8)}
	names, kinds := slices.Clone(crafts), strings.Fields("kitchen textile paper lacquer")
	b.Rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	b.Rand.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	tags := [][]string{{"gift", "sale"}, {"new"}, {"gift", "new"}, {"sale"}}
	price := 700 + 10*b.Rand.IntN(30)
	for i := range 9 {
		s.items = append(s.items, item{
			ID: 101 + i, Price: price, Stock: i * 5 % 8, Age: 4 + i*9, Code: fmt.Sprintf("MK-%d", 2100+i*13), Name: names[i][0], En: names[i][1], Kind: kinds[i%3],
			Tags: strings.Join(tags[i%4], ","), Pref: prefectures[i%len(prefectures)], Zip: fmt.Sprintf("10%d00%02d", i%4, 10+i),
		})
		price += 240 + 10*b.Rand.IntN(40)
	}
	b.Rand.Shuffle(len(s.items), func(i, j int) { s.items[i].Price, s.items[j].Price = s.items[j].Price, s.items[i].Price })
	return s
}

func e(s string) string { return html.EscapeString(s) }

// show puts the part of a page that answers the value into the shop's design,
// some of whose parts change by themselves.
func (s *shop) show(v, result string) *trial.Answer {
	s.mu.Lock()
	s.views++
	n := s.views
	words := slices.Clone(s.words)
	if v != "" && !slices.Contains(s.words, v) {
		s.words = append(s.words, v)
		if len(s.words) > 6 {
			s.words = s.words[1:]
		}
	}
	s.mu.Unlock()
	before, after := "", ""
	switch s.frame {
	case 1:
		before = `<p class="topicpath"><a href="/">TOP</a> &gt; <a href="/guide">商品一覧</a></p>`
		after = fmt.Sprintf(`<p class="counter">あなたは %06d 人目のお客様です</p>`, 28113+n)
	case 2: // what others looked for, from this visitor's too
		after = `<div class="keyword"><h3>最近検索されたキーワード</h3><ul>`
		for _, w := range words {
			if r := []rune(w); len(r) > 30 {
				w = string(r[:30])
			}
			after += "<li>" + e(w) + "</li>"
		}
		after += "</ul></div>"
	case 3:
		after = `<div class="osusume"><h3>この商品を見た人はこんな商品も</h3>`
		for range 3 {
			x := s.items[rand.IntN(len(s.items))]
			after += fmt.Sprintf(`<p>%s %s円</p>`, x.Name, comma(x.Price))
		}
		after += "</div>"
	case 4:
		after = fmt.Sprintf(`<form method="post" action="/guide"><input type="hidden" name="transactionid" value="%016x%08x"></form><script>var _srv=%d;</script>`, rand.Uint64(), rand.Uint32(), rand.IntN(3))
	case 5:
		before = `<p class="cond">検索条件：「` + e(v) + `」</p>`
	}
	return trial.Text(before + `<section class="result">` + result + `</section>` + after)
}

// decline is what the shop says to a value that it does not take.
func (s *shop) decline(v string) *trial.Answer {
	switch s.manner {
	case 0:
		return trial.Status(400, "<h1>不正なリクエストです</h1><p>お手数ですが、最初からやり直してください。</p>")
	case 1:
		return s.show("", `<p class="attention">※「`+e(v)+`」には使用できない文字が含まれています。</p>`)
	case 2:
		return &trial.Answer{Status: 302, Header: map[string][]string{"Location": {"/"}}, Body: "<p>トップページへ移動します。</p>"}
	case 3:
		return trial.Status(500, "<h2>An Internal Error Has Occurred.</h2><p class=\"error\"><strong>Error: </strong>An Internal Error Has Occurred.</p>")
	case 4:
		return trial.Status(404, "<h1>404 Not Found</h1><p>ページがみつかりません。</p>")
	case 5:
		return &trial.Answer{Status: 403, Bare: true, Body: "<html><head><title>403 Forbidden</title></head><body><h2>アクセスが遮断されました</h2><p>不正な攻撃と判断されるリクエストを検出しました（SiteGuard）。</p></body></html>"}
	case 6:
		return trial.Text("<p>Notice: Trying to access array offset on value of type null in /home/shop/html/list.php on line 88</p>" + s.show("", `<p>該当する商品がありません。</p>`).Body)
	}
	return s.show(v, `<p>該当する商品がありません。</p>`)
}

// broken is what the shop shows when the program behind the page fails.
func (s *shop) broken(err error) *trial.Answer {
	switch s.tone {
	case 0:
		return trial.Status(500, `<div class="message">システムエラーが発生しました。<br>大変お手数ですが、サイト管理者までご連絡ください。</div>`)
	case 1:
		return &trial.Answer{Status: 500, Bare: true}
	case 2:
		return trial.Status(500, `<div class="wp-die-message"><p>このサイトで重大なエラーが発生しました。</p></div>`)
	case 3:
		return trial.Status(500, `<div class="exception"><h1>Whoops, looks like something went wrong.</h1><p>`+e(err.Error())+`</p></div>`)
	case 4:
		return s.show("", `<p>該当する商品がありません。</p>`)
	case 5:
		return trial.Text(`<br><b>Warning</b>: ` + e(err.Error()) + ` in <b>/var/www/html/shop/inc/func.php</b> on line <b>203</b><br>` + s.show("", "").Body)
	case 6:
		return trial.Status(500, "<h1>HTTPステータス 500 – Internal Server Error</h1><pre>jakarta.servlet.ServletException: "+e(err.Error())+"\n\torg.apache.jsp.list_jsp._jspService(list_jsp.java:214)</pre>")
	}
	return &trial.Answer{Status: 302, Header: map[string][]string{"Location": {"/guide"}}, Body: "<p>移動します。</p>"}
}

// loud makes sure that a failure can be seen from outside.
func (s *shop) loud() {
	if s.tone == 4 {
		s.tone = 0
	}
}

// comma writes a price.
func comma(n int) string {
	t := strconv.Itoa(n)
	if len(t) > 3 {
		t = t[:len(t)-3] + "," + t[len(t)-3:]
	}
	return t
}

// list shows rows whose first cell is a name.
func (s *shop) list(v string, rows [][]string) *trial.Answer {
	var t strings.Builder
	if len(rows) == 0 {
		return s.show(v, `<p>該当する商品がありません。</p>`)
	}
	switch s.frame % 3 {
	case 0:
		fmt.Fprintf(&t, `<p><span class="attention">%d件</span>の商品がございます。</p>`, len(rows))
		for _, r := range rows {
			t.WriteString(`<div class="list_area"><h3>` + e(r[0]) + `</h3><p class="price">` + e(strings.Join(r[1:], " ")) + `</p></div>`)
		}
	case 1:
		t.WriteString("<table><tr><th>商品</th><th>価格</th></tr>")
		for _, r := range rows {
			t.WriteString("<tr><td>" + e(r[0]) + "</td><td>" + e(strings.Join(r[1:], " ")) + "</td></tr>")
		}
		t.WriteString("</table>")
	default:
		fmt.Fprintf(&t, `<ul class="ec-shelfGrid" data-total="%d">`, len(rows))
		for _, r := range rows[:min(5, len(rows))] {
			t.WriteString(`<li class="ec-shelfGrid__item"><p>` + e(r[0]) + `</p><p>￥` + e(strings.Join(r[1:], "・")) + `</p></li>`)
		}
		t.WriteString("</ul>")
	}
	return s.show(v, t.String())
}

// asJSON is the answer of an API.
func asJSON(status int, v any) *trial.Answer {
	text, _ := json.Marshal(v)
	return &trial.Answer{Status: status, Type: "application/json; charset=utf-8", Bare: true, Body: string(text)}
}

// named gives a handler its address and parameter.
func (s *shop) named(path, param, sample string, others ...string) *trial.Handler {
	if s.b.Place == trial.Path {
		path = strings.TrimSuffix(strings.TrimSuffix(path, ".php"), ".cgi")
	}
	return &trial.Handler{Path: path, Param: param, Sample: sample, Others: others}
}

// result is the part of an answer that the value decides.
func result(seen *trial.Seen) string {
	body := seen.Body
	if _, rest, ok := strings.Cut(body, `<section class="result">`); ok {
		body, _, _ = strings.Cut(rest, "</section>")
	} else if _, rest, ok := strings.Cut(body, "<main>"); ok {
		body, _, _ = strings.Cut(rest, "</main>")
	}
	return strconv.Itoa(seen.Status) + body
}

// splits says whether yes is answered like the sample, and no is not.
func splits(ctx context.Context, send trial.Send, sample, yes, no string) (bool, error) {
	var got [3]string
	for i, v := range []string{sample, strings.ReplaceAll(yes, "%v", sample), strings.ReplaceAll(no, "%v", sample)} {
		seen, err := send(ctx, v)
		if err != nil {
			return false, err
		}
		got[i] = result(seen)
	}
	return got[0] == got[1] && got[0] != got[2], nil
}

// number reads a number as PHP's (int) does.
func number(v string) int {
	v = strings.TrimSpace(v)
	end := 0
	for end < len(v) && end < 9 && (v[end] >= '0' && v[end] <= '9' || end == 0 && v[end] == '-') {
		end++
	}
	n, _ := strconv.Atoi(v[:end])
	return n
}

// noZero drops zero bytes, which drivers and programs refuse by themselves.
func noZero(v string) string { return strings.ReplaceAll(v, "\x00", "") }

// clip cuts a text after n signs.
func clip(v string, n int) string {
	if r := []rune(v); len(r) > n {
		return string(r[:n])
	}
	return v
}

var (
	onlySearch = []trial.Place{trial.Query, trial.Query, trial.Form}
	webPlaces  = []trial.Place{trial.Query, trial.Query, trial.Form, trial.Multipart, trial.InnerURL, trial.Unlinked}
	apiPlaces  = []trial.Place{trial.Query, trial.JSON, trial.JSON}
)
