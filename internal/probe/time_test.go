package probe

import (
	"fmt"
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
