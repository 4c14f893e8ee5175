package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// findingFilter reads a list's filter from the address.
func (s *Server) findingFilter(v *visit) store.FindingFilter {
	q := v.URL.Query()
	f := store.FindingFilter{State: q.Get("state"), Query: account.Line(q.Get("q")), Order: q.Get("sort"), After: store.ParseCursor(q.Get("after")), Limit: rows}
	if f.State != store.AllStates && !workflow.State(f.State).Valid() {
		f.State = ""
	}
	if sev, err := check.ParseSeverity(q.Get("severity")); err == nil {
		f.Severity = sev
	}
	switch id := account.ID(q.Get("who")); {
	case id == "me":
		f.Assignee = v.by()
	case id == store.Nobody, id.Valid():
		f.Assignee = id
	}
	if q.Get("late") != "" {
		f.Overdue = workflow.Day(s.now())
	}
	return f
}

// assignables are the people whom the visitor may ask to mend something: a
// contractor sees his own and the shop's people, not those of another contractor.
func (s *Server) assignables(v *visit) ([]store.Assignable, error) {
	list, err := s.db.Assignables(v.Context(), v.Shop.ID, s.now())
	if !v.has(account.Executive, account.Practitioner, account.Diagnostician) {
		list = slices.DeleteFunc(list, func(a store.Assignable) bool { return !a.Own && v.Actor.In(a.Of) == nil })
	}
	return list, err
}

func (s *Server) findingsPage(w http.ResponseWriter, v *visit) error {
	form, err := s.findingsForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.FindingsPage(*form))
}

func (s *Server) findingsForm(v *visit) (*view.Findings, error) {
	ctx, f := v.Context(), s.findingFilter(v)
	list, next, err := s.db.Findings(ctx, v.Shop.ID, f)
	if err != nil {
		return nil, err
	}
	form := &view.Findings{ShopHead: s.tabsOf(v), First: f.After == (store.Cursor{}), Next: next.String(), Filter: f, MayWork: v.has(workers...), MayAssign: v.has(menders...), MayAsk: v.has(staff...)}
	if form.States, form.Late, err = s.db.FindingCounts(ctx, v.Shop.ID, workflow.Day(s.now())); err != nil {
		return nil, err
	}
	if form.People, err = s.assignables(v); err != nil {
		return nil, err
	}
	names, err := s.names(v, list)
	if err != nil {
		return nil, err
	}
	for i := range list {
		form.List = append(form.List, s.findingLine(v, &list[i], names))
	}
	if form.MayWork {
		for _, to := range workflow.States {
			if !to.AsksReason() && slices.ContainsFunc(workflow.States, func(from workflow.State) bool { return workflow.May(v.Roles, from, to) }) {
				form.To = append(form.To, to)
			}
		}
	}
	return form, nil
}

func (s *Server) names(v *visit, list []store.Finding) (map[account.ID]string, error) {
	var ids []account.ID
	for _, f := range list {
		ids = append(ids, f.Assignee)
	}
	return s.db.Names(v.Context(), ids)
}

func (s *Server) findingLine(v *visit, f *store.Finding, names map[account.ID]string) view.FindingLine {
	return view.FindingLine{Finding: *f, Title: titleOf(f.Seen.Check, v.Lang), Place: placeOf(&f.Seen, v.Lang), Assignee: names[f.Assignee], Late: f.Overdue(s.now())}
}

// placeOf is where a finding is, for people.
func placeOf(f *check.Finding, l i18n.Lang) string {
	name := ""
	if _, suite := checks.Find(f.Check); suite != nil {
		name = suite.Name
	}
	return report.Visible(strings.TrimSpace(report.Place(f, name, l) + " " + f.Parameter))
}

// finding reads the finding that the address names, as the shop's own.
func (s *Server) finding(v *visit) (*store.Finding, error) {
	id := account.ID(v.PathValue("finding"))
	if !id.Valid() {
		return nil, errNoPage
	}
	return s.db.Finding(v.Context(), v.Shop.ID, id)
}

func findingURL(f *store.Finding) string {
	return "/shops/" + string(f.Shop) + "/findings/" + string(f.ID)
}

