package guideline

import (
	"maps"
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/verdict"
)

// Requirement returns the requirement with the given ID.
func (e *Edition) Requirement(id string) (*Requirement, bool) {
	for i := range e.Requirements {
		if e.Requirements[i].ID == id {
			return &e.Requirements[i], true
		}
	}
	return nil, false
}

// Question returns the question with the given ID.
func (e *Edition) Question(id string) (*Question, bool) {
	for i := range e.Questions {
		if e.Questions[i].ID == id {
			return &e.Questions[i], true
		}
	}
	return nil, false
}

// Part returns the part with the given ID.
func (e *Edition) Part(id string) (*Part, bool) {
	for i := range e.Parts {
		if e.Parts[i].ID == id {
			return &e.Parts[i], true
		}
	}
	return nil, false
}

// RequirementsOf returns a part's requirements in their order.
func (e *Edition) RequirementsOf(part string) []*Requirement {
	return e.requirements(func(r *Requirement) bool { return r.Part == part })
}

// RequirementsFor returns the requirements that a check has an effect on.
func (e *Edition) RequirementsFor(check string) []*Requirement {
	return e.requirements(func(r *Requirement) bool {
		return slices.ContainsFunc(r.Checks, func(l Link) bool { return l.Check == check })
	})
}

// Alternatives returns the other requirements of r's choice: with one of them
// done, r need not be.
func (e *Edition) Alternatives(r *Requirement) []*Requirement {
	return e.requirements(func(o *Requirement) bool {
		return r.Choice != "" && o.Choice == r.Choice && o.ID != r.ID
	})
}

func (e *Edition) requirements(want func(*Requirement) bool) []*Requirement {
	var out []*Requirement
	for i := range e.Requirements {
		if r := &e.Requirements[i]; want(r) {
			out = append(out, r)
		}
	}
	return out
}

// ChecksFor returns the links of the requirement with the given ID.
func (e *Edition) ChecksFor(id string) []Link {
	if r, ok := e.Requirement(id); ok {
		return r.Checks
	}
	return nil
}

// QuestionsFor returns the questions of the requirement with the given ID.
func (e *Edition) QuestionsFor(id string) []*Question {
	r, ok := e.Requirement(id)
	if !ok {
		return nil
	}
	var out []*Question
	for _, id := range r.Questions {
		if q, ok := e.Question(id); ok {
			out = append(out, q)
		}
	}
	return out
}

// VerdictName is the word the edition uses for a verdict on r: the
// requirement's own, else the edition's, else the product's. r may be nil.
func (e *Edition) VerdictName(r *Requirement, v verdict.Verdict, l i18n.Lang) string {
	if r != nil {
		if s, ok := r.Verdicts[v]; ok {
			return s.In(l)
		}
	}
	if s, ok := e.Verdicts[v]; ok {
		return s.In(l)
	}
	return v.Name(l)
}

// AnswerName is the word the edition uses for an answer.
func (e *Edition) AnswerName(a Answer, l i18n.Lang) string {
	if t, ok := e.AnswerWords[a]; ok {
		return t.In(l)
	}
	return a.Name(l)
}

// Grade is the overall grade for the dangers that were found. Unless the
// grade is the worst, it is only given when everything was examined: a fault
// nobody looked for could still change it.
func (e *Edition) Grade(found []Danger, complete bool) (*Grade, bool) {
	for i := range e.Grades {
		g := &e.Grades[i]
		hit := slices.ContainsFunc(g.Danger, func(d Danger) bool { return slices.Contains(found, d) })
		if hit || len(g.Danger) == 0 && len(found) == 0 {
			return g, complete || i == 0 && hit
		}
	}
	return nil, false
}

// CheckNames returns every check the edition names, sorted, so that a test can
// hold them against the checks there are.
func CheckNames(e *Edition) []string {
	names := map[string]bool{}
	for i := range e.Requirements {
		for _, l := range e.Requirements[i].Checks {
			names[l.Check] = true
		}
	}
	for i := range e.Questions {
		for _, n := range e.Questions[i].ContradictedBy {
			names[n] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Row is one line of a checklist: a requirement of a part and, below it, its
// questions. Question is nil on the requirement's own line.
type Row struct {
	Part        *Part
	Requirement *Requirement
	Question    *Question
}

// Rows returns the checklist in reading order: parts as the edition lists
// them, each requirement followed by its questions. A question that several
// alternatives share comes once, below the last of them.
func (e *Edition) Rows() []Row {
	var rows []Row
	last := map[string]string{}
	for i := range e.Parts {
		for _, r := range e.RequirementsOf(e.Parts[i].ID) {
			for _, id := range r.Questions {
				last[id] = r.ID
			}
		}
	}
	for i := range e.Parts {
		p := &e.Parts[i]
		for _, r := range e.RequirementsOf(p.ID) {
			rows = append(rows, Row{Part: p, Requirement: r})
			for _, q := range e.QuestionsFor(r.ID) {
				if last[q.ID] == r.ID {
					rows = append(rows, Row{Part: p, Requirement: r, Question: q})
				}
			}
		}
	}
	return rows
}
