package programme

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

var updateMoves = flag.Bool("update-moves", false, "write the golden table of moves anew")

// known makes facts in which everything is so, or nothing.
func known(all bool) *Facts {
	f := &Facts{}
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		v.Field(i).SetBool(all)
	}
	return f
}

// TestMovesTable: every cell, a role and a step, stands in testdata/moves.txt
// with the moves it allows, what must be so before, and whether a reason is asked.
func TestMovesTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, r := range append([]account.Role{Miseban}, account.Roles...) {
		for _, from := range Steps {
			var cells []string
			for _, m := range MovesOf([]account.Role{r}, from) {
				s := m.Key()
				for _, c := range m.If {
					s += "+" + c.Key
				}
				if m.NeedsReason() {
					s += "!"
				}
				cells = append(cells, s)
			}
			fmt.Fprintf(&b, "%-14s %-12s %s\n", r, from, strings.Join(cells, " "))
		}
	}
	if *updateMoves {
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
}

// TestAdvanceCells: each role tries each move from each step. What the table
// allows is done and nothing else; a condition that is open and a reason that
// is lacking stop it.
func TestAdvanceCells(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 9, 2, 3, 0, 0, 0, time.UTC)
	var keys []string
	for _, m := range Moves {
		if !slices.Contains(keys, m.Key()) {
			keys = append(keys, m.Key())
		}
	}
	for _, r := range append([]account.Role{Miseban}, account.Roles...) {
		for _, from := range Steps {
			for _, key := range keys {
				var line *Move
				for i, m := range Moves {
					if m.From == from && m.Key() == key && slices.Contains(m.By, r) {
						line = &Moves[i]
					}
				}
				c := Case{ID: "c", Step: from}
				if !from.Open() && line != nil {
					c.Left = line.To
				}
				w := Wish{Key: key, Roles: []account.Role{r}, Facts: known(true), Reason: "電話で確認"}
				after, e, err := Advance(c, w, "p", at)
				if line == nil {
					if !errors.Is(err, ErrForbidden) || after.Step != from {
						t.Errorf("%s takes %s to %s: %v", r, from, key, err)
					}
					continue
				}
				if err != nil || after.Step != line.To || after.Ending != line.Ending || !after.Since.Equal(at) || after.Awaits != line.To.first() {
					t.Errorf("%s from %s by %s: %+v, %v", r, from, key, after, err)
				}
				if e.From != from || e.To != line.To || e.By != "p" || e.Kind != EventMoved || e.Reason != w.Reason {
					t.Errorf("the event of %s by %s: %+v", from, key, e)
				}
				if got := c.After(e); !cmp.Equal(got, after) {
					t.Errorf("%s by %s: the event says %+v, the case %+v", from, key, got, after)
				}
				w.Reason = ""
				if _, _, err := Advance(c, w, "p", at); errors.Is(err, ErrReason) != line.NeedsReason() {
					t.Errorf("%s by %s without a reason: %v", from, key, err)
				}
				if len(line.If) == 0 {
					continue
				}
				w.Reason, w.Facts, c.Left = "x", known(false), ""
				var open *OpenError
				if _, _, err := Advance(c, w, "p", at); !errors.As(err, &open) || len(open.Open) != len(line.If) {
					t.Errorf("%s by %s with nothing known: %v", from, key, err)
				}
				w.Facts = nil
				if _, _, err := Advance(c, w, "p", at); !errors.As(err, &open) {
					t.Errorf("%s by %s without facts: %v", from, key, err)
				}
			}
		}
	}
}

