// Package xlsx writes a report as an Excel workbook: the checklist to fill in,
// the findings to sort and hand out, and the inventories. Cells are data:
// nothing in them is a formula or a link.
package xlsx

import (
	"io"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// Write writes d as a workbook.
func Write(w io.Writer, d *report.Document) error {
	f := excelize.NewFile()
	defer f.Close()
	b := &book{f: f, d: d}
	if err := b.styles(); err != nil {
		return err
	}
	for i, s := range []struct {
		name i18n.Text
		fill func(*sheet)
	}{
		{i18n.Text{JA: "総括", EN: "Summary"}, b.summary},
		{i18n.Text{JA: "チェックリスト", EN: "Checklist"}, b.checklist},
		{i18n.Text{JA: "検出事項", EN: "Findings"}, b.findings},
		{i18n.Text{JA: "対策計画", EN: "Plan"}, b.plan},
		{i18n.Text{JA: "ソフトウェア・スクリプト", EN: "Software and scripts"}, b.inventory},
		{i18n.Text{JA: "検査項目", EN: "Checks"}, b.checks},
		{i18n.Text{JA: "ほかの基準", EN: "Other editions"}, b.otherEditions},
		{i18n.Text{JA: "通信台帳", EN: "Ledger"}, b.ledger},
	} {
		sh := &sheet{book: b, name: b.say(s.name)}
		if i == 0 {
			sh.check(f.SetSheetName("Sheet1", sh.name))
		} else {
			_, err := f.NewSheet(sh.name)
			sh.check(err)
		}
		s.fill(sh)
		sh.setup()
		if sh.err != nil {
			return sh.err
		}
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(d.Title), Subject: report.Visible(d.Shop), Creator: "Miseban", Language: string(d.Lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

// book is the workbook in the making.
type book struct {
	f *excelize.File
	d *report.Document

	plain, number, head, title, strong, note, input, date int
	quoted                                                map[int]int // the same style for text that begins like a formula
}

func (b *book) say(t i18n.Text) string { return t.In(b.d.Lang) }

// styles makes the cell styles, and of each a twin with quotePrefix: text that
// begins like a formula gets that one and stays text when somebody edits the cell.
func (b *book) styles() error {
	font := "BIZ UDPGothic"
	if err := b.f.SetDefaultFont(font); err != nil {
		return err
	}
	border := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		border = append(border, excelize.Border{Type: side, Color: "C3C8D1", Style: 1})
	}
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	day := "yyyy/mm/dd"
	yes := true
	b.quoted = map[int]int{}
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&b.plain, excelize.Style{Border: border, Alignment: wrap, Font: &excelize.Font{Family: font, Size: 10}}},
		{&b.number, excelize.Style{Border: border, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "right", Indent: 1}, Font: &excelize.Font{Family: font, Size: 10}}}, // not against the text of the next column
		{&b.head, excelize.Style{Border: border, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}, Fill: fill("0017C1"), Font: &excelize.Font{Family: font, Size: 10, Bold: true, Color: "FFFFFF"}}},
		{&b.title, excelize.Style{Font: &excelize.Font{Family: font, Size: 16, Bold: true}, Alignment: &excelize.Alignment{Vertical: "center"}}},
		{&b.strong, excelize.Style{Border: border, Alignment: wrap, Fill: fill("EEF1FC"), Font: &excelize.Font{Family: font, Size: 10, Bold: true}}},
		{&b.note, excelize.Style{Alignment: wrap, Font: &excelize.Font{Family: font, Size: 10, Color: "4D5260"}}},
		{&b.input, excelize.Style{Border: border, Alignment: wrap, Fill: fill("FDF6E0"), Font: &excelize.Font{Family: font, Size: 10}}},
		{&b.date, excelize.Style{Border: border, Alignment: wrap, Fill: fill("FDF6E0"), Font: &excelize.Font{Family: font, Size: 10}, CustomNumFmt: &day}},
	} {
		id, err := b.f.NewStyle(&s.style)
		if err != nil {
			return err
		}
		*s.id = id
		all := b.f.Styles.CellXfs
		twin := all.Xf[id]
		twin.QuotePrefix = &yes
		b.quoted[id] = len(all.Xf)
		all.Xf = append(all.Xf, twin)
		all.Count = len(all.Xf)
	}
	return nil
}

// formulaLike says that a text could be taken for a formula.
func formulaLike(s string) bool {
	return s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0]))
}

// cut keeps a text within what a cell holds (32,767 UTF-16 units).
func cut(s string) string {
	const most = 32_000
	if len(s) <= most {
		return s
	}
	u := utf16.Encode([]rune(s))
	if len(u) <= most {
		return s
	}
	return string(utf16.Decode(u[:most])) + "…"
}
