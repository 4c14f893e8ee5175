package signin_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

const (
	user     = "hanako@shop.test"
	password = "Ocha-no-jikan-2026"
)

// shop is a small shop whose way of signing in is one of several.
type shop struct {
	mu       sync.Mutex
	sessions map[string]string // id → user, "" for a stranger
	tokens   map[string]string // id → anti-CSRF value
	stepped  map[string]string // id → name given in the first step
	tries    int               // sign-ins that were refused
	signIns  int
	logouts  int
	posted   []url.Values
	asked    []string
	forget   int // the session is forgotten after so many answers to members; 0: never
	served   int
	mux      *http.ServeMux
}

func newShop() *shop {
	s := &shop{sessions: map[string]string{}, tokens: map[string]string{}, stepped: map[string]string{}, mux: http.NewServeMux()}
	s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		s.id(w, r)
		head := `<a href="/mypage/login">ログイン</a>`
		if s.who(r) != "" {
			head = `<a href="/mypage/">マイページ</a><a href="/logout">ログアウト</a>`
		}
		html(w, "茶屋", head+`<script src="/app.js"></script>`)
	})
	s.mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		s.logouts++
		delete(s.sessions, s.id(w, r))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	s.mux.HandleFunc("/mypage/{$}", s.member(`<h1>マイページ</h1>`))
	s.mux.HandleFunc("/mypage/history/{no}", s.member(`<h1>ご注文の詳細</h1>`))
	return s
}

func html(w http.ResponseWriter, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>%s</title><body>%s", title, body)
}

func (s *shop) member(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.who(r) == "" {
			http.Redirect(w, r, "/mypage/login", http.StatusSeeOther)
			return
		}
		if s.served++; s.forget > 0 && s.served%s.forget == 0 {
			clear(s.sessions)
		}
		html(w, "マイページ", `<a href="/logout">ログアウト</a>`+body+`<a href="/mypage/history/1">履歴</a><a href="/mypage/withdraw">退会</a>`)
	}
}

// ServeHTTP answers one visitor at a time.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mux.ServeHTTP(w, r)
}

func (s *shop) id(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie("PHPSESSID"); err == nil {
		if _, ok := s.sessions[c.Value]; ok {
			return c.Value
		}
	}
	return s.open(w, "")
}

func (s *shop) open(w http.ResponseWriter, who string) string {
	id := rand.Text()
	s.sessions[id], s.tokens[id] = who, rand.Text()
	w.Header().Add("Set-Cookie", "PHPSESSID="+id+"; Path=/; HttpOnly")
	return id
}

func (s *shop) who(r *http.Request) string {
	if c, err := r.Cookie("PHPSESSID"); err == nil {
		return s.sessions[c.Value]
	}
	return ""
}

// right judges a sign-in and opens a session for it.
func (s *shop) right(w http.ResponseWriter, name, secret string) bool {
	if name != user || secret != password {
		s.tries++
		return false
	}
	s.signIns++
	s.open(w, user)
	return true
}

// form gives the shop an ordinary sign-in with a token and the given further fields.
func (s *shop) form(extra string) {
	show := func(w http.ResponseWriter, r *http.Request, message string) {
		id := s.id(w, r)
		html(w, "ログイン", message+`<form action="/mypage/login" method="post"><input type="hidden" name="_token" value="`+s.tokens[id]+`"><label>メールアドレス<input name="login_email" required></label><label>パスワード<input type="password" name="login_pass" required></label><label><input type="checkbox" name="login_memory" value="1">次回から自動でログイン</label>`+extra+`<button name="login" value="go">ログイン</button></form>`)
	}
	s.mux.HandleFunc("GET /mypage/login", func(w http.ResponseWriter, r *http.Request) { show(w, r, "") })
	s.mux.HandleFunc("POST /mypage/login", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.posted = append(s.posted, r.PostForm)
		if r.PostForm.Get("_token") != s.tokens[s.id(w, r)] {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if !s.right(w, r.PostForm.Get("login_email"), r.PostForm.Get("login_pass")) {
			show(w, r, "<p>メールアドレスまたはパスワードが違います。</p>")
			return
		}
		http.Redirect(w, r, "/mypage/", http.StatusSeeOther)
	})
}

