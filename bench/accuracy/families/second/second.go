// Package second holds the families of cases that were held back until
// 2026-11-22, when they were run once for figures that are published. Checks
// are mended on them since, as on those of package tuning, and their authors
// had not read the engine.
package second

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"miseban/bench/accuracy/trial"
)

// Families are all of them.
var Families = slices.Concat(statementFamilies, reflectFamilies, commandFamilies, readerFamilies, exitFamilies, renderFamilies, fieldFamilies, outwardFamilies, lookupFamilies, evaluatedFamilies, browseFamilies)

// article is one thing that a shop sells.
type article struct {
	ID, Kind, Price          int
	Name, Slug, Code, Colour string
	Month, Memo              string
}

var articleNames = strings.Fields("asagao botan chidori dango enoki fukusa geta hagoita iroha jubako kasa lantern mizuhiki nori obi pouch quilt ramune sudare tatami")
var slugs = strings.Fields("kitchen dining stationery garden kids outlet")
var colours = strings.Fields("kon beni moegi yamabuki sumi")

// range_ is a shop's range of ten articles of three kinds, by the pair's dice.
// All prices differ, and every kind and colour is there more than once.
func range_(b *trial.Build) []article {
	names, kinds := slices.Clone(articleNames), slices.Clone(slugs)
	b.Rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	b.Rand.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	var out []article
	price := 300 + 10*b.Rand.IntN(40)
	for i := range 10 {
		out = append(out, article{
			ID: i + 1, Kind: i%3 + 1, Price: price, Name: names[i], Slug: kinds[i%3], Code: "SKU-" + strconv.Itoa(4100+7*i), Colour: colours[i*7%5],
			Month: fmt.Sprintf("2026-%02d", i%4+3), Memo: fmt.Sprintf("お届けまで%d日", i%5+2),
		})
		price += 30 + 10*b.Rand.IntN(60)
	}
	b.Rand.Shuffle(len(out), func(i, j int) { out[i].Price, out[j].Price = out[j].Price, out[i].Price })
	return out
}

func h(s string) string { return html.EscapeString(s) }

// core is the part of an answer that the member itself wrote.
func core(body string) string {
	if _, rest, ok := strings.Cut(body, "<main>"); ok {
		body, _, _ = strings.Cut(rest, "</main>")
	}
	return body
}

// follows says whether yes is answered like the sample and no is not.
func follows(ctx context.Context, send trial.Send, sample, yes, no string) (bool, error) {
	var got [3]string
	for i, v := range []string{sample, yes, no} {
		seen, err := send(ctx, v)
		if err != nil {
			return false, err
		}
		got[i] = strconv.Itoa(seen.Status) + core(seen.Body)
	}
	return got[0] == got[1] && got[0] != got[2], nil
}

// leadingInt reads a number as PHP's (int) does.
func leadingInt(s string) int {
	s = strings.TrimSpace(s)
	end := 0
	for end < len(s) && end < 9 && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[end] == '-') {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// listing shows rows in one of the designs of shops.
func listing(design int, rows [][]string) *trial.Answer {
	var b strings.Builder
	switch design % 6 {
	case 0:
		if len(rows) == 0 {
			return trial.Text("<h2>検索結果</h2><p class=\"empty\">お探しの商品は見つかりませんでした。</p>")
		}
		b.WriteString("<h2>検索結果</h2><div class=\"grid\">")
		for _, r := range rows {
			b.WriteString("<div class=\"card\"><h3>" + h(r[0]) + "</h3><p>" + h(r[len(r)-1]) + "</p></div>")
		}
		b.WriteString("</div>")
	case 1:
		b.WriteString("<table><caption>商品一覧</caption><tr><th>品名</th><th>価格（税込）</th></tr>")
		for _, r := range rows {
			b.WriteString("<tr>")
			for _, c := range r {
				b.WriteString("<td>" + h(c) + "</td>")
			}
			b.WriteString("</tr>")
		}
		b.WriteString("</table>")
	case 2:
		list := []map[string]string{}
		for _, r := range rows {
			list = append(list, map[string]string{"name": r[0], "value": r[len(r)-1]})
		}
		text, _ := json.Marshal(map[string]any{"status": "ok", "total": len(rows), "items": list})
		return &trial.Answer{Type: "application/json; charset=utf-8", Body: string(text), Bare: true}
	case 3:
		first := "－"
		if len(rows) > 0 {
			first = rows[0][0]
		}
		fmt.Fprintf(&b, "<h2>絞り込み</h2><p>該当商品：全 <strong>%d</strong> 件（先頭：%s）</p>", len(rows), h(first))
	case 4:
		fmt.Fprintf(&b, "<h2>商品一覧</h2><p class=\"pager\">%d 件中 1～%d 件を表示</p><ol>", len(rows), min(3, len(rows)))
		for _, r := range rows[:min(3, len(rows))] {
			b.WriteString("<li>" + h(strings.Join(r, " ／ ")) + "</li>")
		}
		b.WriteString("</ol>")
		for i := range (len(rows) + 2) / 3 {
			fmt.Fprintf(&b, "<span class=\"page\">%d</span>", i+1)
		}
	default:
		if len(rows) == 0 {
			return trial.Status(404, "<h2>404</h2><p>この条件の商品は取り扱いがございません。</p>")
		}
		b.WriteString("<dl>")
		for _, r := range rows {
			b.WriteString("<dt>" + h(r[0]) + "</dt><dd>" + h(r[len(r)-1]) + "</dd>")
		}
		b.WriteString("</dl>")
	}
	return trial.Text(b.String())
}

// mishap is how a program answers when the statement behind it fails.
func mishap(style int, err error) *trial.Answer {
	switch style % 5 {
	case 0:
		return trial.Status(500, "<h2>システムエラー</h2><p>申し訳ございません。時間をおいて再度お試しください。</p>")
	case 1:
		return trial.Text("<h2>エラーが発生しました</h2><p>お手数ですがトップページからやり直してください。</p>")
	case 2:
		return &trial.Answer{Status: 302, Header: map[string][]string{"Location": {"/guide"}}, Body: "<p>moved</p>"}
	case 3:
		return trial.Text("<b>Warning</b>: query failed in <b>/home/shop/public_html/lib/db.inc</b> on line <b>118</b><br>" + h(err.Error()))
	}
	return trial.Text("<h2>検索結果</h2><p class=\"empty\">ただいま表示できる商品がございません。</p>")
}
