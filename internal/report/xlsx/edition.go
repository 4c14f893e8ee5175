package xlsx

import (
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

// WriteEdition writes the checklist of an edition to fill in, without a
// diagnosis: its requirements, the questions below each, and cells for answers.
func WriteEdition(w io.Writer, e *guideline.Edition, lang i18n.Lang) error {
	f := excelize.NewFile()
	defer f.Close()
	title := e.Title.In(lang)
	b := &book{f: f, d: &report.Document{Lang: lang, Title: title, Subtitle: title}}
	if err := b.styles(); err != nil {
		return err
	}
	s := &sheet{book: b, name: b.say(i18n.Text{JA: "チェックリスト", EN: "Checklist"})}
	s.check(f.SetSheetName("Sheet1", s.name))
	b.editionChecklist(s, e)
	s.setup()
	if s.err != nil {
		return s.err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(title), Creator: "Miseban", Language: string(lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

func (b *book) editionChecklist(s *sheet, e *guideline.Edition) {
	s.widths(18, 9, 46, 12, 56, 14, 13, 14, 28)
	s.heading(e.Title.In(b.d.Lang), i18n.Text{
		JA: "色の付いた行が要件です。その下の質問に、黄色の欄で回答してください。",
		EN: "Coloured rows are requirements. Answer the questions below each of them in the yellow cells.",
	})
	s.header(
		i18n.Text{JA: "部", EN: "Part"}, i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "要件／質問", EN: "Requirement / question"}, i18n.Text{JA: "区分", EN: "Level"},
		i18n.Text{JA: "求めていること／補足", EN: "What it asks / explanation"},
		i18n.Text{JA: "回答", EN: "Answer"}, i18n.Text{JA: "確認日", EN: "Date"}, i18n.Text{JA: "確認した人", EN: "By"}, i18n.Text{JA: "備考", EN: "Note"},
	)
	for _, row := range e.Rows() {
		r, part := row.Requirement, row.Part.Title.In(b.d.Lang)
		if row.Question == nil {
			s.line(b.strong, part, r.Number, r.Title.In(b.d.Lang), b.editionLevel(r), r.Text.In(b.d.Lang), "", "", "", "")
			continue
		}
		q := row.Question
		help := q.Explain.In(b.d.Lang)
		if evidence := q.Evidence.In(b.d.Lang); evidence != "" {
			help = strings.TrimSpace(help + "\n" + b.say(i18n.Text{JA: "確かめる資料: ", EN: "Evidence: "}) + evidence)
		}
		s.line(b.plain, part, r.Number, q.Text.In(b.d.Lang), "", help)
		for col := 6; col <= 9; col++ {
			style := b.input
			if col == 7 {
				style = b.date
			}
			s.put(col, "", style)
		}
		var choices []string
		for _, a := range q.Choices() {
			choices = append(choices, e.AnswerName(a, b.d.Lang))
		}
		s.choose(6, s.row, s.row, choices)
	}
}

// editionLevel shows a requirement's level only where its source was verified.
func (b *book) editionLevel(r *guideline.Requirement) string {
	switch {
	case r.Level.Value == "":
		return ""
	case r.Level.Verified:
		return r.Level.Value.Name(b.d.Lang)
	}
	return b.say(i18n.Text{JA: "原文未確認", EN: "unverified"})
}
