// Package selection chooses N of the eligible applicants of a programme so that
// what they have in common is spread as the office wants it.
package selection

import (
	"miseban/internal/i18n"
	"miseban/internal/programme"
)

// Attribute is something by which applicants are balanced. Each applicant has
// one of its values.
type Attribute struct {
	ID     string    `json:"id"`
	Name   i18n.Text `json:"name"`
	Values []Value   `json:"values"`
}

// Value is one value of an attribute.
type Value struct {
	ID   string    `json:"id"`
	Name i18n.Text `json:"name"`
}

// The attributes of the programme for self-built shops.
const (
	Method   = string(programme.ByMethod)
	Industry = string(programme.ByBusiness)
	Turnover = string(programme.ByTurnover)
	Measures = string(programme.ByPosture)
)

// Standard are the attributes by which a programme's call says that shops are
// chosen. The caller gets his own copy.
func Standard() []Attribute {
	var out []Attribute
	for _, by := range programme.Attributes {
		a := Attribute{ID: string(by), Name: i18n.Text{JA: by.Name(i18n.JA), EN: by.Name(i18n.EN)}}
		for _, o := range by.Values() {
			a.Values = append(a.Values, Value{string(o.Choice), o.Text})
		}
		out = append(out, a)
	}
	return out
}

// TurnoverOf is the value of Turnover for a shop's yearly sales in yen.
func TurnoverOf(yen int64) string {
	for _, band := range []struct {
		below int64
		id    string
	}{
		{10_000_000, "under-10m"}, {50_000_000, "under-50m"}, {100_000_000, "under-100m"},
		{500_000_000, "under-500m"}, {1_000_000_000, "under-1b"},
	} {
		if yen < band.below {
			return band.id
		}
	}
	return "from-1b"
}

// MeasuresOf is the value of Measures for the answers to the questions about
// security of an application: how many say yes, no, and that it is not known.
// What does not apply to the shop is counted in none of them.
func MeasuresOf(yes, no, unsure int) string {
	all := yes + no + unsure
	switch {
	case all == 0 || 2*unsure >= all:
		return "unknown"
	case 10*yes >= 8*all:
		return "advanced"
	case 10*yes >= 4*all:
		return "partial"
	}
	return "little"
}
