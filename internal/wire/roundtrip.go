package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// requestHeader is what s sends: the caller's lines, what every browser sends,
// the run's cookies, and who asks.
func (c *Client) requestHeader(s *sent) http.Header {
	h := s.header
	if h == nil {
		h = http.Header{}
	}
	for k, vs := range h { // keys of any case must not slip past the identification
		if ck := http.CanonicalHeaderKey(k); ck != k {
			delete(h, k)
			h[ck] = append(h[ck], vs...)
		}
	}
	if !s.asis {
		setDefault(h, "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
		setDefault(h, "Accept-Language", "ja,en;q=0.5")
		if s.r.Third {
			h.Del("Cookie")
			h.Del("Authorization")
		}
	}
	setDefault(h, "Accept-Encoding", "gzip, br, zstd")
	if !s.noJar && len(h["Cookie"]) == 0 {
		var pairs []string
		for _, k := range c.jars.get(s.r.Jar).Cookies(s.r.URL) {
			pairs = append(pairs, k.Name+"="+k.Value)
		}
		if len(pairs) > 0 {
			h.Set("Cookie", strings.Join(pairs, "; "))
		}
	}
	c.id.apply(h)
	if s.r.Third {
		h.Del("From") // the owner's contact is for the owner's machines
	}
	return h
}

func setDefault(h http.Header, k, v string) {
	if len(h[k]) == 0 {
		h.Set(k, v)
	}
}

// keepCookies puts what the answer sets into the request's jar.
func (c *Client) keepCookies(r *Request, ex *Exchange) {
	if len(ex.Header["Set-Cookie"]) > 0 {
		c.jars.get(r.Jar).SetCookies(r.URL, (&http.Response{Header: ex.Header}).Cookies())
	}
}

// Cookies are what the run's jar would send to u.
func (c *Client) Cookies(u string) []*http.Cookie {
	return c.JarCookies("", u)
}

// answer is a head and what is needed to read the body behind it.
type answer struct {
	head
	framing
	at time.Time // the head was read
}

// exchange sends s on cn and reads the answer. Afterwards cn lies idle or is closed.
func (c *Client) exchange(ctx context.Context, cn *conn, s *sent) (*Exchange, error) {
	r := s.r
	keep := false
	defer func() {
		if keep {
			c.conns.keep(cn)
		} else {
			cn.Close()
		}
	}()
	limit := headLimit
	if c.opt.Scope.SerialCrawl {
		limit = slowAnswer
	}
	start := time.Now()
	free, err := cn.guard(ctx, start.Add(limit))
	if err != nil {
		return nil, &staleError{err}
	}
	defer free()
	cn.used++
	h := c.requestHeader(s)
	ex := &Exchange{
		At: c.now().UTC(), Method: r.Method, URL: r.URL, RawURL: r.URL.String(), Addr: cn.addr.String(),
		Level: r.Level, Origin: r.Origin, RequestBody: r.Body, TLS: cn.tls, own: r.Account != "",
	}
	var a *answer
	if cn.h2 != nil {
		ex.RequestHead = headBytes(r.Method, requestTarget(r), hostOf(r), h, len(r.Body))
		a, err = cn.h2.roundTrip(r, h)
	} else {
		ex.RequestHead = headBytes(r.Method, requestTarget(r), hostOf(r), h, len(r.Body))
		a, err = cn.roundTrip1(ex.RequestHead, r)
	}
	if err != nil {
		return nil, because(ctx, err)
	}
	ex.TTFB = a.at.Sub(start)
	ex.Proto, ex.Status, ex.Header, ex.ResponseHead = a.proto, a.status, a.header, a.raw
	drained := c.readBody(ctx, cn, r, ex, a)
	ex.Took = time.Since(start)
	if ctx.Err() != nil && !drained {
		return nil, context.Cause(ctx)
	}
	keep = drained && a.whole && c.alive() == nil
	if keep && cn.h2 == nil {
		keep = cn.br.Buffered() == 0 // what the length did not cover would be taken for the next answer
	}
	return ex, nil
}

// requestTarget is the path and query as the URL was written: dot segments,
// encoded slashes and needless escapes leave as they are (tidy saw to the rest).
func requestTarget(r *Request) string {
	return r.URL.RequestURI()
}

func (cn *conn) roundTrip1(head []byte, r *Request) (*answer, error) {
	if _, err := cn.Write(append(append([]byte(nil), head...), r.Body...)); err != nil {
		// A server may answer and close before it read everything; the answer counts.
		if cn.used > 1 || len(r.Body) == 0 {
			return nil, &staleError{err}
		}
	}
	for range 16 { // 1xx answers before the real one
		h, got, err := readHead(cn.br)
		if err != nil {
			if !got || errors.Is(err, ErrProtocol) && cn.used > 1 {
				return nil, &staleError{err}
			}
			return nil, err
		}
		if h.status >= 200 || h.status == http.StatusSwitchingProtocols {
			a := &answer{head: *h, framing: h.frame(cn.br, r.Method), at: time.Now()}
			if h.status == http.StatusSwitchingProtocols {
				a.whole = false
			}
			return a, nil
		}
	}
	return nil, fmt.Errorf("more than 16 interim answers: %w", ErrProtocol)
}

// readBody fills ex.Body within the caps and says whether the body was read to
// its end, so that the connection can be used again.
func (c *Client) readBody(ctx context.Context, cn *conn, r *Request, ex *Exchange, a *answer) bool {
	ex.BodyErr = a.note
	if r.HeadOnly {
		if a.length >= 0 {
			ex.BodySize = a.length
		}
		return bodyless(r.Method, a.status) || a.length == 0
	}
	if cn.h2 == nil && (a.length == 0 || bodyless(r.Method, a.status)) {
		return true // nothing follows, so how the connection fares now says nothing
	}
	limit := c.opt.MaxBody
	if r.MaxBody > 0 {
		limit = min(limit, r.MaxBody)
	}
	pace := &paced{r: a.body, cn: cn, start: time.Now()}
	pace.end = pace.start.Add(answerLimit)
	body, res := decodeBody(pace, ex.Header["Content-Encoding"], limit)
	ex.Body, ex.BodySize, ex.Truncated = body, int64(len(body)), res.truncated
	if res.truncated && len(res.encodings) == 0 && a.length > ex.BodySize {
		ex.BodySize = a.length
	}
	if res.err != nil {
		ex.BodyErr = strings.TrimPrefix(a.note+"; "+bodyErr(ctx, res.err), "; ")
		return false
	}
	return !res.truncated && res.drained
}

// bodyErr is the short reason why a body is incomplete.
func bodyErr(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "stopped"
	case errors.Is(err, errSlow):
		return errSlow.Error()
	case errors.Is(err, errBomb):
		return errBomb.Error()
	case errors.Is(err, ErrBudget):
		return "the byte budget of the run is used up"
	case kindOf(err) == "timeout":
		return "no further bytes in time"
	case kindOf(err) == "reset":
		return "the connection ended early: " + err.Error()
	}
	return err.Error()
}

var errSlow = errors.New("slower than 256 bytes in 10 s")

// paced reads a body as long as it comes at a bearable speed: at least 256
// bytes in each 10 s, and all of it within the whole answer's limit.
type paced struct {
	r     io.Reader
	cn    *conn
	start time.Time
	end   time.Time
	mark  time.Time // the window's begin
	got   int       // bytes in the window
}

const (
	paceWindow = 10 * time.Second
	paceBytes  = 256
)

func (p *paced) Read(b []byte) (int, error) {
	now := time.Now()
	if p.mark.IsZero() {
		p.mark = p.start
	}
	if now.Sub(p.mark) >= paceWindow {
		if p.got < paceBytes {
			return 0, errSlow
		}
		p.mark, p.got = now, 0
	}
	if now.After(p.end) {
		return 0, ErrTimeout
	}
	if err := p.cn.extend(earliest(p.mark.Add(paceWindow), p.end)); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	p.got += n
	return n, err
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
