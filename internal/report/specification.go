package report

import (
	"cmp"
	"strings"

	"miseban/internal/i18n"
)

// Specification is what a shop asks of who builds it, requirement by
// requirement, with room for the builder's answer. It holds nothing that the
// shop said of itself to any checklist.
type Specification struct {
	Document // without sections; Write makes them
	Facts    []Fact
	Notes    []string // Markdown
	Parts    []SpecificationPart
}

// SpecificationPart is a chapter of a specification.
type SpecificationPart struct {
	Title string
	Rows  []Wanted
}

// Wanted is one requirement of a specification.
type Wanted struct {
	Number, Title string
	Level         string   // 必須…, or that it was not confirmed
	Fulfil        []string // what is to be fulfilled, a paragraph each
	Accept        []string // how it is accepted: a check or a document each
}

// SpecificationAnswers are what a builder can answer to a requirement.
func SpecificationAnswers(l i18n.Lang) []string {
	return []string{i18n.T(l, "○ 対応する", nil), i18n.T(l, "△ 代替案がある", nil), i18n.T(l, "× 対応しない", nil)}
}

// SpecificationColumns are the columns that the builder fills in.
func SpecificationColumns(l i18n.Lang) []string {
	return []string{i18n.T(l, "対応可否", nil), i18n.T(l, "方法", nil), i18n.T(l, "費用", nil), i18n.T(l, "備考", nil)}
}

// Paper is the specification as a document to print or to fill in with Word.
func (s *Specification) Paper() *Document {
	d := s.Document
	first := Section{ID: "about", Title: i18n.T(d.Lang, "この仕様書について", nil)}
	for _, n := range s.Notes {
		first.Blocks = append(first.Blocks, Prose{n})
	}
	first.Blocks = append(first.Blocks, Facts{s.Facts})
	d.Sections = []Section{first}
	empty := make([]Cell, len(SpecificationColumns(d.Lang)))
	empty[0].Text = strings.Join(SpecificationAnswers(d.Lang), "\n")
	for i, p := range s.Parts {
		section := Section{ID: "part-" + string(rune('a'+i)), Title: p.Title, Page: true}
		for _, r := range p.Rows {
			section.Blocks = append(section.Blocks, Heading{Level: 3, Text: r.Number + " " + r.Title},
				Facts{[]Fact{
					{Name: i18n.T(d.Lang, "区分", nil), Value: cmp.Or(r.Level, "–")},
					{Name: i18n.T(d.Lang, "満たすこと", nil), Value: strings.Join(r.Fulfil, "\n")},
					{Name: i18n.T(d.Lang, "受け入れの確認", nil), Value: "・" + strings.Join(r.Accept, "\n・")},
				}},
				Table{Head: SpecificationColumns(d.Lang), Widths: []float64{2.4, 4, 2, 3}, Rows: [][]Cell{append([]Cell(nil), empty...)}})
		}
		d.Sections = append(d.Sections, section)
	}
	return &d
}
