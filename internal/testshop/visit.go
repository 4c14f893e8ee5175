package testshop

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// kind is what a page is for, in the words of the crawl.
type kind string

const (
	kindTop      kind = "top"
	kindList     kind = "list"
	kindProduct  kind = "product"
	kindSearch   kind = "search"
	kindCart     kind = "cart"
	kindCheckout kind = "checkout"
	kindCard     kind = "card"
	kindLogin    kind = "login"
	kindRegister kind = "register"
	kindMypage   kind = "mypage"
	kindContact  kind = "contact"
	kindLegal    kind = "legal"
	kindAdmin    kind = "admin"
	kindError    kind = "error"
	kindAsset    kind = "asset"
	kindOther    kind = "other"
)

// pays says that card data may be near: the pages of check family payment.
func (k kind) pays() bool { return k == kindCart || k == kindCheckout || k == kindCard }

// personal says that the page shows or takes a visitor's own data.
func (k kind) personal() bool {
	switch k {
	case kindCart, kindCheckout, kindCard, kindLogin, kindRegister, kindMypage, kindContact:
		return true
	}
	return false
}

// visit is one request with the answer that is being made for it. The answer is
// kept whole until the faults have had their say.
type visit struct {
	shop   *Shop
	r      *http.Request
	route  string
	kind   kind
	secure bool
	sess   *session
	policy policy

	status int
	header http.Header
	body   []byte
}

// visitWriter carries the visit through ServeMux to the route.
type visitWriter struct {
	http.ResponseWriter
	v *visit
}

// Header, WriteHeader and Write serve what ServeMux answers by itself (a cleaned path).
func (w visitWriter) Header() http.Header { return w.v.header }
func (w visitWriter) WriteHeader(c int)   { w.v.status = c }
func (w visitWriter) Write(b []byte) (int, error) {
	w.v.body = append(w.v.body, b...)
	return len(b), nil
}

// route is one line of the shop's table. A nil get or post is answered with 405.
type route struct {
	pattern   string
	kind      kind
	get, post func(*visit)
}

func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := w.(visitWriter).v
	if v.shop.on["method-override"] && r.Method == http.MethodGet && strings.EqualFold(r.URL.Query().Get("_method"), http.MethodPost) {
		r = r.Clone(r.Context())
		r.Method, r.PostForm = http.MethodPost, r.URL.Query()
	}
	v.r = r
	do, allow := rt.get, "GET, HEAD"
	if r.Method == http.MethodPost {
		do = rt.post
	}
	if rt.get == nil {
		allow = "POST"
	} else if rt.post != nil {
		allow += ", POST"
	}
	if do == nil {
		v.header.Set("Allow", allow)
		v.fail(http.StatusMethodNotAllowed, "この操作には対応していません")
		return
	}
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			v.fail(http.StatusBadRequest, "送信内容を読み取れませんでした")
			return
		}
		if !v.tokenRight() {
			v.fail(http.StatusForbidden, "ページの有効期限が切れました")
			return
		}
	}
	do(v)
}

func (v *visit) text(contentType, body string) {
	v.header.Set("Content-Type", contentType)
	v.body = []byte(body)
}

func (v *visit) redirect(status int, to string) {
	v.status = status
	v.header.Set("Location", to)
}

func (v *visit) seeOther(to string) { v.redirect(http.StatusSeeOther, to) }

func (v *visit) notFound() { v.fail(http.StatusNotFound, "ページが見つかりません") }

func (v *visit) fail(status int, message string) {
	v.kind, v.status = kindError, status
	v.render("error", &page{Title: message, Data: status})
}

// policy is a Content-Security-Policy in the making.
type policy map[string][]string

func (s *Shop) cleanPolicy() policy {
	return policy{
		"default-src": {"'self'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "img-src": {"'self'"},
		"connect-src": {"'self'"}, "frame-src": {"'self'"}, "object-src": {"'none'"}, "base-uri": {"'self'"},
		"form-action": {"'self'"}, "frame-ancestors": {"'none'"},
	}
}

func (p policy) allow(directive string, sources ...string) {
	for _, s := range sources {
		if !slices.Contains(p[directive], s) {
			p[directive] = append(p[directive], s)
		}
	}
}

// String writes the directives in one order, so that two answers can be compared.
func (p policy) String() string {
	var b strings.Builder
	for _, d := range []string{"default-src", "script-src", "style-src", "img-src", "connect-src", "frame-src",
		"object-src", "base-uri", "form-action", "frame-ancestors"} {
		if len(p[d]) > 0 {
			fmt.Fprintf(&b, "%s %s; ", d, strings.Join(p[d], " "))
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}
