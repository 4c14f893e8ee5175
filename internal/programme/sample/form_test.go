package sample_test

import (
	"testing"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/programme/sample"
)

// TestForm: what is made up can be sent as it is, and the rules of the call say
// to it what its maker meant.
func TestForm(t *testing.T) {
	t.Parallel()
	p := &programme.Programme{Rules: "sme-own-site"}
	phones, numbers := map[string]bool{}, map[string]bool{}
	ineligible := 0
	for _, a := range sample.Applicants(1000, "1") {
		f := a.Form()
		if bad := f.Tidy(true); len(bad) > 0 {
			t.Fatalf("%s: %+v\n%+v", a.Receipt, bad, f)
		}
		want := programme.Misfits
		if a.Eligible {
			want = programme.Fits
		} else {
			ineligible++
		}
		if got, _ := p.Judge(&f); got != want {
			t.Errorf("%s: %s, want %s: %+v", a.Receipt, got, want, f)
		}
		if phones[f.Phone] || numbers[f.Number] {
			t.Errorf("%s has the number of another", a.Receipt)
		}
		phones[f.Phone], numbers[f.Number] = true, true
		for _, by := range programme.Attributes {
			if v := f.Attribute(by); v == "" || !offered(by.Values(), v) {
				t.Errorf("%s: %s is %q", a.Receipt, by, v)
			}
		}
	}
	if ineligible < 20 || ineligible > 300 {
		t.Errorf("%d of 1000 are not eligible", ineligible)
	}
}

func offered(list []account.Option, v account.Choice) bool {
	for _, o := range list {
		if o.Choice == v {
			return true
		}
	}
	return false
}
