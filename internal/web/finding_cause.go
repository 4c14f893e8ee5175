package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// causesPage lists, over all shops for which the visitor mends things, what is
// open, the same fault together: it is mended once.
func (s *Server) causesPage(w http.ResponseWriter, v *visit) error {
	list, next, err := s.db.Causes(v.Context(), v.Actor, s.now(), store.ParseCursor(v.URL.Query().Get("after")), rows)
	if err != nil {
		return err
	}
	form := view.Causes{First: v.URL.Query().Get("after") == "", Next: next.String()}
	for i := range list {
		c := &list[i]
		form.List = append(form.List, view.Cause{Cause: *c, Title: titleOf(c.Example.Seen.Check, v.Lang), Place: placeOf(&c.Example.Seen, v.Lang), Late: c.Due != "" && c.Due < workflow.Day(s.now())})
	}
	return s.page(w, v, http.StatusOK, view.CausesPage(form))
}

// retestCause says of one fault in all shops that it is mended, and looks after
// each of them.
func (s *Server) retestCause(w http.ResponseWriter, v *visit) error {
	list, err := s.db.FindingsOfCause(v.Context(), v.Actor, s.now(), v.value("cause"), rows)
	if err != nil {
		return err
	}
	begun, looked := 0, map[string]bool{}
	for i := range list {
		f := &list[i]
		shop, roles, _, err := s.db.ShopFor(v.Context(), v.Actor, f.Shop, s.now())
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(roles, func(r account.Role) bool { return slices.Contains(menders, r) }) || f.State != workflow.Ready && !workflow.May(roles, f.State, workflow.Ready) {
			continue
		}
		if key := string(f.Shop) + f.Seen.Check; looked[key] { // the retest of its check is on its way
			if f, err = s.db.Finding(v.Context(), f.Shop, f.ID); err != nil {
				return err
			}
		} else {
			looked[key] = true
		}
		if _, err := s.retest(v, shop, f); errors.Is(err, store.ErrConflict) {
			continue
		} else if err != nil {
			return err
		}
		begun++
	}
	return s.see(w, v, "/findings", v.t("{n} 件を「対応済・再診断待ち」にしました。再診断の結果は、それぞれのお店の検出事項に出ます。", "n", strconv.Itoa(begun)))
}
