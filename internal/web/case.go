package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// timelineRows is how much of a case's history its page shows.
const timelineRows = 300

// caseOf reads the case that the address names.
func (s *Server) caseOf(v *visit) (*store.ACase, error) {
	id := account.ID(v.PathValue("case"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Case(v.Context(), v.Programme.ID, id)
}

// caseURL is the address of a part of a case.
func caseURL(v *visit, part string) string {
	return programmeURL(v, "/cases/"+v.PathValue("case")+part)
}

func (s *Server) casePage(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	return s.showCase(w, v, http.StatusOK, c, view.Case{})
}

// caseFile is what is known of a case.
type caseFile struct {
	events []programme.Event
	notes  []store.CaseNote
	known  *store.CaseKnown
	people []store.CasePerson // whom the others name, and the office's
}

// fileOf reads what is known of a case.
func (s *Server) fileOf(v *visit, c *store.ACase) (*caseFile, error) {
	ctx, x := v.Context(), &caseFile{}
	var err error
	if x.events, err = s.db.CaseEvents(ctx, v.Programme.ID, c.ID); err != nil {
		return nil, err
	}
	if x.notes, err = s.db.CaseNotes(ctx, v.Programme.ID, c.ID, timelineRows); err != nil {
		return nil, err
	}
	known, err := s.db.CasesKnown(ctx, []programme.Case{c.Case}, s.now())
	if err != nil {
		return nil, err
	}
	x.known = known[c.ID]
	ids := []account.ID{c.Owner}
	for i := range x.events {
		ids = append(ids, x.events[i].By, x.events[i].Owner)
	}
	for i := range x.notes {
		ids = append(ids, x.notes[i].By, x.notes[i].KeptBy)
	}
	for _, f := range x.known.Stated {
		ids = append(ids, f.By)
	}
	x.people, err = s.db.CasePeople(ctx, v.Programme.Office, ids)
	return x, err
}

// showCase draws the page of a case; f holds what a form that was not accepted had.
func (s *Server) showCase(w http.ResponseWriter, v *visit, status int, c *store.ACase, f view.Case) error {
	x, err := s.fileOf(v, c)
	if err != nil {
		return err
	}
	f.People = x.people
	f.ProgrammeHead, f.Case, f.Known, f.Now = s.programmeHead(v), c.Case, x.known, s.now()
	f.Moves, f.Roles = programme.MovesOf(v.Roles, c.Step), v.Roles
	f.MayAct, f.MayNote = v.has(caseDesk...), v.has(caseMovers...)
	f.Timeline, f.Parts = view.TimelineOf(x.events, x.notes), s.parts(v, caseURL(v, ""))
	return s.page(w, v, status, view.CasePage(f))
}

// stood is the step at which the case stood on the page that sent the form.
func stood(v *visit) programme.Step { return programme.Step(v.value("seen")) }

// changeCase makes a change of one case, or shows its page with what is in the way.
func (s *Server) changeCase(w http.ResponseWriter, v *visit, done string, f func(in *store.Cases, id account.ID) error) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	err = s.change(v, func(tx *store.Tx) error { return f(tx.Cases(v.Programme.ID, v.Programme.Office), c.ID) })
	if why, ok := s.stuckBy(v, err); ok {
		now, err := s.caseOf(v)
		if err != nil {
			return err
		}
		return s.showCase(w, v, http.StatusConflict, now, view.Case{Stuck: why, Reason: v.value("reason")})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, ""), done)
}

func (s *Server) moveCase(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	known, err := s.db.CasesKnown(v.Context(), []programme.Case{c.Case}, s.now())
	if err != nil {
		return err
	}
	wish := programme.Wish{Key: v.value("to"), Roles: v.Roles, Facts: &known[c.ID].Facts, Reason: account.Paragraph(v.value("reason"))}
	return s.changeCase(w, v, v.t("案件を進めました。"), func(in *store.Cases, id account.ID) error {
		_, err := in.Move(v.Context(), id, stood(v), wish)
		return err
	})
}

