package signin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"miseban/internal/wire"
)

// An administrator signs in by recorded steps, at a door of his own, and is no customer.
func TestAdministrator(t *testing.T) {
	t.Parallel()
	s := newShop()
	s.form("")
	s.mux.HandleFunc("GET /office-7f3k/login", func(w http.ResponseWriter, r *http.Request) {
		html(w, "管理画面 ログイン", `<form action="/office-7f3k/login" method="post"><input name="login_id"><input type="password" name="password"><button>ログイン</button></form>`)
	})
	s.mux.HandleFunc("POST /office-7f3k/login", func(w http.ResponseWriter, r *http.Request) {
		if s.right(w, r.FormValue("login_id"), r.FormValue("password")) {
			http.Redirect(w, r, "/office-7f3k/", http.StatusSeeOther)
		}
	})
	s.mux.HandleFunc("GET /office-7f3k/{$}", s.member(`<h1>受注管理</h1>`))
	accounts, _ := visit(t, s, wire.Account{Role: "admin", Login: []wire.LoginStep{{Open: "/office-7f3k/login"}, {Fill: map[string]string{"login_id": "{user}", "password": "{password}"}, Expect: "受注管理"}}}, nil, "/", "/mypage/login")
	if err := accounts.SignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(accounts.Admins()) != 1 || len(accounts.Customers()) != 0 || s.signIns != 1 || s.tries != 0 {
		t.Errorf("%d administrators, %d customers, %d sign-ins, %d refused: %v", len(accounts.Admins()), len(accounts.Customers()), s.signIns, s.tries, accounts.Named("a").Why())
	}
}

func TestBasic(t *testing.T) {
	t.Parallel()
	for _, right := range []bool{true, false} {
		tries := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			u, p, ok := r.BasicAuth()
			if ok && (u != user || p != password) {
				tries++
			}
			if !ok || u != user || p != password {
				w.Header().Set("WWW-Authenticate", `Basic realm="staging"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			html(w, "茶屋", "<p>ようこそ</p>")
		}))
		t.Cleanup(srv.Close)
		acc := wire.Account{Basic: true}
		if !right {
			acc.Password = "not-it-at-all-2026"
		}
		accounts, _ := at(t, srv.URL, wire.Active, acc, nil)
		if err := accounts.SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := accounts.Named("a").Usable(); got != right || !right && tries != 1 {
			t.Errorf("right %v: usable %v after %d tries", right, got, tries)
		}
	}
}
