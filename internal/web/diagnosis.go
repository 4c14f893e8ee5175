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
	"miseban/internal/jobs"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/wire"
)

func (s *Server) diagnosesPage(w http.ResponseWriter, v *visit) error {
	after := store.ParseCursor(v.URL.Query().Get("after"))
	list, err := s.db.Diagnoses(v.Context(), v.Shop.ID, after.ID, rows+1)
	if err != nil {
		return err
	}
	form := view.Diagnoses{ShopHead: s.tabsOf(v), List: list, First: after == (store.Cursor{}), MayStart: v.has(starters...)}
	if len(list) > rows {
		form.List = list[:rows]
		form.Next = store.Cursor{Key: "-", ID: list[rows-1].ID}.String()
	}
	return s.page(w, v, http.StatusOK, view.DiagnosesPage(form))
}

func (s *Server) newDiagnosisPage(w http.ResponseWriter, v *visit) error {
	o, err := s.mayAsk(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.DiagnosisFormPage(view.DiagnosisForm{ShopHead: s.tabsOf(v), Level: min(wire.Safe, o.most).String(), Person: v.Actor.Person.Name, Offer: o.view()}))
}

// newDiagnosis plans a diagnosis. Who presses the button states the authority
// for it, or acts within what the shop has agreed to; he proved who he is a
// short while ago.
func (s *Server) newDiagnosis(w http.ResponseWriter, v *visit) error {
	o, err := s.mayAsk(v)
	if err != nil {
		return err
	}
	form := view.DiagnosisForm{ShopHead: s.tabsOf(v), Level: v.value("level"), When: v.value("when"), From: v.value("from"), Until: v.value("until"), Repeat: v.value("repeat"), Person: v.Actor.Person.Name, Offer: o.view()}
	scope, due, problems := s.scopeFrom(v, o, &form)
	if v.value("authority") != "yes" {
		problems = append(problems, account.Problem{Field: "authority", Reason: account.Reason{Message: "診断を求める権限があることを確かめて、印を付けてください。"}})
	}
	if len(problems) > 0 {
		form.Problems = problems
		return s.page(w, v, http.StatusUnprocessableEntity, view.DiagnosisFormPage(form))
	}
	x, err := s.addDiagnosis(v, o, scope, due, v.value("repeat"), nil)
	if err != nil {
		return err
	}
	if !due.IsZero() {
		return s.see(w, v, diagnosisURL(x), v.t("診断を受け付けました。{at} に始めます。", "at", view.Moment(due)))
	}
	return s.see(w, v, diagnosisURL(x), v.t("診断を受け付けました。"))
}

// A shop has at most so many diagnoses that have not ended; retests, each of
// which one finding has at a time, have room beside them.
const (
	mostOpen     = 5
	mostRetested = 40
)

// addDiagnosis plans what scopeFrom allowed. first, if not nil, is the
// beginning of the change and may refuse it.
func (s *Server) addDiagnosis(v *visit, o *asked, scope *wire.Scope, due time.Time, every string, first func(*store.Tx, *store.Diagnosis) error) (*store.Diagnosis, error) {
	ctx, now := v.Context(), s.now()
	repeat, _ := strconv.Atoi(every) // scopeFrom looked at it
	x := &store.Diagnosis{ID: account.NewID(), Shop: v.Shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: scope.Level, Repeat: repeat, Consent: o.restsOn(scope.Level)}, Due: due, By: v.by()}
	if !due.IsZero() {
		x.State = store.DiagnosisPlanned
	}
	run := &diagnose.Run{ID: perform.NewRunID(now), Shop: v.Shop.URL, Started: now.UTC(), Version: s.opt.Version, Scope: scope, State: diagnose.Running}
	return x, s.change(v, func(tx *store.Tx) error {
		if first != nil {
			if err := first(tx, x); err != nil {
				return err
			}
		}
		if err := tx.Room(ctx, x.Shop, mostOpen); err != nil {
			return err
		}
		if x.Plan.Consent != "" {
			if err := tx.UseConsent(ctx, x.Shop, x.Plan.Consent); err != nil {
				return err
			}
		}
		if err := tx.AddDiagnosis(ctx, x, run); err != nil {
			return err
		}
		return s.opt.Queue.Enqueue(ctx, tx, jobs.Diagnose{ID: x.ID, Due: due})
	})
}

