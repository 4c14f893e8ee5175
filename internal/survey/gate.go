package survey

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// What a published number must keep to.
const (
	// Least is how many respondents stand behind a published number.
	Least = 5
	// First and FirstTwo are the largest shares, in percent, that the largest
	// respondent and the two largest together may have in a sum or a mean.
	First, FirstTwo = 70, 85
)

// Statistic is one number of a release, or one that was held back there: later
// releases are checked against it.
type Statistic struct {
	Key   string   `json:"key"` // what is counted: the conditions, in order
	IDs   []string `json:"ids"` // who stands behind it
	Shown bool     `json:"shown"`
	// Figures are what each of them said, of a number that adds figures up.
	Figures []int64 `json:"figures,omitempty"`
	// Low and High are between which values who reads the release knows a number
	// to be that was held back; High 0: nothing is told.
	Low  int `json:"low,omitempty"`
	High int `json:"high,omitempty"`
}

// Shown is one place of a published table. Hidden is a number that is held back.
type Shown struct {
	Count  int  `json:"count"`
	Hidden bool `json:"hidden,omitempty"`
}

// Release is a table as it may be published.
type Release struct {
	Table        string    `json:"table"`
	RowIDs       []string  `json:"rowIDs,omitempty"`
	ColumnIDs    []string  `json:"columnIDs,omitempty"`
	N            Shown     `json:"n"`
	Cells        [][]Shown `json:"cells,omitempty"`
	RowTotals    []Shown   `json:"rowTotals,omitempty"`
	ColumnTotals []Shown   `json:"columnTotals,omitempty"`
	Figures      []Figure  `json:"figures,omitempty"` // by rows; the last one is the whole
	// Withheld says that nothing of the table can be published.
	Withheld   bool        `json:"withheld,omitempty"`
	Statistics []Statistic `json:"statistics"`
}

// Figure is what may be said of the figures of one group. The numbers are
// rounded: a median would else be what one respondent said.
type Figure struct {
	N      int     `json:"n"`
	Sum    float64 `json:"sum"`
	Mean   float64 `json:"mean"`
	Median float64 `json:"median"`
	Hidden bool    `json:"hidden,omitempty"`
}

// key is what a number counts, whatever the table it stands in.
func key(is []Is) string {
	var parts []string
	for _, x := range is {
		parts = append(parts, x.Item+"="+x.Choice)
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// apart is how many stand in one of two ordered lists alone.
func apart(a, b []string) (n int) {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case 0:
			a, b = a[1:], b[1:]
		case -1:
			n, a = n+1, a[1:]
		case 1:
			n, b = n+1, b[1:]
		}
	}
	return n + len(a) + len(b)
}

// before says what earlier releases mean for a number: it must be hidden,
// because it was held back or would differ from what was published by a few
// respondents alone; or it is known to all.
func before(k string, ids []string, earlier []Statistic) (hide, known bool) {
	for i := range earlier {
		if earlier[i].Key != k {
			continue
		}
		switch d := apart(ids, earlier[i].IDs); {
		case d == 0 && earlier[i].Shown:
			known = true
		case d < Least:
			hide = true
		}
	}
	return hide && !known, known
}

// corrected is before for figures: it also counts who said another figure then.
func corrected(k string, g *Figures, earlier []Statistic) (hide, known bool) {
	for i := range earlier {
		e := &earlier[i]
		if e.Key != k {
			continue
		}
		d := apart(g.IDs, e.IDs)
		for n, id := range e.IDs {
			at, both := slices.BinarySearch(g.IDs, id)
			if both && len(e.Figures) == len(e.IDs) && g.said[at] != e.Figures[n] {
				d++
			}
		}
		switch {
		case len(e.Figures) != len(e.IDs): // kept without its figures: nobody knows which were corrected
			hide = hide || d < Least
		case d == 0 && e.Shown:
			known = true
		case d < Least:
			hide = true
		}
	}
	return hide && !known, known
}

