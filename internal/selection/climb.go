package selection

// climb looks for good choices: a greedy start, then exchanges of one place for
// another that are taken when the result is no worse than it was a while ago.
type climb struct {
	p       *problem
	d       *dice
	order   []int // the cells in the order of the lottery
	steps   int   // exchanges looked at
	outs    []int // cells that can give a place
	ins     []int // cells that can take one
	outs0   []int // where a cell stands in outs, -1: nowhere
	ins0    []int
	current *state
}

func newClimb(p *problem, d *dice) *climb {
	c := &climb{p: p, d: d, outs0: make([]int, len(p.cells)), ins0: make([]int, len(p.cells))}
	for i := range p.cells {
		c.order = append(c.order, i)
	}
	d.shuffle(c.order)
	return c
}

// greedy fills the places one by one with whatever costs least just then.
func (c *climb) greedy() *state {
	s := c.p.empty()
	left := c.p.places
	for i := range c.p.cells {
		for range c.p.cells[i].lo {
			s.add(i, 1)
			left--
		}
	}
	for ; left > 0; left-- {
		best, at := int64(0), -1
		for _, i := range c.order {
			if s.x[i] == c.p.cells[i].hi {
				continue
			}
			cost := int64(0)
			for _, g := range c.p.cells[i].groups {
				f, n := c.p.groups[g].cost, s.n[g]
				cost += f[n+1] - f[n]
			}
			if at < 0 || cost < best {
				best, at = cost, i
			}
		}
		s.add(at, 1)
	}
	return s
}

// begin makes s the current choice.
func (c *climb) begin(s *state) {
	c.current, c.outs, c.ins = s, c.outs[:0], c.ins[:0]
	for _, i := range c.order {
		c.outs0[i], c.ins0[i] = -1, -1
		c.list(i)
	}
}

// list keeps the two lists true for cell i.
func (c *climb) list(i int) {
	x := c.current.x[i]
	c.outs = keep(c.outs, c.outs0, i, x > c.p.cells[i].lo)
	c.ins = keep(c.ins, c.ins0, i, x < c.p.cells[i].hi)
}

func keep(list []int, at []int, i int, in bool) []int {
	switch {
	case in && at[i] < 0:
		at[i] = len(list)
		return append(list, i)
	case !in && at[i] >= 0:
		last := list[len(list)-1]
		list[at[i]], at[last] = last, at[i]
		at[i] = -1
		return list[:len(list)-1]
	}
	return list
}

func (c *climb) swap(from, to int) {
	c.current.swap(from, to)
	c.list(from)
	c.list(to)
}

// late is how many exchanges ago the result is compared with.
const late = 300

// run takes up to steps exchanges and returns the best choice seen. It ends
// when the cost is goal: nothing can be better.
func (c *climb) run(steps int, goal int64) *state {
	best := c.current.clone()
	var past [late]int64
	for i := range past {
		past[i] = c.current.cost
	}
	for i := 0; i < steps && best.cost > goal && len(c.outs) > 0 && len(c.ins) > 0; i++ {
		c.steps++
		from, to := c.outs[c.d.upTo(len(c.outs))], c.ins[c.d.upTo(len(c.ins))]
		if from == to {
			continue
		}
		cost := c.current.swapped(from, to)
		if at := i % late; cost <= c.current.cost || cost <= past[at] {
			c.swap(from, to)
		}
		past[i%late] = min(past[i%late], c.current.cost)
		if c.current.cost < best.cost {
			best = c.current.clone()
		}
	}
	return best
}

// settle takes every exchange that makes the choice better until there is none.
func (c *climb) settle(s *state) *state {
	c.begin(s)
	for better := true; better; {
		better = false
		for i := 0; i < len(c.outs); i++ {
			for j := 0; j < len(c.ins) && i < len(c.outs); j++ {
				c.steps++
				if from, to := c.outs[i], c.ins[j]; from != to && s.swapped(from, to) < s.cost {
					c.swap(from, to)
					better = true
				}
			}
		}
	}
	return s
}

// wander exchanges places that may be exchanged without any cost, so that among
// equally good choices the lottery decides and not the order of the search.
func (c *climb) wander(s *state, steps int) *state {
	c.begin(s)
	for i := 0; i < steps && len(c.outs) > 0 && len(c.ins) > 0; i++ {
		c.steps++
		from, to := c.outs[c.d.upTo(len(c.outs))], c.ins[c.d.upTo(len(c.ins))]
		if from != to && s.swapped(from, to) == s.cost {
			c.swap(from, to)
		}
	}
	return s
}
