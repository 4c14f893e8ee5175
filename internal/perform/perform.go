// Package perform carries out a stored run – journal, client, browser, checks,
// results kept as they come – and puts it into a report: what the command line
// and the workers share.
package perform

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/mailbox"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// Options say what to carry out and with what.
type Options struct {
	DB      *store.DB
	Run     *diagnose.Run // stored already; what is found out is written into it
	Intel   *intel.Bundle
	Log     *slog.Logger
	Version string // Miseban's
	InfoURL string
	// Courtesy is shared by what runs side by side; nil: the process-wide one.
	Courtesy *wire.Courtesy
	// Alone says not to compare with an earlier run of the same address.
	Alone bool
	// MailSink is where mails to the test accounts are received ("host:port"); "": nowhere.
	MailSink string
	// Browse starts the browser; nil, or no browser and no error, does without.
	Browse func(context.Context, *wire.Client) (*browser.Browser, error)
	// Watch is told of the client before anything leaves, and says who hears
	// what happens; nil: nobody.
	Watch func(*wire.Client) func(diagnose.Event)
}

// RefusedError says that the scope of a run does not allow it to begin.
type RefusedError struct{ err error }

// Error is the reason's.
func (e *RefusedError) Error() string { return e.err.Error() }

// Unwrap is the reason.
func (e *RefusedError) Unwrap() error { return e.err }

// UnwrittenError says that the store would not keep what happened; nothing
// leaves that cannot be written down, so the run ended there.
type UnwrittenError struct{ err error }

// Error is the store's.
func (e *UnwrittenError) Error() string { return e.err.Error() }

// Unwrap is the store's error.
func (e *UnwrittenError) Unwrap() error { return e.err }

// Do carries out the run from where it stands. How it ended stands in the
// run's State and Reason; the error is for what went wrong on our own side.
func Do(ctx context.Context, o Options) error {
	db, run := o.DB, o.Run
	if run.Editions == nil { // else it is carried on
		if err := pin(ctx, db, run); err != nil {
			return err
		}
	}
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return err
	}
	doing, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	client, err := wire.NewClient(wire.Options{
		Scope: run.Scope, Journal: kept{journal, fail}, Masker: journal.Masker(), Courtesy: o.Courtesy, Log: o.Log, Version: o.Version, Run: run.ID,
		InfoURL: o.InfoURL, Roots: run.Roots(),
	})
	if err != nil {
		return &RefusedError{err}
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
		Run: run, Client: client, Suites: checks.All, Intel: o.Intel, Now: time.Now,
		Save: func(ctx context.Context, r *check.Result) error { return db.SaveResult(ctx, run.ID, r) },
	}
	if !o.Alone {
		if id, err := db.LatestRun(ctx, run); err == nil && id != "" {
			if cfg.Earlier, err = siteOf(ctx, db, id, o); err != nil {
				o.Log.WarnContext(ctx, "the earlier run cannot be read", "run", id, "error", err)
			}
		}
	}
	if o.MailSink != "" {
		if cfg.Mails, err = mailbox.Listen(doing, o.MailSink, mailboxes(run.Scope)...); err != nil {
			return err
		}
		defer cfg.Mails.Close()
	}
	if o.Browse != nil {
		b, err := o.Browse(ctx, client)
		if err != nil {
			return err
		}
		if b != nil {
			defer b.Close()
			cfg.Render, cfg.Try, cfg.SignIn, run.Browser = b.Render, b.Try, b.SignIn, b.Version()
		}
	}
	if o.Watch != nil {
		cfg.Progress = o.Watch(client)
	}
	_, err = diagnose.Do(doing, cfg)
	if ctx.Err() == nil && doing.Err() != nil {
		return &UnwrittenError{context.Cause(doing)}
	}
	if err = errors.Join(err, db.SaveRun(context.WithoutCancel(ctx), run)); err != nil {
		return &UnwrittenError{err}
	}
	return nil
}

// mailboxes are the addresses to which the shop may send mail.
func mailboxes(s *wire.Scope) []string {
	var out []string
	for _, a := range s.Accounts {
		if a.Mailbox != "" {
			out = append(out, a.Mailbox)
		}
	}
	return out
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

// siteOf makes the site of a stored run again, without any traffic.
func siteOf(ctx context.Context, db *store.DB, id string, o Options) (*check.Site, error) {
	run, err := db.Run(ctx, id)
	if err != nil {
		return nil, err
	}
	client, err := Offline(ctx, db, run, o.Version)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Intel: o.Intel, Now: func() time.Time { return run.Started }})
}

// Offline makes a client that answers from the run's journal alone and writes nothing to it.
func Offline(ctx context.Context, db *store.DB, run *diagnose.Run, version string) (*wire.Client, error) {
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	scope := *run.Scope
	scope.Level = wire.Offline
	client, err := wire.NewClient(wire.Options{Scope: &scope, Journal: journal.ReadOnly(), Masker: journal.Masker(), Version: version, Run: run.ID, Roots: run.Roots()})
	if err == nil {
		_, err = client.Listen() // the calls that the run's listener heard are records too
	}
	return client, err
}

// statement is what the shop that a run diagnosed says of itself; nil for a
// run that no registered shop asked for.
func statement(ctx context.Context, db *store.DB, run *diagnose.Run) (*assessment.Statement, error) {
	shop, err := db.ShopOfRun(ctx, run.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return db.Statement(ctx, shop, "", store.Outside) // a report is read by many
}

// Document judges a stored run, together with what its shop says of itself,
// and puts it into words.
func Document(ctx context.Context, db *store.DB, run *diagnose.Run, l i18n.Lang) (*report.Document, error) {
	journal, err := db.Journal(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	ledger, err := journal.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	editions, err := editionsOf(ctx, db, run)
	if err != nil {
		return nil, err
	}
	said, err := statement(ctx, db, run)
	if err != nil {
		return nil, err
	}
	judged := assessment.New(run, editions, said, time.Now(), checks.Catalogue)
	return report.Build(ctx, judged, report.Input{Suites: checks.All, Exchange: journal.Exchange, Ledger: ledger}, l)
}

// NewRunID is a run's number: time first, so that lists sort by it.
func NewRunID(t time.Time) string {
	return "r" + t.UTC().Format("20060102-150405") + "-" + strings.ToLower(rand.Text()[:5])
}
