package tls

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	"miseban/internal/wire"
)

// Bounds of one survey: connections a host, and how long one answer may take.
const (
	maxConnections = 60
	maxAddresses   = 4
	maxSilent      = 3
)

// patience is how long a server may take for its first flight.
var patience = 8 * time.Second

// conn is what a probe needs of a connection.
type conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// probe asks one address hello after hello and keeps count.
type probe struct {
	dial   func(context.Context) (conn, error)
	full   func(context.Context) ([][]byte, error) // a whole TLS 1.3 handshake, for the certificates that only it shows
	name   string                                  // server name, "" for an address
	budget int
	silent int
	fatal  error // the run may not go on (stopped, budget, scope)
	down   error // the address could not be connected to

	e *endpoint
}

// ready says whether another connection may be made.
func (p *probe) ready(ctx context.Context) bool {
	if p.fatal != nil || p.down != nil || ctx.Err() != nil {
		return false
	}
	if p.e.Connections >= p.budget || p.silent >= maxSilent {
		p.e.Cut = true
		return false
	}
	p.e.Connections++
	return true
}

// connect opens a connection, or notes why there is none.
func (p *probe) connect(ctx context.Context) conn {
	if !p.ready(ctx) {
		return nil
	}
	c, err := p.dial(ctx)
	if err != nil {
		p.refused(err)
		return nil
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	return c
}

func (p *probe) refused(err error) {
	for _, own := range []error{wire.ErrBudget, wire.ErrStopped, wire.ErrWindow, wire.ErrOutOfScope, wire.ErrLevel, wire.ErrAddress, wire.ErrNotStored, context.Canceled} {
		if errors.Is(err, own) {
			p.fatal = err
			return
		}
	}
	p.down = err
}

// ask sends one hello and reads the answer. An answer that takes what was not
// offered counts as none: servers that say the same to everybody support nothing.
func (p *probe) ask(ctx context.Context, h *hello) *answer {
	none := &answer{}
	h.serverName = p.name
	if h.groups == nil {
		h.groups = goodGroups
	}
	if h.version == ssl3 {
		h.bare = true
	}
	raw, err := h.bytes()
	if err != nil {
		p.fatal = err
		return none
	}
	c := p.connect(ctx)
	if c == nil {
		return none
	}
	defer c.Close()
	if _, err := c.Write(raw); err != nil {
		none.end(err)
		return none
	}
	a := readAnswer(c)
	_, _ = c.Write([]byte{21, 3, 1, 0, 2, 1, 0}) // close_notify: we leave politely
	if a.silent && !a.spoke {
		p.silent++
	}
	if !a.spoke {
		if a.alert != 0 {
			p.e.Alert = a.alert
		}
		return a
	}
	offered := a.version <= h.version && a.version >= ssl3
	if h.versions != nil {
		offered = slices.Contains(h.versions, a.version)
	}
	if !offered || !slices.Contains(h.suites, a.suite) {
		p.e.Odd++
		return none
	}
	return a
}

// askSSL2 says whether the server answers the hello of SSL 2.0.
func (p *probe) askSSL2(ctx context.Context) bool {
	raw, err := ssl2Hello()
	if err != nil {
		return false
	}
	c := p.connect(ctx)
	if c == nil {
		return false
	}
	defer c.Close()
	if _, err := c.Write(raw); err != nil {
		return false
	}
	b := make([]byte, 16)
	n, _ := io.ReadAtLeast(c, b, 7)
	return ssl2Answered(b[:n])
}

// chain13 reads the certificates of a server that speaks nothing but TLS 1.3.
func (p *probe) chain13(ctx context.Context) [][]byte {
	if !p.ready(ctx) {
		return nil
	}
	chain, err := p.full(ctx)
	if err != nil {
		p.refused(err)
		p.down = nil // the address answered before
	}
	return chain
}

// clientConfig is for the handshake of chain13; the checks judge the
// certificates themselves, so that each fault gets its own words.
func clientConfig(name string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ServerName: name, MinVersion: tls.VersionTLS13}
}
