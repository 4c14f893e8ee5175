package wire

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one connection to a shop, for one request at a time.
type conn struct {
	net.Conn // TCP, or TLS over it
	raw      *counted
	br       *bufio.Reader
	key      string // origin, third or own
	addr     netip.AddrPort
	keys     []string // of courtesy
	tls      *TLS
	h2       *h2conn
	used     int
	idleAt   time.Time
	cut      atomic.Bool // the asking was cancelled
}

// idleFor is how long a connection may lie unused; many servers close after 5 s.
const idleFor = 15 * time.Second

// counted is a TCP connection of a run: it counts its bytes towards the
// budget, holds its lease, and is closed when the run stops.
type counted struct {
	net.Conn
	c     *Client
	lease *lease
	once  sync.Once
}

func (n *counted) Read(b []byte) (int, error) {
	k, err := n.Conn.Read(b)
	if k > 0 && !n.c.spend.received(k) && err == nil {
		return k, ErrBudget
	}
	return k, err
}

func (n *counted) Write(b []byte) (int, error) {
	if err := n.c.alive(); err != nil {
		return 0, err
	}
	k, err := n.Conn.Write(b)
	n.c.spend.add(func(s *Stats) { s.BytesOut += int64(k) })
	return k, err
}

func (n *counted) Close() error {
	err := net.ErrClosed
	n.once.Do(func() {
		err = n.Conn.Close()
		n.c.conns.drop(n)
		n.lease.release()
	})
	return err
}

// conns are the connections of a run: all of them, and those that wait for the next request.
type conns struct {
	mu    sync.Mutex
	all   map[*counted]struct{}
	idle  map[string][]*conn
	slots map[string]chan struct{}
	dead  bool
}

// slot bounds how many requests to a host are on their way at once, so that a
// request waits for a connection of its own run instead of opening another.
func (p *conns) slot(ctx context.Context, host string, n int) (func(), error) {
	p.mu.Lock()
	if p.slots == nil {
		p.slots = map[string]chan struct{}{}
	}
	ch := p.slots[host]
	if ch == nil {
		ch = make(chan struct{}, n)
		p.slots[host] = ch
	}
	p.mu.Unlock()
	select {
	case ch <- struct{}{}:
		return func() { <-ch }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *Client) slots(a netip.Addr) int {
	if c.opt.Scope.Rate.Unlimited && a.IsLoopback() && !c.opt.Scope.SerialCrawl {
		return max(c.opt.Scope.Rate.Connections, 32)
	}
	return c.limit
}

func (p *conns) add(n *counted) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false
	}
	if p.all == nil {
		p.all = map[*counted]struct{}{}
	}
	p.all[n] = struct{}{}
	return true
}

func (p *conns) drop(n *counted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, n)
	for k, list := range p.idle {
		if list = slices.DeleteFunc(list, func(c *conn) bool { return c.raw == n }); len(list) == 0 {
			delete(p.idle, k)
		} else {
			p.idle[k] = list
		}
	}
}

// take gives an idle connection of key, the freshest first.
func (p *conns) take(key string) *conn {
	for {
		p.mu.Lock()
		list := p.idle[key]
		if len(list) == 0 {
			p.mu.Unlock()
			return nil
		}
		cn := list[len(list)-1]
		p.idle[key] = list[:len(list)-1]
		p.mu.Unlock()
		cn.raw.lease.resume()
		if time.Since(cn.idleAt) < idleFor && (cn.h2 != nil || quiet(cn.raw.Conn)) {
			return cn
		}
		cn.Close()
	}
}

// keep lays cn aside for the next request.
func (p *conns) keep(cn *conn) {
	cn.idleAt = time.Now()
	due := cn.raw.lease.due()
	p.mu.Lock()
	if p.dead || due {
		p.mu.Unlock()
		cn.Close()
		return
	}
	if p.idle == nil {
		p.idle = map[string][]*conn{}
	}
	p.idle[cn.key] = append(p.idle[cn.key], cn)
	p.mu.Unlock()
	cn.raw.lease.rest(func() { p.evict(cn) })
}

// evict closes cn if it still lies idle.
func (p *conns) evict(cn *conn) {
	p.mu.Lock()
	ok := slices.Contains(p.idle[cn.key], cn)
	if ok {
		p.idle[cn.key] = slices.DeleteFunc(p.idle[cn.key], func(c *conn) bool { return c == cn })
	}
	p.mu.Unlock()
	if ok {
		cn.Close()
	}
}

// makeRoom closes an idle connection of this run that counts under one of
// keys when the run holds all that it may, so that it never waits for itself.
func (p *conns) makeRoom(keys []string, limit int) {
	shares := func(have []string) bool {
		return slices.ContainsFunc(have, func(k string) bool { return slices.Contains(keys, k) })
	}
	p.mu.Lock()
	held := 0
	for n := range p.all {
		if n.lease != nil && shares(n.lease.keys) {
			held++
		}
	}
	if held < limit {
		p.mu.Unlock()
		return
	}
	var found *conn
	for _, list := range p.idle {
		for _, cn := range list {
			if shares(cn.keys) {
				found = cn
			}
		}
	}
	p.mu.Unlock()
	if found != nil {
		p.evict(found)
	}
}

