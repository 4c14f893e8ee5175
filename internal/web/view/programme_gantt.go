package view

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"miseban/internal/programme"
	"miseban/internal/report"
)

// The measures of the picture of a schedule.
const (
	ganttNames = 240 // for names, left of the days
	ganttMonth = 64
	ganttTop   = 24
	ganttRow   = 28
)

// ganttBar is a span of days on the picture.
type ganttBar struct{ X, Y, Width string }

// ganttLine is one line: a heading, or a milestone with what was planned and what was.
type ganttLine struct {
	Head            bool
	Name, TextY     string
	Planned, Actual ganttBar
	Tone            report.Tone
}

// ganttMark is a month on the axis.
type ganttMark struct{ X, Name string }

// ganttChart is a schedule with its places on the picture.
type ganttChart struct {
	Width, Height int
	Months        []ganttMark
	Rows          []ganttLine
	Now           string
	first         time.Time
}

func (g *ganttChart) box() string { return fmt.Sprintf("0 0 %d %d", g.Width, g.Height) }

// at is where a day begins; a day beyond the picture is at its edge.
func (g *ganttChart) at(d time.Time) float64 {
	days := d.Sub(g.first).Hours() / 24
	return min(max(float64(ganttNames), ganttNames+days*ganttMonth/30.44), float64(g.Width))
}

func (g *ganttChart) bar(from, until string, y int) ganttBar {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, until)
	if err != nil || err2 != nil || b.Before(a) {
		return ganttBar{}
	}
	x := g.at(a)
	return ganttBar{coordinate(x), strconv.Itoa(y), coordinate(max(3, g.at(b.AddDate(0, 0, 1))-x))}
}

func coordinate(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// cut keeps a name within the space that is left for names.
func cut(s string) string { return cutTo(s, 30) }

// cutTo shortens a text to so many halves of a wide letter.
func cutTo(s string, most int) string {
	n := 0
	for i, r := range s {
		if n++; r > 0x7f {
			n++
		}
		if n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// chart places a schedule on a picture: months from the first to the last day,
// one line a milestone, below the heads of their lines of work.
func chart(ctx context.Context, list []programme.Milestone, strands []programme.Strand, today string) *ganttChart {
	first, last := list[0].From, list[0].Until
	for _, m := range list {
		for _, d := range []string{m.From, m.Until, m.Began, m.Ended} {
			if d != "" {
				first, last = min(first, d), max(last, d)
			}
		}
	}
	a, _ := time.Parse(time.DateOnly, first) // Tidy looked at them
	b, _ := time.Parse(time.DateOnly, last)
	a = time.Date(a.Year(), a.Month(), 1, 0, 0, 0, 0, time.UTC)
	b = time.Date(b.Year(), b.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	g := &ganttChart{first: a}
	months := (b.Year()-a.Year())*12 + int(b.Month()-a.Month())
	g.Width = ganttNames + int(float64(months)*ganttMonth) + 40
	step := max(1, months/24)
	for i := 0; i < months; i += step {
		m := a.AddDate(0, i, 0)
		name := strconv.Itoa(int(m.Month()))
		if i == 0 || m.Month() == time.January || step > 1 {
			name = m.Format("2006/1")
		}
		g.Months = append(g.Months, ganttMark{coordinate(g.at(m)), name})
	}
	y, now := ganttTop, -1
	for i := range list {
		m := &list[i]
		if m.Strand != now && len(strands) > 0 {
			g.Rows = append(g.Rows, ganttLine{Head: true, Name: cut(strandOf(ctx, strands, m.Strand)), TextY: strconv.Itoa(y + 18)})
			y += ganttRow
		}
		now = m.Strand
		l := ganttLine{Name: cut(m.Name.In(lang(ctx))), TextY: strconv.Itoa(y + 16), Planned: g.bar(m.From, m.Until, y+4), Tone: toneOfPace(m.On(today))}
		ended := m.Ended
		if ended == "" {
			ended = today
		}
		if m.Began != "" {
			l.Actual = g.bar(m.Began, ended, y+15)
		}
		g.Rows = append(g.Rows, l)
		y += ganttRow
	}
	g.Height = y + 6
	if d, err := time.Parse(time.DateOnly, today); err == nil && !d.Before(a) && d.Before(b) {
		g.Now = coordinate(g.at(d))
	}
	return g
}
