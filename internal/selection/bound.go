package selection

import "slices"

// scale is how many parts a unit of cost has in prices.
const scale = 512

// node is a part of all choices: those whose counts lie between these limits.
type node struct {
	lo, hi   []int32 // per cell
	min, max []int   // per group
}

// bounder tells what no choice of a node can be better than. Each group has a
// price for a place; a choice then costs what its cells cost at these prices
// and what the groups gain or lose by them. For any prices the sum of the two
// minima, each easy to find, is a lower bound; good prices make it tight. All
// of it is whole numbers, so a bound is a proof and not a measurement.
type bounder struct {
	p      *problem
	price  []int64
	best   []int64 // the prices of the best bound of the last call
	kappa  []int64 // the cost of a place in each cell
	order  []int32
	x      []int32
	count  []int32
	grad   []int64
	way    []int64
	sumX   []int64 // over the later rounds of the last call: an average choice
	sumN   []int64
	rounds int64
}

func newBounder(p *problem) *bounder {
	g, c := len(p.groups), len(p.cells)
	b := &bounder{
		p: p, price: make([]int64, g), best: make([]int64, g), kappa: make([]int64, c), order: make([]int32, c),
		x: make([]int32, c), count: make([]int32, g), grad: make([]int64, g), way: make([]int64, g), sumX: make([]int64, c), sumN: make([]int64, g),
	}
	for i := range b.order {
		b.order[i] = int32(i)
	}
	return b
}

// value is the bound at the current prices, and leaves the choice that attains
// the cells' part in x and how the groups disagree with it in grad.
func (b *bounder) value(nd *node) int64 {
	p := b.p
	left := int32(p.places)
	clear(b.count)
	for c := range p.cells {
		k := int64(0)
		for _, g := range p.cells[c].groups {
			k += b.price[g]
		}
		b.kappa[c] = k
		b.x[c] = nd.lo[c]
		left -= nd.lo[c]
	}
	slices.SortFunc(b.order, func(i, j int32) int {
		if b.kappa[i] != b.kappa[j] {
			if b.kappa[i] < b.kappa[j] {
				return -1
			}
			return 1
		}
		return int(i - j)
	})
	for _, c := range b.order {
		if left == 0 {
			break
		}
		take := min(left, nd.hi[c]-nd.lo[c])
		b.x[c] += take
		left -= take
	}
	total := int64(0)
	for c, x := range b.x {
		if x == 0 {
			continue
		}
		total += b.kappa[c] * int64(x)
		for _, g := range p.cells[c].groups {
			b.count[g] += x
		}
	}
	for g := range p.groups {
		lo, hi := b.cheapest(p.groups[g].cost, nd.min[g], nd.max[g], b.price[g])
		n := min(max(int(b.count[g]), lo), hi)
		total += scale*p.groups[g].cost[n] - b.price[g]*int64(n)
		b.grad[g] = int64(int(b.count[g]) - n)
	}
	return total
}

// cheapest is the range of counts in min…max that cost least when each place
// brings price: f is convex, so its steps only grow.
func (b *bounder) cheapest(f []int64, lo, hi int, price int64) (from, to int) {
	first := func(over int64) int { // the first count whose next step is over a price
		i, j := lo, hi
		for i < j {
			if m := (i + j) / 2; scale*(f[m+1]-f[m]) > over {
				j = m
			} else {
				i = m + 1
			}
		}
		return i
	}
	return first(price - 1), first(price)
}

// possible says whether a choice within the limits can exist, as far as sums tell.
func (b *bounder) possible(nd *node) bool {
	lo, hi := 0, 0
	for c := range b.p.cells {
		if nd.lo[c] > nd.hi[c] {
			return false
		}
		lo += int(nd.lo[c])
		hi += int(nd.hi[c])
	}
	if lo > b.p.places || hi < b.p.places {
		return false
	}
	for g := range b.p.groups {
		from, to := 0, 0
		for _, c := range b.p.groups[g].cells {
			from += int(nd.lo[c])
			to += int(nd.hi[c])
		}
		nd.min[g] = max(nd.min[g], from, b.p.places-(hi-to))
		nd.max[g] = min(nd.max[g], to, b.p.places-(lo-from))
		if nd.min[g] > nd.max[g] {
			return false
		}
	}
	return true
}

// bound improves the prices for so many rounds and returns the best bound; it
// ends early when that reaches goal. spent counts rounds.
func (b *bounder) bound(nd *node, rounds int, goal int64) (best int64, spent int) {
	p := b.p
	best = -1 << 60
	pace, waited := int64(96), 0 // pace: 64ths of the step that Polyak's rule names
	clear(b.way)
	clear(b.sumX)
	clear(b.sumN)
	b.rounds = 0
	for i := range rounds {
		spent++
		v := b.value(nd)
		if v > best {
			best, waited = v, 0
			copy(b.best, b.price)
			if p.reach(up(best)) >= goal {
				break
			}
		} else if waited++; waited >= 12 {
			waited, pace = 0, max(pace*3/4, 2)
			copy(b.price, b.best)
			clear(b.way)
			continue
		}
		if 2*i >= rounds {
			b.rounds++
			for c, x := range b.x {
				b.sumX[c] += int64(x)
			}
			for g := range b.count {
				b.sumN[g] += int64(b.count[g])
			}
		}
		norm := int64(0)
		for g := range b.grad {
			b.way[g] = 64*b.grad[g] + b.way[g]/2
			norm += b.way[g] * b.way[g] / 64
		}
		if norm == 0 {
			break
		}
		gap, most := min(max(goal*scale-v, scale/4), 1e11), 2*p.hard*scale
		for g := range b.price {
			b.price[g] = min(max(b.price[g]+pace*gap/64*b.way[g]/norm, -most), most)
		}
	}
	copy(b.price, b.best)
	return p.reach(up(best)), spent
}

// up is the smallest whole cost not under a scaled one.
func up(v int64) int64 {
	q := v / scale
	if v > q*scale {
		q++
	}
	return q
}