// Publish decides what of a table may be published: no number stands on fewer
// than Least respondents but zero; what is held back cannot be reckoned from
// what is not, nor be told to be small; and nothing differs from earlier
// releases by a few respondents. Tables whose rows can be chosen together
// are looked at choice by choice: chosen, and not chosen.
func Publish(id string, t *Table, earlier []Statistic) *Release {
	if t.Rows.Type == Many {
		return publishMany(id, t, earlier)
	}
	single := t.Columns == nil
	columns := t.ColumnTotals
	if single {
		columns = nil
	}
	g := newGrid(t.Cells, t.RowTotals, columns, t.Whole)
	g.mark(earlier)
	ok := g.protect()
	x := &Release{Table: id, RowIDs: t.RowIDs, ColumnIDs: t.ColumnIDs}
	x.Withheld = !ok
	x.N = g.take(g.whole, t.Whole, ok, &x.Statistics)
	for r := range t.Cells {
		x.RowTotals = append(x.RowTotals, g.take(g.rows[r], t.RowTotals[r], ok, &x.Statistics))
		if single {
			continue
		}
		var line []Shown
		for c := range t.Cells[r] {
			line = append(line, g.take(g.cells[r][c], t.Cells[r][c], ok, &x.Statistics))
		}
		x.Cells = append(x.Cells, line)
	}
	for c := range columns {
		x.ColumnTotals = append(x.ColumnTotals, g.take(g.columns[c], columns[c], ok, &x.Statistics))
	}
	return x
}

// publishMany publishes each choice by itself. The totals of the columns and the
// whole are the same for all choices, so they are decided first and then known.
func publishMany(id string, t *Table, earlier []Statistic) *Release {
	x := &Release{Table: id, RowIDs: t.RowIDs, ColumnIDs: t.ColumnIDs}
	columns := t.ColumnTotals
	if t.Columns == nil {
		columns = nil
	}
	heads := columns
	if columns == nil {
		heads = []Cell{t.Whole}
	}
	head := newGrid(nil, heads, nil, t.Whole)
	head.mark(earlier)
	ok := head.protect()
	x.N = head.take(head.whole, t.Whole, ok, &x.Statistics)
	if x.Withheld = !ok || x.N.Hidden; x.Withheld {
		x.N = Shown{Hidden: true}
	}
	for c := range columns {
		x.ColumnTotals = append(x.ColumnTotals, head.take(head.rows[c], columns[c], !x.Withheld, &x.Statistics))
	}
	for r := range t.Cells {
		without := make([]Cell, len(t.Cells[r]))
		for c := range without {
			without[c] = Cell{Is: not(t.Cells[r][c].Is), IDs: minus(t.ColumnTotals[c].IDs, t.Cells[r][c].IDs)}
		}
		rest := Cell{Is: not(t.RowTotals[r].Is), IDs: minus(t.Whole.IDs, t.RowTotals[r].IDs)}
		g := newGrid([][]Cell{t.Cells[r], without}, []Cell{t.RowTotals[r], rest}, columns, t.Whole)
		g.mark(earlier)
		for c := range columns { // as they stand in the head of the table, and what rows before have told of them
			a := &g.arcs[g.columns[c]]
			a.known = !x.ColumnTotals[c].Hidden
			a.hidden, a.held, a.small = !a.known, !a.known, a.small && !a.known
			a.low, a.high = x.Statistics[1+c].Low, x.Statistics[1+c].High
			if a.known {
				continue
			}
			for _, line := range g.cells { // what one row shows of it, and another hides, would tell it together
				if b := &g.arcs[line[c]]; !b.known {
					b.hidden, b.held = true, true
				}
			}
		}
		a := &g.arcs[g.whole]
		a.known, a.hidden, a.held, a.small = true, false, false, false
		ok := g.protect() && !x.Withheld
		for c := range columns {
			if a := &g.arcs[g.columns[c]]; ok && a.hidden {
				x.Statistics[1+c].Low, x.Statistics[1+c].High = g.bounds(g.columns[c])
			}
		}
		x.RowTotals = append(x.RowTotals, g.take(g.rows[0], t.RowTotals[r], ok, &x.Statistics))
		g.take(g.rows[1], rest, ok, &x.Statistics)
		if columns == nil {
			continue
		}
		var line []Shown
		for c := range t.Cells[r] {
			line = append(line, g.take(g.cells[0][c], t.Cells[r][c], ok, &x.Statistics))
			g.take(g.cells[1][c], without[c], ok, &x.Statistics)
		}
		x.Cells = append(x.Cells, line)
	}
	return x
}

