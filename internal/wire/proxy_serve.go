package wire

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Bounds of what the browser may send and how many requests are remembered.
const (
	maxProxyBody = 1 << 20
	maxSeen      = 20000
	maxProxyURL  = 16 << 10
	maxProxyHead = 512 << 10
	proxyIdle    = 2 * time.Minute
)

// peeked is a connection whose first bytes were looked at.
type peeked struct {
	net.Conn
	br *bufio.Reader
}

func (c *peeked) Read(b []byte) (int, error) { return c.br.Read(b) }

// serve answers one connection of the browser: absolute-form requests, or a
// CONNECT behind which TLS or plain HTTP (ws://) follows.
func (p *Proxy) serve(nc net.Conn) {
	head := &io.LimitedReader{R: nc}
	br := bufio.NewReader(head)
	for {
		_ = nc.SetReadDeadline(time.Now().Add(proxyIdle))
		head.N = maxProxyHead
		r, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		head.N = math.MaxInt64
		page := userOf(r)
		if r.Method == http.MethodConnect {
			if _, err := io.WriteString(nc, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
				return
			}
			p.tunnel(&peeked{nc, br}, r.Host, page)
			return
		}
		if !r.URL.IsAbs() {
			_, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		}
		if !p.answer(nc, r, page) {
			return
		}
	}
}

// tunnel is what follows a CONNECT. Nothing is opened to the host yet: a
// request that will be blocked must not reach it even by a handshake.
func (p *Proxy) tunnel(nc *peeked, authority, page string) {
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		return
	}
	_ = nc.SetReadDeadline(time.Now().Add(proxyIdle))
	first, err := nc.br.Peek(1)
	if err != nil {
		return
	}
	var conn net.Conn = nc
	scheme := "http"
	if first[0] == 0x16 {
		scheme = "https"
		t := tls.Server(nc, &tls.Config{
			NextProtos: []string{"http/1.1"},
			GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
				if h.ServerName != "" && !strings.EqualFold(h.ServerName, host) {
					return nil, fmt.Errorf("server name %q in a tunnel to %q", h.ServerName, host)
				}
				return p.leaf(hostName(host))
			},
		})
		defer t.Close()
		conn = t
	}
	head := &io.LimitedReader{R: conn}
	br := bufio.NewReader(head)
	for {
		_ = nc.SetReadDeadline(time.Now().Add(proxyIdle))
		head.N = maxProxyHead
		r, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		head.N = math.MaxInt64
		if r.URL.IsAbs() || r.Method == http.MethodConnect {
			return
		}
		r.URL.Scheme, r.URL.Host = scheme, host
		if strings.Contains(host, ":") {
			r.URL.Host = "[" + host + "]"
		}
		if port != map[string]string{"http": "80", "https": "443"}[scheme] {
			r.URL.Host = net.JoinHostPort(host, port)
		}
		if !p.answer(conn, r, page) {
			return
		}
	}
}

func userOf(r *http.Request) string {
	_, cred, _ := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
	if b, err := base64.StdEncoding.DecodeString(cred); err == nil {
		user, _, _ := strings.Cut(string(b), ":")
		return user
	}
	return ""
}

// answer passes one request through the gate and writes what came back. It
// says whether the connection can carry another.
func (p *Proxy) answer(w io.Writer, r *http.Request, page string) bool {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxProxyBody+1))
	if err != nil {
		return false
	}
	o := Observed{At: p.c.now().UTC(), URL: r.URL.String(), Method: r.Method, Dest: r.Header.Get("Sec-Fetch-Dest"), Page: page, Referer: r.Header.Get("Referer")}
	if v := r.Header.Get(PageHeader); v != "" {
		o.Page = v
	}
	ex := p.pass(r, body, &o)
	if len(o.URL) > maxProxyURL {
		o.URL = strings.ToValidUTF8(o.URL[:maxProxyURL], "")
	}
	p.mu.Lock()
	if len(p.seen) < maxSeen {
		p.seen = append(p.seen, o)
	}
	p.mu.Unlock()
	keep := !r.Close && len(body) <= maxProxyBody
	if ex == nil {
		status, reason := http.StatusForbidden, o.Blocked
		if reason == "" {
			status, reason = http.StatusBadGateway, o.Failed
		}
		text := "Miseban: " + oneLine(reason) + "\n"
		_, err := fmt.Fprintf(w, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nCache-Control: no-store\r\n\r\n%s",
			status, http.StatusText(status), len(text), text)
		return err == nil && keep
	}
	return writeExchange(w, r.Method, ex) == nil && keep
}

