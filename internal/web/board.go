package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// boardFilter reads the filter of the board from the address; day is the day as
// of which it is looked at.
func (s *Server) boardFilter(v *visit) (f store.CaseFilter, day time.Time) {
	q := v.URL.Query()
	f = store.CaseFilter{Query: account.Line(q.Get("q")), Late: q.Get("late") == "1", ByDue: q.Get("sort") == "due", After: store.ParseCursor(q.Get("after")), Limit: rows}
	if x := programme.Step(q.Get("step")); x.Valid() {
		f.Step = x
	}
	if x := programme.Party(q.Get("awaits")); x.Valid() {
		f.Awaits = x
	}
	if x := account.ID(q.Get("owner")); x.Valid() {
		f.Owner = x
	}
	day = programme.DayOf(s.now())
	if at, err := dayFrom(q.Get("at")); err == nil && at.Before(day) {
		day = at
		f.At = at.AddDate(0, 0, 1).Add(-time.Microsecond) // the end of that day
	}
	return f, day
}

// dayFrom reads a day as forms send it.
func dayFrom(text string) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	return programme.DayOf(at), err
}

func (s *Server) boardPage(w http.ResponseWriter, v *visit) error {
	return s.showBoard(w, v, http.StatusOK, nil)
}

// showBoard draws the board; stuck are cases that did not move, and why.
func (s *Server) showBoard(w http.ResponseWriter, v *visit, status int, stuck []view.Stuck) error {
	ctx := v.Context()
	f, day := s.boardFilter(v)
	p, err := s.db.CaseProgress(ctx, v.Programme.ID, day)
	if err != nil {
		return err
	}
	list, next, err := s.db.Board(ctx, v.Programme.ID, s.now(), f)
	if err != nil {
		return err
	}
	var owners []account.ID
	for i := range list {
		owners = append(owners, list[i].Owner)
	}
	people, err := s.db.CasePeople(ctx, v.Programme.Office, owners)
	if err != nil {
		return err
	}
	return s.page(w, v, status, view.BoardPage(view.Board{
		ProgrammeHead: s.programmeHead(v), Progress: p, List: list, People: people, Next: next.String(), Filter: f, Day: day, Now: s.now(), Stuck: stuck,
		MayAct: v.has(caseDesk...) && f.At.IsZero(), Roles: v.Roles, Self: v.URL.RequestURI(),
	}))
}

// boardAct does the same to many cases: those that are marked. What one of them
// cannot do stops that one alone, and is shown.
func (s *Server) boardAct(w http.ResponseWriter, v *visit) error {
	ids := caseIDs(v.PostForm["case"])
	back := programmeURL(v, "/board")
	if q := v.URL.RawQuery; q != "" {
		back += "?" + q
	}
	if len(ids) == 0 {
		return s.see(w, v, back, v.t("案件が選ばれていません。表の左の印を付けてから、実行してください。"))
	}
	if len(ids) > 4*rows {
		return errForm
	}
	if v.value("do") == "mail" {
		return s.see(w, v, mailTo(v, ids), "")
	}
	ctx := v.Context()
	list, err := s.db.CasesOf(ctx, v.Programme.ID, ids)
	if err != nil {
		return err
	}
	cases := make([]programme.Case, len(list))
	for i := range list {
		cases[i] = list[i].Case
	}
	known, err := s.db.CasesKnown(ctx, cases, s.now())
	if err != nil {
		return err
	}
	act, err := s.bulkAct(v)
	if err != nil {
		return err
	}
	var stuck []view.Stuck
	done := 0
	err = s.change(v, func(tx *store.Tx) error {
		stuck, done = nil, 0
		in := tx.Cases(v.Programme.ID, v.Programme.Office)
		for i := range cases {
			c := &cases[i]
			err := act(in, c, &known[c.ID].Facts)
			if why, ok := s.stuckBy(v, err); ok {
				stuck = append(stuck, view.Stuck{Case: *c, Why: why})
				continue
			}
			if err != nil {
				return err
			}
			done++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(stuck) > 0 {
		return s.showBoard(w, v, http.StatusConflict, stuck)
	}
	return s.see(w, v, back, v.t("{n} 件を更新しました。", "n", strconv.Itoa(done)))
}

// bulkAct is what the form asks to be done to each case.
func (s *Server) bulkAct(v *visit) (func(in *store.Cases, c *programme.Case, known *programme.Facts) error, error) {
	ctx, reason := v.Context(), account.Paragraph(v.value("reason"))
	switch do := v.value("do"); do {
	case "await":
		p := programme.Party(v.value("awaits"))
		return func(in *store.Cases, c *programme.Case, _ *programme.Facts) error {
			_, err := in.Await(ctx, c.ID, c.Step, p)
			return err
		}, nil
	case "plan":
		day, err := dayFrom(v.value("day"))
		if err != nil {
			return nil, errForm
		}
		return func(in *store.Cases, c *programme.Case, _ *programme.Facts) error {
			_, err := in.Replan(ctx, c.ID, c.Step, map[programme.Step]time.Time{c.Step: day}, reason)
			return err
		}, nil
	case "owner":
		to, err := s.officePerson(v, account.ID(v.value("owner")))
		if err != nil {
			return nil, err
		}
		return func(in *store.Cases, c *programme.Case, _ *programme.Facts) error {
			_, err := in.HandOver(ctx, c.ID, c.Step, to, reason)
			return err
		}, nil
	case "next":
		return func(in *store.Cases, c *programme.Case, known *programme.Facts) error {
			for _, m := range programme.MovesOf(v.Roles, c.Step) {
				if !m.Back && (m.Ending == programme.EndingNone || m.Ending == programme.EndingComplete) {
					_, err := in.Move(ctx, c.ID, c.Step, programme.Wish{Key: m.Key(), Roles: v.Roles, Facts: known, Reason: reason})
					return err
				}
			}
			return programme.ErrForbidden
		}, nil
	}
	return nil, errForm
}

// officePerson says that somebody of the office may look after cases; "" is nobody.
func (s *Server) officePerson(v *visit, id account.ID) (account.ID, error) {
	if id == "" {
		return "", nil
	}
	people, err := s.db.CasePeople(v.Context(), v.Programme.Office, nil)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(people, func(p store.CasePerson) bool { return p.ID == id && p.Office }) {
		return "", errForm
	}
	return id, nil
}

// stuckBy puts into words why a case did not move; ok is false for what is no
// matter of the workflow.
func (s *Server) stuckBy(v *visit, err error) (why []string, ok bool) {
	var open *programme.OpenError
	switch {
	case errors.As(err, &open):
		for _, c := range open.Open {
			why = append(why, c.Says.In(v.Lang))
		}
		return why, true
	case errors.Is(err, programme.ErrForbidden):
		return []string{v.t("この段階では、この操作はできません。")}, true
	case errors.Is(err, programme.ErrReason):
		return []string{v.t("理由を入力してください。")}, true
	case errors.Is(err, store.ErrConflict):
		return []string{v.t("ほかの人が先に変更しました。いまの状態を確かめてください。")}, true
	}
	return nil, false
}

// boardPlanPage sets what was planned against what was done, step by step and
// over time.
func (s *Server) boardPlanPage(w http.ResponseWriter, v *visit) error {
	curve, err := s.db.CaseCurve(v.Context(), v.Programme.ID)
	if err != nil {
		return err
	}
	_, day := s.boardFilter(v)
	return s.page(w, v, http.StatusOK, view.BoardPlanPage(view.BoardPlan{ProgrammeHead: s.programmeHead(v), Curve: curve, Day: day, Today: workflow.Day(s.now())}))
}