// not marks the conditions of those who did not choose the first one.
func not(is []Is) []Is {
	out := slices.Clone(is)
	out[0].Choice = "!" + out[0].Choice
	return out
}

// minus is what stands in a and not in b; both are in order.
func minus(a, b []string) []string {
	var out []string
	for _, x := range a {
		if _, in := slices.BinarySearch(b, x); !in {
			out = append(out, x)
		}
	}
	return out
}

// PublishFigures decides what of sums, means and medians may be published. A
// group is held back when it has too few respondents or one or two of them
// dominate it; and since the whole less what is shown tells the rest, the groups
// held back must together keep the same rules.
func PublishFigures(id string, s *Summary, earlier []Statistic) *Release {
	x := &Release{Table: id, RowIDs: s.IDs}
	prefix := s.Figure.ID + ":"
	groups := append(slices.Clone(s.Groups), s.Whole)
	hidden, known := make([]bool, len(groups)), make([]bool, len(groups))
	for i := range groups {
		hide, k := corrected(prefix+key(groups[i].Is), &groups[i], earlier)
		known[i] = k
		hidden[i] = !k && (hide || !safe(groups[i].Values))
	}
	whole := len(groups) - 1
	if s.By != nil && s.By.Type == Many { // groups overlap: the whole less one of them is those who are not in it
		for i := range whole {
			var rest []int64
			for n, id := range s.Whole.IDs {
				if _, in := slices.BinarySearch(groups[i].IDs, id); !in {
					rest = append(rest, s.Whole.said[n])
				}
			}
			slices.Sort(rest)
			hidden[i] = hidden[i] || !known[i] && !hidden[whole] && !safe(rest)
		}
	}
	for !hidden[whole] && (s.By == nil || s.By.Type != Many) {
		var rest []int64
		next, some := -1, false
		for i := range whole {
			switch {
			case hidden[i]:
				rest, some = append(rest, groups[i].Values...), some || groups[i].N() > 0
			case !known[i] && groups[i].N() > 0 && (next < 0 || groups[i].N() < groups[next].N()):
				next = i
			}
		}
		if slices.Sort(rest); !some || safe(rest) {
			break
		}
		if next < 0 {
			hidden[whole] = !known[whole]
			break
		}
		hidden[next] = true
	}
	x.Withheld = true
	for i, g := range groups {
		f := Figure{Hidden: hidden[i]}
		if !f.Hidden {
			x.Withheld = x.Withheld && g.N() == 0
			mean, _ := g.Mean()
			median, _ := g.Median()
			f.N, f.Sum, f.Mean, f.Median = g.N(), Rounded(float64(g.Sum()), 3), Rounded(mean, 3), Rounded(median, 2)
		}
		x.Figures = append(x.Figures, f)
		x.Statistics = append(x.Statistics, Statistic{Key: prefix + key(g.Is), IDs: g.IDs, Shown: !f.Hidden, Figures: g.said})
	}
	x.N = Shown{Count: x.Figures[whole].N, Hidden: hidden[whole]}
	return x
}

// safe says that figures, from small to large, may be published as a sum:
// enough respondents gave them and none dominates. No figures at all are safe.
func safe(values []int64) bool {
	n := len(values)
	if n == 0 {
		return true
	}
	if n < Least {
		return false
	}
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	first := float64(values[n-1])
	return 100*first <= First*sum && 100*(first+float64(values[n-2])) <= FirstTwo*sum
}

// Release is what of a fixed table may be published.
func (q *Questionnaire) Release(f *Fixed, of []Respondent, earlier []Statistic) *Release {
	rows, _ := q.Item(f.Rows)
	if figure, ok := q.Item(f.Figure); ok {
		return PublishFigures(f.ID, Summarise(figure, rows, of), earlier)
	}
	columns, _ := q.Item(f.Columns)
	return Publish(f.ID, Cross(rows, columns, of), earlier)
}

// Rounded keeps so many leading digits of a number.
func Rounded(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	by := math.Pow10(digits - 1 - int(math.Floor(math.Log10(math.Abs(x)))))
	return math.Round(x*by) / by
}
