package testshop

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// visitor is a well-behaved person: keeps the cookie, sends the form's token.
type visitor struct {
	t      *testing.T
	shop   *Shop
	cookie *http.Cookie
	token  string
	header http.Header
}

type reply struct {
	status int
	header http.Header
	body   string
}

var tokenField = regexp.MustCompile(`name="_token" value="([^"]+)"`)

func (p *visitor) do(method, path string, form url.Values) reply {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "https://127.0.0.1:8443"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range p.header {
		r.Header[name] = values
	}
	if p.cookie != nil {
		r.AddCookie(&http.Cookie{Name: p.cookie.Name, Value: p.cookie.Value})
	}
	w := httptest.NewRecorder()
	p.shop.ServeHTTP(w, r)
	res := w.Result()
	for _, c := range res.Cookies() {
		if c.Name == p.shop.cookieName() {
			p.cookie = c
		}
	}
	if m := tokenField.FindStringSubmatch(w.Body.String()); m != nil {
		p.token = m[1]
	}
	return reply{res.StatusCode, res.Header, w.Body.String()}
}

func (p *visitor) get(path string) reply { p.t.Helper(); return p.do("GET", path, nil) }

// post fills a form with the token of the last page that had one and says where it leads.
func (p *visitor) post(path string, fields ...string) reply {
	p.t.Helper()
	form := url.Values{"_token": {p.token}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return p.do("POST", path, form)
}

func (p *visitor) signIn(email, password string) {
	p.t.Helper()
	p.get("/mypage/login")
	before := p.cookie.Value
	if got := p.post("/mypage/login", "login_email", email, "login_pass", password); got.header.Get("Location") != "/mypage/" {
		p.t.Fatalf("signing in as %s: got %d to %q", email, got.status, got.header.Get("Location"))
	}
	if p.cookie.Value == before && !p.shop.Has("session-renewed") {
		p.t.Error("the session id stayed the same at sign-in")
	}
}

func open(t *testing.T, o Options) *visitor {
	o.HTTPS = true
	s := New(o)
	t.Cleanup(s.Close)
	return &visitor{t: t, shop: s, header: http.Header{}}
}

var somebody = []string{"name", "見本 太郎", "kana", "ミホン タロウ", "postal_code", "420-0000", "address", "静岡市葵区見本町1", "tel", "054-000-2222", "email", "taro@chaya.example"}

func TestOrder(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.get("/products/detail/3")
	steps := []struct {
		path   string
		fields []string
		status int
		to     string
	}{
		{"/cart/add", []string{"product_id", "3", "quantity", "2"}, 303, "/cart"},
		{"/shopping", append([]string{"payment", "card"}, somebody...), 200, ""},
		{"/shopping/complete", []string{"psp_token", ""}, 422, ""},
		{"/shopping/complete", []string{"psp_token", "tok_test"}, 303, "/shopping/complete"},
		{"/shopping/complete", []string{"psp_token", "tok_test"}, 422, ""}, // a second press of the button orders nothing
	}
	for _, s := range steps {
		if got := p.post(s.path, s.fields...); got.status != s.status || got.header.Get("Location") != s.to {
			t.Fatalf("%s: got %d to %q, want %d to %q", s.path, got.status, got.header.Get("Location"), s.status, s.to)
		}
	}
	if got := p.get("/shopping/complete"); !strings.Contains(got.body, "ご注文番号は C001002") {
		t.Errorf("the thanks name no order number: %s", got.body)
	}
	if got, want := p.shop.Harm(), (Harm{Orders: 1, Mails: 1, CartAdds: 1}); got != want {
		t.Errorf("harm: got %+v, want %+v", got, want)
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	p.get("/entry")
	p.post("/entry", append([]string{"password", "Matcha-ga-suki-1", "password_confirm", "Matcha-ga-suki-1", "agree", "1"}, somebody...)...)
	p.post("/entry/complete")
	p.signIn("taro@chaya.example", "Matcha-ga-suki-1")
	p.get("/mypage/password")
	if got := p.post("/mypage/password", "current", "Matcha-ga-suki-1", "password", "Genmai-cha-9999", "password_confirm", "Genmai-cha-9999"); got.status != 200 {
		t.Errorf("changing the password: got %d", got.status)
	}
	p.get("/products/review/5")
	p.post("/products/review/5", "reviewer_name", "太郎", "stars", "5", "comment", "水出しがおいしいです。")
	if got := p.get("/products/detail/5"); !strings.Contains(got.body, "水出しがおいしいです。") {
		t.Error("the review is not shown")
	}
	p.get("/contact")
	p.post("/contact", "name", "太郎", "email", "taro@chaya.example", "contents", "のしは付きますか。")
	p.post("/contact/complete")
	p.get("/mypage/withdraw")
	p.post("/mypage/withdraw")
	if got := p.get("/mypage/"); got.header.Get("Location") != "/mypage/login" {
		t.Errorf("after leaving the shop: got %d, want the login page", got.status)
	}
	want := Harm{Registrations: 1, Mails: 3, Logins: 1, PasswordChanges: 1, Reviews: 1, Enquiries: 1, Withdrawals: 1}
	if got := p.shop.Harm(); got != want {
		t.Errorf("harm:\n got %+v\nwant %+v", got, want)
	}
}

func TestCarelessLinks(t *testing.T) {
	t.Parallel()
	p := open(t, Options{})
	for _, path := range []string{"/cart/delete?id=all", "/mypage/withdraw?confirm=1", "/mailmag?mode=cancel", "/logout"} {
		p.get(path)
	}
	if got, want := p.shop.Harm(), (Harm{CartRemovals: 1, Withdrawals: 2, Logouts: 1}); got != want {
		t.Errorf("harm: got %+v, want %+v", got, want)
	}
	if got := p.shop.Harm().Total(); got != 4 {
		t.Errorf("total: got %d, want 4", got)
	}
}

func TestTokensAreAsked(t *testing.T) {
	t.Parallel()
	for _, l := range Labelled() {
		if l.Method != "POST" {
			continue
		}
		p := open(t, Options{})
		p.signIn(TestMember, TestPassword)
		p.token = "wrong"
		if got := p.post(l.Target); got.status != http.StatusForbidden {
			t.Errorf("%s without the token: got %d, want 403", l.Target, got.status)
		}
		if got := p.shop.Harm().Total(); got != 0 {
			t.Errorf("%s without the token did harm", l.Target)
		}
	}
}

// TestLabelled sends each labelled link and form of a shop without token checks
// and looks whether the counters agree with the label.
func TestLabelled(t *testing.T) {
	t.Parallel()
	stepOnly := map[string]bool{"/cart/coupon": true, "/shopping": true, "/entry": true, "/contact": true, "/mypage/login": true, "/mypage/security": true,
		"/shopping/complete": true, "/entry/complete": true, "/contact/complete": true, "/cart/update": true}
	for _, l := range Labelled() {
		p := open(t, Options{Faults: []string{"csrf-token"}})
		p.signIn(TestMember, TestPassword)
		var got reply
		if l.Method == "GET" {
			got = p.get(l.Target)
		} else {
			fields := append([]string{"product_id", "1", "quantity", "1", "reviewer_name", "花子", "stars", "4", "comment", "よい香り", "current", TestPassword,
				"password", "Genmai-cha-9999", "password_confirm", "Genmai-cha-9999"}, somebody...)
			got = p.post(l.Target, fields...)
		}
		harmed := p.shop.Harm().Total() > 0
		if harmed != l.Writes && !stepOnly[l.Target] {
			t.Errorf("%s %s (%s): harm %v, label says %v", l.Method, l.Target, l.Text, harmed, l.Writes)
		}
		if got.status >= 400 && !stepOnly[l.Target] {
			t.Errorf("%s %s: got %d", l.Method, l.Target, got.status)
		}
	}
}