func (s *Server) awaitCase(w http.ResponseWriter, v *visit) error {
	return s.changeCase(w, v, v.t("保存しました。"), func(in *store.Cases, id account.ID) error {
		_, err := in.Await(v.Context(), id, stood(v), programme.Party(v.value("awaits")))
		return err
	})
}

// planCase takes the planned days of all steps that are to come.
func (s *Server) planCase(w http.ResponseWriter, v *visit) error {
	days := map[programme.Step]time.Time{}
	for _, x := range programme.OpenSteps {
		name := "day-" + string(x)
		if !v.PostForm.Has(name) {
			continue
		}
		days[x] = time.Time{}
		if text := v.value(name); text != "" {
			at, err := dayFrom(text)
			if err != nil {
				return errForm
			}
			days[x] = at
		}
	}
	return s.changeCase(w, v, v.t("予定を保存しました。"), func(in *store.Cases, id account.ID) error {
		_, err := in.Replan(v.Context(), id, stood(v), days, account.Paragraph(v.value("reason")))
		return err
	})
}

func (s *Server) handOverCase(w http.ResponseWriter, v *visit) error {
	to, err := s.officePerson(v, account.ID(v.value("owner")))
	if err != nil {
		return err
	}
	return s.changeCase(w, v, v.t("担当者を変更しました。"), func(in *store.Cases, id account.ID) error {
		_, err := in.HandOver(v.Context(), id, stood(v), to, account.Paragraph(v.value("reason")))
		return err
	})
}

// noteCase adds to the timeline what was done or agreed.
func (s *Server) noteCase(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	n := store.CaseNote{Case: c.ID, Kind: programme.NoteKind(v.value("kind")), At: s.now(), Words: account.Paragraph(v.value("words")), Due: v.value("due")}
	var bad account.Problems
	if !n.Kind.Valid() {
		bad = append(bad, account.Problem{Field: "kind", Reason: account.Reason{Message: "種類を選んでください。"}})
	}
	if n.Words == "" || len([]rune(n.Words)) > 4000 {
		bad = append(bad, account.Problem{Field: "words", Reason: account.Reason{Message: "内容を 4,000 文字までで入力してください。"}})
	}
	if text := v.value("at"); text != "" {
		at, err := time.ParseInLocation("2006-01-02T15:04", text, programme.DayOf(s.now()).Location())
		if err != nil || at.After(s.now().Add(time.Hour)) {
			bad = append(bad, account.Problem{Field: "at", Reason: account.Reason{Message: "いつのことかを、今までの日時で入力してください。"}})
		}
		n.At = at.UTC()
	}
	if n.Kind != programme.NotePromise {
		n.Due = ""
	} else if _, err := dayFrom(n.Due); err != nil {
		bad = append(bad, account.Problem{Field: "due", Reason: account.Reason{Message: "いつまでの約束かを入力してください。"}})
	}
	if len(bad) > 0 {
		return s.showCase(w, v, http.StatusUnprocessableEntity, c, view.Case{Note: n, NoteAt: v.value("at"), Problems: bad})
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.AddCaseNote(v.Context(), v.Programme.ID, v.Programme.Office, &n)
	}); err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, "")+"#timeline", v.t("経過を記録しました。"))
}

func (s *Server) keepPromise(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	note := account.ID(v.PathValue("note"))
	if !note.Valid() {
		return errNoPage
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.KeepPromise(v.Context(), v.Programme.ID, v.Programme.Office, c.ID, note)
	}); err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, "")+"#timeline", v.t("約束が守られたことを記録しました。"))
}

