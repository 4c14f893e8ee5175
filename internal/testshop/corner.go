package testshop

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// encoded turns the page that was just drawn into an older encoding, declared in header and page alike.
func (v *visit) encoded(e encoding.Encoding, charset string) {
	old := bytes.Replace(v.body, []byte(`charset="UTF-8"`), []byte(`charset="`+charset+`"`), 1)
	// The two signs the old encodings lack are written another way.
	old = bytes.ReplaceAll(old, []byte("©"), []byte("&copy;"))
	b, err := encoding.HTMLEscapeUnsupported(e.NewEncoder()).Bytes(old)
	if err != nil {
		panic("testshop: encoding a page as " + charset + ": " + err.Error())
	}
	v.body = b
	v.header.Set("Content-Type", "text/html; charset="+charset)
}

func (v *visit) sjisIndex() {
	v.render("sjis-index", &page{Title: "旧サイトの商品案内", Data: products[:5]})
	v.encoded(japanese.ShiftJIS, "Shift_JIS")
}

func (v *visit) sjisItem() {
	p, ok := productByID(v.r.URL.Query().Get("id"))
	if !ok || p.ID > 5 {
		v.notFound()
		return
	}
	v.render("article", &page{Title: p.Name, Data: article{Paragraphs: []string{p.Lead, "価格表・能書きは旧サイトのものです。"}}})
	v.encoded(japanese.ShiftJIS, "Shift_JIS")
}

func (v *visit) euc() {
	plain("創業のころ", "昭和42年、静岡の駅前で小さな茶問屋として店を開きました。")(v)
	v.encoded(japanese.EUCJP, "EUC-JP")
}

func (v *visit) spa() {
	v.render("spa", &page{Title: "お茶えらびナビ", Scripts: []script{{Src: "/assets/js/spa.js"}}})
}

func (v *visit) json(value any) {
	b, err := json.Marshal(value)
	if err != nil {
		panic("testshop: " + err.Error())
	}
	v.header.Set("Content-Type", "application/json; charset=utf-8")
	v.body = b
}

type item struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Price int    `json:"price"`
	Stock int    `json:"stock"`
}

func itemOf(p product) item { return item{p.ID, p.Name, p.Taxed(), p.Stock} }

func (v *visit) apiItems() {
	items := []item{}
	for _, p := range products[:8] {
		items = append(items, itemOf(p))
	}
	v.json(items)
}

func (v *visit) apiItem() {
	p, ok := productByID(v.r.PathValue("id"))
	if !ok {
		v.status = 404
		v.json(map[string]string{"message": "商品がありません"})
		return
	}
	v.json(itemOf(p))
}

func (v *visit) apiStock() {
	p, ok := productByID(v.r.URL.Query().Get("id"))
	if !ok {
		v.status = 404
		v.json(map[string]string{"message": "商品がありません"})
		return
	}
	v.json(map[string]int{"id": p.ID, "stock": p.Stock})
}

func (v *visit) apiCart() {
	p, ok := productByID(v.r.PostForm.Get("product_id"))
	if !ok {
		v.status = 422
		v.json(map[string]string{"message": "商品がありません"})
		return
	}
	v.putInCart(p, 1)
	v.json(map[string]int{"count": len(v.session().cart)})
}

// hiddenWays are the ways in which /hidden/ leads to pages of its own; each
// name is also the last part of the page's path.
var hiddenWays = []string{"data-href", "onclick", "script-string", "srcset", "css-url", "manifest", "iframe", "meta-refresh",
	"area", "link-next", "noscript", "template", "object", "svg-link", "form-get", "button-formaction", "comment", "link-header", "js-concat", "inline-json"}

// HiddenPaths returns the pages that /hidden/ leads to in ways a crawler must know.
func HiddenPaths() []string {
	var paths []string
	for _, w := range hiddenWays {
		paths = append(paths, "/hidden/way/"+w)
	}
	return paths
}

const onclick = "location.href='/hidden/way/onclick'"

