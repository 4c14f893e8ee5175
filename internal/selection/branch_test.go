package selection

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// random makes a problem: attributes with some values each, applicants spread
// unevenly over them, targets that may not be reachable, and some rules.
func random(r *rand.Rand, applicants, places int, values []int, rules int) *problem {
	p := &problem{places: places}
	var spreads []spread
	var first []int
	for _, n := range values {
		first = append(first, len(p.groups))
		w := int64(1 + r.IntN(3))
		s := spread{weight: w}
		for range n {
			target := r.IntN(2*places/n + 1)
			if r.IntN(12) == 0 {
				target = -1
				s.open = true
			}
			s.sum += max(target, 0)
			g := group{cost: costs(places, target, r.IntN(3), w), max: unlimited}
			if r.IntN(10) == 0 {
				g.max = r.IntN(places + 1)
			}
			p.groups = append(p.groups, g)
		}
		spreads = append(spreads, s)
	}
	for range rules {
		lo := r.IntN(2)
		p.groups = append(p.groups, group{cost: make([]int64, places+1), min: lo, max: lo + r.IntN(places)})
	}
	at := map[string]int{}
	for range applicants {
		var vs []int
		var gs []int32
		for a, n := range values {
			v := min(r.IntN(n), r.IntN(n)) // the first values are frequent
			vs = append(vs, v)
			gs = append(gs, int32(first[a]+v))
		}
		key := fmt.Sprint(vs)
		i, ok := at[key]
		if !ok {
			i = len(p.cells)
			at[key] = i
			for x := range rules {
				if r.IntN(3) == 0 {
					gs = append(gs, int32(len(p.groups)-rules+x))
				}
			}
			p.cells = append(p.cells, cell{values: vs, groups: gs})
		}
		c := &p.cells[i]
		switch {
		case r.IntN(15) == 0: // barred
		case r.IntN(25) == 0: // pinned
			c.lo++
			c.hi++
		default:
			c.hi++
		}
	}
	p.finish(spreads)
	return p
}

// brute tries every choice and returns the least cost.
func (p *problem) brute() (best int64, ok bool) {
	s := p.empty()
	best = 1 << 60
	var try func(c, left int)
	try = func(c, left int) {
		if c == len(p.cells) {
			if left == 0 {
				ok = true
				best = min(best, s.cost)
			}
			return
		}
		done := int32(0)
		for n := int32(0); n <= p.cells[c].hi && int(n) <= left; n++ {
			if n > 0 {
				s.add(c, 1)
				done++
			}
			if n >= p.cells[c].lo {
				try(c+1, left-int(n))
			}
		}
		s.add0(c, done)
	}
	try(0, p.places)
	return best, ok
}

func (s *state) add0(c int, done int32) {
	for range done {
		s.add(c, -1)
	}
}

// TestBruteForce: on 200 small calls the search is as good as trying every choice, and says so.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2022, 50))
	nodes, none, conflicts, compared := 0, 0, 0, 0
	for i := 0; compared < 200; i++ {
		p := random(r, 6+r.IntN(12), 2+r.IntN(6), []int{2 + r.IntN(4), 2 + r.IntN(4), 2 + r.IntN(3), 2 + r.IntN(2)}, r.IntN(3))
		want, ok := p.brute()
		got, found := p.solve(fmt.Sprint(i), Effort{Exchanges: 300, Starts: 2, Rounds: 100, Nodes: 20000})
		if found != ok {
			t.Fatalf("call %d: found %v, brute force %v", i, found, ok)
		}
		if !ok {
			none++
			continue
		}
		if got.conflict != (p.broken(want) > 0) {
			t.Errorf("call %d: conflict %v, brute force breaks rules by %d", i, got.conflict, p.broken(want))
		}
		if got.conflict {
			conflicts++
			continue
		}
		compared++
		if got.state.cost != want || got.bound != want {
			t.Errorf("call %d: cost %d, bound %d after %d nodes; brute force %d", i, got.state.cost, got.bound, got.nodes, want)
		}
		nodes += got.nodes
	}
	t.Logf("%d nodes in all, %d calls without any choice, %d with rules that contradict", nodes, none, conflicts)
}

// BenchmarkHard proves choices whose targets are drawn at random, so that many cannot be met.
func BenchmarkHard(b *testing.B) {
	r := rand.New(rand.NewPCG(2022, 9))
	proved, nodes, n := 0, 0, 0
	for b.Loop() {
		p := random(r, 152, 50, []int{8, 9, 6, 4}, 1)
		got, ok := p.solve(fmt.Sprint(n), DefaultEffort)
		n++
		if ok {
			nodes += got.nodes
		}
		if !ok || got.conflict || got.proved() {
			proved++
		}
	}
	b.ReportMetric(100*float64(proved)/float64(n), "%proved")
	b.ReportMetric(float64(nodes)/float64(n), "nodes/op")
}
