package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Do sends r and returns the exchange. Redirects are not followed. An error
// means that there is no answer: refused by the gate (ErrOutOfScope …), or
// failed on the way (ErrTimeout …). An equal asking without Again gets the
// answer that the run already has.
func (c *Client) Do(ctx context.Context, r *Request) (*Exchange, error) {
	r, err := tidy(r)
	if err != nil {
		return nil, err
	}
	if c.opt.Scope.Level != Offline {
		var leave func()
		if ctx, leave, err = c.alone.enter(ctx); err != nil {
			return nil, err
		}
		defer leave()
	}
	key := c.keyOf(r)
	for {
		q, nth, wait := c.askings.begin(KindHTTP, key, r.Again)
		if wait == nil {
			ex, err := c.ask(ctx, r, key, nth)
			c.askings.end(q, nth, ex, err)
			return ex, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		ex, err, ok := c.askings.shared(q, wait)
		if !ok {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.spend.add(func(s *Stats) { s.Replayed++ })
		if ex != nil {
			again := *ex
			again.Replayed = true
			return &again, nil
		}
		ex, found, err := c.recall(ctx, r, key, nth)
		if err == nil && !found {
			err = fmt.Errorf("%s %s: %w", r.Method, r.URL.Redacted(), ErrNotStored)
		}
		return ex, err
	}
}

// tidy copies r with its defaults filled in.
func tidy(r *Request) (*Request, error) {
	if r == nil || r.URL == nil || r.URL.Host == "" {
		return nil, errors.New("request without a URL")
	}
	d := *r
	if d.Method == "" {
		d.Method = http.MethodGet
	}
	if !validMethod(d.Method) {
		return nil, fmt.Errorf("%q: %w", d.Method, ErrMethod)
	}
	u := *r.URL
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path, u.RawPath = "/", ""
	}
	// The target leaves as it is written, so it must be a path on this host and
	// must not end its line.
	if u.Opaque != "" || u.Path[0] != '/' && !(u.Path == "*" && d.Method == http.MethodOptions) {
		return nil, fmt.Errorf("request target %q is no path: %w", u.Opaque+u.Path, ErrOutOfScope)
	}
	u.RawQuery = cleanQuery(u.RawQuery)
	d.URL = &u
	if d.Level == Offline {
		d.Level = Passive
	}
	return &d, nil
}

// cleanQuery percent-encodes what would end the request line or the target;
// everything else leaves as given.
func cleanQuery(q string) string {
	odd := func(b byte) bool { return b <= ' ' || b == 0x7f || b == '#' }
	n := 0
	for i := range len(q) {
		if odd(q[i]) {
			n++
		}
	}
	if n == 0 {
		return q
	}
	out := make([]byte, 0, len(q)+2*n)
	for i := range len(q) {
		if odd(q[i]) {
			out = fmt.Appendf(out, "%%%02X", q[i])
		} else {
			out = append(out, q[i])
		}
	}
	return string(out)
}

func validMethod(m string) bool {
	return m != "" && strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == ""
}

func parseURL(s string) (*url.URL, error) { return url.Parse(s) }

// ask answers one asking: from the journal if it is there, else from the shop.
func (c *Client) ask(ctx context.Context, r *Request, key string, nth int) (*Exchange, error) {
	offline := c.opt.Scope.Level == Offline
	ex, found, err := c.recall(ctx, r, key, nth)
	if found && (err == nil || offline || !refusal(err)) {
		c.spend.add(func(s *Stats) { s.Replayed++ })
		return ex, err
	}
	if err != nil && !found {
		return nil, err
	}
	if offline {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Redacted(), ErrNotStored)
	}
	id := exchangeID(KindHTTP, key, nth)
	e := &Entry{Kind: KindHTTP, ID: id, Method: r.Method, Target: r.URL.String(), Level: r.Level, Check: r.Origin.Check, Why: r.Origin.Why, Purpose: r.Purpose, Account: r.Account, Parameter: r.Parameter}
	if err := c.gate(ctx, r, id, e); err != nil {
		return nil, c.refuse(ctx, e, key, nth, err)
	}
	s := &sent{r: r, e: e, header: r.Header.Clone(), noJar: r.Fresh || r.Third}
	return c.sendAndKeep(ctx, s, key, nth)
}

// refusal says that err is the gate's word, which may change with the scope.
func refusal(err error) bool {
	return slices.ContainsFunc([]error{ErrOutOfScope, ErrLevel, ErrMethod, ErrExcluded, ErrAddress, ErrRobots, ErrOptOut, ErrProvider, ErrConsent, ErrDestructive}, func(e error) bool {
		return errors.Is(err, e)
	})
}

