package wire

import (
	"context"
	"sync"
	"time"
)

// The rate and the connections that one address and one registrable domain
// bear when the scope says nothing (safety 4).
const (
	defaultRate  = 2.0
	defaultConns = 2
)

// Courtesy keeps every run of the process to what one address and one
// registrable domain can bear (safety 4 and 5). All clients share one.
//
// There is no burst: two tokens of one key are at least the interval apart, so
// at 2/s no address sees more than 21 requests in any 10 s.
type Courtesy struct {
	// Grant replaces the token book of this process, for many machines that
	// share one database: it books the next moment at which all keys may be
	// asked once, every being the interval between two.
	Grant func(ctx context.Context, keys []string, every time.Duration) (time.Time, error)
	// Lease replaces the book of connections likewise; release gives the connection back.
	Lease func(ctx context.Context, keys []string, limit int) (release func(), err error)

	mu    sync.Mutex
	spots map[string]*spot
}

// NewCourtesy makes a book of its own; production uses the process-wide one.
func NewCourtesy() *Courtesy { return &Courtesy{spots: map[string]*spot{}} }

var processCourtesy = sync.OnceValue(NewCourtesy)

// spot is what is known of one key, an address or a registrable domain.
type spot struct {
	booked time.Time // the last slot given to a waiter
	last   time.Time // the last token really taken
	pause  time.Time // Retry-After
	health health
	conns  int
	idle   []*lease
	wait   []chan struct{} // who wants a connection, first come first
}

func (c *Courtesy) spot(key string) *spot {
	s := c.spots[key]
	if s == nil {
		if len(c.spots) >= 4096 && len(c.spots)%1024 == 0 {
			c.forget()
		}
		s = &spot{}
		c.spots[key] = s
	}
	return s
}

// forget drops what nobody asked for ten minutes.
func (c *Courtesy) forget() {
	old := time.Now().Add(-10 * time.Minute)
	for k, s := range c.spots {
		if s.conns == 0 && len(s.wait) == 0 && s.booked.Before(old) && s.pause.Before(old) {
			delete(c.spots, k)
		}
	}
}

// take waits until all keys may be asked once more. Slots are booked in the
// order of asking; each run has at most one booking a key (guest.turn), which
// makes the order a round between runs.
func (c *Courtesy) take(ctx context.Context, keys []string, every time.Duration) error {
	if c.Grant != nil {
		at, err := c.Grant(ctx, keys, every)
		if err != nil {
			return err
		}
		return sleepUntil(ctx, at)
	}
	slot := c.book(keys, every)
	for {
		if err := sleepUntil(ctx, slot); err != nil {
			c.unbook(keys, slot)
			return err
		}
		// A late waker must not come too close to the one before it, and a
		// pause may have begun meanwhile.
		var ok bool
		if slot, ok = c.settle(keys, every, slot); ok {
			return nil
		}
	}
}

func (c *Courtesy) book(keys []string, every time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := time.Now()
	for _, k := range keys {
		s := c.spot(k)
		slot = latest(slot, s.booked.Add(s.health.stretch(every)), s.pause)
	}
	for _, k := range keys {
		c.spots[k].booked = slot
	}
	return slot
}

func (c *Courtesy) unbook(keys []string, slot time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		if s := c.spots[k]; s != nil && s.booked.Equal(slot) {
			s.booked = s.last
		}
	}
}

func (c *Courtesy) settle(keys []string, every time.Duration, slot time.Time) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	ready := now
	for _, k := range keys {
		s := c.spot(k)
		ready = latest(ready, s.last.Add(s.health.stretch(every)), s.pause)
	}
	if ready.After(now) {
		for _, k := range keys {
			if s := c.spots[k]; s.booked.Before(ready) {
				s.booked = ready
			}
		}
		return ready, false
	}
	for _, k := range keys {
		s := c.spots[k]
		s.last = now
		if s.booked.Before(now) {
			s.booked = now
		}
	}
	return slot, true
}

// pause keeps everyone from keys until t (Retry-After).
func (c *Courtesy) pause(keys []string, t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		s := c.spot(k)
		s.pause = latest(s.pause, t)
	}
}

// observe lets the health of keys learn from one answer.
func (c *Courtesy) observe(keys []string, ttfb time.Duration, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		c.spot(k).health.observe(ttfb, failed)
	}
}

// slowdown is by how much the rate of keys is divided now.
func (c *Courtesy) slowdown(keys []string) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := 1.0
	for _, k := range keys {
		if s := c.spots[k]; s != nil {
			f = max(f, s.health.factor())
		}
	}
	return f
}

func latest(t time.Time, more ...time.Time) time.Time {
	for _, m := range more {
		if m.After(t) {
			t = m
		}
	}
	return t
}

func sleepUntil(ctx context.Context, t time.Time) error {
	d := time.Until(t)
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
