package selection

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// chooser is a call in the making of its outcome.
type chooser struct {
	*Call
	lots    []string
	values  [][]int       // of each applicant, by attribute
	marks   map[int]*Mark // by applicant
	fates   []Fate        // "" while the choice is open
	problem *problem
	cellOf  []int   // of each applicant, -1: none
	members [][]int // of each cell those who can be chosen, pinned first, then by lot
	aims    []Aim
	sol     *solution
}

// Select makes the choice of a call: the same each time, on every machine.
func (c *Call) Select() (*Record, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	ch := &chooser{Call: c}
	if err := ch.prepare(); err != nil {
		return nil, err
	}
	if err := ch.choose(); err != nil {
		return nil, err
	}
	r := &Record{Format: RecordFormat, Version: 1, Engine: engine, Call: *c}
	ch.outcome(&r.Outcome)
	if len(c.Marks) > 0 {
		costs, err := ch.markCosts()
		if err != nil {
			return nil, err
		}
		r.Outcome.Marks = costs
	}
	return r, r.seal()
}

// prepare counts, settles who can be chosen at all, and works out the aims.
func (c *chooser) prepare() error {
	n := len(c.Applicants)
	c.fates, c.cellOf = make([]Fate, n), make([]int, n)
	c.marks = map[int]*Mark{}
	index := map[string]int{}
	for i, l := range c.Applicants {
		index[l.ID] = i
		c.cellOf[i] = -1
		c.lots = append(c.lots, Lot(c.Seed, l.ID))
		var vs []int
		for a, v := range l.Values {
			vs = append(vs, c.Attributes[a].index(v))
		}
		c.values = append(c.values, vs)
		if !l.Eligible {
			c.fates[i] = Ineligible
		}
	}
	for i := range c.Marks {
		c.marks[index[c.Marks[i].ID]] = &c.Marks[i]
	}
	if err := c.represent(); err != nil {
		return err
	}
	applied, eligible := c.tally(func(int) bool { return true }), c.tally(func(i int) bool { return c.fates[i] == "" })
	there, free := 0, 0
	for i := range c.fates {
		if c.fates[i] != "" {
			continue
		}
		there++
		if m := c.marks[i]; m != nil && !m.Pin && c.fates[i] == "" {
			c.fates[i] = Barred
		} else {
			free++
		}
	}
	if free < c.Places {
		return fault(t("選べる応募は {n} 件で、選ぶ数 {places} に足りません（応募 {all} 件、資格あり {there} 件）。選ぶ数を減らすか、除外と資格の判定を見直してください。", "n", num(free), "places", num(c.Places), "all", num(n), "there", num(there)))
	}
	aims, err := c.Quotas.aims(c.Attributes, c.Places, applied, eligible)
	c.aims = aims
	return err
}

// tally counts applicants by attribute and value.
func (c *chooser) tally(of func(int) bool) [][]int {
	var out [][]int
	for _, a := range c.Attributes {
		out = append(out, make([]int, len(a.Values)))
	}
	for i, vs := range c.values {
		if of(i) {
			for a, v := range vs {
				out[a][v]++
			}
		}
	}
	return out
}

// represent leaves one shop of each operator in the choice, where the office
// wants it so: a pinned one, or the first by lot.
func (c *chooser) represent() error {
	if !c.Quotas.OnePerOperator {
		return nil
	}
	first := map[string]int{}
	for _, pass := range []bool{true, false} {
		for i, l := range c.Applicants {
			m := c.marks[i]
			if l.Operator == "" || c.fates[i] != "" || m != nil && !m.Pin || (m != nil) != pass {
				continue
			}
			j, taken := first[l.Operator]
			switch {
			case !taken:
				first[l.Operator] = i
			case pass:
				return fault(t("同じ事業者の2つのサイト（{a}、{b}）が、どちらも指定されています。1事業者1サイトの規則を外すか、指定を1つにしてください。", "a", c.Applicants[j].ID, "b", l.ID))
			case c.marks[j] == nil && c.lots[i] < c.lots[j]:
				c.fates[j] = Represented
				first[l.Operator] = i
			default:
				c.fates[i] = Represented
			}
		}
	}
	return nil
}

// choose builds the problem and solves it.
func (c *chooser) choose() error {
	if err := c.build(); err != nil {
		return err
	}
	var ok bool
	if c.sol, ok = c.problem.solve(c.Seed, c.Effort); !ok {
		return fault(t("指定された応募が {n} 件あり、選ぶ数 {places} を超えています。指定を減らしてください。", "n", num(c.pinned()), "places", num(c.Places)))
	}
	p := c.problem
	if p.broken(c.sol.state.cost) == 0 {
		return nil
	}
	var broken []i18n.Text
	for g := range p.groups {
		if n := int(c.sol.state.n[g]); n < p.groups[g].min || n > p.groups[g].max {
			broken = append(broken, t("{name}（{n} 件）", "n", num(n)).with("name", c.groupName(g)).text())
		}
	}
	if c.sol.conflict {
		return fault(t("下限・上限と規則をすべて守る選び方はありません。いちばん近い選び方でも守れないもの: {names}。どれかを緩めるか、指定・除外を見直してください。").with("names", both(broken)))
	}
	return fault(t("下限・上限と規則をすべて守る選び方が見つかりませんでした。守れなかったもの: {names}。どれかを緩めるか、--nodes で探す手間を増やしてください。").with("names", both(broken)))
}

