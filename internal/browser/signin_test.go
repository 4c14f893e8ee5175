package browser

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

const (
	shopUser     = "hanako@shop.test"
	shopPassword = `Ocha-no"jikan/2026`
)

// scriptShop takes a sign-in only as its own script sends it: the address and
// the keys are put together when the button is pressed.
type scriptShop struct {
	mu     sync.Mutex
	cookie bool // the session is a cookie, else a token in storage
	form   string
	held   map[string]bool
	posts  []string
	before []string // session ids that came with a sign-in
}

const scriptForm = `<form id="f"><label>メールアドレス<input type="email" name="m" required></label><label>パスワード<input type="password" name="p" required></label><button>ログイン</button></form>`

// drawnForm is no form at all, and asks for the name first.
const drawnForm = `<div id="root"></div><script>
	const root = document.getElementById("root");
	root.innerHTML = '<div class="login"><input type="email" autocomplete="username" placeholder="メールアドレス"><button type="button" id="go">次へ</button><a href="#" onclick="location=\'/forgot\'">パスワードを忘れた方</a></div>';
	let mail = "", typed = "";
	root.querySelector("input").addEventListener("input", e => { mail = e.target.value; });
	root.querySelector("#go").onclick = () => { setTimeout(() => {
		root.innerHTML = '<div class="login"><input type="password" autocomplete="current-password"><button type="button" id="go" disabled>ログイン</button></div>';
		root.querySelector("input").addEventListener("input", e => { typed = e.target.value; root.querySelector("#go").disabled = false; });
		root.querySelector("#go").onclick = () => window.enter(mail, typed);
	}, 30); };
</script>`

const scriptSends = `<script>
(() => {
	const parts = ["ap" + "i", "v1", "ses" + "sion"], k = i => String.fromCharCode(...[[117], [115]][i]);
	const enter = async (mail, typed) => {
		await fetch("/collect", { method: "POST", body: JSON.stringify({ seen: location.pathname }) }).catch(() => 0);
		new Image().src = "/pixel.gif?v=" + encodeURIComponent(typed);
		const o = {}; o[k(0)] = mail; o[k(1)] = typed;
		const r = await fetch("/" + parts.join("/"), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(o) });
		const out = await r.json();
		if (out.access_token) localStorage.setItem("access_token", out.access_token);
		if (r.ok) location.href = "/mypage";
	};
	window.enter = enter;
	const f = document.getElementById("f");
	if (f) f.addEventListener("submit", e => { e.preventDefault(); enter(f.m.value, f.p.value); });
})();
</script>`

func (s *scriptShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	show := func(body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>茶屋</title>"+body)
	}
	id := ""
	if c, err := r.Cookie("sid"); err == nil {
		id = c.Value
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	in := s.cookie && s.held[id] || !s.cookie && s.held[token]
	switch {
	case r.Method == http.MethodPost:
		s.posts = append(s.posts, r.URL.Path)
		var v struct{ U, S string }
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/api/v1/session" || json.NewDecoder(r.Body).Decode(&v) != nil || v.U != shopUser || v.S != shopPassword {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"no"}`)
			return
		}
		s.before = append(s.before, id)
		fresh := rand.Text() + "0a1b2c3d"
		s.held[fresh] = true
		if s.cookie {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: fresh, Path: "/", HttpOnly: true})
			fmt.Fprint(w, `{"ok":true}`)
			return
		}
		fmt.Fprintf(w, `{"access_token":%q}`, fresh)
	case r.URL.Path == "/login":
		if id == "" {
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: rand.Text() + "99ff", Path: "/", HttpOnly: true})
		}
		show(s.form + scriptSends)
	case r.URL.Path == "/mypage" && in:
		show(`<h1>マイページ</h1><p>` + shopUser + `</p><a href="/logout">ログアウト</a>`)
	case r.URL.Path == "/mypage" && s.cookie:
		http.Redirect(w, r, "/login", http.StatusFound)
	case r.URL.Path == "/mypage":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/":
		show(`<a href="/login">ログイン</a><a href="/mypage">マイページ</a>`)
	default:
		http.NotFound(w, r)
	}
}

