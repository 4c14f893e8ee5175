// Package assessment joins what was seen and what the shop says into
// one judgement per requirement, an overall grade and a plan of what to do first.
package assessment

import (
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
	Judged []Judged // ipa-ec-2023 first
	Grade  Grade
	Plan   []Action
	At     time.Time
}

// New judges run against the editions.
func New(run *diagnose.Run, editions []*guideline.Edition, answers []Answer, at time.Time, catalogue Catalogue) *Assessment {
	a := &Assessment{Run: run, At: at, Grade: GradeOf(run), Plan: PlanFor(run, catalogue)}
	for _, e := range editions {
		a.Judged = append(a.Judged, Judged{Edition: e, Judgements: Judge(e, run.Results, answers, Traits(run), at)})
	}
	return a
}
