package selection

import (
	"container/heap"
	"slices"
)

// Effort bounds a search. It counts steps, never time, so that the same input
// gives the same choice on every machine.
type Effort struct {
	Exchanges int `json:"exchanges"` // of one place for another, a start
	Starts    int `json:"starts"`
	Rounds    int `json:"rounds"` // of prices, at the root
	Nodes     int `json:"nodes"`  // of the proof
}

// DefaultEffort proves 50 of 152 optimal in seconds and leaves a small gap for thousands.
var DefaultEffort = Effort{Exchanges: 400_000, Starts: 6, Rounds: 1500, Nodes: 4000}

// nodeRounds is how many rounds of prices a node of the proof gets.
const nodeRounds = 60

// repair is how many exchanges the choice gets that the cells make at the
// prices of a node, so that the groups agree with it, too.
const repair = 20_000

// solution is what a search came to.
type solution struct {
	state *state
	bound int64 // no choice costs less
	// conflict says that no choice keeps all hard rules: proved.
	conflict bool
	nodes    int
	steps    int
	log      []Words
}

func (s *solution) proved() bool { return s.bound >= s.state.cost }

// solve searches for the choice that costs least. It reports whether there is
// any choice within the limits of the cells at all.
func (p *problem) solve(seed string, e Effort) (*solution, bool) {
	b := newBounder(p)
	root := p.root()
	if !b.possible(root) {
		return nil, false
	}
	c := newClimb(p, newDice(seed, "search"))
	out := &solution{}
	note := func(w Words) { out.log = append(out.log, w) }
	out.bound = p.reach(up(b.value(root)))
	out.state = c.greedy()
	note(t("一つずつ選んだ場合のずれ: {n}", "n", p.says(out.state.cost)))
	c.begin(out.state.clone())
	out.take(c.run(e.Exchanges, out.bound))
	note(t("入れ替えで改善したあとのずれ: {n}（{steps} 回）", "n", p.says(out.state.cost), "steps", num(c.steps)))
	if p.broken(out.state.cost) > 0 {
		rules, _ := p.rulesOnly().solve(seed, e)
		if out.conflict = rules.bound > 0; out.conflict {
			return out, true
		}
		start := p.empty()
		for i, n := range rules.state.x {
			for range n {
				start.add(i, 1)
			}
		}
		c.begin(start)
		out.take(c.run(e.Exchanges, out.bound))
	}
	if !out.proved() {
		at := p.root()
		out.raise(p, b, at, e.Rounds)
		for i := 0; i < e.Starts && !out.proved(); i++ {
			c.begin(b.choice(at))
			out.take(c.run(repair, out.bound))
		}
		note(t("属性ごとの値段による下限: {n}", "n", p.says(out.bound)))
	}
	for i := 1; i < e.Starts && !out.proved(); i++ {
		start := out.state.clone()
		c.begin(start)
		for range 2 * p.places { // a start elsewhere, not far away
			if len(c.outs) == 0 || len(c.ins) == 0 {
				break
			}
			from, to := c.outs[c.d.upTo(len(c.outs))], c.ins[c.d.upTo(len(c.ins))]
			if from != to {
				c.swap(from, to)
			}
		}
		out.take(c.run(e.Exchanges, out.bound))
		if i == e.Starts-1 || out.proved() {
			note(t("始め方を {starts} 通りに変えたあとのずれ: {n}（{steps} 回）", "starts", num(i+1), "n", p.says(out.state.cost), "steps", num(c.steps)))
		}
	}
	if !out.proved() {
		out.branch(p, b, c, max(20, e.Nodes*min(150, len(p.cells))/len(p.cells)))
		note(t("場合分け {nodes} 件のあと: ずれ {n}、下限 {bound}", "nodes", num(out.nodes), "n", p.says(out.state.cost), "bound", p.says(out.bound)))
	}
	if !out.proved() {
		out.state = c.settle(out.state.clone())
	}
	out.state = c.wander(out.state.clone(), 40*(len(c.order)+p.places))
	note(t("ずれを変えない入れ替えを、くじの順に試した"))
	out.steps = c.steps
	return out, true
}

func (p *problem) root() *node {
	nd := &node{lo: make([]int32, len(p.cells)), hi: make([]int32, len(p.cells)), min: make([]int, len(p.groups)), max: make([]int, len(p.groups))}
	for i := range p.cells {
		nd.lo[i], nd.hi[i] = p.cells[i].lo, p.cells[i].hi
	}
	for i := range p.groups {
		nd.min[i], nd.max[i] = p.groups[i].lo, p.groups[i].hi
	}
	return nd
}

// obey keeps a node to the hard rules, once a choice that obeys them is known.
func (p *problem) obey(nd *node) {
	for i := range p.groups {
		nd.min[i], nd.max[i] = max(nd.min[i], p.groups[i].min), min(nd.max[i], p.groups[i].max)
	}
}

func (s *solution) take(x *state) {
	if x.cost < s.state.cost {
		s.state = x
	}
}

func (s *solution) raise(p *problem, b *bounder, root *node, rounds int) {
	if p.broken(s.state.cost) == 0 {
		p.obey(root)
	}
	if !b.possible(root) {
		s.bound = s.state.cost
		return
	}
	v, _ := b.bound(root, rounds, s.state.cost)
	s.bound = min(max(s.bound, v), s.state.cost)
}