func (p *conns) closeIdle() {
	p.mu.Lock()
	var list []*conn
	for _, l := range p.idle {
		list = append(list, l...)
	}
	p.mu.Unlock()
	for _, cn := range list {
		p.evict(cn)
	}
}

// closeAll cuts everything for good.
func (p *conns) closeAll() {
	p.mu.Lock()
	p.dead = true
	list := make([]*counted, 0, len(p.all))
	for n := range p.all {
		list = append(list, n)
	}
	p.mu.Unlock()
	for _, n := range list {
		n.Close()
	}
}

// connect gives a connection for s: one that lies idle, or a new one to the
// first target that answers. The token for the request is taken here too.
func (c *Client) connect(ctx context.Context, s *sent, targets []netip.AddrPort) (*conn, error) {
	u := s.r.URL
	host := hostName(u.Hostname())
	key := OriginOf(u)
	if cn := c.conns.take(key); cn != nil {
		s.keys = cn.keys
		if err := c.token(ctx, cn.keys); err != nil {
			c.conns.keep(cn)
			return nil, err
		}
		s.e.Addr = cn.addr.String()
		if err := c.intend(ctx, s); err != nil {
			c.conns.keep(cn)
			return nil, err
		}
		return cn, nil
	}
	var first error
	for _, a := range targets {
		s.keys = c.courtesyKeys(host, a.Addr())
		s.e.Addr = a.String()
		cn, err := c.open(ctx, s, host, a, strings.EqualFold(u.Scheme, "https"))
		if err == nil {
			cn.key = key
			return cn, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil || passing(err) {
			break
		}
	}
	return nil, first
}

// open dials and, for https, shakes hands; then it takes the request's token.
func (c *Client) open(ctx context.Context, s *sent, host string, a netip.AddrPort, secure bool) (*conn, error) {
	raw, err := c.dialOne(ctx, s, host, a)
	if err != nil {
		return nil, err
	}
	cn := &conn{Conn: raw, raw: raw, addr: a, keys: s.keys}
	if secure {
		if err := c.handshake(ctx, cn, host); err != nil {
			raw.Close()
			return nil, err
		}
	}
	if cn.h2 == nil {
		cn.br = bufio.NewReaderSize(cn.Conn, 4096)
	}
	if err := c.token(ctx, s.keys); err != nil {
		cn.Close()
		return nil, err
	}
	return cn, nil
}

// dialOne makes one TCP connection to a, which was checked: it waits for a
// lease and a token, writes the intent, and connects.
func (c *Client) dialOne(ctx context.Context, s *sent, host string, a netip.AddrPort) (*counted, error) {
	var l *lease
	if len(s.keys) > 0 {
		c.conns.makeRoom(s.keys, c.limit)
		var err error
		if l, err = c.courtesy.acquire(ctx, s.keys, c.limit); err != nil {
			return nil, err
		}
	}
	if err := c.token(ctx, s.keys); err != nil {
		l.release()
		return nil, err
	}
	if err := c.intend(ctx, s); err != nil {
		l.release()
		return nil, err
	}
	c.spend.add(func(st *Stats) { st.Connects++ })
	// The name was checked in the gate; the address is checked once more here,
	// at the only place that opens connections to shops.
	if err := c.opt.Scope.allowsAddr(host, a.Addr()); err != nil {
		l.release()
		return nil, err
	}
	dctx, cancel := context.WithTimeoutCause(ctx, connectIn(ctx), ErrTimeout)
	defer cancel()
	nc, err := c.dial(dctx, a)
	if err != nil {
		l.release()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, failure("", err)
	}
	n := &counted{Conn: nc, c: c, lease: l}
	if !c.conns.add(n) {
		n.Close()
		return nil, c.alive()
	}
	return n, nil
}

// guard bounds cn by the deadline and cuts it when ctx ends.
func (cn *conn) guard(ctx context.Context, by time.Time) (free func(), err error) {
	if err := cn.raw.SetDeadline(by); err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(ctx, func() {
		cn.cut.Store(true)
		_ = cn.raw.SetDeadline(time.Unix(1, 0))
	})
	return func() { unhook() }, nil
}

// because replaces the error of a connection that was cut by the reason why.
func because(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); !errors.Is(err, cause) {
			return errors.Join(cause, err)
		}
	}
	return err
}

// extend moves the deadline while a body arrives. It does not undo a cut: a
// deadline in the past set by guard would be lost, so the cut is asked first.
func (cn *conn) extend(t time.Time) error {
	if cn.cut.Load() {
		return net.ErrClosed
	}
	if err := cn.raw.SetDeadline(t); err != nil {
		return err
	}
	if cn.cut.Load() { // the cut came in between
		return cn.raw.SetDeadline(time.Unix(1, 0))
	}
	return nil
}
