package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) signInPage(w http.ResponseWriter, v *visit) error {
	if v.Actor != nil {
		return s.see(w, v, local(v.URL.Query().Get("to")), "")
	}
	return s.page(w, v, http.StatusOK, view.SignInPage(view.SignIn{To: v.URL.Query().Get("to"), Passkeys: s.passkeys != nil, Staff: s.opt.Staff.title()}))
}

// place is what failures are counted by: an account as seen from a network.
// Who knows a mail address cannot keep its owner out.
func place(account, network string) string { return account + " " + network }

// throttled says how long the next try has to wait.
func (s *Server) throttled(v *visit, place string) (account.Reason, error) {
	a, err := s.db.Attempts(v.Context(), place)
	if err != nil {
		return account.Reason{}, err
	}
	wait := a.Wait(s.now())
	if wait == 0 {
		return account.Reason{}, nil
	}
	return account.Reason{Message: "間違いが続いたため、お使いの場所からは少しの間サインインできません。{n} 秒ほど待ってから、やり直してください。", Args: seconds(wait)}, nil
}

func seconds(wait time.Duration) map[string]string {
	return map[string]string{"n": fmt.Sprint(int((wait + time.Second - 1) / time.Second))}
}

// everywhere is what wrong codes of a person are counted by beside the place:
// the password is known there, and a million codes are soon tried from many networks.
func everywhere(person account.ID) string { return "codes " + string(person) }

// throttledCode is throttled for the second step. Recovery codes cannot be
// guessed, so they stay a way in while somebody else tries codes.
func (s *Server) throttledCode(v *visit, at string, person account.ID, code string) (account.Reason, error) {
	wait, err := s.throttled(v, at)
	if err != nil || wait.Message != "" || len(code) > 10 {
		return wait, err
	}
	a, err := s.db.Attempts(v.Context(), everywhere(person))
	if err != nil {
		return wait, err
	}
	if d := a.WaitCode(s.now()); d > 0 {
		wait = account.Reason{Message: "確認コードの間違いが続いたため、少しの間受け付けません。{n} 秒ほど待つか、予備コードかパスキーでサインインしてください。心当たりがないときは、パスワードを変えてください。", Args: seconds(d)}
	}
	return wait, nil
}

