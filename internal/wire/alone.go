package wire

import (
	"context"
	"fmt"
	"sync"
)

// alone lets one piece of work have the shop to itself: while it is taken,
// nothing else of the run leaves.
type alone struct {
	mu      sync.Mutex
	busy    int
	taken   bool
	changed chan struct{} // closed when busy or taken changed
}

func (q *alone) wake() {
	if q.changed != nil {
		close(q.changed)
		q.changed = nil
	}
}

// until waits, with q locked, until ready; it returns with q locked.
func (q *alone) until(ctx context.Context, ready func() bool) error {
	for !ready() {
		if q.changed == nil {
			q.changed = make(chan struct{})
		}
		ch := q.changed
		q.mu.Unlock()
		select {
		case <-ch:
			q.mu.Lock()
		case <-ctx.Done():
			q.mu.Lock()
			return context.Cause(ctx)
		}
	}
	return nil
}

type quietKey struct{ q *alone }

// enter is for what leaves: it waits while the shop is taken. The context that
// it returns may enter again, for what is asked on the way.
func (q *alone) enter(ctx context.Context) (context.Context, func(), error) {
	if ctx.Value(quietKey{q}) != nil {
		return ctx, func() {}, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.until(ctx, func() bool { return !q.taken }); err != nil {
		return ctx, nil, err
	}
	q.busy++
	return context.WithValue(ctx, quietKey{q}, true), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.busy--
		q.wake()
	}, nil
}

// take waits for its turn and until nothing is under way.
func (q *alone) take(ctx context.Context) (context.Context, func(), error) {
	if ctx.Value(quietKey{q}) != nil {
		return ctx, nil, fmt.Errorf("alone within alone")
	}
	free := func() {
		q.taken = false
		q.wake()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.until(ctx, func() bool { return !q.taken }); err != nil {
		return ctx, nil, err
	}
	q.taken = true
	if err := q.until(ctx, func() bool { return q.busy == 0 }); err != nil {
		free()
		return ctx, nil, err
	}
	return context.WithValue(ctx, quietKey{q}, true), func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		free()
	}, nil
}

// Alone runs f while nothing else of this run is under way, and no other run
// of the process measures time at host's site: what f measures is f's own doing
// (safety 6, "one at a time per site"). f must ask with the context that it is
// given; anything else waits until f is done.
func (c *Client) Alone(ctx context.Context, host string, f func(ctx context.Context) error) error {
	if c.opt.Scope.Level == Offline {
		return f(ctx)
	}
	if err := c.alive(); err != nil {
		return err
	}
	ctx, untie := c.tie(ctx)
	defer untie()
	l, err := c.courtesy.acquire(ctx, []string{"alone:" + registrable(host)}, 1)
	if err != nil {
		return err
	}
	defer l.release()
	ctx, done, err := c.alone.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}
