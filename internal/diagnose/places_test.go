package diagnose_test

import (
	"slices"
	"strings"
	"testing"

	"miseban/internal/diagnose"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// TestPlaces: a run of level active keeps where it put values in, and names
// the fields it left alone with the reason; a run below keeps nothing.
func TestPlaces(t *testing.T) {
	t.Parallel()
	leave := []string{"/magazine/", "/hidden/", "/trap/", "/sjis/", "/spa/", "/news", "/help/"}
	seen := active{only: []string{"open-redirect"}, leave: leave}.try(t, testshop.Options{}).run.Seen
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