func (v *visit) hidden() {
	sum := sha256.Sum256([]byte(onclick))
	v.policy.allow("script-src", "'unsafe-hashes'", "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	v.policy["object-src"] = []string{"'self'"}
	v.header.Set("Link", `</hidden/way/link-header>; rel="alternate"; type="text/html"`)
	v.render("hidden", &page{
		Title: "季節のお茶めぐり", Styles: []string{"/assets/css/season.css"}, Scripts: []script{{Src: "/assets/js/season.js"}},
		Head: []template.HTML{`<link rel="next" href="/hidden/way/link-next">`, `<meta http-equiv="refresh" content="900; url=/hidden/way/meta-refresh">`},
		Data: template.HTMLAttr(`onclick="` + onclick + `"`),
	})
}

func (v *visit) hiddenWay() {
	name := v.r.PathValue("name")
	for _, w := range hiddenWays {
		if w == name {
			if name == "iframe" || name == "object" {
				v.policy["frame-ancestors"] = []string{"'self'"}
			}
			plain("季節のお茶("+name+")", "この季節だけのお茶をご紹介しています。")(v)
			return
		}
	}
	v.notFound()
}

func (v *visit) manifest() {
	v.asset("application/manifest+json", []byte(`{"name":"茶屋みせばん","lang":"ja","start_url":"/","display":"browser","shortcuts":[{"name":"季節のお茶","url":"/hidden/way/manifest"}],"icons":[{"src":"/favicon.ico","sizes":"any","type":"image/svg+xml"}]}`))
}

func (v *visit) trap() { v.render("trap", &page{Title: "お茶の暦"}) }

// calendar has a next month for every month there is.
func (v *visit) calendar() {
	q := v.r.URL.Query()
	y, err1 := strconv.Atoi(q.Get("y"))
	m, err2 := strconv.Atoi(q.Get("m"))
	if err1 != nil || err2 != nil || y < 1 || y > 9999 || m < 1 || m > 12 {
		v.notFound()
		return
	}
	at := time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC)
	month := func(t time.Time) string { return fmt.Sprintf("/trap/calendar?y=%d&m=%d", t.Year(), int(t.Month())) }
	var days []int
	for d := at; d.Month() == at.Month(); d = d.AddDate(0, 0, 1) {
		days = append(days, d.Day())
	}
	v.render("calendar", &page{Title: fmt.Sprintf("%d年%d月の暦", y, m), Data: map[string]any{
		"Days": days, "Prev": month(at.AddDate(0, -1, 0)), "Next": month(at.AddDate(0, 1, 0))}})
}

// endless always has one more page.
func (v *visit) endless() {
	n, err := strconv.Atoi(v.r.URL.Query().Get("page"))
	if err != nil || n < 1 {
		n = 1
	}
	v.render("list", &page{Title: "産地だより", Data: listing{Lead: "産地からの便りです。", Base: "/trap/list?", Items: products[n%50 : n%50+4], Total: 60, Page: n, Prev: n - 1, Next: n + 1}})
}

var facets = []struct {
	Name   string
	Values []string
}{
	{"area", []string{"honyama", "kawane", "makinohara", "tenryu"}},
	{"taste", []string{"mild", "rich", "bitter"}},
	{"form", []string{"leaf", "bag", "powder"}},
	{"size", []string{"s", "m", "l"}},
	{"sort", []string{"price", "new", "name"}},
}

// facet links every combination of five filters in whatever order they were chosen.
func (v *visit) facet() {
	q := v.r.URL.Query()
	var links []string
	for _, f := range facets {
		for _, value := range f.Values {
			if q.Get(f.Name) != value {
				next := url.Values{}
				for k, vs := range q {
					next[k] = vs
				}
				next.Set(f.Name, value)
				links = append(links, "/trap/facet?"+next.Encode())
			}
		}
	}
	v.render("facet", &page{Title: "条件から選ぶ", Lead: strings.TrimSpace("条件を選ぶと、お茶をしぼり込めます。"), Data: map[string]any{"Links": links, "Items": products[:4]}})
}
