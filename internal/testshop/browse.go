package testshop

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type review struct {
	ID            int
	Name, Comment string
	Stars         int
	by            *session
	Mine          bool          // by the visitor who looks
	Shown         template.HTML // in place of the comment
}

type listing struct {
	Lead, Base, Query       string
	Word, Field             any // of a search, in place of nothing and of the field's value
	Items                   []product
	Categories              []category
	Total, Page, Prev, Next int
}

func (v *visit) top() {
	v.policy.allow("script-src", v.shop.opts.CDNOrigin)
	v.render("top", &page{Title: "静岡のお茶と和菓子", Scripts: []script{slider(v.shop)},
		Data: map[string]any{"Picks": []product{products[0], products[10], products[20], products[31], products[50]}, "Categories": categories}})
}

// slider is the one foreign script of the clean shop, with its hash.
func slider(s *Shop) script {
	return script{Src: s.opts.CDNOrigin + "/slider-4.2.0.js", Integrity: integrity(cdnFiles["/slider-4.2.0.js"])}
}

const perPage = 4

func (v *visit) list() {
	q := v.r.URL.Query()
	n, err := strconv.Atoi(q.Get("category_id"))
	if err != nil || n < 1 || n > len(categories) {
		v.notFound()
		return
	}
	c := categories[n-1]
	items := slices.DeleteFunc(slices.Clone(products), func(p product) bool { return p.Category.ID != n })
	l := listing{Lead: c.Lead, Base: fmt.Sprintf("/products/list?category_id=%d&", n), Total: len(items), Page: 1}
	if p, err := strconv.Atoi(q.Get("page")); err == nil {
		l.Page = p
	}
	from := (l.Page - 1) * perPage
	if l.Page < 1 || from >= len(items) {
		v.notFound()
		return
	}
	l.Items = items[from:min(from+perPage, len(items))]
	l.Prev = l.Page - 1
	if from+perPage < len(items) {
		l.Next = l.Page + 1
	}
	v.render("list", &page{Title: c.Name, Lead: c.Lead, Data: l})
}

func (v *visit) product() {
	p, ok := productByID(v.r.PathValue("id"))
	if !ok {
		v.notFound()
		return
	}
	s := v.session()
	v.shop.mu.Lock()
	reviews := slices.Clone(v.shop.reviews[p.ID])
	v.shop.mu.Unlock()
	for i := range reviews {
		reviews[i].Mine = reviews[i].by == s
	}
	others := []product{products[p.ID%len(products)], products[(p.ID+12)%len(products)]}
	v.render("product", &page{Title: p.Name, Lead: p.Lead, Data: map[string]any{"Product": p, "Reviews": reviews, "Others": others}})
}

func (v *visit) review() {
	p, ok := productByID(v.r.PathValue("id"))
	if !ok {
		v.notFound()
		return
	}
	v.session()
	v.render("review", &page{Title: "レビューを書く", Data: p})
}

func (v *visit) postReview() {
	p, ok := productByID(v.r.PathValue("id"))
	name, comment := v.r.PostForm.Get("reviewer_name"), v.r.PostForm.Get("comment")
	stars, err := strconv.Atoi(v.r.PostForm.Get("stars"))
	if !ok || name == "" || comment == "" || err != nil || stars < 1 || stars > 5 {
		v.fail(422, "入力内容をご確認ください")
		return
	}
	s := v.session()
	v.shop.mu.Lock()
	v.shop.reviewed++
	v.shop.reviews[p.ID] = append(v.shop.reviews[p.ID], review{ID: v.shop.reviewed, Name: name, Comment: comment, Stars: stars, by: s})
	v.shop.mu.Unlock()
	v.shop.harm.reviews.Add(1)
	v.seeOther(p.URL())
}

// takeBackReview removes a review of the visitor's own.
func (v *visit) takeBackReview() {
	s := v.session()
	v.shop.mu.Lock()
	to := ""
	for id, all := range v.shop.reviews {
		if i := slices.IndexFunc(all, func(r review) bool { return r.by == s && strconv.Itoa(r.ID) == v.r.PostForm.Get("review") }); i >= 0 {
			v.shop.reviews[id] = slices.Delete(all, i, i+1)
			to = products[id-1].URL()
		}
	}
	v.shop.mu.Unlock()
	if to == "" {
		v.fail(422, "レビューを削除できません")
		return
	}
	v.shop.harm.reviewRemovals.Add(1)
	v.seeOther(to)
}

// search shows what find finds; a shop that finds nothing out says so politely.
func (v *visit) search(find func(*visit) ([]string, error)) {
	ids, err := find(v)
	if err != nil {
		v.fail(http.StatusInternalServerError, "ただいま検索できません")
		return
	}
	var items []product
	for _, id := range ids {
		if p, ok := productByID(id); ok {
			items = append(items, p)
		}
	}
	v.render("search", &page{Title: "商品の検索", Data: listing{Query: v.r.URL.Query().Get("q"), Items: items, Categories: categories}})
}