func (c *chooser) pinned() (n int) {
	for i := range c.Marks {
		if c.Marks[i].Pin {
			n++
		}
	}
	return n
}

// groupName says what a group counts.
func (c *chooser) groupName(g int) i18n.Text {
	if g >= len(c.aims) {
		name := c.Quotas.Rules[g-len(c.aims)].Name
		return i18n.Text{JA: name, EN: name}
	}
	for _, a := range c.Attributes {
		if a.ID == c.aims[g].Attribute {
			return a.Values[a.index(c.aims[g].Value)].Name
		}
	}
	return i18n.Text{}
}

// build reduces the call to cells and groups.
func (c *chooser) build() error {
	p := &problem{places: c.Places}
	var spreads []spread
	first := make([]int, len(c.Attributes))
	for a, at := 0, 0; a < len(c.Attributes); a++ {
		first[a] = at
		s := spread{}
		any := false
		for range c.Attributes[a].Values {
			x := &c.aims[at]
			target := -1
			if x.Target != nil {
				target, any = *x.Target, true
				s.sum += target
			} else {
				s.open = true
			}
			s.weight = int64(x.Weight)
			p.groups = append(p.groups, group{cost: costs(c.Places, target, x.Tolerance, int64(x.Weight)), min: deref(x.Min, 0), max: deref(x.Max, unlimited)})
			at++
		}
		if any {
			spreads = append(spreads, s)
		}
	}
	for _, r := range c.Quotas.Rules {
		p.groups = append(p.groups, group{cost: make([]int64, c.Places+1), min: deref(r.Min, 0), max: deref(r.Max, unlimited)})
	}
	byValues := map[string][]int{}
	var keys []string
	for i, vs := range c.values {
		if c.fates[i] != "" {
			continue
		}
		k := ""
		for _, v := range vs {
			k += fmt.Sprintf("%02d ", v)
		}
		if byValues[k] == nil {
			keys = append(keys, k)
		}
		byValues[k] = append(byValues[k], i)
	}
	slices.Sort(keys)
	c.members = nil
	for at, k := range keys {
		list := byValues[k]
		vs := c.values[list[0]]
		x := cell{values: vs, hi: int32(len(list))}
		for a, v := range vs {
			x.groups = append(x.groups, int32(first[a]+v))
		}
		for i := range c.Quotas.Rules {
			if c.Quotas.Rules[i].names(c.Attributes, vs) {
				x.groups = append(x.groups, int32(len(c.aims)+i))
			}
		}
		for _, i := range list {
			c.cellOf[i] = at
			if m := c.marks[i]; m != nil && m.Pin {
				x.lo++
			}
		}
		slices.SortFunc(list, func(i, j int) int {
			if a, b := c.marks[i] != nil, c.marks[j] != nil; a != b { // who is barred is not here
				if a {
					return -1
				}
				return 1
			}
			return strings.Compare(c.lots[i], c.lots[j])
		})
		c.members = append(c.members, list)
		p.cells = append(p.cells, x)
	}
	p.finish(spreads)
	c.problem = p
	if !p.fits() {
		return fault(t("選ぶ数に対して、重みや属性の値、規則が大きすぎます。重み（weight）を小さくするか、値か規則を減らしてください。"))
	}
	var errs []error
	for g := range p.groups {
		x := &p.groups[g]
		if x.hi < x.min {
			errs = append(errs, fault(t("「{name}」の下限は {min} ですが、選べる応募は {hi} 件しかありません。下限を下げるか、除外を見直してください。", "min", num(x.min), "hi", num(x.hi)).with("name", c.groupName(g))))
		}
		if x.lo > x.max {
			errs = append(errs, fault(t("「{name}」の上限は {max} ですが、指定された応募が {lo} 件あります。上限を上げるか、指定を減らしてください。", "max", num(x.max), "lo", num(x.lo)).with("name", c.groupName(g))))
		}
	}
	return errors.Join(errs...)
}

func deref(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// markCosts makes the choice again without marks, all and one by one.
func (c *chooser) markCosts() (*MarkCosts, error) {
	exact := c.sol.proved()
	solve := func(marks []Mark) (int, error) {
		call := *c.Call
		call.Marks = marks
		other := &chooser{Call: &call}
		if err := other.prepare(); err != nil {
			return 0, err
		}
		if err := other.choose(); err != nil {
			return 0, err
		}
		exact = exact && other.sol.proved()
		return int(other.sol.state.cost), nil
	}
	out := &MarkCosts{}
	var err error
	if out.Without, err = solve(nil); err != nil {
		return nil, err
	}
	// One by one takes a search for each: more than a dozen marks have only their sum.
	if len(c.Marks) <= 12 {
		for i, m := range c.Marks {
			n := out.Without
			if len(c.Marks) > 1 {
				if n, err = solve(slices.Delete(slices.Clone(c.Marks), i, i+1)); err != nil {
					return nil, err
				}
			}
			out.Each = append(out.Each, MarkCost{ID: m.ID, Cost: int(c.sol.state.cost) - n})
		}
	}
	out.Proved = exact
	return out, nil
}
