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
	Declared bool         `json:"declared,omitempty"`
	Seen     Seen         `json:"seen"` // by checks
	Said     Standing     `json:"said"` // by answers
	Reason   check.Reason `json:"reason"`
	Basis    []Ref        `json:"basis,omitempty"`
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

// Count counts the judgements of a part ("" = all) by verdict; what is met by
// the shop's own word alone is not among Met, see Declared.
func (j *Judged) Count(part string) map[verdict.Verdict]int {
	n := map[verdict.Verdict]int{}
	for i, x := range j.Judgements {
		if !x.Declared && (part == "" || j.Edition.Requirements[i].Part == part) {
			n[x.Verdict]++
		}
	}
	return n
}

// Declared counts what is met in a part ("" = all) by the shop's own word alone.
func (j *Judged) Declared(part string) int {
	n := 0
	for i, x := range j.Judgements {
		if x.Declared && (part == "" || j.Edition.Requirements[i].Part == part) {
			n++
		}
	}
	return n
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
	j := Judged{Edition: e, Judgements: Judge(e, results, s.Answers, traits, at)}
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
