package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of time for one answer.
const (
	connectLimit = 10 * time.Second
	headLimit    = 20 * time.Second
	answerLimit  = 60 * time.Second
)

// sent is what one asking needs on its way out.
type sent struct {
	r      *Request
	header http.Header
	e      *Entry
	keys   []string // of courtesy
	left   bool     // the intent is written: something may have left
	noJar  bool
	asis   bool // the browser's own headers: nothing is added but who asks
}

// sendAndKeep sends s within budget, courtesy and ledger, and keeps the answer.
func (c *Client) sendAndKeep(ctx context.Context, s *sent, key string, nth int) (*Exchange, error) {
	r, e := s.r, s.e
	ex, err := c.send(ctx, s)
	if err != nil && !s.left {
		c.may.refund(r)
		return nil, c.refuse(ctx, e, key, nth, err)
	}
	end := *e
	end.At = time.Time{}
	end.State = Answered
	var fail *Failure
	if err != nil {
		fail = failure(r.Method+" "+r.URL.Redacted(), err)
		end.State, end.Note = Failed, fail.Text
		c.spend.add(func(st *Stats) { st.Failed++ })
		if c.alive() != nil {
			fail = &Failure{Kind: "stopped", Text: fail.Text}
		} else if ctx.Err() != nil {
			end.Note = ctx.Err().Error()
		}
	} else {
		ex.ID = e.ID
		end.Addr, end.Status, end.Bytes = ex.Addr, ex.Status, ex.BodySize+int64(len(ex.ResponseHead))
		if ex.BodyErr != "" {
			end.Note = strings.TrimSpace(end.Note + " body: " + ex.BodyErr)
		}
	}
	var rec *Record
	if err == nil || fail.Kind != "stopped" && ctx.Err() == nil {
		var merr error
		if rec, merr = c.record(key, nth, e.ID, ex, fail); merr != nil {
			return nil, journalErr(merr)
		}
	}
	if jerr := c.ledger.answer(ctx, &end, rec); jerr != nil {
		return nil, jerr
	}
	c.learn(ctx, s, ex, err)
	switch {
	case err == nil:
		return ex, nil
	case fail.Kind == "stopped":
		return nil, c.alive()
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, fail
}

// send is the way to the shop and back. s.left tells whether anything may have left.
func (c *Client) send(ctx context.Context, s *sent) (*Exchange, error) {
	r := s.r
	ctx, untie := c.tie(ctx)
	defer untie()
	done, err := c.serial.take(ctx, c.opt.Scope.SerialCrawl)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := c.spend.reserve(r.Origin.Check, c.now()); err != nil {
		return nil, err
	}
	defer func() {
		if !s.left {
			c.spend.refund(r.Origin.Check)
		}
	}()
	host := hostName(r.URL.Hostname())
	addrs, err := c.resolve(ctx, host, r.Third)
	if err != nil {
		return nil, err
	}
	targets, err := c.targets(host, addrs, portOf(r.URL), r.Level, r.Third)
	if err != nil {
		return nil, err
	}
	s.e.Addr = targets[0].String()
	free, err := c.conns.slot(ctx, host, c.slots(targets[0].Addr()))
	if err != nil {
		return nil, err
	}
	defer free()
	for try := 0; ; try++ {
		cn, err := c.connect(ctx, s, targets)
		if err != nil {
			return nil, err
		}
		reused := cn.used > 0
		ex, err := c.exchange(ctx, cn, s)
		if err == nil {
			return ex, nil
		}
		// A connection that the server closed while it lay idle says nothing
		// of the server; what may be repeated goes out on a new one.
		var stale *staleError
		if !reused || try > 1 || !errors.As(err, &stale) || !repeatable(r.Method) || ctx.Err() != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
			}
			return nil, err
		}
	}
}

// staleError is a failure before the first byte of an answer.
type staleError struct{ err error }

func (e *staleError) Error() string { return e.err.Error() }
func (e *staleError) Unwrap() error { return e.err }

// tie ends ctx when the run stops.
func (c *Client) tie(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
	return ctx, func() { unhook(); cancel(nil) }
}

// intend writes the ledger line that says what is about to leave, once an asking.
func (c *Client) intend(ctx context.Context, s *sent) error {
	if s.left {
		return nil
	}
	if err := c.alive(); err != nil {
		return err
	}
	if err := c.opt.Scope.Open(c.now()); err != nil { // waiting for courtesy can outlast a window
		return err
	}
	e := *s.e
	e.State, e.At = Sent, time.Time{}
	if err := c.ledger.intent(ctx, &e); err != nil {
		return err
	}
	s.left = true
	return nil
}

