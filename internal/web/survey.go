package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// quotas are how many subjects the programme wanted to hear of each kind.
var quotas = map[string]int{"breached": 20, "package": 3, "builder": 7, "asp": 5}

// mostQuota is how many subjects a survey may want to hear.
const mostQuota = 1000

func (s *Server) surveysPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.Surveys(v.Context(), v.Programme.ID)
	if err != nil {
		return err
	}
	f := view.Surveys{ProgrammeHead: s.programmeHead(v), List: list, MayOpen: v.has(surveyDesk...)}
	for _, q := range survey.All() {
		if v.has(clerks...) && !slices.ContainsFunc(list, func(x store.Survey) bool { return x.Questionnaire == q.ID }) {
			f.More = append(f.More, view.SurveyOffer{Questionnaire: q, Quota: quotas[q.ID]})
		}
	}
	return s.page(w, v, http.StatusOK, view.SurveysPage(f))
}

// quota reads how many subjects are wanted.
func (v *visit) quota() (int, error) {
	n, err := strconv.Atoi(v.value("quota"))
	if err != nil || n < 1 || n > mostQuota {
		return 0, errForm
	}
	return n, nil
}

func (s *Server) addSurvey(w http.ResponseWriter, v *visit) error {
	q, ok := survey.Load(v.value("questionnaire"))
	if !ok {
		return errForm
	}
	n, err := v.quota()
	if err != nil {
		return err
	}
	x := &store.Survey{Programme: v.Programme.ID, Questionnaire: q.ID, Quota: n}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddSurvey(v.Context(), x) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/surveys/"+string(x.ID)), v.t("調査を始めました。対象を登録してください。"))
}

// surveyOf reads the survey that the address names and what all its pages have
// in common.
func (s *Server) surveyOf(v *visit) (view.SurveyHead, error) {
	id := account.ID(v.PathValue("survey"))
	if !id.Valid() {
		return view.SurveyHead{}, errNoPage
	}
	x, err := s.db.Survey(v.Context(), v.Programme.ID, id)
	if err != nil {
		return view.SurveyHead{}, err
	}
	q, ok := survey.Load(x.Questionnaire)
	if !ok {
		return view.SurveyHead{}, errNoPage
	}
	h := view.SurveyHead{ProgrammeHead: s.programmeHead(v), Survey: *x, Questionnaire: q, URL: programmeURL(v, "/surveys/"+string(x.ID))}
	for _, part := range []struct{ path, name string }{
		{"", v.t("対象")}, {"/questions", v.t("質問")}, {"/coding", v.t("分類")}, {"/tables", v.t("集計")}, {"/quotations", v.t("引用")}, {"/publication", v.t("公表")},
	} {
		pattern := "/programmes/{programme}/surveys/{survey}" + part.path
		i := slices.IndexFunc(s.table, func(rt route) bool { return rt.method == "GET" && rt.pattern == pattern })
		if i < 0 || !v.has(s.table[i].who...) {
			continue
		}
		u := h.URL + part.path
		h.Parts = append(h.Parts, view.Item{Name: part.name, URL: u, Current: v.URL.Path == u || part.path != "" && strings.HasPrefix(v.URL.Path, u+"/") || part.path == "" && strings.HasPrefix(v.URL.Path, u+"/subjects/")})
	}
	return h, nil
}

func (s *Server) surveyPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	list, err := s.db.SurveySubjects(v.Context(), h.Survey.ID)
	if err != nil {
		return err
	}
	f := view.SurveyForm{SurveyHead: h, Subjects: list, Counts: map[survey.State]int{}, MayEdit: v.has(clerks...), Only: survey.State(v.URL.Query().Get("state"))}
	for i := range list {
		f.Counts[list[i].State]++
	}
	if f.Only.Known() {
		f.Subjects = slices.DeleteFunc(list, func(x store.SurveySubject) bool { return x.State != f.Only })
	}
	return s.page(w, v, http.StatusOK, view.SurveyPage(f))
}

