package paper

import (
	"slices"
	"strings"

	"miseban/internal/i18n"
)

// Mark is what stands on the cover of a paper in which these classes occur:
// 公開, 委員限り, 非公開, or 一部（非公開＋委員限り） where only some of it may be
// read by everybody.
func Mark(in []Class, l i18n.Lang) string {
	var kept []string
	for _, c := range []Class{Closed, Committee} {
		if slices.Contains(in, c) {
			kept = append(kept, c.Name(l))
		}
	}
	if len(kept) == 0 {
		return Public.Name(l)
	}
	all := strings.Join(kept, i18n.Text{JA: "＋", EN: " + "}.In(l))
	if !slices.Contains(in, Public) {
		return all
	}
	return i18n.Format(i18n.Text{JA: "一部（{classes}）", EN: "In part: {classes}"}.In(l), i18n.Args{"classes": all})
}

// Occur are the classes that occur in a paper of a class with pieces of these:
// a piece that everybody may read is read, in a paper that is for few, by those
// few.
func Occur(whole Class, pieces []Class) []Class {
	var out []Class
	for _, c := range pieces {
		if c == Public {
			c = whole
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		out = []Class{whole}
	}
	slices.SortFunc(out, func(a, b Class) int { return slices.Index(Classes, a) - slices.Index(Classes, b) })
	return out
}

// Merge puts one place for what is withheld where several follow each other
// and none has a heading that the reader may see: how many there are is not
// his to know.
func Merge(parts []Part) []Part {
	return slices.CompactFunc(parts, func(a, b Part) bool { return a.Withheld && b.Withheld && a.Title == "" && b.Title == "" })
}