func (s *Server) findingPage(w http.ResponseWriter, v *visit) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	form, err := s.findingForm(v, f)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.FindingPage(*form))
}

// findingForm gathers all that the page of a finding shows.
func (s *Server) findingForm(v *visit, f *store.Finding) (*view.Finding, error) {
	moves, names, receivers, err := s.db.FindingHistory(v.Context(), v.Shop.ID, f.ID, hookOrganisations(v)...)
	if err != nil {
		return nil, err
	}
	form := &view.Finding{Moves: moves, People2: names, ShopHead: s.tabsOf(v), FindingLine: s.findingLine(v, f, names), URL: findingURL(f), To: workflow.To(v.Roles, f.State), MayComment: v.has(workers...), MayAssign: v.has(menders...), MaySetDue: v.has(staff...),
		Latest: workflow.Day(s.now().AddDate(0, 0, workflow.Longest)), Today: workflow.Day(s.now())}
	form.MayRetest = v.has(menders...) && f.State.Open()
	if doc, err := s.findingDocument(v, f); err != nil {
		return nil, err
	} else if doc != nil && len(doc.Findings) > 0 {
		card := doc.Card(0)
		form.Card, form.References = &card, doc.Findings[0].References
		form.Ticket = ticket(v, f, &doc.Findings[0])
		if form.Payloads, err = payloads(v, f, &doc.Findings[0], form.Ticket); err != nil {
			return nil, err
		}
		form.Receivers = receiversOf(v, receivers)
	}
	if form.MayAssign {
		if form.People, err = s.assignables(v); err != nil {
			return nil, err
		}
	}
	if form.Retest, err = s.retested(v, f); err != nil {
		return nil, err
	}
	form.Asked, err = s.lastAsked(v, f)
	return form, err
}

// findingDocument puts a finding into words; nil when the check is of another version.
func (s *Server) findingDocument(v *visit, f *store.Finding) (*report.Document, error) {
	if c, _ := checks.Find(f.Seen.Check); c == nil {
		return nil, nil
	}
	run, kept, err := s.db.RunWith(v.Context(), f.LastRun, f.Seen.Evidence[:min(len(f.Seen.Evidence), report.MostEvidence)])
	if errors.Is(err, store.ErrNotFound) { // the run was deleted: what was found stays
		run, kept, err = &diagnose.Run{ID: f.LastRun, Shop: v.Shop.URL, Started: f.LastSeen, State: diagnose.Finished, Scope: anyScope()}, nil, nil
	}
	if err != nil {
		return nil, err
	}
	return perform.Findings(v.Context(), s.db, run, []check.Finding{f.Seen}, v.Lang, kept)
}

// conflict shows a finding as it is now beside what the visitor wanted.
func (s *Server) conflict(w http.ResponseWriter, v *visit, wanted view.FindingWish) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	form, err := s.findingForm(v, f)
	if err != nil {
		return err
	}
	form.Wish = &wanted
	return s.page(w, v, http.StatusConflict, view.FindingPage(*form))
}

// refused shows the page again with what was wrong.
func (s *Server) refused(w http.ResponseWriter, v *visit, f *store.Finding, wanted view.FindingWish, problems account.Problems) error {
	form, err := s.findingForm(v, f)
	if err != nil {
		return err
	}
	form.Typed, form.Problems = wanted, problems
	return s.page(w, v, http.StatusUnprocessableEntity, view.FindingPage(*form))
}

// revision is the revision of the finding that the visitor saw.
func (v *visit) revision(f *store.Finding) error {
	n, err := strconv.Atoi(v.value("revision"))
	if err != nil {
		return errForm
	}
	f.Revision = n
	return nil
}

// moveFinding brings a finding to another state, as the moves table lets the visitor.
func (s *Server) moveFinding(w http.ResponseWriter, v *visit) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	now := f.Revision
	if err := v.revision(f); err != nil {
		return err
	}
	to := workflow.State(v.value("to"))
	wish := view.FindingWish{To: to, Reason: account.Paragraph(v.value("reason")), Expires: v.value("expires")}
	if f.Revision != now {
		return s.conflict(w, v, wish)
	}
	problems, err := s.mayMove(v, f, &wish)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.refused(w, v, f, wish, problems)
	}
	ctx := v.Context()
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.MoveFinding(ctx, f, to, wish.Reason, wish.Expires) })
	if errors.Is(err, store.ErrConflict) {
		return s.conflict(w, v, wish)
	}
	if err != nil {
		return err
	}
	return s.see(w, v, findingURL(f), v.t("「{state}」にしました。", "state", to.Name(v.Lang)))
}

