package web

import (
	"errors"
	"net/http"

	"miseban/internal/account"
	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// makeReset makes a link with which a member chooses a new password, and shows
// it this once. Who else may be reached by it is account.MayReset's rule.
func (s *Server) makeReset(w http.ResponseWriter, v *visit) error {
	c, err := s.member(v)
	if err != nil {
		return err
	}
	ctx, o := v.Context(), v.Organisation
	who, err := s.db.Actor(ctx, c.ID)
	if err != nil {
		return err
	}
	if !account.MayReset(v.Actor, who, o.ID) {
		why := account.Reason{Message: "{name} さんは、ほかの組織にも所属しています。パスワードの再設定は、この Miseban の運用者に頼んでください。", Args: map[string]string{"name": c.Name}}
		if c.ID == v.by() {
			why = account.Reason{Message: "ご自分のパスワードは、アカウントのページで変えられます。"}
		}
		return s.page(w, v, http.StatusUnprocessableEntity, view.MemberPage(view.Member{Organisation: *o, Colleague: *c, Problems: account.Problems{{Reason: why}}}))
	}
	l := &account.Link{ID: account.NewID(), Purpose: account.Reset, Organisation: o.ID, Person: c.ID, Mail: who.Person.Mail, Expires: s.now().Add(account.ResetLife)}
	token, print := account.NewToken()
	made := view.LinkMade{Back: view.Item{Name: o.Name, URL: "/organisations/" + string(o.ID)}, Link: *l, URL: origin(s.opt.Public) + "/reset/" + token}
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		return errors.Join(tx.AddLink(ctx, l, print), s.mailLink(v, tx, &made, notice.LetterReset, "/reset/"+token))
	}); err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.LinkMadePage(made))
}

// resetting reads the link that the address names and whose password it is for.
// The link holds only while the rule that let it be made still does.
func (s *Server) resetting(v *visit) (*account.Link, *account.Actor, error) {
	token := v.PathValue("reset")
	if len(token) > 200 {
		return nil, nil, errNoPage
	}
	ctx := v.Context()
	l, err := s.db.Link(ctx, account.Fingerprint(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && (l.Purpose != account.Reset || !l.Open(s.now())) {
		return nil, nil, errLinkOver
	}
	if err != nil {
		return nil, nil, err
	}
	who, err := s.db.Actor(ctx, l.Person)
	if err != nil {
		return nil, nil, err
	}
	by, err := s.db.Actor(ctx, l.By)
	if err != nil {
		return nil, nil, err
	}
	if !account.MayReset(by, who, l.Organisation) {
		return nil, nil, errLinkOver
	}
	return l, who, nil
}

func (s *Server) resetPage(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	l, who, err := s.resetting(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ResetPage(view.Reset{Token: v.PathValue("reset"), Mail: who.Person.Mail, Expires: l.Expires}))
}

// reset sets the password and ends all sessions. It signs nobody in: codes and
// passkeys stay as they are.
func (s *Server) reset(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	l, who, err := s.resetting(v)
	if err != nil {
		return err
	}
	ctx, p := v.Context(), who.Person
	password := v.PostFormValue("password")
	bad, err := account.CheckPassword(ctx, password, p.Mail, p.Name, s.opt.Breached)
	if err != nil {
		return err
	}
	if bad.Message != "" {
		return s.page(w, v, http.StatusUnprocessableEntity, view.ResetPage(view.Reset{
			Token: v.PathValue("reset"), Mail: p.Mail, Expires: l.Expires, Problems: account.Problems{{Field: "password", Reason: bad}},
		}))
	}
	hash, err := account.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	err = s.db.Change(ctx, p.ID, s.now(), func(tx *store.Tx) error {
		if err := tx.TakeLink(ctx, l); err != nil {
			return err
		}
		return tx.SetPassword(ctx, p.ID, hash, "")
	})
	if err != nil {
		return taken(err)
	}
	return s.see(w, v, "/sign-in", v.t("パスワードを変えました。新しいパスワードでサインインしてください。"))
}
