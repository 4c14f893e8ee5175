package probe

import (
	"errors"
	"math"
	"slices"
	"time"
)

// How times are judged.
//
// That an answer is late proves nothing: shops have slow moments, locks, caches
// and neighbours. What no slow moment can do is follow numbers that were drawn
// by lot after it began. So the seconds of each request are drawn, and the
// answers are bet on: a time names at most one number of seconds (its distance
// from the floor in whole units), and if the shop does not obey the number, it
// names the drawn one of k with a chance of at most 1/k – whatever its times
// are, however they hang together, and whatever was seen before. The bet is
// fair or worse for us then: an answer that names the drawn number multiplies
// the stake by right(k), one that names a longer delay by late, with
// right(k)/k + late·(k−1)/k = 1. By Ville's inequality a stake that is a fair
// game's reaches 1/p at any time with a chance of at most p, so stopping as
// soon as it is enough is allowed. The floor must not know the draw: it comes
// from requests before it. An answer that names a shorter delay than asked for
// contradicts the fault and ends the matter.
const (
	luck  = 1e-4 // chance that a place in order is taken for a faulty one
	late  = 0.2  // what is left of the stake after a late answer
	early = 400 * time.Millisecond
	// mostLate answers make a place too unsteady to be judged.
	mostLate   = 6
	mostClocks = 40
	floors     = 4 // the latest values that the floor is the least of
	// longest is the sum of seconds that one request may make the shop wait.
	longest = 3
	second  = time.Second
)

func right(k int) float64 { return float64(k) - late*float64(k-1) }

var (
	// errUnsteady: answers were late too often to tell a delay from chance.
	errUnsteady = errors.New("times vary too much")
	// errTooLong: the place waits for much longer than it was asked to.
	errTooLong = errors.New("waits longer than asked")
)

// clock is one request of a measurement: the seconds it named, the time it took.
type clock struct {
	seconds int
	took    time.Duration
	agrees  bool
}

// fit is a measurement in which the times followed the seconds.
type fit struct {
	clocks []clock
	times  int     // how many times the value was carried out in one request
	slope  float64 // seconds of time for each second that was named
	floor  float64 // seconds without delay
	spread float64 // of the residuals, in seconds
	odds   float64 // the stake: one in so many is the chance of luck
}

// agreed counts the requests that took the time they named.
func (f *fit) agreed() int {
	n := 0
	for _, c := range f.clocks {
		if c.agrees {
			n++
		}
	}
	return n
}

// measure asks for delays until luck is ruled out. A nil fit means that the
// place does not obey. ask sends one value that names seconds; draw gives a
// number below n by lot.
func measure(ask func(seconds int) (time.Duration, error), draw func(n int) int) (*fit, error) {
	m := &measurement{ask: ask, f: &fit{odds: 1}}
	ok, err := m.begin()
	if err != nil || !ok {
		return nil, err
	}
	levels := longest/m.f.times + 1
	lates := 0
	for len(m.f.clocks) < mostClocks {
		if len(m.f.clocks)%3 == 0 { // a control at a fixed place, so that it says nothing of the draw
			if _, err := m.control(); err != nil {
				return nil, err
			}
		}
		d := draw(levels)
		floor := m.floor()
		took, err := ask(d)
		if err != nil {
			return nil, err
		}
		unit := time.Duration(m.f.times) * second
		names := max(0, int(math.Floor(float64(took-floor+early)/float64(unit))))
		m.f.clocks = append(m.f.clocks, clock{d, took, names == d})
		switch {
		case names < d:
			return nil, nil
		case names > d:
			m.f.odds *= late
			if lates++; lates > mostLate {
				return nil, errUnsteady
			}
			continue
		}
		m.f.odds *= right(levels)
		m.rests = append(m.rests, took-time.Duration(d)*unit)
		if m.f.odds >= 1/luck && m.f.line(levels) {
			return m.f, nil
		}
	}
	return nil, errUnsteady
}

type measurement struct {
	ask   func(seconds int) (time.Duration, error)
	f     *fit
	rests []time.Duration // times without their delays, the latest last
}

func (m *measurement) floor() time.Duration {
	return slices.Min(m.rests[max(0, len(m.rests)-floors):])
}

func (m *measurement) control() (time.Duration, error) {
	took, err := m.ask(0)
	m.rests = append(m.rests, took)
	return took, err
}

// begin tells in one request, seldom more, whether it is worth measuring: an
// answer that comes before the second is over has not waited for it.
func (m *measurement) begin() (bool, error) {
	first, err := m.ask(1)
	if err != nil || first < second*95/100 {
		return false, err
	}
	for range 2 { // a control may have met a slow moment
		if _, err := m.control(); err != nil {
			return false, err
		}
		if lag := first - m.floor(); lag >= second/2 && lag < 3*second/2 {
			break
		}
	}
	if first-m.floor() < second/2 {
		return false, nil
	}
	again, err := m.ask(1)
	if err != nil {
		return false, err
	}
	lag := min(first, again) - m.floor()
	if lag < second/2 {
		return false, nil
	}
	// Programs that count and then list carry the value out twice.
	m.f.times = max(1, int((lag+early)/second))
	if m.f.times > longest {
		return false, errTooLong
	}
	return true, nil
}

// line fits the times that agree by least squares and says whether the line is
// as it must be: a slope of one for each time the value was carried out, and
// residuals that are small beside a second. It needs delays of three lengths
// where there are as many.
func (f *fit) line(levels int) bool {
	var n, sx, sy, sxx, sxy float64
	seen := map[int]bool{}
	for _, c := range f.clocks {
		if !c.agrees {
			continue
		}
		x, y := float64(c.seconds), c.took.Seconds()
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
		seen[c.seconds] = true
	}
	if len(seen) < min(3, levels) || !seen[0] {
		return false
	}
	f.slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	f.floor = (sy - f.slope*sx) / n
	var rest float64
	for _, c := range f.clocks {
		if c.agrees {
			e := c.took.Seconds() - f.floor - f.slope*float64(c.seconds)
			rest += e * e
		}
	}
	f.spread = math.Sqrt(rest / n)
	return math.Abs(f.slope/float64(f.times)-1) < 0.25 && f.spread < 0.35
}
