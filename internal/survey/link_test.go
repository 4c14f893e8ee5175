package survey

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// ranges says between which values each hidden total of a column is, for who
// sees a table whose rows can be chosen together: every row must fit.
func ranges(x *Release) map[int][2]int {
	out := map[int][2]int{}
	if x.N.Hidden {
		return out
	}
	totals := make([]int, len(x.ColumnTotals))
	fits := func() bool {
		for r := range x.Cells {
			shown, room, fixed := 0, 0, true
			for c, s := range x.Cells[r] {
				switch {
				case s.Hidden:
					room, fixed = room+totals[c], false
				case s.Count > totals[c]:
					return false
				default:
					shown += s.Count
				}
			}
			if t := x.RowTotals[r]; !t.Hidden && (t.Count < shown || t.Count > shown+room || fixed && t.Count != shown) {
				return false
			}
		}
		return true
	}
	var try func(c, left int)
	try = func(c, left int) {
		if c == len(totals) {
			if left != 0 || !fits() {
				return
			}
			for c, s := range x.ColumnTotals {
				if s.Hidden {
					b, ok := out[c]
					if !ok {
						b = [2]int{totals[c], totals[c]}
					}
					out[c] = [2]int{min(b[0], totals[c]), max(b[1], totals[c])}
				}
			}
			return
		}
		from, until := 0, left
		if s := x.ColumnTotals[c]; !s.Hidden {
			from, until = s.Count, min(left, s.Count)
		}
		for n := from; n <= until; n++ {
			totals[c] = n
			try(c+1, left-n)
		}
	}
	try(0, x.N.Count)
	return out
}

// told are the seeds of tables whose rows once told together what each hid.
var told = []uint64{308, 548, 1778, 2003, 2123, 2170, 3840, 3950, 4249, 4863, 5378, 5993, 8029, 8561, 9208, 11424}

func seeds(n uint64) (out []uint64) {
	for s := range n {
		out = append(out, s)
	}
	return out
}

// TestLinkedRows: what several rows tell together of a total that they share
// does no harm either.
func TestLinkedRows(t *testing.T) {
	t.Parallel()
	hidden := 0
	for _, seed := range append(told, seeds(120)...) {
		r := rand.New(rand.NewPCG(5, seed))
		rows, columns := asked("a", Many, 2+r.IntN(7)), asked("b", One, 2+r.IntN(3))
		var of []Respondent
		for c := range columns.Choices {
			share := r.IntN(4)
			for range r.IntN(12) {
				x := Respondent{ID: fmt.Sprintf("%04d", len(of)), Answers: map[string]Answer{"b": {Given: Answered, Choices: []string{columns.Choices[c].ID}}}}
				var chosen []string
				for _, k := range rows.Choices {
					if r.IntN(4) <= share {
						chosen = append(chosen, k.ID)
					}
				}
				if chosen == nil {
					chosen = []string{rows.Choices[0].ID}
				}
				x.Answers["a"] = Answer{Given: Answered, Choices: chosen}
				of = append(of, x)
			}
		}
		table := Cross(rows, columns, of)
		x := Publish("t", table, nil)
		for c, b := range ranges(x) {
			hidden++
			n := table.ColumnTotals[c].Count()
			if b[0] == b[1] || n > 0 && n < Least && (b[1] < Least || b[1]-b[0] < Least-1) {
				t.Errorf("%d: column %d is %d, told to be %d to %d: %+v", seed, c, n, b[0], b[1], x)
			}
		}
	}
	if hidden < 50 {
		t.Errorf("only %d totals were hidden: nothing was tried", hidden)
	}
}

// first is between which values a table of one choice each says the first of
// its two columns is, when both are hidden.
func first(x *Release) (low, high int, ok bool) {
	for n := range x.N.Count + 1 {
		from, until, all := 0, 0, 0        // of rows whose total is shown: the first column, and both
		least, room := [2]int{}, [2]bool{} // of rows whose total is not
		for r, line := range x.Cells {
			total := x.RowTotals[r]
			switch {
			case total.Hidden:
				for c, s := range line {
					least[c] += s.Count
					room[c] = room[c] || s.Hidden
				}
			case !line[0].Hidden:
				from, until, all = from+line[0].Count, until+line[0].Count, all+total.Count
			case !line[1].Hidden:
				from, until, all = from+total.Count-line[1].Count, until+total.Count-line[1].Count, all+total.Count
			default:
				until, all = until+total.Count, all+total.Count
			}
		}
		fits := func(c, n int) bool { return n == least[c] || n > least[c] && room[c] }
		for f := from; f <= until; f++ {
			if fits(0, n-f) && fits(1, x.N.Count-n-all+f) {
				if !ok {
					low, ok = n, true
				}
				high = n
			}
		}
	}
	return low, high, ok && !x.N.Hidden && x.ColumnTotals[0].Hidden && x.ColumnTotals[1].Hidden
}

