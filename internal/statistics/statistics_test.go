package statistics

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/survey"
)

var day = time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC)

func catalogue(tb testing.TB) *Catalogue {
	tb.Helper()
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		tb.Fatal(err)
	}
	return &Catalogue{Edition: e, ClassOf: func(check string) string { return check[:1] }, Classes: []survey.Choice{{ID: "a", Text: i18n.Text{JA: "あ", EN: "A"}}, {ID: "h", Text: i18n.Text{JA: "は", EN: "H"}}}}
}

// made are n records of which some shops were diagnosed and some followed up.
func made(c *Catalogue, n, diagnosed, followed int) []Record {
	r := rand.New(rand.NewPCG(3, 4))
	one := func(a programme.Attribute) account.Choice { return a.Values()[r.IntN(len(a.Values()))].Choice }
	out := make([]Record, n)
	for i := range out {
		x := Record{ID: fmt.Sprintf("%06d", i), Attributes: map[programme.Attribute]account.Choice{}, Contract: account.YesNo[r.IntN(2)].Choice, Fate: Passed}
		for _, a := range programme.Attributes {
			x.Attributes[a] = one(a)
		}
		look := func(most int) *Look {
			var list []Finding
			for range r.IntN(most) {
				list = append(list, Finding{[]string{"hsts", "admin-open"}[r.IntN(2)], check.Severity(1 + r.IntN(4))})
			}
			return c.LookAt(list, []assessment.Answer{{Edition: c.Edition.ID, Question: c.Edition.Questions[r.IntN(len(c.Edition.Questions))].ID, Value: guideline.NotDone}}, day)
		}
		if i < diagnosed {
			x.Fate, x.Before = Chosen, look(8)
		}
		if i < followed {
			x.After = look(3)
		}
		out[i] = x
	}
	return out
}

// TestBuild: no number tells of fewer than five shops, how far the programme is
// stays in sight, and a publication that differs by one shop tells nothing of it.
func TestBuild(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	records := made(c, 152, 50, 30)
	d, basis := c.Build(records, nil, day)
	ids := map[string]bool{}
	shown := map[Group]int{}
	for i := range d.Tables {
		x := &d.Tables[i]
		if ids[x.ID] || x.Title.JA == "" || x.Title.EN == "" || len(x.Release.Statistics) > 0 {
			t.Errorf("table %s: %+v", x.ID, x.Title)
		}
		ids[x.ID] = true
		for _, cell := range x.Cells() {
			n := cell.Measure == "count" || cell.Measure == "n"
			if n && !cell.Hidden && cell.Value > 0 && cell.Value < survey.Least {
				t.Errorf("%s tells of %v shops: %+v", x.ID, cell.Value, cell)
			}
			if !cell.Hidden {
				shown[x.Group]++
			}
		}
	}
	for _, g := range []Group{Applications, Findings, Requirements, Change} {
		if shown[g] == 0 {
			t.Errorf("nothing of %s is shown", g)
		}
	}
	for id, want := range map[string]int{"applied-method": 152, "worst": 50, "change-worst": 30} {
		x, _ := d.Table(id)
		if got := x.Release.N; got.Hidden || got.Count != want {
			t.Errorf("%s is about %+v, want %d", id, got, want)
		}
	}
	if !d.Shows() {
		t.Error("nothing is shown")
	}

	again, _ := c.Build(records, basis, day)
	for i := range d.Tables {
		if a, b := fmt.Sprint(d.Tables[i].Cells()), fmt.Sprint(again.Tables[i].Cells()); a != b {
			t.Errorf("the same records tell something else of %s:\n%s\n%s", d.Tables[i].ID, a, b)
		}
	}
	// One shop more has been diagnosed: its row would be told by the difference.
	more := slices.Clone(records)
	more[50].Fate, more[50].Before = Chosen, c.LookAt([]Finding{{"hsts", check.Critical}}, nil, day)
	next, _ := c.Build(more, basis, day)
	was, _ := d.Table("worst")
	is, _ := next.Table("worst")
	for n, a := range was.Release.RowTotals {
		if b := is.Release.RowTotals[n]; !a.Hidden && !b.Hidden && a.Count != b.Count {
			t.Errorf("%s went from %d to %d", was.Release.RowIDs[n], a.Count, b.Count)
		}
	}
}

