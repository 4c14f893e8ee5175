package guideline

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/verdict"
)

var (
	editionID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	checkName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	published = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2})?)?$`)
)

// validator collects what is wrong with an edition.
type validator struct {
	e     *Edition
	where at
	errs  []error
}

func validate(e *Edition, id string, where at) error {
	v := &validator{e: e, where: where}
	v.edition(id)
	v.requirements()
	v.questions()
	return errors.Join(v.errs...)
}

func (v *validator) wrong(place, format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

// both asks that a text is there in both languages; an optional one may be absent in both.
func (v *validator) both(place, what string, t i18n.Text, optional bool) {
	if optional && t.IsZero() {
		return
	}
	if t.JA == "" {
		v.wrong(place, "%s has no ja", what)
	}
	if t.EN == "" {
		v.wrong(place, "%s has no en", what)
	}
}

func (v *validator) origin(place, what string, o Origin) {
	if o.Source == "" {
		v.wrong(place, "%s names no source", what)
	} else if _, ok := v.e.Sources[o.Source]; !ok {
		v.wrong(place, "%s: source %q is not among the edition's sources", what, o.Source)
	}
}

func (v *validator) sourced(place, what string, s Sourced, optional bool) {
	if optional && s == (Sourced{}) {
		return
	}
	v.both(place, what, s.Text, false)
	v.origin(place, what, s.Origin)
}

func (v *validator) verdicts(place string, m map[verdict.Verdict]Sourced) {
	for _, w := range slices.Sorted(maps.Keys(m)) {
		if !w.Valid() {
			v.wrong(place, "verdicts: %q is no verdict", w)
		}
		v.sourced(place, "verdict "+string(w), m[w], false)
	}
}

func (v *validator) unique(place, what, id string, seen map[string]bool) {
	if id == "" {
		v.wrong(place, "%s has no id", what)
	} else if seen[id] {
		v.wrong(place, "%s id %q is used twice", what, id)
	}
	seen[id] = true
}

func (v *validator) edition(id string) {
	e, p := v.e, v.where.edition
	if e.Format != FormatVersion {
		v.wrong(p, "format %d: this release reads format %d", e.Format, FormatVersion)
	}
	if e.ID != id || !editionID.MatchString(e.ID) {
		v.wrong(p, "id %q: it must be the name of the folder or file, %q, in lower case letters, digits and hyphens", e.ID, id)
	}
	if e.Revision < 1 {
		v.wrong(p, "revision %d: it starts at 1", e.Revision)
	}
	v.sourced(p, "title", e.Title, false)
	v.sourced(p, "issuer", e.Issuer, false)
	v.both(p, "note", e.Note, false)
	v.origin(p, "published", e.Published.Origin)
	if !published.MatchString(e.Published.Value) {
		v.wrong(p, "published %q: write YYYY, YYYY-MM or YYYY-MM-DD", e.Published.Value)
	}
	if e.URL.Value != "" {
		v.origin(p, "url", e.URL.Origin)
	}
	v.origin(p, "numbering", e.Numbering)
	for _, k := range slices.Sorted(maps.Keys(e.Sources)) {
		v.both(p, "source "+k, e.Sources[k].Name, false)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Places)) {
		v.both(p, "place "+string(k), e.Places[k], false)
	}
	seen := map[string]bool{}
	if len(e.Parts) == 0 {
		v.wrong(p, "there are no parts")
	}
	for _, part := range e.Parts {
		v.unique(p, "part", part.ID, seen)
		v.sourced(p, "part "+part.ID+": title", part.Title, false)
		v.both(p, "part "+part.ID+": text", part.Text, false)
		if part.URL.Value != "" {
			v.origin(p, "part "+part.ID+": url", part.URL.Origin)
		}
		if len(e.RequirementsOf(part.ID)) == 0 {
			v.wrong(p, "part %s has no requirement", part.ID)
		}
	}
	v.verdicts(p, e.Verdicts)
	seen = map[string]bool{}
	for _, g := range e.Grades {
		v.unique(p, "grade", g.ID, seen)
		v.sourced(p, "grade "+g.ID, g.Name, false)
	}
	linked := CheckNames(e)
	for _, name := range e.Planned {
		if !slices.Contains(linked, name) {
			v.wrong(p, "planned check %q is linked by nothing", name)
		}
	}
	for _, name := range linked {
		if !checkName.MatchString(name) {
			v.wrong(p, "check %q: a check's name has lower case letters, digits and hyphens", name)
		}
	}
}

func (v *validator) requirements() {
	e := v.e
	if len(e.Requirements) == 0 {
		v.wrong(v.where.edition, "there are no requirements")
	}
	seen, choices := map[string]bool{}, map[string]int{}
	for i := range e.Requirements {
		if c := e.Requirements[i].Choice; c != "" {
			choices[c]++
		}
	}
	for i := range e.Requirements {
		r := &e.Requirements[i]
		p := v.where.requirements[i] + ": " + r.ID
		v.unique(p, "requirement", r.ID, seen)
		if _, ok := e.Part(r.Part); !ok {
			v.wrong(p, "part %q is not among the edition's parts", r.Part)
		}
		if r.Number == "" {
			v.wrong(p, "number is missing")
		}
		if r.Choice != "" && choices[r.Choice] < 2 {
			v.wrong(p, "choice %q has only this requirement", r.Choice)
		}
		v.sourced(p, "title", r.Title, false)
		v.both(p, "text", r.Text, false)
		v.origin(p, "requirement", r.Origin)
		for _, role := range Roles {
			v.both(p, "how "+string(role), r.How.For(role), true)
		}
		v.values(p, r)
		v.links(p, r)
	}
}

// values looks at what came from outside.
func (v *validator) values(p string, r *Requirement) {
	e := v.e
	if r.Level.Value != "" {
		v.origin(p, "level", r.Level.Origin)
		if r.Level.Value == LevelUnknown && r.Level.Verified {
			v.wrong(p, "level is unknown and cannot be verified")
		}
	}
	if r.Nature.Value != "" {
		v.origin(p, "nature", r.Nature.Origin)
	}
	if len(r.Where.Value) > 0 {
		v.origin(p, "where", r.Where.Origin)
	}
	for _, place := range r.Where.Value {
		if _, ok := e.Places[place]; !ok {
			v.wrong(p, "where: %q is not among the edition's places", place)
		}
	}
	if len(r.AppliesTo.Value) > 0 {
		v.origin(p, "applies-to", r.AppliesTo.Origin)
	}
	if len(r.Danger.Value) > 0 {
		v.origin(p, "danger", r.Danger.Origin)
	}
	v.sourced(p, "screens", r.Screens, true)
	v.sourced(p, "judging", r.Judging, true)
	v.verdicts(p, r.Verdicts)
	seen := map[string]bool{}
	for _, pt := range r.Points {
		v.unique(p, "point", pt.ID, seen)
		v.sourced(p, "point "+pt.ID, pt.Text, false)
		if len(pt.Danger.Value) > 0 {
			v.origin(p, "point "+pt.ID+": danger", pt.Danger.Origin)
		}
		for _, name := range pt.Checks {
			if !slices.ContainsFunc(r.Checks, func(l Link) bool { return l.Check == name }) {
				v.wrong(p, "point %s: check %q is not among the requirement's checks", pt.ID, name)
			}
		}
	}
}

func (v *validator) links(p string, r *Requirement) {
	if len(r.Checks) == 0 && len(r.Questions) == 0 {
		v.wrong(p, "nothing answers it: give it a check or a question")
	}
	seen := map[string]bool{}
	for _, l := range r.Checks {
		v.unique(p, "check", l.Check, seen)
		if l.Effect == "" {
			v.wrong(p, "check %s has no effect", l.Check)
		}
		v.both(p, "check "+l.Check+": why", l.Why, l.Effect != Decides)
	}
	seen = map[string]bool{}
	for _, id := range r.Questions {
		v.unique(p, "question", id, seen)
		if _, ok := v.e.Question(id); !ok {
			v.wrong(p, "question %q does not exist", id)
		}
	}
}

func (v *validator) questions() {
	e := v.e
	asked := map[string]bool{}
	for i := range e.Requirements {
		for _, id := range e.Requirements[i].Questions {
			asked[id] = true
		}
	}
	seen := map[string]bool{}
	for i := range e.Questions {
		q := &e.Questions[i]
		p := v.where.questions[i] + ": " + q.ID
		v.unique(p, "question", q.ID, seen)
		v.both(p, "text", q.Text, false)
		v.both(p, "explain", q.Explain, false)
		v.both(p, "evidence", q.Evidence, false)
		if q.Who == "" {
			v.wrong(p, "who answers is missing")
		}
		if !asked[q.ID] {
			v.wrong(p, "no requirement asks it")
		}
	}
}
