package view

import (
	"context"
	"strconv"
	"time"

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