// TestLookAt: what a finding and an answer make of a shop.
func TestLookAt(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	l := c.LookAt([]Finding{{"hsts", check.Medium}, {"hsts", check.Low}, {"admin-open", check.High}, {"other", check.Info}}, nil, day)
	if l.Found != 3 || l.Highest != check.High || l.Worst["h"] != check.Medium || l.Worst["a"] != check.High || l.Worst["o"] != check.Info {
		t.Errorf("%+v", l)
	}
	if l := c.LookAt(nil, nil, day); l.Found != 0 || l.Highest != check.Info || len(l.Unmet) != 0 {
		t.Errorf("of nothing: %+v", l)
	}
	for i := range c.Edition.Requirements {
		r := &c.Edition.Requirements[i]
		var answers []assessment.Answer
		for _, q := range r.Questions {
			answers = append(answers, assessment.Answer{Edition: c.Edition.ID, Question: q, Value: guideline.NotDone, At: day})
		}
		if l := c.LookAt(nil, answers, day); len(answers) > 0 && !slices.Contains(l.Unmet, r.ID) {
			t.Errorf("%s: all is answered with no, and it counts as met: %v", r.ID, l.Unmet)
		}
	}
}

// TestOpenData: every code of the data stands in the dictionary, in both languages.
func TestOpenData(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	d, _ := c.Build(made(c, 152, 50, 30), nil, day)
	q, _ := survey.Load("breached")
	f, _ := q.Fixed("moved")
	d.Tables = append(d.Tables, FromSurvey(q, []survey.Release{{Table: "moved"}, *q.Release(f, nil, nil)})...)
	if last := d.Tables[len(d.Tables)-1]; last.ID != "breached.moved" || last.Group != Hearings || len(last.Release.RowIDs) == 0 {
		t.Errorf("%+v", last)
	}
	known := map[string]bool{}
	_, words := d.Dictionary()
	for _, r := range words {
		if r[3] == "" || r[4] == "" {
			t.Errorf("no words: %v", r)
		}
		known[fmt.Sprint(r[1], "/", r[2])] = true
		if r[0] == "code" && r[1] == "" {
			known[fmt.Sprint("any/", r[2])] = true
		}
	}
	head, rows := d.Tidy(i18n.EN)
	for _, r := range rows {
		if len(r) != len(head) || !known[fmt.Sprint(r[0], "/")] || (r[9] == "") != (r[10] == "yes") {
			t.Fatalf("%v", r)
		}
		for _, at := range []int{1, 4} {
			if r[at] != "" && !known[fmt.Sprint(r[at], "/", r[at+1])] && !known[fmt.Sprint("any/", r[at+1])] {
				t.Errorf("not in the dictionary: %v", r)
			}
		}
	}
	for i := range d.Tables {
		head, lines := d.Tables[i].Lines(i18n.JA)
		for _, l := range lines {
			if len(l) != len(head) {
				t.Errorf("%s: %v under %v", d.Tables[i].ID, l, head)
			}
		}
	}
}

// BenchmarkBuild counts 10,000 applications with 500 diagnosed shops, and 30,000 all diagnosed.
func BenchmarkBuild(b *testing.B) {
	c := catalogue(b)
	for _, n := range []struct{ all, diagnosed int }{{10_000, 500}, {30_000, 30_000}} {
		records := made(c, n.all, n.diagnosed, n.diagnosed/2)
		b.Run(fmt.Sprint(n.all), func(b *testing.B) {
			for b.Loop() {
				c.Build(records, nil, day)
			}
		})
	}
}
