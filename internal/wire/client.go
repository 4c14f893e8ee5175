package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"time"
)

// Options make a Client. Scope is required.
type Options struct {
	Scope    *Scope
	Journal  Journal   // nil: a new Memory
	Courtesy *Courtesy // nil: the process-wide one
	Masker   *Masker   // nil: a new one with a random key
	Log      *slog.Logger
	Version  string // Miseban's, for the User-Agent
	Run      string // id of the run, for the identification header
	InfoURL  string
	MaxBody  int64            // default 5 MiB
	Now      func() time.Time // default time.Now
	// Resolve replaces DNS for tests: name → addresses.
	Resolve func(ctx context.Context, name string) ([]net.IPAddr, error)
	// Nameserver is host:port for Lookup; empty: the system's.
	Nameserver string
}

// Client sends what a run asks for, one gate for all.
type Client struct {
	opt  Options
	http *http.Client
	seq  atomic.Int64
}

// NewClient makes a client for one run.
func NewClient(opt Options) (*Client, error) {
	if opt.Scope == nil {
		return nil, fmt.Errorf("wire: no scope")
	}
	if opt.MaxBody == 0 {
		opt.MaxBody = 5 << 20
	}
	jar, _ := cookiejar.New(nil)
	c := &Client{opt: opt}
	c.http = &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		Timeout:       30 * time.Second,
	}
	return c, nil
}

// Scope is what the client was made for.
func (c *Client) Scope() *Scope { return c.opt.Scope }

// Do sends r and returns the exchange. Redirects are not followed. An error
// means that there is no answer: refused by the gate (ErrOutOfScope …), or failed on the way.
func (c *Client) Do(ctx context.Context, r *Request) (*Exchange, error) {
	if err := c.opt.Scope.Allows(r.Method, r.URL, r.Level); err != nil {
		return nil, err
	}
	hr, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for k, v := range r.Header {
		hr.Header[k] = v
	}
	start := time.Now()
	res, err := c.http.Do(hr)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	ttfb := time.Since(start)
	body, err := io.ReadAll(io.LimitReader(res.Body, c.opt.MaxBody))
	ex := &Exchange{
		ID: ExchangeID(fmt.Sprintf("x%06d", c.seq.Add(1))), At: start, TTFB: ttfb, Took: time.Since(start),
		Method: r.Method, URL: r.URL, RawURL: r.URL.String(), Proto: res.Proto, Level: r.Level, Origin: r.Origin,
		Status: res.StatusCode, Header: res.Header, Body: body, BodySize: int64(len(body)),
	}
	if err != nil {
		ex.BodyErr = err.Error()
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s\r\n", res.Proto, res.Status)
	_ = res.Header.Write(&head)
	ex.ResponseHead = head.Bytes()
	if res.TLS != nil {
		ex.TLS = &TLS{Version: res.TLS.Version, Cipher: res.TLS.CipherSuite, ServerName: res.TLS.ServerName}
		for _, cert := range res.TLS.PeerCertificates {
			ex.TLS.Chain = append(ex.TLS.Chain, cert.Raw)
		}
	}
	return ex, nil
}

// Dial connects to host:port of a host in the scope; one token of courtesy each.
func (c *Client) Dial(ctx context.Context, host string, port int, o Origin) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", net.JoinHostPort(host, fmt.Sprint(port)))
}

func isHTML(ct string, body []byte) bool {
	if ct != "" {
		ct = strings.ToLower(ct)
		return strings.Contains(ct, "text/html") || strings.Contains(ct, "application/xhtml")
	}
	return strings.HasPrefix(http.DetectContentType(body), "text/html")
}
