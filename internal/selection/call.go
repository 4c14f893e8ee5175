package selection

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Order is what the office asks for.
type Order struct {
	Places     int
	Seed       string
	Commitment string // "" or what was published of the seed
	At         string
	Quotas     Quotas
	Effort     Effort
	Marks      []Mark // by receipt number
}

// Call makes the pseudonymous call of an order.
func (f *File) Call(o *Order) (*Call, error) {
	var errs []error
	bad := func(w Words) { errs = append(errs, fault(w)) }
	if o.Seed == "" {
		bad(t("くじの種（seed）を指定してください。募集を締め切る前に、種のハッシュ値を公開しておきます。"))
	}
	commitment := Commitment(o.Seed)
	if o.Commitment != "" && o.Commitment != commitment {
		bad(t("くじの種が、公開したハッシュ値（{commitment}）と合いません。募集を締め切る前に決めた種を指定してください。", "commitment", o.Commitment))
	}
	c := &Call{
		Programme: f.Programme, Synthetic: f.Synthetic, At: o.At, Places: o.Places, Seed: o.Seed, Commitment: commitment,
		Attributes: f.Attributes, Quotas: o.Quotas, Effort: o.Effort,
	}
	// An operator is named after one of its receipt numbers: its own name could be guessed and tried.
	byReceipt, operators, shops := map[string]*Applicant{}, map[string]string{}, map[string]int{}
	for _, x := range f.Applicants {
		if first, ok := operators[x.Operator]; !ok || x.Receipt < first {
			operators[x.Operator] = x.Receipt
		}
		shops[x.Operator]++
	}
	for i := range f.Applicants {
		x := &f.Applicants[i]
		byReceipt[x.Receipt] = x
		l := Line{ID: Pseudonym(o.Seed, x.Receipt), Eligible: x.Eligible}
		if !x.Eligible {
			l.Why = x.Why
		}
		if x.Operator != "" && shops[x.Operator] > 1 {
			l.Operator = Pseudonym(o.Seed, "operator "+operators[x.Operator])
		}
		for _, a := range f.Attributes {
			l.Values = append(l.Values, x.Attributes[a.ID])
		}
		c.Applicants = append(c.Applicants, l)
	}
	slices.SortFunc(c.Applicants, func(a, b Line) int { return strings.Compare(a.ID, b.ID) })
	for _, m := range o.Marks {
		x := byReceipt[m.ID]
		switch {
		case x == nil:
			bad(t("受付番号「{receipt}」の応募がありません。--pin と --bar には、応募者のファイルにある受付番号を書いてください。", "receipt", m.ID))
			continue
		case strings.TrimSpace(m.Note) == "":
			bad(t("受付番号「{receipt}」を指定・除外する理由を書いてください。", "receipt", m.ID))
		case names(x, m.Note):
			bad(t("受付番号「{receipt}」の理由に、応募者の名前などが含まれています。記録に残るため、誰のことか分からない言葉で書いてください。", "receipt", m.ID))
		}
		c.Marks = append(c.Marks, Mark{ID: Pseudonym(o.Seed, m.ID), Pin: m.Pin, Note: m.Note})
	}
	slices.SortStableFunc(c.Marks, func(a, b Mark) int { return strings.Compare(a.ID, b.ID) })
	return c, errors.Join(errs...)
}

// names says whether a note holds something that tells who an applicant is.
func names(x *Applicant, note string) bool {
	found := strings.Contains(note, x.Receipt)
	var profile any
	if json.Unmarshal(x.Profile, &profile) != nil {
		return found
	}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			found = found || utf8.RuneCountInString(v) >= 3 && strings.Contains(note, v)
		case []any:
			for _, e := range v {
				look(e)
			}
		case map[string]any:
			for k, e := range v {
				if k != "answers" { // words such as yes and no
					look(e)
				}
			}
		}
	}
	look(profile)
	return found
}

// check looks whether a call holds together; what a record says is checked as
// strictly as what a file says.
func (c *Call) check() error {
	var errs []error
	bad := func(w Words) { errs = append(errs, fault(w)) }
	f := File{Attributes: c.Attributes}
	for _, l := range c.Applicants {
		if len(l.Values) != len(c.Attributes) {
			bad(t("応募「{id}」の属性の数が合いません。", "id", l.ID))
			return errors.Join(errs...)
		}
		a := Applicant{Receipt: l.ID, Attributes: map[string]string{}, Eligible: l.Eligible}
		for i, v := range l.Values {
			a.Attributes[c.Attributes[i].ID] = v
		}
		f.Applicants = append(f.Applicants, a)
	}
	if err := f.Check(); err != nil {
		return err
	}
	if !slices.IsSortedFunc(c.Applicants, func(a, b Line) int { return strings.Compare(a.ID, b.ID) }) {
		bad(t("記録の応募が ID の順に並んでいません。"))
	}
	if c.Places < 1 || c.Places > maxPlaces {
		bad(t("選ぶ数（places）は 1〜{n} にしてください。", "n", num(maxPlaces)))
	}
	if c.Commitment != Commitment(c.Seed) {
		bad(t("くじの種が、公開したハッシュ値（{commitment}）と合いません。募集を締め切る前に決めた種を指定してください。", "commitment", c.Commitment))
	}
	if e := c.Effort; e.Exchanges < 1 || e.Exchanges > 1e8 || e.Starts < 1 || e.Starts > 1000 || e.Rounds < 1 || e.Rounds > 1e6 || e.Nodes < 0 || e.Nodes > 1e7 {
		bad(t("探す手間（effort）の値が範囲の外です。"))
	}
	if len(c.Quotas.Rules) > 30 {
		bad(t("規則（rules）は {n} 個までです。", "n", num(30)))
	}
	seen := map[string]bool{}
	for _, m := range c.Marks {
		at, ok := slices.BinarySearchFunc(c.Applicants, m.ID, func(l Line, id string) int { return strings.Compare(l.ID, id) })
		switch {
		case seen[m.ID]:
			bad(t("応募「{id}」が2回、指定・除外されています。どちらか1つにしてください。", "id", m.ID))
		case !ok:
			bad(t("指定・除外された「{id}」は、応募の中にありません。", "id", m.ID))
		case m.Pin && !c.Applicants[at].Eligible:
			bad(t("応募「{id}」は資格がないため、指定して選ぶことはできません。", "id", m.ID))
		}
		seen[m.ID] = true
	}
	return errors.Join(errs...)
}
