package view

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/selection"
	"miseban/internal/store"
)

// MostRules is how many hard rules a form offers.
const MostRules = 8

// TargetRules are the rules that give targets to values without one.
var TargetRules = []string{selection.Proportional, selection.Even, selection.Free}

// Selection is where the selection of a programme stands.
type Selection struct {
	ProgrammeHead
	Seed      *store.Seed
	Over      bool // the call
	Counts    map[programme.Stage]int
	Runs      []store.Selection
	Proposals []selection.Proposal
	Open      *selection.Proposal // what waits for approval
	Approved  *selection.Proposal // the choice that took effect
	Names     map[account.ID]string
	MayRun    bool
	MayAnswer bool
}

// late says that the seed was made when the call was over.
func (f Selection) late() bool { return !f.Seed.Made.Before(f.Programme.Until) }

func (f Selection) run(id account.ID) string { return f.url("/selection/runs/" + string(id)) }

// name is the number of a choice in words.
func (f Selection) name(ctx context.Context, id account.ID) string {
	for i := range f.Runs {
		if f.Runs[i].ID == id {
			return t(ctx, "第 {n} 回の試算", "n", number(f.Runs[i].Number))
		}
	}
	return t(ctx, "以前の試算")
}

// body names an organisation that takes part.
func (h ProgrammeHead) body(ctx context.Context, id account.ID) string {
	if id == h.Programme.Office {
		return t(ctx, "事務局")
	}
	for _, b := range h.Programme.Bodies {
		if b.ID == id {
			return b.Name
		}
	}
	return ""
}

func bodyNames(list []account.Organisation) (out []string) {
	for _, o := range list {
		out = append(out, o.Name)
	}
	return out
}

// proposed says what a proposal is about.
func (f Selection) proposed(ctx context.Context, x *selection.Proposal) string {
	if x.Kind == selection.OneMoveUp {
		return t(ctx, "受付番号 {n} の繰り上げ（ずれ {was} → {is}）", "n", x.Receipt, "was", number(x.Was), "is", number(x.Is))
	}
	return f.name(ctx, x.Selection)
}

func toneOfProposal(s selection.ProposalState) report.Tone {
	switch s {
	case selection.Pending:
		return report.Warn
	case selection.Approved:
		return report.Good
	case selection.SentBack:
		return report.Bad
	}
	return report.Neutral
}

// quality says how good a choice is known to be.
func quality(ctx context.Context, s *selection.Summary) string {
	return report.SelectionQuality(&selection.Outcome{Proved: s.Proved, Gap: s.Gap}, lang(ctx))
}

// Decided is one line of a choice with who it is.
type Decided struct {
	store.Place
	selection.Decision
	Values []string
}

// ChoiceSheet is one choice as the office sees it.
type ChoiceSheet struct {
	ProgrammeHead
	Run     store.Selection
	Before  *store.Selection // whose conditions it began with
	Fate    selection.Fate   // which part of the list is shown
	Counts  map[selection.Fate]int
	List    []Decided
	First   bool
	Next    string
	Free    bool // nothing is proposed or approved
	Signers []account.Organisation
	MayRun  bool
	// The form of marks.
	Receipt  string
	Note     string
	Bar      bool
	Problems account.Problems

	attributes []selection.Attribute
}

// choiceRows is how many lines of a choice a page shows.
const choiceRows = 50

// Fill takes over what the record says; after is where the page of its list begins.
func (f *ChoiceSheet) Fill(r *selection.Record, places []store.Place, after string) {
	f.attributes, f.Counts = r.Call.Attributes, map[selection.Fate]int{}
	if !slices.Contains(fates, f.Fate) {
		f.Fate = selection.Chosen
	}
	var some []int
	for i := range r.Outcome.Decisions {
		d := &r.Outcome.Decisions[i]
		f.Counts[d.Fate]++
		if d.Fate == f.Fate {
			some = append(some, i)
		}
	}
	by := byPseudonym(r, places)
	slices.SortStableFunc(some, func(i, j int) int {
		a, b := &r.Outcome.Decisions[i], &r.Outcome.Decisions[j]
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return strings.Compare(receiptOf(by, a.ID), receiptOf(by, b.ID))
	})
	from, _ := strconv.Atoi(after)
	from = min(max(from, 0), len(some))
	f.First = from == 0
	for _, i := range some[from:min(from+choiceRows, len(some))] {
		x := Decided{Decision: r.Outcome.Decisions[i], Values: r.Call.Applicants[i].Values}
		if p := by[x.ID]; p != nil {
			x.Place = *p
		}
		f.List = append(f.List, x)
	}
	if from+choiceRows < len(some) {
		f.Next = strconv.Itoa(from + choiceRows)
	}
}

// fates lists the fates in the order in which they are offered.
var fates = []selection.Fate{selection.Chosen, selection.Reserve, selection.Waiting, selection.Barred, selection.Represented, selection.Ineligible}

func byPseudonym(r *selection.Record, places []store.Place) map[string]*store.Place {
	by := make(map[string]*store.Place, len(places))
	for i := range places {
		by[selection.Pseudonym(r.Call.Seed, places[i].Receipt)] = &places[i]
	}
	return by
}

