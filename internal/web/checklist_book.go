package web

import (
	"bytes"
	"cmp"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// bookMost is how many bytes a filled-in workbook may have.
const bookMost = 2 << 20

// checklistBook hands out a checklist to be filled in elsewhere.
func (s *Server) checklistBook(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	answers, err := s.db.Answers(v.Context(), v.Shop.ID, e.ID, v.sight())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := xlsx.WriteChecklist(&b, e, v.Shop.Name, assessment.ShopForm(v.Shop), answers, v.Lang); err != nil {
		return err
	}
	w.Header().Set("Content-Type", reportFormats["xlsx"].media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + e.ID + "-" + s.now().In(report.Tokyo()).Format("20060102") + ".xlsx"}))
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a workbook was not sent whole", "error", err)
	}
	return nil
}

// readBook shows what a filled-in workbook would change; nothing is saved yet.
func (s *Server) readBook(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	f := view.Book{ShopHead: s.tabsOf(v), Edition: e, URL: checklistURL(v, e)}
	_, data, problem, err := upload(v, "book", bookMost)
	if err != nil {
		return err
	}
	var rows []xlsx.Filled
	if problem.Message == "" {
		if rows, err = xlsx.ReadChecklist(bytes.NewReader(data), e); err != nil {
			problem = bookProblem(err)
		}
	}
	if f.Problem = problem; problem.Message != "" {
		return s.page(w, v, http.StatusUnprocessableEntity, view.BookPage(f))
	}
	ctx := v.Context()
	answers, err := s.db.Answers(ctx, v.Shop.ID, e.ID, v.sight())
	if err != nil {
		return err
	}
	if f.Names, err = s.answerNames(v, answers); err != nil {
		return err
	}
	now := map[string]*assessment.Answer{}
	for i := range answers {
		now[answers[i].Question] = &answers[i]
	}
	said := bookSaid(e, rows, answers)
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.Answer.Question] {
			continue // a row that was copied: the first one counts
		}
		seen[r.Answer.Question] = true
		l, err := s.bookLine(v, e, r, now[r.Answer.Question])
		if err != nil {
			return err
		}
		if l == nil {
			f.Same++
			continue
		}
		l.Unasked = !e.Asked(l.Question, said)
		f.Lines = append(f.Lines, *l)
	}
	return s.page(w, v, http.StatusOK, view.BookPage(f))
}

// bookSaid is what is answered once a workbook is read in: its rows, and what
// stands already where it has none.
func bookSaid(e *guideline.Edition, rows []xlsx.Filled, now []assessment.Answer) func(string) guideline.Answer {
	stands, filled := assessment.Said(now, e.ID), map[string]guideline.Answer{}
	for _, r := range rows {
		if filled[r.Answer.Question] == "" {
			filled[r.Answer.Question] = r.Answer.Value
		}
	}
	return func(q string) guideline.Answer { return cmp.Or(filled[q], stands(q)) }
}

func bookProblem(err error) account.Reason {
	switch {
	case errors.Is(err, xlsx.ErrOtherEdition):
		return account.Reason{Message: "別のチェックリストのファイルです。同じチェックリストの画面で読み込んでください。"}
	case errors.Is(err, xlsx.ErrNoChecklist):
		return account.Reason{Message: "Miseban のチェックリストではないか、隠れた行や列が消えています。もう一度保存し直したファイルに記入してください。"}
	case errors.Is(err, xlsx.ErrTooManyRows), errors.Is(err, xlsx.ErrTooLarge):
		return account.Reason{Message: "行が多すぎます。Miseban で保存したファイルに記入してください。"}
	}
	return account.Reason{Message: "Excel のファイル（.xlsx）として読み取れません。古い形式（.xls）や、パスワードの付いたファイルは読み込めません。"}
}

// bookLine holds one row against what is answered now; nil when it changes
// nothing. Who did not touch a row does not contradict whoever changed its
// answer meanwhile.
func (s *Server) bookLine(v *visit, e *guideline.Edition, r xlsx.Filled, now *assessment.Answer) (*view.BookLine, error) {
	q, _ := e.Question(r.Answer.Question)
	l := &view.BookLine{Row: r.Row, Question: q, Now: now, New: r.Answer, Unread: r.Unread}
	l.Problems = l.New.Tidy(q, view.Day(s.now()))
	if len(r.Unread) > 0 {
		l.Problems = nil // the reason is told already
	}
	if now != nil && len(r.Unread) == 0 && l.New.Same(now) {
		return nil, nil
	}
	l.Foreign = !mayAnswer(v, q)
	if now == nil {
		l.New.Revision = 0
		return l, nil
	}
	if base := r.Answer.Revision; base != now.Revision {
		history, err := s.db.AnswerHistory(v.Context(), v.Shop.ID, e.ID, q.ID, v.sight(), historyShown)
		if err != nil {
			return nil, err
		}
		for i := range history {
			if history[i].Revision == base && l.New.Same(&history[i]) {
				return nil, nil
			}
		}
		l.Conflict = true
	}
	l.New.Revision = now.Revision // saving it is a decision made in sight of the other
	return l, nil
}

// saveBook saves the chosen rows, all or none.
func (s *Server) saveBook(w http.ResponseWriter, v *visit) error {
	e, err := s.edition(v)
	if err != nil {
		return err
	}
	var list []assessment.Answer
	seen := map[string]bool{}
	for _, id := range v.PostForm["pick"] {
		q, ok := e.Question(id)
		if !ok || seen[id] {
			return errForm
		}
		seen[id] = true
		if !mayAnswer(v, q) {
			return errForbidden
		}
		a := assessment.Answer{Edition: e.ID, Question: id, Value: guideline.Answer(v.value("value " + id)), Day: v.value("day " + id), Doer: assessment.Doer(v.value("doer " + id)), Reason: v.PostFormValue("reason " + id)}
		if a.Revision, err = strconv.Atoi(v.value("revision " + id)); err != nil || a.Revision < 0 || len(a.Tidy(q, view.Day(s.now()))) > 0 {
			return errForm
		}
		list = append(list, a)
	}
	if len(list) == 0 {
		return s.see(w, v, checklistURL(v, e), v.t("印がないため、何も保存しませんでした。"))
	}
	ctx := v.Context()
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		for i := range list {
			if err := tx.SaveAnswer(ctx, v.Shop.ID, &list[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.see(w, v, checklistURL(v, e), v.t("{n} 件の回答を保存しました。", "n", strconv.Itoa(len(list))))
}
