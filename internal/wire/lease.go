package wire

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// lease is the right to one connection to an address. It ends with release.
type lease struct {
	c      *Courtesy
	keys   []string
	since  time.Time
	idleAt time.Time
	evict  func() // closes the idle connection that holds the lease
	freed  func() // Courtesy.Lease's
	done   bool
}

// How long an idle connection may keep others waiting, and how long a run may
// hold one while others wait: long enough that the extra connect costs little.
const (
	idleGrace = time.Second
	holdLimit = 20 * time.Second
)

// acquire waits for a connection to be free at all keys, at most limit each.
func (c *Courtesy) acquire(ctx context.Context, keys []string, limit int) (*lease, error) {
	if c.Lease != nil {
		free, err := c.Lease(ctx, keys, limit)
		if err != nil {
			return nil, err
		}
		return &lease{c: c, keys: keys, since: time.Now(), freed: free}, nil
	}
	var wake chan struct{}
	for {
		c.mu.Lock()
		full, victim := c.blocked(keys, limit, wake)
		if !full {
			for _, k := range keys {
				s := c.spot(k)
				s.conns++
				s.wait = slices.DeleteFunc(s.wait, func(w chan struct{}) bool { return w == wake })
			}
			c.mu.Unlock()
			return &lease{c: c, keys: keys, since: time.Now()}, nil
		}
		if wake == nil {
			wake = make(chan struct{}, 1)
			for _, k := range keys {
				s := c.spot(k)
				s.wait = append(s.wait, wake)
			}
		}
		c.mu.Unlock()
		if victim != nil {
			victim()
			continue
		}
		timer := time.NewTimer(250 * time.Millisecond)
		select {
		case <-wake:
			timer.Stop()
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			c.mu.Lock()
			for _, k := range keys {
				s := c.spot(k)
				s.wait = slices.DeleteFunc(s.wait, func(w chan struct{}) bool { return w == wake })
			}
			c.mu.Unlock()
			return nil, fmt.Errorf("waiting for a free connection: %w", context.Cause(ctx))
		}
	}
}

// blocked says whether a key has no connection left for wake's turn, and which
// idle connection may be closed to make room.
func (c *Courtesy) blocked(keys []string, limit int, wake chan struct{}) (bool, func()) {
	now := time.Now()
	full := false
	for _, k := range keys {
		s := c.spot(k)
		turn := len(s.wait)
		if wake != nil {
			turn = slices.Index(s.wait, wake)
		}
		if s.conns+turn < limit {
			continue
		}
		full = true
		for i, l := range s.idle {
			if now.Sub(l.idleAt) >= idleGrace || now.Sub(l.since) >= holdLimit {
				s.idle = slices.Delete(s.idle, i, i+1)
				return true, l.evict
			}
		}
	}
	return full, nil
}

// due says that others wait and l was held long enough: the connection is
// closed instead of being kept for the run's next request.
func (l *lease) due() bool {
	if l == nil || l.freed != nil {
		return false
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if time.Since(l.since) < holdLimit {
		return false
	}
	for _, k := range l.keys {
		if s := l.c.spots[k]; s != nil && len(s.wait) > 0 {
			return true
		}
	}
	return false
}

// rest offers the connection of l to be closed by evict when others wait.
func (l *lease) rest(evict func()) {
	if l == nil {
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.idleAt, l.evict = time.Now(), evict
	for _, k := range l.keys {
		if s := l.c.spots[k]; s != nil {
			s.idle = append(s.idle, l)
		}
	}
}

// resume takes l back into use.
func (l *lease) resume() {
	if l == nil {
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.unlist()
}

func (l *lease) unlist() {
	for _, k := range l.keys {
		if s := l.c.spots[k]; s != nil {
			s.idle = slices.DeleteFunc(s.idle, func(m *lease) bool { return m == l })
		}
	}
}

// release gives the connection back; further calls do nothing.
func (l *lease) release() {
	if l == nil {
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.done {
		return
	}
	l.done = true
	if l.freed != nil {
		defer l.freed()
		return
	}
	l.unlist()
	for _, k := range l.keys {
		s := l.c.spots[k]
		if s == nil {
			continue
		}
		s.conns--
		if len(s.wait) > 0 {
			select {
			case s.wait[0] <- struct{}{}:
			default:
			}
		}
	}
}
