package crawl

import (
	"errors"
	"slices"
	"time"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// tally counts how the shop bore the crawl (ウェブ健康診断 M).
type tally struct {
	requests            int // all that were tried
	counted             int // of them, visitors' links and controls
	timeouts, errors    int
	timeoutRow, errRow  int
	maxTimeout, maxErrs int
	times               []time.Duration
}

// slow is when IPA's item counts an answer as a time-out.
const slow = 5 * time.Second

func (t *tally) count(ex *wire.Exchange, err error, took time.Duration, counts bool) {
	if err != nil && ex == nil && refusedHere(err) {
		return // it never left
	}
	t.requests++
	if ex != nil {
		took = ex.TTFB
		t.times = append(t.times, took)
	}
	if !counts {
		return
	}
	t.counted++
	switch {
	case errors.Is(err, wire.ErrTimeout) || took > slow:
		t.timeouts++
		t.timeoutRow++
	default:
		t.timeoutRow = 0
	}
	switch {
	case ex != nil && ex.Status >= 400:
		t.errors++
		t.errRow++
	case ex != nil:
		t.errRow = 0
	}
	t.maxTimeout, t.maxErrs = max(t.maxTimeout, t.timeoutRow), max(t.maxErrs, t.errRow)
}

// refusedHere says that the gate kept the request back.
func refusedHere(err error) bool {
	for _, e := range []error{wire.ErrOutOfScope, wire.ErrLevel, wire.ErrMethod, wire.ErrExcluded, wire.ErrAddress, wire.ErrWindow, wire.ErrBudget,
		wire.ErrStopped, wire.ErrRobots, wire.ErrNotStored, wire.ErrOptOut, wire.ErrProvider} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// stats are the numbers for the report.
func (t *tally) stats(s *wire.Scope, w wire.Stats, took time.Duration) check.CrawlStats {
	out := check.CrawlStats{
		Requests: t.counted, Timeouts: t.timeouts, Errors: t.errors, ConsecutiveTimeouts: t.maxTimeout, ConsecutiveErrors: t.maxErrs,
		Took: took, Stopped: w.Stopped, Serial: s.SerialCrawl,
	}
	if n := len(t.times); n > 0 {
		b := slices.Sorted(slices.Values(t.times))
		out.MedianLatency, out.P95Latency, out.SlowestAnswer = b[n/2], b[n*95/100], b[n-1]
	}
	return out
}
