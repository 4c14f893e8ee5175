package programme

import (
	"maps"
	"time"
)

// Measure is what is counted of the cases of a programme.
type Measure string

// The measures. All but Awaiting are counted for each step.
const (
	Standing Measure = "at"      // cases that stand at the step
	Reached  Measure = "reached" // cases that have come to it
	Finished Measure = "done"    // cases that have done it
	Overdue  Measure = "late"    // cases that stand at it after its planned day
	Intended Measure = "planned" // cases that were to have done it, by the plan as it is now
	Awaiting Measure = "awaits"  // cases that wait for a party
)

// Tally is how the count of one thing changes on one day. All counts as of a
// day are the sums of the tallies up to it, so that none needs to look at the cases.
type Tally struct {
	Day     time.Time // as DayOf
	Measure Measure
	Of      string // the step, or the party
}

// Counts are changes of counts, or with one day counts themselves.
type Counts map[Tally]int

// Add joins further changes.
func (n Counts) Add(more Counts) {
	for k, v := range more {
		if n[k] += v; n[k] == 0 {
			delete(n, k)
		}
	}
}

func (n Counts) put(day time.Time, m Measure, of string, by int) {
	n.Add(Counts{{day, m, of}: by})
}

// reached says whether the case counts as having come to a step. Who applied
// has applied, whatever came of it; but of the five steps those who declined or
// were stopped do not count, so that 「50サイト中」 stays fifty when another shop
// takes the place.
func (c *Case) reached(s Step) bool {
	at := c.Step
	if c.Left != "" {
		at = c.Left
	}
	if s.ofTheFive() && (c.Ending == EndingDeclined || c.Ending == EndingStopped) {
		return false
	}
	return at != "" && !at.before(s)
}

// finished says whether the case counts as having done a step.
func (c *Case) finished(s Step) bool { return c.reached(s) && !c.Done[s].IsZero() }

// Change says how the counts change when a case goes from one state to the next
// at a moment. before is the zero Case when it begins.
func Change(before, after *Case, at time.Time) Counts {
	n := Counts{}
	today := DayOf(at)
	for _, s := range OpenSteps {
		for _, x := range []struct {
			c  *Case
			by int
		}{{before, -1}, {after, +1}} {
			if x.c.Step == s {
				n.put(today, Standing, string(s), x.by)
			}
			if x.c.reached(s) {
				n.put(today, Reached, string(s), x.by)
			}
			if x.c.finished(s) {
				n.put(today, Finished, string(s), x.by)
			}
			// Who is in time today will be late on the day after the planned one,
			// if nothing happens; what happens takes that back.
			plan := x.c.Plan[s]
			if plan.IsZero() {
				continue
			}
			if x.c.Step == s {
				n.put(later(today, DayOf(plan).AddDate(0, 0, 1)), Overdue, string(s), x.by)
			}
			if x.c.intends(s) {
				n.put(DayOf(plan), Intended, string(s), x.by)
			}
		}
	}
	for _, s := range []Step{StepEnd, StepDeclined} {
		if before.Step == s {
			n.put(today, Standing, string(s), -1)
		}
		if after.Step == s {
			n.put(today, Standing, string(s), +1)
		}
	}
	if before.Awaits != WaitsNobody {
		n.put(today, Awaiting, string(before.Awaits), -1)
	}
	if after.Awaits != WaitsNobody {
		n.put(today, Awaiting, string(after.Awaits), +1)
	}
	return n
}

// intends says that the plan of the step is still one: the case is on its way
// or has done it.
func (c *Case) intends(s Step) bool { return c.Step.Open() || c.finished(s) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Progress is where a programme stands on a day.
type Progress struct {
	Day time.Time
	// Places are the cases that go through the five steps: the 「50サイト中」 of a report.
	Places int
	Steps  map[Step]StepCount
	Awaits map[Party]int
}

// StepCount are the counts of one step.
type StepCount struct{ At, Reached, Done, Late, Planned int }

// Late is how many cases are late at any step.
func (p *Progress) Late() (n int) {
	for s := range p.Steps {
		n += p.Steps[s].Late
	}
	return n
}

// Cases is how many cases there are, closed ones too.
func (p *Progress) Cases() (n int) {
	for s := range p.Steps {
		n += p.Steps[s].At
	}
	return n
}

// ProgressOf sums tallies up to a day.
func ProgressOf(n Counts, day time.Time) Progress {
	day = DayOf(day)
	p := Progress{Day: day, Steps: map[Step]StepCount{}, Awaits: map[Party]int{}}
	for k, by := range n {
		if k.Day.After(day) {
			continue
		}
		if k.Measure == Awaiting {
			p.Awaits[Party(k.Of)] += by
			continue
		}
		s := p.Steps[Step(k.Of)]
		switch k.Measure {
		case Standing:
			s.At += by
		case Reached:
			s.Reached += by
		case Finished:
			s.Done += by
		case Overdue:
			s.Late += by
		case Intended:
			s.Planned += by
		}
		p.Steps[Step(k.Of)] = s
	}
	maps.DeleteFunc(p.Steps, func(_ Step, s StepCount) bool { return s == StepCount{} })
	maps.DeleteFunc(p.Awaits, func(_ Party, n int) bool { return n == 0 })
	p.Places = p.Steps[Step1].Reached
	return p
}
