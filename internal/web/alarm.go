package web

import (
	"errors"
	"net/http"
	"slices"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// call reads the alarm that a contact's link is for; the link of who is no
// contact of the shop any more is over. The page shows what to do
// and nothing of what was found: who has the link may not be who was written to.
func (s *Server) call(v *visit) (*store.Alarm, *store.AlarmCall, *view.Call, error) {
	token := v.PathValue("call")
	if len(token) > 200 {
		return nil, nil, nil, errNoPage
	}
	ctx := v.Context()
	a, c, err := s.db.AlarmOfCall(ctx, account.Fingerprint(token), s.now())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil, errLinkOver
	}
	if err != nil {
		return nil, nil, nil, err
	}
	shop, err := s.db.Shop(ctx, a.Shop)
	if err != nil {
		return nil, nil, nil, err
	}
	if !slices.ContainsFunc(shop.Contacts, func(x account.Contact) bool { return c.Address != "" && x.Mail == c.Address }) {
		return nil, nil, nil, errLinkOver
	}
	return a, c, &view.Call{Token: token, Shop: shop.Name, Danger: a.Danger, Raised: a.Raised, Confirmed: a.Confirmed}, nil
}

func (s *Server) callPage(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	_, _, form, err := s.call(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CallPage(*form))
}

// answerCall is the button of the contact. It confirms, whoever is signed in, in
// the name of the contact whose link it is.
func (s *Server) answerCall(w http.ResponseWriter, v *visit) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	a, c, form, err := s.call(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	err = s.db.Change(ctx, "", s.now(), func(tx *store.Tx) error { return tx.ConfirmAlarm(ctx, a, c) })
	if err != nil && !errors.Is(err, store.ErrConflict) { // a colleague was faster: it is confirmed
		return err
	}
	if a, err = s.db.AlarmByID(ctx, a.ID); err != nil {
		return err
	}
	form.Confirmed = a.Confirmed
	return s.page(w, v, http.StatusOK, view.CallPage(*form))
}

// alarm reads the alarm that the address names, as the shop's own.
func (s *Server) alarm(v *visit) (*store.Alarm, error) {
	id := account.ID(v.PathValue("alarm"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Alarm(v.Context(), v.Shop.ID, id)
}

func (s *Server) alarmPage(w http.ResponseWriter, v *visit) error {
	a, err := s.alarm(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	calls, err := s.db.Calls(ctx, a.ID)
	if err != nil {
		return err
	}
	form := view.Alarm{ShopHead: s.tabsOf(v), Alarm: *a, Calls: calls, Contacts: v.Shop.Contacts}
	if v.has(account.Executive, account.Practitioner) { // the operator telephones, and need not know more
		form.Diagnosis = "/shops/" + string(v.Shop.ID) + "/diagnoses/" + string(a.Diagnosis)
		for _, p := range a.Seen {
			form.Places = append(form.Places, view.Place{Title: titleOf(p.Check, v.Lang), Where: p.Where})
		}
	}
	names, err := s.db.Names(ctx, []account.ID{account.ID(a.ConfirmedBy)})
	if err != nil {
		return err
	}
	form.By = names[account.ID(a.ConfirmedBy)]
	return s.page(w, v, http.StatusOK, view.AlarmPage(form))
}

func (s *Server) confirmAlarm(w http.ResponseWriter, v *visit) error {
	a, err := s.alarm(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.ConfirmAlarm(ctx, a, nil) })
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	return s.see(w, v, "/shops/"+string(v.Shop.ID)+"/alarms/"+string(a.ID), v.t("確認しました。"))
}
