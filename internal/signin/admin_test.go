package signin_test

import (
	"net/http"
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
