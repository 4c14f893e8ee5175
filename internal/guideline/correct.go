package guideline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"miseban/internal/i18n"
)

// Field names what of an edition can be corrected with the original in hand.
type Field string

// The fields. Texts of ours, such as explanations, are no statement about the
// original and are not corrected this way.
const (
	FieldTitle     Field = "title"
	FieldNumber    Field = "number" // and that the edition asks the requirement at all
	FieldLevel     Field = "level"
	FieldNature    Field = "nature"
	FieldWhere     Field = "where"
	FieldAppliesTo Field = "applies-to"
	FieldDanger    Field = "danger"
	FieldDuty      Field = "duty"
	FieldIssuer    Field = "issuer"
	FieldPublished Field = "published"
	FieldURL       Field = "url"
	FieldContact   Field = "contact"
)

// Fields lists the fields.
var Fields = []Field{FieldTitle, FieldNumber, FieldLevel, FieldNature, FieldWhere, FieldAppliesTo, FieldDanger, FieldDuty, FieldIssuer, FieldPublished, FieldURL, FieldContact}

// Name is the word people read for the field.
func (f Field) Name(l i18n.Lang) string { return name("field", string(f), l) }

// Item is one value of an edition that can be corrected, as it stands.
type Item struct {
	Of    string    `json:"of,omitempty"` // a requirement, a question, "part/" and a part; "": the edition
	Field Field     `json:"field"`
	Value string    `json:"value,omitempty"` // words with spaces between; of a duty "saas=provider …"
	Text  i18n.Text `json:"text,omitzero"`   // of what is a text
	// Origin is where the value comes from.
	Origin Origin `json:"origin"`
}

// Key tells the item from all others of its edition.
func (x *Item) Key() string { return x.Of + "." + string(x.Field) }

// Change is the new value of an item, and what stood there before.
type Change struct {
	Item
	Was     string    `json:"was,omitempty"`
	WasText i18n.Text `json:"was_text,omitzero"`
	// WasVerified says that the old value had been confirmed, too.
	WasVerified bool `json:"was_verified,omitempty"`
}

// Same says that the change only confirms what stood there.
func (c *Change) Same() bool { return c.Value == c.Was && c.Text == c.WasText }

// Correction makes the next revision of an edition's data: values that somebody
// compared with the original, with what he read.
type Correction struct {
	Number  int      `json:"number"` // counted from 1 within an edition
	Base    int      `json:"base"`   // the revision of the release on which it was made
	Source  Source   `json:"source"` // what was read
	Reason  string   `json:"reason"`
	Changes []Change `json:"changes"`
}

// ErrMisfit is returned for a change that the edition cannot take.
var ErrMisfit = errors.New("the edition cannot take this value")

// Most is how many characters a text of a correction may have.
const Most = 1000

// Tidy trims what was typed and names what is missing or too long: "source",
// "reason", "changes".
func (c *Correction) Tidy() []string {
	var bad []string
	for _, s := range []*string{&c.Source.Name.JA, &c.Source.Name.EN, &c.Source.Ref, &c.Reason} {
		*s = strings.TrimSpace(*s)
	}
	if c.Source.Name.EN == "" {
		c.Source.Name.EN = c.Source.Name.JA
	}
	if c.Source.Name.JA == "" || utf8.RuneCountInString(c.Source.Name.JA+c.Source.Name.EN+c.Source.Ref) > Most {
		bad = append(bad, "source")
	}
	if c.Reason == "" || utf8.RuneCountInString(c.Reason) > Most {
		bad = append(bad, "reason")
	}
	if len(c.Changes) == 0 {
		bad = append(bad, "changes")
	}
	return bad
}

// source is the key under which a correction's source stands in the edition.
func (c *Correction) source() string { return "office-" + strconv.Itoa(c.Number) }

