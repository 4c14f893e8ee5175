package statistics

import (
	"strconv"

	"miseban/internal/i18n"
	"miseban/internal/survey"
)

// HiddenMark stands in the place of a number that is held back.
const HiddenMark = "x"

// all is the place of the whole in files.
const all = "*"

// measures are what a table tells, with what they are called.
var measures = []struct {
	id   string
	name i18n.Text
	of   func(survey.Figure) float64
}{
	{"n", i18n.Text{JA: "回答数", EN: "Answers"}, func(f survey.Figure) float64 { return float64(f.N) }},
	{"sum", i18n.Text{JA: "合計", EN: "Sum"}, func(f survey.Figure) float64 { return f.Sum }},
	{"mean", i18n.Text{JA: "平均", EN: "Mean"}, func(f survey.Figure) float64 { return f.Mean }},
	{"median", i18n.Text{JA: "中央値", EN: "Median"}, func(f survey.Figure) float64 { return f.Median }},
}

var (
	countName = i18n.Text{JA: "件数", EN: "Count"}
	whole     = i18n.Text{JA: "全体", EN: "All"}
)

// Cell is one number of a table with where it stands. Row and Column are IDs of
// values; "" is the whole.
type Cell struct {
	Row, Column string
	Measure     string // count, n, sum, mean, median
	Value       float64
	Hidden      bool
}

// Cells are all numbers of a table.
func (t *Table) Cells() []Cell {
	r := &t.Release
	var out []Cell
	if t.Figure != nil {
		for n, f := range r.Figures {
			row := ""
			if n < len(r.RowIDs) {
				row = r.RowIDs[n]
			}
			for _, m := range measures {
				c := Cell{Row: row, Measure: m.id, Hidden: f.Hidden}
				if !f.Hidden {
					c.Value = m.of(f)
				}
				out = append(out, c)
			}
		}
		return out
	}
	add := func(row, column string, s survey.Shown) {
		out = append(out, Cell{Row: row, Column: column, Measure: "count", Value: float64(s.Count), Hidden: s.Hidden})
	}
	for i, id := range r.RowIDs {
		for c, column := range r.ColumnIDs {
			add(id, column, r.Cells[i][c])
		}
		add(id, "", r.RowTotals[i])
	}
	for c, column := range r.ColumnIDs {
		add("", column, r.ColumnTotals[c])
	}
	add("", "", r.N)
	return out
}

// Number is a number as files have it: without signs between the digits.
func Number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Tidy is the dataset with one number a line, for programs.
func (d *Dataset) Tidy(l i18n.Lang) (head []string, rows [][]any) {
	head = []string{"table", "row_item", "row", "row_label", "column_item", "column", "column_label", "measure", "unit", "value", "withheld"}
	word := func(a *Axis, id string) (item, code, label string) {
		switch {
		case a == nil:
			return "", all, whole.In(l)
		case id == "":
			return a.ID, all, whole.In(l)
		}
		return a.ID, id, a.Value(id, l)
	}
	for i := range d.Tables {
		t := &d.Tables[i]
		unit := "subjects"
		for _, c := range t.Cells() {
			ri, rc, rl := word(t.Rows, c.Row)
			ci, cc, cl := word(t.Columns, c.Column)
			value, withheld := Number(c.Value), "no"
			if c.Hidden {
				value, withheld = "", "yes"
			}
			u := unit
			if t.Figure != nil && c.Measure != "n" {
				u = string(t.Figure.Type)
			}
			rows = append(rows, []any{t.ID, ri, rc, rl, ci, cc, cl, c.Measure, u, value, withheld})
		}
	}
	return head, rows
}

