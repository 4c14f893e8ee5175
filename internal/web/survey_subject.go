package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// given are answers as the rules of a questionnaire take them.
func given(answers map[string]store.SurveyAnswer) map[string]survey.Answer {
	out := make(map[string]survey.Answer, len(answers))
	for id, a := range answers {
		out[id] = a.Answer
	}
	return out
}

// writers names who wrote answers down: people, or the subject by its link.
func (s *Server) writers(v *visit, x *store.SurveySubject, answers map[string]store.SurveyAnswer, more ...account.ID) (map[account.ID]string, error) {
	ids := slices.Clone(more)
	for _, a := range answers {
		ids = append(ids, a.By)
	}
	slices.Sort(ids)
	names, err := s.db.Names(v.Context(), slices.DeleteFunc(slices.Compact(ids), func(id account.ID) bool { return id == "" || id == x.ID }))
	if err != nil {
		return nil, err
	}
	names = maps.Clone(names)
	if names == nil {
		names = map[account.ID]string{}
	}
	names[x.ID] = v.t("回答者（回答用の URL から）")
	return names, nil
}

func (s *Server) subjectPage(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	f := view.SubjectOverview{SurveyHead: h, Subject: *x, Now: s.now(), MayEdit: v.has(clerks...), MayHear: v.has(hearers...)}
	if f.Moves, err = s.db.SurveyMoves(v.Context(), x.ID); err != nil {
		return err
	}
	if f.Answers, err = s.db.SurveyAnswers(v.Context(), x.ID); err != nil {
		return err
	}
	by := []account.ID{x.By}
	for _, m := range f.Moves {
		by = append(by, m.By)
	}
	if f.Names, err = s.writers(v, x, f.Answers, by...); err != nil {
		return err
	}
	switch l, err := s.db.LinkTo(v.Context(), "", x.ID); {
	case err == nil:
		f.Link = l
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	f.Next = x.State.Next(v.Roles)
	f.Asked = h.Questionnaire.Asked(x.Traits, given(f.Answers))
	f.Open = h.Questionnaire.Open(x.Traits, given(f.Answers))
	return s.page(w, v, http.StatusOK, view.SubjectPage(f))
}

func (s *Server) moveSubject(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	to, note := survey.State(v.value("to")), account.Paragraph(v.PostFormValue("note"))
	if from := survey.State(v.value("from")); from != x.State {
		return store.ErrConflict
	}
	if !slices.Contains(x.State.Next(v.Roles), to) || utf8.RuneCountInString(note) > 1000 {
		return errForm
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.MoveSubject(v.Context(), x, to, note) }); err != nil {
		return err
	}
	return s.see(w, v, h.URL+"/subjects/"+string(x.ID), v.t("「{state}」にしました。", "state", to.Name(v.Lang)))
}

// linkSubject makes the link by which a subject answers, shown this once.
func (s *Server) linkSubject(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	if !x.State.Takes() {
		return store.ErrConflict
	}
	l := &account.Link{Expires: s.now().Add(account.HearingLife)}
	token, print := account.NewToken()
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddSubjectLink(v.Context(), x, l, print) }); err != nil {
		return err
	}
	u := origin(s.opt.Public) + "/hearings/" + token
	mail := v.t("件名: 【{programme}】{title}へのご協力のお願い", "programme", v.Programme.Name.In(v.Lang), "title", h.Questionnaire.Title.In(v.Lang)) + "\n\n" +
		v.t("{company} 様\n\n「{programme}」の{title}にご協力をお願いします。\n\n{intro}\n\n次の URL から回答できます。サインインは要りません。途中まで保存して、あとで続けることもできます。\n\n{url}\n\nURL の期限: {until}\nこの URL を知っている人は、誰でも回答を見て書き換えられます。回答する人だけに渡してください。",
			"company", x.Company, "programme", v.Programme.Name.In(v.Lang), "title", h.Questionnaire.Title.In(v.Lang), "intro", h.Questionnaire.Intro.In(v.Lang), "url", u, "until", view.Moment(l.Expires))
	return s.page(w, v, http.StatusCreated, view.SubjectLinkPage(view.SubjectLink{SurveyHead: h, Subject: *x, URL: u, Expires: l.Expires, Mail: mail}))
}

func (s *Server) revokeSubjectLink(w http.ResponseWriter, v *visit) error {
	h, x, err := s.subjectOf(v)
	if err != nil {
		return err
	}
	l, err := s.db.LinkTo(v.Context(), "", x.ID)
	if err != nil {
		return err
	}
	if l.Purpose != account.Hearing || !l.Open(s.now()) {
		return store.ErrConflict
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.RevokeLink(v.Context(), l.ID, "", "") }); err != nil {
		return err
	}
	return s.see(w, v, h.URL+"/subjects/"+string(x.ID), v.t("回答用の URL を取り消しました。"))
}
