package handout

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"miseban/internal/i18n"
)

// Unit is what a number of the comparison counts.
type Unit string

// The units. Amounts are in 万円, ten thousand yen.
const (
	Amount  Unit = "amount"
	Yen     Unit = "yen"
	Percent Unit = "percent"
	Months  Unit = "months"
)

// Per says how often an item is paid.
type Per string

// How often.
const (
	Once    Per = "once"
	Yearly  Per = "year"
	Monthly Per = "month"
	Hours   Per = "hours"   // of staff a month
	OfSales Per = "percent" // of the turnover
	Risk    Per = "risk"    // percent a year that an incident happens
)

// Group is what an item is paid for.
type Group string

// The groups, in the order of the table.
const (
	Build Group = "build" // once, at the beginning
	Run   Group = "run"   // operation
	Care  Group = "care"  // security operation
)

// Groups lists them.
var Groups = []Group{Build, Run, Care}

// Value is a default with the range that the chart tries.
type Value struct {
	Value  float64 `yaml:"value"`
	Low    float64 `yaml:"low"`
	High   float64 `yaml:"high"`
	N      int     `yaml:"n"`
	Origin `yaml:",inline"`
}

// Assumption is a number that stands for all forms.
type Assumption struct {
	ID    string    `yaml:"id"`
	Name  i18n.Text `yaml:"name"`
	Hint  i18n.Text `yaml:"hint"`
	Unit  Unit      `yaml:"unit"`
	Value `yaml:",inline"`
}

// CostItem is a line of the comparison.
type CostItem struct {
	ID     string           `yaml:"id"`
	Name   i18n.Text        `yaml:"name"`
	Hint   i18n.Text        `yaml:"hint"`
	Per    Per              `yaml:"per"`
	Group  Group            `yaml:"group"`
	Values map[string]Value `yaml:"values"` // by form
}

// ShopForm is a way to have a shop.
type ShopForm struct {
	ID    string      `yaml:"id"`
	Name  i18n.Text   `yaml:"name"`
	Weeks [2]int      `yaml:"weeks"` // until it opens, from and to
	Good  []i18n.Text `yaml:"good"`
	Bad   []i18n.Text `yaml:"bad"`
}

// SelfBuilt says that the shop has its own system.
func (f *ShopForm) SelfBuilt() bool { return f.ID != "saas" && f.ID != "mall" }

// Costs is the comparison with its defaults.
type Costs struct {
	Years  int          `yaml:"years"`
	Common []Assumption `yaml:"common"`
	Forms  []ShopForm   `yaml:"forms"`
	Items  []CostItem   `yaml:"items"`
}

// Comparison is the comparison as it is shipped.
func Comparison() *Costs { return load().costs }

// Form finds a form; nil when there is none of this name.
func (c *Costs) Form(id string) *ShopForm {
	if i := slices.IndexFunc(c.Forms, func(f ShopForm) bool { return f.ID == id }); i >= 0 {
		return &c.Forms[i]
	}
	return nil
}

// Inputs are the numbers of a comparison by name: that of an assumption, or
// form and item with a point between them.
type Inputs map[string]float64

// Input is the name of the number of the item for a form.
func (x *CostItem) Input(form string) string { return form + "." + x.ID }

// Known is a number that may be changed, with all that is known of it.
type Known struct {
	Name  string // of the input
	Value Value
	Form  *ShopForm // nil: for all forms
	Item  *CostItem
	About *Assumption
	Most  float64
}

// Numbers lists every number of the comparison.
func (c *Costs) Numbers() (out []Known) {
	for i := range c.Common {
		a := &c.Common[i]
		k := Known{Name: a.ID, Value: a.Value, About: a, Most: 1e7}
		switch a.Unit {
		case Percent:
			k.Most = 100
		case Months:
			k.Most = 60
		}
		out = append(out, k)
	}
	for i := range c.Items {
		x := &c.Items[i]
		for j := range c.Forms {
			k := Known{Name: x.Input(c.Forms[j].ID), Value: x.Values[c.Forms[j].ID], Form: &c.Forms[j], Item: x, Most: 1e6}
			switch x.Per {
			case Risk, OfSales:
				k.Most = 100
			case Hours:
				k.Most = 744
			}
			out = append(out, k)
		}
	}
	return out
}

