package jobs

import (
	"context"
	"errors"
	"time"

	"miseban/internal/checks"
	"miseban/internal/diagnose"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// merge takes what a diagnosis has seen into the shop's work list, in the
// change that ends it: a list never shows half a diagnosis.
func (q *Queue) merge(ctx context.Context, tx *store.Tx, x *store.Diagnosis, run *diagnose.Run) error {
	said, err := tx.MergeFindings(ctx, x.Shop, workflow.LookOf(run, checks.Catalogue))
	if err == nil {
		q.opt.Log.InfoContext(ctx, "findings merged", "diagnosis", x.ID, "new", said.New, "again", said.Again, "back", said.Back, "gone", said.Gone, "settled", said.Settled)
	}
	return err
}

// retry makes a change that somebody else's came between once more.
func retry(change func() error) error {
	var err error
	for range 5 {
		if err = change(); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return err
}

// expire opens again what was accepted or called a false alarm until a day that
// is over. Of several processes one is first; the others find nothing to do.
func (q *Queue) expire(ctx context.Context, at time.Time) error {
	const most = 500
	if any, err := q.opt.DB.AnyExpired(ctx, at); !any {
		return err
	}
	for {
		n := 0
		err := q.opt.DB.Change(ctx, "", at, func(tx *store.Tx) (err error) {
			n, err = tx.ExpireFindings(ctx, most)
			return err
		})
		if errors.Is(err, store.ErrConflict) {
			return nil // somebody moved one just now; the next look finds the others
		}
		if err != nil || n < most {
			return err
		}
	}
}
