package backend

import (
	"bufio"
	"fmt"
	"net"
	"net/smtp"
	"slices"
	"strings"
	"sync"
)

// Letter is one mail that the sink took.
type Letter struct {
	To   []string
	Text string
}

// Sink is a mail server that keeps what it is given and delivers nothing.
type Sink struct {
	l     net.Listener
	mu    sync.Mutex
	in    []Letter
	relay map[string]string // address → host:port
}

// NewSink opens a mail server on loopback.
func NewSink() (*Sink, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{l: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s, nil
}

// Close ends the server.
func (s *Sink) Close() { _ = s.l.Close() }

// Letters are the mails so far.
func (s *Sink) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.in)
}

// Relay passes mails to an address on to another server on loopback.
func (s *Sink) Relay(address, hostPort string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.relay == nil {
		s.relay = map[string]string{}
	}
	s.relay[strings.ToLower(address)] = hostPort
}

// pass gives a letter to those who wait for it elsewhere.
func (s *Sink) pass(x Letter) {
	for _, to := range x.To {
		s.mu.Lock()
		next := s.relay[strings.ToLower(to)]
		s.mu.Unlock()
		if next != "" {
			_ = smtp.SendMail(next, nil, "shop@example.jp", []string{to}, []byte(x.Text))
		}
	}
}

// talk speaks the little of SMTP that a shop's program needs.
func (s *Sink) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 sink")
	var now Letter
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		low := strings.ToLower(strings.TrimSpace(line))
		switch {
		case strings.HasPrefix(low, "ehlo"), strings.HasPrefix(low, "helo"), strings.HasPrefix(low, "mail from:"), low == "rset", low == "noop":
			say("250 ok")
		case strings.HasPrefix(low, "rcpt to:"):
			now.To = append(now.To, strings.Trim(strings.TrimSpace(line)[8:], " <>"))
			say("250 ok")
		case low == "data":
			say("354 go on")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if strings.TrimRight(line, "\r\n") == "." {
					break
				}
				b.WriteString(line)
			}
			now.Text = b.String()
			s.mu.Lock()
			s.in = append(s.in, now)
			s.mu.Unlock()
			s.pass(now)
			now = Letter{}
			say("250 kept")
		case low == "quit":
			say("221 bye")
			return
		default:
			say("500 what")
		}
	}
}

// Sendmail sends a mail as sendmail -t does: to whom its own head names. The
// head ends at the first empty line.
func (s *Sink) Sendmail(letter string) error {
	head, _, _ := strings.Cut(strings.ReplaceAll(letter, "\r\n", "\n"), "\n\n")
	var to []string
	for line := range strings.Lines(head) {
		k, v, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		switch strings.ToLower(k) {
		case "to", "cc", "bcc":
			for a := range strings.SplitSeq(v, ",") {
				if a = strings.Trim(strings.TrimSpace(a), "<>"); strings.Contains(a, "@") && !strings.ContainsAny(a, " \t") {
					to = append(to, a)
				}
			}
		}
	}
	return smtp.SendMail(s.l.Addr().String(), nil, "shop@example.jp", to, []byte(letter))
}
