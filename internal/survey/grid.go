package survey

import "slices"

// grid is a table with its totals as a network in which as much flows into each
// node as out of it: from the source to the rows, through the cells to the
// columns, to the sink and, as the whole, back to the source. What an attacker
// can tell of a number that is held back is between which bounds it can flow
// while the published numbers stay; flows make these bounds exact.
type grid struct {
	arcs          []arc
	cells         [][]int
	rows, columns []int
	whole         int
	nodes         int
}

type arc struct {
	from, to int
	value    int
	key      string
	ids      []string
	hidden   bool
	known    bool // published before, or decided elsewhere: it cannot be hidden
	small    bool // it must not be told that it is small
	held     bool // an earlier release wants it hidden
	// low and high are between which values it is known to be by other tables,
	// or other rows of this one; high 0: nothing is known.
	low, high int
	cost      int // of hiding it
}

// newGrid makes the network of a table. Without columns it has rows and the whole.
func newGrid(cells [][]Cell, rows, columns []Cell, whole Cell) *grid {
	nr, nc := len(rows), len(columns)
	g := &grid{nodes: nr + nc + 2}
	source, sink := nr+nc, nr+nc+1
	add := func(from, to int, c Cell, cost int) int {
		g.arcs = append(g.arcs, arc{from: from, to: to, value: c.Count(), key: key(c.Is), ids: c.IDs, cost: cost + c.Count()})
		return len(g.arcs) - 1
	}
	// To hide a total costs more than any cells: totals are what people look at.
	total := 1 + 2*whole.Count()*(nr+nc)
	for r := range rows {
		if columns == nil {
			g.rows = append(g.rows, add(source, sink, rows[r], 1))
			continue
		}
		g.rows = append(g.rows, add(source, r, rows[r], total))
		g.cells = append(g.cells, nil)
		for c := range columns {
			g.cells[r] = append(g.cells[r], add(r, nr+c, cells[r][c], 1))
		}
	}
	for c := range columns {
		g.columns = append(g.columns, add(nr+c, sink, columns[c], total))
	}
	g.whole = add(sink, source, whole, total*(nr+nc+1))
	return g
}

// mark hides what is too small, and what earlier releases forbid.
func (g *grid) mark(earlier []Statistic) {
	for i := range g.arcs {
		a := &g.arcs[i]
		a.held, a.known = before(a.key, a.ids, earlier)
		for k := range earlier {
			if e := &earlier[k]; e.Key == a.key && e.High > 0 && apart(a.ids, e.IDs) == 0 {
				a.low, a.high = max(a.low, e.Low), lesser(a.high, e.High)
			}
		}
		a.small = !a.known && a.value > 0 && a.value < Least
		a.hidden = a.held || a.small
	}
}

// take is how a number is published, and remembers it for later releases.
func (g *grid) take(i int, c Cell, ok bool, into *[]Statistic) Shown {
	shown := g.arcs[i].known || ok && !g.arcs[i].hidden
	s := Statistic{Key: g.arcs[i].key, IDs: c.IDs, Shown: shown}
	if !shown && ok {
		s.Low, s.High = g.bounds(i)
	}
	*into = append(*into, s)
	if !shown {
		return Shown{Hidden: true}
	}
	return Shown{Count: c.Count()}
}

// protect hides further numbers until no hidden one can be told, and then shows
// again what need not be hidden after all, the dearest first. False: it cannot
// be done, and nothing may be published.
func (g *grid) protect() bool {
	for bad := g.told(); bad >= 0; bad = g.told() {
		if !g.hideAround(bad) && !g.hideCheapest() {
			return false
		}
	}
	var spare []int
	for i, a := range g.arcs {
		if a.hidden && !a.small && !a.held {
			spare = append(spare, i)
		}
	}
	slices.SortStableFunc(spare, func(i, k int) int { return g.arcs[k].cost - g.arcs[i].cost })
	for _, i := range spare {
		g.arcs[i].hidden = false
		g.arcs[i].hidden = g.told() >= 0
	}
	return true
}

// told is a hidden number of which too much can be told, or -1.
func (g *grid) told() int {
	for i, a := range g.arcs {
		if a.hidden && !g.kept(i) {
			return i
		}
	}
	return -1
}

