// Package tuning holds the families of cases that the checks were developed
// against. Their figures say what was tried for, not how good the checks are:
// that is what heldback is for.
package tuning

import (
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strings"

	"miseban/bench/accuracy/trial"
)

// Families are all of them.
var Families = slices.Concat(sqlFamilies, xssFamilies, redirectFamilies, traversalFamilies, commandFamilies, templateFamilies, directoryFamilies, nosqlFamilies, codeFamilies, inclusionFamilies, headerFamilies, entityFamilies, domFamilies, storedFamilies, memberFamilies, mailFamilies)

// ware is one item of a shop's catalogue.
type ware struct {
	ID       int
	Name     string
	Category string
	Price    int
}

var wareNames = strings.Fields("sencha hojicha genmaicha matcha bancha kukicha yokan monaka senbei konbu umeboshi kabocha miso shoyu mirin furoshiki tenugui kyusu yunomi chasen")
var categories = strings.Fields("green roasted sweets pantry cloth ware")

// catalogue is a shop's items by the pair's dice: twelve wares, each category at least twice.
func catalogue(r *rand.Rand) []ware {
	names := slices.Clone(wareNames)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	cats := slices.Clone(categories)
	r.Shuffle(len(cats), func(i, j int) { cats[i], cats[j] = cats[j], cats[i] })
	var out []ware
	for i := range 12 {
		out = append(out, ware{i + 1, names[i], cats[i%4], 200 + 10*r.IntN(400)})
	}
	return out
}

func esc(s string) string { return html.EscapeString(s) }

// shelf shows rows of name and price as a shop does.
func shelf(rows [][]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<h1>商品一覧</h1><p>%d 件</p><ul class=\"items\">", len(rows))
	for _, r := range rows {
		b.WriteString("<li>")
		for i, c := range r {
			if i > 0 {
				b.WriteString(" ")
			}
			b.WriteString("<span>" + esc(c) + "</span>")
		}
		b.WriteString("</li>")
	}
	b.WriteString("</ul>")
	return b.String()
}

const nothing = `<h1>商品一覧</h1><p>該当する商品はありません。</p>`

// oops is an error page without a hint.
func oops() *trial.Answer {
	return trial.Status(500, "<h1>エラー</h1><p>システムエラーが発生しました。</p>")
}
