package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// ErrPostAddress says that an address is none that something may be posted to.
var ErrPostAddress = errors.New("not an https address of a public host")

// Poster hands messages to addresses that people of the application chose, such
// as the receiver of a webhook. It reaches public addresses only (CWE-918): a
// name is looked up here and its address is judged before it is connected to,
// redirects are not followed, and of the answer only the status is read.
type Poster struct {
	client *http.Client
	scope  *Scope
}

// NewPoster makes a Poster. local lets it reach this very computer too, by http
// as well; for trying Miseban out and for tests.
func NewPoster(local bool) *Poster {
	p := &Poster{scope: &Scope{}}
	if local {
		p.scope.Addresses = prefixes("127.0.0.0/8", "::1/128")
	}
	t := &http.Transport{DialContext: p.dial, MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second}
	p.client = &http.Client{Transport: t, Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return p
}

// Check says whether an address may be posted to, as far as it says so itself:
// https, a host, no user and no fragment, no inner address, and no port of
// another service. ErrPostAddress.
func (p *Poster) Check(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || len(raw) > 2000 {
		return nil, ErrPostAddress
	}
	local := len(p.scope.Addresses) > 0 && IsLocal(u.Hostname())
	if u.Scheme != "https" && !(local && u.Scheme == "http") {
		return nil, ErrPostAddress
	}
	if port := u.Port(); port != "" && port != "443" && len(port) < 4 { // 8443, 3000 …, but not 22 or 25
		return nil, ErrPostAddress
	}
	if IsLocal(u.Hostname()) && !local {
		return nil, ErrPostAddress
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && p.allows(a) != nil {
		return nil, ErrPostAddress
	}
	return u, nil
}

// Post sends body once and returns the status of the answer. An error means
// that no answer came.
func (p *Poster) Post(ctx context.Context, to string, header http.Header, body []byte) (status int, err error) {
	u, err := p.Check(to)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header = header
	res, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10) // only so that the other side is done writing
	return res.StatusCode, nil
}

func (p *Poster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	err = fmt.Errorf("%s: %w", host, ErrAddress)
	for _, a := range list {
		if e := p.allows(a.Unmap()); e != nil {
			err = e
			continue
		}
		conn, e := d.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if e == nil {
			return conn, nil
		}
		err = e
	}
	return nil, err
}

// allows judges an address whatever its name is: a name that is called local
// does not open this computer here.
func (p *Poster) allows(a netip.Addr) error { return p.scope.allowsAddr("receiver.invalid", a) }
