// Package assessment joins what was seen and what the shop says into
// one judgement per requirement, an overall grade and a plan of what to do first.
package assessment

import (
	"maps"
	"slices"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// RefKind says what a judgement rests on.
type RefKind string

// The kinds of basis.
const (
	FromCheck  RefKind = "check"
	FromAnswer RefKind = "answer"
)

// Ref is one thing a judgement rests on.
type Ref struct {
	Kind     RefKind          `json:"kind"`
	Name     string           `json:"name"`               // check or question
	Question string           `json:"question,omitempty"` // whose answer is contradicted
	Effect   guideline.Effect `json:"effect,omitempty"`
	Verdict  verdict.Verdict  `json:"verdict"`
	Findings int              `json:"findings,omitempty"`
}

// Judgement is the answer to one requirement.
type Judgement struct {
	Requirement string          `json:"requirement"`
	Verdict     verdict.Verdict `json:"verdict"`
	// Declared: 適合 by the shop's own word alone (自己申告). It is counted apart everywhere.
	Declared bool `json:"declared,omitempty"`
	// Duty says whose work the requirement is in a shop of this form; what is
	// the provider's is counted apart everywhere.
	Duty   guideline.Duty `json:"duty,omitempty"`
	Seen   Seen           `json:"seen"` // by checks
	Said   Standing       `json:"said"` // by answers
	Reason check.Reason   `json:"reason"`
	Basis  []Ref          `json:"basis,omitempty"`
	// Contradictions are answers that cannot be true together with what was seen (食い違い).
	Contradictions []Ref `json:"contradictions,omitempty"`
	// Overruled is a diagnostician's judgement, Rule what the table said; By is
	// empty when the overrule does not hold any more.
	Overruled *Overrule       `json:"-"`
	Rule      verdict.Verdict `json:"rule,omitempty"`
	By        string          `json:"by,omitempty"` // who overruled; "" = by rule
	Note      string          `json:"note,omitempty"`
	At        time.Time       `json:"at"`
	// Danger is the edition's own danger of what was found, where it grades dangers.
	Danger guideline.Danger `json:"danger,omitempty"`
}

// Judged is one edition with its judgements in reading order.
type Judged struct {
	Edition    *guideline.Edition
	Judgements []Judgement
}

// Count counts the judgements of a part ("" = all) by verdict, without what is
// the provider's, see Theirs; what is met by the shop's own word alone is not
// among Met, see Declared.
func (j *Judged) Count(part string) map[verdict.Verdict]int {
	return j.count(part, func(x *Judgement) bool { return !x.Declared && x.Duty != guideline.Theirs })
}

// Theirs counts the judgements of a part ("" = all) of what is wholly the
// work of the service's provider. None is met by the shop's own word.
func (j *Judged) Theirs(part string) map[verdict.Verdict]int {
	return j.count(part, func(x *Judgement) bool { return x.Duty == guideline.Theirs })
}

func (j *Judged) count(part string, want func(*Judgement) bool) map[verdict.Verdict]int {
	n := map[verdict.Verdict]int{}
	for i := range j.Judgements {
		if x := &j.Judgements[i]; want(x) && (part == "" || j.Edition.Requirements[i].Part == part) {
			n[x.Verdict]++
		}
	}
	return n
}

// Declared counts what is met in a part ("" = all) by the shop's own word alone.
func (j *Judged) Declared(part string) int {
	return j.count(part, func(x *Judgement) bool { return x.Declared && x.Duty != guideline.Theirs })[verdict.Met]
}

// Assessment is everything a report says, before it is put into words.
type Assessment struct {
	Run    *diagnose.Run
	Said   *Statement // nil: no shop speaks for the site
	Judged []Judged   // ipa-ec-2023 first
	Grade  Grade
	Plan   []Action
	At     time.Time
}

// Statement is what stands beside a diagnosis of a registered shop: what the
// shop says of itself, and what diagnosticians judged instead of the table.
type Statement struct {
	Answers   []Answer // to any edition
	Overrules []Overrule
	Traits    map[guideline.Trait]bool
	// Form is how the shop stands: what of the work is a provider's.
	Form guideline.Form
}

// allot says of each answer to an edition whose work it tells of.
func (s *Statement) allot(e *guideline.Edition) {
	for i := range s.Answers {
		a := &s.Answers[i]
		if q, ok := e.Question(a.Question); ok && a.Edition == e.ID {
			a.Duty = e.Duty(q, s.Form)
		}
	}
}

// Said is what is answered to each question of an edition, for its conditions.
func Said(answers []Answer, edition string) func(string) guideline.Answer {
	said := map[string]guideline.Answer{}
	for i := range answers {
		if answers[i].Edition == edition {
			said[answers[i].Question] = answers[i].Value
		}
	}
	return func(q string) guideline.Answer { return said[q] }
}

// New judges run against the editions; said is nil for a site that no shop
// speaks for.
func New(run *diagnose.Run, editions []*guideline.Edition, said *Statement, at time.Time, catalogue Catalogue) *Assessment {
	a := &Assessment{Run: run, Said: said, At: at, Grade: GradeOf(run), Plan: PlanFor(run, catalogue)}
	if said == nil {
		said = &Statement{}
	}
	for _, e := range editions {
		a.Judged = append(a.Judged, said.Judge(e, run, run.Results, at))
	}
	return a
}

// Counted is how far an edition is answered: of the questions that are asked.
type Counted struct {
	Asked int
	By    map[guideline.Answer]int
}

// Answered is how many questions have an answer.
func (c Counted) Answered() int {
	n := 0
	for _, x := range c.By {
		n += x
	}
	return n
}

// Count says how far an edition is answered. Answers to what is not asked any
// more do not count.
func (s *Statement) Count(e *guideline.Edition) Counted {
	c, said := Counted{By: map[guideline.Answer]int{}}, Said(s.Answers, e.ID)
	for i := range e.Questions {
		q := &e.Questions[i]
		if !e.Asked(q, said) {
			continue
		}
		c.Asked++
		if a := said(q.ID); a != "" {
			c.By[a]++
		}
	}
	return c
}

// Judge sets an edition against what was seen and what is said. run is the
// diagnosis that shows the shop's form; nil when there was none yet.
func (s *Statement) Judge(e *guideline.Edition, run *diagnose.Run, results []check.Result, at time.Time) Judged {
	traits := maps.Clone(s.Traits)
	if traits == nil {
		traits = map[guideline.Trait]bool{}
	}
	if run != nil {
		maps.Copy(traits, Traits(run)) // what was seen is more certain than what was typed
	}
	s.allot(e)
	j := Judged{Edition: e, Judgements: Judge(e, results, s.Answers, traits, at)}
	for i := range j.Judgements {
		if s.Form != "" {
			j.Judgements[i].Duty = e.DutyFor(&e.Requirements[i], s.Form)
		}
	}
	j.Overrule(s.Overrules)
	return j
}

// AnswerTo is what is answered to a question of an edition; nil: nothing yet.
func (s *Statement) AnswerTo(edition, question string) *Answer {
	if s == nil {
		return nil
	}
	if i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Edition == edition && a.Question == question }); i >= 0 {
		return &s.Answers[i]
	}
	return nil
}
