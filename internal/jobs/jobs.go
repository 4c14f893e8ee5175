// Package jobs is work that outlives a request: what is put into the queue
// together with a change in the store, and the workers that do it. It is the
// only importer of River.
package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"miseban/internal/notice"
	"miseban/internal/store"
	"miseban/internal/wire"
)

// Options say which database the queue is in and how much is worked on here.
type Options struct {
	DB *store.DB
	// Database is the address with which DB was opened; on PostgreSQL the queue
	// has a pool of its own.
	Database string
	// Workers is how many diagnoses this process carries out side by side; 0:
	// it only puts work into the queue.
	Workers int
	Log     *slog.Logger
	Version string
	InfoURL string
	// Chunk is how long one job may take before it makes room for others;
	// default 9 minutes, never more.
	Chunk time.Duration
	// Plain does without a browser.
	Plain bool
	// Mail is the server that takes mails; nil: this process sends none.
	Mail *notice.Server
	// Local lets tickets go to receivers on this very computer; for trying out.
	Local bool
}

// How long a worker holds a diagnosis without saying that it is alive, and how
// often it says so and asks what people want: within two seconds of a stop
// nothing leaves any more.
const (
	hold  = 15 * time.Second
	beat  = time.Second
	chunk = 9 * time.Minute
)

// Queue puts work into the queue and carries it out.
type Queue struct {
	opt      Options
	holder   string // names this process among those that share the database
	lite     *river.Client[*sql.Tx]
	pg       *river.Client[pgx.Tx]
	pool     *pgxpool.Pool
	courtesy *wire.Courtesy // nil: the process's own
	book     *book
	mailing  time.Time                     // when this process last said that it sends mails
	putOff   func(tries int) time.Duration // how long a mail or message waits that was not taken
	poster   *wire.Poster
	stop     context.CancelFunc
	done     chan struct{}
}

// Open opens the queue, making its tables where they are missing.
func Open(ctx context.Context, o Options) (*Queue, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Chunk <= 0 || o.Chunk > chunk {
		o.Chunk = chunk
	}
	q := &Queue{opt: o, holder: rand.Text(), putOff: putOff, poster: wire.NewPoster(o.Local)}
	if !o.DB.Postgres() {
		driver := riversqlite.New(o.DB.Writer())
		if err := migrate(ctx, driver, o.Log); err != nil {
			return nil, err
		}
		var err error
		q.lite, err = river.NewClient(driver, q.config())
		return q, err
	}
	pool, err := pgxpool.New(ctx, o.Database)
	if err != nil {
		return nil, fmt.Errorf("opening the queue: %w", err)
	}
	driver := riverpgxv5.New(pool)
	if err = migrate(ctx, driver, o.Log); err == nil {
		q.pg, err = river.NewClient(driver, q.config())
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	q.pool, q.book = pool, newBook(o.DB)
	q.courtesy = wire.NewCourtesy()
	q.courtesy.Grant, q.courtesy.Lease = q.book.grant, q.book.lease
	return q, nil
}

// migrate makes the queue's tables. Of two processes that begin at once one
// may trip over the other: it looks again.
func migrate[T any](ctx context.Context, d riverdriver.Driver[T], log *slog.Logger) error {
	m, err := rivermigrate.New(d, &rivermigrate.Config{Logger: quiet(log)})
	if err != nil {
		return err
	}
	for range 5 {
		if _, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil {
			return nil
		}
	}
	return fmt.Errorf("making the tables of the queue: %w", err)
}

// quiet lets River say only what is wrong.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(loud{log.Handler()}) }

type loud struct{ slog.Handler }

// Enabled holds back what is no warning.
func (l loud) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && l.Handler.Enabled(ctx, level)
}

