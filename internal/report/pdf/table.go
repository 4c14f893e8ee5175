package pdf

import (
	"strings"
	"unicode/utf8"

	"miseban/internal/report"
)

// table sets a table; its head is repeated on each page.
func (l *layout) table(t report.Table) {
	if len(t.Head) == 0 || len(t.Rows) == 0 {
		return
	}
	g := l.grid(t)
	l.room(g.start())
	l.flow(g.captions, l.x0, g.st.leading)
	if len(g.captions) > 0 {
		l.y += 3
	}
	g.head()
	for n := range t.Rows {
		if n > 0 && n == len(t.Rows)-2 && l.y+g.two(n) > bottom {
			l.newPage()
			g.head()
		}
		l.row(g.row(n), g.pad, g.head)
		g.rows[n] = []column{} // it is on the page
	}
}

// grid is a table whose columns are measured and whose rows are set when they are needed: tables can be long.
type grid struct {
	l          *layout
	t          report.Table
	st         style
	pad        float64 // above and below a cell's text
	widths, xs []float64
	captions   []line
	heads      []column
	headHeight float64
	rows       [][]column
}

const cellPad = 5.0 // left and right of a cell's text

func (l *layout) grid(t report.Table) *grid {
	g := &grid{l: l, t: t, st: l.small(), pad: 4 * l.scale, rows: make([][]column, len(t.Rows))}
	g.widths = l.columns(t, g.st, 2*cellPad)
	x := l.x0
	for _, w := range g.widths {
		g.xs = append(g.xs, x+cellPad)
		x += w
	}
	bold := g.st.with(true, ink)
	for i, h := range t.Head {
		c := g.cell(i, span{text: h, style: bold})
		g.heads = append(g.heads, c)
		g.headHeight = max(g.headHeight, float64(len(c.lines))*g.st.leading)
	}
	if t.Caption != "" {
		g.captions = l.set([]span{{text: t.Caption, style: bold}}, l.x1-l.x0, false)
	}
	return g
}

func (g *grid) cell(i int, s span) column {
	return column{g.l.set([]span{s}, g.widths[i]-2*cellPad, false), g.xs[i], g.st.leading}
}

func (g *grid) row(n int) []column {
	if g.rows[n] == nil {
		g.rows[n] = make([]column, 0, len(g.t.Rows[n]))
		for i, c := range g.t.Rows[n] {
			if i < len(g.widths) {
				g.rows[n] = append(g.rows[n], g.cell(i, cellSpan(c, g.st)))
			}
		}
	}
	return g.rows[n]
}

// head sets the head of the columns.
func (g *grid) head() {
	l := g.l
	l.fill(l.x0, l.y, l.x1-l.x0, g.headHeight+2*g.pad, color{232, 236, 250})
	l.y += g.pad
	for _, c := range g.heads {
		for k, ln := range c.lines {
			l.textLine(ln, c.x, l.y+float64(k)*c.leading, c.leading)
		}
	}
	l.y += g.headHeight + g.pad
}

// two is the height of row n and the next: two rows begin a table, and two end it.
func (g *grid) two(n int) float64 {
	h := 0.0
	for i := n; i < min(n+2, len(g.t.Rows)); i++ {
		h += tallest(g.row(i)) + 2*g.pad
	}
	if h > (bottom-top)/3 {
		return 3 * g.st.leading
	}
	return h
}

// start is the height of what a page must have of the table to begin it there.
func (g *grid) start() float64 {
	return float64(len(g.captions))*g.st.leading + 3 + g.headHeight + 2*g.pad + g.two(0)
}

func cellSpan(c report.Cell, st style) span {
	sp := toned(c.Text, c.Tone, st)
	if strings.HasPrefix(c.Link, "#") {
		sp.link = c.Link
		if c.Tone == "" {
			sp.color = key
		}
	}
	return sp
}

// columns shares the width out as the table asks, but gives each column room
// for the longest Latin word in it and for short verdicts in one line.
func (l *layout) columns(t report.Table, st style, pad float64) []float64 {
	n := len(t.Head)
	total := l.x1 - l.x0
	want, least := make([]float64, n), make([]float64, n)
	sum := 0.0
	for i := range want {
		want[i] = 1
		if i < len(t.Widths) && t.Widths[i] > 0 {
			want[i] = t.Widths[i]
		}
		sum += want[i]
	}
	limit := min(total*0.3, 1.4*total/float64(n))
	bold := st.with(true, ink)
	for i := range want {
		want[i] *= total / sum
		for _, word := range strings.Fields(t.Head[i]) {
			least[i] = max(least[i], min(l.width(word, bold)+pad+1, limit))
		}
	}
	for _, r := range t.Rows[:min(len(t.Rows), 60)] {
		for i, c := range r {
			if i >= n {
				continue
			}
			sp := cellSpan(c, st)
			words := []string{sp.text}
			if c.Code { // host names stay whole, addresses may be taken apart
				words = strings.FieldsFunc(sp.text, func(r rune) bool { return strings.ContainsRune(" \n/?&", r) })
			} else if len(c.Text) >= 40 || c.Tone == "" && utf8.RuneCountInString(c.Text) > 11 {
				words = strings.FieldsFunc(sp.text, func(r rune) bool { return r == ' ' || r > 0x2e80 })
			}
			for _, word := range words {
				if w := l.width(word, sp.style) + pad + 1; w <= limit {
					least[i] = max(least[i], w)
				}
			}
		}
	}
	// Narrow columns take what they need from those that have more than enough.
	short, spare := 0.0, 0.0
	for i := range want {
		if d := least[i] - want[i]; d > 0 {
			short += d
		} else {
			spare -= d
		}
	}
	if short > 0 && spare > 0 {
		share := min(short/spare, 1)
		given := min(spare/short, 1)
		for i := range want {
			if d := least[i] - want[i]; d > 0 {
				want[i] += d * given
			} else {
				want[i] += d * share
			}
		}
	}
	return want
}
