package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of backing off.
const (
	baselineOf    = 8                      // answers whose median is the baseline
	latencyFloor  = 200 * time.Millisecond // below this no latency is a burden
	maxSlow       = 16.0                   // the rate never falls below a sixteenth
	settleAnswers = 10                     // answers between two halvings
	goodAnswers   = 5                      // answers without strain between two steps back
	maxRetryAfter = 5 * time.Minute        // beyond this the run stops
	errorWindow   = 100                    // answers over which the share of 5xx is taken
)

// health learns how a server feels from its latency and its 5xx answers
// (safety 5): above 3× the baseline or above 2 % errors the rate is halved;
// it recovers by a quarter for every five good answers, so that a minute of strain
// costs minutes and not hours: from a sixteenth about fifty answers.
type health struct {
	first    []time.Duration // until the baseline is known
	baseline time.Duration
	recent   time.Duration // moving average of the time to the first byte
	answers  int           // since the window began
	errors   int
	since    int // answers since the rate last changed
	slow     float64
}

func (h *health) factor() float64 { return max(1, h.slow) }

func (h *health) stretch(every time.Duration) time.Duration {
	return time.Duration(float64(every) * h.factor())
}

func (h *health) observe(ttfb time.Duration, failed bool) {
	h.answers++
	h.since++
	if failed {
		h.errors++
	}
	if ttfb > 0 {
		h.learn(ttfb)
	}
	switch {
	case h.strained() && h.since >= min(settleAnswers, h.answers):
		h.slow = min(maxSlow, h.factor()*2)
		h.since = 0
	case !h.strained() && h.since >= goodAnswers && h.slow > 1:
		h.slow = max(1, h.slow*0.75)
		h.since = 0
	}
	if h.answers >= errorWindow {
		h.answers, h.errors = h.answers/2, h.errors/2
	}
}

func (h *health) learn(ttfb time.Duration) {
	if h.baseline == 0 {
		if h.first = append(h.first, ttfb); len(h.first) == baselineOf {
			slices.Sort(h.first)
			h.baseline = h.first[baselineOf/2]
			h.recent = h.baseline
			h.first = nil
		}
		return
	}
	h.recent += (ttfb - h.recent) / 4
}

func (h *health) strained() bool {
	if h.errors >= 2 && h.errors*50 > h.answers {
		return true
	}
	return h.baseline > 0 && h.recent > latencyFloor && h.recent > 3*h.baseline
}

// retryAfter reads a Retry-After value, seconds or a date. ok is false when it
// says nothing that can be obeyed.
func retryAfter(v string, now time.Time) (wait time.Duration, ok bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		if n < 0 {
			return 0, false
		}
		return time.Duration(min(n, int64(1<<31))) * time.Second, true
	}
	if strings.Trim(v, "0123456789") == "" { // more digits than an int64 holds
		return 1 << 31 * time.Second, true
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, t.Sub(now)), true
}