// TestConditions: each condition hangs on one fact of its own, each fact opens
// one condition, and both languages have its words.
func TestConditions(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, m := range Moves {
		for _, x := range m.If {
			if x.Key == "left-from" {
				continue
			}
			if x.Says.JA == "" || x.Says.EN == "" {
				t.Errorf("%s has no words", x.Key)
			}
			var decides []string
			v := reflect.TypeFor[Facts]()
			for i := range v.NumField() {
				one := &Facts{}
				reflect.ValueOf(one).Elem().Field(i).SetBool(true)
				if x.Holds(&Case{}, one) {
					decides = append(decides, v.Field(i).Name)
				}
			}
			if len(decides) != 1 {
				t.Errorf("%s hangs on %v", x.Key, decides)
				continue
			}
			if was, ok := seen[decides[0]]; ok && was != x.Key {
				t.Errorf("%s decides %s and %s", decides[0], was, x.Key)
			}
			seen[decides[0]] = x.Key
		}
	}
	if n := reflect.TypeFor[Facts]().NumField(); len(seen) != n {
		t.Errorf("%d of %d facts decide something", len(seen), n)
	}
	var stated []string
	for _, m := range Moves {
		for _, x := range m.If {
			got := &Facts{}
			got.State(x.Key)
			if x.Key != "left-from" && !x.Holds(&Case{}, got) {
				t.Errorf("%s, said by its key: %+v", x.Key, got)
			}
			if len(x.By) > 0 && !slices.Contains(stated, x.Key) {
				stated = append(stated, x.Key)
			}
		}
	}
	// Who has applied, is eligible, is chosen, consents and was diagnosed, other records say.
	if got := strings.Join(stated, " "); got != "minutes met settled followed-up" {
		t.Errorf("stated by hand: %s", got)
	}
	var keys []string
	for _, x := range Gate {
		keys = append(keys, x.Key)
	}
	if got := strings.Join(keys, " "); got != "minutes consent hosting windows accounts waf call" {
		t.Errorf("Step 3 opens by %s", got)
	}
}

// TestWords: whatever people read of cases is there in both languages.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		for _, s := range Steps {
			if s.Name(l) == "" || !s.Valid() {
				t.Errorf("%s has no name in %s", s, l)
			}
		}
		for _, p := range Parties {
			if p.Name(l) == "" || !p.Valid() {
				t.Errorf("%s has no name in %s", p, l)
			}
		}
		for _, o := range Endings {
			if o.Name(l) == "" {
				t.Errorf("%s has no name in %s", o, l)
			}
		}
	}
	if Step("step6").Valid() || Party("moon").Valid() || WaitsNobody.Valid() || StepEnd.Open() {
		t.Error("what is not on the way is taken for it")
	}
}

// TestComeBack: a case that has left comes back to where it left, and nowhere else.
func TestComeBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 7, 1, 0, 0, 0, 0, time.UTC)
	c := Case{Step: Step2, Done: map[Step]time.Time{Step1: at}}
	c, _, err := Advance(c, Wish{Key: "declined", Roles: []account.Role{account.Executive}, Reason: "人手が足りない"}, "x", at)
	if err != nil || c.Left != Step2 || c.Awaits != WaitsNobody || c.reached(Step1) {
		t.Fatalf("%+v, %v", c, err)
	}
	back := Wish{Roles: []account.Role{account.Approver}, Reason: "続けることになった"}
	back.Key = "step3"
	if _, _, err := Advance(c, back, "x", at); err == nil {
		t.Error("it came back further on than it left")
	}
	back.Key = "step2"
	c, _, err = Advance(c, back, "x", at)
	if err != nil || c.Step != Step2 || c.Left != "" || c.Ending != "" || !c.finished(Step1) {
		t.Errorf("%+v, %v", c, err)
	}
}