func receiptOf(by map[string]*store.Place, id string) string {
	if p := by[id]; p != nil {
		return p.Receipt
	}
	return ""
}

// values are an applicant's values in words.
func (f ChoiceSheet) values(ctx context.Context, ids []string) string {
	var out []string
	for i, a := range f.attributes {
		out = append(out, valueName(ctx, &a, ids[i]))
	}
	return strings.Join(out, " / ")
}

func valueName(ctx context.Context, a *selection.Attribute, id string) string {
	for _, v := range a.Values {
		if v.ID == id {
			return v.Name.In(lang(ctx))
		}
	}
	return id
}

// aims are those of one attribute.
func aims(list []selection.Aim, attribute string) (out []selection.Aim) {
	for _, a := range list {
		if a.Attribute == attribute {
			out = append(out, a)
		}
	}
	return out
}

// before is what an earlier choice chose of a value; "–" where it did not know it.
func before(x *store.Selection, a *selection.Aim) string {
	for _, b := range x.Aims {
		if b.Attribute == a.Attribute && b.Value == a.Value {
			return number(b.Chosen)
		}
	}
	return "–"
}

// target is what is wanted of a value, in words.
func target(ctx context.Context, a *selection.Aim) string {
	out := t(ctx, "なし")
	if a.Target != nil {
		out = number(*a.Target) + " ± " + number(a.Tolerance)
	}
	if a.Min != nil {
		out += t(ctx, "、{n} 以上", "n", number(*a.Min))
	}
	if a.Max != nil {
		out += t(ctx, "、{n} 以下", "n", number(*a.Max))
	}
	return out
}

// widest is the number that the bars of an attribute fill their width with.
func widest(list []selection.Aim) int {
	n := 1
	for _, a := range list {
		n = max(n, a.Chosen)
		if a.Target != nil {
			n = max(n, *a.Target+a.Tolerance)
		}
	}
	return n
}

// barWords says a bar to who does not see it.
func barWords(ctx context.Context, name string, a *selection.Aim) string {
	if a.Target == nil {
		return t(ctx, "{name}: 選定 {n}、目標なし", "name", name, "n", number(a.Chosen))
	}
	return t(ctx, "{name}: 選定 {n}、目標 {target}", "name", name, "n", number(a.Chosen), "target", number(*a.Target))
}

func toneOfAim(a *selection.Aim) string {
	switch {
	case a.Target == nil || a.Chosen == *a.Target:
		return "fill-good"
	case a.Chosen-*a.Target <= a.Tolerance && *a.Target-a.Chosen <= a.Tolerance:
		return "fill-key"
	}
	return "fill-warn"
}

// limitWords is a limit of a rule, "–" where there is none.
func limitWords(n *int) string {
	if n == nil {
		return "–"
	}
	return number(*n)
}

func typedNumber(n *int) string {
	if n == nil {
		return ""
	}
	return number(*n)
}

// cost is by how much the deviation would fall without a mark.
func (f ChoiceSheet) cost(m *selection.Mark) string {
	if f.Run.Costs != nil {
		for _, c := range f.Run.Costs.Each {
			if c.ID == m.ID {
				return number(c.Cost)
			}
		}
	}
	return "–"
}

// signed is a difference with its sign.
func signed(n int) string {
	if n > 0 {
		return "+" + number(n)
	}
	return number(n)
}

// ChoiceForm is the conditions of a choice.
type ChoiceForm struct {
	ProgrammeHead
	From       account.ID
	Marks      []selection.Mark
	Attributes []selection.Attribute
	Eligible   []selection.Cell
	Places     int
	Quotas     selection.Quotas
	Effort     int
	Efforts    []int
	Rule       string
	Problems   account.Problems
}

func (f ChoiceForm) all() (n int) {
	for _, c := range f.Eligible {
		n += c.Count
	}
	return n
}

// there is how many of the eligible have a value.
func (f ChoiceForm) there(attribute int, value string) (n int) {
	for _, c := range f.Eligible {
		if c.Values[attribute] == value {
			n += c.Count
		}
	}
	return n
}

func (f ChoiceForm) quota(attribute string) selection.Quota {
	for _, q := range f.Quotas.Attributes {
		if q.Attribute == attribute {
			return q
		}
	}
	return selection.Quota{}
}

func quotaOf(q selection.Quota, value string) selection.ValueQuota {
	for _, v := range q.Values {
		if v.Value == value {
			return v
		}
	}
	return selection.ValueQuota{}
}

// hard are the hard rules and rows for more.
func (f ChoiceForm) hard() []selection.Rule {
	out := slices.Clone(f.Quotas.Rules)
	for n := 0; n < 2 && len(out) < MostRules; n++ {
		out = append(out, selection.Rule{})
	}
	return out
}

func counts(r *selection.Rule, attribute, value string) bool {
	return slices.ContainsFunc(r.Where, func(c selection.Condition) bool {
		return c.Attribute == attribute && slices.Contains(c.Values, value)
	})
}

