package jobs

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/browser"
	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/notice"
	"miseban/internal/perform"
	"miseban/internal/store"
	"miseban/internal/wire"
)

const queueDiagnose = "diagnose"

// Diagnose carries out a stored diagnosis for a while. What is not done then
// is done by a further job, so that every shop has its turn.
type Diagnose struct {
	ID        account.ID `json:"id"`
	Due       time.Time  `json:"-"` // not before; zero: now
	Emergency bool       `json:"emergency,omitempty"`
}

// Kind names the job in the queue.
func (Diagnose) Kind() string { return "diagnose" }

// The words of ours for why a diagnosis waits or stopped (Diagnosis.Why);
// "person" and store.StopEverything stand beside them.
const (
	WhyShop    = "shop"    // a rule that spares the shop
	WhyWindow  = "window"  // outside the agreed hours; it goes on by itself
	WhyRefused = "refused" // the scope does not allow it
	WhyReached = "reached" // the shop could not be examined
	WhyConsent = "consent" // what the shop agreed to does not hold any more
	WhyClosed  = "closed"  // a day on which nothing may be sent; it goes on by itself
)

// diagnoser is the worker of Diagnose.
type diagnoser struct {
	river.WorkerDefaults[Diagnose]
	q *Queue
}

var (
	errChunk = errors.New("other shops have their turn")
	errLost  = errors.New("another worker has the diagnosis")
	errMoved = errors.New("the shop is at another address now")
)

// moved says whether the shop's address is at another host than the run's. What
// was planned or repeats is then over: the old host may be a stranger's by now.
func moved(shop *account.Shop, run *diagnose.Run) bool {
	now, err := url.Parse(shop.URL)
	if err != nil {
		return true
	}
	then, err := url.Parse(run.Shop)
	return err != nil || !strings.EqualFold(now.Host, then.Host)
}

// wanted is why a person's wish ends a job.
type wanted struct{ what, why string }

func (w *wanted) Error() string { return w.what + ": " + w.why }

// Work carries out one job.
func (d *diagnoser) Work(ctx context.Context, job *river.Job[Diagnose]) error {
	q, db := d.q, d.q.opt.DB
	holder := q.holder + string(account.NewID())
	log := q.opt.Log.With("diagnosis", job.Args.ID)
	x, err := db.DiagnosisByID(ctx, job.Args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	took, err := db.TakeDiagnosis(ctx, x.ID, holder, hold)
	if err != nil || !took {
		return err // not wanted any more, not due, or somebody else's: nothing to do
	}
	run, err := db.Run(ctx, x.Run)
	if err != nil {
		return err
	}
	shop, err := db.Shop(ctx, x.Shop)
	if err != nil {
		return err
	}
	if moved(shop, run) {
		return d.leave(context.WithoutCancel(ctx), x, run, holder, nil, errMoved)
	}
	if err := d.ready(ctx, x, run, time.Now()); err != nil {
		return d.leave(context.WithoutCancel(ctx), x, run, holder, nil, err)
	}
	log.InfoContext(ctx, "diagnosis goes on", "run", run.ID)
	cause, err := d.carry(ctx, x, run, holder)
	return d.leave(context.WithoutCancel(ctx), x, run, holder, cause, err)
}

// carry works on a run until it ends, its time is over, somebody wants it to
// stop, or the right to it is lost. cause says which; nil: it ended by itself.
func (d *diagnoser) carry(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, holder string) (cause, err error) {
	q := d.q
	doing, end := context.WithCancelCause(ctx)
	defer end(nil)
	timer := time.AfterFunc(q.opt.Chunk, func() { end(errChunk) })
	defer timer.Stop()
	told := &teller{p: x.Progress, findings: findings(run)}
	var wg sync.WaitGroup
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { d.watch(watching, x, run, holder, told, end) })
	err = perform.Do(doing, perform.Options{
		DB: q.opt.DB, Run: run, Intel: intel.Default(), Log: q.opt.Log, Version: q.opt.Version, InfoURL: q.opt.InfoURL, Courtesy: q.courtesy,
		Browse: func(ctx context.Context, c *wire.Client) (*browser.Browser, error) { return d.browse(ctx, c) },
		Watch:  func(*wire.Client) func(diagnose.Event) { return told.hear },
	})
	unwatch()
	wg.Wait()
	if doing.Err() != nil {
		cause = context.Cause(doing)
	}
	return cause, err
}