// walkAtRandom makes a case with a history of n events.
func walkAtRandom(r *rand.Rand, id account.ID, n int, from time.Time) (what, c Case, events []Event) {
	what = Case{ID: id}
	c, e := Begin(what, "office", from)
	events = append(events, e)
	at := from
	for range n {
		at = at.Add(time.Duration(r.IntN(20*24)) * time.Hour)
		var err error
		switch r.IntN(5) {
		case 0:
			c, e, err = Await(c, Parties[r.IntN(len(Parties))], "x", at)
		case 1:
			day := at.AddDate(0, 0, r.IntN(40)-10)
			if r.IntN(5) == 0 {
				day = time.Time{}
			}
			c, e, err = Replan(c, map[Step]time.Time{OpenSteps[r.IntN(len(OpenSteps))]: day}, "", "x", at)
		case 2:
			c, e, err = HandOver(c, account.ID(fmt.Sprint("owner", r.IntN(3))), "", "x", at)
		default:
			may := MovesOf(account.Roles, c.Step)
			m := may[r.IntN(len(may))]
			if !m.To.Open() && r.IntN(3) > 0 {
				m = may[0]
			}
			c, e, err = Advance(c, Wish{Key: m.Key(), Roles: account.Roles, Facts: known(true), Reason: "r"}, "x", at)
		}
		if err == nil {
			events = append(events, e)
		}
	}
	return what, c, events
}

// TestCountsAreThoseOfTheCases: over histories of any kind, the sums of the
// tallies are what one gets by replaying each case to the end of the day and
// counting; and the last replay is the case itself.
func TestCountsAreThoseOfTheCases(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20220902, 5))
	begin := time.Date(2022, 3, 8, 1, 0, 0, 0, time.UTC)
	type one struct {
		what, now Case
		events    []Event
	}
	var cases []one
	sums := Counts{}
	for i := range 120 {
		what, now, events := walkAtRandom(r, account.ID(fmt.Sprint("c", i)), 5+r.IntN(25), begin.AddDate(0, 0, r.IntN(40)))
		cases = append(cases, one{what, now, events})
		before := what
		for _, e := range events {
			after := before.After(e)
			sums.Add(Change(&before, &after, e.At))
			before = after
		}
		if again, ok := Replay(what, events, begin.AddDate(9, 0, 0)); !ok || !cmp.Equal(again, now) {
			t.Fatalf("replayed: %s", cmp.Diff(now, again))
		}
		if _, ok := Replay(what, events, begin.AddDate(-1, 0, 0)); ok {
			t.Fatal("a case stands before it began")
		}
	}
	late, planned := 0, 0
	for day := DayOf(begin); day.Before(begin.AddDate(1, 6, 0)); day = day.AddDate(0, 0, 3) {
		want := Progress{Day: day, Steps: map[Step]StepCount{}, Awaits: map[Party]int{}}
		end := day.AddDate(0, 0, 1).Add(-time.Microsecond)
		for _, x := range cases {
			for _, s := range OpenSteps {
				if plan := x.now.Plan[s]; !plan.IsZero() && x.now.intends(s) && !DayOf(plan).After(day) {
					n := want.Steps[s]
					n.Planned++
					want.Steps[s] = n
				}
			}
			c, ok := Replay(x.what, x.events, end)
			if !ok {
				continue
			}
			for _, s := range Steps {
				n := want.Steps[s]
				if c.Step == s {
					n.At++
				}
				if s.Open() && c.reached(s) {
					n.Reached++
				}
				if s.Open() && c.finished(s) {
					n.Done++
				}
				if c.Step == s && c.Late(end) {
					n.Late++
				}
				if n != (StepCount{}) {
					want.Steps[s] = n
				}
			}
			if c.Awaits != WaitsNobody {
				want.Awaits[c.Awaits]++
			}
		}
		want.Places = want.Steps[Step1].Reached
		got := ProgressOf(sums, day)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s (want -, got +):\n%s", day.Format(time.DateOnly), d)
		}
		late += got.Late()
		planned += got.Steps[Step2].Planned
	}
	if late == 0 || planned == 0 {
		t.Error("the histories hold nothing late or planned: they show little")
	}
}

