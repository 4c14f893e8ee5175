// Package guideline holds editions of security guidelines as data: what each
// requirement asks, in our own words, and which checks and questions answer it.
//
// An edition names checks; a check never names an edition. So a new edition,
// or a corrected one, is a folder of YAML and touches no Go file.
package guideline

import (
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/verdict"
)

// Origin says where a value comes from. Verified is true only where the value
// was read in the document itself or in a verbatim quotation of it; everything
// else must be shown to people as not yet compared with the original.
type Origin struct {
	Source   string `yaml:"source,omitempty" json:"source,omitempty"` // a key of Edition.Sources
	Verified bool   `yaml:"verified" json:"verified"`
}

// Sourced is a text that came from outside. Verified speaks of the Japanese;
// the English is always our translation.
type Sourced struct {
	i18n.Text `yaml:",inline"`
	Origin    `yaml:",inline"`
}

// Stated is a value other than a text that came from outside.
type Stated[T any] struct {
	Value  T `yaml:"value" json:"value"`
	Origin `yaml:",inline"`
}

// Edition is one dated guideline. Editions are shared; nobody changes one.
type Edition struct {
	Format   int    `yaml:"format" json:"format"`     // of these files; see FormatVersion
	ID       string `yaml:"id" json:"id"`             // also the name of its folder
	Revision int    `yaml:"revision" json:"revision"` // of our data, counted up with each correction
	// Correction is how many corrections an office made on this revision; see Correct.
	Correction int `yaml:"correction,omitempty" json:"correction,omitempty"`

	Title     Sourced        `yaml:"title" json:"title"`
	Issuer    Sourced        `yaml:"issuer" json:"issuer"`
	Published Stated[string] `yaml:"published" json:"published"` // YYYY, YYYY-MM or YYYY-MM-DD
	URL       Stated[string] `yaml:"url,omitempty" json:"url,omitzero"`
	Contact   Stated[string] `yaml:"contact,omitempty" json:"contact,omitzero"` // whom to ask about the original
	Note      i18n.Text      `yaml:"note" json:"note"`                          // what a reader must know about this data
	Numbering Origin         `yaml:"numbering" json:"numbering"`                // where numbers and order come from

	Sources  map[string]Source           `yaml:"sources" json:"sources"`
	Parts    []Part                      `yaml:"parts" json:"parts"`
	Places   map[Place]i18n.Text         `yaml:"places,omitempty" json:"places,omitempty"`
	Verdicts map[verdict.Verdict]Sourced `yaml:"verdicts,omitempty" json:"verdicts,omitempty"` // the edition's own words
	Grades   []Grade                     `yaml:"grades,omitempty" json:"grades,omitempty"`     // overall, worst first

	// Held says that what a shop answers is its own and that of those who work
	// for it: the office sees it only when the shop releases it.
	Held bool `yaml:"held,omitempty" json:"held,omitempty"`
	// AnswerWords are the edition's own words for answers.
	AnswerWords map[Answer]i18n.Text `yaml:"answer-words,omitempty" json:"answer-words,omitempty"`

	// ProviderDuty says of all questions, unless one says otherwise, whose work
	// they are where a shop is on a service; Ask is what the shop then asks for.
	ProviderDuty Stated[map[Form]Duty] `yaml:"duty,omitempty" json:"duty,omitzero"`
	Ask          i18n.Text             `yaml:"ask,omitempty" json:"ask,omitzero"`

	// Planned names checks that are linked although not every release has
	// them. Without a result such a link leaves the requirement unexamined.
	Planned []string `yaml:"planned,omitempty" json:"planned,omitempty"`

	Requirements []Requirement `yaml:"requirements,omitempty" json:"requirements"`
	Questions    []Question    `yaml:"questions,omitempty" json:"questions"`
}

// Source is a document from which values were taken.
type Source struct {
	Name i18n.Text `yaml:"name" json:"name"`
	Ref  string    `yaml:"ref,omitempty" json:"ref,omitempty"` // address or identifier
}

// Part is a chapter of an edition: a group of requirements in their order.
type Part struct {
	ID     string         `yaml:"id" json:"id"`
	Number string         `yaml:"number,omitempty" json:"number,omitempty"`
	Title  Sourced        `yaml:"title" json:"title"`
	Text   i18n.Text      `yaml:"text" json:"text"` // what the part is about, for a shop owner
	URL    Stated[string] `yaml:"url,omitempty" json:"url,omitzero"`
}

// Place is where in a shop's systems a requirement takes effect. Editions
// name their own places.
type Place string

