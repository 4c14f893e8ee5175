package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// mostNote is how many characters a note to one question may have.
const mostNote = 4000

// sheet is what is typed into the items of a page, and what stands there.
type sheet struct {
	subject *store.SurveySubject
	q       *survey.Questionnaire
	items   []*survey.Item
	notes   bool // the page shows the notes of the interviewer
	stored  map[string]store.SurveyAnswer
	names   map[account.ID]string
}

// rows are the items as they stand in the form, before anything is typed.
func (f *sheet) rows() []view.SurveyRow {
	out := make([]view.SurveyRow, 0, len(f.items))
	for _, i := range f.items {
		a := f.stored[i.ID]
		r := view.SurveyRow{Item: i, Interviewing: f.notes, Revision: a.Revision, Typed: survey.Typed{Value: a.Value(i), Words: a.Words, Quote: a.Quote}, By: f.names[a.By], At: a.At}
		if a.Given != survey.Answered {
			r.Typed.Given = a.Given
		}
		if f.notes {
			r.Note, r.FollowUp = a.Note, a.FollowUp
		}
		if i.When != nil {
			r.After, _ = f.q.Item(i.When.Item)
		}
		out = append(out, r)
	}
	return out
}

// take reads the form. What was not touched is left out; what somebody else
// changed meanwhile stands in conflicts with both versions in the row.
func (s *Server) take(v *visit, f *sheet) (rows []view.SurveyRow, change []store.SurveyAnswer, p account.Problems, conflict bool, err error) {
	rows = f.rows()
	now := given(f.stored)
	today := view.Day(s.now())
	for n := range rows {
		r := &rows[n]
		i, k := r.Item, strconv.Itoa(r.Item.Number)
		old := f.stored[i.ID]
		base, err := strconv.Atoi(v.value("r" + k))
		if err != nil || base < 0 {
			return nil, nil, nil, false, errForm
		}
		r.Typed = survey.Typed{Given: survey.Given(v.value("g" + k)), Words: v.PostFormValue("w" + k), Quote: v.value("q"+k) == "yes"}
		for _, c := range v.PostForm["v"+k] {
			if r.Typed.Value != "" {
				r.Typed.Value += ","
			}
			r.Typed.Value += c
		}
		x := store.SurveyAnswer{Subject: f.subject.ID, Revision: base, Note: old.Note, FollowUp: old.FollowUp}
		var bad *account.Problem
		if x.Answer, bad = i.Take(r.Typed, today); bad != nil {
			r.Problem = bad.Reason
		}
		if f.notes {
			x.Note, x.FollowUp = account.Paragraph(v.PostFormValue("n"+k)), account.Line(v.PostFormValue("f"+k))
			r.Note, r.FollowUp = x.Note, x.FollowUp
			if utf8.RuneCountInString(x.Note) > mostNote || utf8.RuneCountInString(x.FollowUp) > mostNote {
				r.Problem = account.Reason{Message: "メモは {n} 文字までにしてください。", Args: i18n.Args{"n": strconv.Itoa(mostNote)}}
			}
		}
		if r.Problem.Message != "" {
			p = append(p, account.Problem{Field: r.Field(), Reason: r.Problem})
			continue
		}
		now[i.ID] = x.Answer
		if same(&x, &old, i) {
			continue
		}
		if base != old.Revision {
			untouched, err := s.untouched(v, &x, i, f.notes)
			if err != nil {
				return nil, nil, nil, false, err
			}
			if untouched {
				now[i.ID] = old.Answer
				r.Typed, r.Revision = f.rows()[n].Typed, old.Revision
				continue
			}
			other := old
			r.Other, r.Revision, conflict = &other, old.Revision, true
			continue
		}
		change = append(change, x)
	}
	asked := f.q.Asked(f.subject.Traits, now)
	change = slices.DeleteFunc(change, func(x store.SurveyAnswer) bool {
		at := slices.IndexFunc(rows, func(r view.SurveyRow) bool { return r.Item.ID == x.Item })
		if x.Given == survey.Nothing || slices.Contains(asked, rows[at].Item) {
			return false
		}
		rows[at].Problem = account.Reason{Message: "前の質問の回答と合いません。前の質問を確かめるか、この回答を消してください。"}
		p = append(p, account.Problem{Field: rows[at].Field(), Reason: rows[at].Problem})
		return true
	})
	return rows, change, p, conflict, nil
}

// same says that two answers with their notes say the same.
func same(a, b *store.SurveyAnswer, i *survey.Item) bool {
	return a.Given == b.Given && a.Value(i) == b.Value(i) && a.Words == b.Words && a.Quote == b.Quote && a.Note == b.Note && a.FollowUp == b.FollowUp
}

