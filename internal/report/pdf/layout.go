package pdf

import (
	"maps"

	"miseban/internal/report"
)

// A4 in points, and what is kept free around the text.
const (
	pageWidth, pageHeight = 595.28, 841.89
	left, right           = 56.0, pageWidth - 56.0
	top, bottom           = 78.0, pageHeight - 62.0
)

// op is one thing on a page: text, a filled rectangle, or a link over both.
type op struct {
	kind       opKind
	x, y, w, h float64 // y is the baseline of text, the upper edge of the rest
	piece
	fill color
}

type opKind uint8

const (
	opText opKind = iota
	opFill
	opLink
)

// page is one laid-out page. What is under the text is kept apart, because a
// box is known only when its contents were set.
type page struct {
	under, over []op
	bare        bool // without running head and page number: the cover
}

// mark is a place that links and bookmarks refer to.
type mark struct {
	page int
	y    float64
}

// bookmark is an entry of the outline.
type bookmark struct {
	title string
	level int
	mark
}

// layout flows a document over pages.
type layout struct {
	setter
	doc       *report.Document
	pages     []*page
	y         float64 // where the next thing begins
	x0, x1    float64 // the column in use
	scale     float64 // of type, to fit the executive page
	marks     map[string]mark
	bookmarks []bookmark
	dry       bool // only measuring: nothing is remembered
}

func (l *layout) page() *page { return l.pages[len(l.pages)-1] }

func (l *layout) newPage() {
	l.pages = append(l.pages, &page{})
	l.y = top
}

// room begins a new page unless h still fits on this one.
func (l *layout) room(h float64) {
	if l.y+h > bottom && l.y > top+1 {
		l.newPage()
	}
}

// space leaves h free, but not at the head of a page.
func (l *layout) space(h float64) {
	if l.y > top+1 {
		l.y += h * l.scale
	}
}

func (l *layout) fill(x, y, w, h float64, c color) {
	if w > 0 && h > 0 {
		l.page().under = append(l.page().under, op{kind: opFill, x: x, y: y, w: w, h: h, fill: c})
	}
}

// textLine puts one line with its upper edge at y.
func (l *layout) textLine(ln line, x, y, leading float64) {
	p := l.page()
	for _, pc := range ln.pieces {
		baseline := y + leading/2 + pc.size*0.36
		if pc.paper != nil {
			l.fill(x+pc.x-1, baseline-pc.size*0.95, pc.w+2, pc.size*1.28, *pc.paper)
		}
		p.over = append(p.over, op{kind: opText, x: x + pc.x, y: baseline, piece: pc})
		if pc.link != "" {
			p.over = append(p.over, op{kind: opLink, x: x + pc.x, y: y, w: pc.w, h: leading, piece: piece{link: pc.link}})
		}
	}
}

// The styles of text.
func (l *layout) body() style  { return style{9.5 * l.scale, 16.2 * l.scale, false, ink, nil, false} }
func (l *layout) small() style { return style{8.5 * l.scale, 13.6 * l.scale, false, ink, nil, false} }
func (l *layout) mono() style  { return style{7.4 * l.scale, 12 * l.scale, false, ink, nil, true} }

// flow sets lines down the column, over as many pages as they need. The first
// two lines of a longer text stay together, and so do its last two; three lines
// stay together.
func (l *layout) flow(lines []line, x, leading float64) {
	for i, ln := range lines {
		keep := leading
		switch {
		case len(lines) == 3 && i == 0:
			keep = 3 * leading
		case len(lines) > 2 && (i == 0 || i == len(lines)-2):
			keep = 2 * leading
		}
		l.room(keep)
		l.textLine(ln, x, l.y, leading)
		l.y += leading
	}
}

// text flows one paragraph in the column.
func (l *layout) text(spans ...span) {
	if len(spans) > 0 {
		l.flow(l.set(spans, l.x1-l.x0, false), l.x0, spans[0].leading)
	}
}

// mark remembers the present place under an id.
func (l *layout) mark(id string) {
	if id != "" && !l.dry {
		if _, ok := l.marks[id]; !ok {
			l.marks[id] = mark{len(l.pages) - 1, l.y}
		}
	}
}

func (l *layout) bookmark(title string, level int) {
	if l.dry {
		return
	}
	l.bookmarks = append(l.bookmarks, bookmark{title, level, mark{len(l.pages) - 1, l.y}})
}

// box is a background that grows with what is set on it, page by page.
type box struct {
	page int
	y    float64
}

func (l *layout) openBox() box { return box{len(l.pages) - 1, l.y} }

// closeBox paints the background of everything set since b was opened, with a
// bar of width bar at its left edge.
func (l *layout) closeBox(b box, x0, x1, pad float64, paper, barColor color, bar float64) {
	last := len(l.pages) - 1
	for i := b.page; i <= last; i++ {
		from, to := top-pad, bottom+pad
		if i == b.page {
			from = b.y
		}
		if i == last {
			to = l.y
		}
		under := []op{{kind: opFill, x: x0, y: from, w: x1 - x0, h: to - from, fill: paper}}
		if bar > 0 {
			under = append(under, op{kind: opFill, x: x0, y: from, w: bar, h: to - from, fill: barColor})
		}
		l.pages[i].under = append(under, l.pages[i].under...)
	}
}

// fit sets f on a new page, smaller if that makes it one page, and in full
// size over several pages if nothing helps.
func (l *layout) fit(f func()) {
	first, bookmarks := len(l.pages), len(l.bookmarks)
	marks, lost := maps.Clone(l.marks), maps.Clone(l.lost)
	for _, scale := range []float64{1, 0.94, 0.88, 0.82} {
		l.scale = scale
		l.newPage()
		f()
		if len(l.pages) == first+1 {
			break
		}
		l.pages, l.bookmarks = l.pages[:first], l.bookmarks[:bookmarks]
		l.marks, l.lost = maps.Clone(marks), maps.Clone(lost)
	}
	l.scale = 1
	if len(l.pages) == first {
		l.newPage()
		f()
	}
}