// learn draws the conclusions of one answer: cookies, back-off, stop rules.
func (c *Client) learn(ctx context.Context, s *sent, ex *Exchange, err error) {
	r := s.r
	timeout := errors.Is(err, ErrTimeout) || err != nil && kindOf(err) == "timeout" || ex != nil && ex.TTFB-r.Waits > slowAnswer
	status := 0
	var ttfb time.Duration
	if ex != nil {
		status, ttfb = ex.Status, max(ex.TTFB-r.Waits, min(ex.TTFB, time.Millisecond))
		if !s.noJar {
			c.keepCookies(r, ex)
		}
	}
	c.spend.mu.Lock()
	st := &c.spend.s
	if timeout {
		st.Timeouts++
	}
	if ex != nil {
		st.ByStatus[status]++
		c.spend.lat.add(ttfb)
	}
	c.spend.mu.Unlock()
	if ctx.Err() != nil || c.alive() != nil || r.Third {
		return
	}
	if len(s.keys) > 0 {
		if timeout && ttfb == 0 {
			ttfb = slowAnswer
		}
		c.courtesy.observe(s.keys, ttfb, status >= 500 && !provoked(r, status, timeout))
	}
	if timeout && c.opt.Scope.SerialCrawl { // IPA: no answer within 5 s, then wait 5 s
		c.pause(s.keys, time.Now().Add(slowAnswer))
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		if !c.rest(s, ex) {
			return
		}
	}
	if r.Origin.counts() {
		if why := c.rules.count(status, timeout || status == 0); why != "" {
			c.Stop(why)
			return
		}
		if r.Origin.Check == "crawl" && status == 200 && r.Method == http.MethodGet && c.controlURL() == "" {
			c.SetControl(r.URL.String())
		}
		return
	}
	if err != nil || status >= 500 || timeout {
		c.suspect(ctx, r, provoked(r, status, timeout))
	} else {
		c.rules.forgive(handlerOf(r))
	}
}

// provoked says that an error was answered, and in time, to a value that was
// broken on purpose: it tells of the handler, not of the shop's health, unless
// the control page fails too. 503 is always a word about the shop.
func provoked(r *Request, status int, timeout bool) bool {
	return len(r.Injected) > 0 && status >= 500 && status != http.StatusServiceUnavailable && !timeout
}

// rest obeys Retry-After. It returns false when the run was stopped for it.
func (c *Client) rest(s *sent, ex *Exchange) bool {
	wait, ok := retryAfter(ex.Header.Get("Retry-After"), c.now())
	if !ok {
		return true
	}
	if wait > maxRetryAfter {
		c.Stop(fmt.Sprintf("the shop asks to be left alone for %s (status %d)", wait.Round(time.Second), ex.Status))
		return false
	}
	c.pause(s.keys, time.Now().Add(wait))
	return true
}

// pause leaves keys alone until t, for all runs; a run that owes no courtesy pauses itself.
func (c *Client) pause(keys []string, t time.Time) {
	c.pausedUntil.Store(t.UnixNano())
	c.courtesy.pause(keys, t)
}

// suspect asks the known-good page after a failed probe: a sick shop counts
// towards the stop rules, a sick handler is charged and left alone after three.
func (c *Client) suspect(ctx context.Context, r *Request, provoked bool) {
	control := c.controlURL()
	if control == "" || r.Origin.Check == "robots" || r.Origin.Check == "browser" {
		return
	}
	if provoked && c.well.lately() {
		c.rules.charge(handlerOf(r), true)
		return
	}
	u, err := parseURL(control)
	if err != nil {
		return
	}
	ex, err := c.Do(ctx, &Request{URL: u, Level: Passive, Again: true, Origin: Origin{Check: "control", Why: "is the shop well after a failed probe"}})
	if err == nil && ex.Status < 500 {
		c.well.note()
		c.rules.charge(handlerOf(r), provoked)
	}
}

// wellness remembers when the control page last answered well, so that a
// differential of many broken values does not ask it each time.
type wellness struct{ at atomic.Int64 }

const wellFor = 10 * time.Second

func (w *wellness) note()        { w.at.Store(time.Now().UnixNano()) }
func (w *wellness) lately() bool { return time.Since(time.Unix(0, w.at.Load())) < wellFor }

// serialTurn is IPA's crawler-tolerance mode: one at a time, half a second apart.
type serialTurn struct {
	once sync.Once
	ch   chan struct{}
	end  time.Time
}

func (t *serialTurn) take(ctx context.Context, on bool) (func(), error) {
	if !on {
		return func() {}, nil
	}
	t.once.Do(func() { t.ch = make(chan struct{}, 1) })
	select {
	case t.ch <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := sleepUntil(ctx, t.end.Add(serialPause)); err != nil {
		<-t.ch
		return nil, err
	}
	return func() { t.end = time.Now(); <-t.ch }, nil
}
