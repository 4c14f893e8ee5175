package workflow

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/report"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestMoves: the whole table, a cell for each role and state, stands in
// testdata/moves.txt, and holds to what was promised.
func TestMoves(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, r := range account.Roles {
		if !slices.Contains(Movers, r) && len(moves[r]) > 0 {
			t.Errorf("%s moves findings and is not in Movers", r)
		}
	}
	for _, r := range Movers {
		for _, from := range States {
			to := To([]account.Role{r}, from)
			for _, s := range to {
				if s == from {
					t.Errorf("%s moves %s to itself", r, from)
				}
				switch {
				case s == FalseAlarm && r != account.Diagnostician, s == Accepted && r != account.Executive, s == Resolved && r != account.Diagnostician && r != Miseban,
					r == account.Maintainer && !s.Open(), s == New && r != Miseban:
					t.Errorf("%q may move %s to %s", r, from, s)
				}
				if !May([]account.Role{account.Observer, r}, from, s) {
					t.Errorf("a further role takes the move of %s from %s to %s away", r, from, s)
				}
			}
			fmt.Fprintf(&b, "%-14s %-12s %s\n", r, from, strings.Trim(fmt.Sprint(to), "[]"))
		}
	}
	if *update {
		if err := os.WriteFile("testdata/moves.txt", []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/moves.txt")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Error(d)
	}
	for _, s := range States {
		if s.Name("ja") == "" || s.Name("en") == "" || !s.Valid() {
			t.Errorf("%s has no name", s)
		}
	}
}

// TestDue counts working days over holidays, weekends and the turn of the year.
func TestDue(t *testing.T) {
	t.Parallel()
	at := func(day string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, day, report.Tokyo())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		severity  check.Severity
		from, due string
	}{
		{check.Critical, "2026-11-20", "2026-11-24"}, // Friday; the Monday is 勤労感謝の日
		{check.Critical, "2026-12-28", "2027-01-04"},
		{check.High, "2026-04-24", "2026-05-14"}, // over the May holidays
		{check.Medium, "2026-11-24", "2027-02-25"},
	} {
		if got := Due(c.severity, at(c.from)); got != c.due {
			t.Errorf("%v from %s: %s, want %s", c.severity, c.from, got, c.due)
		}
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"/products/detail/12?page=3": "/products/detail/{n}?page={n}", "https://tea.example.jp/cart": "/cart", "tea.example.jp:8443": ":{n}/",
		"http://localhost.test/a/1": "/a/{n}", "PHPSESSID": "PHPSESSID", "jquery 3.1.4": "jquery {n}.{n}.{n}", "/a.b/c": "/a.b/c",
	} {
		if got := Normal(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestLook: what a run says of a finding that it has seen again or not.
func TestLook(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	run := func(level wire.Level, v verdict.Verdict, only ...string) *Look {
		return LookOf(&diagnose.Run{ID: "r2", Started: day, State: diagnose.Finished, Only: only, Scope: &wire.Scope{Hosts: []string{"https://b", "https://a"}, Level: level},
			Results: []check.Result{{Check: "hsts", Verdict: v, Findings: []check.Finding{
				{Where: "/", Severity: check.Low, Confidence: check.Confirmed}, {Where: "/", Severity: check.Low}, {Where: "/x", Severity: check.Info}}}}}, checks.Catalogue)
	}
	l := run(wire.Safe, verdict.NotMet)
	if len(l.Found) != 1 || l.Found[0].Check != "hsts" || l.Found[0].Priority == 0 || len(l.Found[0].Fingerprint) != 32 {
		t.Errorf("found %+v", l.Found)
	}
	before := Before{Check: "hsts", State: New, Moved: day.AddDate(0, 0, -2), Seen: day.AddDate(0, 0, -2), Reach: l.Reach}
	for _, c := range []struct {
		why   string
		look  *Look
		edit  func(*Before)
		again State
		to    State
		gone  bool
	}{
		{"new", l, func(*Before) {}, New, Ready, true},
		{"being mended", l, func(b *Before) { b.State = Working }, Working, Ready, true},
		{"said to be mended", l, func(b *Before) { b.State = Ready }, Working, Resolved, true},
		{"retested", run(wire.Safe, verdict.Met, "hsts"), func(*Before) {}, New, Resolved, true},
		{"resolved", l, func(b *Before) { b.State = Resolved }, New, Resolved, true},
		{"accepted", l, func(b *Before) { b.State = Accepted }, Accepted, Accepted, true},
		{"no fault", l, func(b *Before) { b.State = FalseAlarm }, FalseAlarm, FalseAlarm, true},
		{"not examined", run(wire.Safe, verdict.NotExamined), func(b *Before) { b.State = Ready }, Working, Ready, false},
		{"undetermined", run(wire.Safe, verdict.Undetermined), func(*Before) {}, New, New, false},
		{"another check", l, func(b *Before) { b.Check = "csp" }, New, New, false},
		{"a shorter look", run(wire.Passive, verdict.NotMet), func(*Before) {}, New, New, false},
		{"a farther look", run(wire.Active, verdict.NotMet), func(*Before) {}, New, Ready, true},
		{"without the account", l, func(b *Before) { b.Reach.Accounts = 1 }, New, New, false},
		{"other origins", l, func(b *Before) { b.Reach.Scope = "x" }, New, New, false},
		{"moved after the run began", l, func(b *Before) { b.State, b.Moved = Ready, day.Add(time.Hour) }, Ready, Ready, false},
		{"resolved after the run began", l, func(b *Before) { b.State, b.Moved = Resolved, day.Add(time.Hour) }, Resolved, Resolved, false},
	} {
		b := before
		c.edit(&b)
		again := c.look.Again(&b)
		to, gone := c.look.Unseen(&b)
		if again != c.again || to != c.to || gone != c.gone {
			t.Errorf("%s: seen again %s, unseen %s %v; want %s, %s %v", c.why, again, to, gone, c.again, c.to, c.gone)
		}
		for _, s := range []State{again, to} {
			if s != b.State && !May([]account.Role{Miseban}, b.State, s) {
				t.Errorf("%s: the table forbids %s to %s", c.why, b.State, s)
			}
		}
	}
}