// Dictionary says of every field, table, item and code of Tidy what it means,
// in both languages.
func (d *Dataset) Dictionary() (head []string, rows [][]any) {
	head = []string{"kind", "table_or_item", "code", "ja", "en"}
	add := func(kind, of, code string, t i18n.Text) {
		rows = append(rows, []any{kind, of, code, t.JA, t.EN})
	}
	for _, f := range fields {
		add("field", "", f.id, f.means)
	}
	add("measure", "", "count", i18n.Text{JA: "件数（お店または回答者の数）", EN: "Count of shops or respondents"})
	for _, m := range measures {
		add("measure", "", m.id, m.name)
	}
	add("code", "", all, i18n.Text{JA: "全体。選択肢で分けない数", EN: "The whole, not broken down"})
	add("code", "", survey.NoAnswer, i18n.Text{JA: "回答なし・不明", EN: "No answer, not known"})
	add("rule", "", "least", i18n.Text{JA: strconv.Itoa(survey.Least) + " 件に満たない数、差し引きで分かる数、前の公表との差から分かる数は載せません（withheld = yes）。0 は載せます。", EN: "Numbers below " + strconv.Itoa(survey.Least) + ", numbers that others would tell, and what differs from earlier releases by few are withheld (withheld = yes). Nought is shown."})
	add("rule", "", "dominance", i18n.Text{JA: "合計・平均・中央値は、1 件で " + strconv.Itoa(survey.First) + "%、上位 2 件で " + strconv.Itoa(survey.FirstTwo) + "% を超えるときは載せません。載せる値は丸めています。", EN: "Sums, means and medians are withheld when one makes up more than " + strconv.Itoa(survey.First) + "% or two more than " + strconv.Itoa(survey.FirstTwo) + "%. Those shown are rounded."})
	seen := map[string]bool{}
	axis := func(a *Axis) {
		if a == nil || seen[a.ID] {
			return
		}
		seen[a.ID] = true
		add("item", a.ID, "", a.Name)
		for _, c := range a.Values {
			add("code", a.ID, c.ID, c.Text)
		}
	}
	for i := range d.Tables {
		t := &d.Tables[i]
		add("table", t.ID, "", i18n.Text{JA: t.Title.JA + "。" + t.About.JA, EN: t.Title.EN + ". " + t.About.EN})
		axis(t.Rows)
		axis(t.Columns)
		axis(t.Figure)
	}
	return head, rows
}

var fields = []struct {
	id    string
	means i18n.Text
}{
	{"table", i18n.Text{JA: "表の ID", EN: "ID of the table"}},
	{"row_item", i18n.Text{JA: "行の項目の ID", EN: "ID of the item of the rows"}},
	{"row", i18n.Text{JA: "行の選択肢のコード", EN: "Code of the row"}},
	{"row_label", i18n.Text{JA: "行の選択肢の名前", EN: "Name of the row"}},
	{"column_item", i18n.Text{JA: "列の項目の ID", EN: "ID of the item of the columns"}},
	{"column", i18n.Text{JA: "列の選択肢のコード", EN: "Code of the column"}},
	{"column_label", i18n.Text{JA: "列の選択肢の名前", EN: "Name of the column"}},
	{"measure", i18n.Text{JA: "数の種類", EN: "What the number is"}},
	{"unit", i18n.Text{JA: "単位（subjects は件数、yen は円、days は日、records は件、percent は %）", EN: "Unit: subjects, yen, days, records or percent"}},
	{"value", i18n.Text{JA: "数。載せない数は空", EN: "The number; empty when withheld"}},
	{"withheld", i18n.Text{JA: "載せない数は yes", EN: "yes when the number is withheld"}},
}

// Lines is a table for people: the head and the rows in words.
func (t *Table) Lines(l i18n.Lang) (head []string, rows [][]any) {
	value := func(c Cell) any {
		if c.Hidden {
			return HiddenMark
		}
		if c.Value == float64(int64(c.Value)) {
			return int64(c.Value)
		}
		return c.Value
	}
	first := whole.In(l)
	if t.Rows != nil {
		first = t.Rows.Name.In(l)
	}
	head = []string{first}
	switch {
	case t.Figure != nil:
		for _, m := range measures {
			head = append(head, m.name.In(l))
		}
	case t.Columns != nil:
		for _, id := range t.Release.ColumnIDs {
			head = append(head, t.Columns.Value(id, l))
		}
		head = append(head, whole.In(l))
	default:
		head = append(head, countName.In(l))
	}
	wide := len(head) - 1
	for n, c := range t.Cells() {
		if n%wide == 0 {
			name := whole.In(l)
			if c.Row != "" && t.Rows != nil {
				name = t.Rows.Value(c.Row, l)
			}
			rows = append(rows, []any{name})
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], value(c))
	}
	return head, rows
}

// Table finds a table by its ID.
func (d *Dataset) Table(id string) (*Table, bool) {
	for i := range d.Tables {
		if d.Tables[i].ID == id {
			return &d.Tables[i], true
		}
	}
	return nil, false
}

// In are the tables of a group of which something may be shown.
func (d *Dataset) In(g Group) []*Table {
	var out []*Table
	for i := range d.Tables {
		if d.Tables[i].Group == g {
			out = append(out, &d.Tables[i])
		}
	}
	return out
}

// Shows says that the dataset tells a number beside noughts.
func (d *Dataset) Shows() bool {
	for i := range d.Tables {
		for _, c := range d.Tables[i].Cells() {
			if !c.Hidden && c.Value > 0 {
				return true
			}
		}
	}
	return false
}
