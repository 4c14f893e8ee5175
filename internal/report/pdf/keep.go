package pdf

import (
	"maps"

	"miseban/internal/report"
)

// height is how much of a page f takes: 0 when that is more than the given
// part of one, because then it need not stay together.
func (l *layout) height(f func(), part float64) float64 {
	pages, y, dry, lost := l.pages, l.y, l.dry, maps.Clone(l.lost)
	l.pages, l.y, l.dry = []*page{{}}, top, true
	f()
	h := l.y - top
	if len(l.pages) > 1 || h > part*(bottom-top) {
		h = 0
	}
	l.pages, l.y, l.dry, l.lost = pages, y, dry, lost
	return h
}

// follows is the height that must be free below a heading: the beginning of
// what it is over, and of what an introducing sentence introduces.
func (l *layout) follows(blocks []report.Block) float64 {
	h := 0.0
	for _, b := range blocks {
		switch b := b.(type) {
		case report.Prose:
			n := l.height(func() { l.block(b) }, 0.2)
			if n == 0 {
				return h + 52*l.scale
			}
			h += n
			continue
		case report.Table:
			if len(b.Head) == 0 || len(b.Rows) == 0 {
				continue
			}
			return h + l.grid(b).start()
		case report.Code:
			return h + 90*l.scale
		case report.Bars:
			return h + l.height(func() { l.block(b) }, 0.4)
		case report.Callout, report.Facts, report.FindingCard:
			return h + 70*l.scale
		}
		break
	}
	return max(h, 52*l.scale)
}
