package session

import (
	"fmt"
	"net/http"
	"testing"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var accounts = []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}

func teaShop(faults ...string) http.Handler {
	return testshop.New(testshop.Options{Faults: faults, HTTPS: true})
}

// twoSecrets is a shop whose session id stays, but which hands out a second
// secret at sign-in without which nobody is a member.
func twoSecrets(keep bool) http.Handler {
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, title, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>%s</title>%s", title, body)
	}
	const second = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
	signedIn := false
	member := func(r *http.Request) bool {
		id, err1 := r.Cookie("PHPSESSID")
		auth, err2 := r.Cookie("member_auth")
		return signedIn && err1 == nil && id.Value == "0a1b2c3d4e5f60718293a4b5c6" && (keep || err2 == nil && auth.Value == second)
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		page(w, "店", `<a href="/login">ログイン</a><a href="/mypage/">マイページ</a>`)
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "PHPSESSID=0a1b2c3d4e5f60718293a4b5c6; Path=/; HttpOnly")
		page(w, "ログイン", `<form method="post" action="/login"><input type="email" name="mail"><input type="password" name="pass"><button>ログイン</button></form>`)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		signedIn = r.FormValue("pass") == testshop.TestPassword
		w.Header().Add("Set-Cookie", "member_auth="+second+"; Path=/; HttpOnly")
		http.Redirect(w, r, "/mypage/", http.StatusSeeOther)
	})
	mux.HandleFunc("/mypage/{$}", func(w http.ResponseWriter, r *http.Request) {
		if !member(r) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		page(w, "マイページ", `<p>ようこそ</p><form method="post" action="/logout"><button>ログアウト</button></form>`)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "PHPSESSID=; Path=/; Max-Age=0")
		w.Header().Add("Set-Cookie", "member_auth=; Path=/; Max-Age=0")
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	return mux
}

func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		shop    http.Handler
		check   *check.Check
		verdict verdict.Verdict
	}{
		{"a careful shop renews", teaShop(), Renewed, verdict.Met},
		{"the id stays", teaShop("session-renewed"), Renewed, verdict.NotMet},
		{"the id stays, a second secret comes", twoSecrets(false), Renewed, verdict.Met},
		{"the id stays, the second secret is for show", twoSecrets(true), Renewed, verdict.NotMet},
		{"a careful shop forgets", teaShop(), LogoutInvalidates, verdict.Met},
		{"only the cookie goes", teaShop("logout-invalidates"), LogoutInvalidates, verdict.NotMet},
		{"only the cookie goes, by a form", twoSecrets(false), LogoutInvalidates, verdict.NotMet},
		{"nothing to press", teaShop("logout-exists"), LogoutInvalidates, verdict.NotExamined},
		{"a careful shop has it", teaShop(), LogoutExists, verdict.Met},
		{"a button has it too", twoSecrets(false), LogoutExists, verdict.Met},
		{"members find none", teaShop("logout-exists"), LogoutExists, verdict.Undetermined},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res := checktest.Members{Handler: tc.shop, Accounts: accounts}.Try(t, Suite, tc.check)
			if res.Verdict != tc.verdict {
				t.Errorf("%s, want %s: %+v %+v", res.Verdict, tc.verdict, res.Reason, res.Findings)
			}
			for _, f := range res.Findings {
				if tc.check != LogoutExists && (f.Proof == nil || len(f.Proof.Steps) == 0 || f.Proof.Curl == "") {
					t.Errorf("no proof: %+v", f)
				}
			}
		})
	}
}
