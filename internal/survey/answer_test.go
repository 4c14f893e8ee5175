package survey

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestParseFigure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   Type
		in   string
		want int64 // -1: refused
	}{
		{Yen, "1200000", 1_200_000}, {Yen, "1,200,000円", 1_200_000}, {Yen, "１２０万円", 1_200_000}, {Yen, "約 1.5 億円", 150_000_000},
		{Yen, "1億2,000万", 120_000_000}, {Yen, "3千万円", 30_000_000}, {Yen, "3千5百万", -1}, {Yen, "¥500", 500}, {Yen, "0", 0},
		{Yen, "2千円", 2000}, {Yen, "2億3千500", 200_003_500}, {Yen, "万円", -1}, {Yen, "円", -1}, {Yen, "", -1}, {Yen, "-5", -1}, {Yen, "1万1億", -1},
		{Yen, "1.23456万", -1}, {Yen, "1.2345万", 12345}, {Yen, "100-200万", -1}, {Yen, "9999999999億", -1}, {Yen, "1.", -1}, {Yen, "1..5", -1},
		{Days, "30日間", 30}, {Days, "2週間", 14}, {Days, "3 か月", -1}, {Records, "約500件", 500}, {Records, "1万人分", 10_000},
		{Percent, "7割", 70}, {Percent, "75%", 75}, {Percent, "７５％", 75}, {Words, "5", -1},
	} {
		got, ok := ParseFigure(c.of, c.in)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s %q: %d, want %d", c.of, c.in, got, c.want)
		}
	}
}

func FuzzParseFigure(f *testing.F) {
	f.Add("1億2,000万円")
	f.Add("3千万")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := ParseFigure(Yen, s); ok && (n < 0 || n > most) {
			t.Errorf("%q: %d", s, n)
		}
	})
}

func TestTake(t *testing.T) {
	t.Parallel()
	q, _ := Load("breached")
	for _, c := range []struct {
		item  string
		in    Typed
		want  string // value, "given" with nothing, or "!" refused
		given Given
	}{
		{"kind", Typed{Value: "personal,cards,cards"}, "cards,personal", Answered},
		{"kind", Typed{Value: "cards,coffee"}, "!", Nothing},
		{"closed", Typed{Value: "no,part"}, "!", Nothing},
		{"closed", Typed{Value: "while"}, "while", Answered},
		{"insured", Typed{Value: "yes", Words: "一部だけ"}, "yes", Answered},
		{"month", Typed{Value: "2021年4月"}, "2021-04", Answered},
		{"month", Typed{Value: "2031-04"}, "!", Nothing},
		{"lost-sales", Typed{Value: "1,200万円"}, "12000000", Answered},
		{"lost-sales", Typed{Value: "0", Words: "なし"}, "0", Answered},
		{"lost-sales", Typed{Value: "たくさん"}, "!", Nothing},
		{"lost-sales", Typed{Words: "計算していない"}, "", Answered},
		{"lost-sales", Typed{Given: Unknown, Value: "3"}, "", Unknown},
		{"regret", Typed{Words: " 早く直す。 "}, "", Answered},
		{"regret", Typed{}, "", Nothing},
		{"regret", Typed{Words: strings.Repeat("あ", MostWords+1)}, "!", Nothing},
	} {
		i, ok := q.Item(c.item)
		if !ok {
			t.Fatal(c.item)
		}
		a, bad := i.Take(c.in, "2022-09-02")
		if (bad != nil) != (c.want == "!") {
			t.Errorf("%s %+v: %+v", c.item, c.in, bad)
			continue
		}
		if bad == nil && (a.Value(i) != c.want || a.Given != c.given) {
			t.Errorf("%s %+v: %q %q", c.item, c.in, a.Value(i), a.Given)
		}
	}
}

