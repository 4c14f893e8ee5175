package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/perform"
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
	var show *progress
	err = perform.Do(ctx, perform.Options{
		DB: db, Run: run, Intel: bundle, Log: a.log, Version: Version, InfoURL: os.Getenv("MISEBAN_INFO_URL"), Alone: around.fresh,
		MailSink: rf.mailSink,
		Browse: func(ctx context.Context, client *wire.Client) (*browser.Browser, error) {
			return a.browse(ctx, client, rf.browser)
		},
		Watch: func(client *wire.Client) func(diagnose.Event) {
			show = newProgress(a, run, client)
			return show.event
		},
	})
	if show != nil {
		show.end()
	}
	var refused *perform.RefusedError
	var unwritten *perform.UnwrittenError
	switch {
	case errors.As(err, &refused) && begun:
		return &exitError{exitUsage, err}
	case errors.As(err, &refused):
		return errors.Join(&exitError{exitUsage, err}, db.DeleteRun(ctx, run.ID))
	case errors.As(err, &unwritten):
		return a.unwritten(run, err)
	case err != nil:
		return err
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
	return perform.Document(ctx, db, run, a.lang)
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

func fileExists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
