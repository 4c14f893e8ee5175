package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// mailingsListed is how many mailings the page of a programme's mails shows.
const mailingsListed = 50

// ofOffice admits only people of the programme's own office: others who may see
// its cases write to nobody in its name.
func ofOffice(v *visit) error {
	if v.Actor.In(v.Programme.Office) == nil {
		return errForbidden
	}
	return nil
}

func (s *Server) mailingsPage(w http.ResponseWriter, v *visit) error {
	return s.showMailings(w, v, http.StatusOK, programme.Reminder{First: 5, Every: 5, Most: 3}, nil)
}

func (s *Server) showMailings(w http.ResponseWriter, v *visit, status int, r programme.Reminder, bad account.Problems) error {
	ctx := v.Context()
	f := view.Mailings{ProgrammeHead: s.programmeHead(v), Reminder: r, Problems: bad, Me: v.by(), Now: s.now(), MaySend: ofOffice(v) == nil}
	var err error
	if f.Letters, err = s.db.Letters(ctx, v.Programme.ID); err != nil {
		return err
	}
	if f.List, err = s.db.Mailings(ctx, v.Programme.ID, mailingsListed); err != nil {
		return err
	}
	if f.Reminders, err = s.db.CaseReminders(ctx, v.Programme.ID); err != nil {
		return err
	}
	var ids []account.ID
	for i := range f.List {
		ids = append(ids, f.List[i].By, f.List[i].ApprovedBy)
	}
	for i := range f.Reminders {
		ids = append(ids, f.Reminders[i].By, f.Reminders[i].ApprovedBy)
	}
	if f.People, err = s.db.CasePeople(ctx, v.Programme.Office, ids); err != nil {
		return err
	}
	return s.page(w, v, status, view.MailingsPage(f))
}

func (s *Server) newLetterPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.LetterPage(view.LetterForm{ProgrammeHead: s.programmeHead(v)}))
}

// letter reads the template that the address names.
func (s *Server) letter(v *visit) (*store.OfficeLetter, error) {
	id := account.ID(v.PathValue("letter"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.OfficeLetter(v.Context(), v.Programme.ID, id)
}

func (s *Server) letterPage(w http.ResponseWriter, v *visit) error {
	l, err := s.letter(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.LetterPage(view.LetterForm{ProgrammeHead: s.programmeHead(v), Letter: *l}))
}

func (s *Server) newLetter(w http.ResponseWriter, v *visit) error {
	return s.saveLetter(w, v, &store.OfficeLetter{})
}

func (s *Server) editLetter(w http.ResponseWriter, v *visit) error {
	l, err := s.letter(v)
	if err != nil {
		return err
	}
	if l.Revision, err = strconv.Atoi(v.value("revision")); err != nil || l.Revision < 1 {
		return errForm
	}
	return s.saveLetter(w, v, l)
}

func (s *Server) saveLetter(w http.ResponseWriter, v *visit, l *store.OfficeLetter) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	l.Letter = programme.Letter{Name: v.value("name"), Subject: typed(v, "subject"), Text: typed(v, "text")}
	if bad := l.Tidy(); len(bad) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.LetterPage(view.LetterForm{ProgrammeHead: s.programmeHead(v), Letter: *l, Problems: bad}))
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.SaveLetter(v.Context(), v.Programme.ID, v.Programme.Office, l) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/mailings"), v.t("ひな型を保存しました。"))
}

// newMailingPage offers to write to those cases that the filter of the board
// finds, or that were marked on it.
func (s *Server) newMailingPage(w http.ResponseWriter, v *visit) error {
	return s.showNewMailing(w, v, http.StatusOK, nil)
}

