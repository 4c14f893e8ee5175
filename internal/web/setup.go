package web

import (
	"crypto/subtle"
	"errors"
	"net/http"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) setupPage(w http.ResponseWriter, v *visit) error {
	if s.setUp.Load() {
		return errNoPage
	}
	return s.page(w, v, http.StatusOK, view.SetupPage(view.Setup{Kind: account.Shopkeeper}))
}

// setup makes the platform, its operator and, with it, the organisation that
// the operator works in.
func (s *Server) setup(w http.ResponseWriter, v *visit) error {
	if s.setUp.Load() {
		return errNoPage
	}
	ctx := v.Context()
	p := account.Person{ID: account.NewID(), Mail: v.value("mail"), Name: v.value("name"), Lang: v.Lang}
	o := account.Organisation{ID: account.NewID(), Kind: account.Kind(v.value("kind")), Name: v.value("organisation")}
	password := v.PostFormValue("password")
	problems := append(p.Tidy(), o.Tidy()...)
	if o.Kind == account.Platform {
		problems = append(problems, account.Problem{Field: "kind", Reason: account.Reason{Message: "組織の種類を選んでください。"}})
	}
	bad, err := account.CheckPassword(ctx, password, p.Mail, p.Name, s.opt.Breached)
	if err != nil {
		return err
	}
	if bad.Message != "" {
		problems = append(problems, account.Problem{Field: "password", Reason: bad})
	}
	if subtle.ConstantTimeCompare([]byte(v.value("token")), []byte(s.token)) != 1 {
		problems = append(problems, account.Problem{Field: "token", Reason: account.Reason{Message: "起動したときに画面に出た文字と違います。"}})
	}
	if len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.SetupPage(view.Setup{Person: p, Organisation: o.Name, Kind: o.Kind, Token: v.value("token"), Problems: problems}))
	}
	hash, err := account.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	platform := account.Organisation{ID: account.NewID(), Kind: account.Platform, Name: "Miseban"}
	session := s.begin(w, v, p.ID, account.In)
	err = s.db.Change(ctx, p.ID, s.now(), func(tx *store.Tx) error {
		tx.Record(account.Event{Verb: account.SetUp, Organisation: platform.ID})
		for _, step := range []func() error{
			func() error { return tx.First(ctx) },
			func() error { return tx.AddPerson(ctx, &p, hash) },
			func() error { return tx.AddOrganisation(ctx, &platform) },
			func() error { return tx.AddOrganisation(ctx, &o) },
			func() error {
				return tx.AddRoles(ctx, p.ID, platform.ID, platform.Kind, []account.Role{account.Operator})
			},
			func() error { return tx.AddRoles(ctx, p.ID, o.ID, o.Kind, account.RolesIn(o.Kind)) },
			func() error { return tx.SignIn(ctx, session, "") },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrConflict) {
		s.forget(w)
		s.setUp.Store(true)
		return errNoPage
	}
	if err != nil {
		s.forget(w)
		return err
	}
	s.setUp.Store(true)
	return s.see(w, v, "/account/codes", v.t("登録しました。続けて、確認コードかパスキーを設定してください。"))
}
