package access

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// loose is the tea shop with points, whose profile stores whatever is sent when it is lax.
func loose(lax bool, points, role *string) http.Handler {
	inner := teaShop()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/mypage/change" && lax {
			for k, to := range map[string]*string{"point": points, "role": role} {
				if v := r.FormValue(k); v != "" {
					*to = v
				}
			}
		}
		rec := &recorder{header: w.Header()}
		inner.ServeHTTP(rec, r)
		body := rec.body.String()
		if r.URL.Path == "/mypage/" && rec.status == http.StatusOK {
			more := "<p>保有ポイント 120</p>"
			if *points != "" {
				more = "<p>保有ポイント " + *points + "</p>"
			}
			if *role == "admin" {
				more += `<a href="/office/">受注一覧</a>`
			}
			body = strings.Replace(body, "</main>", more+"</main>", 1)
		}
		w.WriteHeader(rec.status)
		fmt.Fprint(w, body)
	})
}

func TestMassAssignment(t *testing.T) {
	t.Parallel()
	for _, lax := range []bool{false, true} {
		var points, role string
		res := checktest.Members{Handler: loose(lax, &points, &role), Level: wire.Full, Accounts: []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}}.Try(t, Suite, MassAssignment)
		want, fault := verdict.Met, ""
		if lax {
			want, fault = verdict.NotMet, "points"
			if points != "120" || role == "admin" {
				t.Errorf("not put back: %q %q", points, role)
			}
		}
		got := ""
		for _, f := range res.Findings {
			got = f.Case
		}
		if res.Verdict != want || got != fault || len(res.Notes) > 0 {
			t.Errorf("lax %v: %s %q, want %s: %+v %+v", lax, res.Verdict, got, want, res.Reason, res.Notes)
		}
	}
}
