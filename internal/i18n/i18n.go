// Package i18n gives every text a person reads in Japanese and English.
// Japanese is the source; English is the catalogue in en/*.yaml.
package i18n

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"miseban/internal/i18n/en"
)

// Lang is a language Miseban speaks.
type Lang string

// The two languages. Japanese is the default everywhere.
const (
	JA Lang = "ja"
	EN Lang = "en"
)

// ParseLang reads a --lang value. An unknown one is an error that names the choices.
func ParseLang(s string) (Lang, error) {
	switch l := Lang(s); l {
	case JA, EN:
		return l, nil
	}
	return "", fmt.Errorf("language %q: choose ja or en", s)
}

// Text is one text in both languages, as data files carry it.
type Text struct {
	JA string `yaml:"ja" json:"ja"`
	EN string `yaml:"en" json:"en"`
}

// In returns the text in language l.
func (t Text) In(l Lang) string {
	if l == EN {
		return t.EN
	}
	return t.JA
}

// IsZero says that neither language has a text.
func (t Text) IsZero() bool { return t.JA == "" && t.EN == "" }

// Args are the named values of a message: "{where}" is replaced by Args["where"].
type Args map[string]string

// Format replaces each {name} in s by its value, and each {name:page|pages} by
// the first word where the value is "1", by the second otherwise. A name
// without a value stays as it is, so that a missing value is seen instead of
// swallowed. Values are not looked into again.
func Format(s string, args Args) string {
	if len(args) == 0 || !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inner, after, closed := strings.Cut(rest, "}")
		name, forms, plural := strings.Cut(inner, ":")
		one, many, two := strings.Cut(forms, "|")
		v, known := args[name]
		switch {
		case !closed || !known || plural && !two:
			b.WriteByte('{')
			s = rest
			continue
		case !plural:
			b.WriteString(v)
		case v == "1":
			b.WriteString(one)
		default:
			b.WriteString(many)
		}
		s = after
	}
}

// catalogue joins the files under en/. A file is a flat map from the Japanese
// source to English; one file a room keeps translators out of each other's way.
var catalogue = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	entries, err := en.Files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		b, err := en.Files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		var m map[string]string
		if err := yaml.Unmarshal(b, &m); err != nil {
			panic(fmt.Sprintf("en/%s: %v", e.Name(), err))
		}
		for ja, english := range m {
			if _, ok := all[ja]; ok { // whichever comes last would win, in rooms that know nothing of it
				panic(fmt.Sprintf("en/%s: %q has an English text in another file, too", e.Name(), ja))
			}
			all[ja] = english
		}
	}
	return all
})

// T says the Japanese message ja in language l with its values filled in.
// Every literal passed to it has an entry under en/; a test at the module's
// root reads the source and holds the two together.
func T(l Lang, ja string, args Args) string {
	if l == EN {
		if english, ok := catalogue()[ja]; ok {
			return Format(english, args)
		}
	}
	return Format(ja, args)
}

// Catalogue returns a copy of the English catalogue, for tests that compare it with the source.
func Catalogue() map[string]string { return maps.Clone(catalogue()) }