// Defaults are the numbers as they are shipped.
func (c *Costs) Defaults() Inputs {
	in := Inputs{}
	for _, k := range c.Numbers() {
		in[k.Name] = k.Value.Value
	}
	return in
}

// ParseNumber reads a number that a person typed: full-width digits, thousands
// with commas, the words of the unit. It is false for what is none, for what is
// below zero and for what is more than most.
func ParseNumber(s string, most float64) (float64, bool) {
	s = strings.TrimSpace(norm.NFKC.String(s))
	for _, unit := range []string{"万円", "円", "%", "か月", "時間"} {
		s = strings.TrimSpace(strings.TrimSuffix(s, unit))
	}
	s = strings.ReplaceAll(s, ",", "")
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || x < 0 || x > most {
		return 0, false
	}
	return x, true
}

// Cost is what a form costs over the years, in 万円.
type Cost struct {
	Items map[string]float64 // by item
	Group map[Group]float64
	Total float64
}

// Damage is what one incident costs, in 万円: the response, and the profit that
// is lost while the shop is closed.
func (in Inputs) Damage() float64 {
	return in["response"] + in["turnover"]/12*in["closed"]*in["margin"]/100
}

// Cost adds up what a form costs.
func (c *Costs) Cost(form string, in Inputs) Cost {
	years := float64(c.Years)
	out := Cost{Items: map[string]float64{}, Group: map[Group]float64{}}
	for i := range c.Items {
		x := &c.Items[i]
		v := in[x.Input(form)]
		switch x.Per {
		case Yearly:
			v *= years
		case Monthly:
			v *= 12 * years
		case Hours:
			v *= 12 * years * in["wage"] / 10000
		case OfSales:
			v *= years * in["turnover"] / 100
		case Risk:
			v *= years * in.Damage() / 100
		}
		out.Items[x.ID] = v
		out.Group[x.Group] += v
		out.Total += v
	}
	return out
}

// Swing is how the difference between two forms moves with one number.
type Swing struct {
	Known
	Low, High float64 // the difference with the number at its low and high value
	From, To  float64 // the low and the high value
}

// Width is how far the difference moves.
func (s *Swing) Width() float64 { return math.Abs(s.High - s.Low) }

// Turns says that the other form becomes the cheaper one within the range.
func (s *Swing) Turns(now float64) bool {
	return now*s.Low < 0 || now*s.High < 0
}

// Sensitivity says how the difference of what two forms cost moves when one
// number is at the ends of its range and the others stay: those that move it
// most first, at most so many.
func (c *Costs) Sensitivity(form, against string, in Inputs, most int) []Swing {
	var out []Swing
	for _, k := range c.Numbers() {
		if k.Form != nil && k.Form.ID != form && k.Form.ID != against {
			continue
		}
		s := Swing{Known: k, From: min(k.Value.Low, in[k.Name]), To: max(k.Value.High, in[k.Name])}
		for _, end := range []struct {
			at   float64
			diff *float64
		}{{s.From, &s.Low}, {s.To, &s.High}} {
			with := maps.Clone(in)
			with[k.Name] = end.at
			*end.diff = c.Cost(form, with).Total - c.Cost(against, with).Total
		}
		if s.Width() > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Swing) int {
		switch {
		case a.Width() > b.Width():
			return -1
		case a.Width() < b.Width():
			return 1
		}
		return 0
	})
	return out[:min(most, len(out))]
}

// Fill puts the figures that a text names into it: {id} becomes the figure's
// number, and used gets the figures in order.
func Fill(t i18n.Text, l i18n.Lang, used *[]*Figure) string { return FillWith(t, l, nil, used) }
