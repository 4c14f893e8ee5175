package web

import (
	"errors"
	"net/http"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) tokensPage(w http.ResponseWriter, v *visit) error {
	list, err := s.db.APITokens(v.Context(), v.by())
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.TokensPage(view.Tokens{Tabs: s.selfTabs(v), List: list, Now: s.now()}))
}

func (s *Server) newTokenPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.TokenFormPage(view.TokenForm{Days: 90}))
}

// newToken makes a token and shows its secret this once. Who may let a shop be
// diagnosed says so here, having proved who he is; the token makes no such
// statement of its own.
func (s *Server) newToken(w http.ResponseWriter, v *visit) error {
	now := s.now()
	k := &account.APIToken{ID: account.NewID(), Person: v.by(), Name: v.value("name")}
	for _, x := range v.PostForm["scope"] {
		k.Scopes = append(k.Scopes, account.Scope(x))
	}
	days, _ := strconv.Atoi(v.value("days")) // no number: none of the list
	form := view.TokenForm{Days: days, Authority: v.value("authority") == "yes", Problems: k.Tidy(days, v.value("authority") == "yes", now)}
	form.Token = *k
	if len(form.Problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.TokenFormPage(form))
	}
	secret, print := account.NewAPIToken()
	ctx := v.Context()
	err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error { return tx.AddAPIToken(ctx, k, print) })
	if errors.Is(err, store.ErrTooManyTokens) {
		form.Problems = account.Problems{{Field: "name", Reason: account.Reason{Message: "トークンは {n} 個までです。使っていないものを取り消してください。", Args: map[string]string{"n": strconv.Itoa(account.MostTokens)}}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.TokenFormPage(form))
	}
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusCreated, view.TokenMadePage(view.TokenMade{Token: *k, Secret: secret, API: origin(s.opt.Public) + apiRoot}))
}

func (s *Server) revokeToken(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RevokeAPIToken(ctx, v.by(), account.ID(v.PathValue("id"))) }); err != nil {
		return err
	}
	return s.see(w, v, "/account/tokens", v.t("トークンを取り消しました。"))
}
