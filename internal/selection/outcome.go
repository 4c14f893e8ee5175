package selection

import (
	"fmt"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// outcome says who is chosen, who is in reserve, who waits, and why.
func (c *chooser) outcome(o *Outcome) {
	p, s := c.problem, c.sol.state
	o.Deviation, o.Bound = int(s.cost), int(c.sol.bound)
	o.Chosen, o.Reserves, o.Waiting = []string{}, []string{}, []string{}
	o.Proved, o.Gap = c.sol.proved(), Gap(o.Deviation, o.Bound)
	o.Nodes, o.Exchanges = c.sol.nodes, c.sol.steps
	for _, w := range c.sol.log {
		o.Log = append(o.Log, w.text())
	}
	for g := range c.aims {
		a := c.aims[g]
		a.Chosen = int(s.n[g])
		a.Deviation = int(p.groups[g].cost[s.n[g]])
		o.Aims = append(o.Aims, a)
	}
	for i, r := range c.Quotas.Rules {
		o.Rules = append(o.Rules, RuleOutcome{r.Name, r.Min, r.Max, int(s.n[len(c.aims)+i])})
	}
	for at, list := range c.members {
		for _, i := range list[:s.x[at]] {
			c.fates[i] = Chosen
		}
	}
	out, in := c.exchanges()
	rank := c.reserve(o, in)
	for i, l := range c.Applicants {
		d := Decision{ID: l.ID, Fate: c.fates[i], Lot: c.lots[i], Rank: rank[i]}
		d.Reason = c.reason(i, out, in)
		o.Decisions = append(o.Decisions, d)
		if d.Fate == Chosen {
			o.Chosen = append(o.Chosen, l.ID)
		}
	}
}

// Gap is (deviation − bound) / deviation in percent, rounded up.
func Gap(deviation, bound int) string {
	if deviation <= bound {
		return "0.00%"
	}
	n := ((deviation-bound)*10_000 + deviation - 1) / deviation
	return fmt.Sprintf("%d.%02d%%", n/100, n%100)
}

// never stands for an exchange that there is not.
const never = int64(1) << 60

// exchanges tells for each cell what it costs at least to give up one of its
// places (out), and to give it one more (in).
func (c *chooser) exchanges() (out, in []int64) {
	p, s := c.problem, c.sol.state
	n := len(p.cells)
	out, in = make([]int64, n), make([]int64, n)
	for i := range n {
		out[i], in[i] = never, never
	}
	for a := range n {
		if s.x[a] <= p.cells[a].lo {
			continue
		}
		for b := range n {
			if a == b || s.x[b] >= p.cells[b].hi {
				continue
			}
			d := s.swapped(a, b) - s.cost
			out[a], in[b] = min(out[a], d), min(in[b], d)
		}
	}
	return out, in
}

// candidates is from how many cells reserves are taken at most.
const candidates = 400

// reserve names the reserves – each the one that, with those before it, best
// replaces any of the chosen who may drop out – and the order of the others.
func (c *chooser) reserve(o *Outcome, in []int64) (rank []int) {
	p, s := c.problem, c.sol.state
	rank = make([]int, len(c.Applicants))
	rest := make([][]int, len(p.cells)) // the members still to be named
	var cells []int
	for at, list := range c.members {
		if rest[at] = list[s.x[at]:]; len(rest[at]) > 0 {
			cells = append(cells, at)
		}
	}
	slices.SortStableFunc(cells, func(a, b int) int {
		if in[a] != in[b] {
			return int(max(-1, min(1, in[a]-in[b])))
		}
		return strings.Compare(c.lots[rest[a][0]], c.lots[rest[b][0]])
	})
	few := cells[:min(len(cells), candidates)]
	var from []int
	for at, x := range s.x {
		if x > 0 {
			from = append(from, at)
		}
	}
	replaced := make([][]int64, len(few)) // the cost after one of from was replaced by one of few
	for i, b := range few {
		for _, a := range from {
			replaced[i] = append(replaced[i], s.swapped(a, b))
		}
	}
	covered := make([]int64, len(from))
	uncover := func() {
		for i := range covered {
			covered[i] = never / int64(c.Places+1)
		}
	}
	uncover()
	wanted := (c.Places + 4) / 5
	if c.Quotas.Reserves != nil {
		wanted = *c.Quotas.Reserves
	}
	total := func(i int) (sum int64) {
		for j, a := range from {
			sum += int64(s.x[a]) * min(covered[j], replaced[i][j])
		}
		return sum
	}
	for fresh := true; len(o.Reserves) < wanted; {
		now := int64(0)
		for j, a := range from {
			now += int64(s.x[a]) * covered[j]
		}
		best, at := int64(0), -1
		for i := range few {
			if len(rest[few[i]]) == 0 {
				continue
			}
			sum := total(i)
			if at < 0 || sum < best || sum == best && c.lots[rest[few[i]][0]] < c.lots[rest[few[at]][0]] {
				best, at = sum, i
			}
		}
		if at < 0 {
			break
		}
		if best == now && !fresh { // nobody adds anything: cover everything once more
			uncover()
			fresh = true
			continue
		}
		fresh = false
		i := rest[few[at]][0]
		rest[few[at]] = rest[few[at]][1:]
		for j := range covered {
			covered[j] = min(covered[j], replaced[at][j])
		}
		c.fates[i] = Reserve
		o.Reserves = append(o.Reserves, c.Applicants[i].ID)
		rank[i] = len(o.Reserves)
	}
	var waiting []int
	for _, at := range cells {
		waiting = append(waiting, rest[at]...)
	}
	slices.SortFunc(waiting, func(i, j int) int {
		if a, b := in[c.cellOf[i]], in[c.cellOf[j]]; a != b {
			return int(max(-1, min(1, a-b)))
		}
		return strings.Compare(c.lots[i], c.lots[j])
	})
	for n, i := range waiting {
		c.fates[i] = Waiting
		o.Waiting = append(o.Waiting, c.Applicants[i].ID)
		rank[i] = n + 1
	}
	return rank
}

// reason says why an applicant met its fate.
func (c *chooser) reason(i int, out, in []int64) i18n.Text {
	switch c.fates[i] {
	case Ineligible:
		if why := c.Applicants[i].Why; len(why) > 0 {
			return both(why)
		}
		return t("応募の資格を満たしていません。").text()
	case Barred:
		return t("事務局が対象から除きました。理由: {note}", "note", c.note(i)).text()
	case Represented:
		return t("同じ事業者の別のサイトが、くじか事務局の指定で選ばれ、そのサイトだけが対象になりました。").text()
	}
	at := c.cellOf[i]
	list, x := c.members[at], int(c.sol.state.x[at])
	lo := int(c.problem.cells[at].lo)
	lots, places := len(list)-lo, x-lo
	rank := slices.Index(list, i) + 1 - lo
	if c.marks[i] != nil {
		return t("事務局が指定しました。理由: {note}", "note", c.note(i)).text()
	}
	var parts []i18n.Text
	say := func(w Words) { parts = append(parts, w.text()) }
	switch {
	case c.fates[i] == Chosen && lots == places:
		say(t("この組み合わせの応募 {n} 件は、すべて選ばれました。", "n", num(lots)))
	case c.fates[i] == Chosen:
		say(t("この組み合わせの {n} 件から {k} 件を、くじで選びました（{rank} 番目）。", "n", num(lots), "k", num(places), "rank", num(rank)))
	case places > 0:
		say(t("この組み合わせの {n} 件から {k} 件を、くじで選び、外れました（{rank} 番目）。", "n", num(lots), "k", num(places), "rank", num(rank)))
	}
	switch d := in[at]; {
	case c.fates[i] == Chosen && out[at] > 0 && out[at] < c.problem.hard:
		say(t("この組み合わせを1件減らすと、ほかのどの応募に替えても、ずれが {d} 以上増えます。", "d", num(int(out[at]))))
	case c.fates[i] == Chosen && out[at] <= 0:
		say(t("ずれを変えずに替えられる応募がほかにもあり、その間はくじで決まりました。"))
	case c.fates[i] == Chosen && out[at] < never:
		say(t("この組み合わせを1件減らすと、下限・上限か規則を守れなくなります。"))
	case c.fates[i] == Chosen:
	case d <= 0:
		say(t("ずれを変えずに選べる応募がほかにもあり、その間のくじで外れました。"))
	case d < c.problem.hard:
		say(t("この組み合わせを1件増やすと、選んだどの応募と替えても、ずれが {d} 以上増えます。", "d", num(int(d))))
		if full := c.full(at); full.JA != "" {
			parts = append(parts, full)
		}
	case d < never:
		say(t("この組み合わせを1件増やすと、下限・上限か規則を守れなくなります。"))
	}
	if len(parts) == 0 {
		say(t("選ばれた応募は、すべて事務局の指定です。"))
	}
	var ja, en []string
	for _, x := range parts {
		ja, en = append(ja, x.JA), append(en, x.EN)
	}
	return i18n.Text{JA: strings.Join(ja, ""), EN: strings.Join(en, " ")}
}

// full names the values of a cell of which as many are chosen as are wanted.
func (c *chooser) full(at int) i18n.Text {
	var names []i18n.Text
	for _, g := range c.problem.cells[at].groups {
		if int(g) < len(c.aims) && c.aims[g].Target != nil && int(c.sol.state.n[g]) >= *c.aims[g].Target {
			names = append(names, c.groupName(int(g)))
		}
	}
	if len(names) == 0 {
		return i18n.Text{}
	}
	return t("目標の数に達しているもの: {names}。").with("names", both(names)).text()
}

func (c *chooser) note(i int) string {
	if m := c.marks[i]; m != nil {
		return m.Note
	}
	return ""
}