func targetRules(ctx context.Context, now string) []Choice {
	names := map[string]string{selection.Proportional: t(ctx, "応募（資格あり）の割合どおり"), selection.Even: t(ctx, "なるべく同じ数"), selection.Free: t(ctx, "目標を決めない")}
	var out []Choice
	for _, r := range TargetRules {
		out = append(out, Choice{Value: r, Name: names[r], Chosen: r == now})
	}
	return out
}

func effortChoices(ctx context.Context, list []int, now int) []Choice {
	var out []Choice
	for i, n := range list {
		name := t(ctx, "標準")
		switch i {
		case 0:
			name = t(ctx, "短く")
		case len(list) - 1:
			name = t(ctx, "念入りに（数十秒かかることがあります）")
		}
		out = append(out, Choice{Value: number(n), Name: name, Chosen: n == now})
	}
	return out
}

// Compared are two choices side by side.
type Compared struct {
	ProgrammeHead
	Runs []store.Selection // to choose from, when A and B are not yet
	A, B *store.Selection
	// Changed are those who met another fate; More is how many are not listed.
	Changed []OtherFate
	More    int

	attributes []selection.Attribute
}

// OtherFate is one who met another fate in another choice.
type OtherFate struct {
	store.Place
	Was, Is selection.Fate // "": not there
}

// Fill finds out who met another fate.
func (f *Compared) Fill(before, after *selection.Record, places []store.Place) {
	f.attributes = after.Call.Attributes
	was, is := map[string]selection.Fate{}, map[string]selection.Fate{}
	for _, d := range before.Outcome.Decisions {
		was[d.ID] = d.Fate
	}
	for _, d := range after.Outcome.Decisions {
		is[d.ID] = d.Fate
	}
	for _, p := range places {
		a, b := was[selection.Pseudonym(before.Call.Seed, p.Receipt)], is[selection.Pseudonym(after.Call.Seed, p.Receipt)]
		if a == b {
			continue
		}
		if len(f.Changed) == 200 {
			f.More++
			continue
		}
		f.Changed = append(f.Changed, OtherFate{p, a, b})
	}
}

func fateName(ctx context.Context, f selection.Fate) string {
	if f == "" {
		return "–"
	}
	return f.Name(lang(ctx))
}

func runChoices(ctx context.Context, list []store.Selection, at int) []Choice {
	var out []Choice
	for i := range list {
		x := &list[i]
		out = append(out, Choice{Value: string(x.ID), Name: t(ctx, "第 {n} 回（{places} 件、ずれ {deviation}）", "n", number(x.Number), "places", number(x.Places), "deviation", number(x.Deviation)), Chosen: i == at})
	}
	return out
}

// Reserves is the waiting list of an approved choice.
type Reserves struct {
	ProgrammeHead
	Approved *selection.Proposal
	Open     *selection.Proposal
	Places   int
	Taken    int
	Approval int              // deviation when it was approved
	Now      selection.MoveUp // as it stands
	Left     []store.Place    // chosen ones that have no place any more
	List     []Candidate
	Fit      int // of List, -1: none
	MayAsk   bool
	Picked   account.ID
	Problems account.Problems
}

// Candidate is one who waits for a place, and what moving up would mean.
type Candidate struct {
	store.Place
	selection.MoveUp
}

func (f Reserves) mayAsk() bool { return f.MayAsk && f.Open == nil && f.Taken < f.Places }

// leftWords says how a chosen one lost its place.
func leftWords(ctx context.Context, x store.Place) string {
	if x.Declined {
		return t(ctx, "案件を辞退")
	}
	return x.Stage.Name(lang(ctx))
}

func (f ChoiceSheet) here(part string) string {
	return f.url("/selection/runs/" + string(f.Run.ID) + part)
}

func markName(ctx context.Context, pin bool) string {
	if pin {
		return t(ctx, "指定")
	}
	return t(ctx, "除外")
}

// rows set two choices side by side, first as a whole, then value by value.
func (f Compared) rows(ctx context.Context) [][3]string {
	two := func(name string, say func(*store.Selection) string) [3]string {
		return [3]string{name, say(f.A), say(f.B)}
	}
	out := [][3]string{
		two(t(ctx, "選定・補欠"), func(x *store.Selection) string { return number(x.Chosen) + " / " + number(x.Reserves) }),
		two(t(ctx, "指定・除外"), func(x *store.Selection) string { return number(len(x.Marks)) }),
		two(t(ctx, "目標とのずれ"), func(x *store.Selection) string { return number(x.Deviation) }),
		two(t(ctx, "ずれの下限"), func(x *store.Selection) string { return number(x.Bound) }),
		two(t(ctx, "判定"), func(x *store.Selection) string { return quality(ctx, &x.Summary) }),
	}
	for _, a := range f.attributes {
		for _, x := range aims(f.B.Aims, a.ID) {
			out = append(out, two(a.Name.In(lang(ctx))+": "+valueName(ctx, &a, x.Value), func(s *store.Selection) string { return before(s, &x) }))
		}
	}
	return out
}

func weightOf(n int) string { return number(max(n, 1)) }
