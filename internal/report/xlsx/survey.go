package xlsx

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/survey"
)

// surveyMark begins the hidden row by which a filled-in questionnaire is known
// again; behind it stand its ID, the subject's and the keys of the columns.
const surveyMark = "miseban-survey"

// The columns that are read back.
const (
	surveyValue = iota
	surveyGiven
	surveyWords
	surveyQuote
	surveyItem
	surveyRevision
)

var surveyKeys = []string{"value", "given", "words", "quote", "item", "revision"}

// Said is an answer as it goes into a workbook, with its revision.
type Said struct {
	survey.Answer
	Revision int
}

var (
	quoteYes = i18n.Text{JA: "よい", EN: "Yes"}
	notGiven = map[survey.Given]i18n.Text{survey.Unknown: {JA: "分からない", EN: "Not known"}, survey.Declined: {JA: "答えない", EN: "Rather not say"}}
)

// WriteSurvey writes the questions that a subject is asked, with what it
// answers now, to be filled in elsewhere and read back with ReadSurvey. The
// notes of interviewers are not in it.
func WriteSurvey(w io.Writer, q *survey.Questionnaire, subject, name string, items []*survey.Item, answers map[string]Said, lang i18n.Lang) error {
	f := excelize.NewFile()
	defer f.Close()
	title := q.Title.In(lang)
	b := &book{f: f, d: &report.Document{Lang: lang, Title: title, Subtitle: name + " – " + title}}
	if err := b.styles(); err != nil {
		return err
	}
	s := &sheet{book: b, name: b.say(i18n.Text{JA: "質問", EN: "Questions"})}
	s.check(f.SetSheetName("Sheet1", s.name))
	s.widths(20, 7, 52, 46, 30, 14, 44, 12, 20, 8)
	s.heading(name+" – "+title, i18n.Text{
		JA: "黄色の欄に記入して保存し、送り返してください。選択肢がいくつも当てはまる質問は、番号を「1、3」のように並べます。分からない質問、答えにくい質問は「分からない・答えない」の欄で選べます。隠れた行や列は消さないでください。",
		EN: "Fill in the yellow cells, save, and send the file back. Where several choices hold, write their numbers: 1, 3. Where you do not know or would rather not say, choose so in its column. Do not delete hidden rows or columns.",
	})
	s.line(b.plain, surveyMark, q.ID, subject, strconv.Itoa(q.Revision), surveyKeys[surveyValue], surveyKeys[surveyGiven], surveyKeys[surveyWords], surveyKeys[surveyQuote], surveyKeys[surveyItem], surveyKeys[surveyRevision])
	s.check(f.SetRowVisible(s.name, s.row, false))
	s.header(
		i18n.Text{JA: "調査テーマ", EN: "Theme"}, i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "質問", EN: "Question"}, i18n.Text{JA: "答え方", EN: "How to answer"},
		i18n.Text{JA: "回答", EN: "Answer"}, i18n.Text{JA: "分からない・答えない", EN: "Not known, not said"}, i18n.Text{JA: "補足・文章での回答", EN: "Remarks, answer in words"}, i18n.Text{JA: "名前を出さない引用", EN: "Quote without name"},
		i18n.Text{JA: "質問", EN: "Question"}, i18n.Text{JA: "版", EN: "Revision"},
	)
	for _, i := range items {
		a := answers[i.ID]
		s.line(b.plain, themeOf(q, i).In(lang), i.Number, i.Ask.In(lang), howTo(q, i, lang), "", "", "", "", i.ID, a.Revision)
		s.put(5, surveyCell(&a.Answer, i, lang), b.input)
		s.put(6, notGiven[a.Given].In(lang), b.input)
		s.put(7, a.Words, b.input)
		quote := ""
		if a.Quote {
			quote = quoteYes.In(lang)
		}
		s.put(8, quote, b.input)
		if i.Type == survey.One || i.Type == survey.YesNo {
			var names []string
			for _, c := range i.Choices {
				names = append(names, c.In(lang))
			}
			s.choose(5, s.row, s.row, names)
		}
		s.choose(6, s.row, s.row, []string{notGiven[survey.Unknown].In(lang), notGiven[survey.Declined].In(lang)})
		s.choose(8, s.row, s.row, []string{quoteYes.In(lang)})
	}
	s.printed = 8
	s.setup()
	s.check(f.SetColVisible(s.name, "I:J", false))
	if s.err != nil {
		return s.err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: report.Visible(title), Subject: report.Visible(name), Creator: "Miseban", Language: string(lang)}); err != nil {
		return err
	}
	return f.Write(w)
}

// themeOf is the theme under which an item stands.
func themeOf(q *survey.Questionnaire, i *survey.Item) i18n.Text {
	for _, v := range q.Viewpoints {
		for _, t := range v.Themes {
			if slices.ContainsFunc(t.Items, func(x survey.Item) bool { return x.ID == i.ID }) {
				return t.Title
			}
		}
	}
	return i18n.Text{}
}

