package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/paper"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// panel reads the committee that the address names.
func (s *Server) panel(v *visit) (*paper.Panel, error) {
	id := account.ID(v.PathValue("committee"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Panel(v.Context(), v.Programme.ID, id)
}

func panelURL(v *visit, x *paper.Panel) string { return programmeURL(v, "/committee/"+string(x.ID)) }

func (s *Server) committeesPage(w http.ResponseWriter, v *visit) error {
	return s.committeesForm(w, v, http.StatusOK, paper.Panel{}, nil)
}

func (s *Server) committeesForm(w http.ResponseWriter, v *visit, status int, typed paper.Panel, p account.Problems) error {
	list, err := s.db.Panels(v.Context(), v.Programme.ID)
	if err != nil {
		return err
	}
	return s.page(w, v, status, view.CommitteesPage(view.Committees{ProgrammeHead: s.programmeHead(v), URL: programmeURL(v, "/committee"), List: list, New: typed, Problems: p, MayEdit: v.has(clerks...)}))
}

func (s *Server) addCommittee(w http.ResponseWriter, v *visit) error {
	x := paper.Panel{Programme: v.Programme.ID, Name: v.value("name"), Purpose: v.PostFormValue("purpose")}
	if p := x.Tidy(); len(p) > 0 {
		return s.committeesForm(w, v, http.StatusUnprocessableEntity, x, p)
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddPanel(v.Context(), v.Programme.Office, &x) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, &x), v.t("委員会を登録しました。委員と会合を登録してください。"))
}

func (s *Server) committeePage(w http.ResponseWriter, v *visit) error {
	return s.committeeForm(w, v, http.StatusOK, view.Committee{})
}

// committeeForm draws the page of a committee; f holds what was typed and not accepted.
func (s *Server) committeeForm(w http.ResponseWriter, v *visit, status int, f view.Committee) error {
	ctx := v.Context()
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	f.ProgrammeHead, f.Panel, f.URL, f.List, f.MayEdit, f.Today = s.programmeHead(v), *x, panelURL(v, x), programmeURL(v, "/committee"), v.has(clerks...), view.Day(s.now())
	f.Meetings = x.Meetings
	if f.Seats, err = s.db.Seats(ctx, x.ID); err != nil {
		return err
	}
	if f.Papers, f.Actions, err = s.db.Work(ctx, v.Actor, x.ID); err != nil {
		return err
	}
	return s.page(w, v, status, view.CommitteePage(f))
}

// wrong is one problem of one field.
func wrong(field string, r account.Reason) account.Problems {
	return account.Problems{{Field: field, Reason: r}}
}

func (s *Server) giveSeat(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	seat := paper.Seat(v.value("seat"))
	if !seat.Valid() {
		return errForm
	}
	p, _, err := s.db.PersonByMail(v.Context(), account.NormalMail(v.value("mail")))
	if errors.Is(err, store.ErrNotFound) {
		return s.committeeForm(w, v, http.StatusUnprocessableEntity, view.Committee{Mail: v.value("mail"), Seat: seat, Problems: wrong("mail", account.Reason{Message: "このメールアドレスの人は登録されていません。先に組織のページから招待してください。"})})
	}
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.Seat(v.Context(), v.Programme.Office, x, p.ID, seat) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"#seats", v.t("登録しました。"))
}

func (s *Server) takeSeat(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	id := account.ID(v.PathValue("person"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.Unseat(v.Context(), v.Programme.Office, x, id) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"#seats", v.t("外しました。委員限りの資料は、もう読めません。"))
}

func (s *Server) addMeeting(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	m := &paper.Meeting{Panel: x.ID, Day: v.value("day")}
	if _, err := time.Parse(time.DateOnly, m.Day); err != nil {
		return s.committeeForm(w, v, http.StatusUnprocessableEntity, view.Committee{Day: m.Day, Problems: wrong("day", account.Reason{Message: "日付を確かめてください。"})})
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddMeeting(v.Context(), v.Programme.Office, m) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"#meetings", v.t("会合を登録しました。"))
}

// meeting is the meeting of a committee that a form names; "" is none.
func (s *Server) meeting(v *visit, x *paper.Panel) (account.ID, error) {
	return s.meetingIn(x, v.value("meeting"))
}

func (s *Server) meetingIn(x *paper.Panel, value string) (account.ID, error) {
	id := account.ID(value)
	if id == "" {
		return "", nil
	}
	if !slices.ContainsFunc(x.Meetings, func(m paper.Meeting) bool { return m.ID == id }) {
		return "", errForm
	}
	return id, nil
}

func (s *Server) addAction(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	a := paper.Action{Panel: x.ID, Class: paper.Class(v.value("class")), Text: v.PostFormValue("text"), Who: v.value("who"), Due: v.value("due")}
	if a.Meeting, err = s.meeting(v, x); err != nil {
		return err
	}
	if p := a.Tidy(); len(p) > 0 {
		return s.committeeForm(w, v, http.StatusUnprocessableEntity, view.Committee{Action: a, Problems: p})
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddAction(v.Context(), v.Programme.Office, &a) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"#actions", v.t("宿題を登録しました。"))
}

func (s *Server) settleAction(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	id := account.ID(v.PathValue("action"))
	if !id.Valid() {
		return errNoPage
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.SettleAction(v.Context(), v.Programme.Office, x.ID, id, v.value("done") == "yes")
	}); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"#actions", v.t("保存しました。"))
}

func (s *Server) addPaper(w http.ResponseWriter, v *visit) error {
	x, err := s.panel(v)
	if err != nil {
		return err
	}
	d := &paper.Paper{Panel: x.ID, Kind: paper.Kind(v.value("kind")), Number: v.value("number"), Class: paper.Class(v.value("class")), Title: v.value("title")}
	if d.Meeting, err = s.meeting(v, x); err != nil {
		return err
	}
	if p := d.Tidy(); len(p) > 0 {
		return s.committeeForm(w, v, http.StatusUnprocessableEntity, view.Committee{Paper: *d, Problems: p})
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddPaper(v.Context(), v.Programme.Office, d) }); err != nil {
		return err
	}
	return s.see(w, v, panelURL(v, x)+"/papers/"+string(d.ID), v.t("資料の下書きを作りました。配布するまで、事務局の人だけに見えます。"))
}

// people are the persons whose addresses were typed, one a line. The last is
// what was typed and is nobody's.
func (s *Server) people(v *visit, typed string) (ids []account.ID, unknown string, err error) {
	for line := range strings.FieldsFuncSeq(typed, func(r rune) bool { return strings.ContainsRune("\r\n,、 　", r) }) {
		p, _, err := s.db.PersonByMail(v.Context(), account.NormalMail(line))
		if errors.Is(err, store.ErrNotFound) {
			return ids, line, nil
		}
		if err != nil {
			return nil, "", err
		}
		if len(ids) < 50 {
			ids = append(ids, p.ID)
		}
	}
	return ids, "", nil
}
