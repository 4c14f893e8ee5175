package form

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestSignedIn: with an account the forms of members are judged, so that a
// careful shop is met instead of not examined.
func TestSignedIn(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]verdict.Verdict{"": verdict.Met, "csrf-token": verdict.Undetermined} {
		o := testshop.Options{HTTPS: true}
		if fault != "" {
			o.Faults = []string{fault}
		}
		shop := checktest.Members{Handler: testshop.New(o), Accounts: []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}}
		res := shop.Try(t, Suite, CSRFToken)
		if res.Verdict != want {
			t.Errorf("%q: %s, want %s: %+v", fault, res.Verdict, want, res.Reason)
		}
		profile := false
		for _, f := range res.Findings {
			profile = profile || f.Where == "/mypage/change"
		}
		if profile != (fault != "") {
			t.Errorf("%q: the member's profile found %v", fault, profile)
		}
	}
}

// TestVerified: at level full the profile is changed with wrong tokens, and is
// afterwards what it was.
func TestVerified(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]struct {
		verdict verdict.Verdict
		how     string
	}{"": {verdict.Met, ""}, "csrf-verified": {verdict.NotMet, "removed"}, "csrf-token": {verdict.NotMet, "none"}} {
		o := testshop.Options{HTTPS: true}
		if fault != "" {
			o.Faults = []string{fault}
		}
		inner := testshop.New(o)
		var profile string
		shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			inner.ServeHTTP(rec, r)
			if r.URL.Path == "/mypage/change" && r.Method == http.MethodGet && rec.Code == http.StatusOK {
				profile = rec.Body.String()
			}
			for k, v := range rec.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
		})
		res := checktest.Members{Handler: shop, Level: wire.Full, Accounts: []wire.Account{
			{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}, {Name: "b", User: testshop.SecondMember, Password: testshop.SecondPassword},
		}}.Try(t, Suite, CSRFVerified)
		how := ""
		for _, f := range res.Findings {
			how = f.Case
		}
		if res.Verdict != want.verdict || how != want.how || len(res.Notes) > 0 {
			t.Errorf("%q: %s %q, want %+v: %+v", fault, res.Verdict, how, want, res.Reason)
		}
		if !strings.Contains(profile, `value="静岡市清水区見本町4-5-6"`) {
			t.Errorf("%q: the profile was not put back: %s", fault, profile)
		}
	}
}
