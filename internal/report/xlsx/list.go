package xlsx

import (
	"io"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// WriteList writes one table as a workbook to sort and filter: its name, what
// it is about, the head with the widths of the columns in characters, the rows.
func WriteList(w io.Writer, lang i18n.Lang, name, about string, head []string, widths []float64, rows [][]any) error {
	f := excelize.NewFile()
	defer f.Close()
	b := &book{f: f, d: &report.Document{Lang: lang, Title: name, Subtitle: about}}
	if err := b.styles(); err != nil {
		return err
	}
	s := &sheet{book: b, name: name}
	s.check(f.SetSheetName("Sheet1", name))
	s.widths(widths...)
	var words []i18n.Text
	for _, h := range head {
		words = append(words, i18n.Text{JA: h, EN: h})
	}
	s.header(words...)
	for _, r := range rows {
		s.line(b.plain, r...)
	}
	s.setup()
	if s.err != nil {
		return s.err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(name), Subject: report.Visible(about), Creator: "Miseban", Language: string(lang)}); err != nil {
		return err
	}
	return f.Write(w)
}
