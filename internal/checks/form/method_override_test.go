package form

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestMethodOverride: a profile that is stored by opening an address is found,
// with a field for the method and without, a careful shop is met although it
// answers such addresses with its form, and the profile is put back.
func TestMethodOverride(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		faults  []string
		any     bool // takes any GET with the fields for a POST
		verdict verdict.Verdict
		how     string
	}{
		"careful":           {nil, false, verdict.Met, ""},
		"a field decides":   {[]string{"method-override"}, false, verdict.NotMet, "override"},
		"whatever is asked": {nil, true, verdict.NotMet, "get"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := testshop.New(testshop.Options{HTTPS: true, Faults: tc.faults})
			before := inner.Records()
			shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.any && r.Method == http.MethodGet && r.URL.Path == "/mypage/change" && r.URL.Query().Has("address") {
					r = r.Clone(r.Context())
					r.Method, r.PostForm = http.MethodPost, r.URL.Query()
					r.Form = url.Values{}
				}
				inner.ServeHTTP(w, r)
			})
			res := checktest.Members{Handler: shop, Level: wire.Full, Accounts: []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}}.Try(t, Suite, MethodOverride)
			how := ""
			for _, f := range res.Findings {
				how = f.Case
			}
			if res.Verdict != tc.verdict || how != tc.how || len(res.Notes) > 0 {
				t.Errorf("%s %q %+v %+v", res.Verdict, how, res.Reason, res.Notes)
			}
			if !slices.Equal(inner.Records(), before) {
				t.Error("the profile is not what it was")
			}
		})
	}
}
