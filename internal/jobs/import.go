package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"miseban/internal/account"
	"miseban/internal/store"
)

const queueImport = "import"

// Import saves the lines of a confirmed list of shops that the request which
// confirmed it did not come to.
type Import struct {
	ID           account.ID `json:"id"`
	Organisation account.ID `json:"organisation"`
	By           account.ID `json:"by"`
	Prepare      bool       `json:"prepare"` // shops of others, which are only prepared
}

// Kind names the job in the queue.
func (Import) Kind() string { return "import" }

// importer is the worker of Import.
type importer struct {
	river.WorkerDefaults[Import]
	q *Queue
}

// Work saves chunk by chunk. Whoever takes the job up again goes on behind the
// last one that was kept.
func (w *importer) Work(ctx context.Context, job *river.Job[Import]) error {
	db, a := w.q.opt.DB, job.Args
	x, err := db.Import(ctx, a.Organisation, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		return river.JobCancel(err)
	}
	if err != nil {
		return err
	}
	return db.SaveImport(ctx, a.By, time.Now, x, a.Prepare)
}

// EnqueueImport puts the rest of a list into the queue with the change that
// confirms it.
func (q *Queue) EnqueueImport(ctx context.Context, tx *store.Tx, job Import) error {
	if err := q.insert(ctx, tx, job, &river.InsertOpts{Queue: queueImport, Priority: 3}); err != nil {
		return fmt.Errorf("putting list %s into the queue: %w", job.ID, err)
	}
	return nil
}