// TestAsked: what depends on an answer is asked after it alone, also through
// several steps, and only of those whom it concerns.
func TestAsked(t *testing.T) {
	t.Parallel()
	q, _ := Load("package")
	ids := func(traits []string, a map[string]Answer) []string {
		var out []string
		for _, i := range q.Asked(traits, a) {
			out = append(out, i.ID)
		}
		return out
	}
	none := ids(nil, nil)
	if slices.Contains(none, "test-users") || slices.Contains(none, "rank-criteria") || !slices.Contains(none, "wishes") {
		t.Errorf("without answers: %v", none)
	}
	ranks := ids([]string{"partner-ranks"}, map[string]Answer{"rank-security": {Given: Answered, Choices: []string{"yes"}}, "offer": {Given: Answered, Choices: []string{"some"}}})
	for _, want := range []string{"rank-criteria", "rank-security", "rank-security-what", "test-nonusers-why"} {
		if !slices.Contains(ranks, want) {
			t.Errorf("%s is not asked", want)
		}
	}
	// An answer that stands from before the trait was taken away asks nothing.
	if gone := ids(nil, map[string]Answer{"rank-security": {Given: Answered, Choices: []string{"yes"}}}); slices.Contains(gone, "rank-security-what") {
		t.Error("asked after an item that is not asked")
	}
	open := q.Open(nil, map[string]Answer{"wishes": {Given: Declined}})
	if len(open) != len(none)-1 {
		t.Errorf("%d open of %d", len(open), len(none))
	}
}

// TestKappa: two coders, 50 answers, both yes 20, both no 15, 5 and 10 apart.
// Observed 35/50, by chance 25·30/2500 + 25·20/2500 = 1/2, so kappa is 0.4.
func TestKappa(t *testing.T) {
	t.Parallel()
	var a, b []string
	for _, x := range []struct {
		a, b string
		n    int
	}{{"yes", "yes", 20}, {"yes", "no", 5}, {"no", "yes", 10}, {"no", "no", 15}} {
		for range x.n {
			a, b = append(a, x.a), append(b, x.b)
		}
	}
	if k, ok := Kappa(a, b); !ok || math.Abs(k-0.4) > 1e-12 {
		t.Errorf("kappa %f %v", k, ok)
	}
	if _, ok := Kappa([]string{"x", "x"}, []string{"x", "x"}); ok {
		t.Error("kappa is defined where all is the same")
	}
}

// TestAlpha: four coders, twelve units, some not judged: the worked example of
// Krippendorff. Coincidences off the diagonal come to 40 values with
// n = 9, 13, 10, 5, 3; alpha = 1 − 39 · (off-diagonal sum) / (40² − Σn²).
func TestAlpha(t *testing.T) {
	t.Parallel()
	coders := [][]string{
		strings.Split("1 2 3 3 2 1 4 1 2 . . .", " "),
		strings.Split("1 2 3 3 2 2 4 1 2 5 . 3", " "),
		strings.Split(". 3 3 3 2 3 4 2 2 5 1 .", " "),
		strings.Split("1 2 3 3 2 4 4 1 2 5 1 .", " "),
	}
	var units [][]string
	for u := range 12 {
		var vs []string
		for _, c := range coders {
			if c[u] != "." {
				vs = append(vs, c[u])
			}
		}
		units = append(units, vs)
	}
	// By hand: unit 2 has 2,2,3,2: 6 ordered pairs apart of m−1 = 3; unit 6 has
	// four different values: 12/3; unit 8 has 1,1,2,1: 6/3. Sum 2 + 4 + 2 = 8.
	want := 1 - 39*8.0/(1600-(81+169+100+25+9))
	if a, ok := Alpha(units); !ok || math.Abs(a-want) > 1e-12 || math.Abs(a-0.743) > 0.001 {
		t.Errorf("alpha %f %v, want %f", a, ok, want)
	}
	if _, ok := Alpha([][]string{{"1"}, {"2"}}); ok {
		t.Error("alpha is defined without pairs")
	}
}

func TestAgree(t *testing.T) {
	t.Parallel()
	codes := []Code{{ID: "cost"}, {ID: "people"}}
	judged := []Coded{
		{"1", "a", []string{"cost"}}, {"1", "b", []string{"cost", "people"}},
		{"2", "a", nil}, {"2", "b", nil},
		{"3", "a", []string{"people"}}, {"3", "b", []string{"people"}},
		{"4", "a", []string{"cost"}},
	}
	got := Agree(codes, judged)
	if x := got[0]; x.Units != 3 || x.Coders != 2 || x.Same != 1 || !x.KappaKnown || x.Kappa != 1 || x.Alpha != 1 {
		t.Errorf("cost: %+v", x)
	}
	// people: a says no no yes, b yes no yes: 2 of 3 alike, by chance (1·2 + 2·1)/9.
	if x := got[1]; math.Abs(x.Same-2.0/3) > 1e-12 || math.Abs(x.Kappa-(6.0-4)/(9-4)) > 1e-12 {
		t.Errorf("people: %+v", x)
	}
}
