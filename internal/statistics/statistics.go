// Package statistics counts what a programme has brought: who applied, what the
// diagnoses found, what was missing and what was mended afterwards. It says
// what is counted; the gate of survey says which of the numbers may leave.
package statistics

import (
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/survey"
	"miseban/internal/verdict"
)

// Catalogue is by what is counted: the requirements of an edition, and the
// classes of findings.
type Catalogue struct {
	Edition *guideline.Edition
	Classes []survey.Choice
	ClassOf func(check string) string
}

// Record is what is counted of one application that was sent. It bears no name.
type Record struct {
	ID         string
	Attributes map[programme.Attribute]account.Choice
	Contract   account.Choice // of maintenance
	Fate       Fate
	Before     *Look // once Step 3 is done; nil: not yet
	After      *Look // once Step 5 is done, too
}

// Fate is what became of an application.
type Fate string

// The fates.
const (
	Waiting   Fate = "waiting"
	Chosen    Fate = "chosen"
	Reserve   Fate = "reserve"
	Passed    Fate = "not-chosen"
	Unfit     Fate = "not-eligible"
	Withdrawn Fate = "withdrawn"
)

var fates = []survey.Choice{
	{ID: string(Chosen), Text: i18n.Text{JA: "選定", EN: "Selected"}}, {ID: string(Reserve), Text: i18n.Text{JA: "補欠", EN: "Reserve"}}, {ID: string(Passed), Text: i18n.Text{JA: "選定されず", EN: "Not selected"}},
	{ID: string(Unfit), Text: i18n.Text{JA: "資格なし", EN: "Not eligible"}}, {ID: string(Withdrawn), Text: i18n.Text{JA: "取り下げ", EN: "Withdrawn"}}, {ID: string(Waiting), Text: i18n.Text{JA: "審査中", EN: "Being examined"}},
}

// FateOf is what became of an application at a stage.
func FateOf(s programme.Stage) Fate {
	switch s {
	case programme.Selected:
		return Chosen
	case programme.Reserve:
		return Reserve
	case programme.NotSelected:
		return Passed
	case programme.Ineligible:
		return Unfit
	case programme.Withdrawn:
		return Withdrawn
	}
	return Waiting
}

// Finding is one finding of a shop, as it counts.
type Finding struct {
	Check    string
	Severity check.Severity
}

// Look is how a shop stood at the end of a step: what was found and not
// mended, and which requirements were not met.
type Look struct {
	Found   int
	Worst   map[string]check.Severity // by class of findings
	Unmet   []string                  // IDs of requirements, in the order of the edition
	Highest check.Severity            // of all; Info when nothing was found
}

// LookAt says how a shop stood: from the findings that were open, and from what
// it answered. A requirement is not met when the rules of judgement say 不適合
// or 一部適合 from these two.
func (c *Catalogue) LookAt(findings []Finding, answers []assessment.Answer, at time.Time) *Look {
	l := &Look{Worst: map[string]check.Severity{}}
	results := map[string]*check.Result{}
	for _, f := range findings {
		if f.Severity <= check.Info {
			continue
		}
		l.Found++
		l.Highest = max(l.Highest, f.Severity)
		class := c.ClassOf(f.Check)
		l.Worst[class] = max(l.Worst[class], f.Severity)
		if results[f.Check] == nil {
			results[f.Check] = &check.Result{Check: f.Check, Verdict: verdict.NotMet, Examined: 1}
		}
	}
	list := make([]check.Result, 0, len(results))
	for _, r := range results { // judged one by one: the order means nothing
		list = append(list, *r)
	}
	for _, j := range assessment.Judge(c.Edition, list, answers, nil, at) {
		if j.Verdict == verdict.NotMet || j.Verdict == verdict.Partly {
			l.Unmet = append(l.Unmet, j.Requirement)
		}
	}
	return l
}

// none is the choice of who has nothing of what a question asks for.
const none = "none"

// The items that are counted, beside the attributes of applications.
const (
	itemContract = "contract"
	itemFate     = "fate"
	itemBefore   = "before"
	itemAfter    = "after"
)

var whats = map[string]i18n.Text{itemBefore: {JA: "Step3（脆弱性診断）", EN: "Step 3 (diagnosis)"}, itemAfter: {JA: "Step5（フォローアップ）", EN: "Step 5 (follow-up)"}}

// levels are the severities that count, worst first, and the choice of none.
func levels() []survey.Choice {
	var out []survey.Choice
	for s := check.Critical; s > check.Info; s-- {
		out = append(out, survey.Choice{ID: s.String(), Text: i18n.Text{JA: s.Name(i18n.JA), EN: s.Name(i18n.EN)}})
	}
	return append(out, survey.Choice{ID: none, Text: i18n.Text{JA: "検出なし", EN: "Nothing found"}})
}

func level(s check.Severity) string {
	if s == check.Info {
		return none
	}
	return s.String()
}

