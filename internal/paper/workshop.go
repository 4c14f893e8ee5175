package paper

import (
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// Chapter is a chapter of a programme's guideline as its office has written it.
type Chapter struct {
	ID       string
	Revision int // 0: as it is shipped
	Updated  time.Time
	By       account.ID
	Title    i18n.Text `json:"title"`
	Text     i18n.Text `json:"text"` // Markdown; {id} is a figure
}

// mostChapter is how many letters a chapter may have, in each language.
const mostChapter = 20000

// Tidy puts a chapter into its normal form and says what is wrong with it.
func (c *Chapter) Tidy() (bad account.Problems) {
	for _, x := range []struct {
		field string
		text  *string
		most  int
	}{{"title-ja", &c.Title.JA, 200}, {"title-en", &c.Title.EN, 200}, {"text-ja", &c.Text.JA, mostChapter}, {"text-en", &c.Text.EN, mostChapter}} {
		*x.text = strings.TrimSpace(strings.ReplaceAll(*x.text, "\r\n", "\n"))
		if n := utf8.RuneCountInString(*x.text); n == 0 || n > x.most {
			bad = append(bad, account.Problem{Field: x.field, Reason: account.Reason{Message: "日本語と英語の両方を、決められた長さまでで入力してください。"}})
		}
	}
	return bad
}

// Outcome is what became of a comment.
type Outcome string

// The outcomes.
const (
	Waiting  Outcome = ""
	Taken    Outcome = "taken"
	InPart   Outcome = "partly"
	Declined Outcome = "declined"
)

// Outcomes are the answers that a comment can get.
var Outcomes = []Outcome{Taken, InPart, Declined}

// Name is the word people read.
func (o Outcome) Name(l i18n.Lang) string {
	return map[Outcome]i18n.Text{
		Waiting: {JA: "未回答", EN: "Not answered"}, Taken: {JA: "反映する", EN: "Taken"}, InPart: {JA: "一部反映する", EN: "Taken in part"}, Declined: {JA: "反映しない", EN: "Not taken"},
	}[o].In(l)
}

// Comment is what somebody of the committee says of a chapter, with the
// office's answer and what was changed.
type Comment struct {
	ID       account.ID
	Chapter  string
	Revision int
	At       time.Time
	By       account.ID
	Said     string    `json:"said"`
	Outcome  Outcome   `json:"outcome,omitempty"`
	Answer   string    `json:"answer,omitempty"`
	Change   string    `json:"change,omitempty"`
	Answered time.Time `json:"answered,omitzero"`
}

// Tidy puts a comment into its normal form and says what is wrong with it.
func (c *Comment) Tidy(answering bool) (bad account.Problems) {
	c.Said, c.Answer, c.Change = account.Paragraph(c.Said), account.Paragraph(c.Answer), account.Paragraph(c.Change)
	long := func(s string) bool { return utf8.RuneCountInString(s) > 2000 }
	wrong := func(field string, why account.Reason) {
		bad = append(bad, account.Problem{Field: field, Reason: why})
	}
	if c.Said == "" || long(c.Said) {
		wrong("said", account.Reason{Message: "意見を 2,000 文字までで入力してください。"})
	}
	if !answering {
		return bad
	}
	if c.Outcome != Taken && c.Outcome != InPart && c.Outcome != Declined {
		wrong("outcome", account.Reason{Message: "反映するかを選んでください。"})
	}
	if c.Answer == "" || long(c.Answer) {
		wrong("answer", account.Reason{Message: "回答を 2,000 文字までで入力してください。"})
	}
	if long(c.Change) || c.Change == "" && c.Outcome != Declined {
		wrong("change", account.Reason{Message: "変えた箇所を 2,000 文字までで入力してください。"})
	}
	return bad
}

// Issue is the guideline of a programme as it was frozen, and published by
// somebody else.
type Issue struct {
	ID          account.ID
	Programme   account.ID
	Number      int
	At          time.Time
	By          account.ID
	Published   time.Time // zero: only frozen
	PublishedBy account.ID
	Title       i18n.Text     `json:"title"`
	Note        string        `json:"note"` // what is new
	Chapters    []IssueText   `json:"chapters"`
	Figures     []IssueFigure `json:"figures"`
}

// IssueText is a chapter with its numbers put in.
type IssueText struct {
	ID     string    `json:"id"`
	Part   i18n.Text `json:"part"`
	Number string    `json:"number"`
	Title  i18n.Text `json:"title"`
	Text   i18n.Text `json:"text"`
}

// IssueFigure is a number that an issue names, as it was then.
type IssueFigure struct {
	Text   i18n.Text `json:"text"`
	Says   i18n.Text `json:"says"`
	Source i18n.Text `json:"source"`
}
