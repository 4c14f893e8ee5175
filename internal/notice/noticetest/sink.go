// Package noticetest is a mail server for tests, on this computer, that takes
// mails or misbehaves as it is told.
package noticetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Act is how the server treats one visit.
type Act string

// The ways to treat a visit; an answer as "450 later" is given to RCPT.
const (
	Take      Act = ""
	Busy      Act = "421 busy"  // in place of a greeting
	NoSignIn  Act = "535 no"    // to AUTH
	DieInData Act = "die"       // hangs up while the mail comes
	DieAfter  Act = "die-after" // takes the mail and hangs up before it says so
	Hang      Act = "hang"      // says nothing more after RCPT
	RefuseAll Act = "554 spam"  // to the mail itself
)

// Mail is a mail that the server took, or had when it hung up.
type Mail struct {
	From, To string
	Raw      string
	SignedIn string // the answer to AUTH as it came, in Base64
}

// Sink is the server.
type Sink struct {
	ln   net.Listener
	done sync.WaitGroup

	mu     sync.Mutex
	acts   []Act
	mails  []Mail
	visits int
	came   chan struct{}
	ending chan struct{}
}

// Open opens a server for the time of a test. The first visits are treated as
// acts say, the others are welcome.
func Open(t testing.TB, acts ...Act) *Sink {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Sink{ln: ln, acts: acts, came: make(chan struct{}, 1000), ending: make(chan struct{})}
	s.done.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.done.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		close(s.ending)
		_ = ln.Close()
		s.done.Wait()
	})
	return s
}

// URL is the server's address for notice.ParseServer.
func (s *Sink) URL() string { return "smtp://" + s.ln.Addr().String() }

// Treat says how the next visits are treated.
func (s *Sink) Treat(acts ...Act) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts = acts
}

// Mails are what was taken so far.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Visits counts who came.
func (s *Sink) Visits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits
}

// Came has a value for each mail that the server had whole.
func (s *Sink) Came() <-chan struct{} { return s.came }

func (s *Sink) next() Act {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits++
	if len(s.acts) == 0 {
		return Take
	}
	a := s.acts[0]
	s.acts = s.acts[1:]
	return a
}

func (s *Sink) serve(conn net.Conn) {
	defer conn.Close()
	act := s.next()
	gone := make(chan struct{})
	defer close(gone)
	go func() {
		select {
		case <-s.ending:
			conn.Close()
		case <-gone:
		}
	}()
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	if act == Busy {
		say(string(act))
		return
	}
	say("220 sink")
	r := bufio.NewReader(conn)
	var m Mail
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, arg, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN")
		case "AUTH":
			m.SignedIn = arg
			if act == NoSignIn {
				say(string(act))
				continue
			}
			say("235 welcome")
		case "MAIL":
			m.From = arg
			say("250 ok")
		case "RCPT":
			m.To = strings.TrimSuffix(strings.TrimPrefix(arg, "TO:<"), ">")
			switch {
			case act == Hang:
				_, _ = io.Copy(io.Discard, conn) // until the guest has enough
				return
			case act != RefuseAll && len(act) > 3 && act[0] >= '4' && act[0] <= '5' && act != NoSignIn:
				say(string(act))
			default:
				say("250 ok")
			}
		case "DATA":
			say("354 go on")
			if act == DieInData {
				_, _ = r.ReadString('\n')
				return
			}
			var raw strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				raw.WriteString(strings.TrimPrefix(l, "."))
			}
			if act == RefuseAll {
				say(string(act))
				continue
			}
			m.Raw = raw.String()
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
			s.came <- struct{}{}
			if act == DieAfter {
				return
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
