package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Bounds of what a stranger can do to the listener.
const (
	oobConns    = 64
	oobHits     = 16 // kept of one token
	oobTokens   = 20000
	oobHead     = 16 << 10
	oobPatience = 5 * time.Second
)

// Listener waits for machines that a provoking value made call back (checks:
// ssrf, xxe, os-command). It belongs to the operator, never to a third party,
// and is the only thing of Miseban that listens for other machines.
type Listener struct {
	c    *Client
	addr string // host:port as the shop reaches it
	srv  *http.Server

	mu   sync.Mutex
	hits map[string][]Hit // by token
	news chan struct{}    // closed at the next hit
}

// Hit is one call that reached the listener with a token of this run.
type Hit struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"` // ip:port
	Method string    `json:"method"`
	Target string    `json:"target"`
	Agent  string    `json:"agent,omitempty"`
}

// Listen opens the listener that the scope names (Scope.OOB): host:port at
// which the shop reaches this machine, with port 0 for any free one on
// loopback. It must be called before anything is asked; the listener closes
// with the run. Without an address there is none, and no error.
func (c *Client) Listen() (*Listener, error) {
	s := c.opt.Scope
	if s.OOB == "" || c.oob != nil {
		return c.oob, nil
	}
	host, port, err := net.SplitHostPort(s.OOB)
	if err != nil || host == "" {
		return nil, fmt.Errorf("oob %q: write it as host:port", s.OOB)
	}
	l := &Listener{c: c, addr: s.OOB, hits: map[string][]Hit{}, news: make(chan struct{})}
	switch {
	case s.Level == Offline:
		c.oob = l
		return l, nil
	case s.Level < Active:
		return nil, fmt.Errorf("oob at level %s: %w", s.Level, ErrLevel)
	}
	bind := ":" + port
	if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() || IsLocal(host) {
		if err != nil {
			host = "127.0.0.1" // a name may mean another machine tomorrow
		}
		bind = net.JoinHostPort(host, port)
	} else if s.local() {
		return nil, fmt.Errorf("oob %q: a run of this machine listens on loopback only: %w", s.OOB, ErrAddress)
	}
	ln, err := net.Listen("tcp", bind)
	if err != nil {
		return nil, fmt.Errorf("listening for call-backs: %w", err)
	}
	_, actual, _ := net.SplitHostPort(ln.Addr().String()) // always host:port
	l.addr = net.JoinHostPort(host, actual)
	s.OOB = l.addr // a resumed or re-judged run sends the same values
	l.srv = &http.Server{
		Handler: l, ReadHeaderTimeout: oobPatience, ReadTimeout: oobPatience, WriteTimeout: oobPatience, MaxHeaderBytes: oobHead,
		ErrorLog: slog.NewLogLogger(c.opt.Log.Handler(), slog.LevelDebug),
	}
	l.srv.SetKeepAlivesEnabled(false)
	go func() { _ = l.srv.Serve(&few{Listener: ln, free: make(chan struct{}, oobConns)}) }()
	context.AfterFunc(c.ctx, func() { _ = l.srv.Close() })
	c.oob = l
	return l, nil
}

// OutOfBand is the run's listener, nil when it has none.
func (c *Client) OutOfBand() *Listener { return c.oob }

// Close stops listening.
func (l *Listener) Close() error {
	if l.srv == nil {
		return nil
	}
	return l.srv.Close()
}

// Addr is host:port as the shop reaches the listener.
func (l *Listener) Addr() string { return l.addr }

// URL is an address that is unique to label in this run; a call there is
// recorded and answered by Answer(label).
func (l *Listener) URL(label string) string {
	t := l.token(label)
	l.mu.Lock()
	if _, ok := l.hits[t]; !ok && len(l.hits) < oobTokens {
		l.hits[t] = nil
	}
	l.mu.Unlock()
	return "http://" + l.addr + "/" + t
}

// Answer is the text that URL(label) gives: harmless, and to be found again in
// an answer of a shop that fetched it.
func (l *Listener) Answer(label string) string { return "miseban-" + answerTo(l.c, l.token(label)) }

func (l *Listener) token(label string) string { return l.c.Derive("oob " + label)[:24] }

func answerTo(c *Client, token string) string { return c.Derive("oob answer " + token)[:24] }

// Wait gives what called URL(label), after the first call or when d is over. It
// is recorded with the run, so that a re-judged run sees the same.
func (l *Listener) Wait(ctx context.Context, label string, d time.Duration, o Origin) ([]Hit, error) {
	token := l.token(label)
	o.Why = strings.TrimSpace("call-backs " + o.Why)
	return Observe(ctx, l.c, KindOOB, "oob "+token, Active, o, func(ctx context.Context) ([]Hit, error) {
		end := time.NewTimer(d)
		defer end.Stop()
		for {
			l.mu.Lock()
			got, news := append([]Hit(nil), l.hits[token]...), l.news
			l.mu.Unlock()
			if len(got) > 0 {
				return got, nil
			}
			select {
			case <-news:
			case <-end.C:
				return nil, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
	})
}

// ServeHTTP records a call that carries a token of this run in path, query or
// host; to all others it says nothing.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	token := l.tokenIn(r.Host + r.URL.RequestURI())
	if token == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	l.mu.Lock()
	if h := l.hits[token]; len(h) < oobHits {
		l.hits[token] = append(h, Hit{At: l.c.now().UTC(), From: r.RemoteAddr, Method: r.Method, Target: shorten(r.URL.RequestURI()), Agent: shorten(r.UserAgent())})
	}
	close(l.news)
	l.news = make(chan struct{})
	l.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintf(w, "miseban-%s\n", answerTo(l.c, token))
}

func (l *Listener) tokenIn(s string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const n = 24
	run := 0
	for i := range len(s) {
		if !isHex(s[i]) {
			run = 0
			continue
		}
		if run++; run >= n {
			t := strings.ToLower(s[i+1-n : i+1])
			if _, ok := l.hits[t]; ok {
				return t
			}
		}
	}
	return ""
}

// few takes at most as many connections at a time as free holds; each lives
// for seconds only.
type few struct {
	net.Listener
	free chan struct{}
}

// Accept waits for a connection and then for a place; who comes while all are
// held for long is turned away.
func (f *few) Accept() (net.Conn, error) {
	for {
		nc, err := f.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case f.free <- struct{}{}:
			return &place{Conn: nc, back: sync.OnceFunc(func() { <-f.free })}, nil
		case <-time.After(2 * oobPatience):
			_ = nc.Close()
		}
	}
}

type place struct {
	net.Conn
	back func()
}

// Close gives the place back.
func (p *place) Close() error {
	p.back()
	return p.Conn.Close()
}
