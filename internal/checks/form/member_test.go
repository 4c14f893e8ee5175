package form

import (
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
