package selection

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/programme"
)

// unsaid is the value of who did not answer what an attribute is made from.
var unsaid = Value{"unsaid", i18n.Text{JA: "回答なし", EN: "No answer"}}

// Of is the file that a selection begins with, of what was sent to a programme:
// those at the stage eligible take part, and what was withdrawn is left out.
func Of(p *programme.Programme, applications []programme.Application) *File {
	f := &File{Format: FileFormat, Version: 1, Programme: i18n.Text{JA: p.Name.JA, EN: p.Name.In(i18n.EN)}, Attributes: Standard()}
	for i := range applications {
		a := &applications[i]
		if a.Receipt == "" || a.Stage == programme.Withdrawn {
			continue
		}
		x := Applicant{Receipt: a.Receipt, Operator: a.Form.Number, Eligible: a.Stage == programme.Eligible, Attributes: map[string]string{}, Why: whyNot(p, a), Profile: identity(a)}
		for n, by := range programme.Attributes {
			v := string(a.Form.Attribute(by))
			at := &f.Attributes[n]
			if at.index(v) < 0 {
				if v = unsaid.ID; at.index(v) < 0 {
					at.Values = append(at.Values, unsaid)
				}
			}
			x.Attributes[at.ID] = v
		}
		f.Applicants = append(f.Applicants, x)
	}
	return f
}

// whyNot says why an application does not take part; nothing when it does.
func whyNot(p *programme.Programme, a *programme.Application) []i18n.Text {
	var out []i18n.Text
	switch a.Stage {
	case programme.Eligible:
	case programme.Ineligible:
		_, judged := p.Judge(&a.Form)
		for _, j := range judged {
			if j.Outcome != programme.Fits {
				out = append(out, j.Rule.Unmet)
			}
		}
	default:
		out = append(out, t("応募の資格がまだ確かめられていません。").text())
	}
	return out
}

// identity is what tells who an applicant is, so that no note of the office
// carries it into a record.
func identity(a *programme.Application) json.RawMessage {
	f := &a.Form
	b, err := json.Marshal([]string{f.Company, f.Shop, f.URL, f.Host(), f.Number, f.Person, f.Phone, a.Mail})
	if err != nil {
		panic(err) // strings alone
	}
	return b
}

// Basis is a digest of all that a choice rests on of its applicants: it changes
// when one comes, goes, or is corrected in what counts.
func (f *File) Basis() string {
	list := slices.Clone(f.Applicants)
	slices.SortFunc(list, func(a, b Applicant) int { return cmp.Compare(a.Receipt, b.Receipt) })
	h := sha256.New()
	for i := range list {
		x := &list[i]
		fmt.Fprintf(h, "%q %q %t", x.Receipt, x.Operator, x.Eligible)
		for _, a := range f.Attributes {
			fmt.Fprintf(h, " %q", x.Attributes[a.ID])
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Cell is how many of the eligible have the same values, in the order of the
// attributes.
type Cell struct {
	Values []string
	Count  int
}

// Plan works quotas out for so many places before anything is chosen: the aims
// with the targets that the quotas leave to their rules.
func (q *Quotas) Plan(attributes []Attribute, places int, eligible []Cell) ([]Aim, error) {
	var counts [][]int
	for i, a := range attributes {
		n := make([]int, len(a.Values))
		for _, c := range eligible {
			if at := a.index(c.Values[i]); at >= 0 {
				n[at] += c.Count
			}
		}
		counts = append(counts, n)
	}
	return q.aims(attributes, places, counts, counts)
}

// Summary is what lists and comparisons tell of a choice without its record.
// Marks bear receipt numbers: unlike a record, it is the office's alone.
type Summary struct {
	Places    int           `json:"places"`
	Applied   int           `json:"applied"`
	Eligible  int           `json:"eligible"`
	Quotas    Quotas        `json:"quotas"`
	Effort    Effort        `json:"effort"`
	Marks     []Mark        `json:"marks,omitempty"`
	Deviation int           `json:"deviation"`
	Bound     int           `json:"bound"`
	Gap       string        `json:"gap"`
	Proved    bool          `json:"proved"`
	Chosen    int           `json:"chosen"`
	Reserves  int           `json:"reserves"`
	Aims      []Aim         `json:"aims"`
	Rules     []RuleOutcome `json:"rules,omitempty"`
	Costs     *MarkCosts    `json:"costs,omitempty"` // by receipt number
}

// Summarise tells what came of an order.
func Summarise(o *Order, r *Record) *Summary {
	x := &r.Outcome
	s := &Summary{Places: o.Places, Applied: len(r.Call.Applicants), Quotas: o.Quotas, Effort: o.Effort, Marks: o.Marks, Deviation: x.Deviation, Bound: x.Bound, Gap: x.Gap, Proved: x.Proved,
		Chosen: len(x.Chosen), Reserves: len(x.Reserves), Aims: x.Aims, Rules: x.Rules}
	for _, l := range r.Call.Applicants {
		if l.Eligible {
			s.Eligible++
		}
	}
	if m := x.Marks; m != nil {
		s.Costs = &MarkCosts{Without: m.Without, Proved: m.Proved}
		for _, mark := range o.Marks {
			if i := slices.IndexFunc(m.Each, func(c MarkCost) bool { return c.ID == Pseudonym(o.Seed, mark.ID) }); i >= 0 {
				s.Costs.Each = append(s.Costs.Each, MarkCost{mark.ID, m.Each[i].Cost})
			}
		}
	}
	return s
}
