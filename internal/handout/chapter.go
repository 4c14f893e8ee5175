package handout

import (
	"slices"

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
