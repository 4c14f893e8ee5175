package web

import (
	"errors"
	"net/http"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/programme"
	"miseban/internal/selection"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) publicCallsPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.PublicCalls(v.Context(), rows)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CallsPage(view.Calls{List: list, Now: s.now()}))
}

// call is the announced programme that the address names.
func (s *Server) publicCall(v *visit) (*programme.Programme, error) {
	slug := v.PathValue("slug")
	if !programme.ValidSlug(slug) {
		return nil, errNoPage
	}
	p, err := s.db.ProgrammeBySlug(v.Context(), slug)
	if err == nil && p.State == programme.Draft {
		return nil, errNoPage
	}
	return p, err
}

// callForm is the public page of a call.
func (s *Server) publicCallForm(v *visit, p *programme.Programme) (view.PublicCall, error) {
	f := view.PublicCall{Programme: *p, Now: s.now(), Set: programme.RulesOf(p.Rules)}
	if e, err := s.editionNamed(v, p.Edition); err == nil {
		f.Edition = e.Title.In(v.Lang)
	}
	var err error
	if f.Mailing, err = s.mails(v); err != nil {
		return f, err
	}
	f.Seed, err = s.db.SelectionSeed(v.Context(), p.ID)
	if errors.Is(err, store.ErrNotFound) {
		f.Seed = nil
		return f, nil
	}
	if err != nil || f.Seed.Opened.IsZero() {
		return f, err
	}
	switch _, err = s.db.Approved(v.Context(), p.ID); {
	case err == nil:
		f.Shown, err = s.db.ShownSeed(v.Context(), p.ID)
	case errors.Is(err, store.ErrNotFound):
		err = nil
	}
	return f, err
}

// mails says whether this process or another one sends mails.
func (s *Server) mails(v *visit) (bool, error) {
	if s.opt.Mail != nil {
		return true, nil
	}
	return s.db.Mailing(v.Context(), s.now())
}

func (s *Server) publicCallPage(w http.ResponseWriter, v *visit) error {
	p, err := s.publicCall(v)
	if err != nil {
		return err
	}
	f, err := s.publicCallForm(v, p)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.PublicCallPage(f))
}

// askToApply sends a link to who wants to apply, or lost the link. The answer
// is the same whether the address is known or not, and whether a mail went.
func (s *Server) askToApply(w http.ResponseWriter, v *visit) error {
	p, err := s.publicCall(v)
	if err != nil {
		return err
	}
	ctx, now := v.Context(), s.now()
	f, err := s.publicCallForm(v, p)
	if err != nil {
		return err
	}
	f.Mail = v.value("mail")
	mail := account.NormalMail(f.Mail)
	if mail == "" {
		f.Problems = account.Problems{{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}}}
	}
	phase := p.Phase(now)
	if len(f.Problems) > 0 || !f.Mailing || phase == programme.Before || phase == programme.NoCall {
		return s.page(w, v, http.StatusUnprocessableEntity, view.PublicCallPage(f))
	}
	known := true
	if phase == programme.After { // only who has applied has something to open
		list, err := s.db.ApplicationsOf(ctx, p.ID, mail)
		if err != nil {
			return err
		}
		known = len(list) > 0
	}
	from := account.Fingerprint("network " + v.Network)
	if known {
		token, print := account.NewToken()
		l := &programme.ApplicantLink{Mail: mail, Lang: v.Lang, Network: from, Expires: now.Add(programme.ConfirmLife)}
		letter := &notice.Letter{About: notice.LetterApply, Lang: v.Lang, URL: origin(s.opt.Public) + "/apply/" + token, Args: map[string]string{"programme": p.Name.In(v.Lang), "until": view.Moment(l.Expires)}}
		if err := s.db.Change(ctx, "", now, func(tx *store.Tx) error {
			toMail, ofNetwork, err := tx.ApplicantLinksSince(ctx, p.ID, mail, from, now.AddDate(0, 0, -1))
			if err != nil || toMail >= programme.MostLinksMail || ofNetwork >= programme.MostLinksNetwork {
				return err
			}
			return errors.Join(tx.AddApplicantLink(ctx, p, l, print), tx.AddLetter(ctx, &store.Mail{For: p.Office, To: mail, Letter: letter}))
		}); err != nil {
			return err
		}
	}
	return s.page(w, v, http.StatusAccepted, view.CallAskedPage(f))
}

