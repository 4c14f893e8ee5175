package guideline

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// Form is how a shop stands, as far as that decides whose work a measure is.
// The empty form is a shop on a system of its own.
type Form string

// The forms of a shop that is not, or not wholly, on a system of its own.
const (
	OnService Form = "saas"   // on a cart service (SaaS, ASP)
	InMall    Form = "mall"   // in somebody's mall
	InPart    Form = "partly" // a system of its own that uses a service for a part
)

// Forms lists the forms.
var Forms = []Form{OnService, InMall, InPart}

// Duty says whose work it is that a question asks about.
type Duty string

// The duties. Whoever does the shop's own work for it, such as a contractor,
// does it on the shop's behalf: that is Ours too.
const (
	Ours   Duty = "shop"
	Theirs Duty = "provider" // of the service or the mall
	Shared Duty = "shared"   // the provider offers it, the shop must use it
)

// Duties lists the duties.
var Duties = []Duty{Ours, Theirs, Shared}

// Name is the word people read for the form.
func (v Form) Name(l i18n.Lang) string { return name("form", string(v), l) }

// Name is the word people read for the duty.
func (v Duty) Name(l i18n.Lang) string { return name("duty", string(v), l) }

// UnmarshalYAML accepts only one of Forms.
func (v *Form) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "form", Forms) }

// UnmarshalYAML accepts only one of Duties.
func (v *Duty) UnmarshalYAML(n *yaml.Node) error { return oneOf(n, v, "duty", Duties) }

// Duty says whose work a question is in a shop of a form: as the question
// says, else as the edition says, else the shop's. A mall is like a service
// unless the data tells them apart; where only a part is on a service, what
// the provider would do for the whole is shared.
func (e *Edition) Duty(q *Question, f Form) Duty {
	of := e.dutyOf(q).Value
	if d, ok := of[f]; ok {
		return d
	}
	d, ok := of[OnService]
	switch {
	case f == "" || !ok:
		return Ours
	case f == InPart && d == Theirs:
		return Shared
	}
	return d
}

// DutyVerified says whether the split of a question's work was read in the
// original; where it was not, it is our reading.
func (e *Edition) DutyVerified(q *Question) bool { return e.dutyOf(q).Verified }

func (e *Edition) dutyOf(q *Question) *Stated[map[Form]Duty] {
	if len(q.Duty.Value) > 0 {
		return &q.Duty
	}
	return &e.ProviderDuty
}

// AskOf is what a shop asks its provider for about a question.
func (e *Edition) AskOf(q *Question) i18n.Text {
	if !q.Ask.IsZero() {
		return q.Ask
	}
	return e.Ask
}

// DutyFor says whose work a requirement is in a shop of a form: theirs or ours
// when all its questions are, else shared. One without questions is ours: only
// a diagnosis judges it.
func (e *Edition) DutyFor(r *Requirement, f Form) Duty {
	var all []Duty
	for _, q := range e.QuestionsFor(r.ID) {
		if d := e.Duty(q, f); !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	switch len(all) {
	case 0:
		return Ours
	case 1:
		return all[0]
	}
	return Shared
}

func (v *validator) duty(p string, d Stated[map[Form]Duty], ask i18n.Text) {
	v.both(p, "ask", ask, true)
	if len(d.Value) == 0 {
		return
	}
	v.origin(p, "duty", d.Origin)
	for _, to := range d.Value {
		if to != Ours && ask.IsZero() && v.e.Ask.IsZero() {
			v.wrong(p, t("duty でサービス提供者の仕事とするときは、提供者に求めるもの（ask）を書いてください。"))
			return
		}
	}
}
