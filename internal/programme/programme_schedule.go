package programme

import (
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Milestone is one line of a programme's schedule: planned and actual. Days are
// written as in forms (2022-03-08); one that is not known is empty.
type Milestone struct {
	ID        account.ID
	Programme account.ID
	Revision  int
	Strand    int // number of the line of work, 1 …; 0: the programme as a whole
	Name      Said
	From      string // planned: first day
	Until     string // planned: last day
	Began     string // actual
	Ended     string
	Note      string
}

// Pace says how a milestone stands on a day.
type Pace string

// How a milestone stands.
const (
	Ahead   Pace = "ahead"   // its days are to come
	Running Pace = "running" // it has begun and has time left
	Late    Pace = "late"    // its last day has passed, or its first one without a beginning
	Done    Pace = "done"
)

var paceNames = map[Pace]i18n.Text{
	Ahead:   {JA: "これから", EN: "To come"},
	Running: {JA: "実施中", EN: "Under way"},
	Late:    {JA: "遅れ", EN: "Late"},
	Done:    {JA: "完了", EN: "Done"},
}

// Name is the word people read.
func (p Pace) Name(l i18n.Lang) string { return paceNames[p].In(l) }

// On says how the milestone stands at the end of a day.
func (m *Milestone) On(day string) Pace {
	switch {
	case m.Ended != "" && m.Ended <= day:
		return Done
	case m.Until != "" && m.Until < day:
		return Late
	case m.Began != "" && m.Began <= day:
		return Running
	case m.From != "" && m.From < day:
		return Late
	}
	return Ahead
}

// Tidy brings what was typed into its normal form and says what is wrong with
// it. strands is how many lines of work the programme has.
func (m *Milestone) Tidy(strands int) account.Problems {
	var bad account.Problems
	m.Name, m.Note = Said{account.Line(m.Name.JA), account.Line(m.Name.EN)}, account.Line(m.Note)
	switch {
	case m.Name.JA == "":
		bad = append(bad, problem("name-ja", account.Reason{Message: "予定の名前を入力してください。"}))
	case max(utf8.RuneCountInString(m.Name.JA), utf8.RuneCountInString(m.Name.EN), utf8.RuneCountInString(m.Note)) > 200:
		bad = append(bad, problem("name-ja", account.Reason{Message: "200 文字までで入力してください。"}))
	}
	if m.Strand < 0 || m.Strand > strands {
		bad = append(bad, problem("strand", account.Reason{Message: "一覧から選んでください。"}))
	}
	for _, d := range []struct{ field, day string }{{"from", m.From}, {"until", m.Until}, {"began", m.Began}, {"ended", m.Ended}} {
		if !IsDay(d.day) && (d.day != "" || d.field == "from" || d.field == "until") {
			bad = append(bad, problem(d.field, account.Reason{Message: "日付を確かめてください。"}))
		}
	}
	if len(bad) > 0 {
		return bad
	}
	if m.Until < m.From {
		bad = append(bad, problem("until", account.Reason{Message: "終わりの日は、始まりの日より後にしてください。"}))
	}
	if m.Ended != "" && (m.Began == "" || m.Ended < m.Began) {
		bad = append(bad, problem("ended", account.Reason{Message: "実際に終わった日は、始まった日より後にしてください。"}))
	}
	return bad
}

// IsDay says that s is a day as forms write it.
func IsDay(s string) bool {
	d, err := time.Parse(time.DateOnly, s)
	return err == nil && d.Year() >= 2000 && d.Year() < 2100
}
