package web

import (
	"strings"
	"testing"

	"miseban/internal/account"
)

// mostAsked is how many questions a page may put to the database.
const mostAsked = 8

// TestAsked opens every page of the table as everybody who may see it, in a
// world in which each of them has something to show, and counts what it asks
// the database.
func TestAsked(t *testing.T) {
	if testing.Short() {
		t.Skip("many cases of the same code")
	}
	t.Parallel()
	w := settled(t)
	samples := w.samples()
	browsers := map[account.Role]*visitor{"": w.visitor()}
	for r, p := range w.people {
		browsers[r] = w.as(p)
	}
	seen := map[string]bool{}
	for i := range table {
		rt := &table[i]
		if rt.method != "GET" || rt.stream || strings.HasPrefix(rt.pattern, "/setup") || strings.HasPrefix(rt.pattern, "/sign-in/") {
			continue
		}
		path := rt.pattern
		if strings.Contains(path, "/prepared") { // what a shop's own people have none of
			path = strings.ReplaceAll(path, "{organisation}", string(w.orgs[account.Contractor].ID))
		}
		for name, value := range samples {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		for r, v := range browsers {
			before := w.db.Asked()
			got := v.get(path)
			n := w.db.Asked() - before
			if got.code == 200 {
				seen[rt.key()] = true
			}
			if n > mostAsked {
				t.Errorf("%s as %q asks the database %d times, at most %d are allowed", rt.key(), r, n, mostAsked)
			}
		}
		if !seen[rt.key()] {
			t.Errorf("%s was shown to nobody", rt.key())
		}
	}
}
