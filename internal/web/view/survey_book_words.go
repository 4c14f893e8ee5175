package view

import (
	"context"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// SurveyBook is what a filled-in questionnaire would change.
type SurveyBook struct {
	SurveyHead
	Subject store.SurveySubject
	URL     string // of the subject
	Problem account.Reason
	Names   map[account.ID]string
	Lines   []SurveyBookLine
	Same    int
}

// SurveyBookLine is one row of it.
type SurveyBookLine struct {
	Row      int
	Item     *survey.Item
	Typed    survey.Typed
	Old, New store.SurveyAnswer
	Unread   []string // columns
	Problem  account.Reason
	Conflict bool // the answer was changed after the file was made
	Unasked  bool // the answer to another question leaves it out
}

// Readable says that the row is an answer.
func (l *SurveyBookLine) Readable() bool { return len(l.Unread) == 0 && l.Problem.Message == "" }

// pick are the rows that can be saved, or that cannot.
func (f SurveyBook) pick(bad bool) []SurveyBookLine {
	var out []SurveyBookLine
	for _, l := range f.Lines {
		if bad == (!l.Readable() || l.Unasked) {
			out = append(out, l)
		}
	}
	return out
}

// surveyColumn is the name of a column that could not be read.
func surveyColumn(ctx context.Context, c string) string {
	switch c {
	case "given":
		return t(ctx, "分からない・答えない")
	case "revision":
		return t(ctx, "版")
	}
	return t(ctx, "回答")
}
