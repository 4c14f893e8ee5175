package access

import (
	"testing"

	"miseban/internal/check/checktest"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestCouponReuse: a coupon that counts each time it is entered is found, one
// that counts once is met, and no order or item is left behind.
func TestCouponReuse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		faults  []string
		acts    []string
		verdict verdict.Verdict
	}{
		{"once", nil, []string{wire.ActCart}, verdict.Met},
		{"again and again", []string{"coupon-reuse"}, []string{wire.ActCart}, verdict.NotMet},
		{"not agreed", []string{"coupon-reuse"}, nil, verdict.NotExamined},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			shop := testshop.New(testshop.Options{HTTPS: true, Faults: tc.faults})
			res := checktest.Members{Handler: shop, Level: wire.Full, Acts: tc.acts}.Try(t, Suite, CouponReuse)
			if res.Verdict != tc.verdict {
				t.Errorf("%s, want %s: %+v %+v", res.Verdict, tc.verdict, res.Reason, res.Findings)
			}
			if tc.verdict == verdict.NotMet && (len(res.Findings) != 1 || res.Findings[0].Where != "/cart/coupon" || res.Findings[0].Proof == nil) {
				t.Errorf("%+v", res.Findings)
			}
			if h := shop.Harm(); h.Orders+h.Mails > 0 || shop.Carts() > 0 {
				t.Errorf("%+v, %d items left in carts", h, shop.Carts())
			}
		})
	}
	shop := checktest.Members{Handler: stall(false, false, new(int)), Level: wire.Full, Acts: []string{wire.ActCart}}
	if res := shop.Try(t, Suite, CouponReuse); res.Verdict != verdict.NotExamined {
		t.Errorf("a shop without coupons: %s", res.Verdict)
	}
}
