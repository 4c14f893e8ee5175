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
	st := l.small()
	const padX = 5.0
	widths := l.columns(t, st, 2*padX)
	xs := make([]float64, len(widths))
	x := l.x0
	for i, w := range widths {
		xs[i] = x + padX
		x += w
	}
	cellWidth := func(i int) float64 { return widths[i] - 2*padX }
	headStyle := st.with(true, ink)
	heads := make([]column, len(t.Head))
	headHeight := 0.0
	for i, h := range t.Head {
		heads[i] = column{l.set([]span{{text: h, style: headStyle}}, cellWidth(i), false), xs[i], st.leading}
		headHeight = max(headHeight, float64(len(heads[i].lines))*st.leading)
	}
	pad := 4 * l.scale
	head := func() {
		l.fill(l.x0, l.y, l.x1-l.x0, headHeight+2*pad, color{232, 236, 250})
		l.y += pad
		for _, c := range heads {
			for k, ln := range c.lines {
				l.textLine(ln, c.x, l.y+float64(k)*c.leading, c.leading)
			}
		}
		l.y += headHeight + pad
	}
	captions := []line{}
	if t.Caption != "" {
		captions = l.set([]span{{text: t.Caption, style: headStyle}}, l.x1-l.x0, false)
	}
	rows := make([][]column, len(t.Rows))
	row := func(n int) []column { // set when it is needed: tables can be long
		if rows[n] == nil {
			rows[n] = make([]column, 0, len(t.Rows[n]))
			for i, c := range t.Rows[n] {
				if i < len(widths) {
					rows[n] = append(rows[n], column{l.set([]span{cellSpan(c, st)}, cellWidth(i), false), xs[i], st.leading})
				}
			}
		}
		return rows[n]
	}
	// Two rows begin a table, and two end it.
	two := func(n int) float64 {
		h := 0.0
		for i := n; i < min(n+2, len(t.Rows)); i++ {
			h += tallest(row(i)) + 2*pad
		}
		if h > (bottom-top)/3 {
			return 3 * st.leading
		}
		return h
	}
	l.room(float64(len(captions))*st.leading + 3 + headHeight + 2*pad + two(0))
	l.flow(captions, l.x0, st.leading)
	if len(captions) > 0 {
		l.y += 3
	}
	head()
	for n := range t.Rows {
		if n > 0 && n == len(t.Rows)-2 && l.y+two(n) > bottom {
			l.newPage()
			head()
		}
		l.row(row(n), pad, head)
		rows[n] = []column{} // it is on the page
	}
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
