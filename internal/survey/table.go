package survey

import (
	"cmp"
	"slices"

	"miseban/internal/i18n"
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
	// The places, as IDs of choices; NoAnswer stands last where it is needed, so
	// that all tables of a survey are about the same respondents.
	RowIDs, ColumnIDs []string
	Cells             [][]Cell
	RowTotals         []Cell
	ColumnTotals      []Cell
	Whole             Cell
}

// NoAnswer is the place of respondents who did not answer an item.
const NoAnswer = "-"

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
	t.RowIDs = ids(rows, of)
	if columns != nil {
		t.ColumnIDs = ids(columns, of)
	}
	nc := max(1, len(t.ColumnIDs))
	conditions := func(r, c int) (is []Is) {
		if r >= 0 {
			is = append(is, Is{rows.ID, t.RowIDs[r]})
		}
		if c >= 0 && columns != nil {
			is = append(is, Is{columns.ID, t.ColumnIDs[c]})
		}
		return is
	}
	t.RowTotals, t.ColumnTotals = make([]Cell, len(t.RowIDs)), make([]Cell, nc)
	for c := range nc {
		t.ColumnTotals[c].Is = conditions(-1, c)
	}
	for r := range t.RowIDs {
		t.Cells = append(t.Cells, make([]Cell, nc))
		t.RowTotals[r].Is = conditions(r, -1)
		for c := range nc {
			t.Cells[r][c].Is = conditions(r, c)
		}
	}
	for _, x := range of {
		in := []int{0}
		if columns != nil {
			in = places(columns, x)
		}
		t.Whole.IDs = append(t.Whole.IDs, x.ID)
		for _, c := range in {
			t.ColumnTotals[c].IDs = append(t.ColumnTotals[c].IDs, x.ID)
		}
		for _, r := range places(rows, x) {
			t.RowTotals[r].IDs = append(t.RowTotals[r].IDs, x.ID)
			for _, c := range in {
				t.Cells[r][c].IDs = append(t.Cells[r][c].IDs, x.ID)
			}
		}
	}
	return t
}

// ids are the places of an item among respondents.
func ids(i *Item, of []Respondent) []string {
	var out []string
	for _, c := range i.Choices {
		out = append(out, c.ID)
	}
	if slices.ContainsFunc(of, func(x Respondent) bool { a := x.Answers[i.ID]; return !a.Has(i) }) {
		out = append(out, NoAnswer)
	}
	return out
}

// ChoiceName is the word for a place of an item.
func (i *Item) ChoiceName(id string, l i18n.Lang) string {
	if c, ok := i.Choice(id); ok {
		return c.In(l)
	}
	return noAnswer.In(l)
}

var noAnswer = i18n.Text{JA: "回答なし・不明", EN: "No answer, not known"}

// places are where a respondent stands among the places of an item.
func places(i *Item, x Respondent) (out []int) {
	a := x.Answers[i.ID]
	for n, c := range i.Choices {
		if a.Has(i) && slices.Contains(a.Choices, c.ID) {
			out = append(out, n)
		}
	}
	if out == nil {
		out = []int{len(i.Choices)}
	}
	return out
}

// Figures is what the figures of one group of respondents come to.
type Figures struct {
	Is     []Is
	IDs    []string
	Values []int64 // from small to large
	said   []int64 // as IDs has who said it
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
	By     *Item    // nil: as a whole alone
	IDs    []string // of the groups
	Groups []Figures
	Whole  Figures
}

// Summarise collects the figures of respondents who gave one, by what they
// chose of by where that is given.
func Summarise(figure, by *Item, of []Respondent) *Summary {
	s := &Summary{Figure: figure, By: by}
	if by != nil {
		s.IDs = ids(by, of)
		s.Groups = make([]Figures, len(s.IDs))
		for n, id := range s.IDs {
			s.Groups[n].Is = []Is{{by.ID, id}}
		}
	}
	for _, x := range slices.SortedFunc(slices.Values(of), func(a, b Respondent) int { return cmp.Compare(a.ID, b.ID) }) {
		a := x.Answers[figure.ID]
		if !a.Has(figure) {
			continue
		}
		if by != nil {
			for _, n := range places(by, x) {
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

func (f *Figures) add(id string, v int64) {
	f.IDs, f.Values, f.said = append(f.IDs, id), append(f.Values, v), append(f.said, v)
}
