package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"miseban/internal/store"
)

// book is the courtesy of all workers that share one database: turns and
// connections are booked there. Without the database nothing is sent.
type book struct {
	db   *store.DB
	mu   sync.Mutex
	held map[string]bool
}

// held connections are given up when their holder is silent for so long.
const connectionHold = 30 * time.Second

func newBook(db *store.DB) *book { return &book{db: db, held: map[string]bool{}} }

// grant is wire.Courtesy's: the next moment at which all keys may be asked.
func (b *book) grant(ctx context.Context, keys []string, every time.Duration) (time.Time, error) {
	wait, err := b.db.BookTurn(ctx, keys, every)
	if err != nil {
		return time.Time{}, err
	}
	// The wait counts from when the database looked at its clock, a little
	// before now: counting from now is never too early.
	return time.Now().Add(wait), nil
}

// lease is wire.Courtesy's: one of limit connections to all keys.
func (b *book) lease(ctx context.Context, keys []string, limit int) (func(), error) {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		id, ok, err := b.db.TakeConnection(ctx, keys, limit, connectionHold)
		if err != nil {
			return nil, err
		}
		if ok {
			b.mu.Lock()
			b.held[id] = true
			b.mu.Unlock()
			return func() { b.release(context.WithoutCancel(ctx), id) }, nil
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a free connection: %w", context.Cause(ctx))
		}
	}
}

func (b *book) release(ctx context.Context, id string) {
	b.mu.Lock()
	delete(b.held, id)
	b.mu.Unlock()
	// When the database is away the row ends by itself.
	_ = b.db.ReleaseConnection(ctx, id)
}

// keep tells the database that the connections are still held.
func (b *book) keep(ctx context.Context) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	ids := slices.Collect(maps.Keys(b.held))
	b.mu.Unlock()
	return b.db.KeepConnections(ctx, ids, connectionHold)
}