// steps gives the shop a sign-in that asks for the name first.
func (s *shop) steps() {
	s.mux.HandleFunc("GET /mypage/login", func(w http.ResponseWriter, r *http.Request) {
		s.id(w, r)
		html(w, "ログイン", `<form action="/mypage/login/name" method="post"><label>メールアドレス<input type="email" name="email"></label><button>次へ</button></form>`)
	})
	s.mux.HandleFunc("POST /mypage/login/name", func(w http.ResponseWriter, r *http.Request) {
		s.stepped[s.id(w, r)] = r.FormValue("email")
		html(w, "ログイン", `<form action="/mypage/login/password" method="post"><label>パスワード<input type="password" name="pass"></label><button>ログイン</button></form>`)
	})
	s.mux.HandleFunc("POST /mypage/login/password", func(w http.ResponseWriter, r *http.Request) {
		if s.right(w, s.stepped[s.id(w, r)], r.FormValue("pass")) {
			http.Redirect(w, r, "/mypage/", http.StatusSeeOther)
		}
	})
}

// scripted gives the shop a sign-in by JSON that answers with a bearer token.
func (s *shop) scripted() {
	s.mux.HandleFunc("GET /mypage/login", func(w http.ResponseWriter, _ *http.Request) {
		html(w, "ログイン", `<div id="app"></div><a href="/api/me">me</a><script>
async function go(email, password) { const r = await fetch('/api/login', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({email: email, password: password, device: "web"})}); localStorage.setItem('access_token', (await r.json()).access_token) }
function out() { return fetch('/api/logout', {method: 'POST'}) }
</script>`)
	})
	s.mux.HandleFunc("POST /api/login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email, Password, Device string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		w.Header().Set("Content-Type", "application/json")
		if in.Email != user || in.Password != password || in.Device != "web" {
			s.tries++
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		s.signIns++
		id := rand.Text()
		s.sessions[id] = user
		fmt.Fprintf(w, `{"data":{"access_token":%q,"refresh_token":"never-sent-0123456789"}}`, id)
	})
	s.mux.HandleFunc("GET /api/me", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if s.sessions[token] == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"email":%q}`, user)
	})
}

// visit opens the shop, reads the given pages without signing in and returns the accounts.
func visit(t *testing.T, s *shop, acc wire.Account, journal wire.Journal, paths ...string) (*signin.Accounts, *url.URL) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return at(t, srv.URL, wire.Active, acc, journal, paths...)
}

func at(t *testing.T, origin string, l wire.Level, acc wire.Account, journal wire.Journal, paths ...string) (*signin.Accounts, *url.URL) {
	t.Helper()
	acc.Name = "a"
	if acc.User == "" {
		acc.User = user
	}
	if acc.Password == "" {
		acc.Password = password
	}
	client, err := wire.NewClient(wire.Options{Version: "test", Run: "test", Journal: journal, Scope: &wire.Scope{Hosts: []string{origin}, Level: l, Rate: wire.Rate{Unlimited: true}, Accounts: []wire.Account{acc}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	start, _ := url.Parse(origin + "/")
	cfg := signin.Config{Client: client, Start: start}
	for _, p := range paths {
		u, _ := start.Parse(p)
		ex, err := client.Do(t.Context(), &wire.Request{URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Pages = append(cfg.Pages, page.Parse(ex))
	}
	return signin.New(cfg), start
}

func TestWays(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		make func(*shop)
		acc  wire.Account
		way  signin.Way
	}{
		{"form with a token", func(s *shop) { s.form("") }, wire.Account{}, signin.ByForm},
		{"name first", (*shop).steps, wire.Account{}, signin.ByForm},
		{"JSON with a bearer token", (*shop).scripted, wire.Account{}, signin.ByJSON},
		{"recorded form", func(s *shop) { s.form("") }, wire.Account{Login: []wire.LoginStep{{Open: "/mypage/login"}, {Fill: map[string]string{"login_email": "{user}", "login_pass": "{password}"}, Expect: "マイページ"}}}, signin.BySteps},
		{"recorded JSON", (*shop).scripted, wire.Account{Login: []wire.LoginStep{{Open: "/api/login", JSON: `{"email":"{user}","password":"{password}","device":"web"}`}}}, signin.BySteps},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newShop()
			tc.make(s)
			accounts, start := visit(t, s, tc.acc, nil, "/", "/mypage/login")
			a := accounts.Named("a")
			if err := a.SignIn(t.Context()); err != nil {
				t.Fatal(err)
			}
			if a.Way() != tc.way || !a.Usable() || len(accounts.Customers()) != 1 {
				t.Errorf("way %q, usable %v; want %q", a.Way(), a.Usable(), tc.way)
			}
			if s.signIns != 1 || s.tries != 0 || s.logouts != 0 {
				t.Errorf("%d sign-ins, %d refused, %d sign-outs", s.signIns, s.tries, s.logouts)
			}
			for _, form := range s.posted {
				if form.Has("login_memory") || form.Get("login") != "go" {
					t.Errorf("sent %v", form)
				}
			}
			ex, err := a.Do(t.Context(), &wire.Request{URL: a.Proved()})
			if err != nil || ex.Status != 200 {
				t.Errorf("%s: %v, %v", a.Proved(), ex, err)
			}
			for _, p := range []string{"/logout", "/mypage/withdraw", "/mypage/history/1?mode=delete"} {
				u, _ := start.Parse(p)
				if _, err := a.Do(t.Context(), &wire.Request{URL: u}); !errors.Is(err, signin.ErrActs) {
					t.Errorf("%s: %v, want ErrActs", p, err)
				}
			}
		})
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) func(*shop) {
		return func(s *shop) {
			s.form("")
			inner := s.mux
			s.mux = http.NewServeMux()
			s.mux.Handle("/", inner)
			s.mux.HandleFunc("POST /mypage/login", func(w http.ResponseWriter, _ *http.Request) {
				s.tries++
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			})
		}
	}
	for _, tc := range []struct {
		name  string
		make  func(*shop)
		acc   wire.Account
		kind  signin.Kind
		tries int
	}{
		{"wrong password", func(s *shop) { s.form("") }, wire.Account{Password: "not-it-at-all-2026"}, signin.Refused, 1},
		{"wrong password by JSON", (*shop).scripted, wire.Account{Password: "not-it-at-all-2026"}, signin.Refused, 1},
		{"a picture to read", func(s *shop) { s.form(`<img src="/captcha.png"><input name="captcha_code" required>`) }, wire.Account{}, signin.Captcha, 0},
		{"a box of a service", func(s *shop) { s.form(`<div class="g-recaptcha" data-sitekey="x"></div>`) }, wire.Account{}, signin.Captcha, 0},
		{"an unknown field", func(s *shop) { s.form(`<label>店舗<input name="branch" required></label>`) }, wire.Account{}, signin.Unknown, 0},
		{"a code by mail", answer(200, `<title>確認</title><p>確認コードをメールで送りました</p><form method="post" action="/code"><input name="code" autocomplete="one-time-code"><button>送信</button></form>`), wire.Account{}, signin.TwoFactor, 1},
		{"locked", answer(200, `<title>ログイン</title><p>このアカウントはロックされています。</p><form action="/mypage/login" method="post"><input name="login_email"><input type="password" name="login_pass"><button>ログイン</button></form>`), wire.Account{}, signin.Locked, 1},
		{"no form anywhere", func(*shop) {}, wire.Account{}, signin.NoForm, 0},
		{"another house", func(s *shop) {
			s.mux.HandleFunc("GET /mypage/login", func(w http.ResponseWriter, _ *http.Request) {
				html(w, "ログイン", `<form method="post" action="https://id.example/login"><input name="email"><input type="password" name="pass"><button>ログイン</button></form>`)
			})
		}, wire.Account{}, signin.Elsewhere, 0},
		{"a form without address or method", func(s *shop) {
			s.mux.HandleFunc("GET /mypage/login", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery != "" {
					s.tries++ // the password would stand in the address
				}
				html(w, "ログイン", `<form id="f"><input name="email"><input type="password" name="pass"><button>ログイン</button></form><script src="/app.js"></script>`)
			})
		}, wire.Account{}, signin.Scripted, 0},
		{"a step that fails", func(s *shop) { s.form("") }, wire.Account{Login: []wire.LoginStep{{Open: "/mypage/login", Expect: "ようこそ"}}}, signin.StepError, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newShop()
			tc.make(s)
			accounts, _ := visit(t, s, tc.acc, nil, "/")
			a := accounts.Named("a")
			for range 3 { // however often it is asked for, it is tried once
				err := a.SignIn(t.Context())
				var r *signin.Reason
				if !errors.As(err, &r) || r.Kind != tc.kind {
					t.Fatalf("%v, want %s", err, tc.kind)
				}
			}
			if s.tries != tc.tries || a.Usable() || a.Why() == nil {
				t.Errorf("%d tries, usable %v; want %d", s.tries, a.Usable(), tc.tries)
			}
		})
	}
}

// TestLost: answers since the last proof are asked again when the shop forgot
// the session, and nothing of the stranger's view is kept.
func TestLost(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.form("")
	s.mux.HandleFunc("/plain/{n}", func(w http.ResponseWriter, r *http.Request) { // shows nobody's name
		if s.served++; s.forget > 0 && s.served%s.forget == 0 {
			clear(s.sessions)
		}
		html(w, "頁", fmt.Sprintf("<p>%v</p>", s.who(r) != ""))
	})
	accounts, start := visit(t, s, wire.Account{}, nil, "/", "/mypage/login")
	a := accounts.Named("a")
	if err := a.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.served, s.forget = 0, 3
	s.mu.Unlock()
	var kept []bool
	runs, forgot := 0, 0
	err := a.Trust(t.Context(), func() error {
		runs++
		for i := range 5 {
			u, _ := start.Parse(fmt.Sprintf("/plain/%d", i))
			ex, err := a.Do(t.Context(), &wire.Request{URL: u})
			if err != nil {
				return err
			}
			kept = append(kept, strings.Contains(string(ex.Body), "true"))
			if runs == 1 && i == 4 {
				s.mu.Lock()
				s.forget = 0
				s.mu.Unlock()
			}
		}
		return nil
	}, func() { forgot++; kept = nil })
	if err != nil || runs != 2 || forgot != 1 || len(kept) != 5 || slices.Contains(kept, false) {
		t.Errorf("%d runs, forgot %d, kept %v, %v", runs, forgot, kept, err)
	}
	if c := a.Cost(); c.SignIns != 2 || c.Losses != 1 || s.signIns != 2 {
		t.Errorf("cost %+v, shop counted %d", c, s.signIns)
	}
}

// TestProvenOften: without a sign of the session in the answers it is proved every 20.
func TestProvenOften(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.form("")
	s.mux.HandleFunc("/plain/{n}", func(w http.ResponseWriter, _ *http.Request) { html(w, "頁", "<p>無地</p>") })
	accounts, start := visit(t, s, wire.Account{}, nil, "/", "/mypage/login")
	a := accounts.Named("a")
	err := a.Trust(t.Context(), func() error {
		for i := range 45 {
			u, _ := start.Parse(fmt.Sprintf("/plain/%d", i))
			if _, err := a.Do(t.Context(), &wire.Request{URL: u}); err != nil {
				return err
			}
		}
		return nil
	}, func() { t.Error("forgot what was sound") })
	if err != nil || a.Cost().Proofs != 3 {
		t.Errorf("%+v, %v; want 3 proofs", a.Cost(), err)
	}
}

// TestReplay: a resumed run signs in again only when it needs the shop, and a
// re-judged one finds the same answers without it.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.form("")
	journal := wire.NewMemory()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	ask := func(l wire.Level, paths ...string) []string {
		t.Helper()
		accounts, start := at(t, srv.URL, l, wire.Account{}, journal, "/", "/mypage/login")
		a := accounts.Named("a")
		if err := a.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range paths {
			u, _ := start.Parse(p)
			ex, err := a.Do(t.Context(), &wire.Request{URL: u})
			if err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			out = append(out, fmt.Sprint(ex.Status, strings.Contains(string(ex.Body), "ログアウト")))
		}
		return out
	}
	want := []string{"200 true", "200 true"}
	if got := ask(wire.Active, "/mypage/", "/mypage/history/1"); !slices.Equal(got, want) || s.signIns != 1 {
		t.Errorf("first run %v, %d sign-ins", got, s.signIns)
	}
	before := len(s.asked)
	if got := ask(wire.Offline, "/mypage/", "/mypage/history/1"); !slices.Equal(got, want) || len(s.asked) != before {
		t.Errorf("offline %v, %d requests", got, len(s.asked)-before)
	}
	if got := ask(wire.Active, "/mypage/", "/mypage/history/1"); !slices.Equal(got, want) || s.signIns != 1 {
		t.Errorf("resumed %v, %d sign-ins", got, s.signIns)
	}
	if got := ask(wire.Active, "/mypage/history/2"); !slices.Equal(got, want[:1]) || s.signIns != 2 {
		t.Errorf("resumed with a new question %v, %d sign-ins", got, s.signIns)
	}
}

// TestSecrets: no password stands in what is kept of a run.
func TestSecrets(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.form("")
	journal := wire.NewMemory()
	accounts, _ := visit(t, s, wire.Account{}, journal, "/", "/mypage/login")
	if err := accounts.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(journal.Entries())
	if err != nil || strings.Contains(string(data), password) {
		t.Errorf("the ledger holds the password (%v)", err)
	}
	if r := accounts.Named("a").Why(); r != nil {
		t.Error(r)
	}
}
