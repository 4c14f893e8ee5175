package handout

import (
	"math"
	"regexp"
	"testing"

	"miseban/internal/i18n"
)

// TestFigures: every number says where it was read, in both languages, and what
// is said to be verified was read in an original.
func TestFigures(t *testing.T) {
	t.Parallel()
	if _, err := open(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range Sources() {
		if seen[s.ID] || s.Title.JA == "" || s.Title.EN == "" || s.Kind != Original && s.Kind != Second && s.Kind != Own || s.Kind != Own && s.Year == 0 {
			t.Errorf("source %q is twice there or not whole", s.ID)
		}
		seen[s.ID] = true
	}
	at := func(name string, o Origin) {
		switch s := SourceOf(o.Source); {
		case s == nil:
			t.Errorf("%s: no source %q", name, o.Source)
		case o.Verified && s.Kind != Original:
			t.Errorf("%s is said to be verified, but %s is no original", name, s.ID)
		}
	}
	ids := map[string]bool{}
	for i := range Figures() {
		f := &Figures()[i]
		if ids[f.ID] || f.Text.JA == "" || f.Text.EN == "" || f.Says.JA == "" || f.Says.EN == "" || f.Value == 0 || f.Cite(i18n.JA) == "" {
			t.Errorf("figure %q is twice there or not whole", f.ID)
		}
		ids[f.ID] = true
		at(f.ID, f.Origin)
	}
	for _, k := range Comparison().Numbers() {
		at(k.Name, k.Value.Origin)
		if v := k.Value; v.Low > v.Value || v.Value > v.High || v.High > k.Most {
			t.Errorf("%s: %v is not between %v and %v", k.Name, v.Value, v.Low, v.High)
		}
	}
}

// TestComparison holds the sum of a form against one made by hand.
func TestComparison(t *testing.T) {
	t.Parallel()
	c := Comparison()
	in := c.Defaults()
	for _, x := range c.Items {
		if len(x.Values) != len(c.Forms) {
			t.Errorf("%s has values for %d forms", x.ID, len(x.Values))
		}
	}
	// 2400 + 3000/12 × 8.6 × 30 %
	if d := in.Damage(); math.Abs(d-3045) > 1e-9 {
		t.Errorf("an incident costs %v", d)
	}
	// 150 + 60 + 60×1 + 15000×3.5 % + 60×5 + 5×50 + 5×40 + 60×3 + 60×2 + 600 h × 2500 + 5 × 0.33 % × 3045
	want := 150.0 + 60 + 60 + 525 + 300 + 250 + 200 + 180 + 120 + 150 + 50.2425
	got := c.Cost("oss", in)
	if math.Abs(got.Total-want) > 1e-9 {
		t.Errorf("open source costs %v, want %v", got.Total, want)
	}
	sum := 0.0
	for _, g := range Groups {
		sum += got.Group[g]
	}
	if math.Abs(sum-got.Total) > 1e-9 {
		t.Errorf("the groups add up to %v of %v", sum, got.Total)
	}
	swings := c.Sensitivity("oss", "saas", in, 12)
	base := got.Total - c.Cost("saas", in).Total
	if len(swings) != 12 || swings[0].Width() < swings[11].Width() {
		t.Errorf("%d swings", len(swings))
	}
	for _, s := range swings {
		if lo, hi := min(s.Low, s.High), max(s.Low, s.High); base < lo-1e-9 || base > hi+1e-9 {
			t.Errorf("%s: the difference %v is not between %v and %v", s.Name, base, lo, hi)
		}
		if s.Form != nil && s.Form.ID == "mall" {
			t.Errorf("%s moves a difference to which it does not belong", s.Name)
		}
	}
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{"3000": 3000, "３，０００": 3000, "1,200.5 万円": 1200.5, "3.5%": 3.5, "0": 0} {
		if x, ok := ParseNumber(s, 1e6); !ok || x != want {
			t.Errorf("%q: %v %v", s, x, ok)
		}
	}
	for _, s := range []string{"", "-1", "1e9", "NaN", "Inf", "１万", "2000000", "1.2.3", "0x10", "."} {
		if x, ok := ParseNumber(s, 1e6); ok {
			t.Errorf("%q is taken for %v", s, x)
		}
	}
}

// TestNamed: a text names no figure that there is not.
func TestNamed(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{[a-z-]+\}`)
	for _, f := range Comparison().Forms {
		for _, x := range append(f.Good, f.Bad...) {
			for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
				if s := Fill(x, l, nil); s == "" || hole.MatchString(s) {
					t.Errorf("%s: %q", f.ID, s)
				}
			}
		}
	}
}

// TestContracts: every clause is whole in both languages, and the table of
// responsibilities names parties that there are.
func TestContracts(t *testing.T) {
	t.Parallel()
	c := Contracts()
	party := map[string]bool{}
	for _, p := range c.Parties {
		party[p.ID] = true
	}
	for _, d := range c.Duties {
		for _, who := range append(d.Helps, d.Does) {
			if !party[who] {
				t.Errorf("%s: no party %q", d.Task.EN, who)
			}
		}
	}
	seen := map[string]bool{}
	for _, x := range c.Clauses {
		for _, s := range []i18n.Text{x.Title, x.Settle, x.Who, x.When, x.Cost, x.Draft} {
			if s.JA == "" || s.EN == "" || seen[x.ID] {
				t.Errorf("clause %q is not whole or twice there", x.ID)
			}
		}
		seen[x.ID] = true
	}
	for _, id := range []string{"coding", "opening", "patch-who", "patch-when", "patch-cost", "boundary", "logs", "incident"} {
		if c.Clause(id) == nil {
			t.Errorf("no clause %s", id)
		}
	}
	b := Breach()
	if len(b.Steps) != 4 || len(b.Reports) != 4 || len(b.Items) != 9 || len(b.Letters) != 3 {
		t.Errorf("%d steps, %d reports, %d items, %d letters", len(b.Steps), len(b.Reports), len(b.Items), len(b.Letters))
	}
}

// TestLeaflet: the leaflet names figures that there are, and says seven things.
func TestLeaflet(t *testing.T) {
	t.Parallel()
	l := Executives()
	if len(l.Figures()) != len(l.Numbers) || len(l.Numbers) != 6 || len(l.Items) != 7 {
		t.Errorf("%d of %d figures, %d items", len(l.Figures()), len(l.Numbers), len(l.Items))
	}
	for _, s := range append(append([]i18n.Text{l.Title, l.Lead, l.Why, l.Back, l.First, l.Step, l.Call}, l.Reasons...), l.Items...) {
		if s.JA == "" || s.EN == "" {
			t.Errorf("%v is not in both languages", s)
		}
	}
}

// TestChapters: the shipped guideline is whole in both languages, in the
// outline's order, and names only figures that there are.
func TestChapters(t *testing.T) {
	t.Parallel()
	want := []string{"intro", "targeted", "problems", "stance", "consequences", "organisation", "planning", "building", "opening", "running", "contracts", "breached", "checklist", "references"}
	if len(Chapters()) != len(want) {
		t.Fatalf("%d chapters", len(Chapters()))
	}
	for i, c := range Chapters() {
		if c.ID != want[i] || len(c.Text.JA) < 200 || len(c.Text.EN) < 100 || c.Title.JA == "" || c.Title.EN == "" || c.Part.EN == "" {
			t.Errorf("chapter %d, %s, is not whole", i, c.ID)
		}
		for _, s := range []string{c.Text.JA, c.Text.EN} {
			if x := Unknown(s, nil); x != "" {
				t.Errorf("%s: there is no figure %q", c.ID, x)
			}
		}
	}
	if x := Unknown("{leaks-a-year} {nothing}", nil); x != "nothing" {
		t.Errorf("%q", x)
	}
}
