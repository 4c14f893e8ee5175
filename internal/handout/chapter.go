package handout

import (
	"regexp"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// Chapter is a chapter of the guideline as it is shipped.
type Chapter struct {
	ID     string    `yaml:"id"`
	Part   i18n.Text `yaml:"part"`
	Number string    `yaml:"number"`
	Title  i18n.Text `yaml:"title"`
	Text   i18n.Text `yaml:"text"` // Markdown; {id} is a figure
}

// Chapters are the chapters in their order.
func Chapters() []Chapter { return load().chapters }

// ChapterOf finds a chapter; nil when there is none of this name.
func ChapterOf(id string) *Chapter {
	all := load().chapters
	if i := slices.IndexFunc(all, func(c Chapter) bool { return c.ID == id }); i >= 0 {
		return &all[i]
	}
	return nil
}

// Named are all numbers that a chapter may name: the shipped ones, and own,
// which a programme counts itself.
func Named(own []Figure) []*Figure {
	var out []*Figure
	for i := range own {
		out = append(out, &own[i])
	}
	all := load().figures
	for i := range all {
		out = append(out, &all[i])
	}
	return out
}

// FillWith puts the figures that a text names into it; used gets them, each once.
func FillWith(t i18n.Text, l i18n.Lang, own []Figure, used *[]*Figure) string {
	args := i18n.Args{}
	s := t.In(l)
	for _, f := range Named(own) {
		if !strings.Contains(s, "{"+f.ID+"}") {
			continue
		}
		args[f.ID] = f.Text.In(l)
		if used != nil && !slices.ContainsFunc(*used, func(u *Figure) bool { return u.ID == f.ID }) {
			*used = append(*used, f)
		}
	}
	return i18n.Format(s, args)
}

var named = regexp.MustCompile(`\{([a-z][a-z0-9-]*)\}`)

// Unknown is the first figure that a text names and that there is not; "" when
// all are known.
func Unknown(text string, own []Figure) string {
	for _, m := range named.FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(Named(own), func(f *Figure) bool { return f.ID == m[1] }) {
			return m[1]
		}
	}
	return ""
}
