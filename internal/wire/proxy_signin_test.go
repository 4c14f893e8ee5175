package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A page may send the account's name once and then its password once, to its
// own host; nothing else with a password leaves, and no record shows it.
func TestProxySignIn(t *testing.T) {
	t.Parallel()
	for _, password := range []string{`Ocha"no-Jikan/26`, "test"} { // the second is a word like others
		var mu sync.Mutex
		var got []string
		own := site(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, r.Method+" "+r.URL.Path)
			fmt.Fprint(w, "own")
		})
		third := site(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the third host was asked %s", r.URL) })
		j := NewMemory()
		c := client(t, own.URL, func(o *Options) {
			o.Journal, o.Scope.Level = j, Active
			o.Scope.Accounts = []Account{{Name: "a", User: "taro@shop.test", Password: Secret(password)}}
		})
		p, err := c.Proxy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		hc := viaProxy(t, p)
		ask := func(page, method, at, body string) int {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(PageHeader, page)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Sec-Fetch-Dest", "empty")
			if strings.HasPrefix(at, third.URL) {
				r.Header.Set("Sec-Fetch-Dest", "image")
			}
			res, err := hc.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode
		}
		whole := fmt.Sprintf(`{"mail":"taro@shop.test","p":"%s"}`, strings.ReplaceAll(password, `"`, `\"`))
		if ask("1", "POST", own.URL+"/login", whole) != 403 {
			t.Error("a page that was not asked to signed in")
		}
		if _, _, err := p.SignIn("nobody", "1"); err == nil {
			t.Error("an account that is not in the scope may sign in")
		}
		now, end, err := p.SignIn("a", "1")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.SignIn("a", "2"); err == nil {
			t.Error("two sign-ins at a time")
		}
		for _, k := range []struct {
			name, page, method, at, body string
			status                       int
		}{
			{"another page", "2", "POST", own.URL + "/login", whole, 403},
			{"neither name nor password", "1", "POST", own.URL + "/track", `{"a":1}`, 403},
			{"the name within a word", "1", "POST", own.URL + "/track", `{"a":"x.taro@shop.test.example"}`, 403},
			{"the password in an address", "1", "GET", own.URL + "/login?p=" + url.QueryEscape(password), "", 403},
			{"the password to a third host", "1", "GET", third.URL + "/x.gif?p=" + url.QueryEscape(password), "", 403},
			{"a sign-in at a third host", "1", "POST", third.URL + "/login", whole, 403},
			{"by PUT", "1", "PUT", own.URL + "/login", whole, 403},
			{"the name", "1", "POST", own.URL + "/name", `{"mail":"taro@shop.test"}`, 200},
			{"the name again", "1", "POST", own.URL + "/name", `{"mail":"taro@shop.test"}`, 403},
			{"the password", "1", "POST", own.URL + "/login", strings.Replace(whole, "taro@shop.test", "", 1), 200},
			{"the password again", "1", "POST", own.URL + "/login", whole, 403},
			{"the page goes on", "1", "GET", own.URL + "/mypage", "", 200},
		} {
			if got := ask(k.page, k.method, k.at, k.body); got != k.status {
				t.Errorf("%q, %s: status %d, want %d", password, k.name, got, k.status)
			}
		}
		if s := now(); !s.Sent || len(s.IDs) != 2 || string(s.Answer) != "own" {
			t.Errorf("left %+v", s)
		}
		end()
		if ask("1", "POST", own.URL+"/login", whole) != 403 {
			t.Error("the sign-in was over and another was sent")
		}
		if want := "[POST /name POST /login GET /mypage]"; fmt.Sprint(got) != want {
			t.Errorf("the shop was asked %v, want %s", got, want)
		}
		signs := 0
		for _, e := range j.Entries() {
			if e.State == Answered && e.Purpose == SignIn && e.Account == "a" {
				signs++
			}
			if strings.Contains(e.Target, "p="+url.QueryEscape(password)) && e.Account != "" {
				t.Errorf("ledger: %s", e.Target)
			}
		}
		if signs != 2 || VerifyLedger(j.Entries()) != nil {
			t.Errorf("%d sign-ins in the ledger, %v", signs, VerifyLedger(j.Entries()))
		}
		for _, r := range j.Records() {
			for _, spelling := range []string{`"p":"` + password + `"`, `"p":"` + strings.ReplaceAll(password, `"`, `\"`) + `"`, "p=" + url.QueryEscape(password), `Ocha`} {
				if strings.Contains(string(r.Data), spelling) {
					t.Errorf("%q in a record: %s", spelling, r.Data)
				}
			}
		}
		for _, o := range p.Seen() {
			if o.Page == "1" && strings.Contains(o.URL, url.QueryEscape(password)) {
				t.Errorf("observed %s", o.URL)
			}
		}
	}
}
