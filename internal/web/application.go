package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
	"miseban/internal/web/view"
)

// applicationFilter reads a list's filter from the address.
func applicationFilter(v *visit) store.ApplicationFilter {
	q := v.URL.Query()
	f := store.ApplicationFilter{Query: account.Line(q.Get("q")), Twins: q.Has("twins"), After: store.ParseCursor(q.Get("after")), Limit: rows, Of: map[programme.Attribute]account.Choice{}}
	if s := programme.Stage(q.Get("stage")); s.Valid() {
		f.Stage = s
	}
	if o := programme.Outcome(q.Get("outcome")); o.Valid() {
		f.Outcome = o
	}
	for _, by := range programme.Attributes {
		f.Of[by] = account.Choice(q.Get(string(by)))
	}
	return f
}

func (s *Server) applicationsPage(w http.ResponseWriter, v *visit) error {
	ctx, f := v.Context(), applicationFilter(v)
	list, next, err := s.db.Applications(ctx, v.Programme.ID, f)
	if err != nil {
		return err
	}
	counts, err := s.db.ApplicationCounts(ctx, v.Programme.ID)
	if err != nil {
		return err
	}
	var ids []account.ID
	for i := range list {
		ids = append(ids, list[i].ID)
	}
	twins, err := s.db.Twins(ctx, v.Programme.ID, ids)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ApplicationsPage(view.Applications{
		ProgrammeHead: s.programmeHead(v), List: list, Twins: twins, Counts: counts, Filter: f, Next: next.String(), First: f.After == (store.Cursor{}), MayDecide: v.has(clerks...),
	}))
}

// application is the one that the address names.
func (s *Server) application(v *visit) (*programme.Application, error) {
	id := account.ID(v.PathValue("application"))
	if !id.Valid() {
		return nil, errNoPage
	}
	a, err := s.db.Application(v.Context(), v.Programme.ID, id)
	if err == nil && a.Receipt == "" {
		return nil, errNoPage // a draft is its writer's
	}
	return a, err
}

func (s *Server) applicationForm(v *visit, a *programme.Application) (*view.ApplicationSheet, error) {
	ctx := v.Context()
	f := &view.ApplicationSheet{ProgrammeHead: s.programmeHead(v), Application: *a, MayDecide: v.has(clerks...)}
	_, f.Judged = v.Programme.Judge(&a.Form)
	twins, err := s.db.Twins(ctx, v.Programme.ID, []account.ID{a.ID})
	if err != nil {
		return nil, err
	}
	f.Twins = twins[a.ID]
	if f.History, err = s.db.ApplicationEvents(ctx, v.Programme.ID, a.ID); err != nil {
		return nil, err
	}
	var people []account.ID
	for _, e := range f.History {
		people = append(people, e.By)
	}
	f.Names, err = s.db.Names(ctx, people)
	return f, err
}

func (s *Server) applicationPage(w http.ResponseWriter, v *visit) error {
	a, err := s.application(v)
	if err != nil {
		return err
	}
	f, err := s.applicationForm(v, a)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.ApplicationPage(*f))
}

var errNoteMissing = account.Problem{Field: "note", Reason: account.Reason{Message: "理由を入力してください。"}}

// moveApplication is the office's decision on one application.
func (s *Server) moveApplication(w http.ResponseWriter, v *visit) error {
	a, err := s.application(v)
	if err != nil {
		return err
	}
	ctx, note := v.Context(), account.Paragraph(v.PostFormValue("note"))
	to := programme.Stage(v.value("to"))
	if string(a.Stage) != v.value("from") {
		return store.ErrConflict
	}
	if len([]rune(note)) > 1000 {
		return errForm
	}
	err = s.change(v, func(tx *store.Tx) error {
		return tx.MoveApplication(ctx, v.Programme, a, to, programme.ByOffice, note)
	})
	switch {
	case errors.Is(err, programme.ErrNoMove):
		return errForm
	case errors.Is(err, store.ErrNoNote):
		f, err := s.applicationForm(v, a)
		if err != nil {
			return err
		}
		f.To, f.Problems = to, account.Problems{errNoteMissing}
		return s.page(w, v, http.StatusUnprocessableEntity, view.ApplicationPage(*f))
	case err != nil:
		return err
	}
	return s.see(w, v, programmeURL(v, "/applications/"+string(a.ID)), v.t("「{stage}」にしました。", "stage", to.Name(v.Lang)))
}

