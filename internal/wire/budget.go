package wire

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// DefaultBudget is what a level may spend when the scope says nothing.
func DefaultBudget(l Level) Budget {
	b := Budget{Requests: 600, PerCheck: 150, Bytes: 512 << 20, Time: 2 * time.Hour}
	switch l {
	case Safe:
		b.Requests, b.PerCheck = 1500, 300
	case Active, Full:
		b.Requests, b.PerCheck, b.Bytes, b.Time = 6000, 1500, 2<<30, 8*time.Hour
	}
	return b
}

func (b Budget) or(d Budget) Budget {
	if b.Requests == 0 {
		b.Requests = d.Requests
	}
	if b.PerCheck == 0 {
		b.PerCheck = d.PerCheck
	}
	if b.Bytes == 0 {
		b.Bytes = d.Bytes
	}
	if b.Time == 0 {
		b.Time = d.Time
	}
	return b
}

// spend is what a run has used of its budget, and the numbers that the report shows.
type spend struct {
	mu    sync.Mutex
	limit Budget
	start time.Time
	s     Stats
	lat   latencies
}

// Stats are the numbers of a run so far.
type Stats struct {
	Requests  int            `json:"requests"` // that left, with connects and handshakes
	Dials     int            `json:"dials"`    // of them, those that are no HTTP: looks at ports, handshakes
	Connects  int            `json:"connects"` // TCP connects, of all kinds
	Lookups   int            `json:"lookups"`
	Replayed  int            `json:"replayed"`
	Refused   int            `json:"refused"`
	Failed    int            `json:"failed"`
	BytesIn   int64          `json:"bytes_in"`
	BytesOut  int64          `json:"bytes_out"`
	Timeouts  int            `json:"timeouts"` // no first byte within 5 s
	ByStatus  map[int]int    `json:"by_status"`
	ByCheck   map[string]int `json:"by_check"`
	Counted   Counted        `json:"counted"`
	Latency   Latency        `json:"latency"`
	Rate      float64        `json:"rate"` // requests a second allowed now; 0: unlimited
	Left      int            `json:"left"` // of the request budget
	LeftBytes int64          `json:"left_bytes"`
	LeftTime  time.Duration  `json:"left_time"`
	Abandoned []string       `json:"abandoned,omitempty"`
	Stopped   string         `json:"stopped,omitempty"`
}

// Counted are the numbers of IPA's crawler-tolerance item: crawl and control requests only.
type Counted struct {
	Asked       int `json:"asked"`
	Timeouts    int `json:"timeouts"`
	Errors      int `json:"errors"`
	TimeoutsRow int `json:"timeouts_row"`
	ErrorsRow   int `json:"errors_row"`
}

// Latency is the time to the first byte of the answers so far.
type Latency struct {
	Count  int           `json:"count"`
	Median time.Duration `json:"median"`
	P95    time.Duration `json:"p95"`
	Max    time.Duration `json:"max"`
}

// latencies keeps a bounded sample of times.
type latencies struct {
	n   int
	max time.Duration
	buf []time.Duration
}

func (l *latencies) add(d time.Duration) {
	const room = 256
	l.n++
	l.max = max(l.max, d)
	if len(l.buf) < room {
		l.buf = append(l.buf, d)
		return
	}
	l.buf[(l.n*40503)%room] = d
}

func (l *latencies) summary() Latency {
	s := Latency{Count: l.n, Max: l.max}
	if len(l.buf) > 0 {
		b := slices.Sorted(slices.Values(l.buf))
		s.Median, s.P95 = b[len(b)/2], b[len(b)*95/100]
	}
	return s
}

// ownBudget are askers that have the run's budget only: the crawl is what the
// run's budget is for, and robots, control and browser requests serve everyone.
func ownBudget(check string) bool {
	switch check {
	case "", "crawl", "robots", "control", "browser":
		return false
	}
	return true
}

// reserve takes one request from the budget, or says which is used up and how
// to raise it.
func (b *spend) reserve(check string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.s.Requests >= b.limit.Requests:
		return fmt.Errorf("%w: %d requests of the run; raise budget.requests (--budget)", ErrBudget, b.limit.Requests)
	case ownBudget(check) && b.s.ByCheck[check] >= b.limit.PerCheck:
		return fmt.Errorf("%w: %d requests of check %s; raise budget.per_check", ErrBudget, b.limit.PerCheck, check)
	case b.s.BytesIn >= b.limit.Bytes:
		return fmt.Errorf("%w: %d MiB received in the run; raise budget.bytes", ErrBudget, b.limit.Bytes>>20)
	case now.Sub(b.start) >= b.limit.Time:
		return fmt.Errorf("%w: %s of time; raise budget.time", ErrBudget, b.limit.Time)
	}
	b.s.Requests++
	b.s.ByCheck[check]++
	return nil
}

// refund gives back a request that did not leave after all.
func (b *spend) refund(check string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Requests--
	b.s.ByCheck[check]--
}

func (b *spend) add(f func(*Stats)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.s)
}

// received counts bytes as they arrive, so that a flood ends at the budget.
func (b *spend) received(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.BytesIn += int64(n)
	return b.s.BytesIn <= b.limit.Bytes
}

// Stats are the numbers so far; the maps are copies.
func (c *Client) Stats() Stats {
	b := c.spend
	b.mu.Lock()
	s := b.s
	s.ByStatus, s.ByCheck = maps.Clone(s.ByStatus), maps.Clone(s.ByCheck)
	s.Latency = b.lat.summary()
	s.Left = max(0, b.limit.Requests-s.Requests)
	s.LeftBytes = max(0, b.limit.Bytes-s.BytesIn)
	s.LeftTime = max(0, b.limit.Time-c.now().Sub(b.start))
	b.mu.Unlock()
	c.rules.mu.Lock()
	s.Counted = Counted{c.rules.asked, c.rules.timeouts, c.rules.errors, c.rules.timeoutsRow, c.rules.errorsRow}
	c.rules.mu.Unlock()
	s.Abandoned = c.rules.abandonedList()
	slices.Sort(s.Abandoned)
	s.Stopped, _ = c.Stopped()
	if c.every > 0 {
		s.Rate = 1 / c.every.Seconds() / c.courtesy.slowdown(c.known.keys())
	}
	return s
}

// Budget is what the run may spend, defaults filled in.
func (c *Client) Budget() Budget { return c.spend.limit }