// classLevels are the severities by which classes of findings are told apart.
var classLevels = []struct {
	id    string
	from  check.Severity
	until check.Severity
	name  i18n.Text
}{
	{"high", check.High, check.Critical, i18n.Text{JA: "危険度が高以上", EN: "high severity and above"}},
	{"medium", check.Medium, check.Medium, i18n.Text{JA: "危険度が中", EN: "medium severity"}},
	{"low", check.Low, check.Low, i18n.Text{JA: "危険度が低", EN: "low severity"}},
}

// requirements are those of the edition, and the choice of none.
func (c *Catalogue) requirements() []survey.Choice {
	var out []survey.Choice
	for i := range c.Edition.Requirements {
		r := &c.Edition.Requirements[i]
		part, _ := c.Edition.Part(r.Part)
		text := func(l i18n.Lang) string { return part.Title.In(l) + " " + r.Number + " " + r.Title.In(l) }
		out = append(out, survey.Choice{ID: r.ID, Text: i18n.Text{JA: text(i18n.JA), EN: text(i18n.EN)}})
	}
	return append(out, survey.Choice{ID: none, Text: i18n.Text{JA: "満たされない要件なし", EN: "No requirement unmet"}})
}

func options(list []account.Option) []survey.Choice {
	var out []survey.Choice
	for _, o := range list {
		out = append(out, survey.Choice{ID: string(o.Choice), Text: o.Text})
	}
	return out
}

// questionnaire is what is counted, in the form that the gate takes: as if each
// record had answered.
func (c *Catalogue) questionnaire() *survey.Questionnaire {
	q := &survey.Questionnaire{ID: "statistics"}
	var items []survey.Item
	add := func(id string, ask i18n.Text, t survey.Type, choices []survey.Choice) {
		items = append(items, survey.Item{ID: id, Ask: ask, Type: t, Choices: choices, Number: len(items) + 1})
	}
	for _, a := range programme.Attributes {
		add(string(a), i18n.Text{JA: a.Name(i18n.JA), EN: a.Name(i18n.EN)}, survey.One, options(a.Values()))
	}
	add(itemContract, i18n.Text{JA: "保守契約", EN: "Maintenance contract"}, survey.One, options(account.YesNo))
	add(itemFate, i18n.Text{JA: "応募の結果", EN: "Outcome of the application"}, survey.One, fates)
	reqs := c.requirements()
	classes := append(slices.Clone(c.Classes), survey.Choice{ID: none, Text: i18n.Text{JA: "この危険度の検出なし", EN: "Nothing of this severity"}})
	for _, when := range []string{itemBefore, itemAfter} {
		at := whats[when]
		say := func(ja, en string) i18n.Text { return i18n.Text{JA: at.JA + ja, EN: en + " at " + at.EN} }
		add("worst-"+when, say("で最も高い危険度", "Highest severity"), survey.One, levels())
		add("unmet-"+when, say("で満たされていなかった要件", "Requirements not met"), survey.Many, reqs)
		add("found-"+when, say("で残っていた検出事項の件数", "Number of open findings"), survey.Records, nil)
		for _, x := range classLevels {
			add("class-"+x.id+"-"+when, say("の検出事項の分類（"+x.name.JA+"）", "Classes of findings of "+x.name.EN), survey.Many, classes)
		}
	}
	q.Viewpoints = []survey.Viewpoint{{ID: "all", Themes: []survey.Theme{{ID: "all", Items: items}}}}
	for _, t := range tables {
		q.Tables = append(q.Tables, t.Fixed)
	}
	return q
}

// respondent is a record as if it had answered.
func (r *Record) respondent(q *survey.Questionnaire) survey.Respondent {
	out := survey.Respondent{ID: r.ID, Answers: map[string]survey.Answer{}}
	say := func(item string, choices ...string) {
		if choices = slices.DeleteFunc(choices, func(c string) bool { return c == "" }); len(choices) > 0 {
			out.Answers[item] = survey.Answer{Item: item, Given: survey.Answered, Choices: choices}
		}
	}
	for a, v := range r.Attributes {
		say(string(a), string(v))
	}
	say(itemContract, string(r.Contract))
	say(itemFate, string(r.Fate))
	for when, l := range map[string]*Look{itemBefore: r.Before, itemAfter: r.After} {
		if l == nil {
			continue
		}
		say("worst-"+when, level(l.Highest))
		n := int64(l.Found)
		out.Answers["found-"+when] = survey.Answer{Item: "found-" + when, Given: survey.Answered, Figure: &n}
		orNone := func(list []string) []string {
			if len(list) == 0 {
				return []string{none}
			}
			return list
		}
		say("unmet-"+when, orNone(slices.Clone(l.Unmet))...)
		for _, x := range classLevels {
			var list []string
			for class, s := range l.Worst {
				if s >= x.from && s <= x.until {
					list = append(list, class)
				}
			}
			slices.Sort(list)
			say("class-"+x.id+"-"+when, orNone(list)...)
		}
	}
	return out
}
