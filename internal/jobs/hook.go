package jobs

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/store"
)

const queueHook = "hook"

// Hook hands one message to the receiver of an organisation.
type Hook struct {
	ID account.ID `json:"id"`
}

// Kind names the job in the queue.
func (Hook) Kind() string { return "hook" }

// hooker is the worker of Hook.
type hooker struct {
	river.WorkerDefaults[Hook]
	q *Queue
}

// Timeout is longer than the patience with a receiver.
func (*hooker) Timeout(*river.Job[Hook]) time.Duration { return time.Minute }

// Work hands the message over. It is signed anew at each try, under the same ID
// and with the same body, so that a receiver knows what it has already.
func (w *hooker) Work(ctx context.Context, job *river.Job[Hook]) error {
	q, db := w.q, w.q.opt.DB
	m, err := db.HookSend(ctx, job.Args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil || m.State != store.HookQueued {
		return err
	}
	status, problem, final, err := q.hand(ctx, m)
	if err != nil {
		return err
	}
	if err := db.HookDone(context.WithoutCancel(ctx), m, status, problem, final, time.Now()); err != nil {
		return err
	}
	q.opt.Log.InfoContext(ctx, "message to a receiver", "message", m.ID, "kind", m.Kind, "status", status, "problem", problem, "state", string(m.State))
	if m.State != store.HookQueued {
		return nil
	}
	return river.JobSnooze(q.putOff(m.Tries))
}

// hand tries once. final says that another try is of no use.
func (q *Queue) hand(ctx context.Context, m *store.HookSend) (status int, problem string, final bool, err error) {
	db, now := q.opt.DB, time.Now()
	h, err := db.Hook(ctx, m.Organisation)
	if errors.Is(err, store.ErrNotFound) {
		return 0, store.HookNone, true, nil
	}
	if err != nil {
		return 0, "", false, err
	}
	if m.Shop != "" {
		if may, err := db.MendsShop(ctx, m.Organisation, m.Shop, now); err != nil || !may {
			return 0, store.HookNoAccess, true, err
		}
	}
	signed, err := h.Sign(m.ID, now, []byte(m.Body))
	if err != nil {
		return 0, "", false, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Miseban/" + q.opt.Version},
		"Webhook-Id": {string(m.ID)}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signed}}
	status, err = q.poster.Post(ctx, h.URL, header, []byte(m.Body))
	switch {
	case err != nil:
		return 0, store.HookNoAnswer, false, nil
	case status >= 200 && status < 300:
		return status, "", false, nil
	}
	return status, store.HookStatus, status == http.StatusGone, nil
}

// hooks puts messages that wait into the queue.
func (q *Queue) hooks(ctx context.Context, at time.Time) error {
	for {
		any, err := q.opt.DB.AnyHook(ctx)
		if err != nil || !any {
			return err
		}
		if err := q.opt.DB.Change(ctx, "", at, func(tx *store.Tx) error {
			ids, err := tx.GatherHooks(ctx, mostMails)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := q.insert(ctx, tx, Hook{ID: id}, &river.InsertOpts{Queue: queueHook, MaxAttempts: 25}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}
