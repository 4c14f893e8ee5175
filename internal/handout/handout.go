// Package handout is what shop owners are given beside the guideline, as data:
// figures with their sources, the costs of the forms of a shop, clauses of
// contracts, the first days after a breach, the leaflet for executives.
package handout

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

//go:embed data
var files embed.FS

// Kind says how near to its origin a source is.
type Kind string

// The kinds. What is not read in the original is never shown as a quotation.
const (
	Original Kind = "original" // the document itself
	Second   Kind = "second"   // somebody who quotes it
	Own      Kind = "own"      // our own assumption
)

// Source is where a figure was read.
type Source struct {
	ID    string    `yaml:"id"`
	Title i18n.Text `yaml:"title"`
	Kind  Kind      `yaml:"kind"`
	URL   string    `yaml:"url"`
	Year  int       `yaml:"year"`
}

// Origin is what every figure says of itself.
type Origin struct {
	Source string `yaml:"source"`
	// Verified: read in the original or in a verbatim quotation.
	Verified bool `yaml:"verified"`
}

// Figure is a number that texts of ours name.
type Figure struct {
	ID string `yaml:"id"`
	// Text is the number as people read it, Says what it is a number of.
	Text   i18n.Text `yaml:"text"`
	Says   i18n.Text `yaml:"says"`
	Value  float64   `yaml:"value"`
	Year   int       `yaml:"year"` // to which it belongs; 0: that of the source
	N      int       `yaml:"n"`    // how many were asked; 0: not known
	Origin `yaml:",inline"`
	// Counted says from what a number was counted that is no shipped one.
	Counted i18n.Text `yaml:"-"`
}

// book is what the files hold.
type book struct {
	sources  []Source
	figures  []Figure
	costs    *Costs
	contract Contract
	incident Incident
	leaflet  Leaflet
	chapters []Chapter
}

// decode reads one file of data; a field that nobody knows is a mistake.
func decode(name string, into any) error {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

var load = sync.OnceValue(func() *book {
	b, err := open()
	if err != nil {
		panic(err) // embedded, and looked at by the tests
	}
	return b
})

func open() (*book, error) {
	b := &book{costs: &Costs{}}
	for _, f := range []struct {
		name string
		into any
	}{{"sources.yaml", &b.sources}, {"figures.yaml", &b.figures}, {"costs.yaml", b.costs}, {"contract.yaml", &b.contract}, {"incident.yaml", &b.incident}, {"leaflet.yaml", &b.leaflet}, {"chapters.yaml", &b.chapters}} {
		if err := decode(f.name, f.into); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Sources are the places at which figures were read.
func Sources() []Source { return load().sources }

// SourceOf finds a source; nil when there is none of this name.
func SourceOf(id string) *Source {
	all := load().sources
	if i := slices.IndexFunc(all, func(s Source) bool { return s.ID == id }); i >= 0 {
		return &all[i]
	}
	return nil
}

// Figures are the numbers that texts name.
func Figures() []Figure { return load().figures }

// FigureOf finds a figure; nil when there is none of this name.
func FigureOf(id string) *Figure {
	all := load().figures
	if i := slices.IndexFunc(all, func(f Figure) bool { return f.ID == id }); i >= 0 {
		return &all[i]
	}
	return nil
}

// Cite says where something was read, of which year, asked of how many, and
// whether it was read in the original.
func (o Origin) Cite(l i18n.Lang, year, n int) string {
	s := SourceOf(o.Source)
	if s == nil {
		return ""
	}
	words := []string{s.Title.In(l)}
	if year == 0 {
		year = s.Year
	}
	if year > 0 {
		words = append(words, i18n.Format(i18n.Text{JA: "{year}年", EN: "{year}"}.In(l), i18n.Args{"year": strconv.Itoa(year)}))
	}
	if n > 0 {
		words = append(words, "n = "+strconv.Itoa(n))
	}
	switch {
	case s.Kind == Own:
	case o.Verified:
		words = append(words, i18n.Text{JA: "原文で確認済み", EN: "verified"}.In(l))
	default:
		words = append(words, i18n.Text{JA: "原文未確認", EN: "not verified in the original"}.In(l))
	}
	return strings.Join(words, i18n.Text{JA: "、", EN: ", "}.In(l))
}

// Cite says where the figure was read.
func (f *Figure) Cite(l i18n.Lang) string {
	if !f.Counted.IsZero() {
		return f.Counted.In(l)
	}
	return f.Origin.Cite(l, f.Year, f.N)
}
