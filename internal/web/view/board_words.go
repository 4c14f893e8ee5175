package view

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
)

// Board are the cases of a programme on a day.
type Board struct {
	ProgrammeHead
	Progress programme.Progress
	List     []store.BoardCase
	People   []store.CasePerson
	Next     string
	Filter   store.CaseFilter
	Day      time.Time // as of which it is
	Now      time.Time
	MayAct   bool
	Roles    []account.Role
	Stuck    []Stuck
	Self     string
}

// Stuck is a case that did not move, and why.
type Stuck struct {
	Case programme.Case
	Why  []string
}

// past says that the board is one of an earlier day.
func (f Board) past() bool { return !f.Filter.At.IsZero() }

// filtered says that not all cases are asked for.
func (f Board) filtered() bool {
	x := f.Filter
	return x.Step != "" || x.Awaits != "" || x.Late || x.Owner != "" || x.Query != ""
}

func (f Board) sort() string {
	if f.Filter.ByDue {
		return "due"
	}
	return ""
}

// moment is when the cases of the board are looked at.
func (f Board) moment() time.Time {
	if f.past() {
		return f.Filter.At
	}
	return f.Now
}

// link is the board with one value of its address changed.
func (f Board) link(name, value string) string {
	return Query(f.url("/board")+"?"+query(f.Self), name, value)
}

func query(self string) string {
	u, err := url.Parse(self)
	if err != nil {
		return ""
	}
	return u.RawQuery
}

// stepChoices offers the steps, open ones first.
func stepChoices(ctx context.Context, now programme.Step) []Choice {
	var out []Choice
	for _, s := range programme.Steps {
		out = append(out, Choice{Value: string(s), Name: s.Name(lang(ctx)), Chosen: s == now})
	}
	return out
}

func partyChoices(ctx context.Context, now programme.Party) []Choice {
	var out []Choice
	for _, p := range programme.Parties {
		out = append(out, Choice{Value: string(p), Name: p.Name(lang(ctx)), Chosen: p == now})
	}
	return out
}

// ownerChoices offers the people who may look after cases.
func ownerChoices(people []store.CasePerson, now account.ID) []Choice {
	var out []Choice
	for _, p := range people {
		if p.Office {
			out = append(out, Choice{Value: string(p.ID), Name: p.Name, Chosen: p.ID == now})
		}
	}
	return out
}

// person names somebody; Miseban where nobody is.
func person(ctx context.Context, people []store.CasePerson, id account.ID) string {
	if id == "" {
		return "Miseban"
	}
	for _, p := range people {
		if p.ID == id {
			return p.Name
		}
	}
	return t(ctx, "登録を消した人")
}

// owner names who looks after a case.
func owner(ctx context.Context, people []store.CasePerson, id account.ID) string {
	if id == "" {
		return ""
	}
	return person(ctx, people, id)
}

// Case is the page of one case.
type Case struct {
	ProgrammeHead
	Case     programme.Case
	Known    *store.CaseKnown
	Moves    []programme.Move
	Roles    []account.Role
	People   []store.CasePerson
	Timeline []Happening
	Now      time.Time
	MayAct   bool
	MayNote  bool
	Parts    []Item
	// What a form that was not accepted had.
	Stuck    []string
	Reason   string
	Note     store.CaseNote
	NoteAt   string
	Problems account.Problems
}

// Happening is one line of a case's timeline: an event, or a note.
type Happening struct {
	At    time.Time
	Event *programme.Event
	Note  *store.CaseNote
}

// TimelineOf joins events and notes, the newest first.
func TimelineOf(events []programme.Event, notes []store.CaseNote) []Happening {
	var out []Happening
	for i := range events {
		out = append(out, Happening{At: events[i].At, Event: &events[i]})
	}
	for i := range notes {
		out = append(out, Happening{At: notes[i].At, Note: &notes[i]})
	}
	slices.SortStableFunc(out, func(a, b Happening) int { return b.At.Compare(a.At) })
	return out
}

// EventWords says what an event of a case was.
func EventWords(ctx context.Context, e *programme.Event, people []store.CasePerson) string {
	l := lang(ctx)
	switch e.Kind {
	case programme.EventOpened:
		return t(ctx, "応募を受け付け、案件を始めた")
	case programme.EventMoved:
		to := e.To.Name(l)
		if e.Ending != "" && e.To == programme.StepEnd {
			to += " (" + e.Ending.Name(l) + ")"
		}
		return e.From.Name(l) + " → " + to
	case programme.EventAwaits:
		return t(ctx, "対応待ちの相手を「{who}」に変更", "who", e.Awaits.Name(l))
	case programme.EventOwner:
		if e.Owner == "" {
			return t(ctx, "担当者を外した")
		}
		return t(ctx, "担当者を {who} に変更", "who", person(ctx, people, e.Owner))
	case programme.EventPlan:
		var out []string
		for _, s := range programme.OpenSteps {
			if d, ok := e.Days[s]; ok {
				day := Day(d)
				if d.IsZero() {
					day = t(ctx, "予定なし")
				}
				out = append(out, s.Name(l)+" "+day)
			}
		}
		return t(ctx, "予定を変更: {days}", "days", join(ctx, out))
	case programme.EventRecord:
		return programme.Told(e.Record, e.State).In(l)
	}
	return string(e.Kind)
}

// conditions are those of the moves that go on from here, each once.
func (f Case) conditions() []programme.Condition { return conditionsFrom(f.Case.Step) }

// ready says that nothing is in the way of a move.
func (f Case) ready(m *programme.Move) bool { return len(m.Open(&f.Case, &f.Known.Facts)) == 0 }

