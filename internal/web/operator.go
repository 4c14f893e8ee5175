package web

import (
	"net/http"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

func (s *Server) operatorPage(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	on, at, by, err := s.db.Switch(ctx, store.StopEverything)
	if err != nil {
		return err
	}
	names, err := s.db.Names(ctx, []account.ID{by})
	if err != nil {
		return err
	}
	active, err := s.db.ActiveDiagnoses(ctx, 200)
	if err != nil {
		return err
	}
	var shops []account.ID
	for _, x := range active {
		shops = append(shops, x.Shop)
	}
	shopNames, err := s.db.ShopNames(ctx, shops)
	if err != nil {
		return err
	}
	form := view.Operator{Active: active, Shops: shopNames, Stopped: on, At: at, By: names[by], Postgres: s.db.Postgres()}
	if v.URL.Query().Has("verify") { // reads the whole log
		form.Verified = true
		lines, broken := s.db.VerifyAudit(ctx)
		if form.Lines, form.Broken = lines, broken != nil; broken != nil {
			s.log.ErrorContext(ctx, "the audit log is broken", "error", broken)
		}
	}
	return s.page(w, v, http.StatusOK, view.OperatorPage(form))
}

// stopEverything holds all diagnoses at once: no confirmation stands in the way.
func (s *Server) stopEverything(w http.ResponseWriter, v *visit) error {
	return s.turn(w, v, true, v.t("すべての診断を止めました。"))
}

func (s *Server) releaseEverything(w http.ResponseWriter, v *visit) error {
	return s.turn(w, v, false, v.t("停止を解除しました。"))
}

func (s *Server) turn(w http.ResponseWriter, v *visit, on bool, done string) error {
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.SetStop(ctx, on) }); err != nil {
		return err
	}
	return s.see(w, v, "/operator", done)
}
