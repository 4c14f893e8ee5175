package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/jobs"
	"miseban/internal/perform"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/web/view"
	"miseban/internal/wire"
	"miseban/internal/workflow"
)

// anyScope stands for the scope of a run that is not kept any more.
func anyScope() *wire.Scope { return &wire.Scope{} }

// stands is how long the word of the person who asked for a diagnosis carries a
// retest on the same scope, where no recorded consent does.
const stands = 90 * 24 * time.Hour

// A retest that cannot begin says why, and what to do.
type noRetest struct{ account.Reason }

func (e *noRetest) Error() string { return "no retest: " + e.Message }

// planRetest makes the diagnosis that looks after a finding again: its check
// alone, on the scope of the run that saw it last. It rests on what that run
// rested on, and adds no authority to it.
func (s *Server) planRetest(ctx context.Context, shop *account.Shop, by *account.Actor, f *store.Finding) (*store.Diagnosis, *diagnose.Run, error) {
	now := s.now()
	last, err := s.db.Run(ctx, f.LastRun)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &noRetest{account.Reason{Message: "前の診断の記録がないため、再診断を始められません。次の診断で確かめます。"}}
	}
	if err != nil {
		return nil, nil, err
	}
	x, err := s.db.DiagnosisOfRun(ctx, shop.ID, last.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, &noRetest{account.Reason{Message: "前の診断の記録がないため、再診断を始められません。次の診断で確かめます。"}}
	}
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(last.Shop)
	if at, err2 := url.Parse(shop.URL); err != nil || err2 != nil || !strings.EqualFold(at.Host, u.Host) || wire.IsLocal(u.Hostname()) && !s.opt.Local {
		return nil, nil, &noRetest{account.Reason{Message: "お店のアドレスが前の診断から変わったため、再診断を始められません。お店の方が、新しいアドレスで診断を始めてください。"}}
	}
	until := now.AddDate(1, 0, 0)
	switch {
	case x.Plan.Consent != "":
		c, err := s.db.Consent(ctx, shop.ID, x.Plan.Consent)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, nil, err
		}
		if err != nil || !c.Stands(now) {
			return nil, nil, &noRetest{account.Reason{Message: "診断の同意の期限が切れているか、取り消されています。お店の責任者が新しく同意してから診断すると、その結果で確かめます。"}}
		}
		if !c.Covers(by, shop) {
			return nil, nil, &noRetest{account.Reason{Message: "この検査の再診断を始められるのは、お店の方か、同意された診断会社の診断員です。連絡してください。"}}
		}
		until = c.Until
	case now.Sub(last.Started) > stands:
		return nil, nil, &noRetest{account.Reason{Message: "前の診断から 90 日を過ぎています。お店の方が新しい診断を始めると、その結果で確かめます。"}}
	}
	days, err := jobs.Days(ctx, s.db, shop.ID, x.Plan.Consent, now)
	if err != nil {
		return nil, nil, err
	}
	d := &store.Diagnosis{ID: account.NewID(), Shop: shop.ID, State: store.DiagnosisQueued, Plan: store.DiagnosisPlan{Level: last.Scope.Level, Consent: x.Plan.Consent}, By: by.Person.ID}
	started := now.UTC()
	if due := jobs.Opening(last.Scope, days, now); due.After(now) {
		if !due.Before(until) {
			return nil, nil, &noRetest{account.Reason{Message: "診断してよい時間が、同意の期限までにありません。お店の方に確かめてください。"}}
		}
		d.State, d.Due, started = store.DiagnosisPlanned, due.UTC(), due.UTC()
	}
	run := &diagnose.Run{ID: perform.NewRunID(now), Parent: last.ID, Shop: last.Shop, Seeds: last.Seeds, Given: last.Given, Started: started, Version: s.opt.Version,
		Scope: last.Scope, State: diagnose.Running, Only: []string{f.Seen.Check}, Authorities: last.Authorities}
	return d, run, nil
}