// moveWord is what the button of a move says.
func moveWord(ctx context.Context, m *programme.Move) string {
	l := lang(ctx)
	switch {
	case m.Ending == programme.EndingStopped:
		return t(ctx, "中止にする")
	case m.Ending == programme.EndingDeclined:
		return t(ctx, "辞退として終える")
	case m.Ending == programme.EndingComplete:
		return t(ctx, "完了として終える")
	case m.Ending != "":
		return t(ctx, "「{what}」として終える", "what", m.Ending.Name(l))
	case m.Back:
		return t(ctx, "「{step}」に戻す", "step", m.To.Name(l))
	}
	return t(ctx, "「{step}」へ進める", "step", m.To.Name(l))
}

// Plan of a step against what came of it.
type planLine struct {
	Step  programme.Step
	Plan  time.Time
	Done  time.Time
	Days  int
	Known bool
}

func (f Case) plan() (out []planLine) {
	for _, s := range programme.OpenSteps {
		x := planLine{Step: s, Plan: f.Case.Plan[s], Done: f.Case.Done[s]}
		x.Days, x.Known = f.Case.Drift(s, f.Now)
		out = append(out, x)
	}
	return out
}

// drift says how far from its plan a step is.
func drift(ctx context.Context, x planLine) string {
	switch {
	case !x.Known:
		return ""
	case x.Days > 0:
		return t(ctx, "{n} 日遅れ", "n", number(x.Days))
	case x.Days < 0 && !x.Done.IsZero():
		return t(ctx, "{n} 日早い", "n", number(-x.Days))
	case x.Days < 0:
		return t(ctx, "あと {n} 日", "n", number(-x.Days))
	}
	return t(ctx, "予定どおり")
}

func driftTone(x planLine) report.Tone {
	if x.Days > 0 {
		return report.Bad
	}
	return report.Good
}

// dateValue is a day as an input takes it.
func dateValue(at time.Time) string { return Day(at) }

// BoardPlan sets the plan of a programme's cases against what was done.
type BoardPlan struct {
	ProgrammeHead
	Curve programme.Counts
	Day   time.Time
	Today string
}

// curve is a line of a chart: the sum of a measure of a step by days.
type curve struct {
	Step          programme.Step
	Done, Planned []point
	Most          int
	DoneNow       int
	PlannedNow    int
	Places        int
}

type point struct {
	Day time.Time
	N   int
}

// span is from which day to which the chart reaches.
func (f BoardPlan) span() (from, until time.Time) {
	from, until = f.Day, f.Day
	for k := range f.Curve {
		if !programme.Step(k.Of).Open() || k.Measure == programme.Reached {
			continue
		}
		if k.Day.Before(from) {
			from = k.Day
		}
		if k.Day.After(until) {
			until = k.Day
		}
	}
	return from, until.AddDate(0, 0, 1)
}

// curves are the lines of the five steps.
func (f BoardPlan) curves() (out []curve) {
	from, until := f.span()
	p := programme.ProgressOf(f.Curve, f.Day)
	for _, s := range programme.FiveSteps {
		c := curve{Step: s, DoneNow: p.Steps[s].Done, PlannedNow: p.Steps[s].Planned, Places: p.Places}
		for _, x := range []struct {
			m    programme.Measure
			into *[]point
			end  time.Time
		}{{programme.Finished, &c.Done, f.Day}, {programme.Intended, &c.Planned, until}} {
			by := map[time.Time]int{}
			for k, n := range f.Curve {
				if k.Measure == x.m && k.Of == string(s) {
					by[k.Day] += n
				}
			}
			days := make([]time.Time, 0, len(by))
			for d := range by {
				days = append(days, d)
			}
			slices.SortFunc(days, time.Time.Compare)
			sum := 0
			*x.into = append(*x.into, point{from, 0})
			for _, d := range days {
				if d.After(x.end) {
					break
				}
				*x.into = append(*x.into, point{d, sum})
				sum += by[d]
				*x.into = append(*x.into, point{d, sum})
				c.Most = max(c.Most, sum)
			}
			*x.into = append(*x.into, point{x.end, sum})
		}
		c.Most = max(c.Most, c.Places, 1)
		out = append(out, c)
	}
	return out
}

// The size of a chart's plane.
const (
	chartWidth  = 640.0
	chartHeight = 120.0
)

// line is the path of points on the plane.
func (f BoardPlan) line(points []point, most int) string {
	from, until := f.span()
	whole := until.Sub(from).Hours()
	var b strings.Builder
	for i, p := range points {
		x := 0.0
		if whole > 0 {
			x = p.Day.Sub(from).Hours() / whole * chartWidth
		}
		y := chartHeight - float64(p.N)/float64(most)*chartHeight
		b.WriteString(map[bool]string{true: "M", false: "L"}[i == 0])
		b.WriteString(strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64))
	}
	return b.String()
}

// today is where the day stands on the plane.
func (f BoardPlan) today() string {
	from, until := f.span()
	whole := until.Sub(from).Hours()
	if whole == 0 {
		return "0"
	}
	return strconv.FormatFloat(f.Day.Sub(from).Hours()/whole*chartWidth, 'f', 1, 64)
}

// Feed is a person's calendar of a programme.
type Feed struct {
	ProgrammeHead
	Feed *store.CaseFeed
	URL  string // shown once
}

func noteChoices(ctx context.Context, now programme.NoteKind) []Choice {
	var out []Choice
	for _, k := range programme.NoteKinds {
		out = append(out, Choice{Value: string(k), Name: k.Name(lang(ctx)), Chosen: k == now})
	}
	return out
}