// browse starts a browser where there is one.
func (d *diagnoser) browse(ctx context.Context, c *wire.Client) (*browser.Browser, error) {
	if d.q.opt.Plain {
		return nil, nil
	}
	b, err := browser.Start(ctx, browser.Options{Client: c, Version: d.q.opt.Version, Log: d.q.opt.Log})
	if err != nil {
		d.q.opt.Log.WarnContext(ctx, "diagnosing without a browser", "error", err)
		return nil, nil
	}
	return b, nil
}

// watch says every second that the worker is alive, tells how far it is, and
// ends the run when somebody wants that or the right to it is lost.
func (d *diagnoser) watch(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, holder string, told *teller, end context.CancelCauseFunc) {
	id := x.ID
	t := time.NewTicker(beat)
	defer t.Stop()
	heard := time.Now() // when the database last said that the right holds
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		asking, cancel := context.WithTimeout(ctx, hold/3)
		what, why, err := d.q.opt.DB.KeepDiagnosis(asking, id, holder, hold)
		cancel()
		switch {
		case errors.Is(err, store.ErrConflict):
			end(errLost)
			return
		case err != nil:
			if time.Since(heard) > hold-2*beat { // before another may take it
				end(errLost)
				return
			}
			continue
		case what != store.WantGo:
			end(&wanted{what, why})
			return
		}
		heard = time.Now()
		d.alarm(ctx, x, run, told)
		var closed *closedError
		if errors.As(d.closed(ctx, x, run, heard), &closed) {
			end(closed)
			return
		}
		if p, changed := told.news(); changed {
			_ = d.q.opt.DB.TellProgress(ctx, id, holder, p) // a display; the next second tells it again
		}
	}
}

// alarm raises what cannot wait for the end of the diagnosis, as soon as it is
// stored. What fails is tried with the next beat, and at the end.
func (d *diagnoser) alarm(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, told *teller) {
	list := told.danger()
	if len(list) == 0 {
		return
	}
	err := d.q.opt.DB.Change(ctx, "", time.Now(), func(tx *store.Tx) error { return d.q.raise(ctx, tx, x, run, list) })
	if err != nil {
		d.q.opt.Log.WarnContext(ctx, "an alarm waits", "diagnosis", x.ID, "error", err)
		told.dangerAgain(list)
	}
}

// leave writes where the diagnosis came to, with the job that goes on with it.
func (d *diagnoser) leave(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, holder string, cause, err error) error {
	q := d.q
	var refused *perform.RefusedError
	var w *wanted
	var closed *closedError
	state, why, due := store.DiagnosisFinished, "", time.Time{}
	switch {
	case errors.Is(cause, errLost):
		return nil
	case errors.As(err, &refused), errors.Is(err, errMoved):
		q.opt.Log.WarnContext(ctx, "a diagnosis was refused", "diagnosis", x.ID, "error", err)
		state, why = store.DiagnosisFailed, WhyRefused
	case errors.Is(err, errConsent):
		state, why = store.DiagnosisFailed, WhyConsent
	case errors.As(err, &closed), errors.As(cause, &closed):
		state, why, due = store.DiagnosisPlanned, WhyClosed, closed.until
	case err != nil && cause == nil:
		return err // nobody says any more that it is alive, so it is adopted later
	case errors.As(cause, &w) && w.what == store.WantPause:
		state, why = store.DiagnosisPaused, w.why
	case errors.As(cause, &w):
		state, why = store.DiagnosisStopped, w.why
	case cause != nil: // its time is over, or this process ends
		state = store.DiagnosisQueued
	case run.State == diagnose.Failed:
		state, why = store.DiagnosisFailed, WhyReached
	case run.State == diagnose.Stopped && run.Scope.Open(time.Now()) != nil:
		state, why, due = store.DiagnosisPlanned, WhyWindow, Opening(run.Scope, account.Calendar{}, time.Now()) // a day without diagnosis is met then
	case run.State == diagnose.Stopped:
		state, why = store.DiagnosisStopped, WhyShop
	}
	return retry(func() error { return q.leave(ctx, x, run, holder, state, why, due) })
}