func diagnosisURL(x *store.Diagnosis) string {
	return "/shops/" + string(x.Shop) + "/diagnoses/" + string(x.ID)
}

// diagnosis reads the diagnosis that the address names, as the shop's own.
func (s *Server) diagnosis(v *visit) (*store.Diagnosis, *diagnose.Run, error) {
	id := account.ID(v.PathValue("diagnosis"))
	if !id.Valid() {
		return nil, nil, errNoPage
	}
	x, err := s.db.Diagnosis(v.Context(), v.Shop.ID, id)
	if err != nil {
		return nil, nil, err
	}
	run, err := s.db.Run(v.Context(), x.Run)
	return x, run, err
}

func (s *Server) diagnosisPage(w http.ResponseWriter, v *visit) error {
	form, err := s.diagnosisForm(v)
	if err != nil {
		return err
	}
	return s.page(w, v, http.StatusOK, view.DiagnosisPage(*form))
}

func (s *Server) diagnosisForm(v *visit) (*view.Diagnosis, error) {
	ctx := v.Context()
	x, run, err := s.diagnosis(v)
	if err != nil {
		return nil, err
	}
	form := &view.Diagnosis{ShopHead: s.tabsOf(v), Diagnosis: *x, Run: run, URL: diagnosisURL(x), Reason: i18n.T(v.Lang, run.Reason.Message, run.Reason.Args),
		MayStop: v.has(stoppers...), MayResume: v.has(account.Executive, account.Practitioner, account.Diagnostician), MayRead: v.has(readers...)}
	for _, name := range run.Only {
		form.Again = append(form.Again, titleOf(name, v.Lang))
	}
	if form.MayRead {
		form.Findings = found(run, v.Lang)
	}
	if x.Plan.Consent != "" && !x.State.Ended() {
		c, err := s.db.Consent(ctx, x.Shop, x.Plan.Consent)
		if err != nil {
			return nil, err
		}
		form.NoConsent = !c.Stands(s.now())
		form.MayResume = form.MayResume && !form.NoConsent && c.Covers(v.Actor, v.Shop)
	}
	earlier, err := s.db.Diagnoses(ctx, v.Shop.ID, x.ID, 20)
	if err != nil {
		return nil, err
	}
	for i := range earlier {
		if earlier[i].State == store.DiagnosisFinished {
			form.Earlier = append(form.Earlier, earlier[i])
		}
	}
	return form, nil
}

// found lists what a run has found above info, the worst first.
func found(run *diagnose.Run, l i18n.Lang) []view.Found {
	var out []view.Found
	for i := range run.Results {
		r := &run.Results[i]
		title := titleOf(r.Check, l)
		for _, f := range r.Findings {
			if f.Severity > check.Info {
				out = append(out, view.Found{Title: title, Where: report.Visible(f.Where), Severity: f.Severity})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b view.Found) int { return cmp.Compare(b.Severity, a.Severity) })
	return out
}

// titleOf is the title of a check, or its name when this version does not know it.
func titleOf(name string, l i18n.Lang) string {
	c, suite := checks.Find(name)
	if c == nil {
		return name
	}
	t, err := suite.LoadText(c)
	if err != nil {
		return name
	}
	return t[l].Title
}

func (s *Server) pauseDiagnosis(w http.ResponseWriter, v *visit) error {
	return s.want(w, v, store.WantPause, v.t("一時停止します。2秒以内に、お店へのリクエストが止まります。"))
}

func (s *Server) stopDiagnosis(w http.ResponseWriter, v *visit) error {
	return s.want(w, v, store.WantStop, v.t("中止します。2秒以内に、お店へのリクエストが止まります。"))
}

func (s *Server) want(w http.ResponseWriter, v *visit, wanted, done string) error {
	x, _, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if err := s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error { return tx.WantDiagnosis(ctx, x.Shop, x.ID, wanted) }); err != nil {
		return err
	}
	return s.see(w, v, diagnosisURL(x), done)
}