// RevisionName names the revision of the data: that of the release and, behind
// a point, how many corrections were made on it.
func (e *Edition) RevisionName() string {
	if e.Correction == 0 {
		return strconv.Itoa(e.Revision)
	}
	return strconv.Itoa(e.Revision) + "." + strconv.Itoa(e.Correction)
}

// Items lists what of the edition can be corrected, in reading order.
func (e *Edition) Items() []Item {
	var out []Item
	for _, s := range e.copied().slots() {
		out = append(out, s.Item)
	}
	return out
}

// Correct makes the corrected edition; e stays as it is. What stood there is
// noted in the changes. The error is ErrMisfit with the item, or what makes the
// whole no edition any more.
func (e *Edition) Correct(c *Correction) (*Edition, error) {
	out, skipped := e.corrected(c)
	if len(skipped) > 0 {
		return nil, fmt.Errorf("%s: %w", skipped[0].Key(), ErrMisfit)
	}
	where := at{edition: e.ID, requirements: make([]string, len(out.Requirements)), questions: make([]string, len(out.Questions))}
	if err := validate(out, out.ID, where); err != nil {
		return nil, err
	}
	return out, nil
}

// Carry makes corrections of an earlier release again on this one, in their
// order. What does not fit any more is left out.
func (e *Edition) Carry(list []Correction) *Edition {
	for i := range list {
		e, _ = e.corrected(&list[i])
	}
	return e
}

func (e *Edition) corrected(c *Correction) (out *Edition, skipped []*Change) {
	out = e.copied()
	out.Correction = c.Number
	out.Sources[c.source()] = c.Source
	slots := out.slots()
	for i := range c.Changes {
		x := &c.Changes[i]
		k := slices.IndexFunc(slots, func(s slot) bool { return s.Of == x.Of && s.Field == x.Field })
		if k < 0 {
			skipped = append(skipped, x)
			continue
		}
		x.Was, x.WasText, x.WasVerified = slots[k].Value, slots[k].Text, slots[k].Origin.Verified
		x.Origin = Origin{Source: c.source(), Verified: true}
		if !slots[k].set(x.Value, x.Text, x.Origin) {
			skipped = append(skipped, x)
		}
	}
	return out, skipped
}

// copied is a copy whose values may be replaced; what they hold is shared.
func (e *Edition) copied() *Edition {
	c := *e
	c.Parts, c.Requirements, c.Questions = slices.Clone(e.Parts), slices.Clone(e.Requirements), slices.Clone(e.Questions)
	if c.Sources = maps.Clone(e.Sources); c.Sources == nil {
		c.Sources = map[string]Source{}
	}
	return &c
}

// slot is an item and the way to replace it; set refuses what does not fit.
type slot struct {
	Item
	set func(value string, text i18n.Text, o Origin) bool
}

func (e *Edition) slots() []slot {
	var out []slot
	add := func(s slot) { out = append(out, s) }
	add(textSlot("", FieldTitle, &e.Title))
	add(textSlot("", FieldIssuer, &e.Issuer))
	add(wordSlot("", FieldPublished, &e.Published, published.MatchString))
	add(wordSlot("", FieldURL, &e.URL, func(s string) bool { return strings.HasPrefix(s, "https://") && !strings.ContainsAny(s, " \"<>") }))
	add(wordSlot("", FieldContact, &e.Contact, func(s string) bool { return s != "" && len(s) <= 200 }))
	if len(e.ProviderDuty.Value) > 0 {
		add(dutySlot("", &e.ProviderDuty, e.ProviderDuty, &e.Ask, &e.Ask))
	}
	for i := range e.Parts {
		add(textSlot("part/"+e.Parts[i].ID, FieldTitle, &e.Parts[i].Title))
	}
	asked := map[string]bool{}
	for i := range e.Requirements {
		r := &e.Requirements[i]
		add(slot{Item{r.ID, FieldNumber, r.Number, i18n.Text{}, r.Origin}, func(v string, _ i18n.Text, o Origin) bool {
			r.Number, r.Origin = v, o
			return v != "" && len(v) <= 40
		}})
		add(textSlot(r.ID, FieldTitle, &r.Title))
		if r.Level.Value != "" {
			add(choiceSlot(r.ID, FieldLevel, &r.Level, Levels[:len(Levels)-1])) // unknown is no answer
		}
		if r.Nature.Value != "" {
			add(choiceSlot(r.ID, FieldNature, &r.Nature, Natures))
		}
		if len(r.Where.Value) > 0 {
			add(listSlot(r.ID, FieldWhere, &r.Where, slices.Sorted(maps.Keys(e.Places)), 1))
		}
		if len(r.AppliesTo.Value) > 0 || r.AppliesTo.Source != "" {
			add(listSlot(r.ID, FieldAppliesTo, &r.AppliesTo, Traits, 0))
		}
		if len(r.Danger.Value) > 0 {
			add(listSlot(r.ID, FieldDanger, &r.Danger, Dangers, 1))
		}
		for _, q := range e.QuestionsFor(r.ID) {
			if d := e.dutyOf(q); len(d.Value) > 0 && !asked[q.ID] {
				asked[q.ID] = true
				add(dutySlot(q.ID, &q.Duty, *d, &q.Ask, &e.Ask))
			}
		}
	}
	return out
}

