package testshop

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
)

// TestDisturbances: each kind strikes now and then, the same way for the same
// seed, leaves pages without a query alone, and is over after a spell.
func TestDisturbances(t *testing.T) {
	t.Parallel()
	for _, kind := range Disturbances() {
		synctest.Test(t, func(t *testing.T) { disturbs(t, kind) }) // Slow takes no time
	}
}

func disturbs(t *testing.T, kind Disturbance) {
	night := func(seed uint64) (struck []bool, statuses []int) {
		p := open(t, Options{Disturbance: kind, Seed: seed})
		for range 40 {
			before := p.shop.Disturbed()
			statuses = append(statuses, asked(p, "/search?q=%27"))
			struck = append(struck, p.shop.Disturbed() > before)
		}
		if got := p.get("/help/guide"); got.status != 200 {
			t.Errorf("%s strikes a page without a query: %d", kind, got.status)
		}
		return struck, statuses
	}
	first, statuses := night(1)
	again, _ := night(1)
	other, _ := night(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("%s does not follow its seed", kind)
	}
	n := 0
	for i, s := range first {
		if s {
			n++
			if want := map[Disturbance]int{Busy: 429, Down: 503, Reset: 0, Guarded: 403}[kind]; kind != Crowded && kind != Random && kind != Slow && statuses[i] != want {
				t.Errorf("%s answers %d, want %d", kind, statuses[i], want)
			}
		} else if statuses[i] != 200 {
			t.Errorf("%s: a calm answer is %d", kind, statuses[i])
		}
	}
	if n < 3 || n > 30 {
		t.Errorf("%s strikes %d of 40", kind, n)
	}
}

// asked is the status of an answer, 0 when the connection was reset.
func asked(p *visitor, path string) (status int) {
	defer func() {
		if r := recover(); r != nil && r != http.ErrAbortHandler {
			panic(r)
		}
	}()
	return p.get(path).status
}
