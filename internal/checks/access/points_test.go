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

// TestPointsTampering: points below zero and above the balance are found where
// the shop takes them, a careful shop is met, and nothing is ordered or left.
func TestPointsTampering(t *testing.T) {
	t.Parallel()
	member := []wire.Account{{Name: "a", User: testshop.TestMember, Password: testshop.TestPassword}}
	for _, tc := range []struct {
		name    string
		faults  []string
		acts    []string
		verdict verdict.Verdict
		cases   int
	}{
		{"careful", nil, []string{wire.ActCart}, verdict.Met, 0},
		{"anything goes", []string{"points-tampering"}, []string{wire.ActCart}, verdict.NotMet, 2},
		{"not agreed", []string{"points-tampering"}, nil, verdict.NotExamined, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			shop := testshop.New(testshop.Options{HTTPS: true, Faults: tc.faults})
			res := checktest.Members{Handler: shop, Level: wire.Full, Acts: tc.acts, Accounts: member}.Try(t, Suite, PointsTampering)
			if res.Verdict != tc.verdict || len(res.Findings) != tc.cases {
				t.Errorf("%s, want %s: %+v %+v", res.Verdict, tc.verdict, res.Reason, res.Findings)
			}
			if h := shop.Harm(); h.Orders+h.Mails > 0 || shop.Carts() > 0 {
				t.Errorf("%+v, %d items left in carts", h, shop.Carts())
			}
		})
	}
	inner := testshop.New(testshop.Options{HTTPS: true})
	without := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{header: w.Header()}
		inner.ServeHTTP(rec, r)
		w.WriteHeader(rec.status)
		fmt.Fprint(w, strings.NewReplacer("use_point", "memo", "ポイント", "備考").Replace(rec.body.String()))
	})
	shop := checktest.Members{Handler: without, Level: wire.Full, Acts: []string{wire.ActCart}, Accounts: member}
	if res := shop.Try(t, Suite, PointsTampering); res.Verdict != verdict.NotExamined {
		t.Errorf("a shop without points: %s %+v", res.Verdict, res.Reason)
	}
}