// leave writes the state that a diagnosis came to with all that follows from it.
func (q *Queue) leave(ctx context.Context, x *store.Diagnosis, run *diagnose.Run, holder string, state store.DiagnosisState, why string, due time.Time) error {
	return q.opt.DB.Change(ctx, "", time.Now(), func(tx *store.Tx) error {
		if err := tx.LeaveDiagnosis(ctx, x, holder, state, why, due); err != nil {
			if errors.Is(err, store.ErrConflict) {
				return nil
			}
			return err
		}
		if err := q.raise(ctx, tx, x, run, run.Results); err != nil { // before the list knows what was found
			return err
		}
		if state == store.DiagnosisFinished {
			if err := q.merge(ctx, tx, x, run); err != nil {
				return err
			}
		}
		switch {
		case state == store.DiagnosisQueued, state == store.DiagnosisPlanned:
			return q.Enqueue(ctx, tx, Diagnose{ID: x.ID, Due: due, Emergency: x.Plan.Emergency})
		case state == store.DiagnosisFinished && x.Plan.Repeat > 0:
			return q.repeat(ctx, tx, x, run)
		}
		return nil
	})
}

// repeat plans the next diagnosis on the same scope.
func (q *Queue) repeat(ctx context.Context, tx *store.Tx, x *store.Diagnosis, run *diagnose.Run) error {
	due := tx.At.AddDate(0, 0, x.Plan.Repeat)
	next := &store.Diagnosis{ID: account.NewID(), Shop: x.Shop, State: store.DiagnosisPlanned, Plan: x.Plan, Due: due, By: x.By}
	again := &diagnose.Run{ID: perform.NewRunID(tx.At), Shop: run.Shop, Seeds: run.Seeds, Given: run.Given, Started: due, Version: q.opt.Version, Scope: run.Scope, State: diagnose.Running}
	if err := tx.AddDiagnosis(ctx, next, again); err != nil {
		return err
	}
	return q.Enqueue(ctx, tx, Diagnose{ID: next.ID, Due: due, Emergency: next.Plan.Emergency})
}

// teller gathers what a run tells, for the display.
type teller struct {
	mu       sync.Mutex
	p, last  store.DiagnosisProgress
	findings int
	urgent   []check.Result // that nobody was told of yet
}

// danger takes the results that cannot wait.
func (t *teller) danger() []check.Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.urgent
	t.urgent = nil
	return list
}

// dangerAgain puts back what danger took.
func (t *teller) dangerAgain(list []check.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.urgent = append(list, t.urgent...)
}

// hear takes an event of the run.
func (t *teller) hear(e diagnose.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.p.Stage, t.p.Requests = e.Stage, max(t.p.Requests, e.Requests)
	switch e.Stage {
	case diagnose.Crawling:
		t.p.Page, t.p.Pages, t.p.Waiting = e.Page, e.Pages, e.Waiting
	case diagnose.Checking:
		t.p.Done, t.p.Total = e.Done, e.Total
		if e.Result != nil {
			for _, f := range e.Result.Findings {
				if f.Severity > check.Info {
					t.findings++
				}
			}
			if urgent(e.Result) {
				t.urgent = append(t.urgent, check.Result{Check: e.Result.Check, Findings: slices.Clone(e.Result.Findings)})
			}
		}
	}
	t.p.Findings = t.findings
}

// urgent says that a result has something that cannot wait.
func urgent(r *check.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f check.Finding) bool {
		f.Check = r.Check
		_, ok := notice.Urgent(&f)
		return ok
	})
}

// news is what to show, and whether it differs from what was shown.
func (t *teller) news() (store.DiagnosisProgress, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed := t.p != t.last
	t.last = t.p
	return t.p, changed
}

// findings counts what a resumed run has found already.
func findings(run *diagnose.Run) int {
	n := 0
	for _, k := range run.Findings() {
		n += k
	}
	return n
}
