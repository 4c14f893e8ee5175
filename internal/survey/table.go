package survey

import (
	"cmp"
	"slices"
)

// Respondent is a subject with what was answered.
type Respondent struct {
	ID      string
	Answers map[string]Answer
}

// Table is how many respondents said what: by rows, and by columns where there
// are some.
type Table struct {
	Rows, Columns *Item // Columns nil: counts alone
	N             int   // respondents who said something to each of them
	Cells         [][]Cell
	RowTotals     []Cell
	ColumnTotals  []Cell
	Whole         Cell
}

// Cell is the respondents who stand in one place of a table.
type Cell struct {
	Is  []Is     // what they have in common; none: that they answered
	IDs []string // in order
}

// Is is one condition: the item was answered by the choice.
type Is struct{ Item, Choice string }

// Count is how many stand in the cell.
func (c Cell) Count() int { return len(c.IDs) }

// Cross counts respondents by rows, and by columns unless nil. Rows and columns
// are items with choices; with several choices somebody stands in several rows.
func Cross(rows, columns *Item, of []Respondent) *Table {
	t := &Table{Rows: rows, Columns: columns}
	of = slices.SortedFunc(slices.Values(of), func(a, b Respondent) int { return cmp.Compare(a.ID, b.ID) })
	nc := 1
	if columns != nil {
		nc = len(columns.Choices)
	}
	conditions := func(r, c int) (is []Is) {
		if r >= 0 {
			is = append(is, Is{rows.ID, rows.Choices[r].ID})
		}
		if c >= 0 && columns != nil {
			is = append(is, Is{columns.ID, columns.Choices[c].ID})
		}
		return is
	}
	t.RowTotals, t.ColumnTotals = make([]Cell, len(rows.Choices)), make([]Cell, nc)
	for c := range nc {
		t.ColumnTotals[c].Is = conditions(-1, c)
	}
	for r := range rows.Choices {
		t.Cells = append(t.Cells, make([]Cell, nc))
		t.RowTotals[r].Is = conditions(r, -1)
		for c := range nc {
			t.Cells[r][c].Is = conditions(r, c)
		}
	}
	for _, x := range of {
		a := x.Answers[rows.ID]
		if !a.Has(rows) {
			continue
		}
		in := []int{0}
		if columns != nil {
			b := x.Answers[columns.ID]
			if !b.Has(columns) {
				continue
			}
			in = places(columns, b)
		}
		t.N++
		t.Whole.IDs = append(t.Whole.IDs, x.ID)
		for _, c := range in {
			t.ColumnTotals[c].IDs = append(t.ColumnTotals[c].IDs, x.ID)
		}
		for _, r := range places(rows, a) {
			t.RowTotals[r].IDs = append(t.RowTotals[r].IDs, x.ID)
			for _, c := range in {
				t.Cells[r][c].IDs = append(t.Cells[r][c].IDs, x.ID)
			}
		}
	}
	return t
}

// places are where the choices of an answer stand.
func places(i *Item, a Answer) (out []int) {
	for n, c := range i.Choices {
		if slices.Contains(a.Choices, c.ID) {
			out = append(out, n)
		}
	}
	return out
}

// Figures is what the figures of one group of respondents come to.
type Figures struct {
	Is     []Is
	IDs    []string
	Values []int64 // from small to large
}

// N is how many figures there are.
func (f *Figures) N() int { return len(f.Values) }

// Sum adds the figures up.
func (f *Figures) Sum() (sum int64) {
	for _, v := range f.Values {
		sum += v
	}
	return sum
}

// Mean is the mean; false when there are no figures.
func (f *Figures) Mean() (float64, bool) {
	if len(f.Values) == 0 {
		return 0, false
	}
	return float64(f.Sum()) / float64(len(f.Values)), true
}

// Median is the median; false when there are no figures.
func (f *Figures) Median() (float64, bool) {
	n := len(f.Values)
	if n == 0 {
		return 0, false
	}
	return (float64(f.Values[(n-1)/2]) + float64(f.Values[n/2])) / 2, true
}

// Summary is the figures of an item, as a whole and by the choices of another.
type Summary struct {
	Figure *Item
	By     *Item // nil: as a whole alone
	Groups []Figures
	Whole  Figures
}

// Summarise collects the figures of respondents who gave one, and who chose
// among by where that is given.
func Summarise(figure, by *Item, of []Respondent) *Summary {
	s := &Summary{Figure: figure, By: by}
	if by != nil {
		s.Groups = make([]Figures, len(by.Choices))
		for n, c := range by.Choices {
			s.Groups[n].Is = []Is{{by.ID, c.ID}}
		}
	}
	for _, x := range slices.SortedFunc(slices.Values(of), func(a, b Respondent) int { return cmp.Compare(a.ID, b.ID) }) {
		a := x.Answers[figure.ID]
		if !a.Has(figure) {
			continue
		}
		if by != nil {
			b := x.Answers[by.ID]
			if !b.Has(by) {
				continue
			}
			for _, n := range places(by, b) {
				s.Groups[n].add(x.ID, *a.Figure)
			}
		}
		s.Whole.add(x.ID, *a.Figure)
	}
	for n := range s.Groups {
		slices.Sort(s.Groups[n].Values)
	}
	slices.Sort(s.Whole.Values)
	return s
}

func (f *Figures) add(id string, v int64) { f.IDs, f.Values = append(f.IDs, id), append(f.Values, v) }
