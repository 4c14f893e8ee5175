package web

import (
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/a-h/templ"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// question is the edition and question that the address names.
func (s *Server) question(v *visit) (*guideline.Edition, *guideline.Question, error) {
	e, err := s.edition(v)
	if err != nil {
		return nil, nil, err
	}
	q, ok := e.Question(v.PathValue("question"))
	if !ok {
		return nil, nil, errNoPage
	}
	return e, q, nil
}

func (s *Server) questionPage(w http.ResponseWriter, v *visit) error {
	form, err := s.questionForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.QuestionPage(*form))
}

// historyShown is how many earlier answers and how many comments a page shows.
const historyShown = 100

// questionForm is everything about one question.
func (s *Server) questionForm(v *visit) (*view.QuestionForm, error) {
	e, q, err := s.question(v)
	if err != nil {
		return nil, err
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return nil, err
	}
	f := &view.QuestionForm{ShopHead: s.tabsOf(v), ChecklistQuestion: *s.questionOf(v, e, q, j), MayJudge: v.has(judges...), MayComment: v.has(commenters...), MayRemove: v.has(staff...)}
	for _, row := range e.Rows() {
		if row.Question == q {
			f.Requirement, f.Part, f.PartURL = row.Requirement, row.Part, checklistURL(v, e)+"/parts/"+row.Part.ID
		}
	}
	ctx, shop := v.Context(), v.Shop.ID
	if f.History, f.Said, err = s.db.Thread(ctx, shop, e.ID, q.ID, v.sight(), historyShown); err != nil {
		return nil, err
	}
	if f.MayRead = v.has(staff...) || v.has(judges...) || v.has(account.Reviewer) || mayAnswer(v, q); f.MayRead {
		if f.Evidence, err = s.db.EvidenceFor(ctx, shop, e.ID, q.ID, v.sight()); err != nil {
			return nil, err
		}
	}
	var ids []account.ID
	for _, a := range f.History {
		ids = append(ids, a.By)
	}
	for _, c := range f.Said {
		ids = append(ids, c.By)
	}
	for _, x := range f.Evidence {
		ids = append(ids, x.By)
	}
	if f.Answer != nil {
		ids = append(ids, f.Answer.AcceptedBy)
	}
	if f.Names, err = s.authors(v, ids); err != nil {
		return nil, err
	}
	if v.has(staff...) {
		f.Delegations, err = s.db.Delegations(ctx, shop, e.ID, q.ID, 20)
		f.MayDelegate, f.Now = true, s.now()
	}
	return f, err
}

// answer saves one answer. What cannot be saved comes back with the reason;
// when somebody else was faster, both answers stand side by side.
func (s *Server) answer(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	if !mayAnswer(v, q) {
		return errForbidden
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil || revision < 0 {
		return errForm
	}
	a := assessment.Answer{Edition: e.ID, Question: q.ID, Revision: revision, Value: guideline.Answer(v.value("value")), Day: v.value("day"), Doer: assessment.Doer(v.value("doer")), Reason: v.PostFormValue("reason")}
	f := view.ChecklistQuestion{Edition: e, Question: q, URL: questionURL(v, e, q.ID), MayAnswer: true, Typed: a, Duty: e.Duty(q, assessment.ShopForm(v.Shop))}
	if f.Problems = a.Tidy(q, view.Day(s.now())); len(f.Problems) > 0 {
		return s.unsaved(w, v, &f, http.StatusUnprocessableEntity)
	}
	f.Typed = a
	ctx := v.Context()
	now, err := s.db.Answer(ctx, v.Shop.ID, e.ID, q.ID, v.sight())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || !now.Same(&a) { // who says what is said already changes nothing
		if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SaveAnswer(ctx, v.Shop.ID, &a) }); errors.Is(err, store.ErrConflict) {
			return s.second(w, v, &f)
		} else if err != nil {
			return err
		}
		now = &a
	}
	if scripted(v) {
		now.Duty = f.Duty
		f.Answer, f.Saved, f.Typed = now, s.now(), *now
		more, err := s.dependent(v, e, q)
		if err != nil {
			return err
		}
		return s.part(w, v, view.AnswerSaved(f, more))
	}
	if v.value("from") == "question" {
		return s.see(w, v, f.URL, v.t("保存しました。"))
	}
	for _, row := range e.Rows() {
		if row.Question == q {
			return s.see(w, v, checklistURL(v, e)+"/parts/"+row.Part.ID+"#"+f.Anchor(), v.t("保存しました。"))
		}
	}
	return s.see(w, v, f.URL, v.t("保存しました。"))
}