// signIn takes a mail address and a password. All failures say the same and
// take as long, so that nobody learns who has an account.
func (s *Server) signIn(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	form := view.SignIn{Mail: v.value("mail"), To: v.value("to"), Passkeys: s.passkeys != nil, Staff: s.opt.Staff.title()}
	mail := account.NormalMail(form.Mail)
	at := place(mail, v.Network)
	wait, err := s.throttled(v, at)
	if err != nil {
		return err
	}
	if wait.Message != "" {
		form.Problems = account.Problems{{Reason: wait}}
		return s.page(w, v, http.StatusTooManyRequests, view.SignInPage(form))
	}
	p, hash, err := s.db.PersonByMail(ctx, mail)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	same, err := account.SamePassword(ctx, v.PostFormValue("password"), hash)
	if err != nil {
		return err
	}
	if !same {
		if err := s.db.Fail(ctx, at, s.now()); err != nil {
			return err
		}
		form.Problems = account.Problems{{Field: "mail", Reason: account.Reason{Message: "メールアドレスかパスワードが違います。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.SignInPage(form))
	}
	if asked, err := s.askCode(w, v, p.ID, form.To); asked || err != nil {
		return err
	}
	if err := s.db.Forgive(ctx, at); err != nil {
		return err
	}
	return s.welcome(w, v, p.ID, form.To)
}

// askCode asks somebody for a one-time code who has them on; asked is false
// for everybody else.
func (s *Server) askCode(w http.ResponseWriter, v *visit, person account.ID, to string) (asked bool, err error) {
	ctx := v.Context()
	codes, err := s.db.Codes(ctx, person)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !codes.On {
		return false, err
	}
	if err := s.db.SaveSession(ctx, s.begin(w, v, person, account.Code)); err != nil {
		return false, err
	}
	return true, s.see(w, v, "/sign-in/code?to="+url.QueryEscape(to), "")
}

// welcome signs a person in who proved who he is.
func (s *Server) welcome(w http.ResponseWriter, v *visit, person account.ID, to string) error {
	if err := s.enter(w, v, person); err != nil {
		return err
	}
	return s.see(w, v, local(to), "")
}

// enter gives the browser a new session; the one that led there ends.
func (s *Server) enter(w http.ResponseWriter, v *visit, person account.ID) error {
	before := ""
	if v.Session != nil {
		before = v.Session.Fingerprint
	}
	session := s.begin(w, v, person, account.In)
	ctx := v.Context()
	return s.db.Change(ctx, person, s.now(), func(tx *store.Tx) error { return tx.SignIn(ctx, session, before) })
}

// halfway is the session of a person whose password was right.
func halfway(v *visit) bool { return v.Session != nil && v.Session.Stage == account.Code }

func (s *Server) codePage(w http.ResponseWriter, v *visit) error {
	if !halfway(v) {
		return s.see(w, v, "/sign-in", "")
	}
	return s.page(w, v, http.StatusOK, view.CodePage(view.CodeForm{To: v.URL.Query().Get("to")}))
}

// signInCode takes a one-time code or a recovery code.
func (s *Server) signInCode(w http.ResponseWriter, v *visit) error {
	if !halfway(v) {
		return s.see(w, v, "/sign-in", "")
	}
	ctx, person := v.Context(), v.Session.Person
	form := view.CodeForm{To: v.value("to")}
	at := place("code "+string(person), v.Network)
	wait, err := s.throttledCode(v, at, person, v.value("code"))
	if err != nil {
		return err
	}
	if wait.Message != "" {
		form.Problems = account.Problems{{Reason: wait}}
		return s.page(w, v, http.StatusTooManyRequests, view.CodePage(form))
	}
	ok, err := s.rightCode(v, person, v.value("code"))
	if err != nil {
		return err
	}
	if !ok {
		if err := errors.Join(s.db.Fail(ctx, at, s.now()), s.db.Fail(ctx, everywhere(person), s.now())); err != nil {
			return err
		}
		form.Problems = account.Problems{{Field: "code", Reason: account.Reason{Message: "コードが違うか、すでに使われています。新しいコードを入力してください。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.CodePage(form))
	}
	p, err := s.db.Person(ctx, person)
	if err != nil {
		return err
	}
	if err := errors.Join(s.db.Forgive(ctx, at), s.db.Forgive(ctx, everywhere(person)), s.db.Forgive(ctx, place(p.Mail, v.Network))); err != nil {
		return err
	}
	return s.welcome(w, v, person, form.To)
}

// rightCode says whether a code of the app, or a recovery code, is right, and uses it up.
func (s *Server) rightCode(v *visit, person account.ID, code string) (bool, error) {
	ctx := v.Context()
	codes, err := s.db.Codes(ctx, person)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if step, ok := account.CheckCode(codes.Secret, code, codes.Used, s.now()); ok {
		err = s.db.UseCode(ctx, person, step)
	} else {
		err = s.db.Change(ctx, person, s.now(), func(tx *store.Tx) error { return tx.UseRecovery(ctx, person, account.RecoveryFingerprint(code)) })
	}
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (s *Server) signOut(w http.ResponseWriter, v *visit) error {
	s.forget(w)
	if v.Session != nil {
		ctx := v.Context()
		err := s.db.Change(ctx, v.Session.Person, s.now(), func(tx *store.Tx) error { return tx.DropSession(ctx, v.Session.Person, v.Session.Fingerprint) })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return s.see(w, v, "/sign-in", v.t("サインアウトしました。"))
}
