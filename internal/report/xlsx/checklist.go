package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

// checklistMark begins the hidden row by which a filled-in checklist is known
// again; behind it stand the edition and, above each column, its key.
const checklistMark = "miseban-checklist"

// The keys of the columns that are read back.
const (
	colAnswer = iota
	colDay
	colDoer
	colReason
	colQuestion
	colRevision
)

var checklistKeys = []string{"answer", "day", "doer", "reason", "question", "revision"}

// WriteChecklist writes the checklist of an edition with what a shop answers
// now, to be filled in elsewhere and read back with ReadChecklist.
// form says what of the work is a provider's.
func WriteChecklist(w io.Writer, e *guideline.Edition, shop string, form guideline.Form, answers []assessment.Answer, lang i18n.Lang) error {
	f := excelize.NewFile()
	defer f.Close()
	title := e.Title.In(lang)
	b := &book{f: f, d: &report.Document{Lang: lang, Title: title, Subtitle: shop + " – " + title}}
	if err := b.styles(); err != nil {
		return err
	}
	s := &sheet{book: b, name: b.say(i18n.Text{JA: "チェックリスト", EN: "Checklist"})}
	s.check(f.SetSheetName("Sheet1", s.name))
	s.widths(18, 8, 44, 50, 14, 13, 11, 36, 20, 8)
	s.heading(shop+" – "+title, i18n.Text{
		JA: "黄色の欄に記入して保存し、Miseban の同じチェックリストに読み込んでください。行や列は並べ替えても構いませんが、隠れた列は消さないでください。「対象外」と「代替策」には、理由・補足が必要です。",
		EN: "Fill in the yellow cells, save, and load the file into the same checklist of Miseban. Rows and columns may be moved; do not delete the hidden ones. “Not applicable” and “Alternative measure” need a reason.",
	})
	s.line(b.plain, checklistMark, e.ID, "", "", checklistKeys[colAnswer], checklistKeys[colDay], checklistKeys[colDoer], checklistKeys[colReason], checklistKeys[colQuestion], checklistKeys[colRevision])
	s.check(f.SetRowVisible(s.name, s.row, false))
	s.header(
		i18n.Text{JA: "部", EN: "Part"}, i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "要件／質問", EN: "Requirement / question"}, i18n.Text{JA: "求めていること／補足", EN: "What it asks / explanation"},
		i18n.Text{JA: "回答", EN: "Answer"}, i18n.Text{JA: "確認日", EN: "Date"}, i18n.Text{JA: "行う人", EN: "Done by"}, i18n.Text{JA: "理由・補足", EN: "Reason, remarks"}, i18n.Text{JA: "質問", EN: "Question"}, i18n.Text{JA: "版", EN: "Revision"},
	)
	var doers []string
	for _, d := range assessment.Doers {
		doers = append(doers, d.Name(lang))
	}
	at := map[string]int{} // where each question stands
	for _, row := range e.Rows() {
		r, part := row.Requirement, row.Part.Title.In(lang)
		if row.Question == nil {
			s.line(b.strong, part, r.Number, r.Title.In(lang), r.Text.In(lang), "", "", "", "", "", "")
			continue
		}
		q := row.Question
		var a assessment.Answer
		if i := slices.IndexFunc(answers, func(x assessment.Answer) bool { return x.Question == q.ID }); i >= 0 {
			a = answers[i]
		}
		value, doer := "", ""
		if a.Value != "" {
			value = a.Word(lang)
		}
		if a.Doer != "" {
			doer = a.Doer.Name(lang)
		}
		help := strings.TrimSpace(q.Explain.In(lang) + "\n" + b.say(i18n.Text{JA: "確かめる資料: ", EN: "Evidence: "}) + q.Evidence.In(lang))
		if d := e.Duty(q, form); d != guideline.Ours {
			help = i18n.T(lang, "【{duty}】提供者に求めるもの: {ask}", i18n.Args{"duty": d.Name(lang), "ask": e.AskOf(q).In(lang)}) + "\n" + help
		}
		if when := assessment.ConditionWords(e, q, lang); when != "" {
			help = when + "\n" + help
		}
		s.line(b.plain, part, r.Number, q.Text.In(lang), help, "", "", "", a.Reason, q.ID, a.Revision)
		s.put(5, value, b.input)
		s.put(6, "", b.date)
		if day, err := time.Parse("2006-01-02", a.Day); err == nil {
			s.check(f.SetCellValue(s.name, cell(6, s.row), day))
			s.check(f.SetCellStyle(s.name, cell(6, s.row), cell(6, s.row), b.date))
		}
		s.put(7, doer, b.input)
		s.put(8, a.Reason, b.input)
		var choices []string
		for _, c := range q.Choices() {
			choices = append(choices, e.AnswerName(c, lang))
		}
		s.choose(5, s.row, s.row, choices)
		s.choose(7, s.row, s.row, doers)
		at[q.ID] = s.row
		s.greyUnless(e, q, at, lang)
	}
	s.printed = 8
	s.setup()
	s.check(f.SetColVisible(s.name, "I:J", false))
	if s.err != nil {
		return s.err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(title), Subject: report.Visible(shop), Creator: "Miseban", Language: string(lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

// hangsOn are all conditions under which a question is asked: its own, and
// those of the questions that it depends on.
func hangsOn(e *guideline.Edition, q *guideline.Question) []guideline.Condition {
	out := slices.Clone(q.When)
	for _, c := range q.When {
		if on, ok := e.Question(c.Question); ok {
			out = append(out, hangsOn(e, on)...)
		}
	}
	return out
}

// greyUnless greys the row of a question out while what is filled in says that
// it is not asked.
func (s *sheet) greyUnless(e *guideline.Edition, q *guideline.Question, at map[string]int, lang i18n.Lang) {
	var not []string
	for _, c := range hangsOn(e, q) {
		row, ok := at[c.Question]
		if !ok {
			return // it stands below: the words say it
		}
		var any []string
		for _, a := range c.Answer {
			any = append(any, fmt.Sprintf(`$E$%d="%s"`, row, strings.ReplaceAll(e.AnswerName(a, lang), `"`, `""`)))
		}
		not = append(not, "NOT(OR("+strings.Join(any, ",")+"))")
	}
	if len(not) == 0 {
		return
	}
	grey, err := s.f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: "8C8C8C"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEDED"}}})
	s.check(err)
	s.check(s.f.SetConditionalFormat(s.name, cell(1, s.row)+":"+cell(8, s.row), []excelize.ConditionalFormatOptions{{Type: "formula", Criteria: "OR(" + strings.Join(not, ",") + ")", Format: &grey}}))
}

// Filled is one row of a filled-in checklist.
type Filled struct {
	Row    int // as Excel counts
	Answer assessment.Answer
	// Unread names the columns whose words are no answer: "value", "day", "doer", "revision".
	Unread []string
}

// What is wrong with a whole file.
var (
	ErrNoWorkbook   = errors.New("not an Excel workbook (.xlsx)")
	ErrNoChecklist  = errors.New("not a checklist that Miseban wrote")
	ErrOtherEdition = errors.New("the checklist of another edition")
	ErrTooManyRows  = errors.New("too many rows")
)

// ReadChecklist reads what somebody filled into a checklist that WriteChecklist
// wrote. Rows without an answer are left out. Formulas are not computed, and
// what is read is text: nothing in the file acts.
func ReadChecklist(r io.Reader, e *guideline.Edition) (rows []Filled, err error) {
	x := form{mark: checklistMark, keys: checklistKeys, none: ErrNoChecklist, other: func(marked []string) error {
		if !slices.Contains(marked, e.ID) {
			return ErrOtherEdition
		}
		return nil
	}, row: func(n int, get func(int) string) {
		if _, ok := e.Question(get(colQuestion)); !ok {
			return // a requirement's line, the head, a remark
		}
		if x := filled(n, e.ID, get); x != nil {
			rows = append(rows, *x)
		}
	}}
	if err := x.read(r); err != nil {
		return nil, err
	}
	return rows, nil
}

// filled reads one row; nil when nothing is filled in.
func filled(row int, edition string, get func(int) string) *Filled {
	x := &Filled{Row: row, Answer: assessment.Answer{Edition: edition, Question: get(colQuestion), Reason: get(colReason)}}
	value, day, doer := norm.NFKC.String(get(colAnswer)), norm.NFKC.String(get(colDay)), norm.NFKC.String(get(colDoer))
	if value+day+doer+x.Answer.Reason == "" {
		return nil
	}
	for _, a := range guideline.Answers {
		if named(value, string(a), a.Name) || named(value, string(a), (&assessment.Answer{Edition: edition, Value: a}).Word) {
			x.Answer.Value = a
		}
	}
	for _, d := range assessment.Doers {
		if named(doer, string(d), d.Name) {
			x.Answer.Doer = d
		}
	}
	var ok bool
	if x.Answer.Day, ok = dayOf(day); !ok {
		x.Unread = append(x.Unread, "day")
	}
	if x.Answer.Value == "" {
		x.Unread = append(x.Unread, "value")
	}
	if x.Answer.Doer == "" && doer != "" {
		x.Unread = append(x.Unread, "doer")
	}
	n, err := strconv.Atoi(get(colRevision))
	if err != nil || n < 0 {
		x.Unread = append(x.Unread, "revision")
	}
	x.Answer.Revision = max(n, 0)
	return x
}

// named says that a cell holds a word of ours, in either language.
func named(s, code string, name func(i18n.Lang) string) bool {
	return s != "" && (strings.EqualFold(s, code) || strings.EqualFold(s, name(i18n.JA)) || strings.EqualFold(s, name(i18n.EN)))
}

// dayOf reads a day as Excel keeps it or as people type it; "" is none.
func dayOf(s string) (string, bool) {
	if s == "" {
		return "", true
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if n < 36526 || n > 73051 { // 2000 to 2100
			return "", false
		}
		t, err := excelize.ExcelDateToTime(n, false)
		return t.Format("2006-01-02"), err == nil
	}
	for _, form := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.Format("2006-01-02"), true
		}
	}
	return "", false
}