// Requirement is one thing an edition asks. Its Origin says from where it is
// known that the edition asks this; Text and How explain it in our own words
// and may say more than the original.
type Requirement struct {
	ID     string    `yaml:"id" json:"id"`
	Part   string    `yaml:"part" json:"part"`
	Number string    `yaml:"number" json:"number"` // as printed in the original
	Title  Sourced   `yaml:"title" json:"title"`
	Text   i18n.Text `yaml:"text" json:"text"`
	How    How       `yaml:"how,omitempty" json:"how,omitzero"`
	Origin `yaml:",inline"`

	Level     Stated[Level]   `yaml:"level,omitempty" json:"level,omitzero"`
	Nature    Stated[Nature]  `yaml:"nature,omitempty" json:"nature,omitzero"`
	Where     Stated[[]Place] `yaml:"where,omitempty" json:"where,omitzero"`
	AppliesTo Stated[[]Trait] `yaml:"applies-to,omitempty" json:"applies-to,omitzero"` // empty: every shop

	// Choice joins alternatives: of the requirements with the same choice
	// one is enough, and a checklist prints one box for all.
	Choice string `yaml:"choice,omitempty" json:"choice,omitempty"`

	Screens  Sourced                     `yaml:"screens,omitempty" json:"screens,omitzero"` // the pages that are diagnosed
	Judging  Sourced                     `yaml:"judging,omitempty" json:"judging,omitzero"` // how the edition judges it
	Danger   Stated[[]Danger]            `yaml:"danger,omitempty" json:"danger,omitzero"`   // possible dangers, worst first
	Points   []Point                     `yaml:"points,omitempty" json:"points,omitempty"`
	Verdicts map[verdict.Verdict]Sourced `yaml:"verdicts,omitempty" json:"verdicts,omitempty"`

	Checks    []Link   `yaml:"checks,omitempty" json:"checks,omitempty"`
	Questions []string `yaml:"questions,omitempty" json:"questions,omitempty"`
	See       []string `yaml:"see,omitempty" json:"see,omitempty"` // editions that say more
}

// How tells three readers what to do.
type How struct {
	Owner        i18n.Text `yaml:"owner,omitempty" json:"owner,omitzero"`
	Practitioner i18n.Text `yaml:"practitioner,omitempty" json:"practitioner,omitzero"`
	Contractor   i18n.Text `yaml:"contractor,omitempty" json:"contractor,omitzero"`
}

// For is the advice for role r; it may be empty.
func (h How) For(r Role) i18n.Text {
	switch r {
	case Owner:
		return h.Owner
	case Practitioner:
		return h.Practitioner
	case Contractor:
		return h.Contractor
	}
	return i18n.Text{}
}

// Point is a numbered part of how a requirement is judged, such as J1.
type Point struct {
	ID     string           `yaml:"id" json:"id"`
	Text   Sourced          `yaml:"text" json:"text"`
	Danger Stated[[]Danger] `yaml:"danger,omitempty" json:"danger,omitzero"`
	Checks []string         `yaml:"checks,omitempty" json:"checks,omitempty"`
}

// Link ties a check to a requirement. Why says what the check sees of it; a
// link that decides must say why it may.
type Link struct {
	Check  string    `yaml:"check" json:"check"`
	Effect Effect    `yaml:"effect" json:"effect"`
	Why    i18n.Text `yaml:"why,omitempty" json:"why,omitzero"`
}

// Question is one self-check question put to a shop.
type Question struct {
	ID       string    `yaml:"id" json:"id"`
	Text     i18n.Text `yaml:"text" json:"text"`
	Explain  i18n.Text `yaml:"explain" json:"explain"`
	Evidence i18n.Text `yaml:"evidence" json:"evidence"` // an example of a document or record that shows it
	Who      Role      `yaml:"who" json:"who"`
	Answers  []Answer  `yaml:"answers,omitempty" json:"answers,omitempty"` // empty: all of them; see Choices

	// Duty says whose work it is where a shop is on a service, Ask what the
	// shop then asks its provider for.
	Duty Stated[map[Form]Duty] `yaml:"duty,omitempty" json:"duty,omitzero"`
	Ask  i18n.Text             `yaml:"ask,omitempty" json:"ask,omitzero"`

	// When holds the conditions under which the question is asked; empty: always.
	When []Condition `yaml:"when,omitempty" json:"when,omitempty"`

	// ContradictedBy names checks whose NotMet cannot be true together with the answer Done.
	ContradictedBy []string `yaml:"contradicted-by,omitempty" json:"contradicted-by,omitempty"`
}

// Choices are the answers the question offers, in the order of the form.
func (q *Question) Choices() []Answer {
	if len(q.Answers) > 0 {
		return q.Answers
	}
	return slices.Clone(Answers)
}

// Grade is one overall result of an edition: given when something of one of
// its dangers was found, or, with no danger, when nothing was found.
type Grade struct {
	ID     string   `yaml:"id" json:"id"`
	Name   Sourced  `yaml:"name" json:"name"`
	Danger []Danger `yaml:"danger,omitempty" json:"danger,omitempty"`
}

// Applies says whether the requirement concerns a shop of which the given
// traits are known to be true or false. Where the traits do not settle it, it
// applies and settled is false.
func (r *Requirement) Applies(traits map[Trait]bool) (applies, settled bool) {
	if len(r.AppliesTo.Value) == 0 {
		return true, true
	}
	settled = true
	for _, t := range r.AppliesTo.Value {
		has, known := traits[t]
		if has {
			return true, true
		}
		settled = settled && known
	}
	return !settled, settled
}

// Worst is the gravest of the requirement's possible dangers, or "".
func (r *Requirement) Worst() Danger {
	for _, d := range Dangers {
		if slices.Contains(r.Danger.Value, d) {
			return d
		}
	}
	return ""
}