func (s *Server) showNewMailing(w http.ResponseWriter, v *visit, status int, bad account.Problems) error {
	ctx := v.Context()
	f := view.NewMailing{ProgrammeHead: s.programmeHead(v), Letter: account.ID(v.URL.Query().Get("letter")), Problems: bad}
	marked := v.URL.Query()["case"]
	if v.Method == http.MethodPost {
		marked, f.Letter = v.PostForm["case"], account.ID(v.value("letter"))
	}
	var err error
	if f.Letters, err = s.db.Letters(ctx, v.Programme.ID); err != nil {
		return err
	}
	if len(marked) > 0 {
		ids := caseIDs(marked)
		if len(ids) > programme.MostRecipients {
			return errForm
		}
		list, err := s.db.CasesOf(ctx, v.Programme.ID, ids)
		if err != nil {
			return err
		}
		for i := range list {
			f.List = append(f.List, list[i].Case)
		}
	} else {
		filter, _ := s.boardFilter(v)
		filter.Limit, filter.After = programme.MostRecipients, store.Cursor{}
		list, next, err := s.db.Board(ctx, v.Programme.ID, s.now(), filter)
		if err != nil {
			return err
		}
		for i := range list {
			f.List = append(f.List, list[i].Case)
		}
		f.More = next != (store.Cursor{})
	}
	return s.page(w, v, status, view.NewMailingPage(f))
}

// caseIDs reads the cases that a form marks, each once.
func caseIDs(values []string) (ids []account.ID) {
	for _, x := range values {
		if id := account.ID(x); id.Valid() && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// newMailing makes the draft: each mail is written now, as it will go.
func (s *Server) newMailing(w http.ResponseWriter, v *visit) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	ctx := v.Context()
	ids := caseIDs(v.PostForm["case"])
	letter := account.ID(v.value("letter"))
	if len(ids) == 0 || len(ids) > programme.MostRecipients {
		return s.showNewMailing(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "case", Reason: account.Reason{Message: "宛先の案件を 1 件から 500 件まで選んでください。"}}})
	}
	if !letter.Valid() {
		return s.showNewMailing(w, v, http.StatusUnprocessableEntity, account.Problems{{Field: "letter", Reason: account.Reason{Message: "ひな型を選んでください。"}}})
	}
	l, err := s.db.OfficeLetter(ctx, v.Programme.ID, letter)
	if err != nil {
		return err
	}
	list, err := s.db.CasesOf(ctx, v.Programme.ID, ids)
	if err != nil {
		return err
	}
	cases := make([]programme.Case, len(list))
	for i := range list {
		cases[i] = list[i].Case
	}
	mails, err := s.db.Merge(ctx, v.Programme, &l.Letter, cases, origin(s.opt.Public), s.now())
	if err != nil {
		return err
	}
	m := &store.Mailing{Programme: v.Programme.ID, Letter: l.Letter}
	if err := s.change(v, func(tx *store.Tx) error { return tx.AddMailing(ctx, v.Programme.Office, m, mails) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/mailings/"+string(m.ID)), v.t("一斉メールの下書きを作りました。宛先と文面を確かめてください。"))
}

func (s *Server) mailing(v *visit) (*store.Mailing, error) {
	id := account.ID(v.PathValue("mailing"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.MailingOf(v.Context(), v.Programme.ID, id)
}

func (s *Server) mailingPage(w http.ResponseWriter, v *visit) error {
	return s.showMailing(w, v, http.StatusOK, "")
}

func (s *Server) showMailing(w http.ResponseWriter, v *visit, status int, why string) error {
	ctx := v.Context()
	m, err := s.mailing(v)
	if err != nil {
		return err
	}
	f := view.Mailing{ProgrammeHead: s.programmeHead(v), Mailing: *m, Me: v.by(), Now: s.now(), Why: why, MaySend: ofOffice(v) == nil}
	if f.Mails, err = s.db.MailingMails(ctx, m.ID); err != nil {
		return err
	}
	if f.People, err = s.db.CasePeople(ctx, v.Programme.Office, []account.ID{m.By, m.ApprovedBy}); err != nil {
		return err
	}
	return s.page(w, v, status, view.MailingPage(f))
}

// moveMailing makes a step with a mailing, or shows its page with what is in the way.
func (s *Server) moveMailing(w http.ResponseWriter, v *visit, done string, f func(tx *store.Tx, prog, office, id account.ID) error) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	m, err := s.mailing(v)
	if err != nil {
		return err
	}
	err = s.change(v, func(tx *store.Tx) error { return f(tx, v.Programme.ID, v.Programme.Office, m.ID) })
	switch {
	case errors.Is(err, store.ErrSamePerson):
		return s.showMailing(w, v, http.StatusConflict, v.t("作った人は承認できません。事務局のほかの人に頼んでください。"))
	case errors.Is(err, store.ErrConflict):
		return s.showMailing(w, v, http.StatusConflict, v.t("いまの状態では、この操作はできません。値のない宛先が残っていないかも確かめてください。"))
	case err != nil:
		return err
	}
	return s.see(w, v, programmeURL(v, "/mailings/"+string(m.ID)), done)
}

func (s *Server) trimMailing(w http.ResponseWriter, v *visit) error {
	return s.moveMailing(w, v, v.t("値のない宛先を外しました。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.TrimMailing(v.Context(), prog, office, id)
	})
}

func (s *Server) askMailing(w http.ResponseWriter, v *visit) error {
	return s.moveMailing(w, v, v.t("承認を依頼しました。事務局のほかの人が、このページで承認します。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.AskMailing(v.Context(), prog, office, id)
	})
}

func (s *Server) approveMailing(w http.ResponseWriter, v *visit) error {
	return s.moveMailing(w, v, v.t("承認しました。10 分後に送り始めます。それまでは取り消せます。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.ApproveMailing(v.Context(), prog, office, id)
	})
}

func (s *Server) cancelMailing(w http.ResponseWriter, v *visit) error {
	return s.moveMailing(w, v, v.t("取り消しました。まだ送っていないメールは送りません。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.CancelMailing(v.Context(), prog, office, id)
	})
}

func (s *Server) newReminder(w http.ResponseWriter, v *visit) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(v.value(name))
		if err != nil {
			return 0
		}
		return n
	}
	r := programme.Reminder{Fact: v.value("fact"), Letter: account.ID(v.value("letter")), First: number("first"), Every: number("every"), Most: number("most")}
	bad := r.Tidy()
	if !r.Letter.Valid() {
		bad = append(bad, account.Problem{Field: "letter", Reason: account.Reason{Message: "ひな型を選んでください。"}})
	}
	if len(bad) > 0 {
		return s.showMailings(w, v, http.StatusUnprocessableEntity, r, bad)
	}
	if err := s.change(v, func(tx *store.Tx) error {
		return tx.AskReminder(v.Context(), v.Programme.ID, v.Programme.Office, &r)
	}); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/mailings")+"#reminders", v.t("督促を登録しました。事務局のほかの人が承認すると、始まります。"))
}

