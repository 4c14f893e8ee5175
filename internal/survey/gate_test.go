package survey

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// asked makes an item with so many choices.
func asked(id string, of Type, choices int) *Item {
	i := &Item{ID: id, Type: of}
	for n := range choices {
		i.Choices = append(i.Choices, Choice{ID: "c" + strconv.Itoa(n)})
	}
	return i
}

// crowd makes respondents who fill the cells with the counts.
func crowd(rows, columns *Item, counts [][]int) []Respondent {
	var out []Respondent
	for r, line := range counts {
		for c, n := range line {
			for range n {
				x := Respondent{ID: fmt.Sprintf("%04d", len(out)), Answers: map[string]Answer{rows.ID: {Given: Answered, Choices: []string{rows.Choices[r].ID}}}}
				if columns != nil {
					x.Answers[columns.ID] = Answer{Given: Answered, Choices: []string{columns.Choices[c].ID}}
				}
				out = append(out, x)
			}
		}
	}
	return out
}

// attacker knows what is printed and the sums, and nothing else.
type attacker struct {
	names []string
	known map[string]int
	sums  [][]string // the first is the sum of the others
}

func (a *attacker) sees(name string, s Shown) string {
	a.names = append(a.names, name)
	if !s.Hidden {
		a.known[name] = s.Count
	}
	return name
}

func attack(x *Release) *attacker {
	a := &attacker{known: map[string]int{}}
	n := a.sees("n", x.N)
	all, rows := []string{n}, []string{n}
	columns := make([][]string, len(x.ColumnTotals))
	for c := range x.ColumnTotals {
		columns[c] = []string{a.sees(fmt.Sprint("column ", c), x.ColumnTotals[c])}
		all = append(all, columns[c][0])
	}
	for r := range x.RowTotals {
		row := []string{a.sees(fmt.Sprint("row ", r), x.RowTotals[r])}
		rows = append(rows, row[0])
		for c := range columns {
			cell := a.sees(fmt.Sprintf("%d,%d", r, c), x.Cells[r][c])
			row, columns[c] = append(row, cell), append(columns[c], cell)
		}
		if len(columns) > 0 {
			a.sums = append(a.sums, row)
		}
	}
	a.sums = append(a.sums, rows)
	if len(columns) > 0 {
		a.sums = append(append(a.sums, columns...), all)
	}
	return a
}

// solved are the hidden numbers that the linear system determines.
func (a *attacker) solved() map[string]*big.Rat {
	var free []string
	for _, n := range a.names {
		if _, ok := a.known[n]; !ok {
			free = append(free, n)
		}
	}
	var m [][]*big.Rat
	for _, s := range a.sums {
		line := make([]*big.Rat, len(free)+1)
		for i := range line {
			line[i] = new(big.Rat)
		}
		for i, n := range s {
			sign := int64(1)
			if i > 0 {
				sign = -1
			}
			if v, ok := a.known[n]; ok {
				line[len(free)].Sub(line[len(free)], big.NewRat(sign*int64(v), 1))
			} else {
				k := slices.Index(free, n)
				line[k].Add(line[k], big.NewRat(sign, 1))
			}
		}
		m = append(m, line)
	}
	row := 0
	for col := range free {
		p := row
		for p < len(m) && m[p][col].Sign() == 0 {
			p++
		}
		if p == len(m) {
			continue
		}
		m[row], m[p] = m[p], m[row]
		inv := new(big.Rat).Inv(m[row][col])
		for k := range m[row] {
			m[row][k] = new(big.Rat).Mul(m[row][k], inv)
		}
		for r := range m {
			if r == row || m[r][col].Sign() == 0 {
				continue
			}
			f := new(big.Rat).Set(m[r][col])
			for k := range m[r] {
				m[r][k] = new(big.Rat).Sub(m[r][k], new(big.Rat).Mul(f, m[row][k]))
			}
		}
		row++
	}
	out := map[string]*big.Rat{}
	for _, line := range m {
		at := -1
		for k := range free {
			if line[k].Sign() != 0 {
				if at >= 0 {
					at = -2
					break
				}
				at = k
			}
		}
		if at >= 0 {
			out[free[at]] = line[len(free)]
		}
	}
	return out
}

