package selection

import "slices"

// MoveUp is what it means for the balance when one of those who wait takes a
// place that became free.
type MoveUp struct {
	ID        string
	Fate      Fate // Reserve or Waiting
	Rank      int
	Deviation int // with it
	Breaks    int // places by which hard rules are broken then
}

// MoveUps tells for a choice of which some have left and others moved up how far
// those who stay are from the aims, and for each who may take a place what comes
// of it: the reserves in their order or, when none is left, who waits behind them.
func (r *Record) MoveUps(chosen, free func(id string) bool) (now MoveUp, list []MoveUp) {
	aims, rules := len(r.Outcome.Aims), r.Call.Quotas.Rules
	counts := make([]int, aims+len(rules))
	groups := func(l *Line) []int { return r.Call.groups(l) }
	lines := map[string]*Line{}
	for i := range r.Call.Applicants {
		l := &r.Call.Applicants[i]
		lines[l.ID] = l
		if chosen(l.ID) {
			for _, g := range groups(l) {
				counts[g]++
			}
		}
	}
	now.Deviation, now.Breaks = r.far(counts)
	try := func(ids []string, fate Fate) {
		for rank, id := range ids {
			if chosen(id) || !free(id) {
				continue
			}
			more := slices.Clone(counts)
			for _, g := range groups(lines[id]) {
				more[g]++
			}
			m := MoveUp{ID: id, Fate: fate, Rank: rank + 1}
			m.Deviation, m.Breaks = r.far(more)
			list = append(list, m)
		}
	}
	if try(r.Outcome.Reserves, Reserve); len(list) == 0 {
		try(r.Outcome.Waiting, Waiting)
	}
	return now, list
}

// Fitting is the first of those who may move up with whom no more hard rules
// are broken than must be; -1: there is none.
func Fitting(list []MoveUp) int {
	best := -1
	for i, m := range list {
		if best < 0 || m.Breaks < list[best].Breaks {
			best = i
		}
	}
	return best
}

// groups are the aims and, behind them, the rules that count an applicant.
func (c *Call) groups(l *Line) (out []int) {
	var vs []int
	at := 0
	for i, a := range c.Attributes {
		v := a.index(l.Values[i])
		vs = append(vs, v)
		out = append(out, at+v)
		at += len(a.Values)
	}
	for i := range c.Quotas.Rules {
		if c.Quotas.Rules[i].names(c.Attributes, vs) {
			out = append(out, at+i)
		}
	}
	return out
}

// far is the deviation of counts from the aims, and by how many places they
// break the limits of values and the rules.
func (r *Record) far(counts []int) (deviation, breaks int) {
	limit := func(n int, low, high *int) {
		breaks += max(0, deref(low, 0)-n, n-deref(high, unlimited))
	}
	for i := range r.Outcome.Aims {
		a := &r.Outcome.Aims[i]
		if a.Target != nil {
			off := abs(counts[i] - *a.Target)
			deviation += a.Weight * (off + beyond*max(0, off-a.Tolerance))
		}
		limit(counts[i], a.Min, a.Max)
	}
	for i, rule := range r.Call.Quotas.Rules {
		limit(counts[len(r.Outcome.Aims)+i], rule.Min, rule.Max)
	}
	return deviation, breaks
}