func (q *Queue) config() *river.Config {
	c := &river.Config{
		Logger: quiet(q.opt.Log), JobTimeout: chunk + 90*time.Second, RescueStuckJobsAfter: chunk + 4*time.Minute, MaxAttempts: 10,
		FetchCooldown: 100 * time.Millisecond, FetchPollInterval: time.Second, CompletedJobRetentionPeriod: 24 * time.Hour,
	}
	if q.idle() {
		return c
	}
	c.Workers, c.Queues = river.NewWorkers(), map[string]river.QueueConfig{}
	river.AddWorker(c.Workers, &diagnoser{q: q})
	river.AddWorker(c.Workers, &mailer{q: q})
	river.AddWorker(c.Workers, &alarmer{q: q})
	river.AddWorker(c.Workers, &hooker{q: q})
	river.AddWorker(c.Workers, &importer{q: q})
	c.Queues[queueImport] = river.QueueConfig{MaxWorkers: 1}
	c.Queues[queueHook] = river.QueueConfig{MaxWorkers: 4}
	c.Queues[queueAlarm] = river.QueueConfig{MaxWorkers: 2}
	if q.opt.Workers > 0 {
		c.Queues[queueDiagnose] = river.QueueConfig{MaxWorkers: q.opt.Workers}
	}
	if q.opt.Mail != nil {
		c.Queues[queueMail] = river.QueueConfig{MaxWorkers: 4}
	}
	return c
}

// idle says that this process only puts work into the queue.
func (q *Queue) idle() bool { return q.opt.Workers == 0 && q.opt.Mail == nil }

// Enqueue puts a job into the queue with the caller's change: both are kept or
// neither.
func (q *Queue) Enqueue(ctx context.Context, tx *store.Tx, job Diagnose) error {
	opts := &river.InsertOpts{Queue: queueDiagnose, ScheduledAt: job.Due, Priority: 2}
	if job.Emergency {
		opts.Priority = 1
	}
	if err := q.insert(ctx, tx, job, opts); err != nil {
		return fmt.Errorf("putting %s into the queue: %w", job.ID, err)
	}
	return nil
}

// insert puts any job into the queue.
func (q *Queue) insert(ctx context.Context, tx *store.Tx, job river.JobArgs, opts *river.InsertOpts) error {
	lite, pg := tx.Queue()
	switch {
	case lite != nil && q.lite != nil:
		_, err := q.lite.InsertTx(ctx, lite, job, opts)
		return err
	case pg != nil && q.pg != nil:
		_, err := q.pg.InsertTx(ctx, pg, job, opts)
		return err
	}
	return errors.New("the change is of another database")
}

// Start begins to work. Stop ends it.
func (q *Queue) Start(ctx context.Context) error {
	if q.idle() {
		return nil
	}
	ctx, q.stop = context.WithCancel(context.WithoutCancel(ctx))
	q.done = make(chan struct{})
	var err error
	if q.lite != nil {
		err = q.lite.Start(ctx)
	} else {
		err = q.pg.Start(ctx)
	}
	if err != nil {
		return fmt.Errorf("starting the workers: %w", err)
	}
	go func() {
		defer close(q.done)
		q.look(ctx)
	}()
	return nil
}

// Stop ends the work: what runs is put back into the queue, to be gone on with
// by whoever is there.
func (q *Queue) Stop(ctx context.Context) error {
	var err error
	if q.stop != nil {
		if q.lite != nil {
			err = q.lite.StopAndCancel(ctx)
		} else {
			err = q.pg.StopAndCancel(ctx)
		}
		q.stop()
		<-q.done
	}
	if q.pool != nil {
		q.pool.Close()
	}
	return err
}

// look finds, every few seconds, the diagnoses whose worker died, and puts
// them back into the queue; keeps the connections that runs hold; and opens
// findings again whose day is over; and posts mails and tickets.
func (q *Queue) look(ctx context.Context) {
	t := time.NewTicker(5 * time.Second)
	defer t.Stop()
	for {
		if err := errors.Join(q.adopt(ctx), q.book.keep(ctx), q.expire(ctx, time.Now()), q.mails(ctx, time.Now()), q.hooks(ctx, time.Now())); err != nil && ctx.Err() == nil {
			q.opt.Log.WarnContext(ctx, "looking after the queue", "error", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

func (q *Queue) adopt(ctx context.Context) error {
	ids, err := q.opt.DB.Orphans(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := q.opt.DB.Change(ctx, "", time.Now(), func(tx *store.Tx) error {
			return errors.Join(tx.Adopt(ctx, id), q.Enqueue(ctx, tx, Diagnose{ID: id}))
		})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
		q.opt.Log.InfoContext(ctx, "a diagnosis without its worker goes on", "diagnosis", id)
	}
	return nil
}
