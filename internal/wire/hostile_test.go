package wire

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// piped makes c connect to serve through memory, so that a hostile server's
// minutes pass in no time inside a synctest bubble.
func piped(c *Client, serve func(net.Conn)) {
	c.dial = func(context.Context, netip.AddrPort) (net.Conn, error) {
		a, b := net.Pipe()
		go func() {
			defer b.Close()
			serve(b)
		}()
		return pipeEnd{a}, nil
	}
}

// pipeEnd takes a deadline as a socket does, also when the other end is gone:
// what was written before can still be read.
type pipeEnd struct{ net.Conn }

func (p pipeEnd) SetDeadline(t time.Time) error {
	if err := p.Conn.SetDeadline(t); err != io.ErrClosedPipe {
		return err
	}
	return nil
}

// eachRequest answers every request on a connection by f until f says false.
func eachRequest(f func(w io.Writer, r *http.Request) bool) func(net.Conn) {
	return func(nc net.Conn) {
		br := bufio.NewReader(nc)
		for {
			r, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			if !f(nc, r) {
				return
			}
		}
	}
}

func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, answer string
		status       int
		body         string
		bodyErr      string // a part of it
		err          error
	}{
		{name: "bare LF", answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", status: 200, body: "hi"},
		{name: "no reason", answer: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", status: 200, body: "hi"},
		{name: "no length", answer: "HTTP/1.0 200 OK\r\n\r\nhi", status: 200, body: "hi"},
		{name: "close without length", answer: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi", status: 200, body: "hi"},
		{name: "length too long", answer: "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhi", status: 200, body: "hi", bodyErr: "ended early"},
		{name: "length too short", answer: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nhi", status: 200, body: "h"},
		{name: "several lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhi...", status: 200, body: "hi", bodyErr: "several Content-Length"},
		{name: "equal lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi", status: 200, body: "hi"},
		{name: "negative length", answer: "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", status: 200, body: "hi", bodyErr: "not a number"},
		{name: "chunked", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nh\r\n1\r\ni\r\n0\r\nA: b\r\n\r\n", status: 200, body: "hi"},
		{name: "chunked, bare LF", answer: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nhi\n0\n\n", status: 200, body: "hi"},
		{name: "bad chunk size", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n", status: 200, body: "hi", bodyErr: "chunk size"},
		{name: "huge chunk size", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhi", status: 200, bodyErr: "chunk size"},
		{name: "chunk too long", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n", status: 200, body: "h", bodyErr: "longer than it says"},
		{name: "chunked ends early", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", status: 200, body: "hi", bodyErr: "ended early"},
		{name: "interim answers", answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Nope\r\nContent-Length: 1\r\n\r\nx", status: 404, body: "x"},
		{name: "interim without end", answer: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20), err: ErrProtocol},
		{name: "no content", answer: "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello", status: 204},
		{name: "folded line", answer: "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 0\r\n\r\n", status: 200},
		{name: "line without colon", answer: "HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nhi", status: 200, body: "hi"},
		{name: "space before colon", answer: "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", status: 200, body: "hi"},
		{name: "empty line first", answer: "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", status: 200, body: "hi"},
		{name: "status 999", answer: "HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n", status: 999},
		{name: "not HTTP", answer: "SSH-2.0-OpenSSH_9.6\r\n", err: ErrProtocol},
		{name: "bad status", answer: "HTTP/1.1 abc OK\r\n\r\n", err: ErrProtocol},
		{name: "head without end", answer: "HTTP/1.1 200 OK\r\nA: b\r\n", err: ErrReset},
		{name: "closes at once", answer: "", err: ErrReset},
		{name: "endless head", answer: "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 300), err: ErrProtocol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, "http://127.0.0.1")
			piped(c, eachRequest(func(w io.Writer, _ *http.Request) bool {
				_, _ = io.WriteString(w, tc.answer)
				return false
			}))
			ex, err := c.Do(t.Context(), get(t, "http://127.0.0.1/"))
			if tc.err != nil {
				wantErr(t, err, tc.err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if ex.Status != tc.status || string(ex.Body) != tc.body || !strings.Contains(ex.BodyErr, tc.bodyErr) || (ex.BodyErr == "") != (tc.bodyErr == "") {
				t.Errorf("got %d %q (%s), want %d %q (%s)", ex.Status, ex.Body, ex.BodyErr, tc.status, tc.body, tc.bodyErr)
			}
		})
	}
}

func TestHeadAsReceived(t *testing.T) {
	t.Parallel()
	head := "HTTP/1.1 200 Alles gut\r\nx-lower: 1\r\nX-UPPER: 2\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nX-Fold: one\r\n\ttwo\r\nContent-Length: 0\r\n\r\n"
	c := client(t, "http://127.0.0.1")
	piped(c, eachRequest(func(w io.Writer, _ *http.Request) bool { _, _ = io.WriteString(w, head); return true }))
	ex := must(t, c, get(t, "http://127.0.0.1/"))
	if string(ex.ResponseHead) != head {
		t.Errorf("got head\n%q\nwant\n%q", ex.ResponseHead, head)
	}
	if got := ex.Header["Set-Cookie"]; len(got) != 2 || ex.Header.Get("X-Fold") != "one two" || ex.Header.Get("X-Lower") != "1" {
		t.Errorf("header understood as %v", ex.Header)
	}
	if !strings.HasPrefix(string(ex.RequestHead), "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 ") {
		t.Errorf("request head %q", ex.RequestHead)
	}
}

// What a server sends beyond its length must not become the next answer.
func TestDesync(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	go func() {
		for {
			nc, err := s.Accept()
			if err != nil {
				return
			}
			go eachRequest(func(w io.Writer, r *http.Request) bool {
				n.Add(1)
				_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
				return true
			})(nc)
		}
	}()
	u := "http://" + s.Addr().String()
	c := client(t, u)
	for _, p := range []string{"/1", "/2", "/3"} {
		if ex := must(t, c, get(t, u+p)); string(ex.Body) != "ok" {
			t.Errorf("%s got %q", p, ex.Body)
		}
	}
}

func TestSlowDrip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1")
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			if r.URL.Path == "/head" {
				for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n") {
					time.Sleep(time.Second)
					if _, err := w.Write([]byte{b}); err != nil {
						return false
					}
				}
			}
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
			for {
				time.Sleep(time.Second)
				if _, err := io.WriteString(w, "x"); err != nil {
					return false
				}
			}
		}))
		start := time.Now()
		ex := must(t, c, get(t, "http://127.0.0.1/body"))
		if took := time.Since(start); took > 25*time.Second || ex.BodyErr == "" || len(ex.Body) == 0 {
			t.Errorf("dripping body: took %s, %d bytes, %q", took, len(ex.Body), ex.BodyErr)
		}
		start = time.Now()
		_, err := c.Do(t.Context(), get(t, "http://127.0.0.1/head"))
		wantErr(t, err, ErrTimeout)
		if took := time.Since(start); took > headLimit+time.Second {
			t.Errorf("dripping head held us for %s", took)
		}
		over(c)
	})
}

func TestAnswerDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1")
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				time.Sleep(time.Second)
				if _, err := io.WriteString(w, strings.Repeat("x", 100)); err != nil {
					return false
				}
			}
		}))
		start := time.Now()
		ex := must(t, c, get(t, "http://127.0.0.1/"))
		if took := time.Since(start); took > answerLimit+2*time.Second || ex.BodyErr == "" {
			t.Errorf("took %s, %q", took, ex.BodyErr)
		}
		over(c)
	})
}

// pages serves 200 for everything and says when each request came.
type pages struct {
	mu sync.Mutex
	at []time.Time
	by map[string]int
}

func (p *pages) note(r *http.Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[string]int{}
	}
	p.at = append(p.at, time.Now())
	p.by[r.Header.Get(headerName)]++
	return len(p.at)
}

// worst is the largest number of requests in any window.
func (p *pages) worst(window time.Duration) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := 0
	for i := range p.at {
		n := 0
		for _, t := range p.at[i:] {
			if t.Sub(p.at[i]) <= window {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

const okAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// over ends a run inside a bubble and lets the servers notice (in the bubble's time).
func over(c *Client) {
	c.Stop("over")
	time.Sleep(2 * time.Second)
	synctest.Wait()
}