// kept says that what can be told of a hidden number does no harm: it is not
// known exactly; and of a small one neither that it is small nor its size within
// Least values.
func (g *grid) kept(i int) bool {
	low, high := g.bounds(i)
	if !g.arcs[i].small {
		return low < high
	}
	return high >= Least && high-low >= Least-1
}

// bounds are the least and the largest value that a hidden number can have
// while all published ones stay as they are, the largest up to what matters.
func (g *grid) bounds(i int) (low, high int) {
	a := &g.arcs[i]
	more := g.flow(a.to, a.from, i, 2*Least)
	return max(a.low, a.value-g.flow(a.from, a.to, i, min(a.value, Least))), lesser(a.high, a.value+more)
}

// lesser is the lesser of two upper bounds, of which 0 says nothing.
func lesser(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// flow is how much more can flow from one node to another through hidden
// numbers, but the one left out, up to a limit: a number can grow without end
// and shrink to nothing.
func (g *grid) flow(from, to, without, limit int) int {
	changed := make([]int, len(g.arcs))
	sent := 0
	for sent < limit {
		// A shortest way, by breadth.
		came := make([]int, g.nodes) // 1 + arc by which, negative when against it
		seen := make([]bool, g.nodes)
		queue := []int{from}
		seen[from] = true
		for len(queue) > 0 && !seen[to] {
			n := queue[0]
			queue = queue[1:]
			for i := range g.arcs {
				a := &g.arcs[i]
				if !a.hidden || i == without {
					continue
				}
				if a.from == n && !seen[a.to] {
					seen[a.to], came[a.to] = true, i+1
					queue = append(queue, a.to)
				}
				if a.to == n && !seen[a.from] && a.value+changed[i] > 0 {
					seen[a.from], came[a.from] = true, -i-1
					queue = append(queue, a.from)
				}
			}
		}
		if !seen[to] {
			return sent
		}
		step := limit - sent
		for n := to; n != from; {
			if i := came[n]; i > 0 {
				n = g.arcs[i-1].from
			} else {
				i = -i - 1
				step = min(step, g.arcs[i].value+changed[i])
				n = g.arcs[i].to
			}
		}
		for n := to; n != from; {
			if i := came[n]; i > 0 {
				changed[i-1] += step
				n = g.arcs[i-1].from
			} else {
				changed[-i-1] -= step
				n = g.arcs[-i-1].to
			}
		}
		sent += step
	}
	return sent
}

// hideAround hides the cheapest numbers that make a ring with a hidden one, so
// that it can move. False: there are none left that could be hidden.
func (g *grid) hideAround(i int) bool {
	const far = 1 << 40
	way, came := make([]int, g.nodes), make([]int, g.nodes)
	done := make([]bool, g.nodes)
	for n := range way {
		way[n], came[n] = far, -1
	}
	way[g.arcs[i].to] = 0
	for {
		n := -1
		for m := range way {
			if !done[m] && way[m] < far && (n < 0 || way[m] < way[n]) {
				n = m
			}
		}
		if n < 0 {
			return false
		}
		if n == g.arcs[i].from {
			break
		}
		done[n] = true
		for k := range g.arcs {
			a := &g.arcs[k]
			if k == i || a.known && !a.hidden || a.from != n && a.to != n {
				continue
			}
			cost := a.cost
			if a.hidden {
				cost = 0
			}
			if !a.hidden && a.value == 0 {
				cost += 2 * Least // a nought gives no room downwards
			}
			if m := a.from + a.to - n; way[n]+cost < way[m] {
				way[m], came[m] = way[n]+cost, k
			}
		}
	}
	new := false
	for n := g.arcs[i].from; n != g.arcs[i].to; {
		a := &g.arcs[came[n]]
		new = new || !a.hidden
		a.hidden = true
		n = a.from + a.to - n
	}
	return new
}

// hideCheapest hides the cheapest number still shown.
func (g *grid) hideCheapest() bool {
	best := -1
	for i := range g.arcs {
		if a := &g.arcs[i]; !a.hidden && !a.known && (best < 0 || a.cost < g.arcs[best].cost) {
			best = i
		}
	}
	if best >= 0 {
		g.arcs[best].hidden = true
	}
	return best >= 0
}