// applicant reads the link that the address names, and its programme.
func (s *Server) applicant(w http.ResponseWriter, v *visit) (*programme.ApplicantLink, *view.Applicant, error) {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	token := v.PathValue("applicant")
	if len(token) > 200 {
		return nil, nil, errApplicantOver
	}
	ctx := v.Context()
	l, err := s.db.ApplicantLink(ctx, account.Fingerprint(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && !l.Open(s.now()) {
		return nil, nil, errApplicantOver
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := s.db.Programme(ctx, l.Programme)
	if err != nil {
		return nil, nil, err
	}
	if p.State == programme.Draft {
		return nil, nil, errApplicantOver
	}
	return l, &view.Applicant{Programme: *p, Link: *l, URL: "/apply/" + token, Now: s.now()}, nil
}

// confirmed is applicant for those whose address is confirmed.
func (s *Server) confirmedApplicant(w http.ResponseWriter, v *visit) (*programme.ApplicantLink, *view.Applicant, error) {
	l, f, err := s.applicant(w, v)
	if err == nil && l.Confirmed.IsZero() {
		err = errApplicantOver
	}
	return l, f, err
}

var errApplicantOver = errors.New("the applicant's link is over")

// applicantOver answers a link that cannot be used with the page that says what to do.
func (s *Server) applicantOver(w http.ResponseWriter, v *visit, err error) error {
	if errors.Is(err, errApplicantOver) {
		return s.page(w, v, http.StatusGone, view.ApplicantOverPage())
	}
	return err
}

// applyPage shows an applicant what was applied with; before the address is
// confirmed it asks for that and shows nothing else.
func (s *Server) applyPage(w http.ResponseWriter, v *visit) error {
	l, f, err := s.applicant(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	if !l.Confirmed.IsZero() {
		if f.List, err = s.db.ApplicationsOf(v.Context(), l.Programme, l.Mail); err != nil {
			return err
		}
	}
	return s.page(w, v, http.StatusOK, view.ApplyPage(*f))
}

func (s *Server) confirmApplicant(w http.ResponseWriter, v *visit) error {
	l, f, err := s.applicant(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	ctx := v.Context()
	if l.Confirmed.IsZero() {
		err = s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error { return tx.ConfirmApplicant(ctx, &f.Programme, l) })
		if err != nil && !errors.Is(err, store.ErrConflict) { // pressed twice
			return err
		}
	}
	return s.see(w, v, f.URL, v.t("メールアドレスを確認しました。"))
}

func (s *Server) beginApplication(w http.ResponseWriter, v *visit) error {
	l, f, err := s.confirmedApplicant(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	ctx, now := v.Context(), s.now()
	list, err := s.db.ApplicationsOf(ctx, l.Programme, l.Mail)
	if err != nil {
		return err
	}
	if f.Programme.Phase(now) != programme.Open || len(list) >= programme.MostDrafts {
		f.List, f.Full = list, len(list) >= programme.MostDrafts
		return s.page(w, v, http.StatusUnprocessableEntity, view.ApplyPage(*f))
	}
	a := &programme.Application{ID: account.NewID(), Mail: l.Mail, Lang: v.Lang}
	if n := len(list); n > 0 { // the company is the same, most likely
		last := &list[n-1].Form
		a.Form = programme.Form{Company: last.Company, Sole: last.Sole, Number: last.Number, Industry: last.Industry, Capital: last.Capital, Staff: last.Staff, Person: last.Person, Post: last.Post, Phone: last.Phone}
	}
	if err := s.db.Change(ctx, "", now, func(tx *store.Tx) error { return tx.AddApplication(ctx, &f.Programme, a) }); err != nil {
		return err
	}
	return s.see(w, v, f.URL+"/"+string(a.ID), "")
}

// draft is the application that the address names, if it is one of the link's address.
func (s *Server) draft(w http.ResponseWriter, v *visit) (*view.Applicant, *programme.Application, error) {
	l, f, err := s.confirmedApplicant(w, v)
	if err != nil {
		return nil, nil, err
	}
	id := account.ID(v.PathValue("draft"))
	if !id.Valid() {
		return nil, nil, errNoPage
	}
	a, err := s.db.Application(v.Context(), l.Programme, id)
	if err == nil && a.Mail != l.Mail {
		err = errNoPage
	}
	return f, a, err
}

func (s *Server) draftPage(w http.ResponseWriter, v *visit) error {
	f, a, err := s.draft(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	d := view.Draft{Applicant: *f, Application: *a}
	switch a.Stage {
	case programme.Selected, programme.Reserve, programme.NotSelected:
		seed, err := s.db.ShownSeed(v.Context(), a.Programme)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if seed != "" {
			d.Line = selection.Pseudonym(seed, a.Receipt)
		}
	}
	return s.page(w, v, http.StatusOK, view.DraftPage(d))
}

// saveDraft keeps a draft, or sends it: then it gets its receipt number, and
// the applicant a mail that says so.
func (s *Server) saveDraft(w http.ResponseWriter, v *visit) error {
	f, a, err := s.draft(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	ctx, now := v.Context(), s.now()
	send := v.value("act") == "send"
	if a.Stage != programme.Drafted { // sent in another window
		return s.page(w, v, http.StatusConflict, view.DraftPage(view.Draft{Applicant: *f, Application: *a}))
	}
	saved := a.Revision
	a.Form, a.Revision, a.Lang = formFrom(v), revision, v.Lang
	problems := a.Form.Tidy(send)
	if f.Programme.Phase(now) != programme.Open {
		problems = account.Problems{{Reason: account.Reason{Message: "募集の期間が終わったため、応募を受け付けられません。"}}}
	}
	if len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.DraftPage(view.Draft{Applicant: *f, Application: *a, Problems: problems}))
	}
	err = s.db.Change(ctx, "", now, func(tx *store.Tx) error {
		if !send {
			return tx.SaveDraft(ctx, &f.Programme, a)
		}
		if err := tx.SubmitApplication(ctx, &f.Programme, a); err != nil {
			return err
		}
		return s.tellApplicant(tx, v, f, a, notice.LetterReceived)
	})
	if errors.Is(err, store.ErrConflict) {
		a.Revision = saved
		return s.page(w, v, http.StatusConflict, view.DraftPage(view.Draft{Applicant: *f, Application: *a, Problems: account.Problems{{Reason: account.Reason{Message: "別の画面で保存されています。内容を確かめて、もう一度保存してください。"}}}}))
	}
	if err != nil {
		return err
	}
	if !send {
		return s.see(w, v, f.URL+"/"+string(a.ID), v.t("下書きを保存しました。送信するまで、応募は済んでいません。"))
	}
	return s.see(w, v, f.URL+"/"+string(a.ID), v.t("応募を受け付けました。受付番号は {n} です。", "n", a.Receipt))
}

// tellApplicant writes to the applicant about what happened; the link is the one in use.
func (s *Server) tellApplicant(tx *store.Tx, v *visit, f *view.Applicant, a *programme.Application, about string) error {
	return tx.AddLetter(v.Context(), &store.Mail{For: f.Programme.Office, To: a.Mail, Letter: &notice.Letter{
		About: about, Lang: v.Lang, URL: origin(s.opt.Public) + f.URL, Args: map[string]string{"programme": f.Programme.Name.In(v.Lang), "receipt": a.Receipt, "shop": a.Form.Shop, "at": view.Moment(tx.At)},
	}})
}

func (s *Server) withdrawApplication(w http.ResponseWriter, v *visit) error {
	f, a, err := s.draft(w, v)
	if err != nil {
		return s.applicantOver(w, v, err)
	}
	ctx, sent := v.Context(), a.Receipt != ""
	err = s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error {
		if err := tx.MoveApplication(ctx, &f.Programme, a, programme.Withdrawn, programme.ByApplicant, ""); err != nil || !sent {
			return err
		}
		return s.tellApplicant(tx, v, f, a, notice.LetterWithdrawn)
	})
	if errors.Is(err, programme.ErrNoMove) {
		return store.ErrConflict
	}
	if err != nil {
		return err
	}
	return s.see(w, v, f.URL, v.t("応募を取り下げました。"))
}
