package view

import (
	"context"
	"maps"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/store"
)

// Subject is what corrections are about: a requirement with the duties of its
// questions, a part, or the edition itself.
type Subject struct {
	Of    string // as in guideline.Item
	Items []guideline.Item
	Open  int // of them not compared with the original
}

// Corrections is an edition with what can be corrected of it.
type Corrections struct {
	Edition *guideline.Edition
	List    []Subject
}

// CorrectionForm takes a correction of a subject.
type CorrectionForm struct {
	Edition    *guideline.Edition
	Subject    Subject
	Correction guideline.Correction // as typed
	Typed      []string             // the fields that are marked
	Stale      bool                 // somebody else was faster
	Problems   account.Problems
}

// RevisionLine is a correction as everybody may read it.
type RevisionLine struct {
	store.EditionRevision
	Name   string // of the revision
	Office string
}

// CorrectionField names the field of the n-th item of a form.
func CorrectionField(n int) string { return "item" + strconv.Itoa(n) }

func (f *Corrections) open() int {
	n := 0
	for _, x := range f.List {
		n += x.Open
	}
	return n
}

func (f *Corrections) trail(ctx context.Context) []Item { return correctionTrail(ctx, f.Edition) }

func correctionTrail(ctx context.Context, e *guideline.Edition) []Item {
	return []Item{{Name: t(ctx, "ガイドライン"), URL: "/guidelines"}, {Name: e.Title.In(lang(ctx)), URL: "/guidelines/" + e.ID}}
}

func (f *Corrections) to(of string) string {
	return "/guidelines/" + f.Edition.ID + "/corrections/new?of=" + url.QueryEscape(of)
}

func (f *CorrectionForm) list() string { return "/guidelines/" + f.Edition.ID + "/corrections" }

func (f *CorrectionForm) action() templ.SafeURL { return templ.SafeURL(f.list() + "/new") }

func (f *CorrectionForm) trail(ctx context.Context) []Item {
	return append(correctionTrail(ctx, f.Edition), Item{Name: t(ctx, "データの訂正"), URL: f.list()})
}

// subjectName names a requirement, a part, a question or the edition.
func subjectName(ctx context.Context, e *guideline.Edition, of string) string {
	l := lang(ctx)
	if of == "" {
		return t(ctx, "版の全体")
	}
	if id, ok := strings.CutPrefix(of, "part/"); ok {
		if p, ok := e.Part(id); ok {
			return t(ctx, "部: {title}", "title", p.Title.In(l))
		}
	}
	if r, ok := e.Requirement(of); ok {
		name := r.Number + " " + r.Title.In(l)
		if p, ok := e.Part(r.Part); ok {
			name = p.Title.In(l) + " " + name
		}
		return name
	}
	if q, ok := e.Question(of); ok {
		return q.Text.In(l)
	}
	return of
}

// itemName names an item within the form of its subject.
func itemName(ctx context.Context, e *guideline.Edition, x *guideline.Item) string {
	name := x.Field.Name(lang(ctx))
	if q, ok := e.Question(x.Of); ok {
		name += ": " + q.Text.In(lang(ctx))
	}
	return name
}

func revisedName(ctx context.Context, e *guideline.Edition, c *guideline.Change) string {
	return subjectName(ctx, e, c.Of) + " · " + c.Field.Name(lang(ctx))
}

// fieldNames lists what of a subject was not compared with the original.
func fieldNames(ctx context.Context, items []guideline.Item) string {
	var names []string
	for i := range items {
		if name := items[i].Field.Name(lang(ctx)); !items[i].Origin.Verified && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, t(ctx, "、"))
}

func sourceName(ctx context.Context, e *guideline.Edition, o guideline.Origin) string {
	if s, ok := e.Sources[o.Source]; ok {
		return s.Name.In(lang(ctx))
	}
	return t(ctx, "なし")
}

// itemValue is the value of an item in the words that people read.
func itemValue(ctx context.Context, e *guideline.Edition, x *guideline.Item) string {
	l := lang(ctx)
	if x.Text.JA != "" && x.Field != guideline.FieldDuty {
		return x.Text.In(l)
	}
	var words []string
	for _, w := range strings.Fields(x.Value) {
		switch x.Field {
		case guideline.FieldLevel:
			w = guideline.Level(w).Name(l)
		case guideline.FieldNature:
			w = guideline.Nature(w).Name(l)
		case guideline.FieldWhere:
			if p, ok := e.Places[guideline.Place(w)]; ok {
				w = p.In(l)
			}
		case guideline.FieldAppliesTo:
			w = guideline.Trait(w).Name(l)
		case guideline.FieldDanger:
			w = guideline.Danger(w).Name(l)
		case guideline.FieldDuty:
			form, duty, _ := strings.Cut(w, "=")
			w = guideline.Form(form).Name(l) + ": " + guideline.Duty(duty).Name(l)
		default:
			return x.Value
		}
		words = append(words, w)
	}
	if len(words) == 0 && x.Field == guideline.FieldAppliesTo {
		return t(ctx, "すべてのお店")
	}
	if len(words) == 0 {
		return t(ctx, "なし")
	}
	return strings.Join(words, t(ctx, "、"))
}

func itemWas(ctx context.Context, e *guideline.Edition, c *guideline.Change) string {
	return itemValue(ctx, e, &guideline.Item{Of: c.Of, Field: c.Field, Value: c.Was, Text: c.WasText})
}

// correctionChoices are the words that a field takes.
func correctionChoices(ctx context.Context, e *guideline.Edition, x *guideline.Item) []Choice {
	l, now := lang(ctx), strings.Fields(x.Value)
	var out []Choice
	add := func(value, name string) {
		out = append(out, Choice{Value: value, Name: name, Chosen: slices.Contains(now, value)})
	}
	switch x.Field {
	case guideline.FieldLevel:
		for _, v := range guideline.Levels {
			if v != guideline.LevelUnknown {
				add(string(v), v.Name(l))
			}
		}
	case guideline.FieldNature:
		for _, v := range guideline.Natures {
			add(string(v), v.Name(l))
		}
	case guideline.FieldWhere:
		for _, v := range slices.Sorted(maps.Keys(e.Places)) {
			add(string(v), e.Places[v].In(l))
		}
	case guideline.FieldAppliesTo:
		for _, v := range guideline.Traits {
			add(string(v), v.Name(l))
		}
	case guideline.FieldDanger:
		for _, v := range guideline.Dangers {
			add(string(v), v.Name(l))
		}
	}
	return out
}

func correctionHint(ctx context.Context, f guideline.Field) string {
	if f == guideline.FieldAppliesTo {
		return t(ctx, "一つでもあてはまるお店が対象です。どれも選ばなければ、すべてのお店が対象です。")
	}
	return ""
}

func dutyChoices(ctx context.Context, x *guideline.Item, form guideline.Form) []Choice {
	var out []Choice
	for _, d := range guideline.Duties {
		out = append(out, Choice{Value: string(d), Name: d.Name(lang(ctx)), Chosen: slices.Contains(strings.Fields(x.Value), string(form)+"="+string(d))})
	}
	return out
}

// mailLink leads to a mail address; "" for anything else.
func mailLink(s string) string {
	if a, err := mail.ParseAddress(s); err == nil && a.Address == s {
		return "mailto:" + s
	}
	return ""
}
