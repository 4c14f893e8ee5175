package web

import (
	"net/http"
	"slices"

	"miseban/internal/account"
	"miseban/internal/selection"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// reservesForm is what the page of the waiting list shows.
func (s *Server) reservesForm(v *visit) (*view.Reserves, error) {
	ctx := v.Context()
	f := &view.Reserves{ProgrammeHead: s.programmeHead(v), MayAsk: v.has(clerks...), Fit: -1}
	list, err := s.db.Proposals(ctx, v.Programme.ID, 100)
	if err != nil {
		return nil, err
	}
	for i := range list {
		switch x := &list[i]; {
		case x.State == selection.Pending:
			f.Open = x
		case x.State == selection.Approved && x.Kind == selection.WholeChoice:
			f.Approved = x
		}
	}
	if f.Approved == nil {
		return f, nil
	}
	r, err := s.record(v, f.Approved.Selection)
	if err != nil {
		return nil, err
	}
	places, err := s.db.SelectionPlaces(ctx, v.Programme.ID)
	if err != nil {
		return nil, err
	}
	by := map[string]*store.Place{}
	for i := range places {
		x := &places[i]
		id := selection.Pseudonym(r.Call.Seed, x.Receipt)
		by[id] = x
		if x.Holds() {
			f.Taken++
		}
	}
	f.Places = len(r.Outcome.Chosen)
	for _, id := range r.Outcome.Chosen {
		if x := by[id]; x != nil && !x.Holds() {
			f.Left = append(f.Left, *x)
		}
	}
	now, ups := r.MoveUps(func(id string) bool { return by[id] != nil && by[id].Holds() }, func(id string) bool { return by[id] != nil && by[id].Waits() })
	f.Approval, f.Now, f.Fit = r.Outcome.Deviation, now, selection.Fitting(ups)
	for _, m := range ups[:min(len(ups), 100)] {
		f.List = append(f.List, view.Candidate{Place: *by[m.ID], MoveUp: m})
	}
	return f, nil
}

func (s *Server) reservesPage(w http.ResponseWriter, v *visit) error {
	f, err := s.reservesForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ReservesPage(*f))
}

// proposeMoveUp asks another organisation to let one who waits take a free
// place: the first that fits, or another one with a reason.
func (s *Server) proposeMoveUp(w http.ResponseWriter, v *visit) error {
	f, err := s.reservesForm(v)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(f.List, func(x view.Candidate) bool { return string(x.Application) == v.value("application") })
	if f.Approved == nil || at < 0 {
		return errForm
	}
	note, err := noteOf(v, "note")
	if err != nil {
		return err
	}
	if at != f.Fit && note == "" {
		f.Problems = account.Problems{{Field: "note", Reason: account.Reason{Message: "順位の先のサイトではなく、このサイトを繰り上げる理由を入力してください。"}}}
		f.Picked = f.List[at].Application
		return s.page(w, v, http.StatusUnprocessableEntity, view.ReservesPage(*f))
	}
	x := &selection.Proposal{Selection: f.Approved.Selection, Application: f.List[at].Application, Receipt: f.List[at].Receipt, Was: f.Now.Deviation, Is: f.List[at].Deviation, Note: note}
	if err := s.change(v, func(tx *store.Tx) error { return tx.ProposeMoveUp(v.Context(), v.Programme, x) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/selection"), v.t("繰り上げの承認を依頼しました。"))
}
