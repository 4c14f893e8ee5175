package view

import (
	"context"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/verdict"
)

// Checklist is an edition in the list of a shop's checklists.
type Checklist struct {
	Edition *guideline.Edition
	URL     string
	Count   assessment.Counted
	// Withheld: the shop holds the answers back from who looks.
	Withheld bool
}

// Checklists is the list of a shop's checklists.
type Checklists struct {
	ShopHead
	List        []Checklist
	MayInstruct bool // or be instructed
	MayMeasures bool
}

// ChecklistPart is how far a part of an edition is answered.
type ChecklistPart struct {
	Part                *guideline.Part
	Questions, Answered int
}

// ChecklistOverview is an edition as it stands for a shop.
type ChecklistOverview struct {
	ShopHead
	Edition   *guideline.Edition
	Form      guideline.Form
	URL       string
	Parts     []ChecklistPart
	Judged    *assessment.Judged
	Diagnosis *store.Diagnosis // nil: none has finished
	Clashes   []Clash
	MayFill   bool
	// Releases of a checklist that is held, the newest first.
	Releases   []store.Release
	MayRelease bool
}

func (f ChecklistOverview) judgement(r *guideline.Requirement) *assessment.Judgement {
	for i := range f.Judged.Judgements {
		if f.Judged.Judgements[i].Requirement == r.ID {
			return &f.Judged.Judgements[i]
		}
	}
	return nil
}

// ChecklistPartForm is a part of an edition, question by question.
type ChecklistPartForm struct {
	ShopHead
	Edition *guideline.Edition
	Part    *guideline.Part
	URL     string
	List    []ChecklistRequirement
	Next    *guideline.Part
}

// ChecklistRequirement is a requirement with its questions.
type ChecklistRequirement struct {
	Requirement *guideline.Requirement
	Judgement   *assessment.Judgement
	Questions   []ChecklistQuestion // the shop's own, and what it shares with its provider
	Theirs      []ChecklistQuestion // of the service's provider
}

// ChecklistQuestion is a question with its answer and its form.
type ChecklistQuestion struct {
	Edition   *guideline.Edition
	Question  *guideline.Question
	URL       string
	Answer    *assessment.Answer // nil: nothing yet
	Typed     assessment.Answer
	Other     *assessment.Answer // what somebody else saved meanwhile
	Saved     time.Time          // just now, by a script's request
	Against   []string           // titles of the checks that speak against the answer
	Comments  int
	MayAnswer bool
	Duty      guideline.Duty
	Unasked   bool // by the answer to another question; what was answered is kept
	Names     map[account.ID]string
	Problems  account.Problems
}

// Anchor is the question's place on a page.
func (q ChecklistQuestion) Anchor() string { return "q-" + anchor(q.Question.ID) }

// anchor makes a name that selectors can hold.
func anchor(id string) string { return strings.NewReplacer("(", "", ")", "", ".", "-").Replace(id) }

func (q ChecklistQuestion) must(value guideline.Answer) bool { return q.Typed.Value == value }

func (q ChecklistQuestion) field(name string) string { return name + "-" + anchor(q.Question.ID) }

// QuestionForm is everything about one question.
type QuestionForm struct {
	ShopHead
	ChecklistQuestion
	Requirement                              *guideline.Requirement
	Part                                     *guideline.Part
	PartURL                                  string
	History                                  []assessment.Answer
	Said                                     []store.Comment
	Evidence                                 []store.Evidence
	Comment                                  string
	MayJudge, MayComment, MayRemove, MayRead bool
	Delegations                              []store.Delegation
	Delegate                                 store.Delegation // as it was typed
	MayDelegate                              bool
	Now                                      time.Time
}

// Clash is an answer that cannot be true together with what a check saw.
type Clash struct {
	Question       *guideline.Question
	QuestionURL    string
	Answer         assessment.Answer
	By             string
	Check, Title   string
	Verdict        verdict.Verdict
	Seen           time.Time
	DiagnosisURL   string
	Found          []ClashFound
	More           int
	Requirement    string
	RequirementURL string
	Overruled      bool
}

