package survey

import (
	"cmp"
	"slices"

	"miseban/internal/i18n"
)

// hiddenMark stands in a file in the place of a number that is held back.
const hiddenMark = "x"

// Lines is a release as a table for files: the head and the rows.
func (q *Questionnaire) Lines(f *Fixed, x *Release, l i18n.Lang) (head []string, rows [][]any) {
	by, _ := q.Item(f.Rows)
	whole := i18n.Text{JA: "全体", EN: "All"}.In(l)
	name := func(i *Item, id string) string { return i.ChoiceName(id, l) }
	if figure, ok := q.Item(f.Figure); ok {
		head = []string{figure.Ask.In(l), i18n.Text{JA: "回答数", EN: "Answers"}.In(l), i18n.Text{JA: "合計", EN: "Sum"}.In(l), i18n.Text{JA: "平均", EN: "Mean"}.In(l), i18n.Text{JA: "中央値", EN: "Median"}.In(l)}
		for n, g := range x.Figures {
			line := []any{whole, hiddenMark, hiddenMark, hiddenMark, hiddenMark}
			if n < len(x.RowIDs) {
				line[0] = name(by, x.RowIDs[n])
			}
			if !g.Hidden {
				line[1], line[2], line[3], line[4] = g.N, g.Sum, g.Mean, g.Median
			}
			rows = append(rows, line)
		}
		return head, rows
	}
	count := func(s Shown) any {
		if s.Hidden {
			return hiddenMark
		}
		return s.Count
	}
	head = []string{by.Ask.In(l)}
	if columns, ok := q.Item(f.Columns); ok {
		for _, id := range x.ColumnIDs {
			head = append(head, name(columns, id))
		}
	}
	head = append(head, whole)
	for r, id := range x.RowIDs {
		line := []any{name(by, id)}
		for c := range x.ColumnIDs {
			line = append(line, count(x.Cells[r][c]))
		}
		rows = append(rows, append(line, count(x.RowTotals[r])))
	}
	line := []any{whole}
	for _, s := range x.ColumnTotals {
		line = append(line, count(s))
	}
	return head, append(rows, append(line, count(x.N)))
}

// Quotation is what somebody said and may be quoted with, without the name.
type Quotation struct {
	Item  *Item
	Words string
}

// Quotations are the words that respondents let be quoted, in the order of the
// questionnaire; within an item the order says nothing of who said them.
func (q *Questionnaire) Quotations(of []Respondent) []Quotation {
	var out []Quotation
	for _, i := range q.Items() {
		var said []Quotation
		for _, x := range of {
			if a := x.Answers[i.ID]; a.Given == Answered && a.Quote && a.Words != "" {
				said = append(said, Quotation{i, a.Words})
			}
		}
		slices.SortFunc(said, func(a, b Quotation) int { return cmp.Compare(a.Words, b.Words) })
		out = append(out, said...)
	}
	return out
}