// TestTheSlide: 152 applied, 50 were chosen; on 2 September 2022 all had done
// Step 1, 29 Step 2 and 4 Step 3. Who declined on the way and who took the place
// change nothing of the fifty.
func TestTheSlide(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, d int) time.Time { return time.Date(2022, month, d, 2, 0, 0, 0, time.UTC) }
	all := []account.Role{account.Clerk, account.Approver}
	sums := Counts{}
	for i := range 152 {
		c, e := Begin(Case{ID: account.ID(fmt.Sprint(i))}, "x", day(4, 1+i%20))
		sums.Add(Change(&Case{ID: c.ID}, &c, e.At))
		step := func(key string, at time.Time) {
			t.Helper()
			after, e, err := Advance(c, Wish{Key: key, Roles: all, Facts: known(true), Reason: "r"}, "x", at)
			if err != nil {
				t.Fatalf("case %d to %s: %v", i, key, err)
			}
			sums.Add(Change(&c, &after, e.At))
			c = after
		}
		step("eligibility", day(4, 25))
		step("selection", day(5, 10))
		if i > 50 { // 51 come in: one of them declines, and the last takes the place
			step("end:not-chosen", day(6, 1))
			continue
		}
		step("step1", day(6, 1))
		if i == 0 {
			step("declined", day(6, 20))
			continue
		}
		step("step2", day(7, 20))
		if i <= 29 {
			step("step3", day(8, 10))
		}
		if i <= 4 {
			step("step4", day(9, 1))
		}
		if i == 5 {
			step("step4", day(9, 5)) // after the day of the slide
		}
	}
	p := ProgressOf(sums, day(9, 2))
	if p.Places != 50 || p.Steps[Step1].Done != 50 || p.Steps[Step2].Done != 29 || p.Steps[Step3].Done != 4 || p.Cases() != 152 || p.Steps[StepApplication].Reached != 152 || p.Steps[StepDeclined].At != 1 {
		t.Errorf("%+v", p)
	}
	if p := ProgressOf(sums, day(9, 5)); p.Steps[Step3].Done != 5 {
		t.Errorf("three days later: %+v", p)
	}
	if p := ProgressOf(sums, day(6, 10)); p.Places != 51 || p.Steps[Step1].Done != 0 {
		t.Errorf("before one declined: %+v", p)
	}
}

func TestPlanAgainstActual(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 8, 1, 3, 0, 0, 0, time.UTC)
	c := Case{Step: Step1, Since: at}
	c, e, err := Replan(c, map[Step]time.Time{Step1: at.AddDate(0, 0, 9), Step2: at.AddDate(0, 0, 30)}, "", "x", at)
	if err != nil || len(e.Days) != 2 || c.Due().IsZero() {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, _, err := Replan(c, map[Step]time.Time{Step1: at.AddDate(0, 0, 9)}, "", "x", at); !errors.Is(err, ErrForbidden) {
		t.Errorf("the same plan again: %v", err)
	}
	if _, _, err := Replan(c, map[Step]time.Time{StepEnd: at}, "", "x", at); !errors.Is(err, ErrForbidden) {
		t.Errorf("a plan for the end: %v", err)
	}
	for _, x := range []struct {
		after int
		late  bool
	}{{8, false}, {9, false}, {10, true}} {
		if now := at.AddDate(0, 0, x.after); c.Late(now) != x.late {
			t.Errorf("late after %d days: %v", x.after, !x.late)
		}
	}
	if n, ok := c.Drift(Step1, at.AddDate(0, 0, 12)); !ok || n != 3 {
		t.Errorf("three days late: %d, %v", n, ok)
	}
	if _, ok := c.Drift(Step2, at); ok {
		t.Error("a step that is not reached has a drift")
	}
	c, _, err = Advance(c, Wish{Key: "step2", Roles: []account.Role{account.Clerk}, Facts: known(true)}, "x", at.AddDate(0, 0, 7))
	if n, ok := c.Drift(Step1, at.AddDate(1, 0, 0)); err != nil || !ok || n != -2 {
		t.Errorf("two days early: %d, %v, %v", n, ok, err)
	}
	if _, _, err := Await(c, WaitsOffice, "x", at); !errors.Is(err, ErrForbidden) {
		t.Errorf("it waits for the office already: %v", err)
	}
	if next, _, err := Await(c, WaitsBuilder, "x", at); err != nil || next.Awaits != WaitsBuilder {
		t.Errorf("%+v, %v", next, err)
	}
}