// mayMove asks the moves table and says what is wrong with a wish to move a
// finding; errForbidden when it is not the visitor's move. The wish keeps no
// day where the state does not lapse.
func (s *Server) mayMove(v *visit, f *store.Finding, wish *view.FindingWish) (account.Problems, error) {
	var problems account.Problems
	add := func(field string, r account.Reason) {
		problems = append(problems, account.Problem{Field: field, Reason: r})
	}
	switch {
	case !wish.To.Valid():
		add("to", account.Reason{Message: "変更後の状態を選んでください。"})
	case !workflow.May(v.Roles, f.State, wish.To):
		return nil, errForbidden
	}
	if wish.To.AsksReason() && wish.Reason == "" {
		add("reason", account.Reason{Message: "理由（確かめた方法や根拠）を入力してください。"})
	}
	if len([]rune(wish.Reason)) > 2000 {
		add("reason", account.Reason{Message: "2,000 文字までにしてください。"})
	}
	if !wish.To.Lapses() {
		wish.Expires = ""
	} else if d, err := time.Parse(time.DateOnly, wish.Expires); err != nil || d.Format(time.DateOnly) <= workflow.Day(s.now()) || wish.Expires > workflow.Day(s.now().AddDate(0, 0, workflow.Longest)) {
		add("expires", account.Reason{Message: "見直す日は、明日から1年以内にしてください。"})
	}
	return problems, nil
}

// assignFinding says who mends a finding and, for the shop's own people, by when.
func (s *Server) assignFinding(w http.ResponseWriter, v *visit) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	now := f.Revision
	if err := v.revision(f); err != nil {
		return err
	}
	people, err := s.assignables(v)
	if err != nil {
		return err
	}
	wish := view.FindingWish{Assigns: true, Assignee: account.ID(v.value("assignee")), Due: f.Due}
	if v.has(staff...) {
		wish.Due = v.value("due")
	}
	i := slices.IndexFunc(people, func(a store.Assignable) bool { return a.Person == wish.Assignee })
	if i >= 0 {
		wish.AssigneeName = people[i].Name
	}
	if f.Revision != now {
		return s.conflict(w, v, wish)
	}
	var problems account.Problems
	if wish.Assignee != "" && i < 0 && wish.Assignee != f.Assignee {
		problems = append(problems, account.Problem{Field: "assignee", Reason: account.Reason{Message: "一覧から選んでください。"}})
	}
	if _, err := time.Parse(time.DateOnly, cmp.Or(wish.Due, "2026-01-01")); err != nil || wish.Due > workflow.Day(s.now().AddDate(3, 0, 0)) {
		problems = append(problems, account.Problem{Field: "due", Reason: account.Reason{Message: "期限は、3年以内の日付にしてください。"}})
	}
	if len(problems) > 0 {
		return s.refused(w, v, f, wish, problems)
	}
	ctx := v.Context()
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.AssignFinding(ctx, f, wish.Assignee, wish.Due) })
	if errors.Is(err, store.ErrConflict) {
		return s.conflict(w, v, wish)
	}
	if err != nil {
		return err
	}
	return s.see(w, v, findingURL(f), v.t("担当と期限を保存しました。"))
}

func (s *Server) commentFinding(w http.ResponseWriter, v *visit) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	wish := view.FindingWish{Comment: account.Paragraph(v.value("comment"))}
	if wish.Comment == "" || len([]rune(wish.Comment)) > 2000 {
		return s.refused(w, v, f, wish, account.Problems{{Field: "comment", Reason: account.Reason{Message: "コメントを 2,000 文字までで入力してください。"}}})
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.CommentFinding(ctx, f, wish.Comment) }); err != nil {
		return err
	}
	return s.see(w, v, findingURL(f)+"#history", v.t("コメントを残しました。"))
}