// A sign-in that only the page's script can send is sent by it, once; the
// session is the account's from then on, and nothing else of it is left.
func TestSignIn(t *testing.T) {
	for _, tc := range []struct {
		name   string
		cookie bool
		form   string
	}{{"cookie", true, scriptForm}, {"token in storage, drawn in two steps", false, drawnForm}} {
		t.Run(tc.name, func(t *testing.T) {
			s := &scriptShop{cookie: tc.cookie, form: tc.form, held: map[string]bool{}}
			srv := httptest.NewServer(s)
			t.Cleanup(srv.Close)
			journal := wire.NewMemory()
			c, err := wire.NewClient(wire.Options{Journal: journal, Version: "test", Run: "test", Scope: &wire.Scope{
				Hosts: []string{srv.URL}, Level: wire.Active, Rate: wire.Rate{Unlimited: true},
				Accounts: []wire.Account{{Name: "a", User: shopUser, Password: wire.Secret(shopPassword)}},
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			b := start(t, c)
			root, _ := url.Parse(srv.URL + "/")
			ex, err := c.Do(t.Context(), &wire.Request{URL: root, Level: wire.Passive})
			if err != nil {
				t.Fatal(err)
			}
			first := page.Parse(ex)
			accounts := signin.New(signin.Config{Client: c, Start: root, Pages: []*page.Page{first}, Browser: b.SignIn})
			a := accounts.Named("a")
			if err := a.SignIn(t.Context()); err != nil {
				t.Fatalf("%v; %+v", err, b.proxy.Seen())
			}
			if a.Way() != signin.ByBrowser || !a.Usable() || !strings.HasSuffix(a.Proved().Path, "/mypage") {
				t.Errorf("way %q, usable %v, proved at %v", a.Way(), a.Usable(), a.Proved())
			}
			if kept, renewed := a.Renewal(); tc.cookie && (len(kept) > 0 || len(renewed) != 1 || len(s.before) != 1 || s.before[0] == "") {
				t.Errorf("kept %v, renewed %v; the sign-in came with %q", kept, renewed, s.before)
			}
			if fmt.Sprint(s.posts) != "[/api/v1/session]" {
				t.Errorf("posted %v", s.posts)
			}
			// The pages that the browser looks at afterwards are a stranger's.
			mine, _ := root.Parse("/login")
			seen, err := b.Render(t.Context(), page.Parse(&wire.Exchange{Method: "GET", URL: mine, RawURL: mine.String(), Status: 200, Header: http.Header{}}))
			if err != nil || len(seen.Storage) > 0 {
				t.Errorf("%v, storage %v", err, seen)
			}
			for _, k := range seen.Cookies {
				if s.held[k.Value] {
					t.Error("the account's cookie is left in the browser")
				}
			}
			signs := 0
			for _, e := range journal.Entries() {
				if e.Purpose == wire.SignIn && e.Method == http.MethodPost && e.State == wire.Answered {
					signs++
				}
				noSecret(t, "ledger", e.Target+" "+e.Note)
			}
			if signs != 1 || len(a.Evidence()) < 2 {
				t.Errorf("%d sign-ins in the ledger, evidence %v", signs, a.Evidence())
			}
			for _, r := range journal.Records() {
				noSecret(t, "record", string(r.Data))
				for held := range s.held {
					if strings.Contains(string(r.Data), held) {
						t.Errorf("the session in a record: %s", r.Data)
					}
				}
			}
			for _, o := range b.proxy.Seen() {
				noSecret(t, "observed", o.URL+" "+o.Referer+" "+o.Blocked)
			}
		})
	}
}

// noSecret finds the password in any spelling that the pages above give it.
func noSecret(t *testing.T, where, text string) {
	t.Helper()
	for _, v := range []string{shopPassword, `Ocha-no\"jikan`, url.QueryEscape(shopPassword), url.PathEscape(shopPassword), "jikan"} {
		if strings.Contains(text, v) {
			t.Errorf("%s shows the password: %s", where, text)
		}
	}
}
