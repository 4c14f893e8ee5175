package selection

import "math"

// beyond is how much heavier a place outside the tolerance weighs than one inside.
const beyond = 10

// cell is a combination of attribute values and those who have it: the search
// asks only how many of a cell are chosen, never who.
type cell struct {
	values []int   // per attribute, the index of its value
	groups []int32 // the groups that count its members
	lo, hi int32   // pinned members; eligible members that are not barred
}

// group counts the chosen of some cells – those with one value of an
// attribute, or those that a rule names – and says what each count costs.
type group struct {
	cells    []int32
	cost     []int64 // by count, 0…places: convex
	lo, hi   int     // counts that the cells allow
	min, max int     // counts that the hard rules allow
}

// problem is the choice reduced to whole numbers: how many of each cell.
type problem struct {
	places int
	cells  []cell
	groups []group
	// A total cost is deviation + hard × (places outside hard rules).
	hard int64
	// Each deviation leaves rest when divided by step: what is missing from one
	// value is too much at another.
	step, rest int64
}

// spread says that an attribute's every value has a target, so that what its
// values differ from them adds up to a known sum.
type spread struct {
	weight int64
	open   bool // a value without a target
	sum    int  // of the targets
}

// costs fills the group's table: each place off the target costs the weight,
// each outside the tolerance ten times more. target < 0: none.
func costs(places, target, tolerance int, weight int64) []int64 {
	out := make([]int64, places+1)
	if target < 0 {
		return out
	}
	for n := range out {
		off := int64(abs(n - target))
		out[n] = weight * (off + beyond*max(0, off-int64(tolerance)))
	}
	return out
}

// finish completes the groups once all cells are there.
func (p *problem) finish(spreads []spread) {
	for i := range p.groups {
		p.groups[i].cells = nil
	}
	for c := range p.cells {
		for _, g := range p.cells[c].groups {
			p.groups[g].cells = append(p.groups[g].cells, int32(c))
		}
	}
	var most int64
	for i := range p.groups {
		g := &p.groups[i]
		g.lo, g.hi = 0, 0
		for _, c := range g.cells {
			g.lo += int(p.cells[c].lo)
			g.hi += int(p.cells[c].hi)
		}
		g.hi = min(g.hi, p.places)
		most += max(g.cost[0], g.cost[p.places])
	}
	p.step = 0
	odd, open := int64(0), false
	for _, s := range spreads {
		p.step = gcd(p.step, s.weight)
		open = open || s.open
		if (p.places-s.sum)%2 != 0 {
			odd += s.weight
		}
	}
	p.step = max(p.step, 1)
	if !open {
		p.step *= 2
		p.rest = odd % p.step
	}
	p.hard = (most/p.step + 1) * p.step
	for i := range p.groups {
		g := &p.groups[i]
		for n := range g.cost {
			g.cost[n] += p.hard * int64(max(0, g.min-n, n-g.max))
		}
	}
}

// reach is the smallest cost not under x that a choice can have.
func (p *problem) reach(x int64) int64 {
	if over := mod(x-p.rest, p.step); over > 0 {
		return x + p.step - over
	}
	return x
}

// deviation takes the hard rules out of a cost.
func (p *problem) deviation(cost int64) int64 { return cost % p.hard }

// broken is by how many places a choice of that cost breaks hard rules.
func (p *problem) broken(cost int64) int64 { return cost / p.hard }

// rulesOnly is the problem in which nothing counts but by how many places the
// hard rules are broken.
func (p *problem) rulesOnly() *problem {
	q := &problem{places: p.places, cells: p.cells}
	for _, g := range p.groups {
		x := group{cost: make([]int64, p.places+1), max: unlimited}
		for n := range x.cost {
			x.cost[n] = int64(max(0, g.min-n, n-g.max))
		}
		q.groups = append(q.groups, x)
	}
	q.finish(nil)
	return q
}

// fits says that no sum of the search can leave the range of its numbers.
func (p *problem) fits() bool {
	return p.hard < math.MaxInt64/8/scale/int64(p.places)/int64(len(p.groups)+1)
}

// state is a choice in the making.
type state struct {
	p    *problem
	x    []int32 // chosen of each cell
	n    []int32 // chosen of each group
	cost int64
}

func (p *problem) empty() *state {
	s := &state{p: p, x: make([]int32, len(p.cells)), n: make([]int32, len(p.groups))}
	for g := range p.groups {
		s.cost += p.groups[g].cost[0]
	}
	return s
}

func (s *state) clone() *state {
	return &state{s.p, append([]int32(nil), s.x...), append([]int32(nil), s.n...), s.cost}
}

// add puts d (1 or -1) places into cell c.
func (s *state) add(c int, d int32) {
	s.x[c] += d
	for _, g := range s.p.cells[c].groups {
		f := s.p.groups[g].cost
		s.cost -= f[s.n[g]]
		s.n[g] += d
		s.cost += f[s.n[g]]
	}
}

// swapped is the cost after one of cell from gave its place to one of cell to.
func (s *state) swapped(from, to int) int64 {
	a, b := s.p.cells[from].groups, s.p.cells[to].groups
	cost := s.cost
	i, j := 0, 0
	for i < len(a) || j < len(b) { // both are sorted
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			f, n := s.p.groups[a[i]].cost, s.n[a[i]]
			cost += f[n-1] - f[n]
			i++
		case i == len(a) || b[j] < a[i]:
			f, n := s.p.groups[b[j]].cost, s.n[b[j]]
			cost += f[n+1] - f[n]
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return cost
}

func (s *state) swap(from, to int) {
	s.add(from, -1)
	s.add(to, 1)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mod is a modulo m, never negative.
func mod(a, m int64) int64 { return ((a % m) + m) % m }

// unlimited is the upper bound of a group that no rule limits.
const unlimited = math.MaxInt32