// retest says that a finding is mended, and looks whether it is. What it says is
// for the person who pressed the button.
func (s *Server) retest(v *visit, shop *account.Shop, f *store.Finding) (string, error) {
	ctx, now := v.Context(), s.now()
	under, err := s.underWay(ctx, f)
	if err != nil {
		return "", err
	}
	var no *noRetest
	var d *store.Diagnosis
	var run *diagnose.Run
	if under == nil {
		if d, run, err = s.planRetest(ctx, shop, v.Actor, f); err != nil && !errors.As(err, &no) {
			return "", err
		}
	}
	err = s.db.Change(ctx, v.by(), now, func(tx *store.Tx) error {
		if f.State != workflow.Ready {
			if err := tx.MoveFinding(ctx, f, workflow.Ready, "", ""); err != nil {
				return err
			}
		}
		if d == nil {
			return nil
		}
		if d.Plan.Consent != "" {
			if err := tx.UseConsent(ctx, d.Shop, d.Plan.Consent); err != nil {
				return err
			}
		}
		if err := tx.Room(ctx, d.Shop, mostRetested); err != nil {
			return err
		}
		if err := tx.AddDiagnosis(ctx, d, run); err != nil {
			return err
		}
		if err := tx.RetestFindings(ctx, f, d.ID); err != nil {
			return err
		}
		return s.opt.Queue.Enqueue(ctx, tx, jobs.Diagnose{ID: d.ID, Due: d.Due})
	})
	switch {
	case err != nil:
		return "", err
	case no != nil:
		return no.In(v.Lang), nil
	case d == nil:
		return v.t("この検査の再診断は、もう始まっています。終わると、結果がここに出ます。"), nil
	case !d.Due.IsZero():
		return v.t("診断してよい時間になったら（{at}）、再診断します。", "at", view.Moment(d.Due)), nil
	}
	return v.t("再診断を始めました。終わると、結果がここに出ます。"), nil
}

// underWay is the retest of a finding that has not ended; nil when there is none.
func (s *Server) underWay(ctx context.Context, f *store.Finding) (*store.Diagnosis, error) {
	if f.Retest == "" {
		return nil, nil
	}
	d, err := s.db.Diagnosis(ctx, f.Shop, f.Retest)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case d.State == store.DiagnosisQueued || d.State == store.DiagnosisRunning || d.State == store.DiagnosisPlanned:
		return d, nil
	}
	return nil, nil
}

// retestFinding is the button 「直しました」.
func (s *Server) retestFinding(w http.ResponseWriter, v *visit) error {
	f, err := s.finding(v)
	if err != nil {
		return err
	}
	now := f.Revision
	if err := v.revision(f); err != nil {
		return err
	}
	wish := view.FindingWish{To: workflow.Ready}
	if f.Revision != now {
		return s.conflict(w, v, wish)
	}
	if f.State != workflow.Ready && !workflow.May(v.Roles, f.State, workflow.Ready) {
		return errForbidden
	}
	said, err := s.retest(v, v.Shop, f)
	if errors.Is(err, store.ErrConflict) {
		return s.conflict(w, v, wish)
	}
	if err != nil {
		return err
	}
	return s.see(w, v, findingURL(f), said)
}

// retested sets a finding before its last retest beside what that has seen.
func (s *Server) retested(v *visit, f *store.Finding) (*view.Retest, error) {
	if f.Retest == "" {
		return nil, nil
	}
	x, err := s.db.RetestOf(v.Context(), f.Shop, f.Retest, f.Seen.Check)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, r := &x.Diagnosis, x.Result
	out := &view.Retest{Diagnosis: *d, URL: diagnosisURL(d)}
	if d.State != store.DiagnosisFinished {
		return out, nil
	}
	if out.Before = x.Before; r == nil {
		return out, nil
	}
	out.Examined = r.Verdict == verdict.Met || r.Verdict == verdict.NotMet
	out.Reason = r.Reason.In(v.Lang)
	for i := range r.Findings {
		out.Still = out.Still || report.Fingerprint(&r.Findings[i]) == f.Fingerprint
	}
	return out, nil
}
