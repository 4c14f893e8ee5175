package web

import (
	"errors"
	"net/http"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) preparedPage(w http.ResponseWriter, v *visit) error {
	if _, prepare := imports(v.Organisation); !prepare {
		return errNoPage
	}
	q := v.URL.Query()
	f := view.Prepared{Organisation: *v.Organisation, Query: account.Line(q.Get("q"))}
	after := store.ParseCursor(q.Get("after"))
	list, next, err := s.db.PreparedShops(v.Context(), v.Organisation.ID, f.Query, after, rows)
	if err != nil {
		return err
	}
	f.List, f.First, f.Next = list, after == (store.Cursor{}), next.String()
	return s.page(w, v, http.StatusOK, view.PreparedPage(f))
}

// prepared is the prepared shop that the address names.
func (s *Server) prepared(v *visit) (*store.PreparedShop, error) {
	id := account.ID(v.PathValue("prepared"))
	if _, prepare := imports(v.Organisation); !prepare || !id.Valid() {
		return nil, errNoPage
	}
	return s.db.PreparedShop(v.Context(), v.Organisation.ID, id)
}

func (s *Server) preparedShopPage(w http.ResponseWriter, v *visit) error {
	p, err := s.prepared(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.PreparedShopPage(view.PreparedShop{Organisation: *v.Organisation, Prepared: *p}))
}

// handOver makes the link with which somebody who operates shops registers a
// prepared one. The link gives its maker nothing.
func (s *Server) handOver(w http.ResponseWriter, v *visit) error {
	p, err := s.prepared(v)
	if err != nil {
		return err
	}
	if p.Registered != "" {
		return store.ErrConflict
	}
	ctx, now := v.Context(), s.now()
	l := &account.Link{ID: account.NewID(), Purpose: account.Hand, Organisation: v.Organisation.ID, Object: p.ID, Mail: account.NormalMail(v.value("mail")), Expires: now.Add(account.HandLife)}
	if l.Mail == "" {
		f := view.PreparedShop{Organisation: *v.Organisation, Prepared: *p, Mail: v.value("mail"), Problems: account.Problems{{Field: "mail", Reason: account.Reason{Message: "メールアドレスを確かめてください。"}}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.PreparedShopPage(f))
	}
	token, print := account.NewToken()
	if err := s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error { return tx.AddLink(ctx, l, print) }); err != nil {
		return err
	}
	made := view.LinkMade{Back: view.Item{Name: p.Shop.Name, URL: "/organisations/" + string(v.Organisation.ID) + "/prepared/" + string(p.ID)}, Link: *l, URL: origin(s.opt.Public) + "/links/" + token}
	return s.page(w, v, http.StatusCreated, view.LinkMadePage(made))
}

func (s *Server) removePrepared(w http.ResponseWriter, v *visit) error {
	p, err := s.prepared(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.RemovePrepared(ctx, v.Organisation.ID, p.ID) }); err != nil {
		return err
	}
	return s.see(w, v, "/organisations/"+string(v.Organisation.ID)+"/prepared", v.t("準備したお店を削除しました。"))
}

// takePrepared registers a prepared shop with one's own organisation. Only who
// is signed in and decides or works for an organisation that operates shops can.
func (s *Server) takePrepared(w http.ResponseWriter, v *visit, l *account.Link, form *view.Link) error {
	if v.Actor == nil {
		return errSignIn
	}
	var org account.ID
	for i := range form.Own {
		if string(form.Own[i].ID) == v.value("own") {
			org = form.Own[i].ID
		}
	}
	if org == "" {
		form.Problems = account.Problems{{Field: "own", Reason: account.Reason{Message: "どの会社のお店として登録するかを選んでください。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.LinkPage(*form))
	}
	ctx := v.Context()
	p, err := s.db.PreparedShop(ctx, l.Organisation, l.Object)
	if err != nil {
		return errors.Join(errLinkOver, err)
	}
	var shop *account.Shop
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) (err error) {
		if err = tx.TakeLink(ctx, l); err != nil {
			return err
		}
		shop, err = tx.TakePrepared(ctx, p, org)
		return err
	})
	if err != nil {
		return taken(err)
	}
	return s.see(w, v, "/shops/"+string(shop.ID)+"/edit", v.t("お店を登録しました。内容を確かめて、違うところを直してください。"))
}
