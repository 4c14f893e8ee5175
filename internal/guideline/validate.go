package guideline

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"

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

func (v *validator) wrong(place string, says saying) {
	v.errs = append(v.errs, &Fault{place, says})
}

// both asks that a text is there in both languages; an optional one may be absent in both.
func (v *validator) both(place, what string, text i18n.Text, optional bool) {
	if optional && text.IsZero() {
		return
	}
	if text.JA == "" {
		v.wrong(place, t("「{what}」に日本語（ja）がありません。", "what", what))
	}
	if text.EN == "" {
		v.wrong(place, t("「{what}」に英語（en）がありません。", "what", what))
	}
}

func (v *validator) origin(place, what string, o Origin) {
	if o.Source == "" {
		v.wrong(place, t("「{what}」に出典（source）がありません。", "what", what))
	} else if _, ok := v.e.Sources[o.Source]; !ok {
		v.wrong(place, t("「{what}」の出典「{id}」が、この版の sources にありません。", "what", what, "id", string(o.Source)))
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
			v.wrong(place, t("verdicts の「{word}」という判定はありません。", "word", string(w)))
		}
		v.sourced(place, "verdict "+string(w), m[w], false)
	}
}

func (v *validator) unique(place, what, id string, seen map[string]bool) {
	if id == "" {
		v.wrong(place, t("「{what}」に id がありません。", "what", what))
	} else if seen[id] {
		v.wrong(place, t("「{what}」の id「{id}」が重なっています。", "what", what, "id", id))
	}
	seen[id] = true
}

func (v *validator) edition(id string) {
	e, p := v.e, v.where.edition
	if e.Format != FormatVersion {
		v.wrong(p, t("format {got} は読めません。このバージョンで読める形式は {want} です。", "got", strconv.Itoa(e.Format), "want", strconv.Itoa(FormatVersion)))
	}
	if e.ID != id || !editionID.MatchString(e.ID) {
		v.wrong(p, t("id「{got}」は、フォルダかファイルの名前「{want}」と同じにし、英小文字、数字、ハイフンだけで書いてください。", "got", e.ID, "want", id))
	}
	if e.Revision < 1 {
		v.wrong(p, t("revision は 1 から始まる数です（今は {n}）。", "n", strconv.Itoa(e.Revision)))
	}
	v.sourced(p, "title", e.Title, false)
	v.sourced(p, "issuer", e.Issuer, false)
	v.both(p, "note", e.Note, false)
	v.origin(p, "published", e.Published.Origin)
	if !published.MatchString(e.Published.Value) {
		v.wrong(p, t("published「{value}」は YYYY、YYYY-MM、YYYY-MM-DD のどれかの形で書いてください。", "value", e.Published.Value))
	}
	if e.URL.Value != "" {
		v.origin(p, "url", e.URL.Origin)
	}
	if e.Contact.Value != "" {
		v.origin(p, "contact", e.Contact.Origin)
	}
	if e.Correction < 0 {
		v.wrong(p, t("correction は 0 以上の数です。"))
	}
	v.origin(p, "numbering", e.Numbering)
	v.duty(p, e.ProviderDuty, e.Ask)
	for _, k := range slices.Sorted(maps.Keys(e.Sources)) {
		v.both(p, "source "+k, e.Sources[k].Name, false)
	}
	for _, k := range slices.Sorted(maps.Keys(e.Places)) {
		v.both(p, "place "+string(k), e.Places[k], false)
	}
	seen := map[string]bool{}
	if len(e.Parts) == 0 {
		v.wrong(p, t("部（parts）がありません。"))
	}
	for _, part := range e.Parts {
		v.unique(p, "part", part.ID, seen)
		v.sourced(p, "part "+part.ID+": title", part.Title, false)
		v.both(p, "part "+part.ID+": text", part.Text, false)
		if part.URL.Value != "" {
			v.origin(p, "part "+part.ID+": url", part.URL.Origin)
		}
		if len(e.RequirementsOf(part.ID)) == 0 {
			v.wrong(p, t("部「{id}」に要件がありません。", "id", part.ID))
		}
	}
	v.verdicts(p, e.Verdicts)
	for _, a := range slices.Sorted(maps.Keys(e.AnswerWords)) {
		v.both(p, "answer-words "+string(a), e.AnswerWords[a], false)
	}
	seen = map[string]bool{}
	for _, g := range e.Grades {
		v.unique(p, "grade", g.ID, seen)
		v.sourced(p, "grade "+g.ID, g.Name, false)
	}
	linked := CheckNames(e)
	for _, name := range e.Planned {
		if !slices.Contains(linked, name) {
			v.wrong(p, t("planned の検査「{name}」は、どの要件からも使われていません。", "name", name))
		}
	}
	for _, name := range linked {
		if !checkName.MatchString(name) {
			v.wrong(p, t("検査名「{name}」は、英小文字、数字、ハイフンだけで書いてください。", "name", name))
		}
	}
}

func (v *validator) requirements() {
	e := v.e
	if len(e.Requirements) == 0 {
		v.wrong(v.where.edition, t("要件（requirements）がありません。"))
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
			v.wrong(p, t("部「{id}」が、この版の parts にありません。", "id", r.Part))
		}
		if r.Number == "" {
			v.wrong(p, t("番号（number）がありません。"))
		}
		if r.Choice != "" && choices[r.Choice] < 2 {
			v.wrong(p, t("choice「{id}」に、この要件しかありません。", "id", r.Choice))
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
			v.wrong(p, t("level が unknown のまま、確認済み（verified: true）にはできません。"))
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
			v.wrong(p, t("where の「{id}」が、この版の places にありません。", "id", string(place)))
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
				v.wrong(p, t("point「{id}」の検査「{name}」が、この要件の checks にありません。", "id", pt.ID, "name", name))
			}
		}
	}
}

func (v *validator) links(p string, r *Requirement) {
	if len(r.Checks) == 0 && len(r.Questions) == 0 {
		v.wrong(p, t("答える手段がありません。検査か質問を 1 つ以上書いてください。"))
	}
	seen := map[string]bool{}
	for _, l := range r.Checks {
		v.unique(p, "check", l.Check, seen)
		if l.Effect == "" {
			v.wrong(p, t("検査「{name}」に effect がありません。", "name", l.Check))
		}
		v.both(p, "check "+l.Check+": why", l.Why, l.Effect != Decides)
	}
	seen = map[string]bool{}
	for _, id := range r.Questions {
		v.unique(p, "question", id, seen)
		if _, ok := v.e.Question(id); !ok {
			v.wrong(p, t("質問「{id}」がありません。", "id", id))
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
	seen, order := map[string]bool{}, map[string]int{}
	for i := range e.Questions {
		order[e.Questions[i].ID] = i
	}
	for i := range e.Questions {
		q := &e.Questions[i]
		p := v.where.questions[i] + ": " + q.ID
		v.unique(p, "question", q.ID, seen)
		v.both(p, "text", q.Text, false)
		v.both(p, "explain", q.Explain, false)
		v.both(p, "evidence", q.Evidence, false)
		if q.Who == "" {
			v.wrong(p, t("答える人（who）がありません。"))
		}
		v.duty(p, q.Duty, q.Ask)
		v.conditions(p, q, order)
		if !asked[q.ID] {
			v.wrong(p, t("この質問を使う要件がありません。"))
		}
	}
}