// writeExchange gives an exchange to the browser: decoded, with a length of its own.
func writeExchange(w io.Writer, method string, ex *Exchange) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", ex.Status, http.StatusText(ex.Status))
	h := ex.Header.Clone()
	for _, k := range hopByHop(h) {
		h.Del(k)
	}
	for _, k := range []string{"Content-Encoding", "Content-Length", "Alt-Svc", "Public-Key-Pins"} {
		h.Del(k)
	}
	for k, vs := range h {
		if !validToken(k) {
			continue
		}
		for _, v := range vs {
			fmt.Fprintf(&b, "%s: %s\r\n", k, cleanValue(v))
		}
	}
	if bodyless(method, ex.Status) {
		b.WriteString("\r\n")
	} else {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(ex.Body))
		b.Write(ex.Body)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func hopByHop(h http.Header) []string {
	out := []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
	for _, v := range h["Connection"] {
		for k := range strings.SplitSeq(v, ",") {
			if k = strings.TrimSpace(k); k != "" {
				out = append(out, k)
			}
		}
	}
	return out
}

// pass judges a request of the browser and, if it may leave, sends it.
func (p *Proxy) pass(r *http.Request, body []byte, o *Observed) *Exchange {
	u := r.URL
	switch u.Scheme { // a WebSocket's own words for the same ports
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	o.Third = !p.c.opt.Scope.HasOrigin(u)
	o.Itself = o.Third && o.Page == "" && byItself(r)
	q := &Request{
		Method: r.Method, URL: u, Body: body, Level: Passive, Third: o.Third, Again: true, byPage: true,
		Origin: Origin{Check: "browser", Why: strings.TrimSpace("page load " + o.Dest)},
	}
	key := p.c.mask.keyed(fmt.Sprintf("browser %s %d", p.c.session, p.seq.Add(1)))
	e := &Entry{Kind: KindBrowser, ID: exchangeID(KindHTTP, key, 0), Method: q.Method, Target: u.String(), Level: q.Level, Check: q.Origin.Check, Why: q.Origin.Why}
	if o.Itself {
		q.Origin.Why = "the browser itself, not a page"
		e.Why = q.Origin.Why
	}
	refuse := func(why error) *Exchange {
		o.Blocked = why.Error()
		if len(e.Target) > maxProxyURL {
			e.Target = strings.ToValidUTF8(e.Target[:maxProxyURL], "") + "…"
		}
		if err := p.c.refuse(p.ctx, e, key, 0, why); err != nil && errors.Is(err, errJournal) {
			p.c.Stop("the ledger cannot be written: " + err.Error())
		}
		return nil
	}
	s := p.signs(o.Page)
	if s != nil {
		q.Account, e.Account = s.account.Name, s.account.Name // its password is masked however plain it is
		o.URL = p.c.mask.unsecret(o.URL, true)
	}
	if why := p.judge(r, q, body, o); why != nil {
		return refuse(why)
	}
	var ex *Exchange
	if s != nil && q.Purpose == SignIn {
		defer func() { s.answered(ex) }()
	}
	e.Level, e.Check, e.Why, e.Purpose = q.Level, q.Origin.Check, q.Origin.Why, q.Purpose
	q, err := tidy(q)
	if err != nil {
		return refuse(err)
	}
	if err := p.c.gate(p.ctx, q, e.ID, e); err != nil {
		return refuse(err)
	}
	ctx, leave, err := p.c.alone.enter(p.ctx)
	if err != nil {
		return refuse(err)
	}
	defer leave()
	h := r.Header.Clone()
	for _, k := range append(hopByHop(h), PageHeader, "Accept-Encoding") {
		h.Del(k)
	}
	ex, err = p.c.sendAndKeep(ctx, &sent{r: q, e: e, header: h, noJar: true, asis: true}, key, 0)
	if err != nil {
		if refusal(err) || passing(err) {
			o.Blocked = err.Error()
		} else {
			o.Failed = err.Error()
		}
		return nil
	}
	o.ID, o.Status = ex.ID, ex.Status
	if o.Third && ex.TLS != nil && ex.TLS.VerifyErr != "" {
		o.Failed = "certificate: " + ex.TLS.VerifyErr // a browser would not take it either
		return nil
	}
	return ex
}

// What the browser wants and does not get. The words reach Observed.Blocked.
var (
	errWebSocket  = fmt.Errorf("websocket: %w", ErrMethod)
	errThirdNav   = fmt.Errorf("navigation to another host: %w", ErrOutOfScope)
	errThirdSend  = fmt.Errorf("sends to another host: %w", ErrOutOfScope)
	errPageWrites = fmt.Errorf("write: %w", ErrMethod)
	errTooLong    = fmt.Errorf("body longer than 1 MiB: %w", ErrMethod)
	errLongURL    = fmt.Errorf("address longer than 16 KiB: %w", ErrMethod)
	errAhead      = fmt.Errorf("ahead of need: %w", ErrMethod)
	errService    = fmt.Errorf("service worker: %w", ErrMethod)
	errItself     = fmt.Errorf("asked by the browser itself: %w", ErrOutOfScope)
)

// byItself tells what Chromium asks for its own purposes (is there an update,
// who is signed in) from what a page fires: no page of the run refers to it.
func byItself(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Referer") == "" && (site == "none" || site == "" && r.Header.Get("Origin") == "")
}

// judge is the part of the gate that only a browser needs (safety 1).
func (p *Proxy) judge(r *http.Request, q *Request, body []byte, o *Observed) error {
	switch {
	case r.Header.Get("Upgrade") != "" || tokenIn(r.Header["Connection"], "upgrade"):
		if o.Dest == "" || o.Dest == "empty" {
			o.Dest = "websocket"
		}
		return errWebSocket
	case len(body) > maxProxyBody:
		return errTooLong
	case len(q.URL.String()) > maxProxyURL:
		return errLongURL
	case strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch"):
		// What a page only might need next is nothing that it shows; it may be
		// the way out or a purchase.
		return errAhead
	case r.Header.Get("Service-Worker") != "" || o.Dest == "serviceworker":
		return errService // it would outlive the page and ask in nobody's name
	case o.Third && o.Itself:
		return errItself
	}
	if p.Refuses != nil {
		if why := p.Refuses(r, !o.Third); why != "" {
			return fmt.Errorf("%s: %w", why, ErrMethod)
		}
	}
	if s := p.signs(o.Page); s != nil {
		if ours, err := s.admits(p.c, r, q); ours || err != nil {
			return err
		}
	}
	switch {
	case o.Third:
		return thirdReason(r, o.Dest)
	case r.Method == http.MethodGet && len(body) == 0:
		return nil
	case r.Method == http.MethodPost && p.Reads != nil:
		again := r.Clone(context.Background())
		again.Body = io.NopCloser(bytes.NewReader(body))
		if q.Reads = p.Reads(again, body); q.Reads != "" {
			q.Origin.Why = q.Reads
			return nil
		}
	case (r.Method == http.MethodHead || r.Method == http.MethodOptions) && p.c.opt.Scope.Level >= Safe && len(body) == 0:
		q.Level = Safe
		return nil
	}
	return errPageWrites
}

// subresources are the Sec-Fetch-Dest values of what a page itself loads and shows.
var subresources = []string{"script", "style", "image", "font", "audio", "video", "track", "manifest", "worker", "sharedworker", "serviceworker", "xslt", "json", "audioworklet", "paintworklet"}

// thirdReason says why a request to a third host does not leave; nil lets it.
func thirdReason(r *http.Request, dest string) error {
	switch {
	case r.Method != http.MethodGet || r.ContentLength > 0:
		return errThirdSend
	case dest == "document" || dest == "iframe" || dest == "frame" || dest == "object" || dest == "embed" || dest == "fencedframe":
		return errThirdNav
	case slices.Contains(subresources, dest):
		return nil
	case dest == "" && looksSubresource(r):
		return nil
	}
	return errThirdSend
}

// looksSubresource decides for plain http, to which browsers send no Sec-Fetch-Dest.
func looksSubresource(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	if strings.HasPrefix(accept, "image/") || strings.HasPrefix(accept, "text/css") {
		return true
	}
	if strings.Contains(accept, "text/html") || r.Header.Get("Origin") != "" {
		return false
	}
	switch strings.ToLower(path.Ext(r.URL.Path)) {
	case ".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".woff", ".woff2", ".ttf", ".otf", ".mp4", ".webm", ".mp3":
		return true
	}
	return false
}
