package testshop

import (
	"html"
	"html/template"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"miseban/internal/i18n"
)

// injectDecoys look like injection and are careful programs, or helpful ones.
func injectDecoys() []*fault {
	decoy := func(f fault, name, ja, en string, checks ...string) *fault {
		f.Fault, f.checks = Fault{Name: name, Title: i18n.Text{JA: ja, EN: en}}, checks
		return &f
	}
	search := func(find func(*visit) ([]string, error)) []*route {
		return []*route{{"/search", kindSearch, func(v *visit) { v.search(find) }, nil}}
	}
	strip := strings.NewReplacer("'", "", `"`, "", "%", "", "\\", "", "\n", "", "*", "", ";", "")
	return []*fault{
		decoy(fault{routes: []*route{{"/search", kindSearch, func(v *visit) {
			if strings.ContainsAny(v.r.URL.Query().Get("q"), `'"<>\`) {
				v.render("article", &page{Title: "検索できない文字が含まれています", Data: article{Paragraphs: []string{"引用符などの記号を除いて、もう一度検索してください。"}}})
				return
			}
			v.search(searched)
		}, nil}}}, "search-refuses-signs", "検索が記号をていねいに断る", "the search politely refuses signs", "sql", "xss-reflected"),
		decoy(fault{routes: search(func(v *visit) ([]string, error) {
			return v.rows("SELECT id FROM product WHERE instr(name, ?) > 0 ORDER BY id LIMIT 12", strip.Replace(v.r.URL.Query().Get("q")))
		})}, "search-drops-signs", "検索が記号を取り除いてからさがす", "the search drops signs before it looks", "sql"),
		decoy(fault{routes: search(func(v *visit) ([]string, error) {
			q := v.r.URL.Query()
			// As PHP's (int): the number at the front counts, the rest is dropped.
			n, _ := strconv.Atoi(leadingDigits.FindString(q.Get("category_id")))
			return v.rows("SELECT id FROM product WHERE instr(name, ?) > 0 AND (? = 0 OR category_id = ?) ORDER BY id LIMIT 12", q.Get("q"), n, n)
		})}, "category-cast", "分類の番号は先頭の数字だけを使う", "of the category only the number at the front counts", "sql"),
		decoy(fault{view: func(v *visit, p *page) {
			if v.kind == kindSearch || v.kind == kindError {
				n := rand.IntN(len(products))
				p.Foot = append(p.Foot, template.HTML(`<aside><h2>今日のおすすめ</h2><p><a href="`+products[n].URL()+`">`+products[n].Name+`</a></p></aside>`))
			}
		}}, "random-picks", "見るたびに違うおすすめが出る", "other recommendations each time", "sql", "template-injection", "path-traversal"),
		decoy(fault{routes: []*route{{"/products/detail/{id}", kindProduct, func(v *visit) {
			if _, ok := productByID(v.r.PathValue("id")); ok {
				v.product()
				return
			}
			v.fail(http.StatusNotFound, "商品番号「"+v.r.PathValue("id")+"」は見つかりません")
		}, nil}}}, "error-echo-escaped", "エラー画面に値が出るが、エスケープされている", "the error page shows the value, escaped", "xss-reflected", "template-injection"),
		decoy(fault{answer: func(v *visit) {
			if v.kind == kindSearch && v.html() {
				v.body = append(v.body, "\n<!-- search: "+strings.NewReplacer("<", "&lt;", ">", "&gt;", "-", "&#45;").Replace(v.r.URL.Query().Get("q"))+" -->\n"...)
			}
		}}, "comment-echo", "検索語がHTMLのコメントに安全に出る", "the word comes back in an HTML comment, made safe", "xss-reflected"),
		decoy(fault{routes: []*route{{"/out", kindOther, func(v *visit) {
			to := v.r.URL.Query().Get("url")
			if u, err := url.Parse(to); err != nil || u.Scheme != "https" {
				v.notFound()
				return
			}
			v.render("article", &page{Title: "外部サイトへ移動します", Data: article{Paragraphs: []string{"次のリンクの先は、当店のサイトではありません: " + to}}})
		}, nil}}}, "link-cushion", "外部へのリンクを確認画面に出すだけで、移動はさせない", "a foreign address is shown, nobody is sent there", "open-redirect"),
		decoy(fault{routes: []*route{{"/out", kindOther, func(v *visit) {
			v.redirect(http.StatusFound, "/help/guide?from="+url.QueryEscape(v.r.URL.Query().Get("url")))
		}, nil}}}, "redirect-inside", "値は移動先のパラメータになるが、移動先は自社のページ", "the value becomes a parameter of a page of the shop", "open-redirect"),
		decoy(fault{routes: []*route{{"/download", kindOther, func(v *visit) {
			// Only the name counts, whatever folders are written before it.
			name := v.r.URL.Query().Get("file")
			name = name[strings.LastIndexAny(name, `/\`)+1:]
			if name != "order-sheet.txt" && name != "wholesale-2026.csv" {
				v.notFound()
				return
			}
			v.handOut(downloads + "/" + name)
		}, nil}}}, "basename", "ファイル名の前に書かれたフォルダは無視される", "folders before a file's name are ignored", "path-traversal"),
		decoy(fault{before: func(v *visit) bool {
			query, err := url.QueryUnescape(v.r.URL.RawQuery)
			if err != nil || !odd.MatchString(query) {
				return false
			}
			v.kind, v.status, v.route = kindError, http.StatusForbidden, "(firewall)"
			v.header.Set("Content-Type", typeHTML)
			v.body = []byte(`<!DOCTYPE html><html><head><meta charset="UTF-8"><title>Request blocked</title></head><body><h1>Request blocked</h1><p>The request was blocked by the web application firewall: ` + html.EscapeString(query[:min(len(query), 40)]) + `</p></body></html>`)
			return true
		}}, "firewall", "怪しい値をWAFが遮断する", "a firewall blocks odd values", "sql", "xss-reflected", "path-traversal", "template-injection", "open-redirect"),
	}
}

var leadingDigits = regexp.MustCompile(`^\d{1,9}`)