// open is a node that is not settled yet.
type open struct {
	*node
	bound int64
	depth int
	at    int // when it was made
	price []int64
	group int // what to divide next: a group, or a cell when < 0
	cell  int
	by    int // counts up to by, and above
}

// queue holds the open nodes, the most promising first.
type queue []*open

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	switch {
	case q[i].bound != q[j].bound:
		return q[i].bound < q[j].bound
	case q[i].depth != q[j].depth:
		return q[i].depth > q[j].depth
	}
	return q[i].at > q[j].at
}
func (q *queue) Push(x any) { *q = append(*q, x.(*open)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// branch divides the choices again and again and drops the parts in which
// nothing can be better than what is known, until none is left or nodes are
// used up. The bound is then the least of the parts that are left.
func (s *solution) branch(p *problem, b *bounder, c *climb, nodes int) {
	var q queue
	look := func(nd *node, depth int, price []int64) {
		s.nodes++
		if p.broken(s.state.cost) == 0 {
			p.obey(nd)
		}
		if !b.possible(nd) {
			return
		}
		copy(b.price, price)
		v, _ := b.bound(nd, nodeRounds, s.state.cost)
		x := b.choice(nd)
		s.take(x)
		if s.nodes%8 == 1 && v < s.state.cost {
			c.begin(x.clone())
			s.take(c.run(repair, s.bound))
		}
		if v >= s.state.cost {
			return
		}
		o := &open{node: nd, bound: max(v, s.bound), depth: depth, at: s.nodes, price: slices.Clone(b.price)}
		if b.divide(o) {
			heap.Push(&q, o)
		}
	}
	look(p.root(), 0, slices.Clone(b.price))
	for len(q) > 0 {
		if q[0].bound >= s.state.cost {
			q = nil // the rest is no better either
			break
		}
		s.bound = max(s.bound, q[0].bound)
		if s.nodes >= nodes {
			return
		}
		o := heap.Pop(&q).(*open)
		for _, upper := range []bool{false, true} {
			look(o.part(upper), o.depth+1, o.price)
		}
	}
	s.bound = s.state.cost
}

// choice is the choice that the cells made at the last prices.
func (b *bounder) choice(nd *node) *state {
	s := b.p.empty()
	b.value(nd)
	for c, x := range b.x {
		s.x[c] = x
		for _, g := range b.p.cells[c].groups {
			s.n[g] += x
		}
	}
	s.cost = 0
	for g := range b.p.groups {
		s.cost += b.p.groups[g].cost[s.n[g]]
	}
	return s
}

// divide names where the average choice of the last rounds is furthest from a
// whole number. It reports whether there is anything to divide.
func (b *bounder) divide(o *open) bool {
	o.group, o.cell = -1, -1
	rounds := max(b.rounds, 1)
	worst := int64(0)
	weigh := func(sum int64) (by int, off int64) {
		rest := sum % rounds
		return int(sum / rounds), min(rest, rounds-rest)
	}
	for g := range b.p.groups {
		if o.min[g] == o.max[g] {
			continue
		}
		if by, off := weigh(b.sumN[g]); off > worst && by >= o.min[g] && by < o.max[g] {
			worst, o.group, o.by = off, g, by
		}
	}
	if 8*worst >= rounds {
		return true
	}
	for c := range b.p.cells {
		if o.lo[c] == o.hi[c] {
			continue
		}
		if by, off := weigh(b.sumX[c]); off > worst && by >= int(o.lo[c]) && by < int(o.hi[c]) {
			worst, o.group, o.cell, o.by = off, -1, c, by
		}
	}
	if o.group >= 0 || o.cell >= 0 {
		return true
	}
	for g := range b.p.groups {
		if o.min[g] < o.max[g] && b.grad[g] != 0 {
			o.group, o.by = g, min(max(int(b.count[g])-1, o.min[g]), o.max[g]-1)
			return true
		}
	}
	for c := range b.p.cells {
		if o.lo[c] < o.hi[c] {
			o.cell, o.by = c, min(max(int(b.x[c])-1, int(o.lo[c])), int(o.hi[c])-1)
			return true
		}
	}
	return false
}

// part is one half of a node: counts up to by, or above.
func (o *open) part(upper bool) *node {
	nd := &node{lo: o.lo, hi: o.hi, min: slices.Clone(o.min), max: slices.Clone(o.max)}
	switch {
	case o.group >= 0 && upper:
		nd.min[o.group] = o.by + 1
	case o.group >= 0:
		nd.max[o.group] = o.by
	case upper:
		nd.lo = slices.Clone(o.lo)
		nd.lo[o.cell] = int32(o.by + 1)
	default:
		nd.hi = slices.Clone(o.hi)
		nd.hi[o.cell] = int32(o.by)
	}
	return nd
}

// says is a cost for the log: the deviation, and how far rules are broken.
func (p *problem) says(cost int64) string {
	if n := p.broken(cost); n > 0 {
		return num(int(p.deviation(cost))) + " + " + num(int(n)) + "!"
	}
	return num(int(cost))
}
