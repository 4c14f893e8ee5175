package xlsx

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

// mostShops is how much of a list of shops is taken in: all of it is held while
// it is read. Larger ones can be read as CSV.
var mostShops = allowance{bytes: 64 << 20, tags: 2_000_000, rows: 5_000_000, cells: 4_000_000}

// templateRows are the rows of the template that have drop-downs.
const templateRows = 2000

// WriteShops writes the template of a list of shops: the columns, an example
// on a sheet of its own, and the words that may be chosen.
func WriteShops(w io.Writer, lang i18n.Lang) error {
	f := excelize.NewFile()
	defer f.Close()
	title := i18n.Text{JA: "お店の一覧", EN: "Shops"}.In(lang)
	b := &book{f: f, d: &report.Document{Lang: lang, Title: title, Subtitle: title}}
	if err := b.styles(); err != nil {
		return err
	}
	list := &sheet{book: b, name: title}
	list.check(f.SetSheetName("Sheet1", list.name))
	words := &sheet{book: b, name: b.say(i18n.Text{JA: "選択肢", EN: "Choices"})}
	_, err := f.NewSheet(words.name)
	list.check(err)
	help := &sheet{book: b, name: b.say(i18n.Text{JA: "書き方", EN: "How to fill in"})}
	_, err = f.NewSheet(help.name)
	list.check(err)

	var widths []float64
	for range account.Columns {
		widths = append(widths, 20)
	}
	list.widths(widths...)
	list.row, list.top = 1, 1
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}, Font: &excelize.Font{Family: "BIZ UDPGothic", Size: 10}})
	list.check(err)
	help.widths(30, 12, 44, 40)
	help.heading(b.say(i18n.Text{JA: "書き方", EN: "How to fill in"}), i18n.Text{
		JA: "「お店の一覧」に1行に1店ずつ書き、保存して Miseban に読み込みます。読み込んでも、確かめて確定するまで登録されません。診断の同意やサイトの確認、ほかの会社への許可は、この一覧では行えません。",
		EN: "Write a shop a row on the first sheet, save it and load it into Miseban. Nothing is registered until you have looked at it and confirmed. Consent, proof of control and access for others cannot be given by this list.",
	})
	help.header(i18n.Text{JA: "列", EN: "Column"}, i18n.Text{JA: "必須", EN: "Required"}, i18n.Text{JA: "書き方", EN: "How"}, i18n.Text{JA: "例", EN: "Example"})
	lists := 0
	for i := range account.Columns {
		c := &account.Columns[i]
		must := ""
		if c.Must {
			must = b.say(i18n.Text{JA: "必須", EN: "Required"})
		}
		col, err := excelize.ColumnNumberToName(i + 1)
		list.check(err)
		list.check(f.SetColStyle(list.name, col, text))
		list.put(i+1, c.In(lang), b.head)
		how := c.Hint.In(lang)
		if c.Options != nil {
			lists++
			if how != "" {
				how += "\n"
			}
			how += b.say(i18n.Text{JA: "「選択肢」の言葉から選ぶ", EN: "One of the words on the sheet of choices"})
			words.choices(lists, c, list, i+1)
		}
		help.line(b.plain, c.In(lang), must, how, c.Example.In(lang))
	}
	list.check(f.SetRowHeight(list.name, 1, 32))
	list.check(f.SetPanes(list.name, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: 1, TopLeftCell: "B2", ActivePane: "bottomRight"}))
	help.setup()
	for _, s := range []*sheet{list, words, help} {
		if s.err != nil {
			return s.err
		}
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: title, Creator: "Miseban", Language: string(lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

// choices writes the words of a column on this sheet and puts them as a
// drop-down into the column of the list. A cell for several words takes others, too.
func (s *sheet) choices(n int, c *account.Column, list *sheet, into int) {
	s.row = 1
	s.put(n, c.In(s.d.Lang), s.book.head)
	for _, o := range c.Options {
		s.row++
		s.put(n, o.In(s.d.Lang), s.plain)
	}
	col, err := excelize.ColumnNumberToName(n)
	s.check(err)
	s.check(s.f.SetColWidth(s.name, col, col, 40))
	dv := excelize.NewDataValidation(true)
	dv.Sqref = cell(into, 2) + ":" + cell(into, templateRows)
	dv.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$2:$%s$%d", s.name, col, col, s.row))
	if c.Many {
		dv.ShowErrorMessage = false
	}
	list.check(list.f.AddDataValidation(list.name, dv))
}

// ReadShops hands on the rows of the first sheet that begins with the head of
// a list of shops, each with its number. An error of row ends the reading.
func ReadShops(r io.Reader, row func(n int, cells []string) error) error {
	left := mostShops
	return left.with(r, func(f *excelize.File) error {
		names := f.GetSheetList()
		for _, name := range names[:min(len(names), mostSheets)] {
			found, err := readShopSheet(f, name, &left, row)
			if found || err != nil {
				return err
			}
		}
		return ErrNoChecklist
	})
}

func readShopSheet(f *excelize.File, name string, left *allowance, row func(n int, cells []string) error) (found bool, err error) {
	it, err := f.Rows(name)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrNoWorkbook, err)
	}
	defer it.Close()
	for n := 1; it.Next(); n++ {
		cells, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return found, fmt.Errorf("%w: %w", ErrNoWorkbook, err)
		}
		if err := left.counted(cells); err != nil {
			return found, err
		}
		if !found && !account.IsHead(cells) {
			if n > headRows {
				return false, nil
			}
			continue
		}
		found = true
		if err := row(n, cells); err != nil {
			return true, err
		}
	}
	return found, it.Error()
}