// untouched says that what was typed is what the form showed, so that who did
// not touch an item does not contradict whoever changed it meanwhile.
func (s *Server) untouched(v *visit, x *store.SurveyAnswer, i *survey.Item, notes bool) (bool, error) {
	var shown store.SurveyAnswer
	if x.Revision > 0 {
		was, err := s.db.SurveyAnswerVersion(v.Context(), x.Subject, i.ID, x.Revision)
		if err != nil {
			return false, err
		}
		shown = *was
	}
	typed := *x
	if !notes {
		typed.Note, typed.FollowUp = shown.Note, shown.FollowUp
	}
	return same(&typed, &shown, i), nil
}

// hearing reads the page of hearing mode that the address names.
func (s *Server) hearing(v *visit) (*view.Hearing, *sheet, error) {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(h.Questionnaire.Viewpoints, func(p survey.Viewpoint) bool { return p.ID == v.PathValue("viewpoint") })
	if at < 0 {
		return nil, nil, errNoPage
	}
	f := &view.Hearing{SurveyHead: h, Subject: *x, Viewpoint: &h.Questionnaire.Viewpoints[at], URL: h.URL + "/subjects/" + string(x.ID), Takes: x.State.Takes()}
	y := &sheet{subject: x, q: h.Questionnaire, notes: true}
	for t := range f.Viewpoint.Themes {
		items := f.Viewpoint.Themes[t].Items
		for i := range items {
			if items[i].Only == "" || slices.Contains(x.Traits, items[i].Only) {
				y.items = append(y.items, &items[i])
			}
		}
	}
	if y.stored, err = s.db.SurveyAnswers(v.Context(), x.ID); err != nil {
		return nil, nil, err
	}
	y.names, err = s.writers(v, x, y.stored)
	f.Open, f.Answers, f.Names = h.Questionnaire.Open(x.Traits, given(y.stored)), y.stored, y.names
	for _, p := range h.Questionnaire.Viewpoints {
		u := f.URL + "/hearing/" + p.ID
		f.Steps = append(f.Steps, view.Item{Name: p.Title.In(v.Lang), URL: u, Current: p.ID == f.Viewpoint.ID})
	}
	return f, y, err
}

func (s *Server) hearingPage(w http.ResponseWriter, v *visit) error {
	f, y, err := s.hearing(v)
	if err != nil {
		return err
	}
	f.Rows = y.rows()
	return s.page(w, v, http.StatusOK, view.HearingPage(*f))
}

// saveHearing keeps what was typed. What can be kept is kept, also beside
// problems and conflicts: nothing that was written down during a talk is lost.
func (s *Server) saveHearing(w http.ResponseWriter, v *visit) error {
	for range 3 {
		f, y, err := s.hearing(v)
		if err != nil {
			return err
		}
		if !y.subject.State.Takes() {
			return store.ErrConflict
		}
		rows, change, p, conflict, err := s.take(v, y)
		if err != nil {
			return err
		}
		if len(change) > 0 {
			err := s.change(v, func(tx *store.Tx) error { return saveAnswers(v, tx, y.subject, change) })
			if errors.Is(err, store.ErrConflict) {
				continue // somebody was faster this moment: set both beside one another
			}
			if err != nil {
				return err
			}
		}
		for _, x := range change {
			at := slices.IndexFunc(rows, func(r view.SurveyRow) bool { return r.Item.ID == x.Item })
			rows[at].Revision, rows[at].Saved = x.Revision+1, true
		}
		switch f.Rows, f.Problems = rows, p; {
		case conflict:
			return s.page(w, v, http.StatusConflict, view.HearingPage(*f))
		case len(p) > 0:
			return s.page(w, v, http.StatusUnprocessableEntity, view.HearingPage(*f))
		}
		to := v.URL.Path
		for i, step := range f.Steps {
			if step.Current && i+1 < len(f.Steps) && v.value("act") == "next" {
				to = f.Steps[i+1].URL
			}
		}
		return s.see(w, v, to, v.t("{n} 件の回答を保存しました。", "n", strconv.Itoa(len(change))))
	}
	return store.ErrConflict
}

// saveAnswers keeps changed answers.
func saveAnswers(v *visit, tx *store.Tx, x *store.SurveySubject, change []store.SurveyAnswer) error {
	for _, a := range change {
		if err := tx.SaveSurveyAnswer(v.Context(), x.Survey, &a); err != nil {
			return err
		}
	}
	return nil
}
