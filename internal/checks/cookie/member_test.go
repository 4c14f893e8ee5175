package cookie

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// doorkeeper is a shop that knows visitors by one cookie, which is well kept,
// and members by another that only the sign-in sets.
func doorkeeper(attributes string) http.Handler {
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, title, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Add("Set-Cookie", "PHPSESSID=0a1b2c3d4e5f60718293a4b5c6; Path=/; HttpOnly; Secure; SameSite=Lax")
		fmt.Fprintf(w, "<title>%s</title>%s", title, body)
	}
	const secret = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		page(w, "店", `<a href="/login">ログイン</a><a href="/mypage/">マイページ</a>`)
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		page(w, "ログイン", `<form method="post" action="/login"><input type="email" name="mail"><input type="password" name="pass"><button>ログイン</button></form>`)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("pass") == testshop.TestPassword {
			w.Header().Add("Set-Cookie", "member_auth="+secret+"; Path=/"+attributes)
		}
		http.Redirect(w, r, "/mypage/", http.StatusSeeOther)
	})
	mux.HandleFunc("/mypage/{$}", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("member_auth"); err != nil || c.Value != secret {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		page(w, "マイページ", `<p>ようこそ</p><form method="post" action="/logout"><button>ログアウト</button></form>`)
	})
	return mux
}

// TestMembers: the cookie that only a sign-in sets is judged like any other,
// and no part of its value is told.
func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, attributes string
		check            *check.Check
		verdict          verdict.Verdict
	}{
		{"well kept", "; HttpOnly; Secure; SameSite=Lax", HTTPOnly, verdict.Met},
		{"scripts read it", "; Secure; SameSite=Lax", HTTPOnly, verdict.NotMet},
		{"other sites send it", "; HttpOnly; Secure; SameSite=None", SameSite, verdict.Undetermined}, // may be meant so
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			accounts := []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}
			res := checktest.Members{Handler: doorkeeper(tc.attributes), Accounts: accounts}.Try(t, Suite, tc.check)
			if res.Verdict != tc.verdict {
				t.Fatalf("%s, want %s: %+v %+v", res.Verdict, tc.verdict, res.Reason, res.Findings)
			}
			for _, f := range res.Findings {
				if f.Parameter != "member_auth" || f.Args["page"] != "/login" || len(f.Evidence) == 0 || strings.Contains(f.Excerpt, "9f8e") {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}
