package probe

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"miseban/internal/check"
	"miseban/internal/wire"
)

var wordy = regexp.MustCompile(`[\p{L}\p{N}]+`)

// wordsOf are words that several titles and link texts of the shop hold, the
// commonest first: what a visitor could look for and find.
func wordsOf(s *check.Site) []string {
	count := map[string]int{}
	for _, pg := range s.HTML() {
		seen := map[string]bool{}
		for _, l := range pg.Links {
			for _, w := range wordy.FindAllString(l.Text, 8) {
				n := len([]rune(w))
				if n < 2 || n > 12 || !strings.ContainsFunc(w, unicode.IsLetter) || seen[w] || common[strings.ToLower(w)] {
					continue
				}
				seen[w] = true
				count[w]++
			}
		}
	}
	var out []string
	for w := range count {
		if wire.Harmless(w) == nil {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return out[:min(len(out), 20)]
}

// common are words of menus, which no item is called by.
var common = map[string]bool{
	"home": true, "top": true, "login": true, "cart": true, "menu": true, "next": true, "prev": true, "about": true, "contact": true, "search": true, "the": true, "and": true, "of": true,
	"カート": true, "ログイン": true, "お問い合わせ": true, "会社概要": true, "トップ": true, "ホーム": true, "もっと見る": true, "マイページ": true, "次へ": true, "前へ": true, "一覧": true, "検索": true, "会員登録": true,
}

var (
	numericName = regexp.MustCompile(`(?i)(^|[_\-\[\.])(id|no|num|page|p|cat|category|pid|item|product|offset|limit|qty|year|month|day|count|per|size|from|to|min|max|price)($|[_\-\]\.0-9])|id$|_no$|Id$|No$`)
	searchName  = regexp.MustCompile(`(?i)^(q|s|k|kw|query|keyword|keywords|search|name|word|words|term|text|freeword|find)$|keyword|search|query`)
	addressName = regexp.MustCompile(`(?i)mail`)
)

// sample is a value for a place of which the shop shows none.
func (b *planner) sample(t *Target) string {
	switch {
	case t.Via == ViaHeader:
		switch strings.ToLower(t.Name) {
		case "referer":
			return b.p.Site.Start.String()
		case "x-forwarded-for", "client-ip", "x-real-ip":
			return "127.0.0.1"
		case "accept-language":
			return "ja"
		}
		return "1"
	case t.Form != nil && fieldNamed(t.Form, t.Name) != nil && len(fieldNamed(t.Form, t.Name).Options) > 1:
		for _, o := range fieldNamed(t.Form, t.Name).Options {
			if o != "" && wire.Harmless(o) == nil {
				return o
			}
		}
	case numericName.MatchString(t.Name) && !searchName.MatchString(t.Name):
		return "1"
	case addressName.MatchString(t.Name):
		return "info@" + b.p.Site.Start.Hostname()
	}
	if len(b.w.words) > 0 {
		return b.w.words[0]
	}
	return "a"
}
