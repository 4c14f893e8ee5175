package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"
)

// names are the resolved and checked addresses of a run's hosts. What was
// checked is what is connected to: nothing resolves again in between.
type names struct {
	mu sync.Mutex
	m  map[string]resolved
}

type resolved struct {
	addrs []netip.Addr
	until time.Time
}

const resolvedFor = 5 * time.Minute

// resolve gives the addresses of host, every one of them allowed. One that is
// not allowed refuses them all: a shop does not mix public and inner addresses.
func (c *Client) resolve(ctx context.Context, host string, third bool) ([]netip.Addr, error) {
	c.names.mu.Lock()
	known, ok := c.names.m[host]
	c.names.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known.addrs, nil
	}
	addrs, err := c.ask4(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%s: %w", host, ErrNoHost)
	}
	for _, a := range addrs {
		if third && !c.opt.Scope.HasHost(host) && IsLocal(host) && !c.localRun() {
			return nil, fmt.Errorf("%s at %s: %w", host, a, ErrAddress)
		}
		if err := c.opt.Scope.allowsAddr(host, a); err != nil {
			return nil, err
		}
	}
	c.names.mu.Lock()
	defer c.names.mu.Unlock()
	if c.names.m == nil || len(c.names.m) > 1024 {
		c.names.m = map[string]resolved{}
	}
	c.names.m[host] = resolved{addrs, time.Now().Add(resolvedFor)}
	return addrs, nil
}

// localRun says that the run's own hosts are all local, so that a page's
// third hosts may be local too; a public shop's page may not reach this machine.
func (c *Client) localRun() bool {
	for _, h := range c.opt.Scope.hostNames() {
		if !IsLocal(h) {
			return false
		}
	}
	return true
}

// ask4 is the look-up itself: IPv4 first, both families.
func (c *Client) ask4(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	look := c.opt.Resolve
	if look == nil {
		if host == "localhost" || IsLocal(host) && hasSuffixLocalhost(host) {
			return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
		}
		look = c.resolver().LookupIPAddr
	}
	ips, err := look(ctx, host)
	if err != nil {
		return nil, failure("looking up "+host, err)
	}
	var out []netip.Addr
	for _, ip := range ips {
		a, ok := netip.AddrFromSlice(ip.IP)
		if !ok {
			continue
		}
		if ip.Zone != "" {
			a = a.WithZone(ip.Zone)
		}
		if a = a.Unmap(); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return out, nil
}

func hasSuffixLocalhost(host string) bool {
	return len(host) > len(".localhost") && host[len(host)-len(".localhost"):] == ".localhost"
}

func (c *Client) resolver() *net.Resolver {
	if c.opt.Nameserver == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, c.opt.Nameserver)
	}}
}

