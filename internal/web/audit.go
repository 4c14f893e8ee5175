package web

import (
	"context"
	"net/http"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// auditPage shows the log of one's organisations and of oneself; operators see all.
func (s *Server) auditPage(w http.ResponseWriter, v *visit) error {
	f := store.Audited{Person: v.by()}
	for _, m := range v.Actor.Members {
		f.Organisations = append(f.Organisations, m.Organisation.ID)
	}
	if v.has(account.Operator) {
		f = store.Audited{}
	}
	log, err := s.auditLog(v, f)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.AuditPage(*log))
}

func (s *Server) shopAuditPage(w http.ResponseWriter, v *visit) error {
	log, err := s.auditLog(v, store.Audited{Shop: v.Shop.ID})
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ShopAuditPage(s.tabsOf(v), *log))
}

// auditLog reads a page of the log and the names of whom it speaks of.
func (s *Server) auditLog(v *visit, f store.Audited) (*view.AuditLog, error) {
	ctx := v.Context()
	f.Before, _ = strconv.ParseInt(v.URL.Query().Get("after"), 10, 64) // no number: the newest
	f.Limit = rows + 1
	events, err := s.db.Audit(ctx, f)
	if err != nil {
		return nil, err
	}
	log := &view.AuditLog{First: f.Before <= 0, Events: events}
	if len(events) > rows {
		log.Events = events[:rows]
		log.Next = strconv.FormatInt(events[rows-1].Seq, 10)
	}
	var people, organisations, shops []account.ID
	for _, e := range log.Events {
		people = append(people, e.By, e.Person)
		organisations = append(organisations, e.Organisation)
		shops = append(shops, e.Shop)
	}
	for _, x := range []struct {
		into *map[account.ID]string
		read func(context.Context, []account.ID) (map[account.ID]string, error)
		ids  []account.ID
	}{{&log.People, s.db.Names, people}, {&log.Organisations, s.db.OrganisationNames, organisations}, {&log.Shops, s.db.ShopNames, shops}} {
		if *x.into, err = x.read(ctx, x.ids); err != nil {
			return nil, err
		}
	}
	return log, nil
}
