package web

import (
	"errors"
	"net/http"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) confirmForm(v *visit, to string) (view.Confirm, error) {
	keys, err := s.db.Passkeys(v.Context(), v.by())
	return view.Confirm{To: to, Passkeys: s.passkeys != nil && len(keys) > 0}, err
}

func (s *Server) confirmPage(w http.ResponseWriter, v *visit) error {
	form, err := s.confirmForm(v, v.URL.Query().Get("to"))
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ConfirmPage(form))
}

// confirm renews the proof of who is signed in by the password.
func (s *Server) confirm(w http.ResponseWriter, v *visit) error {
	ctx, me := v.Context(), v.Actor.Person
	form, err := s.confirmForm(v, v.value("to"))
	if err != nil {
		return err
	}
	wrong := account.Reason{Message: "パスワードが違います。"}
	ok, wait, err := s.ownPassword(v, me, v.PostFormValue("password"))
	if err != nil {
		return err
	}
	if wait.Message != "" {
		wrong = wait
	}
	if !ok {
		form.Problems = account.Problems{{Field: "password", Reason: wrong}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.ConfirmPage(form))
	}
	if err := s.db.Forgive(ctx, place(me.Mail, v.Network)); err != nil {
		return err
	}
	if err := s.confirmed(v); err != nil {
		return err
	}
	return s.see(w, v, local(form.To), "")
}

// ownPassword says whether a signed-in person typed the own password; wait
// says that there were too many mistakes.
func (s *Server) ownPassword(v *visit, me account.Person, password string) (ok bool, wait account.Reason, err error) {
	ctx := v.Context()
	at := place(me.Mail, v.Network)
	if wait, err = s.throttled(v, at); err != nil || wait.Message != "" {
		return false, wait, err
	}
	hash, err := s.db.PasswordOf(ctx, me.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return false, wait, err
	}
	if ok, err = account.SamePassword(ctx, password, hash); err == nil && !ok {
		err = s.db.Fail(ctx, at, s.now())
	}
	return ok, wait, err
}

// confirmed notes that the person proved who he is.
func (s *Server) confirmed(v *visit) error {
	v.Session.Confirmed = s.now()
	return s.db.KeepSession(v.Context(), v.Session)
}
