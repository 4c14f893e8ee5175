package assessment

import (
	"math"
	"testing"
)

// TestEstimate: an estimate is what its formula says, and no number of a form
// makes it run over.
func TestEstimate(t *testing.T) {
	t.Parallel()
	e := Estimate{Records: 3000, Sales: 100, Months: 2.5}
	e.Tidy()
	if e.Response() != 599 || e.Lost() != 250 { // the example of 3,000 records says 6 million yen
		t.Errorf("%+v: %d, %d", e, e.Response(), e.Lost())
	}
	for _, x := range []Estimate{{Records: -5, Sales: -1, Months: -3}, {Records: math.MaxInt, Sales: math.MaxInt, Months: math.Inf(1)}, {Months: math.NaN()}} {
		x.Tidy()
		if x.Response() < 170 || x.Lost() < 0 || x.Months <= 0 || x.Months > MostMonths || x.Response() > 2_000_000 {
			t.Errorf("%+v: %d, %d", x, x.Response(), x.Lost())
		}
	}
	for _, p := range Damage {
		if p.N == 0 || p.Year < 2020 || p.Source.IsZero() || p.Figure.IsZero() {
			t.Errorf("%q is told without its number, year and source", p.What.JA)
		}
	}
}
