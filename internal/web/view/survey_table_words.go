package view

import (
	"fmt"
	"strconv"

	"miseban/internal/i18n"
	"miseban/internal/survey"
)

func itemChoices(list []*survey.Item, now *survey.Item, l i18n.Lang, fits func(survey.Type) bool) []Choice {
	var out []Choice
	for _, i := range list {
		if fits(i.Type) {
			out = append(out, Choice{Value: i.ID, Name: number(i.Number) + ". " + i.Ask.In(l), Chosen: i == now})
		}
	}
	return out
}

func chosenItems(q *survey.Questionnaire, now *survey.Item, l i18n.Lang) []Choice {
	return itemChoices(q.Items(), now, l, survey.Type.Chosen)
}

func figureItems(q *survey.Questionnaire, now *survey.Item, l i18n.Lang) []Choice {
	return itemChoices(q.Items(), now, l, survey.Type.Figure)
}

func wordItems(list []*survey.Item, now *survey.Item, l i18n.Lang) []Choice {
	return itemChoices(list, now, l, func(survey.Type) bool { return true })
}

func medianOf(g *survey.Figures) float64 {
	m, _ := g.Median()
	return m
}

func percent(n, of int) string { return strconv.Itoa((100*n+of/2)/of) + "%" }

// agreed is a figure of agreement, or that there is none.
func agreed(x float64, known bool) string {
	if !known {
		return "–"
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

func tableTitle(q *survey.Questionnaire, id string, l i18n.Lang) string {
	if f, ok := q.Fixed(id); ok {
		return f.Title.In(l)
	}
	return id
}

func headOf(q *survey.Questionnaire, f *survey.Fixed, x *survey.Release, l i18n.Lang) []string {
	head, _ := q.Lines(f, x, l)
	return head
}

// linesOf are the rows of a release in words.
func linesOf(q *survey.Questionnaire, f *survey.Fixed, x *survey.Release, l i18n.Lang) [][]string {
	figure, _ := q.Item(f.Figure)
	var out [][]string
	_, rows := q.Lines(f, x, l)
	for _, r := range rows {
		var line []string
		for _, c := range r {
			if n, ok := c.(float64); ok && figure != nil {
				line = append(line, FigureWords(l, figure.Type, n))
			} else {
				line = append(line, fmt.Sprint(c))
			}
		}
		out = append(out, line)
	}
	return out
}

func codeChoices(list []survey.Code) []Choice {
	var out []Choice
	for _, c := range list {
		out = append(out, Choice{Value: c.ID, Name: c.Name})
	}
	return out
}
