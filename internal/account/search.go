package account

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// What a search looks for at most.
const (
	MostSearchWords = 5
	MostSearch      = 100 // letters
)

// SearchWord is one word that somebody looks for.
type SearchWord struct {
	plain string
	// Forms are the ways in which it may be written in what is kept: wide and
	// narrow letters, hiragana and katakana, all in small letters but the wide
	// capitals, which databases do not compare with small ones.
	Forms []string
}

// SearchWords are the words of a search, at most MostSearchWords.
func SearchWords(s string) []SearchWord {
	var out []SearchWord
	for w := range strings.FieldsSeq(cut(Line(s), MostSearch)) {
		plain := Plain(w)
		if plain == "" || slices.ContainsFunc(out, func(o SearchWord) bool { return o.plain == plain }) {
			continue
		}
		wide := width.Widen.String(strings.ToLower(norm.NFKC.String(w)))
		forms := []string{strings.ToLower(w), strings.ToLower(norm.NFKC.String(w)), plain, katakana(plain), wide, strings.ToUpper(wide)}
		slices.Sort(forms)
		out = append(out, SearchWord{plain, slices.Compact(forms)})
		if len(out) == MostSearchWords {
			break
		}
	}
	return out
}

// In says whether the word stands in a text, which Plain has been through.
func (w *SearchWord) In(plain string) bool { return strings.Contains(plain, w.plain) }

// Plain is a text as words are looked for in it: narrow, small, in hiragana.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - 'ァ' + 'ぁ'
		}
		return r
	}, strings.ToLower(norm.NFKC.String(s)))
}

func katakana(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'ぁ' && r <= 'ゖ' {
			return r - 'ぁ' + 'ァ'
		}
		return r
	}, s)
}

// cut is the beginning of a text.
func cut(s string, letters int) string {
	r := []rune(s)
	return string(r[:min(len(r), letters)])
}

// Way is a way in which somebody stands before shops: by an organisation, to
// which they belong (As is "") or were granted.
type Way struct {
	Organisation ID
	As           As
}

// Ways are those that give an actor one of some roles before shops.
func (a *Actor) Ways(roles ...Role) []Way {
	var out []Way
	for i := range a.Members {
		m := &a.Members[i]
		for _, r := range m.Roles {
			if slices.Contains(roles, r) && r != Diagnostician && r != Reviewer && !slices.Contains(out, Way{m.Organisation.ID, ""}) {
				out = append(out, Way{m.Organisation.ID, ""})
			}
			for _, as := range []As{AsContractor, AsFirm, AsOffice} {
				if given, ok := as.gives(r); ok && slices.Contains(roles, given) && !slices.Contains(out, Way{m.Organisation.ID, as}) {
					out = append(out, Way{m.Organisation.ID, as})
				}
			}
		}
	}
	return out
}
