package xlsx

import (
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"miseban/internal/i18n"
	"miseban/internal/report"
)

// WriteTables writes a document of tables, facts and short texts as a workbook
// with a sheet a section.
func WriteTables(w io.Writer, d *report.Document) error {
	f := excelize.NewFile()
	defer f.Close()
	b := &book{f: f, d: d}
	if err := b.styles(); err != nil {
		return err
	}
	taken := map[string]bool{}
	for i, sec := range d.Sections {
		s := &sheet{book: b, name: sheetName(sec.Title, taken)}
		if i == 0 {
			s.check(f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			s.check(err)
		}
		s.section(&sec)
		s.setup()
		if s.err != nil {
			return s.err
		}
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(d.Title), Subject: report.Visible(d.Subtitle), Creator: "Miseban", Language: string(d.Lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

// sheetName makes a title into a name that Excel takes: at most 31 letters, no
// signs of its own, each once.
func sheetName(title string, taken map[string]bool) string {
	r := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, report.Visible(title)))
	name := strings.TrimSpace(string(r[:min(len(r), 28)]))
	for n := 2; name == "" || taken[name]; n++ {
		name = string(r[:min(len(r), 25)]) + " " + strconv.Itoa(n)
	}
	taken[name] = true
	return name
}

// section puts the blocks of a section under each other. A section with one
// table only gets it as a list to filter.
func (s *sheet) section(sec *report.Section) {
	tables, cols := 0, 2
	for _, b := range sec.Blocks {
		if t, ok := b.(report.Table); ok {
			tables++
			cols = max(cols, len(t.Head))
		}
	}
	widths := make([]float64, cols)
	for i := range widths {
		widths[i] = 24
	}
	for _, b := range sec.Blocks {
		if t, ok := b.(report.Table); ok && len(t.Widths) == len(t.Head) {
			sum := 0.0
			for _, x := range t.Widths {
				sum += x
			}
			for i, x := range t.Widths {
				widths[i] = max(8, x/sum*150)
			}
		}
	}
	s.widths(widths...)
	for _, b := range sec.Blocks {
		switch b := b.(type) {
		case report.Heading:
			s.line(s.plain, b.Text)
		case report.Prose:
			s.line(s.plain, b.Markdown)
		case report.Callout:
			s.line(s.plain, b.Title)
			s.line(s.plain, b.Markdown)
		case report.Facts:
			for _, x := range b.Rows {
				s.line(s.plain, x.Name, x.Value)
			}
		case report.Table:
			s.table(&b, tables == 1)
		}
	}
}

func (s *sheet) table(t *report.Table, alone bool) {
	if t.Caption != "" && !alone {
		s.line(s.plain, t.Caption)
	}
	var head []i18n.Text
	for _, h := range t.Head {
		head = append(head, i18n.Text{JA: h, EN: h})
	}
	s.header(head...)
	for _, r := range t.Rows {
		values := make([]any, len(r))
		for i, c := range r {
			values[i] = c.Text
			if n, err := strconv.Atoi(c.Text); err == nil && strconv.Itoa(n) == c.Text {
				values[i] = n
			}
		}
		s.line(s.plain, values...)
	}
	if !alone {
		s.top = 0 // several tables: none to filter, nothing to keep in sight
	}
}
