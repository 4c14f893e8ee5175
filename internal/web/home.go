package web

import (
	"errors"
	"net/http"

	"miseban/internal/store"
	"miseban/internal/web/view"
)

// homePage shows what somebody came for: the shops, and what is still to be set up.
func (s *Server) homePage(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	shops, next, err := s.db.Shops(ctx, v.Actor, s.now(), store.ShopFilter{Newest: true, Limit: 6})
	if err != nil {
		return err
	}
	keys, err := s.db.Passkeys(ctx, v.by())
	if err != nil {
		return err
	}
	codes, err := s.db.Codes(ctx, v.by())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.page(w, v, http.StatusOK, view.HomePage(view.Home{
		Person: v.Actor.Person, Shops: shops, More: next != (store.Cursor{}), MayAdd: len(keepers(v.Actor)) > 0,
		Unsecured: len(keys) == 0 && (err != nil || !codes.On), Members: v.Actor.Members,
	}))
}
