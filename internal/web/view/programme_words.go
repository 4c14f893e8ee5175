package view

import (
	"context"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
)

// callWords says in a sentence where a call stands.
func callWords(ctx context.Context, p *programme.Programme, now time.Time) string {
	switch p.Phase(now) {
	case programme.Before:
		return t(ctx, "募集は {from} に始まります。", "from", Day(p.From))
	case programme.Open:
		return t(ctx, "募集中です（{until} まで）。", "until", Day(p.LastDay()))
	case programme.After:
		return t(ctx, "募集は終わりました。")
	}
	return t(ctx, "まだ公表していません。")
}

// callTone colours callWords.
func callTone(p *programme.Programme, now time.Time) report.Tone {
	if p.Phase(now) == programme.Open {
		return report.Good
	}
	return report.Neutral
}

// toneOfPace colours how a milestone stands.
func toneOfPace(p programme.Pace) report.Tone {
	switch p {
	case programme.Done:
		return report.Good
	case programme.Late:
		return report.Bad
	case programme.Running:
		return report.Warn
	}
	return report.Neutral
}

// days is a span of days for reading.
func days(from, until string) string {
	switch {
	case from == "" && until == "":
		return ""
	case from == until:
		return from
	}
	return from + " – " + until
}

// sent is how many applications were sent, whatever became of them.
func sent(counts map[programme.Stage]int) int {
	n := 0
	for s, c := range counts {
		if s != programme.Drafted {
			n += c
		}
	}
	return n
}

// goal is what a line of work is to reach.
func goal(s programme.Strand) string {
	if s.Goal == 0 {
		return ""
	}
	return strconv.Itoa(s.Goal) + " " + s.Unit
}

// positive is a number for a form; none is an empty field.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// circled are the numbers with which lines of work are named.
const circled = "①②③④⑤⑥⑦⑧⑨⑩"

func strandName(ctx context.Context, i int, s programme.Strand) string {
	return string([]rune(circled)[i%10]) + " " + s.Name.In(lang(ctx))
}

// strandOf names the line of work of a milestone; number 0 is the whole.
func strandOf(ctx context.Context, list []programme.Strand, n int) string {
	if n < 1 || n > len(list) {
		return t(ctx, "事業の全体")
	}
	return strandName(ctx, n-1, list[n-1])
}

func strandChoices(ctx context.Context, list []programme.Strand, now int) []Choice {
	var out []Choice
	for i, s := range list {
		out = append(out, Choice{Value: strconv.Itoa(i + 1), Name: strandName(ctx, i, s), Chosen: now == i+1})
	}
	return out
}

func bodies(ctx context.Context, p *programme.Programme) string {
	var out []string
	for _, o := range p.Bodies {
		out = append(out, o.Name)
	}
	return join(ctx, out)
}

func bodyChoices(ctx context.Context, list []account.Organisation) []Choice {
	var out []Choice
	for _, o := range list {
		out = append(out, Choice{Value: string(o.ID), Name: o.Name + " – " + o.Kind.Name(lang(ctx))})
	}
	return out
}

func rulesName(ctx context.Context, id string) string {
	if set := programme.RulesOf(id); set != nil {
		return set.Title.In(lang(ctx))
	}
	return ""
}

func stateChoices(ctx context.Context, now programme.State) []Choice {
	hints := map[programme.State]string{
		programme.Draft:     t(ctx, "参加する組織の人だけが見られます。"),
		programme.Announced: t(ctx, "公募のページを公開し、募集の期間に応募を受け付けます。"),
		programme.Ended:     t(ctx, "応募は受け付けません。公募のページは残ります。"),
	}
	var out []Choice
	for _, s := range programme.States {
		out = append(out, Choice{Value: string(s), Name: s.Name(lang(ctx)), Hint: hints[s], Chosen: s == now})
	}
	return out
}

func ruleChoices(ctx context.Context, set *programme.RuleSet, f ProgrammeForm) []Choice {
	var out []Choice
	for _, r := range set.Rules {
		out = append(out, Choice{Value: r.ID, Name: r.Title.In(lang(ctx)), Hint: r.Text.In(lang(ctx)), Chosen: f.has(r.ID)})
	}
	return out
}

func (f MilestoneForm) title(ctx context.Context) string {
	if f.Milestone.ID == "" {
		return t(ctx, "予定を加える")
	}
	return t(ctx, "予定と実績を編集する")
}

func (f MilestoneForm) action() string {
	if f.Milestone.ID == "" {
		return f.url("/milestones")
	}
	return f.url("/milestones/" + string(f.Milestone.ID))
}
