package xlsx

import (
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// WriteSpecification writes a specification with cells for the builder's
// answer to each requirement; whether it will be met is chosen from a list.
func WriteSpecification(w io.Writer, spec *report.Specification) error {
	f := excelize.NewFile()
	defer f.Close()
	l := spec.Lang
	b := &book{f: f, d: &report.Document{Lang: l, Title: spec.Title, Subtitle: spec.Subtitle}}
	if err := b.styles(); err != nil {
		return err
	}
	s := &sheet{book: b, name: b.say(i18n.Text{JA: "要求仕様書", EN: "Specification"})}
	s.check(f.SetSheetName("Sheet1", s.name))
	s.widths(18, 8, 40, 12, 56, 48, 16, 32, 16, 28)
	s.heading(spec.Subtitle+" – "+spec.Title, i18n.Text{
		JA: "受注を検討する会社が、黄色の欄に記入してください。対応可否は一覧から選べます。",
		EN: "Who bids fills in the yellow cells; the answer is chosen from the list.",
	})
	for _, x := range spec.Facts {
		s.line(b.plain, x.Name, "", x.Value)
	}
	s.row++
	words := func(ja string) i18n.Text { return i18n.Text{JA: ja, EN: i18n.T(i18n.EN, ja, nil)} }
	head := []i18n.Text{words("部"), words("番号"), words("要件"), words("区分"), words("満たすこと"), words("受け入れの確認")}
	for i, c := range report.SpecificationColumns(i18n.JA) {
		head = append(head, i18n.Text{JA: c, EN: report.SpecificationColumns(i18n.EN)[i]})
	}
	s.header(head...)
	for _, p := range spec.Parts {
		for _, r := range p.Rows {
			s.line(b.plain, p.Title, r.Number, r.Title, r.Level, strings.Join(r.Fulfil, "\n"), "・"+strings.Join(r.Accept, "\n・"))
			for col := 7; col <= 10; col++ {
				s.put(col, "", b.input)
			}
			s.choose(7, s.row, s.row, report.SpecificationAnswers(l))
		}
	}
	s.setup()
	if len(spec.Notes) > 0 {
		n := &sheet{book: b, name: b.say(i18n.Text{JA: "この仕様書について", EN: "About"})}
		_, err := f.NewSheet(n.name)
		n.check(err)
		n.widths(100)
		for _, x := range spec.Notes {
			n.line(b.plain, report.PlainText(x))
		}
		n.setup()
		if n.err != nil {
			return n.err
		}
	}
	if s.err != nil {
		return s.err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(spec.Title), Subject: report.Visible(spec.Subtitle), Creator: "Miseban", Language: string(l)}); err != nil {
		return err
	}
	return f.Write(w)
}