// factOf reads the case, and the condition that the form names. Who may state
// it may take it back.
func (s *Server) factOf(v *visit) (*store.ACase, *programme.Condition, error) {
	c, err := s.caseOf(v)
	if err != nil {
		return nil, nil, err
	}
	x, ok := programme.Stated(v.value("fact"))
	switch {
	case !ok:
		return nil, nil, errForm
	case !x.StatedBy(v.Roles):
		return nil, nil, errForbidden
	}
	return c, x, nil
}

// stateFact notes what somebody has made sure of.
func (s *Server) stateFact(w http.ResponseWriter, v *visit) error {
	c, x, err := s.factOf(v)
	if err != nil {
		return err
	}
	words := account.Paragraph(v.value("words-" + x.Key))
	if words == "" || len([]rune(words)) > 1000 {
		return s.showCase(w, v, http.StatusUnprocessableEntity, c, view.Case{Problems: account.Problems{{Field: "words-" + x.Key, Reason: account.Reason{Message: "どのように確かめたかを、1,000 文字までで入力してください。"}}}})
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.StateFact(v.Context(), v.Programme.ID, v.Programme.Office, &store.CaseFact{Case: c.ID, Key: x.Key, Words: words})
	}); err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, "")+"#conditions", v.t("確認した内容を記録しました。"))
}

// dropFact takes back what was stated.
func (s *Server) dropFact(w http.ResponseWriter, v *visit) error {
	c, x, err := s.factOf(v)
	if err != nil {
		return err
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.DropFact(v.Context(), v.Programme.ID, v.Programme.Office, c.ID, x.Key)
	}); err != nil {
		return err
	}
	return s.see(w, v, caseURL(v, "")+"#conditions", v.t("確認を取り消しました。"))
}

// feedPage offers a person the address of a calendar.
func (s *Server) feedPage(w http.ResponseWriter, v *visit) error {
	return s.showFeed(w, v, "")
}

func (s *Server) showFeed(w http.ResponseWriter, v *visit, url string) error {
	f, err := s.db.FeedOf(v.Context(), v.Programme.ID, v.by())
	if errors.Is(err, store.ErrNotFound) {
		f, err = nil, nil
	}
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.FeedPage(view.Feed{ProgrammeHead: s.programmeHead(v), Feed: f, URL: url}))
}

func (s *Server) makeFeed(w http.ResponseWriter, v *visit) error {
	token, print := account.NewToken()
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.AddFeed(v.Context(), v.Programme.Office, &store.CaseFeed{Programme: v.Programme.ID, Person: v.by()}, print)
	}); err != nil {
		return err
	}
	return s.showFeed(w, v, strings.TrimSuffix(s.opt.Public.String(), "/")+"/calendars/"+token)
}

func (s *Server) revokeFeed(w http.ResponseWriter, v *visit) error {
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.RevokeFeed(v.Context(), v.Programme.ID, v.Programme.Office, v.by())
	}); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/calendar"), v.t("予定表の URL を使えなくしました。"))
}

// feedFile is the calendar itself. Its address is a secret of one person, who
// must still stand before the programme.
func (s *Server) feedFile(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	f, err := s.db.Feed(ctx, account.Fingerprint(v.PathValue("feed")), s.now())
	if err != nil {
		return err
	}
	a, err := s.db.Actor(ctx, f.Person)
	if err != nil {
		return err
	}
	p, held, err := s.db.ProgrammeFor(ctx, a, f.Programme)
	if err != nil {
		return err
	}
	if !a.Person.Erased.IsZero() || !slices.ContainsFunc(held, func(r account.Role) bool { return slices.Contains(boardReaders, r) }) {
		return errNoPage
	}
	v.Programme = p
	if a.Person.Lang != "" {
		v.Lang = a.Person.Lang
	}
	cases, err := s.db.CasesDue(ctx, p.ID, feedRows)
	if err != nil {
		return err
	}
	promises, numbers, err := s.db.Promises(ctx, p.ID, feedRows)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(s.calendarOf(v, cases, promises, numbers))
	return err
}