func textSlot(of string, f Field, s *Sourced) slot {
	return slot{Item{of, f, "", s.Text, s.Origin}, func(_ string, t i18n.Text, o Origin) bool {
		s.Text, s.Origin = t, o
		return t.JA != "" && t.EN != ""
	}}
}

func wordSlot(of string, f Field, s *Stated[string], fits func(string) bool) slot {
	return slot{Item{of, f, s.Value, i18n.Text{}, s.Origin}, func(v string, _ i18n.Text, o Origin) bool {
		s.Value, s.Origin = v, o
		return fits(v)
	}}
}

func choiceSlot[T ~string](of string, f Field, s *Stated[T], all []T) slot {
	return slot{Item{of, f, string(s.Value), i18n.Text{}, s.Origin}, func(v string, _ i18n.Text, o Origin) bool {
		s.Value, s.Origin = T(v), o
		return slices.Contains(all, T(v))
	}}
}

func listSlot[T ~string](of string, f Field, s *Stated[[]T], all []T, least int) slot {
	words := make([]string, len(s.Value))
	for i, w := range s.Value {
		words[i] = string(w)
	}
	return slot{Item{of, f, strings.Join(words, " "), i18n.Text{}, s.Origin}, func(v string, _ i18n.Text, o Origin) bool {
		var list []T
		for _, w := range strings.Fields(v) {
			if !slices.Contains(all, T(w)) || slices.Contains(list, T(w)) {
				return false
			}
			list = append(list, T(w))
		}
		s.Value, s.Origin = list, o
		return len(list) >= least
	}}
}

// dutySlot takes "saas=provider mall=shop"; a text is what the provider is
// asked for, and is needed where nothing says so yet.
func dutySlot(of string, s *Stated[map[Form]Duty], now Stated[map[Form]Duty], ask, general *i18n.Text) slot {
	var words []string
	for _, f := range Forms {
		if d, ok := now.Value[f]; ok {
			words = append(words, string(f)+"="+string(d))
		}
	}
	return slot{Item{of, FieldDuty, strings.Join(words, " "), i18n.Text{}, now.Origin}, func(v string, t i18n.Text, o Origin) bool {
		m, needs := map[Form]Duty{}, false
		for _, w := range strings.Fields(v) {
			form, duty, _ := strings.Cut(w, "=")
			if !slices.Contains(Forms, Form(form)) || !slices.Contains(Duties, Duty(duty)) {
				return false
			}
			m[Form(form)], needs = Duty(duty), needs || Duty(duty) != Ours
		}
		s.Value, s.Origin = m, o
		if t.JA != "" && t.EN != "" {
			*ask = t
		}
		return len(m) > 0 && (!needs || !ask.IsZero() || !general.IsZero())
	}}
}