func (s *Server) setQuota(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	n, err := v.quota()
	if err != nil {
		return err
	}
	if h.Survey.Revision, err = strconv.Atoi(v.value("revision")); err != nil {
		return errForm
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SetQuota(v.Context(), &h.Survey, n) }); err != nil {
		return err
	}
	return s.see(w, v, h.URL, v.t("保存しました。"))
}

func (s *Server) surveyQuestionsPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.SurveyQuestionsPage(h))
}

// subjectOf reads the subject that the address names.
func (s *Server) subjectOf(v *visit) (view.SurveyHead, *store.SurveySubject, error) {
	h, err := s.surveyOf(v)
	if err != nil {
		return h, nil, err
	}
	id := account.ID(v.PathValue("subject"))
	if !id.Valid() {
		return h, nil, errNoPage
	}
	x, err := s.db.SurveySubject(v.Context(), h.Survey.ID, id)
	return h, x, err
}

// typedSubject reads the form of a subject.
func typedSubject(v *visit) survey.Subject {
	x := survey.Subject{Company: v.value("company"), Service: v.value("service"), Person: v.value("person"), Mail: v.value("mail"), Day: v.value("day"), Release: v.value("release"), Traits: v.PostForm["trait"]}
	for n := range survey.MostReasons {
		k := strconv.Itoa(n + 1)
		year, _ := strconv.Atoi(v.value("year" + k))
		x.Reasons = append(x.Reasons, survey.Reason{Statement: v.value("statement" + k), Source: v.value("source" + k), Year: year})
	}
	return x
}

func (s *Server) newSubjectPage(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.SubjectFormPage(view.SubjectForm{SurveyHead: h, Action: h.URL + "/new"}))
}

func (s *Server) addSubject(w http.ResponseWriter, v *visit) error {
	h, err := s.surveyOf(v)
	if err != nil {
		return err
	}
	x := &store.SurveySubject{Survey: h.Survey.ID, Programme: v.Programme.ID, Subject: typedSubject(v)}
	f := view.SubjectForm{SurveyHead: h, Action: h.URL + "/new"}
	f.Problems = x.Tidy(h.Questionnaire, view.Day(s.now()))
	if len(f.Problems) == 0 {
		err := s.change(v, func(tx *store.Tx) error { return tx.AddSubject(v.Context(), x) })
		if err == nil {
			return s.see(w, v, h.URL+"/subjects/"+string(x.ID), v.t("対象を登録しました。"))
		}
		if !errors.Is(err, store.ErrTooMuch) {
			return err
		}
		f.Problems = account.Problems{{Reason: account.Reason{Message: "この調査には、対象をこれ以上登録できません。"}}}
	}
	f.Subject = *x
	return s.page(w, v, http.StatusUnprocessableEntity, view.SubjectFormPage(f))
}

func (s *Server) editSubjectPage(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.SubjectFormPage(view.SubjectForm{SurveyHead: h, Subject: *x, Action: v.URL.Path}))
}

func (s *Server) editSubject(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	now := *x
	x.Subject = typedSubject(v)
	if x.Revision, err = strconv.Atoi(v.value("revision")); err != nil {
		return errForm
	}
	f := view.SubjectForm{SurveyHead: h, Action: v.URL.Path}
	if f.Problems = x.Tidy(h.Questionnaire, view.Day(s.now())); len(f.Problems) > 0 {
		f.Subject = *x
		return s.page(w, v, http.StatusUnprocessableEntity, view.SubjectFormPage(f))
	}
	err = s.change(v, func(tx *store.Tx) error { return tx.SaveSubject(v.Context(), x) })
	if errors.Is(err, store.ErrConflict) {
		_, other, err := s.subjectOf(v)
		if err != nil {
			return err
		}
		x.Revision = other.Revision
		f.Subject, f.Other = *x, other
		return s.page(w, v, http.StatusConflict, view.SubjectFormPage(f))
	}
	if err != nil {
		return err
	}
	return s.see(w, v, h.URL+"/subjects/"+string(now.ID), v.t("保存しました。"))
}