// gate asks everything that can be asked before the name is resolved.
func (c *Client) gate(ctx context.Context, r *Request, id ExchangeID, e *Entry) error {
	if err := c.alive(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.opt.Scope.Open(c.now()); err != nil {
		return err
	}
	if err := optedOut(r.URL.Hostname(), c.opt.OptOut); err != nil {
		return err
	}
	if r.Third {
		if err := c.allowsThird(r); err != nil {
			return err
		}
	} else if err := c.opt.Scope.allows(r.Method, r.URL, r.Level, r.Reads != "", r.byPage, r.Purpose != NoPurpose); err != nil {
		return err
	}
	if c.askings.open[id] && !repeatable(r.Method) {
		return fmt.Errorf("%s %s: %w", r.Method, r.URL.Redacted(), ErrInFlight)
	}
	if !r.Origin.counts() && c.rules.abandoned(handlerOf(r)) {
		return fmt.Errorf("%s: %w", handlerOf(r), ErrAbandoned)
	}
	if r.Robots {
		note, err := c.robots.allows(ctx, c, r.URL, r.Level)
		if err != nil {
			return err
		}
		e.Note = note
	}
	if r.Third {
		return nil
	}
	return c.permits(r) // last, because it counts
}

// allowsThird passes what a page itself loads from another host, and only that.
func (c *Client) allowsThird(r *Request) error {
	s := c.opt.Scope
	switch {
	case r.Level > Safe || len(r.Injected) > 0 || r.Purpose != NoPurpose:
		return fmt.Errorf("a provoking request to a third host: %w", ErrOutOfScope)
	case r.Level > s.Level:
		return fmt.Errorf("%s: %w", r.URL.Redacted(), ErrLevel)
	case r.URL.Scheme != "http" && r.URL.Scheme != "https", r.URL.User != nil:
		return fmt.Errorf("%s: %w", r.URL.Redacted(), ErrOutOfScope)
	case r.Method != http.MethodGet || len(r.Body) > 0:
		return fmt.Errorf("%s to a third host: %w", r.Method, ErrMethod)
	}
	if pat, ok := s.excluded(r.URL); ok && s.HasHost(r.URL.Hostname()) {
		return fmt.Errorf("%s: %w (%s)", r.URL.Path, ErrExcluded, pat)
	}
	return nil
}

func repeatable(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// handlerOf is what failed probes are charged to: the route and the parameter.
func handlerOf(r *Request) string {
	h := OriginOf(r.URL) + r.URL.EscapedPath()
	if r.Parameter != "" {
		h += " " + r.Parameter
	}
	return h
}

// refuse writes what did not leave, and why.
func (c *Client) refuse(ctx context.Context, e *Entry, key string, nth int, why error) error {
	c.spend.add(func(s *Stats) { s.Refused++ })
	f := failure("", why)
	e.State, e.Note = Refused, f.Text
	var rec *Record
	if refusal(why) {
		var err error
		if rec, err = c.record(key, nth, e.ID, nil, f); err != nil {
			return journalErr(err)
		}
	}
	if err := c.ledger.answer(ctx, e, rec); err != nil {
		return err
	}
	return why
}

// turns lets each run wait for at most one token of an address at a time, so
// that runs take turns, however much each of them wants.
type turns struct {
	mu sync.Mutex
	m  map[string]chan struct{}
}

func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	t.mu.Lock()
	if t.m == nil {
		t.m = map[string]chan struct{}{}
	}
	ch := t.m[key]
	if ch == nil {
		ch = make(chan struct{}, 1)
		t.m[key] = ch
	}
	t.mu.Unlock()
	select {
	case ch <- struct{}{}:
		return func() { <-ch }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// token waits until a may be asked once more.
func (c *Client) token(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return sleepUntil(ctx, time.Unix(0, c.pausedUntil.Load()))
	}
	every := c.every
	if every == 0 { // unlimited is for loopback; a third host still gets its due
		every = time.Duration(float64(time.Second) / defaultRate)
	}
	done, err := c.turns.take(ctx, keys[len(keys)-1])
	if err != nil {
		return err
	}
	defer done()
	return c.courtesy.take(ctx, keys, every)
}

// courtesyKeys are what a request to host at a is counted under: the
// registrable domain and the address. Empty for loopback at an unlimited rate.
func (c *Client) courtesyKeys(host string, a netip.Addr) []string {
	a = a.Unmap()
	if c.opt.Scope.Rate.Unlimited && a.IsLoopback() {
		return nil
	}
	keys := []string{"site:" + registrable(host), "addr:" + a.String()}
	if _, err := netip.ParseAddr(host); err == nil {
		keys = keys[1:]
	}
	c.known.add(keys)
	return keys
}

// knownKeys are the courtesy keys of this run's requests to its own hosts.
type knownKeys struct {
	mu sync.Mutex
	m  map[string]bool
}

func (k *knownKeys) add(keys []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.m == nil {
		k.m = map[string]bool{}
	}
	for _, s := range keys {
		k.m[s] = true
	}
}

func (k *knownKeys) keys() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []string
	for s := range k.m {
		out = append(out, s)
	}
	return out
}

const serialPause = 500 * time.Millisecond
