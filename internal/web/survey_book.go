package web

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// surveyItems are the items that a subject may be asked.
func surveyItems(q *survey.Questionnaire, x *store.SurveySubject) []*survey.Item {
	return slices.DeleteFunc(q.Items(), func(i *survey.Item) bool { return i.Only != "" && !slices.Contains(x.Traits, i.Only) })
}

// surveyBook hands out the questions to a subject, to be filled in elsewhere.
func (s *Server) surveyBook(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	stored, err := s.db.SurveyAnswers(v.Context(), x.ID)
	if err != nil {
		return err
	}
	said := map[string]xlsx.Said{}
	for id, a := range stored {
		said[id] = xlsx.Said{Answer: a.Answer, Revision: a.Revision}
	}
	var b bytes.Buffer
	if err := xlsx.WriteSurvey(&b, h.Questionnaire, string(x.ID), x.Company, surveyItems(h.Questionnaire, x), said, v.Lang); err != nil {
		return err
	}
	w.Header().Set("Content-Type", reportFormats["xlsx"].media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "miseban-" + h.Questionnaire.ID + "-" + s.now().In(report.Tokyo()).Format("20060102") + ".xlsx"}))
	if _, err := w.Write(b.Bytes()); err != nil {
		s.log.WarnContext(v.Context(), "a questionnaire was not sent whole", "error", err)
	}
	return nil
}

func surveyBookProblem(err error) account.Reason {
	switch {
	case errors.Is(err, xlsx.ErrOtherSubject):
		return account.Reason{Message: "別の対象のファイルです。書き出した対象のページで読み込んでください。"}
	case errors.Is(err, xlsx.ErrOtherSurvey):
		return account.Reason{Message: "別の調査か、前の版の質問のファイルです。新しく書き出したファイルに記入してください。"}
	case errors.Is(err, xlsx.ErrNoSurvey):
		return account.Reason{Message: "Miseban の質問のファイルではないか、隠れた行や列が消えています。新しく書き出したファイルに記入してください。"}
	}
	return bookProblem(err)
}

// readSurveyBook shows what a filled-in file would change; nothing is saved yet.
func (s *Server) readSurveyBook(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	if !x.State.Takes() {
		return store.ErrConflict
	}
	f := view.SurveyBook{SurveyHead: h, Subject: *x, URL: h.URL + "/subjects/" + string(x.ID)}
	_, data, problem, err := upload(v, "book", bookMost)
	if err != nil {
		return err
	}
	var rows []xlsx.SurveyFilled
	if problem.Message == "" {
		if rows, err = xlsx.ReadSurvey(bytes.NewReader(data), h.Questionnaire, string(x.ID)); err != nil {
			problem = surveyBookProblem(err)
		}
	}
	if f.Problem = problem; problem.Message != "" {
		return s.page(w, v, http.StatusUnprocessableEntity, view.SurveyBookPage(f))
	}
	stored, err := s.db.SurveyAnswers(v.Context(), x.ID)
	if err != nil {
		return err
	}
	if f.Names, err = s.writers(v, x, stored); err != nil {
		return err
	}
	now := given(stored)
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.Item.ID] {
			continue // a row that was copied: the first one counts
		}
		seen[r.Item.ID] = true
		l, err := s.surveyLine(v, x, r, stored[r.Item.ID])
		if err != nil {
			return err
		}
		if l == nil {
			f.Same++
			continue
		}
		if l.Readable() {
			now[r.Item.ID] = l.New.Answer
		}
		f.Lines = append(f.Lines, *l)
	}
	asked := h.Questionnaire.Asked(x.Traits, now)
	for n := range f.Lines {
		f.Lines[n].Unasked = !slices.Contains(asked, f.Lines[n].Item)
	}
	return s.page(w, v, http.StatusOK, view.SurveyBookPage(f))
}

// surveyLine holds one row against what is answered now; nil when it changes
// nothing. Who did not touch a row does not contradict whoever changed its
// answer meanwhile.
func (s *Server) surveyLine(v *visit, x *store.SurveySubject, r xlsx.SurveyFilled, old store.SurveyAnswer) (*view.SurveyBookLine, error) {
	l := &view.SurveyBookLine{Row: r.Row, Item: r.Item, Typed: r.Typed, Old: old, Unread: r.Unread}
	l.New = store.SurveyAnswer{Subject: x.ID, Revision: r.Revision, Note: old.Note, FollowUp: old.FollowUp}
	var bad *account.Problem
	if l.New.Answer, bad = r.Item.Take(r.Typed, view.Day(s.now())); bad != nil && len(r.Unread) == 0 {
		l.Problem = bad.Reason
	}
	if !l.Readable() {
		return l, nil
	}
	if same(&l.New, &old, r.Item) {
		return nil, nil
	}
	if r.Revision != old.Revision {
		untouched, err := s.untouched(v, &l.New, r.Item, false)
		if errors.Is(err, store.ErrNotFound) { // a revision that there never was: somebody changed the hidden column
			l.Unread = append(l.Unread, "revision")
			return l, nil
		}
		if err != nil || untouched {
			return nil, err
		}
		l.Conflict = true
	}
	l.New.Revision = old.Revision // saving it is a decision made in sight of the other
	return l, nil
}

// saveSurveyBook saves the chosen rows, all or none.
func (s *Server) saveSurveyBook(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	if !x.State.Takes() {
		return store.ErrConflict
	}
	stored, err := s.db.SurveyAnswers(v.Context(), x.ID)
	if err != nil {
		return err
	}
	now := given(stored)
	var list []store.SurveyAnswer
	items := surveyItems(h.Questionnaire, x)
	for _, id := range v.PostForm["pick"] {
		at := slices.IndexFunc(items, func(i *survey.Item) bool { return i.ID == id })
		if at < 0 || slices.ContainsFunc(list, func(a store.SurveyAnswer) bool { return a.Item == id }) {
			return errForm
		}
		a, bad := items[at].Take(survey.Typed{Given: survey.Given(v.value("given " + id)), Value: v.value("value " + id), Words: v.PostFormValue("words " + id), Quote: v.value("quote "+id) == "yes"}, view.Day(s.now()))
		revision, err := strconv.Atoi(v.value("revision " + id))
		if bad != nil || err != nil || revision < 0 {
			return errForm
		}
		now[id] = a
		list = append(list, store.SurveyAnswer{Subject: x.ID, Revision: revision, Answer: a, Note: stored[id].Note, FollowUp: stored[id].FollowUp})
	}
	own := h.URL + "/subjects/" + string(x.ID)
	if len(list) == 0 {
		return s.see(w, v, own, v.t("印がないため、何も保存しませんでした。"))
	}
	asked := h.Questionnaire.Asked(x.Traits, now)
	for _, a := range list {
		if !slices.ContainsFunc(asked, func(i *survey.Item) bool { return i.ID == a.Item }) {
			return s.see(w, v, own, v.t("ほかの質問への回答により対象にならない質問があったため、保存しませんでした。もう一度読み込んでください。"))
		}
	}
	if err := s.change(v, func(tx *store.Tx) error { return saveAnswers(v, tx, x, list) }); err != nil {
		return err
	}
	return s.see(w, v, own, v.t("{n} 件の回答を保存しました。", "n", strconv.Itoa(len(list))))
}
