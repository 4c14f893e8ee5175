package selection_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/programme/sample"
	"miseban/internal/selection"
)

func applicants(t testing.TB, n int, seed string) *selection.File {
	t.Helper()
	f, err := sample.File(sample.Applicants(n, seed))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	return f
}

func choose(t testing.TB, f *selection.File, o *selection.Order) *selection.Record {
	t.Helper()
	r, err := try(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func try(f *selection.File, o *selection.Order) (*selection.Record, error) {
	if o.Effort == (selection.Effort{}) {
		o.Effort = selection.DefaultEffort
	}
	c, err := f.Call(o)
	if err != nil {
		return nil, err
	}
	return c.Select()
}

// TestFiftyOf152: the programme's own size is proved optimal, each applicant
// has a fate and a reason, and the record tells nobody's name.
func TestFiftyOf152(t *testing.T) {
	t.Parallel()
	f := applicants(t, 152, "2022")
	r := choose(t, f, &selection.Order{Places: 50, Seed: "tane"})
	o := &r.Outcome
	if !o.Proved || o.Deviation != o.Bound || o.Gap != "0.00%" {
		t.Errorf("deviation %d, bound %d, gap %s", o.Deviation, o.Bound, o.Gap)
	}
	if len(o.Chosen) != 50 || len(o.Reserves) != 10 || len(o.Decisions) != 152 {
		t.Errorf("%d chosen, %d reserves, %d decisions", len(o.Chosen), len(o.Reserves), len(o.Decisions))
	}
	fates := map[selection.Fate]int{}
	for _, d := range o.Decisions {
		fates[d.Fate]++
		if d.Reason.JA == "" || d.Reason.EN == "" || strings.ContainsAny(d.Reason.JA+d.Reason.EN, "{}") {
			t.Errorf("%s (%s): reason %q / %q", d.ID, d.Fate, d.Reason.JA, d.Reason.EN)
		}
	}
	if fates[selection.Chosen] != 50 || fates[selection.Reserve] != 10 || fates[selection.Waiting] == 0 || fates[selection.Ineligible] == 0 {
		t.Errorf("fates %v", fates)
	}
	sums := map[string]int{}
	for _, a := range o.Aims {
		sums[a.Attribute] += a.Chosen
	}
	for id, n := range sums {
		if n != 50 {
			t.Errorf("%s: %d counted", id, n)
		}
	}
	var b bytes.Buffer
	if err := selection.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, a := range sample.Applicants(152, "2022") {
		for _, s := range []string{a.Receipt, a.Company, a.Shop, a.Person, a.Mail, a.URL} {
			if strings.Contains(b.String(), s) {
				t.Errorf("the record says %q", s)
			}
		}
	}
}

// TestRerun: a record makes itself again, to the byte; what was changed in it is refused.
func TestRerun(t *testing.T) {
	t.Parallel()
	f := applicants(t, 60, "7")
	r := choose(t, f, &selection.Order{Places: 12, Seed: "s", Marks: []selection.Mark{{ID: "R-00005", Pin: true, Note: "前年度からの継続"}, {ID: "R-00006", Note: "別の事業で診断済み"}}})
	var b bytes.Buffer
	if err := selection.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	read, err := selection.ReadRecord(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	again, err := read.Rerun()
	if err != nil {
		t.Fatal(err)
	}
	var c bytes.Buffer
	if err := selection.Write(&c, again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), c.Bytes()) {
		t.Error("the record made again differs")
	}
	id := r.Outcome.Chosen[0]
	for _, change := range []struct{ from, to string }{
		{`"places": 12`, `"places": 11`}, {`"seed": "s"`, `"seed": "t"`}, {`"deviation": `, `"deviation": 1`}, {"前年度からの継続", "前年度から継続"},
	} {
		bad := strings.Replace(b.String(), change.from, change.to, 1)
		if _, err := selection.ReadRecord(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "altered") {
			t.Errorf("%s → %s: %v", change.from, change.to, err)
		}
	}
	// Somebody who can compute digests puts another one among the chosen.
	other := r.Outcome.Waiting[0]
	r.Outcome.Chosen[0] = other
	if err := selection.Reseal(r); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := selection.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	forged, err := selection.ReadRecord(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := forged.Rerun(); err == nil || !strings.Contains(err.Error(), "does not follow") {
		t.Errorf("%s for %s: %v", other, id, err)
	}
}

// TestMarks: who is pinned is chosen, who is barred is not, and the cost is said.
func TestMarks(t *testing.T) {
	t.Parallel()
	f := applicants(t, 80, "marks")
	free := choose(t, f, &selection.Order{Places: 20, Seed: "m"})
	receipt := map[string]string{}
	for _, a := range f.Applicants {
		receipt[selection.Pseudonym("m", a.Receipt)] = a.Receipt
	}
	var marks []selection.Mark
	for _, id := range free.Outcome.Waiting[len(free.Outcome.Waiting)-6:] { // those that fit least
		marks = append(marks, selection.Mark{ID: receipt[id], Pin: true, Note: "委員会の求め"})
	}
	marks = append(marks, selection.Mark{ID: receipt[free.Outcome.Chosen[0]], Note: "利害関係"})
	r := choose(t, f, &selection.Order{Places: 20, Seed: "m", Marks: marks})
	for _, m := range r.Call.Marks {
		if got := slices.Contains(r.Outcome.Chosen, m.ID); got != m.Pin {
			t.Errorf("%s pinned %v, chosen %v", m.ID, m.Pin, got)
		}
	}
	c := r.Outcome.Marks
	if c == nil || c.Without != free.Outcome.Deviation || r.Outcome.Deviation < c.Without || len(c.Each) != len(marks) {
		t.Fatalf("costs %+v; deviation %d, without marks %d", c, r.Outcome.Deviation, free.Outcome.Deviation)
	}
	if c.Proved && r.Outcome.Deviation == c.Without {
		t.Error("six pins that fit least cost nothing")
	}
}

// TestFaults: what cannot be done is said with what to do.
func TestFaults(t *testing.T) {
	t.Parallel()
	f := applicants(t, 40, "faults")
	n := func(n int) *int { return &n }
	first := f.Applicants[0].Receipt
	for _, x := range []struct {
		name, say string
		order     selection.Order
	}{
		{"too few", "足りません", selection.Order{Places: 41}},
		{"no place", "1〜", selection.Order{Places: 0}},
		{"attribute", "知らない属性「color」", selection.Order{Places: 10, Quotas: selection.Quotas{Attributes: []selection.Quota{{Attribute: "color"}}}}},
		{"value", "「blue」", selection.Order{Places: 10, Quotas: selection.Quotas{Attributes: []selection.Quota{{Attribute: "method", Values: []selection.ValueQuota{{Value: "blue"}}}}}}},
		{"targets", "目標の合計 30 が、選ぶ数 10", selection.Order{Places: 10, Quotas: selection.Quotas{Attributes: []selection.Quota{{Attribute: "method", Values: []selection.ValueQuota{{Value: "scratch", Target: "30"}}}}}}},
		{"limits", "下限 5 が上限 3", selection.Order{Places: 10, Quotas: selection.Quotas{Attributes: []selection.Quota{{Attribute: "method", Values: []selection.ValueQuota{{Value: "scratch", Min: n(5), Max: n(3)}}}}}}},
		{"more than there are", "件しかありません", selection.Order{Places: 30, Quotas: selection.Quotas{Attributes: []selection.Quota{{Attribute: "method", Values: []selection.ValueQuota{{Value: "scratch", Min: n(29)}}}}}}},
		{"rules", "守る選び方はありません", selection.Order{Places: 10, Quotas: selection.Quotas{Rules: []selection.Rule{
			{Name: "甲", Where: []selection.Condition{{Attribute: "turnover", Values: []string{"under-10m", "under-50m"}}}, Min: n(6)},
			{Name: "乙", Where: []selection.Condition{{Attribute: "turnover", Values: []string{"under-100m", "under-500m", "under-1b", "from-1b"}}}, Min: n(5)}}}}},
		{"seed", "公開したハッシュ値", selection.Order{Places: 10, Commitment: "00"}},
		{"pin", "応募がありません", selection.Order{Places: 10, Marks: []selection.Mark{{ID: "R-99999", Pin: true, Note: "x"}}}},
		{"note", "理由を書いてください", selection.Order{Places: 10, Marks: []selection.Mark{{ID: first, Pin: true}}}},
		{"names", "誰のことか分からない", selection.Order{Places: 10, Marks: []selection.Mark{{ID: first, Pin: true, Note: sample.Applicants(1, "faults")[0].Shop + "だから"}}}},
		{"twice", "2回", selection.Order{Places: 10, Marks: []selection.Mark{{ID: first, Pin: true, Note: "x"}, {ID: first, Note: "y"}}}},
	} {
		x.order.Seed = "s"
		_, err := try(f, &x.order)
		var said []string
		for _, one := range selection.Faults(err) {
			said = append(said, one.In(i18n.JA))
		}
		if !strings.Contains(strings.Join(said, "\n"), x.say) {
			t.Errorf("%s: %q (%v), want %q", x.name, said, err, x.say)
		}
	}
}

// TestQuotas: targets are worked out from what a file of quotas says.
func TestQuotas(t *testing.T) {
	t.Parallel()
	f := applicants(t, 200, "q")
	q, err := selection.ReadQuotas(strings.NewReader(`
attributes:
  - attribute: method
    tolerance: 0
    weight: 3
    values:
      - {value: ec-cube-4, target: 25%, tolerance: 2}
      - {value: scratch, target: 6, max: 8}
  - {attribute: turnover, rule: proportional}
  - {attribute: industry, rule: free}
rules:
  - name: EC-CUBE 2系の小さな店
    where: [{attribute: method, values: [ec-cube-2]}, {attribute: turnover, values: [under-10m, under-50m]}]
    min: 2
    max: 3
reserves: 4
one_per_operator: true
`))
	if err != nil {
		t.Fatal(err)
	}
	r := choose(t, f, &selection.Order{Places: 40, Seed: "q", Quotas: *q})
	sum := map[string]int{}
	for _, a := range r.Outcome.Aims {
		if a.Target != nil {
			sum[a.Attribute] += *a.Target
		} else if a.Attribute != "industry" {
			t.Errorf("%s %s has no target", a.Attribute, a.Value)
		}
		if a.Value == "ec-cube-4" && *a.Target != 10 || a.Value == "scratch" && (*a.Target != 6 || a.Chosen > 8) {
			t.Errorf("%+v target %d", a, *a.Target)
		}
	}
	if fmt.Sprint(sum) != "map[measures:40 method:40 turnover:40]" {
		t.Errorf("targets sum to %v", sum)
	}
	if n := r.Outcome.Rules[0].Chosen; n < 2 || n > 3 {
		t.Errorf("the rule found %d", n)
	}
	if len(r.Outcome.Reserves) != 4 {
		t.Errorf("%d reserves", len(r.Outcome.Reserves))
	}
	operators := map[string]bool{}
	for i, d := range r.Outcome.Decisions {
		if op := r.Call.Applicants[i].Operator; d.Fate == selection.Chosen && op != "" {
			if operators[op] {
				t.Errorf("two shops of %s", op)
			}
			operators[op] = true
		}
	}
}

// TestFair: over many seeds, each of a cell is chosen about as often.
func TestFair(t *testing.T) {
	t.Parallel()
	f := applicants(t, 12, "fair")
	for i := range f.Applicants { // all the same
		f.Applicants[i].Attributes, f.Applicants[i].Eligible = f.Applicants[0].Attributes, true
	}
	times := map[string]int{}
	for i := range 300 {
		seed := fmt.Sprint("fair", i)
		r := choose(t, f, &selection.Order{Places: 4, Seed: seed, Effort: selection.Effort{Exchanges: 1, Starts: 1, Rounds: 1, Nodes: 1}})
		for _, a := range f.Applicants {
			if slices.Contains(r.Outcome.Chosen, selection.Pseudonym(seed, a.Receipt)) {
				times[a.Receipt]++
			}
		}
	}
	for receipt, n := range times {
		if n < 60 || n > 140 { // 100 on average, 8 is one standard deviation
			t.Errorf("%s was chosen %d times of 300", receipt, n)
		}
	}
}

// TestThousands: 500 of 10,000 with a gap of at most 1 %.
func TestThousands(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds")
	}
	t.Parallel()
	r := choose(t, applicants(t, 10_000, "many"), &selection.Order{Places: 500, Seed: "many"})
	o := &r.Outcome
	if 100*(o.Deviation-o.Bound) > o.Deviation {
		t.Errorf("deviation %d, bound %d, gap %s", o.Deviation, o.Bound, o.Gap)
	}
	t.Logf("deviation %d, bound %d, %d nodes", o.Deviation, o.Bound, o.Nodes)
}

// BenchmarkSample chooses among made-up applicants and says the worst gap.
func BenchmarkSample(b *testing.B) {
	for _, size := range []struct{ applicants, places int }{{152, 50}, {10_000, 500}} {
		b.Run(fmt.Sprintf("%dof%d", size.places, size.applicants), func(b *testing.B) {
			f := applicants(b, size.applicants, "bench")
			gap, n := 0.0, 0
			for b.Loop() {
				o := choose(b, f, &selection.Order{Places: size.places, Seed: fmt.Sprint(n)}).Outcome
				gap = max(gap, 100*float64(o.Deviation-o.Bound)/float64(max(o.Deviation, 1)))
				n++
			}
			b.ReportMetric(gap, "%gap")
		})
	}
}

func FuzzReadFile(f *testing.F) {
	var b bytes.Buffer
	if err := selection.Write(&b, applicants(f, 3, "fuzz")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"format":"miseban-applicants","version":1,"programme":{},"attributes":[{"id":"a","name":{},"values":[{"id":"b"}]}],"applicants":[{"receipt":"1","attributes":{"a":"b"},"eligible":true}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := selection.ReadFile(bytes.NewReader(b))
		if err != nil {
			if len(selection.Faults(err)) == 0 {
				t.Errorf("no words for %v", err)
			}
			return
		}
		// What was read is chosen from, or it is said why not.
		if len(x.Applicants) > 200 {
			return
		}
		_, err = try(x, &selection.Order{Places: 1 + len(x.Applicants)/3, Seed: "s", Effort: selection.Effort{Exchanges: 50, Starts: 1, Rounds: 5, Nodes: 5}})
		if err != nil && len(selection.Faults(err)) == 0 {
			t.Errorf("no words for %v", err)
		}
	})
}