// ClashFound is one thing that a check found, and for the first one the
// exchange that shows it.
type ClashFound struct {
	Where, Excerpt string
	Severity       check.Severity
	Sent, Got      string
	At             time.Time
}

// lines are the exchange and the part of the answer that shows it.
func (f ClashFound) lines() string {
	var out []string
	if f.Sent != "" {
		out = append(out, "> "+f.Sent, "< "+f.Got)
	}
	if f.Excerpt != "" {
		out = append(out, f.Excerpt)
	}
	return strings.Join(out, "\n")
}

// Worst is the gravest thing that was found.
func (c Clash) Worst() check.Severity {
	worst := check.Info
	for _, f := range c.Found {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Basis is one thing that a judgement rests on.
type Basis struct {
	assessment.Ref
	Title  string
	Answer *assessment.Answer
	URL    string
}

// RequirementForm is a requirement with what its judgement rests on.
type RequirementForm struct {
	ShopHead
	Edition         *guideline.Edition
	Part            *guideline.Part
	Requirement     *guideline.Requirement
	Judgement       *assessment.Judgement
	URL, EditionURL string
	Basis           []Basis
	Clashes         []Clash
	Diagnosis       *store.Diagnosis
	MayJudge        bool
	InstructURL     string // "": only executives instruct
	Names           map[account.ID]string
	Chosen          verdict.Verdict
	Note            string
	Problems        account.Problems
}

// toneOfAnswer is how an answer is coloured.
func toneOfAnswer(a *assessment.Answer) report.Tone {
	if a == nil {
		return report.Unknown
	}
	if a.Waits() {
		return report.Unknown
	}
	switch a.Value {
	case guideline.Done:
		return report.Good
	case guideline.NotDone:
		return report.Bad
	case guideline.PartlyDone, guideline.Alternative:
		return report.Warn
	case guideline.NotApplicable:
		return report.Neutral
	}
	return report.Unknown
}

// answerName is an answer in a word, with what it rests on.
func answerName(ctx context.Context, a *assessment.Answer) string {
	if a == nil {
		return t(ctx, "未回答")
	}
	return a.Name(lang(ctx))
}

// conditionWords says when a question is asked.
func conditionWords(ctx context.Context, q ChecklistQuestion) string {
	return assessment.ConditionWords(q.Edition, q.Question, lang(ctx))
}

// verdictName is a judgement in a word; what rests on the shop's own word says so.
func verdictName(ctx context.Context, e *guideline.Edition, r *guideline.Requirement, j *assessment.Judgement) string {
	name := e.VerdictName(r, j.Verdict, lang(ctx))
	if j.Declared {
		return t(ctx, "{verdict}（自己申告）", "verdict", name)
	}
	return name
}

// toneOfJudgement colours what rests on the shop's own word apart.
func toneOfJudgement(j *assessment.Judgement) report.Tone {
	if j.Declared {
		return report.Neutral
	}
	return ToneOf(j.Verdict)
}

// judgementSlices are the judgements of an edition as a bar.
func judgementSlices(ctx context.Context, j *assessment.Judged) []Slice {
	var out []Slice
	n := j.Count("")
	for _, v := range verdict.All {
		out = append(out, Slice{Name: v.Name(lang(ctx)), Count: n[v], Tone: ToneOf(v)})
		if v == verdict.Met {
			out = append(out, Slice{Name: t(ctx, "{verdict}（自己申告）", "verdict", v.Name(lang(ctx))), Count: j.Declared(""), Tone: report.Neutral})
		}
	}
	return out
}

// providerSlices are the judgements of what is the provider's, apart; nil when nothing is.
func providerSlices(ctx context.Context, j *assessment.Judged) []Slice {
	var out []Slice
	total := 0
	n := j.Theirs("")
	for _, v := range verdict.All {
		total += n[v]
		out = append(out, Slice{Name: v.Name(lang(ctx)), Count: n[v], Tone: ToneOf(v)})
	}
	if total == 0 {
		return nil
	}
	return out
}

// answerSlices are the answers to an edition as a bar.
func answerSlices(ctx context.Context, c Checklist) []Slice {
	var out []Slice
	for _, a := range guideline.Answers {
		x := assessment.Answer{Value: a}
		if len(c.Edition.AnswerWords) > 0 && c.Edition.AnswerWords[a].IsZero() && c.Count.By[a] == 0 {
			continue // not asked here
		}
		out = append(out, Slice{Name: c.Edition.AnswerName(a, lang(ctx)), Count: c.Count.By[a], Tone: toneOfAnswer(&x)})
	}
	return append(out, Slice{Name: t(ctx, "未回答"), Count: c.Count.Asked - c.Count.Answered(), Tone: report.Unknown})
}

// answerChoices are the answers that a question offers.
func answerChoices(ctx context.Context, q ChecklistQuestion) []Choice {
	var out []Choice
	for _, a := range q.Question.Choices() {
		out = append(out, Choice{Value: string(a), Name: q.Edition.AnswerName(a, lang(ctx)), Chosen: q.must(a)})
	}
	return out
}

func doers(ctx context.Context, now assessment.Doer) []Choice {
	var out []Choice
	for _, d := range assessment.Doers {
		out = append(out, Choice{Value: string(d), Name: d.Name(lang(ctx)), Chosen: d == now})
	}
	return out
}

// verdictChoices are what a diagnostician can put in place of a judgement.
func verdictChoices(ctx context.Context, f RequirementForm) []Choice {
	var out []Choice
	for _, v := range verdict.All {
		if v != f.Judgement.ByRule() {
			out = append(out, Choice{Value: string(v), Name: f.Edition.VerdictName(f.Requirement, v, lang(ctx)), Chosen: v == f.Chosen})
		}
	}
	return out
}

// level is a requirement's level where its source was verified, "" where the
// original gives none.
func level(ctx context.Context, r *guideline.Requirement) (name string, verified bool) {
	if r.Level.Value == "" || r.Level.Value == guideline.LevelUnknown {
		return "", true
	}
	if !r.Level.Verified {
		return t(ctx, "区分は原文未確認"), false
	}
	return r.Level.Value.Name(lang(ctx)), true
}

func kilobytes(n int) string {
	if n < 1<<20 {
		return number((n+1023)>>10) + " KB"
	}
	return number((n+(1<<20)-1)>>20) + " MB"
}

// BookLine is a row of a filled-in workbook and what it would change.
type BookLine struct {
	Row      int
	Question *guideline.Question
	Now      *assessment.Answer // nil: nothing yet
	New      assessment.Answer
	Unread   []string // columns whose words are no answer
	Problems account.Problems
	Foreign  bool // asked of others
	Unasked  bool // by the answers in the file
	Conflict bool // somebody else answered since the file was saved
}

// Bad says that the line cannot be saved.
func (l BookLine) Bad() bool { return len(l.Unread)+len(l.Problems) > 0 || l.Foreign || l.Unasked }

// Book is a filled-in workbook before it is saved.
type Book struct {
	ShopHead
	Edition *guideline.Edition
	URL     string
	Lines   []BookLine
	Same    int // rows that change nothing
	Problem account.Reason
	Names   map[account.ID]string
}

// pick are the lines that can be saved, bad those that cannot.
func (f Book) pick(bad bool) []BookLine {
	var out []BookLine
	for _, l := range f.Lines {
		if l.Bad() == bad {
			out = append(out, l)
		}
	}
	return out
}

// column is the name of a column of a workbook.
func column(ctx context.Context, key string) string {
	return map[string]string{"value": t(ctx, "回答"), "day": t(ctx, "確認日"), "doer": t(ctx, "行う人"), "revision": t(ctx, "隠れた列")}[key]
}

// brief is the beginning of a text, for a list.
func brief(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if r := []rune(line); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return line
}

// released says whether those who look on may read the answers.
func (f ChecklistOverview) released() bool {
	return len(f.Releases) > 0 && f.Releases[0].TakenBack.IsZero()
}