func (s *Server) noteApplication(w http.ResponseWriter, v *visit) error {
	a, err := s.application(v)
	if err != nil {
		return err
	}
	ctx, note := v.Context(), account.Paragraph(v.PostFormValue("memo"))
	if n := len([]rune(note)); n == 0 || n > 1000 {
		f, err := s.applicationForm(v, a)
		if err != nil {
			return err
		}
		f.Problems = account.Problems{{Field: "memo", Reason: account.Reason{Message: "メモを 1,000 文字までで入力してください。"}}}
		return s.page(w, v, http.StatusUnprocessableEntity, view.ApplicationPage(*f))
	}
	if err := s.change(v, func(tx *store.Tx) error { return tx.NoteApplication(ctx, v.Programme, a.ID, note) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/applications/"+string(a.ID)+"#history"), v.t("メモを加えました。"))
}

func (s *Server) correctPage(w http.ResponseWriter, v *visit) error {
	a, err := s.application(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.CorrectPage(view.Correct{ProgrammeHead: s.programmeHead(v), Application: *a}))
}

// correctApplication changes what an application says; the note says why.
func (s *Server) correctApplication(w http.ResponseWriter, v *visit) error {
	a, err := s.application(v)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	before := a.Form
	a.Form = formFrom(v)
	a.Form.Agreed = before.Agreed
	a.Revision = revision
	note := account.Paragraph(v.PostFormValue("note"))
	problems := a.Form.Tidy(false)
	if n := len([]rune(note)); n == 0 || n > 1000 {
		problems = append(problems, errNoteMissing)
	}
	if len(problems) > 0 {
		return s.page(w, v, http.StatusUnprocessableEntity, view.CorrectPage(view.Correct{ProgrammeHead: s.programmeHead(v), Application: *a, Note: note, Problems: problems}))
	}
	ctx := v.Context()
	if err := s.change(v, func(tx *store.Tx) error { return tx.CorrectApplication(ctx, v.Programme, a, &before, note) }); err != nil {
		return err
	}
	return s.see(w, v, programmeURL(v, "/applications/"+string(a.ID)), v.t("訂正しました。"))
}

// formFrom reads an application from its form.
func formFrom(v *visit) programme.Form {
	choice := func(name string) account.Choice { return account.Choice(v.value(name)) }
	f := programme.Form{
		Company: v.value("company"), Sole: v.value("sole") == "yes", Number: v.value("number"), Industry: choice("industry"), Capital: v.value("capital"), Staff: v.value("staff"),
		Shop: v.value("shop"), URL: v.value("url"), Method: choice("method"), Package: choice("package"), Version: v.value("version"), Business: choice("business"), Turnover: choice("turnover"),
		Hosting: choice("hosting"), Permission: choice("permission"), Remote: choice("remote"), Contract: choice("contract"),
		Person: v.value("person"), Post: v.value("post"), Phone: v.value("phone"), Wish: v.PostFormValue("wish"), Agreed: v.value("agreed") == "yes", Posture: map[string]account.Choice{},
	}
	for _, q := range programme.Questions() {
		if a := choice("posture-" + q.ID); a != "" {
			f.Posture[q.ID] = a
		}
	}
	return f
}

// mostDecisions is how many applications one press of the button decides.
const mostDecisions = 500

// decideApplications follows the rules for all that was received and where they
// are clear: what fits and resembles no other is eligible, what does not fit is not.
func (s *Server) decideApplications(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	list, err := s.db.ApplicationsIn(ctx, v.Programme.ID, programme.Received)
	if err != nil {
		return err
	}
	var decided []*programme.Application
	to := map[account.ID]programme.Stage{}
	var fit []account.ID
	for i := range list {
		a := &list[i]
		o, _ := v.Programme.Judge(&a.Form)
		if o == programme.Unclear || len(decided) == mostDecisions {
			continue
		}
		decided, to[a.ID] = append(decided, a), programme.Ineligible
		if o == programme.Fits {
			to[a.ID], fit = programme.Eligible, append(fit, a.ID)
		}
	}
	twins, err := s.db.Twins(ctx, v.Programme.ID, fit)
	if err != nil {
		return err
	}
	decided = slices.DeleteFunc(decided, func(a *programme.Application) bool { return len(twins[a.ID]) > 0 })
	if len(decided) > 0 {
		err = s.change(v, func(tx *store.Tx) error {
			for _, a := range decided {
				if err := tx.MoveApplication(ctx, v.Programme, a, to[a.ID], programme.ByOffice, ""); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	done, left := strconv.Itoa(len(decided)), strconv.Itoa(len(list)-len(decided))
	return s.see(w, v, programmeURL(v, "/applications"), v.t("{n} 件の資格を、規則のとおりに決めました。残りは {left} 件です。", "n", done, "left", left))
}