// searched asks with bound values, as a careful program does.
func searched(v *visit) ([]string, error) {
	q := v.r.URL.Query()
	query := "SELECT id FROM product WHERE instr(name, ?) > 0"
	args := []any{q.Get("q")}
	if c := q.Get("category_id"); c != "" {
		query += " AND CAST(category_id AS TEXT) = ?"
		args = append(args, c)
	}
	return v.rows(query+orderings[q.Get("orderby")]+" LIMIT 12", args...)
}

// orderings are all that a visitor may choose from.
var orderings = map[string]string{"": " ORDER BY id", "price": " ORDER BY price, id", "new": " ORDER BY id"}

func (v *visit) articlePage(a article) {
	v.render("article", &page{Title: a.Title, Data: a})
}

func (v *visit) sitemapPage() {
	v.render("sitemap", &page{Title: "サイトマップ", Data: map[string]any{"Articles": articles}})
}

// robotsOnly is closed to robots by robots.txt and linked from nowhere else.
const (
	robotsOnly  = "/hidden-by-robots/"
	sitemapOnly = "/limited/autumn-tea"
)

func (v *visit) robots() {
	v.text("text/plain; charset=utf-8", "User-agent: *\nDisallow: /mypage/history\nDisallow: "+robotsOnly+"\nSitemap: "+v.origin()+"/sitemap.xml\n")
}

func (v *visit) sitemapXML() {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	add := func(path string) {
		fmt.Fprintf(&b, "<url><loc>%s%s</loc></url>\n", v.origin(), strings.ReplaceAll(path, "&", "&amp;"))
	}
	add("/")
	add(sitemapOnly)
	for _, c := range categories {
		add("/products/list?category_id=" + strconv.Itoa(c.ID))
	}
	for _, p := range products {
		add(p.URL())
	}
	for _, a := range articles {
		add(a.Path)
	}
	b.WriteString("</urlset>\n")
	v.text("application/xml; charset=utf-8", b.String())
}

func (v *visit) securityTxt() {
	v.text("text/plain; charset=utf-8", "Contact: "+v.origin()+"/contact\nExpires: "+
		v.shop.opts.Now().UTC().AddDate(0, 6, 0).Format("2006-01-02T15:04:05Z")+"\nPreferred-Languages: ja, en\n")
}

// itemPicture draws a little tea tin in a colour of its own, so that no picture file is needed.
func (v *visit) itemPicture() {
	p, ok := productByID(strings.TrimSuffix(v.r.PathValue("file"), ".svg"))
	if !ok {
		v.notFound()
		return
	}
	v.asset("image/svg+xml", fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 120" role="img"><title>%s</title><rect width="160" height="120" fill="hsl(%d 30%% 92%%)"/><rect x="52" y="26" width="56" height="76" rx="6" fill="hsl(%d 35%% 40%%)"/><rect x="48" y="18" width="64" height="14" rx="4" fill="hsl(%d 25%% 28%%)"/><rect x="62" y="48" width="36" height="34" fill="#fffdf5"/></svg>`,
		p.Name, 60+p.Category.ID*25, 70+p.Category.ID*25, 40+p.Category.ID*10))
}

func (v *visit) asset(contentType string, body []byte) {
	v.kind = kindAsset
	v.header.Set("Content-Type", contentType)
	v.header.Set("Cache-Control", "public, max-age=86400")
	v.body = body
}

var assetTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json"}

func (v *visit) assetFile() {
	name := v.r.PathValue("dir") + "/" + v.r.PathValue("file")
	b, err := assetFiles.ReadFile("assets/" + v.r.PathValue("file"))
	ext := v.r.PathValue("file")[strings.LastIndex(v.r.PathValue("file"), ".")+1:]
	if err != nil || name != ext+"/"+v.r.PathValue("file") {
		v.notFound()
		return
	}
	v.asset(assetTypes["."+ext], b)
}

func (v *visit) favicon() {
	v.asset("image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#3c6e47"/><text x="8" y="12" font-size="10" text-anchor="middle" fill="#fff">茶</text></svg>`))
}

// keep reads the fields of a form into a draft, or says which one is missing.
func keep(form url.Values, required ...string) (url.Values, bool) {
	draft := url.Values{}
	for name, values := range form {
		if name != "_token" && len(values) > 0 {
			draft.Set(name, values[0])
		}
	}
	for _, name := range required {
		if strings.TrimSpace(draft.Get(name)) == "" {
			return nil, false
		}
	}
	return draft, true
}