// targets pairs the addresses with the port and asks whether they belong to a
// provider who has not agreed.
func (c *Client) targets(host string, addrs []netip.Addr, port string, l Level, third bool) ([]netip.AddrPort, error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return nil, fmt.Errorf("port %q: %w", port, ErrOutOfScope)
	}
	out := make([]netip.AddrPort, len(addrs))
	for i, a := range addrs {
		out[i] = netip.AddrPortFrom(a, uint16(n))
		if !third {
			if err := c.opt.Scope.allowsProvider(host, out[i], l); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Addresses resolves a host of the scope: IPv4 and IPv6, each of them allowed.
func (c *Client) Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	host = hostName(host)
	if c.opt.Scope.Level == Offline {
		return nil, fmt.Errorf("addresses of %s: %w", host, ErrNotStored)
	}
	if !c.opt.Scope.HasHost(host) {
		return nil, fmt.Errorf("%s: %w", host, ErrOutOfScope)
	}
	ctx, untie := c.tie(ctx)
	defer untie()
	addrs, err := c.resolve(ctx, host, false)
	return slices.Clone(addrs), err
}

// Dial connects to a port of a host in the scope (level safe): one token of
// courtesy, one connection of the host's share until Close. The connection has
// a deadline of 30 s and dies with the run.
func (c *Client) Dial(ctx context.Context, host string, port int, o Origin) (net.Conn, error) {
	addrs, err := c.Addresses(ctx, host)
	if err != nil {
		return nil, c.refuseDial(ctx, KindTCP, net.JoinHostPort(host, strconv.Itoa(port)), o, err)
	}
	if port < 1 || port > 65535 {
		return nil, fmt.Errorf("port %d: %w", port, ErrOutOfScope)
	}
	for i, a := range addrs {
		var cn net.Conn
		cn, err = c.DialAddr(ctx, host, netip.AddrPortFrom(a, uint16(port)), o)
		if err == nil || i == len(addrs)-1 || passing(err) || refusal(err) || kindOf(err) == "refused" {
			return cn, err
		}
	}
	return nil, err
}

// DialAddr is Dial to one address of the host; it must be one the name resolves to.
func (c *Client) DialAddr(ctx context.Context, host string, a netip.AddrPort, o Origin) (net.Conn, error) {
	return c.dialAs(ctx, KindTCP, host, a, o)
}

// DialTLS is DialAddr for a caller that speaks a TLS handshake of its own: the
// ledger books it as one, not as a look at a port.
func (c *Client) DialTLS(ctx context.Context, host string, a netip.AddrPort, o Origin) (net.Conn, error) {
	return c.dialAs(ctx, KindTLS, host, a, o)
}

func (c *Client) dialAs(ctx context.Context, kind Kind, host string, a netip.AddrPort, o Origin) (net.Conn, error) {
	host = hostName(host)
	target := net.JoinHostPort(host, strconv.Itoa(int(a.Port())))
	if err := c.gateDial(ctx, host, a); err != nil {
		return nil, c.refuseDial(ctx, kind, target, o, err)
	}
	ctx, leave, err := c.alone.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, untie := c.tie(ctx)
	defer untie()
	if err := c.spend.reserve(o.Check, c.now()); err != nil {
		return nil, c.refuseDial(ctx, kind, target, o, err)
	}
	c.spend.add(func(st *Stats) { st.Dials++ })
	back := func() {
		c.spend.refund(o.Check)
		c.spend.add(func(st *Stats) { st.Dials-- })
	}
	s := &sent{
		e:    &Entry{Kind: kind, ID: c.dialID(kind), Addr: a.String(), Target: target, Level: Safe, Check: o.Check, Why: o.Why},
		keys: c.courtesyKeys(host, a.Addr()),
	}
	done, err := c.serial.take(ctx, c.opt.Scope.SerialCrawl)
	if err != nil {
		back()
		return nil, err
	}
	defer done()
	cn, err := c.dialOne(ctx, s, host, a)
	if !s.left {
		back()
		return nil, c.refuseDial(ctx, kind, target, o, err)
	}
	end := *s.e
	end.At, end.State, end.Note = time.Time{}, Answered, "connected"
	if err != nil {
		f := failure("connecting to "+a.String(), err)
		end.State, end.Note = Failed, f.Text
		c.spend.add(func(st *Stats) { st.Failed++ })
		err = f
	}
	if jerr := c.ledger.answer(ctx, &end, nil); jerr != nil {
		if cn != nil {
			cn.Close()
		}
		return nil, jerr
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	if err := cn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		cn.Close()
		return nil, err
	}
	return cn, nil
}

func (c *Client) gateDial(ctx context.Context, host string, a netip.AddrPort) error {
	if err := c.alive(); err != nil {
		return err
	}
	s := c.opt.Scope
	switch {
	case s.Level == Offline:
		return fmt.Errorf("connect to %s: %w", host, ErrNotStored)
	case s.Level < Safe:
		return fmt.Errorf("connect to %s needs level safe: %w", host, ErrLevel)
	}
	if err := s.Open(c.now()); err != nil {
		return err
	}
	if err := optedOut(host, c.opt.OptOut); err != nil {
		return err
	}
	addrs, err := c.Addresses(ctx, host)
	if err != nil {
		return err
	}
	if !slices.Contains(addrs, a.Addr().Unmap()) {
		return fmt.Errorf("%s is not an address of %s: %w", a.Addr(), host, ErrAddress)
	}
	return s.allowsProvider(host, a, Safe)
}

func (c *Client) refuseDial(ctx context.Context, kind Kind, target string, o Origin, why error) error {
	c.spend.add(func(s *Stats) { s.Refused++ })
	e := &Entry{Kind: kind, Target: target, Level: Safe, Check: o.Check, Why: o.Why, State: Refused, Note: why.Error()}
	if err := c.ledger.answer(ctx, e, nil); err != nil {
		return err
	}
	return why
}

func (c *Client) dialID(kind Kind) ExchangeID {
	return exchangeID(kind, c.session, int(c.seq.Add(1)))
}

type connectKey struct{}

// ConnectWithin shortens how long a connect may take, for callers that ask many
// ports of which most may never answer. Waiting for courtesy does not count.
func ConnectWithin(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, connectKey{}, d)
}

func connectIn(ctx context.Context) time.Duration {
	if d, ok := ctx.Value(connectKey{}).(time.Duration); ok {
		return min(d, connectLimit)
	}
	return connectLimit
}