// TestLinkedTables: nor do two tables that share their columns.
func TestLinkedTables(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	tried := 0
	for range 600 {
		a, b, columns := asked("a", One, 2+r.IntN(3)), asked("d", One, 2+r.IntN(3)), asked("b", One, 2)
		var of []Respondent
		for range 5 + r.IntN(25) {
			of = append(of, Respondent{ID: fmt.Sprintf("%04d", len(of)), Answers: map[string]Answer{
				"a": {Given: Answered, Choices: []string{a.Choices[r.IntN(len(a.Choices))].ID}}, "d": {Given: Answered, Choices: []string{b.Choices[r.IntN(1+r.IntN(len(b.Choices)))].ID}},
				"b": {Given: Answered, Choices: []string{columns.Choices[r.IntN(1+r.IntN(2))].ID}},
			}})
		}
		one := Cross(a, columns, of)
		x := Publish("one", one, nil)
		y := Publish("two", Cross(b, columns, of), x.Statistics)
		low, high, ok := first(x)
		low2, high2, ok2 := first(y)
		if !ok || !ok2 {
			continue
		}
		tried++
		low, high = max(low, low2), min(high, high2)
		n, all := one.ColumnTotals[0].Count(), one.Whole.Count()
		for _, c := range [][3]int{{n, low, high}, {all - n, all - high, all - low}} {
			if c[1] == c[2] || c[0] > 0 && c[0] < Least && (c[2] < Least || c[2]-c[1] < Least-1) {
				t.Errorf("a column of %d is told to be %d to %d", c[0], c[1], c[2])
			}
		}
	}
	if tried < 20 {
		t.Errorf("only %d pairs were tried", tried)
	}
}

// TestChangedFigure: what one respondent corrected is not to be reckoned from
// the sums before and after.
func TestChangedFigure(t *testing.T) {
	t.Parallel()
	figure := &Item{ID: "f", Type: Yen}
	said := func(values ...int64) *Summary {
		var of []Respondent
		for i, v := range values {
			of = append(of, Respondent{ID: fmt.Sprintf("%03d", i), Answers: map[string]Answer{"f": {Given: Answered, Figure: &v}}})
		}
		return Summarise(figure, nil, of)
	}
	first := PublishFigures("t", said(10, 20, 30, 40, 50, 60), nil)
	if again := PublishFigures("t", said(10, 20, 30, 40, 50, 60), first.Statistics); again.Figures[0] != first.Figures[0] || first.Figures[0].Hidden {
		t.Errorf("the same again: %+v", again.Figures)
	}
	if y := PublishFigures("t", said(10, 20, 30, 40, 50, 90), first.Statistics); !y.Figures[0].Hidden {
		t.Errorf("one figure was corrected: %+v", y.Figures)
	}
	if y := PublishFigures("t", said(15, 25, 35, 45, 55, 90), first.Statistics); y.Figures[0].Hidden {
		t.Errorf("all were corrected: %+v", y.Figures)
	}
	old := slices.Clone(first.Statistics) // as they were kept before figures were kept with them
	for i := range old {
		old[i].Figures = nil
	}
	if y := PublishFigures("t", said(10, 20, 30, 40, 50, 60), old); !y.Figures[0].Hidden {
		t.Errorf("nobody knows whether a figure was corrected: %+v", y.Figures)
	}
}

// TestOverlappingGroups: groups in which somebody can stand twice do not add up
// to the whole; but the whole less one of them is those who are not in it.
func TestOverlappingGroups(t *testing.T) {
	t.Parallel()
	by, figure := asked("b", Many, 2), &Item{ID: "f", Type: Yen}
	var of []Respondent
	for i := range 12 {
		v := int64(10 + i)
		choices := []string{"c0", "c1"}
		if i == 11 {
			choices = []string{"c1"}
		}
		of = append(of, Respondent{ID: fmt.Sprintf("%03d", i), Answers: map[string]Answer{"b": {Given: Answered, Choices: choices}, "f": {Given: Answered, Figure: &v}}})
	}
	x := PublishFigures("t", Summarise(figure, by, of), nil)
	if !x.Figures[0].Hidden || x.Figures[1].Hidden || x.Figures[2].Hidden {
		t.Errorf("%+v", x.Figures)
	}
}
