package guideline

import (
	"bytes"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n"
)

// library is a library of CISO Assistant as far as it holds a framework.
type library struct {
	URN          string                 `yaml:"urn"`
	Locale       string                 `yaml:"locale"`
	RefID        string                 `yaml:"ref_id"`
	Name         string                 `yaml:"name"`
	Description  string                 `yaml:"description,omitempty"`
	Copyright    string                 `yaml:"copyright,omitempty"`
	Version      int                    `yaml:"version"`
	Published    string                 `yaml:"publication_date,omitempty"`
	Provider     string                 `yaml:"provider,omitempty"`
	Packager     string                 `yaml:"packager,omitempty"`
	Translations map[string]translation `yaml:"translations,omitempty"`
	Objects      struct {
		Framework *framework `yaml:"framework"`
	} `yaml:"objects"`
}

type framework struct {
	URN          string                 `yaml:"urn"`
	RefID        string                 `yaml:"ref_id"`
	Name         string                 `yaml:"name"`
	Description  string                 `yaml:"description,omitempty"`
	Translations map[string]translation `yaml:"translations,omitempty"`
	Groups       []groupDefinition      `yaml:"implementation_groups_definition,omitempty"`
	Nodes        []libraryNode          `yaml:"requirement_nodes"`
}

type groupDefinition struct {
	RefID        string                 `yaml:"ref_id"`
	Name         string                 `yaml:"name"`
	Translations map[string]translation `yaml:"translations,omitempty"`
}

type libraryNode struct {
	URN          string                     `yaml:"urn"`
	Assessable   bool                       `yaml:"assessable"`
	Depth        int                        `yaml:"depth"`
	Parent       string                     `yaml:"parent_urn,omitempty"`
	RefID        string                     `yaml:"ref_id,omitempty"`
	Name         string                     `yaml:"name,omitempty"`
	Description  string                     `yaml:"description,omitempty"`
	Annotation   string                     `yaml:"annotation,omitempty"`
	Evidence     string                     `yaml:"typical_evidence,omitempty"`
	Groups       []string                   `yaml:"implementation_groups,omitempty"`
	Questions    map[string]libraryQuestion `yaml:"questions,omitempty"`
	Translations map[string]translation     `yaml:"translations,omitempty"`
}

type libraryQuestion struct {
	Type         string                 `yaml:"type"`
	Text         string                 `yaml:"text"`
	Choices      []libraryChoice        `yaml:"choices,omitempty"`
	Translations map[string]translation `yaml:"translations,omitempty"`
}

type libraryChoice struct {
	URN          string                 `yaml:"urn"`
	Value        string                 `yaml:"value"`
	Translations map[string]translation `yaml:"translations,omitempty"`
}

type translation struct {
	Name        string `yaml:"name,omitempty"`
	Description string `yaml:"description,omitempty"`
	Annotation  string `yaml:"annotation,omitempty"`
	Evidence    string `yaml:"typical_evidence,omitempty"`
	Text        string `yaml:"text,omitempty"`
	Value       string `yaml:"value,omitempty"`
}

// urnPart makes a part of an URN as libraries have them: small letters, digits,
// ".", "-" and "_".
func urnPart(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return unicode.ToLower(r)
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_':
			return r
		}
		return '_'
	}, s)
}

// Library writes an edition as a library of CISO Assistant: Japanese with an
// English translation. A level is a group of the framework only where it was
// confirmed; the version grows with each revision and correction.
func Library(e *Edition) ([]byte, error) {
	id := urnPart(e.ID)
	en := func(name, description i18n.Text) map[string]translation {
		return map[string]translation{"en": {Name: name.EN, Description: description.EN}}
	}
	lib := library{
		URN: "urn:miseban:risk:library:" + id, Locale: "ja", RefID: e.ID, Name: e.Title.JA, Description: e.Note.JA, Copyright: e.Issuer.JA, Version: e.Revision*100 + e.Correction,
		Provider: e.Issuer.JA, Packager: "miseban", Translations: en(e.Title.Text, e.Note),
	}
	if len(e.Published.Value) == len("2006-01-02") {
		lib.Published = e.Published.Value
	}
	fw := &framework{URN: "urn:miseban:risk:framework:" + id, RefID: e.ID, Name: e.Title.JA, Description: e.Note.JA, Translations: en(e.Title.Text, e.Note)}
	used := map[Level]bool{}
	for i := range e.Parts {
		p := &e.Parts[i]
		base := "urn:miseban:risk:req_node:" + id + ":"
		parent := base + "part-" + urnPart(p.ID)
		fw.Nodes = append(fw.Nodes, libraryNode{URN: parent, Depth: 1, RefID: p.ID, Name: p.Title.JA, Description: p.Text.JA, Translations: en(p.Title.Text, p.Text)})
		for _, r := range e.RequirementsOf(p.ID) {
			n := libraryNode{URN: base + urnPart(r.ID), Assessable: true, Depth: 2, Parent: parent, RefID: r.ID, Name: r.Number + " " + r.Title.JA, Description: r.Text.JA, Annotation: advice(r, i18n.JA), Questions: map[string]libraryQuestion{}}
			t := translation{Name: r.Number + " " + r.Title.EN, Description: r.Text.EN, Annotation: advice(r, i18n.EN)}
			if l := r.Level; l.Verified {
				n.Groups, used[l.Value] = []string{string(l.Value)}, true
			}
			for _, q := range e.QuestionsFor(r.ID) {
				n.Evidence, t.Evidence = add(n.Evidence, q.Evidence.JA), add(t.Evidence, q.Evidence.EN)
				urn := n.URN + ":question:" + urnPart(q.ID)
				x := libraryQuestion{Type: "unique_choice", Text: q.Text.JA, Translations: map[string]translation{"en": {Text: q.Text.EN}}}
				for _, a := range q.Choices() {
					x.Choices = append(x.Choices, libraryChoice{URN: urn + ":choice:" + string(a), Value: e.AnswerName(a, i18n.JA), Translations: map[string]translation{"en": {Value: e.AnswerName(a, i18n.EN)}}})
				}
				n.Questions[urn] = x
			}
			n.Translations = map[string]translation{"en": t}
			fw.Nodes = append(fw.Nodes, n)
		}
	}
	for _, l := range Levels {
		if used[l] {
			fw.Groups = append(fw.Groups, groupDefinition{RefID: string(l), Name: l.Name(i18n.JA), Translations: map[string]translation{"en": {Name: l.Name(i18n.EN)}}})
		}
	}
	lib.Objects.Framework = fw
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(&lib); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// advice is what each reader is told to do, and that a title or level was not
// compared with the original.
func advice(r *Requirement, l i18n.Lang) string {
	out := ""
	if !r.Title.Verified {
		out = add(out, i18n.T(l, "題名は原文未確認です。", nil))
	}
	if r.Level.Value != "" && !r.Level.Verified {
		out = add(out, i18n.T(l, "区分は原文未確認です。", nil))
	}
	for _, role := range Roles {
		if t := r.How.For(role); !t.IsZero() {
			out = add(out, role.Name(l)+": "+t.In(l))
		}
	}
	return out
}

// add is a further line of a text.
func add(text, line string) string {
	if text == "" || line == "" {
		return text + line
	}
	return text + "\n" + line
}