// possible tries every table that fits what is printed, up to most for a number
// that nothing bounds, and says what each hidden number may be.
func (a *attacker) possible(most int) map[string][2]int {
	out := map[string][2]int{}
	values := map[string]int{}
	for n, v := range a.known {
		values[n] = v
	}
	var free []string
	for _, n := range a.names {
		if _, ok := a.known[n]; !ok {
			free = append(free, n)
		}
	}
	// What one sum determines is not tried; contradictions end a branch.
	var try func()
	try = func() {
		var set []string
		defer func() {
			for _, n := range set {
				delete(values, n)
			}
		}()
		for again := true; again; {
			again = false
			for _, s := range a.sums {
				total, gap, missing := 0, "", 0
				for i, n := range s {
					v, ok := values[n]
					switch {
					case !ok:
						gap, missing = n, missing+1
					case i == 0:
						total += v
					default:
						total -= v
					}
				}
				_, head := values[s[0]]
				if head && total < 0 || missing == 0 && total != 0 {
					return
				}
				if missing == 1 {
					if gap == s[0] {
						total = -total
					}
					if total < 0 || total > 4*most {
						return
					}
					values[gap], set, again = total, append(set, gap), true
				}
			}
		}
		for _, n := range free {
			if _, ok := values[n]; ok {
				continue
			}
			for v := range most + 1 {
				values[n] = v
				try()
			}
			delete(values, n)
			return
		}
		for _, n := range free {
			b, ok := out[n]
			if !ok {
				b = [2]int{values[n], values[n]}
			}
			out[n] = [2]int{min(b[0], values[n]), max(b[1], values[n])}
		}
	}
	try()
	return out
}