// dependent are the questions that are asked, or not, because of the answer to
// q, as they stand now. On a question's own page there are none.
func (s *Server) dependent(v *visit, e *guideline.Edition, q *guideline.Question) ([]view.ChecklistQuestion, error) {
	on := e.DependOn(q.ID)
	if len(on) == 0 || v.value("from") == "question" {
		return nil, nil
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return nil, err
	}
	names, err := s.answerNames(v, j.answers)
	var out []view.ChecklistQuestion
	for _, o := range on {
		x := s.questionOf(v, e, o, j)
		x.Names = names
		out = append(out, *x)
	}
	return out, err
}

// scripted says that a script asks and puts the answer into its page.
func scripted(v *visit) bool { return v.Header.Get("HX-Request") != "" }

// second shows somebody who was second to answer both answers. Saving once
// more is a decision made in sight of the other, which stays in the history.
func (s *Server) second(w http.ResponseWriter, v *visit, f *view.ChecklistQuestion) error {
	now, err := s.db.Answer(v.Context(), v.Shop.ID, f.Edition.ID, f.Question.ID, v.sight())
	if err != nil {
		return err
	}
	if f.Names, err = s.authors(v, []account.ID{now.By}); err != nil {
		return err
	}
	f.Answer, f.Other, f.Typed.Revision = now, now, now.Revision
	return s.unsaved(w, v, f, http.StatusConflict)
}

// unsaved draws a question with what was typed and why it was not saved.
func (s *Server) unsaved(w http.ResponseWriter, v *visit, f *view.ChecklistQuestion, status int) error {
	if scripted(v) {
		if f.Other == nil {
			return s.part(w, v, view.AnswerState(*f))
		}
		w.Header().Set("HX-Retarget", "#"+f.Anchor())
		w.Header().Set("HX-Reswap", "outerHTML")
		return s.part(w, v, view.QuestionCard(*f))
	}
	whole, err := s.questionForm(v)
	if err != nil {
		return err
	}
	whole.Typed, whole.Problems, whole.Other = f.Typed, f.Problems, f.Other
	return s.page(w, v, status, view.QuestionPage(*whole))
}

// commentAnswer says something beside an answer.
func (s *Server) commentAnswer(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	text := account.Paragraph(v.PostFormValue("comment"))
	if text == "" || utf8.RuneCountInString(text) > assessment.MostReason {
		f, err := s.questionForm(v)
		if err != nil {
			return err
		}
		f.Comment, f.Problems = text, account.Problems{{Field: "comment", Reason: account.Reason{Message: "コメントは {n} 文字までで入力してください。", Args: i18n.Args{"n": strconv.Itoa(assessment.MostReason)}}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.QuestionPage(*f))
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AddAnswerComment(ctx, v.Shop.ID, e.ID, q.ID, text) }); err != nil {
		return err
	}
	return s.see(w, v, questionURL(v, e, q.ID)+"#comments", v.t("コメントを書きました。"))
}

// acceptAnswer accepts an alternative as good as what was asked for, or takes that back.
func (s *Server) acceptAnswer(w http.ResponseWriter, v *visit) error {
	e, q, err := s.question(v)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	accept := v.value("accept") == "yes"
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return tx.AcceptAnswer(ctx, v.Shop.ID, e.ID, q.ID, revision, accept)
	}); err != nil {
		return err
	}
	done := v.t("代替策を認めました。")
	if !accept {
		done = v.t("代替策の承認を取り消しました。")
	}
	return s.see(w, v, questionURL(v, e, q.ID), done)
}

// part draws a piece of a page for a script that puts it into its place.
func (s *Server) part(w http.ResponseWriter, v *visit, c templ.Component) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return c.Render(view.With(v.Context(), &view.Frame{Lang: v.Lang, Self: v.URL.Path}), w)
}
