package web

import (
	"net/http"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/report"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// hearingMinutes hands out the minutes of a hearing, for the respondent to
// approve: what was said, and what is open. The notes of the interviewer are
// not in them.
func (s *Server) hearingMinutes(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	stored, err := s.db.SurveyAnswers(v.Context(), x.ID)
	if err != nil {
		return err
	}
	names, err := s.writers(v, x, stored)
	if err != nil {
		return err
	}
	q, answers := h.Questionnaire, given(stored)
	doc := &report.Document{Lang: v.Lang, Title: v.t("ヒアリング議事録"), Subtitle: x.Company, Mark: paper.Closed.Name(v.Lang), Made: s.now()}
	var by []string
	seen := map[account.ID]bool{}
	for _, i := range q.Items() {
		if a, ok := stored[i.ID]; ok && !seen[a.By] {
			seen[a.By] = true
			by = append(by, names[a.By])
		}
	}
	sep := v.t("、")
	doc.Sections = []report.Section{{ID: "about", Title: v.t("概要"), Blocks: []report.Block{report.Facts{Rows: []report.Fact{
		{Name: v.t("事業"), Value: v.Programme.Name.In(v.Lang)}, {Name: v.t("調査"), Value: q.Title.In(v.Lang)}, {Name: v.t("事業者"), Value: strings.TrimSpace(x.Company + "　" + x.Service)},
		{Name: v.t("お話しになった方"), Value: x.Person}, {Name: v.t("ヒアリングの日"), Value: x.Day}, {Name: v.t("記録した人"), Value: strings.Join(by, sep)}, {Name: v.t("作成日"), Value: view.Day(s.now())},
	}}, report.Prose{Markdown: v.t("内容に誤りや、外に出してほしくないところがあれば、お知らせください。名前を出さない引用を了承いただいた文章には「引用可」と書いています。")}}}}
	asked := q.Asked(x.Traits, answers)
	for _, p := range q.Viewpoints {
		t := report.Table{Head: []string{v.t("番号"), v.t("質問"), v.t("回答")}, Widths: []float64{0.8, 4, 5}}
		for _, th := range p.Themes {
			for k := range th.Items {
				i := &th.Items[k]
				if a := answers[i.ID]; a.Given != survey.Nothing {
					t.Rows = append(t.Rows, []report.Cell{{Text: strconv.Itoa(i.Number)}, {Text: i.Ask.In(v.Lang)}, {Text: minutesWords(v, i, a)}})
				}
			}
		}
		if len(t.Rows) > 0 {
			doc.Sections = append(doc.Sections, report.Section{ID: p.ID, Title: p.Title.In(v.Lang), Blocks: []report.Block{t}})
		}
	}
	open := report.Table{Head: []string{v.t("番号"), v.t("質問"), v.t("あらためて伺いたいこと")}, Widths: []float64{0.8, 4, 5}}
	for _, i := range asked {
		a := stored[i.ID]
		if a.FollowUp != "" || a.Given == survey.Nothing {
			words := a.FollowUp
			if words == "" {
				words = v.t("まだ伺っていません。")
			}
			open.Rows = append(open.Rows, []report.Cell{{Text: strconv.Itoa(i.Number)}, {Text: i.Ask.In(v.Lang)}, {Text: words}})
		}
	}
	if len(open.Rows) > 0 {
		doc.Sections = append(doc.Sections, report.Section{ID: "open", Title: v.t("残っている質問"), Blocks: []report.Block{open}})
	}
	noStore(w)
	return s.sendPaper(w, v, "miseban-hearing-"+string(x.ID), doc)
}

// minutesWords is an answer as it stands in minutes.
func minutesWords(v *visit, i *survey.Item, a survey.Answer) string {
	words := view.SurveyAnswerWords(view.With(v.Context(), &view.Frame{Lang: v.Lang}), i, a)
	if a.Words != "" {
		words = strings.TrimSpace(words + "\n" + a.Words)
	}
	if a.Quote {
		words += "\n" + v.t("（引用可）")
	}
	return words
}