func (s *Server) resumeDiagnosis(w http.ResponseWriter, v *visit) error {
	x, _, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	ctx := v.Context()
	if x.Plan.Consent != "" {
		c, err := s.db.Consent(ctx, x.Shop, x.Plan.Consent)
		if err != nil {
			return err
		}
		if !c.Stands(s.now()) || !c.Covers(v.Actor, v.Shop) {
			return s.see(w, v, diagnosisURL(x), v.t("この診断のもとになった同意が今はないため、再開できません。新しい同意のもとで、新しく診断してください。"))
		}
	}
	err = s.db.Change(ctx, v.by(), s.now(), func(tx *store.Tx) error {
		if x.Plan.Consent != "" {
			if err := tx.UseConsent(ctx, x.Shop, x.Plan.Consent); err != nil {
				return err
			}
		}
		return errors.Join(tx.QueueDiagnosis(ctx, x.Shop, x.ID), s.opt.Queue.Enqueue(ctx, tx, jobs.Diagnose{ID: x.ID, Emergency: x.Plan.Emergency}))
	})
	if err != nil {
		return err
	}
	return s.see(w, v, diagnosisURL(x), v.t("続きから再開します。"))
}

func (s *Server) ledgerPage(w http.ResponseWriter, v *visit) error {
	x, _, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	journal, err := s.db.Journal(v.Context(), x.Run)
	if err != nil {
		return err
	}
	lines, err := journal.Ledger(v.Context())
	if err != nil {
		return err
	}
	form := view.Ledger{ShopHead: s.tabsOf(v), Back: view.Item{Name: v.t("診断"), URL: diagnosisURL(x)}, Whole: wire.VerifyLedger(lines) == nil, Total: len(lines)}
	from, _ := strconv.Atoi(v.URL.Query().Get("after")) // no number: the beginning
	from = max(0, min(from, len(lines)))
	form.First = from == 0
	lines = lines[from:]
	if len(lines) > 4*rows {
		lines = lines[:4*rows]
		form.Next = strconv.Itoa(from + 4*rows)
	}
	for _, e := range lines {
		form.Lines = append(form.Lines, view.Sent{Seq: e.Seq, At: e.At, What: strings.TrimSpace(e.Method + " " + report.Visible(e.Target)), State: ledgerWord(v, e.State), Status: e.Status, Bytes: e.Bytes, Check: e.Check, Note: report.Visible(e.Note), Addr: e.Addr})
	}
	return s.page(w, v, http.StatusOK, view.LedgerPage(form))
}

func ledgerWord(v *visit, s wire.State) string {
	switch s {
	case wire.Sent:
		return v.t("送信")
	case wire.Answered:
		return v.t("応答")
	case wire.Failed:
		return v.t("失敗")
	case wire.Refused:
		return v.t("送らず")
	}
	return string(s)
}

// comparePage sets a diagnosis beside an earlier one of the same shop.
func (s *Server) comparePage(w http.ResponseWriter, v *visit) error {
	x, run, err := s.diagnosis(v)
	if err != nil {
		return err
	}
	form := view.Compare{ShopHead: s.tabsOf(v), Back: view.Item{Name: v.t("診断"), URL: diagnosisURL(x)}}
	id := account.ID(v.URL.Query().Get("with"))
	if !id.Valid() {
		list, err := s.db.Diagnoses(v.Context(), v.Shop.ID, x.ID, 1)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return s.page(w, v, http.StatusOK, view.ComparePage(form))
		}
		id = list[0].ID
	}
	y, err := s.db.Diagnosis(v.Context(), v.Shop.ID, id)
	if err != nil {
		return err
	}
	before, err := s.db.Run(v.Context(), y.Run)
	if err != nil {
		return err
	}
	if run.Started.Before(before.Started) {
		run, before = before, run
	}
	form.Earlier, form.Later = before.Started, run.Started
	for _, c := range diagnose.Compare(before, run) {
		form.List = append(form.List, view.Changed{Change: c.Change, Found: view.Found{Title: titleOf(c.Finding.Check, v.Lang), Where: report.Visible(c.Finding.Where), Severity: c.Finding.Severity}})
	}
	return s.page(w, v, http.StatusOK, view.ComparePage(form))
}