// moveReminder makes a step with a reminder.
func (s *Server) moveReminder(w http.ResponseWriter, v *visit, done string, f func(tx *store.Tx, prog, office, id account.ID) error) error {
	if err := ofOffice(v); err != nil {
		return err
	}
	id := account.ID(v.PathValue("reminder"))
	if !id.Valid() {
		return errNoPage
	}
	err := s.change(v, func(tx *store.Tx) error { return f(tx, v.Programme.ID, v.Programme.Office, id) })
	if errors.Is(err, store.ErrSamePerson) {
		return s.showMailings(w, v, http.StatusConflict, programme.Reminder{First: 5, Every: 5, Most: 3}, account.Problems{{Reason: account.Reason{Message: "作った人は承認できません。事務局のほかの人に頼んでください。"}}})
	}
	if err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/mailings")+"#reminders", done)
}

func (s *Server) approveReminder(w http.ResponseWriter, v *visit) error {
	return s.moveReminder(w, v, v.t("督促を承認しました。営業日の朝に、残っている相手にだけ送ります。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.ApproveReminder(v.Context(), prog, office, id)
	})
}

func (s *Server) stopReminder(w http.ResponseWriter, v *visit) error {
	return s.moveReminder(w, v, v.t("督促を止めました。"), func(tx *store.Tx, prog, office, id account.ID) error {
		return tx.StopReminder(v.Context(), prog, office, id)
	})
}

// mailTo leads from the board to a mailing to the marked cases.
func mailTo(v *visit, ids []account.ID) string {
	q := url.Values{}
	for _, id := range ids {
		q.Add("case", string(id))
	}
	return programmeURL(v, "/mailings/new") + "?" + q.Encode()
}
