package web

import (
	"errors"
	"net/http"
	"slices"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/survey"
	"miseban/internal/web/view"
)

// heard reads the link that the address names and the questions that it opens.
func (s *Server) heard(w http.ResponseWriter, v *visit) (*account.Link, *view.Heard, *sheet, error) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	l, err := s.openLink(v, "heard", account.Hearing)
	if err != nil {
		return nil, nil, nil, err
	}
	x, of, err := s.db.SubjectByLink(v.Context(), l)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil, &overError{view.OverUnknown}
	}
	if err != nil {
		return nil, nil, nil, err
	}
	q, ok := survey.Load(of.Questionnaire)
	if !ok {
		return nil, nil, nil, &overError{view.OverUnknown}
	}
	if !x.State.Takes() {
		return nil, nil, nil, &overError{view.OverRevoked}
	}
	p, err := s.db.Programme(v.Context(), of.Programme)
	if err != nil {
		return nil, nil, nil, err
	}
	f := &view.Heard{Programme: *p, Questionnaire: q, Company: x.Company, Expires: l.Expires, Action: v.URL.Path}
	y := &sheet{subject: x, q: q}
	for _, i := range q.Items() {
		if i.Only == "" || slices.Contains(x.Traits, i.Only) {
			y.items = append(y.items, i)
		}
	}
	y.stored, err = s.db.SurveyAnswers(v.Context(), x.ID)
	return l, f, y, err
}

func (s *Server) heardPage(w http.ResponseWriter, v *visit) error {
	_, f, y, err := s.heard(w, v)
	if err != nil {
		return s.over(w, v, err)
	}
	f.Rows = y.rows()
	return s.page(w, v, http.StatusOK, view.HeardPage(*f))
}

// saveHeard keeps the answers of who has the link; sending them takes the link.
func (s *Server) saveHeard(w http.ResponseWriter, v *visit) error {
	send := v.value("act") == "send"
	for range 3 {
		l, f, y, err := s.heard(w, v)
		if err != nil {
			return s.over(w, v, err)
		}
		rows, change, p, conflict, err := s.take(v, y)
		if err != nil {
			return err
		}
		done := send && len(p) == 0 && !conflict
		if len(change) > 0 || done {
			err := s.db.Change(v.Context(), "", s.now(), func(tx *store.Tx) error {
				tx.Delegate = y.subject.ID
				if err := saveAnswers(v, tx, y.subject, change); err != nil {
					return err
				}
				if !done {
					return nil
				}
				if err := tx.TakeLink(v.Context(), l); err != nil {
					return err
				}
				if y.subject.State != survey.Asked {
					return nil // a hearing is being arranged; the answers prepare it
				}
				return tx.MoveSubject(v.Context(), y.subject, survey.Written, "")
			})
			if errors.Is(err, store.ErrConflict) {
				continue // taken, or somebody was faster this moment: look again
			}
			if err != nil {
				return err
			}
		}
		for _, x := range change {
			at := slices.IndexFunc(rows, func(r view.SurveyRow) bool { return r.Item.ID == x.Item })
			rows[at].Revision = x.Revision + 1
		}
		switch f.Rows, f.Problems = rows, p; {
		case conflict:
			return s.page(w, v, http.StatusConflict, view.HeardPage(*f))
		case len(p) > 0:
			return s.page(w, v, http.StatusUnprocessableEntity, view.HeardPage(*f))
		case done:
			return s.page(w, v, http.StatusOK, view.HeardSentPage(*f))
		}
		return s.see(w, v, v.URL.Path, v.t("途中まで保存しました。この URL から、続きを入力できます。"))
	}
	return store.ErrConflict
}
