package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"miseban/internal/diagnose"
	"miseban/internal/testshop"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// TestPlaces: a run of level active keeps where it put values in, and names
// the fields it left alone with the reason; a run below keeps nothing.
func TestPlaces(t *testing.T) {
	t.Parallel()
	leave := []string{"/magazine/", "/hidden/", "/trap/", "/sjis/", "/spa/", "/news", "/help/"}
	d := active{only: []string{"open-redirect"}, leave: append(leave, "/out")}.try(t, testshop.Options{})
	seen := d.run.Seen
	if r := d.run.Result("open-redirect"); r.Verdict != verdict.Met {
		t.Errorf("a place that the scope excludes makes it %s: %s", r.Verdict, describe(d.run, "open-redirect"))
	}
	if i := slices.IndexFunc(seen.Untested, func(u diagnose.SeenUntested) bool { return strings.Contains(u.Handler, "/out") }); i < 0 || !strings.Contains(seen.Untested[i].Why.Message, "除かれた") {
		t.Errorf("the excluded place is not among the untested: %+v", seen.Untested)
	}
	for _, e := range d.ledger {
		if strings.Contains(e.Target, "%7B%7D") || strings.Contains(e.Target, "{}") {
			t.Errorf("%s asked for %s, where a script fills something in", e.Check, e.Target)
		}
	}
	i := slices.IndexFunc(seen.Places, func(p diagnose.SeenPlaces) bool { return p.Via == "query" })
	if i < 0 || seen.Places[i].Tested < 5 {
		t.Fatalf("places %+v", seen.Places)
	}
	i = slices.IndexFunc(seen.Untested, func(u diagnose.SeenUntested) bool { return strings.HasPrefix(u.Handler, "POST /contact") })
	if i < 0 || !slices.Contains(seen.Untested[i].Names, "email") || !strings.Contains(seen.Untested[i].Why.Message, "登録や変更") {
		t.Errorf("untested %+v", seen.Untested)
	}
	if safe := (active{level: wire.Safe, only: []string{"open-redirect"}, leave: leave}).try(t, testshop.Options{}).run.Seen; safe.Places != nil || safe.Untested != nil {
		t.Errorf("a run of level safe put values in: %+v, %+v", safe.Places, safe.Untested)
	}
}
