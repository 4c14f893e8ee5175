package testshop

import (
	"bytes"
	"html"
	"html/template"
	"net/http"
	"strings"

	"github.com/flosch/pongo2/v6"
)

// injectFaults take a visitor's value for a part of a command. There is no
// os-command among them: a shell behind a page that anybody on the machine can
// ask, and any page in its browser, would be no demo.
func injectFaults() []*fault {
	search := func(find func(*visit) ([]string, error)) []*route {
		return []*route{{"/search", kindSearch, func(v *visit) { v.search(find) }, nil}}
	}
	echoed := func(change func(word string, l *listing)) func(*visit, *page) {
		return func(v *visit, p *page) {
			if l, ok := p.Data.(listing); ok && v.kind == kindSearch {
				change(v.r.URL.Query().Get("q"), &l)
				p.Data = l
			}
		}
	}
	return []*fault{
		{Fault: about("sql", "/search", "検索語がSQLの文につながれる", "the word searched for is joined into SQL"),
			routes: search(func(v *visit) ([]string, error) {
				return v.rows("SELECT id FROM product WHERE name LIKE '%" + v.r.URL.Query().Get("q") + "%' ORDER BY id LIMIT 12")
			}), touches: []string{"p:/search*"}},
		{Fault: about("sql/number", "/search", "検索の分類の番号がSQLの文につながれる", "the category searched in is joined into SQL"),
			routes: search(func(v *visit) ([]string, error) {
				q := v.r.URL.Query()
				query := "SELECT id FROM product WHERE instr(name, ?) > 0"
				if c := q.Get("category_id"); c != "" {
					query += " AND category_id = " + c
				}
				return v.rows(query+" ORDER BY id LIMIT 12", q.Get("q"))
			}), touches: []string{"p:/search*"}},
		{Fault: about("sql/order", "/search", "検索の並び順がSQLの文につながれる", "the order of the search is joined into SQL"),
			routes: search(func(v *visit) ([]string, error) {
				q := v.r.URL.Query()
				query := "SELECT id FROM product WHERE instr(name, ?) > 0"
				if by := q.Get("orderby"); by != "" {
					query += " ORDER BY " + strings.Replace(by, "new", "id", 1)
				}
				return v.rows(query+" LIMIT 12", q.Get("q"))
			}), touches: []string{"p:/search*"}},
		{Fault: about("sql/history", "/mypage/history", "注文履歴の年がSQLの文につながれる", "the year of the order history is joined into SQL"),
			routes: []*route{{"/mypage/history", kindMypage, signedIn(func(v *visit, m *member) {
				v.historyBy(m, func(v *visit, email, year string) ([]string, error) {
					return v.rows("SELECT no FROM purchase WHERE email = ? AND year = "+year, email)
				})
			}), nil}}},
		{Fault: about("xss-reflected", "/search", "検索語がそのままページに出る", "the word searched for comes back as it is"),
			view: echoed(func(word string, l *listing) { l.Word = template.HTML("「" + word + "」の検索結果:") }), touches: []string{"p:/search*"}},
		{Fault: about("xss-reflected/attribute", "/search", "検索欄の値から引用符で抜け出せる", "a quote leaves the value of the search field"),
			view: echoed(func(word string, l *listing) {
				l.Field = template.HTMLAttr(`value="` + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(word) + `"`)
			})},
		{Fault: about("xss-reflected/error", "/products/detail/{id}", "エラー画面に商品番号がそのまま出る", "the error page shows the product's number as it is"),
			routes: []*route{{"/products/detail/{id}", kindProduct, func(v *visit) {
				if _, ok := productByID(v.r.PathValue("id")); ok {
					v.product()
					return
				}
				v.fail(http.StatusNotFound, "商品番号「MARK」は見つかりません")
				v.echo("MARK", v.r.PathValue("id"))
			}, nil}}, touches: []string{"p:/products/detail*"}},
		{Fault: about("xss-stored", "/products/detail/{id}", "レビューの本文がそのままページに出る", "what a review says comes out as it is"),
			view: func(_ *visit, p *page) {
				if d, ok := p.Data.(map[string]any); ok {
					if reviews, ok := d["Reviews"].([]review); ok {
						for i := range reviews {
							reviews[i].Shown = template.HTML(reviews[i].Comment)
						}
					}
				}
			}},
		{Fault: about("template-injection", "/gift/noshi", "名前がテンプレートの一部として読まれる", "a name is read as part of a template"),
			routes: []*route{{"/gift/noshi", kindOther, func(v *visit) {
				v.noshi(func(name string) (string, pongo2.Context) { return "御祝 " + html.EscapeString(name) + " 様", nil })
			}, nil}}},
		{Fault: about("path-traversal", "/download", "ファイル名に ../ を書いて別のファイルを取り出せる", "../ in a file's name fetches another file"),
			routes: []*route{{"/download", kindOther, func(v *visit) { v.handOut(downloads + "/" + v.r.URL.Query().Get("file")) }, nil}}},
		{Fault: about("open-redirect", "/out", "どのサイトへでも移動させられる", "visitors are sent to whatever site is named"),
			routes: []*route{{"/out", kindOther, func(v *visit) { v.redirect(http.StatusFound, v.r.URL.Query().Get("url")) }, nil}}, touches: []string{"p:/out"}},
		{Fault: about("open-redirect/login", "/mypage/login", "ログイン後の移動先が確かめられていない", "where to go after signing in is not looked at")},
		{Fault: about("host-header", "*", "X-Forwarded-Host の値がページのリンクになる", "X-Forwarded-Host becomes part of links"),
			view: func(v *visit, p *page) {
				host := v.r.Host
				if by := v.r.Header.Get("X-Forwarded-Host"); by != "" {
					host = by
				}
				p.Head = append(p.Head, template.HTML(`<link rel="canonical" href="https://`+html.EscapeString(host)+html.EscapeString(v.r.URL.Path)+`">`))
			}, touches: []string{"b:*"}},
		{Fault: about("host-header-reset", "/forgot", "再設定のメールのリンクが X-Forwarded-Host に従う", "the link in the reset mail follows X-Forwarded-Host")},
		{Fault: about("change-notified", "/mypage/password", "パスワードが変わっても知らせるメールがない", "no mail tells of a changed password")},
		{Fault: about("price-tampering", "/cart/add", "カートの価格がブラウザから送られる", "the cart takes its prices from the browser"),
			view: func(v *visit, p *page) { p.Priced = v.kind == kindProduct }, touches: []string{"b:product"}},
		{Fault: about("quantity-tampering", "/cart/add", "カートに個数を負の数で入れられる", "the cart takes numbers below zero")},
		{Fault: about("deserialisation-hint", "/products/detail/{id}", "商品ページの隠し項目に、プログラムのデータがそのまま入る", "a hidden field of the item's page holds data of the program"),
			answer: func(v *visit) {
				if v.kind == kindProduct {
					v.body = bytes.Replace(v.body, []byte(`<input type="hidden" name="product_id"`), []byte(`<input type="hidden" name="seen" value="O:8:&quot;ItemView&quot;:1:{s:2:&quot;no&quot;;i:1;}"><input type="hidden" name="product_id"`), 1)
				}
			}, touches: []string{"b:product"}},
		{Fault: about("coupon-reuse", "/cart/coupon", "同じクーポンを1回の買い物で何度も使える", "a coupon works again and again in one purchase")},
		{Fault: about("points-tampering", "/cart/points", "ポイントの利用数が確かめられていない", "the number of points to pay with is not looked at")},
		{Fault: about("method-override", "/mypage/change", "_method=POST を付けたアドレスを開くだけで、会員情報が変わる", "opening an address with _method=POST changes a member's data")},
		{Fault: about("csrf-verified", "*", "フォームのトークンが確かめられていない", "the forms' token is not looked at")},
	}
}
