package xlsx

import (
	"math"
	"strings"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// sheet is one sheet that grows row by row. The first error stays; later calls do nothing.
type sheet struct {
	*book
	name string
	row  int // last row written
	top  int // row of the table's head, 0 without a table
	cols int
	wide []float64 // widths of the columns, in characters
	tall float64   // lines that the highest cell of the current row needs
	// keep is how many columns stay in sight, printed how many are printed (0: all).
	keep, printed int
	err           error
}

func (s *sheet) check(err error) {
	if s.err == nil {
		s.err = err
	}
}

// Paper sizes as Excel numbers them.
const (
	a3 = 8
	a4 = 9
)

func cell(col, row int) string {
	name, err := excelize.CoordinatesToCellName(col, row)
	if err != nil {
		panic(err) // columns and rows are counted here
	}
	return name
}

// widths sets the widths of the columns from the first one on.
func (s *sheet) widths(w ...float64) {
	for i, x := range w {
		col, err := excelize.ColumnNumberToName(i + 1)
		s.check(err)
		s.check(s.f.SetColWidth(s.name, col, col, x))
	}
	s.cols, s.wide = len(w), w
}

// header writes the head of the sheet's main table; what is above stays on screen with it.
func (s *sheet) header(words ...i18n.Text) {
	s.row++
	s.top = s.row
	for i, w := range words {
		s.put(i+1, s.say(w), s.book.head)
	}
	s.cols = len(words)
}

// line writes one row of texts and numbers in a style, as high as its texts need.
func (s *sheet) line(style int, values ...any) {
	s.row++
	s.tall = 1
	for i, v := range values {
		s.put(i+1, v, style)
		if text, ok := v.(string); ok && i < len(s.wide) {
			s.tall = max(s.tall, linesOf(text, s.wide[i]))
		}
	}
	s.height()
}

// height makes the current row as high as its texts need: Excel does so by
// itself, other programs do not.
func (s *sheet) height() {
	const perLine, most = 13.5, 405
	s.check(s.f.SetRowHeight(s.name, s.row, min(s.tall*perLine+4, most)))
}

// linesOf estimates the lines of a text in a column of so many characters;
// Japanese characters are two wide.
func linesOf(text string, width float64) float64 {
	n := 0.0
	for _, l := range strings.Split(text, "\n") {
		w := 0.0
		for _, r := range l {
			if w++; r > 0x2e80 {
				w++
			}
		}
		n += max(1, math.Ceil(w*1.05/max(width-1, 1)))
	}
	return n
}

// put writes one cell of the current row.
func (s *sheet) put(col int, v any, style int) {
	if s.err != nil {
		return
	}
	at := cell(col, s.row)
	switch v := v.(type) {
	case int:
		if style == s.plain {
			style = s.number
		}
		s.check(s.f.SetCellInt(s.name, at, int64(v)))
	case float64:
		if v != 0 {
			s.check(s.f.SetCellFloat(s.name, at, v, 1, 64))
		}
	case string:
		v = cut(report.Visible(v))
		if formulaLike(v) {
			style = s.quoted[style]
		}
		if v != "" {
			s.check(s.f.SetCellStr(s.name, at, v))
		}
	}
	s.check(s.f.SetCellStyle(s.name, at, at, style))
}

// choose puts a drop-down list on the rows from–to of a column.
func (s *sheet) choose(col, from, to int, choices []string) {
	if len(choices) == 0 || to < from {
		return
	}
	dv := excelize.NewDataValidation(true)
	dv.Sqref = cell(col, from) + ":" + cell(col, to)
	s.check(dv.SetDropList(choices))
	s.check(s.f.AddDataValidation(s.name, dv))
}

// setup makes the sheet ready to read and to print.
func (s *sheet) setup() {
	landscape, paper, one, many, fit := "landscape", a4, 1, 0, true
	if s.cols > 12 {
		paper = a3
	}
	// Last of all, because setting a filter replaces the sheet's properties.
	defer func() { s.check(s.f.SetSheetProps(s.name, &excelize.SheetPropsOptions{FitToPage: &fit})) }()
	s.check(s.f.SetPageLayout(s.name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &paper, FitToWidth: &one, FitToHeight: &many}))
	side, top := 0.4, 0.7
	s.check(s.f.SetPageMargins(s.name, &excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top}))
	s.check(s.f.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{
		OddHeader: "&L" + field(s.d.Subtitle) + "&R" + field(s.say(i18n.Text{JA: "取扱注意", EN: "Confidential"})), OddFooter: "&L" + field(s.name) + "&R&P / &N",
	}))
	if s.top == 0 {
		return
	}
	pane := "bottomLeft"
	if s.keep > 0 {
		pane = "bottomRight"
	}
	s.check(s.f.SetPanes(s.name, &excelize.Panes{Freeze: true, XSplit: s.keep, YSplit: s.top, TopLeftCell: cell(s.keep+1, s.top+1), ActivePane: pane}))
	if s.printed > 0 {
		to, err := excelize.CoordinatesToCellName(s.printed, s.row, true)
		s.check(err)
		s.check(s.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Area", RefersTo: "'" + s.name + "'!$A$1:" + to, Scope: s.name}))
	}
	if s.row > s.top {
		s.check(s.f.AutoFilter(s.name, cell(1, s.top)+":"+cell(s.cols, s.row), nil))
	}
	last, err := excelize.CoordinatesToCellName(1, s.top, true)
	s.check(err)
	row := strings.TrimPrefix(last, "$A$")
	s.check(s.f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + s.name + "'!$" + row + ":$" + row, Scope: s.name}))
}

// field makes a text safe for a header or footer, where & begins a command.
func field(s string) string {
	r := []rune(strings.ReplaceAll(report.Visible(s), "\n", " "))
	if len(r) > 60 {
		r = append(r[:60], '…')
	}
	return strings.ReplaceAll(string(r), "&", "&&")
}