// holds attacks a release of a table.
func holds(t *testing.T, table *Table, x *Release) {
	t.Helper()
	a := attack(x)
	for n, v := range a.solved() {
		t.Errorf("%s is hidden and solved to be %s: %+v", n, v.RatString(), x)
	}
	truth := func(name string, c Cell, s Shown) {
		if n := c.Count(); !s.Hidden && (s.Count != n || n > 0 && n < Least) {
			t.Errorf("%s: shown as %d, is %d", name, s.Count, n)
		}
	}
	truth("n", table.Whole, x.N)
	for r := range x.RowTotals {
		truth(fmt.Sprint("row ", r), table.RowTotals[r], x.RowTotals[r])
		for c := range x.ColumnTotals {
			truth(fmt.Sprintf("%d,%d", r, c), table.Cells[r][c], x.Cells[r][c])
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

func TestNothingHiddenCanBeReckoned(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	shown := 0
	for range 150 {
		nr, nc := 2+r.IntN(5), 2+r.IntN(4)
		rows, columns := asked("a", One, nr), asked("b", One, nc)
		counts := make([][]int, nr)
		for i := range counts {
			counts[i] = make([]int, nc)
			for c := range counts[i] {
				counts[i][c] = []int{0, r.IntN(4), r.IntN(12), 5 + r.IntN(30)}[r.IntN(4)]
			}
		}
		table := Cross(rows, columns, crowd(rows, columns, counts))
		x := Publish("t", table, nil)
		holds(t, table, x)
		for _, line := range x.Cells {
			for _, s := range line {
				if !s.Hidden {
					shown++
				}
			}
		}
	}
	if shown < 600 {
		t.Errorf("only %d cells were shown: the gate hides too much", shown)
	}
}

// TestNothingHiddenIsToldToBeSmall tries all tables that fit the printed one.
func TestNothingHiddenIsToldToBeSmall(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		rows, columns := asked("a", One, 2+r.IntN(2)), asked("b", One, 2)
		counts := make([][]int, len(rows.Choices))
		for i := range counts {
			counts[i] = []int{r.IntN(9), r.IntN(9)}
		}
		table := Cross(rows, columns, crowd(rows, columns, counts))
		x := Publish("t", table, nil)
		holds(t, table, x)
		can := attack(x).possible(14)
		for i := range counts {
			for c, n := range counts[i] {
				name := fmt.Sprintf("%d,%d", i, c)
				if b, ok := can[name]; ok && n > 0 && n < Least && (b[1] < Least || b[1]-b[0] < Least-1) {
					t.Fatalf("%v: %s is known to be %d to %d: %+v", counts, name, b[0], b[1], x)
				}
			}
		}
	}
}

func TestPublishByHand(t *testing.T) {
	t.Parallel()
	rows, columns := asked("a", One, 3), asked("b", One, 2)
	table := Cross(rows, columns, crowd(rows, columns, [][]int{{8, 3}, {6, 9}, {20, 0}}))
	x := Publish("t", table, nil)
	want := [][]Shown{{{Hidden: true}, {Hidden: true}}, {{Hidden: true}, {Hidden: true}}, {{Count: 20}, {Count: 0}}}
	if !slices.EqualFunc(x.Cells, want, slices.Equal[[]Shown]) || x.N.Count != 46 || x.RowTotals[0].Count != 11 || x.ColumnTotals[1].Count != 12 {
		t.Errorf("%+v", x)
	}
	// Of one row too few: a second one goes with it, the smallest.
	list := Cross(rows, nil, crowd(rows, nil, [][]int{{3}, {7}, {10}}))
	x = Publish("t", list, nil)
	if !slices.Equal(x.RowTotals, []Shown{{Hidden: true}, {Hidden: true}, {Count: 10}}) || x.N.Count != 20 {
		t.Errorf("%+v", x)
	}
	// Three respondents in all: nothing.
	if x = Publish("t", Cross(rows, nil, crowd(rows, nil, [][]int{{3}, {0}, {0}})), nil); !x.N.Hidden || !x.RowTotals[0].Hidden {
		t.Errorf("%+v", x)
	}
}

// TestManyChoices: of twenty, eighteen gave a reason. That two did not is
// reckoned at once, so neither number is printed.
func TestManyChoices(t *testing.T) {
	t.Parallel()
	rows := asked("a", Many, 3)
	var of []Respondent
	for n := range 20 {
		var c []string
		for k, most := range []int{18, 12, 3} {
			if n < most {
				c = append(c, rows.Choices[k].ID)
			}
		}
		if c != nil {
			of = append(of, Respondent{ID: fmt.Sprintf("%02d", n), Answers: map[string]Answer{"a": {Given: Answered, Choices: c}}})
		}
	}
	of = append(of, Respondent{ID: "98", Answers: map[string]Answer{"a": {Given: Answered, Choices: []string{"c1"}}}}, Respondent{ID: "99", Answers: map[string]Answer{"a": {Given: Answered, Choices: []string{"c1"}}}})
	x := Publish("t", Cross(rows, nil, of), nil)
	if x.N.Count != 20 || !slices.Equal(x.RowTotals, []Shown{{Hidden: true}, {Count: 14}, {Hidden: true}}) {
		t.Errorf("%+v", x)
	}
	columns := asked("b", One, 2)
	for n := range of {
		of[n].Answers["b"] = Answer{Given: Answered, Choices: []string{columns.Choices[n%2].ID}}
	}
	y := Publish("t", Cross(rows, columns, of), nil)
	if y.ColumnTotals[0].Count != 10 || !y.Cells[0][0].Hidden || !y.Cells[0][1].Hidden || !y.RowTotals[2].Hidden {
		t.Errorf("%+v", y)
	}
	// What is printed of a choice, and the columns, must not tell the rest either.
	for r := range y.RowTotals {
		for c := range y.ColumnTotals {
			if s := y.Cells[r][c]; !s.Hidden {
				if rest := y.ColumnTotals[c].Count - s.Count; s.Count > 0 && s.Count < Least || rest > 0 && rest < Least {
					t.Errorf("row %d, column %d: %d of %d", r, c, s.Count, y.ColumnTotals[c].Count)
				}
			}
		}
	}
}

// TestLaterReleases: what was added since the last release is no smaller than
// what may be published.
func TestLaterReleases(t *testing.T) {
	t.Parallel()
	rows := asked("a", One, 3)
	first := crowd(rows, nil, [][]int{{8}, {7}, {9}})
	x := Publish("t", Cross(rows, nil, first), nil)
	if x.N.Count != 24 {
		t.Fatalf("%+v", x)
	}
	again := Publish("t", Cross(rows, nil, first), x.Statistics)
	if !slices.Equal(again.RowTotals, x.RowTotals) || again.N != x.N {
		t.Errorf("the same again: %+v", again)
	}
	add := func(n int) []Respondent {
		out := slices.Clone(first)
		for k := range n {
			out = append(out, Respondent{ID: "9" + strconv.Itoa(k), Answers: map[string]Answer{"a": {Given: Answered, Choices: []string{"c1"}}}})
		}
		return out
	}
	if y := Publish("t", Cross(rows, nil, add(1)), x.Statistics); !y.N.Hidden || !y.RowTotals[1].Hidden {
		t.Errorf("one more can be told: %+v", y)
	}
	if y := Publish("t", Cross(rows, nil, add(5)), x.Statistics); y.N.Count != 29 || y.RowTotals[1].Count != 12 || y.RowTotals[0].Count != 8 {
		t.Errorf("five more: %+v", y)
	}
	// What one table holds back no other table tells.
	columns := asked("b", One, 2)
	both := crowd(rows, columns, [][]int{{3, 9}, {9, 0}, {12, 4}})
	held := Publish("one", Cross(columns, nil, crowd(columns, nil, [][]int{{3}, {40}})), nil)
	_ = held
	cross := Publish("cross", Cross(rows, columns, both), nil)
	var sums []Statistic
	for _, s := range cross.Statistics {
		if s.Key == "a=c0" {
			s.Shown = false
			sums = append(sums, s)
		}
	}
	list := Publish("list", Cross(rows, nil, both), sums)
	if !list.RowTotals[0].Hidden {
		t.Errorf("held back before: %+v", list)
	}
	holds(t, Cross(rows, nil, both), list)
}

func TestFigures(t *testing.T) {
	t.Parallel()
	by, figure := asked("b", One, 3), &Item{ID: "f", Type: Yen}
	make := func(groups ...[]int64) *Summary {
		var of []Respondent
		for c, values := range groups {
			for _, v := range values {
				of = append(of, Respondent{ID: fmt.Sprintf("%03d", len(of)), Answers: map[string]Answer{"b": {Given: Answered, Choices: []string{by.Choices[c].ID}}, "f": {Given: Answered, Figure: &v}}})
			}
		}
		return Summarise(figure, by, of)
	}
	s := make([]int64{10, 20, 30, 40, 50}, []int64{1, 2, 3, 4, 5, 6})
	if mean, _ := s.Whole.Mean(); s.Whole.Sum() != 171 || mean != 171.0/11 {
		t.Errorf("sum %d, mean %f", s.Whole.Sum(), mean)
	}
	if m, _ := s.Groups[1].Median(); m != 3.5 {
		t.Errorf("median %f", m)
	}
	if m, _ := s.Whole.Median(); m != 6 {
		t.Errorf("median %f", m)
	}
	for _, c := range []struct {
		name   string
		s      *Summary
		hidden []bool // the groups, and the whole
	}{
		{"all safe", s, []bool{false, false, false, false}},
		{"one too small takes the next", make([]int64{10, 20, 30}, []int64{10, 20, 30, 40, 50}, []int64{9, 9, 9, 9, 9, 9, 9}), []bool{true, true, false, false}},
		{"two small ones are enough for one another", make([]int64{10, 20, 30}, []int64{10, 20, 30}, []int64{9, 9, 9, 9, 9}), []bool{true, true, false, false}},
		{"one dominates", make([]int64{1, 1, 1, 1, 96}, []int64{30, 30, 30, 30, 30, 30}, []int64{20, 20, 20, 20, 20, 20}), []bool{true, true, false, false}},
		{"two dominate", make([]int64{1, 1, 1, 50, 50}, []int64{30, 30, 30, 30, 30}), []bool{true, true, false, false}},
		{"few in all", make([]int64{1, 2}, []int64{3, 4}), []bool{true, true, false, true}},
		{"one dominates the whole", make([]int64{1, 1, 1, 1, 1}, []int64{1000, 1, 1, 1, 1}), []bool{false, true, false, true}},
	} {
		x := PublishFigures("t", c.s, nil)
		var got []bool
		for _, f := range x.Figures {
			got = append(got, f.Hidden)
		}
		if !slices.Equal(got, c.hidden) {
			t.Errorf("%s: hidden %v, want %v", c.name, got, c.hidden)
		}
		if !got[3] { // what the whole less the shown groups comes to
			var rest []int64
			for i, g := range c.s.Groups {
				if got[i] {
					rest = append(rest, g.Values...)
				}
			}
			if slices.Sort(rest); !safe(rest) {
				t.Errorf("%s: the rest can be reckoned: %v", c.name, rest)
			}
		}
	}
	x := PublishFigures("t", s, nil)
	more := make([]int64{10, 20, 30, 40, 50}, []int64{1, 2, 3, 4, 5, 6, 7})
	for i := range more.Groups[0].IDs {
		more.Groups[0].IDs[i] = s.Groups[0].IDs[i]
	}
	y := PublishFigures("t", more, x.Statistics)
	if !y.Figures[1].Hidden || !y.Figures[3].Hidden || y.Figures[0].Hidden {
		t.Errorf("one figure more: %+v", y.Figures)
	}
	if got := x.Figures[3]; got.Sum != 171 || got.Mean != 15.5 || got.Median != 6 {
		t.Errorf("%+v", got)
	}
	if Rounded(123456, 3) != 123000 || Rounded(0, 3) != 0 || Rounded(0.01234, 2) != 0.012 {
		t.Error("rounding")
	}
}
