package probe

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
)

// TestClocked: the places of forms and bodies come before all others, and no
// more than the budget of a run are timed.
func TestClocked(t *testing.T) {
	t.Parallel()
	w := &Work{}
	add := func(via Via, linked bool, n int) {
		for i := range n {
			w.Targets = append(w.Targets, &Target{ID: fmt.Sprint(via, i), Via: via, Linked: linked, work: w})
		}
	}
	add(ViaHeader, false, 30)
	add(ViaFragment, true, 5)
	add(ViaCookie, true, 10)
	add(ViaQuery, true, 20)
	add(ViaJSON, true, 15)
	got := map[Via]int{}
	for _, x := range w.Targets {
		if w.clocked(x) {
			got[x.Via]++
		}
	}
	if got[ViaJSON] != 15 || got[ViaQuery] != 20 || got[ViaCookie] != mostTimed-35 || got[ViaHeader] != 0 || got[ViaFragment] != 0 {
		t.Errorf("timed: %v", got)
	}
}

// Places beyond the bound of the clock, and those that robots.txt closes, are
// told to who reads the report.
func TestUntested(t *testing.T) {
	t.Parallel()
	w := &Work{Left: []Left{{Target: "POST /contact form email", Why: whyWrites}}}
	u, _ := url.Parse("http://127.0.0.1/search")
	for i := range mostTimed + 3 {
		x := &Target{Via: ViaQuery, Method: "GET", URL: u, Name: "p" + itoa(i), Linked: true, work: w}
		x.seen.baseline = &Baseline{Status: 200, Sensitive: i == mostTimed+1}
		x.seen.closed = i == 0
		w.Targets = append(w.Targets, x)
	}
	for _, x := range w.Targets[1:] {
		if _, err := x.Timed(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, l := range w.Untested() {
		part := ""
		if l.InPart {
			part = " in part"
		}
		got = append(got, l.Target+part)
	}
	want := []string{"POST /contact form email", "GET /search query p0", "GET /search query p40 in part", "GET /search query p42 in part"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