// howTo says what kind of answer a question takes, and after which answer it is asked.
func howTo(q *survey.Questionnaire, i *survey.Item, l i18n.Lang) string {
	var out []string
	if i.When != nil {
		if after, ok := q.Item(i.When.Item); ok {
			var is []string
			for _, id := range i.When.Is {
				is = append(is, after.ChoiceName(id, l))
			}
			out = append(out, i18n.Format(i18n.Text{JA: "質問 {n} が「{is}」のときだけ。", EN: "Only when question {n} is: {is}."}.In(l), i18n.Args{"n": strconv.Itoa(after.Number), "is": strings.Join(is, " / ")}))
		}
	}
	switch {
	case i.Type == survey.Many:
		for n, c := range i.Choices {
			out = append(out, strconv.Itoa(n+1)+" "+c.In(l))
		}
	case i.Type.Chosen():
		out = append(out, i18n.Text{JA: "一覧から一つ選ぶ", EN: "Choose one of the list"}.In(l))
	default:
		out = append(out, map[survey.Type]i18n.Text{
			survey.Words: {JA: "右の欄に文章で", EN: "In words, in the column on the right"}, survey.Month: {JA: "2022-04 のように", EN: "Like 2022-04"}, survey.Yen: {JA: "円。1,200 万円のような書き方も可", EN: "In yen"},
			survey.Days: {JA: "日数", EN: "In days"}, survey.Records: {JA: "件数", EN: "How many"}, survey.Percent: {JA: "%。7 割のような書き方も可", EN: "In percent"},
		}[i.Type].In(l))
	}
	return strings.Join(out, "\n")
}

// surveyCell is the value of an answer as it stands in the sheet.
func surveyCell(a *survey.Answer, i *survey.Item, l i18n.Lang) string {
	switch {
	case !a.Has(i):
		return ""
	case i.Type == survey.Many:
		var out []string
		for n, c := range i.Choices {
			if slices.Contains(a.Choices, c.ID) {
				out = append(out, strconv.Itoa(n+1))
			}
		}
		return strings.Join(out, "、")
	case i.Type.Chosen():
		return i.ChoiceName(a.Choices[0], l)
	}
	return a.Value(i)
}

// SurveyFilled is one row of a filled-in questionnaire.
type SurveyFilled struct {
	Row      int // as Excel counts
	Item     *survey.Item
	Typed    survey.Typed
	Revision int
	Unread   []string // the columns whose words are no answer: "value", "given", "revision"
}

// What is wrong with a whole file, beside what ReadChecklist tells.
var (
	ErrNoSurvey     = errors.New("not a questionnaire that Miseban wrote")
	ErrOtherSurvey  = errors.New("another questionnaire, or another revision of it")
	ErrOtherSubject = errors.New("the questionnaire of another subject")
)

// ReadSurvey reads what somebody filled into a questionnaire that WriteSurvey
// wrote for the subject. Rows without an answer are left out. Formulas are not
// computed, and what is read is text.
func ReadSurvey(r io.Reader, q *survey.Questionnaire, subject string) (rows []SurveyFilled, err error) {
	x := form{mark: surveyMark, keys: surveyKeys, none: ErrNoSurvey, other: func(marked []string) error {
		switch {
		case !slices.Contains(marked, q.ID) || !slices.Contains(marked, strconv.Itoa(q.Revision)):
			return ErrOtherSurvey
		case !slices.Contains(marked, subject):
			return ErrOtherSubject
		}
		return nil
	}, row: func(n int, get func(int) string) {
		if i, ok := q.Item(get(surveyItem)); ok {
			if x := surveyRow(n, i, get); x != nil {
				rows = append(rows, *x)
			}
		}
	}}
	if err := x.read(r); err != nil {
		return nil, err
	}
	return rows, nil
}

// surveyRow reads one row; nil when nothing is filled in.
func surveyRow(row int, i *survey.Item, get func(int) string) *SurveyFilled {
	x := &SurveyFilled{Row: row, Item: i, Typed: survey.Typed{Words: get(surveyWords)}}
	value, said, quote := get(surveyValue), norm.NFKC.String(get(surveyGiven)), norm.NFKC.String(get(surveyQuote))
	if value+said+x.Typed.Words == "" {
		return nil
	}
	for g, t := range notGiven {
		if named(said, string(g), t.In) {
			x.Typed.Given = g
		}
	}
	if x.Typed.Given == "" && said != "" {
		x.Unread = append(x.Unread, "given")
	}
	x.Typed.Quote = named(quote, "yes", quoteYes.In)
	var ok bool
	if x.Typed.Value, ok = surveyTyped(value, i); !ok {
		x.Unread = append(x.Unread, "value")
	}
	n, err := strconv.Atoi(get(surveyRevision))
	if err != nil || n < 0 {
		x.Unread = append(x.Unread, "revision")
	}
	x.Revision = max(n, 0)
	return x
}

// surveyTyped makes what stands in a cell into what Take reads: choices by
// their names, or by their numbers where several may be chosen.
func surveyTyped(value string, i *survey.Item) (string, bool) {
	switch {
	case value == "":
		return "", true
	case i.Type == survey.Month:
		if n, err := strconv.ParseFloat(value, 64); err == nil && n > 30000 && n < 80000 { // Excel took it for a day
			t, err := excelize.ExcelDateToTime(n, false)
			return t.Format("2006-01"), err == nil
		}
		return value, true
	case !i.Type.Chosen():
		return value, true
	}
	parts := []string{value}
	if i.Type == survey.Many {
		parts = strings.FieldsFunc(norm.NFKC.String(value), func(r rune) bool { return strings.ContainsRune(",、;\n\r", r) })
	}
	var ids []string
	for _, p := range parts {
		p = strings.TrimSpace(p)
		at := slices.IndexFunc(i.Choices, func(c survey.Choice) bool {
			return named(p, c.ID, c.In) || named(p, c.ID, func(l i18n.Lang) string { return norm.NFKC.String(c.In(l)) })
		})
		if n, err := strconv.ParseFloat(p, 64); at < 0 && err == nil && i.Type == survey.Many && n == float64(int(n)) {
			at = int(n) - 1
		}
		if at < 0 || at >= len(i.Choices) {
			return "", false
		}
		ids = append(ids, i.Choices[at].ID)
	}
	return strings.Join(ids, ","), true
}
