package wire

import (
	"fmt"
	"sync"
	"time"
)

// The numbers of IPA's stop rules (safety 5).
const (
	slowAnswer     = 5 * time.Second
	stopInARow     = 5
	stopInTotal    = 10
	stopShare      = 0.10
	abandonedAfter = 3
	provokedMost   = 40 // errors on purpose that one handler and parameter may answer in a run
)

// stopRules counts crawl and control requests towards the rules that end a
// run, and failed probes towards those that abandon a handler.
type stopRules struct {
	mu          sync.Mutex
	asked       int
	timeouts    int
	errors      int // 4xx and 5xx
	timeoutsRow int
	errorsRow   int
	charged     map[string]int
	provoked    map[string]*provocations
}

// provocations are the errors that a handler answered to values broken on
// purpose: without a good answer in between, and in all.
type provocations struct{ row, all int }

// count takes one crawl or control request and returns why the run must end, or "".
func (s *stopRules) count(status int, timeout bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if timeout {
		s.timeouts++
		s.timeoutsRow++
	} else {
		s.timeoutsRow = 0
	}
	if status >= 400 {
		s.errors++
		s.errorsRow++
	} else if !timeout {
		s.errorsRow = 0
	}
	share := func(n int) bool { return n >= stopInTotal && float64(n) >= stopShare*float64(s.asked) }
	switch {
	case s.timeoutsRow >= stopInARow:
		return fmt.Sprintf("%d requests in a row got no answer within 5 s", s.timeoutsRow)
	case s.errorsRow >= stopInARow:
		return fmt.Sprintf("%d answers in a row were errors (4xx or 5xx)", s.errorsRow)
	case share(s.timeouts):
		return fmt.Sprintf("%d of %d requests got no answer within 5 s", s.timeouts, s.asked)
	case share(s.errors):
		return fmt.Sprintf("%d of %d answers were errors (4xx or 5xx)", s.errors, s.asked)
	}
	return ""
}

// charge blames a failed probe on its handler. provoked is for errors that were
// answered to values broken on purpose (design, "Errors that were asked for").
func (s *stopRules) charge(handler string, provoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if provoked {
		if s.provoked == nil {
			s.provoked = map[string]*provocations{}
		}
		p := s.provoked[handler]
		if p == nil {
			p = &provocations{}
			s.provoked[handler] = p
		}
		p.row++
		p.all++
		return
	}
	if s.charged == nil {
		s.charged = map[string]int{}
	}
	s.charged[handler]++
}

// forgive ends the row of provoked errors: the handler answers well to others.
func (s *stopRules) forgive(handler string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.provoked[handler]; p != nil {
		p.row = 0
	}
}

func (s *stopRules) abandoned(handler string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.provoked[handler]
	return s.charged[handler] >= abandonedAfter || p != nil && (p.row >= abandonedAfter || p.all >= provokedMost)
}

// abandonedList names the handlers that are no longer probed.
func (s *stopRules) abandonedList() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for h, n := range s.charged {
		if n >= abandonedAfter {
			out = append(out, h)
		}
	}
	for h, p := range s.provoked {
		if s.charged[h] < abandonedAfter && (p.row >= abandonedAfter || p.all >= provokedMost) {
			out = append(out, h)
		}
	}
	return out
}

// counts says whether an asking counts towards the stop rules.
func (o Origin) counts() bool { return o.Check == "crawl" || o.Check == "control" }

// Stop ends the run: nothing leaves afterwards, what is under way is cut. The
// first reason stays.
func (c *Client) Stop(reason string) {
	c.stopMu.Lock()
	if c.stopReason == "" {
		if reason == "" {
			reason = "stopped"
		}
		c.stopReason = reason
		c.cancel(fmt.Errorf("%w: %s", ErrStopped, reason))
	}
	c.stopMu.Unlock()
	c.conns.closeAll()
}

// Stopped says why the run was stopped, if it was.
func (c *Client) Stopped() (reason string, ok bool) {
	c.stopMu.Lock()
	defer c.stopMu.Unlock()
	return c.stopReason, c.stopReason != ""
}

// alive is nil until Stop was called.
func (c *Client) alive() error {
	if reason, ok := c.Stopped(); ok {
		return fmt.Errorf("%w: %s", ErrStopped, reason)
	}
	return nil
}
