package diagnose

import (
	"testing"

	"miseban/internal/check"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func run(state State, level wire.Level, results ...check.Result) *Run {
	return &Run{State: state, Scope: &wire.Scope{Hosts: []string{"https://shop.test"}, Level: level}, Results: results}
}

func result(name string, v verdict.Verdict, places ...string) check.Result {
	r := check.Result{Check: name, Verdict: v}
	for _, p := range places {
		r.Findings = append(r.Findings, check.Finding{Check: name, Where: p, Severity: check.Low})
	}
	return r
}

func TestCompare(t *testing.T) {
	t.Parallel()
	before := run(Finished, wire.Safe, result("a", verdict.NotMet, "/1", "/2"))
	for _, c := range []struct {
		name  string
		after *Run
		want  map[string]Change
	}{
		{"one repaired", run(Finished, wire.Safe, result("a", verdict.NotMet, "/2")), map[string]Change{"/1": Fixed, "/2": Still}},
		{"both repaired", run(Finished, wire.Safe, result("a", verdict.Met)), map[string]Change{"/1": Fixed, "/2": Fixed}},
		{"another place", run(Finished, wire.Safe, result("a", verdict.NotMet, "/3")), map[string]Change{"/1": Fixed, "/2": Fixed, "/3": New}},
		{"undecided is not repaired", run(Finished, wire.Safe, result("a", verdict.Undetermined)), map[string]Change{"/1": NotLookedAt, "/2": NotLookedAt}},
		{"not run is not repaired", run(Finished, wire.Safe), map[string]Change{"/1": NotLookedAt, "/2": NotLookedAt}},
		{"a stopped run repairs nothing", run(Stopped, wire.Safe, result("a", verdict.Met)), map[string]Change{"/1": NotLookedAt, "/2": NotLookedAt}},
		{"a smaller scope repairs nothing", run(Finished, wire.Passive, result("a", verdict.Met)), map[string]Change{"/1": NotLookedAt, "/2": NotLookedAt}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := map[string]Change{}
			for _, x := range Compare(before, c.after) {
				got[x.Finding.Where] = x.Change
			}
			if len(got) != len(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			for k, v := range c.want {
				if got[k] != v {
					t.Errorf("%s: %s, want %s", k, got[k], v)
				}
			}
		})
	}
}

// TestCompareRetest: what a retest was not to look at is neither fixed, nor new,
// nor left out: nothing is said of it, whichever of the two came first.
func TestCompareRetest(t *testing.T) {
	t.Parallel()
	whole := run(Finished, wire.Safe, result("a", verdict.NotMet, "/1"), result("b", verdict.NotMet, "/2"))
	again := run(Finished, wire.Safe, result("a", verdict.Met), result("b", verdict.NotExamined))
	again.Only = []string{"a"}
	if got := Compare(whole, again); len(got) != 1 || got[0].Change != Fixed || got[0].Finding.Where != "/1" {
		t.Errorf("after it: %+v", got)
	}
	if got := Compare(again, whole); len(got) != 1 || got[0].Change != New || got[0].Finding.Where != "/1" {
		t.Errorf("before it: %+v", got)
	}
}

func TestPublicName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"shop.example.jp": true, "www.shop.co.jp.": true, "127.0.0.1": false, "::1": false, "localhost": false,
		"shop.test": false, "shop.localhost": false, "printer.local": false, "intranet": false,
	} {
		if got := publicName(name); got != want {
			t.Errorf("publicName(%q) = %v", name, got)
		}
	}
}
