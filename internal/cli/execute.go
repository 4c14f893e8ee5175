package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/intel"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// surroundings are what only some commands know of a run.
type surroundings struct {
	// fresh says not to compare with an earlier run of the same address: the
	// demo's port may have been another shop's.
	fresh bool
}

// execute carries out run and writes its reports. The run is in the store
// before the first request leaves.
func (a *app) execute(ctx context.Context, run *diagnose.Run, rf *runFlags, pf *reportFlags, around *surroundings) error {
	if around == nil {
		around = &surroundings{}
	}
	if err := a.passwords(run.Scope); err != nil {
		return err
	}
	bundle, err := a.bundle(rf.intel, rf.intelKey)
	if err != nil {
		return err
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Run(ctx, run.ID)
	begun := err == nil // by an earlier process
	if errors.Is(err, store.ErrNotFound) {
		if err := db.CreateRun(ctx, run); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return err
	}
	doing, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	client, err := wire.NewClient(wire.Options{
		Scope: run.Scope, Journal: kept{journal, fail}, Masker: journal.Masker(), Log: a.log, Version: Version, Run: run.ID,
		InfoURL: os.Getenv("MISEBAN_INFO_URL"), Roots: run.Roots(),
	})
	if err != nil && begun {
		return &exitError{exitUsage, err}
	}
	if err != nil {
		return errors.Join(&exitError{exitUsage, err}, db.DeleteRun(ctx, run.ID))
	}
	defer client.Close()
	listener, err := client.Listen()
	if err != nil {
		return err
	}
	if listener != nil {
		defer listener.Close()
		if err := db.SaveRun(ctx, run); err != nil { // its address is in the values that are sent
			return err
		}
	}
	cfg := diagnose.Config{
		Run: run, Client: client, Suites: checks.All, Intel: bundle, Now: time.Now,
		Save: func(ctx context.Context, r *check.Result) error { return db.SaveResult(ctx, run.ID, r) },
	}
	if !around.fresh {
		if id, err := db.LatestRun(ctx, run.Shop, run.Started); err == nil && id != "" {
			if cfg.Earlier, err = a.siteOf(ctx, db, id, bundle); err != nil {
				a.log.WarnContext(ctx, "the earlier run cannot be read", "run", id, "error", err)
			}
		}
	}
	b, err := a.browse(ctx, client, rf.browser)
	if err != nil {
		return err
	}
	if b != nil {
		defer b.Close()
		cfg.Render, run.Browser = b.Render, b.Version()
	}
	show := newProgress(a, run, client)
	cfg.Progress = show.event
	_, err = diagnose.Do(doing, cfg)
	show.end()
	if ctx.Err() == nil && doing.Err() != nil { // nothing may leave that cannot be written down
		return a.unwritten(run, context.Cause(doing))
	}
	if err = errors.Join(err, db.SaveRun(context.WithoutCancel(ctx), run)); err != nil {
		return a.unwritten(run, err)
	}
	return a.finish(context.WithoutCancel(ctx), db, run, pf)
}

// unwritten is the end of a run that the store would not keep.
func (a *app) unwritten(run *diagnose.Run, err error) error {
	if errors.Is(err, store.ErrBusy) {
		return &exitError{exitStopped, err} // another process goes on with it
	}
	a.say(a.t("記録を書き込めないため、診断を止めました。原因を取り除くと、続きから再開できます: miseban diagnose --resume {id}", "id", run.ID))
	return &exitError{exitStopped, err}
}

// kept is a journal that ends the run when it cannot write: what left must be
// on record, so nothing more leaves.
type kept struct {
	*store.Journal
	fail context.CancelCauseFunc
}

// Intent is the store's, with its failure made known.
func (k kept) Intent(ctx context.Context, e *wire.Entry) error {
	return k.told(k.Journal.Intent(ctx, e))
}

// Answer is the store's, with its failure made known.
func (k kept) Answer(ctx context.Context, e *wire.Entry, r *wire.Record) error {
	return k.told(k.Journal.Answer(ctx, e, r))
}

func (k kept) told(err error) error {
	if err != nil {
		k.fail(err)
	}
	return err
}

// finish writes the reports, says what was found and sets the exit code.
func (a *app) finish(ctx context.Context, db *store.DB, run *diagnose.Run, pf *reportFlags) error {
	var files []string
	if run.State != diagnose.Failed || len(run.Results) > 0 {
		doc, err := a.document(ctx, db, run)
		if err == nil {
			files, err = a.write(doc, pf)
		}
		if err != nil {
			a.summary(run, files)
			a.say(a.t("診断の結果は保存してあります。報告書は miseban report {id} で作り直せます。", "id", run.ID))
			return err
		}
	}
	a.summary(run, files)
	limit, err := pf.failSeverity(a)
	if err != nil {
		return err
	}
	switch {
	case run.State == diagnose.Stopped:
		a.code = exitStopped
	case run.State == diagnose.Failed && !(pf.failing && worst(run) >= limit): // what is wrong with the endpoint counts where somebody asked for it
		a.code = exitNothing
	case worst(run) >= limit:
		a.code = exitFindings
	}
	return nil
}

func worst(run *diagnose.Run) check.Severity {
	s := check.Info
	for k := range run.Findings() {
		s = max(s, k)
	}
	return s
}

// document judges a stored run and puts it into words.
func (a *app) document(ctx context.Context, db *store.DB, run *diagnose.Run) (*report.Document, error) {
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	ledger, err := journal.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	editions, err := reportEditions()
	if err != nil {
		return nil, err
	}
	judged := assessment.New(run, editions, nil, time.Now(), checks.Catalogue)
	return report.Build(ctx, judged, report.Input{Suites: checks.All, Exchange: journal.Exchange, Ledger: ledger}, a.lang)
}

// reportEditions are the editions a report judges, the guideline first.
func reportEditions() ([]*guideline.Edition, error) {
	var out []*guideline.Edition
	for _, id := range []string{"ipa-ec-2023", "ipa-wkd", "ipa-websec-7"} {
		e, err := guideline.Load(id)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// bundle is what is known of software: the embedded one, or an updated file.
func (a *app) bundle(file, keyFile string) (*intel.Bundle, error) {
	if file == "" {
		return intel.Default(), nil
	}
	if keyFile == "" {
		return intel.LoadBundle(file)
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("--intel-key: %w", err)
	}
	key, err := intel.ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("--intel-key %s: %w", keyFile, err)
	}
	return intel.LoadBundle(file, key)
}

// browse starts the browser as --browser asks: auto uses one where there is
// one, on demands it, off does without.
func (a *app) browse(ctx context.Context, client *wire.Client, mode string) (*browser.Browser, error) {
	switch mode {
	case "off":
		return nil, nil
	case "auto", "on":
	default:
		return nil, errors.New(a.t("--browser は auto、on、off のどれかを指定してください。"))
	}
	b, err := browser.Start(ctx, browser.Options{Client: client, Version: Version, Log: a.log})
	switch {
	case err == nil:
		return b, nil
	case mode == "on":
		return nil, errors.New(a.t("ブラウザを起動できません（{error}）。Chromium を入れるか、--browser off を指定してください。", "error", err.Error()))
	case errors.Is(err, browser.ErrNone):
		a.say(a.t("Chromium が見つからないため、ブラウザを使わずに診断します。"))
	default:
		a.say(a.t("ブラウザを起動できなかったため、使わずに診断します（{error}）。", "error", err.Error()))
	}
	return nil, nil
}

// siteOf makes the site of a stored run again, without any traffic.
func (a *app) siteOf(ctx context.Context, db *store.DB, id string, bundle *intel.Bundle) (*check.Site, error) {
	run, err := db.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	client, err := offline(ctx, db, run)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Intel: bundle, Now: func() time.Time { return run.Started }})
}

// offline makes a client that answers from the run's journal alone and writes nothing to it.
func offline(ctx context.Context, db *store.DB, run *diagnose.Run) (*wire.Client, error) {
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	scope := *run.Scope
	scope.Level = wire.Offline
	client, err := wire.NewClient(wire.Options{Scope: &scope, Journal: journal.ReadOnly(), Masker: journal.Masker(), Version: Version, Run: run.ID, Roots: run.Roots()})
	if err == nil {
		_, err = client.Listen() // the calls that the run's listener heard are records too
	}
	return client, err
}

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
