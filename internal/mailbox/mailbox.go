// Package mailbox listens for the mails that a shop sends to the test accounts
// of a diagnosis: a small SMTP server that the operator opens, which keeps what
// arrives for the run and passes nothing on.
package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// Bounds of what is taken in: a shop sends few mails, strangers may send many.
const (
	maxMessages = 200
	maxSize     = 1 << 20
	maxLine     = 4 << 10
	maxCommands = 100
	maxGuests   = 20
	patience    = 60 * time.Second
)

// Message is one mail as it arrived.
type Message struct {
	To      []string // the envelope's recipients, in lower case
	At      time.Time
	Subject string
	Text    string // all readable parts, decoded
}

// Box is an open mailbox.
type Box struct {
	ln     net.Listener
	accept map[string]bool
	now    func() time.Time

	mu   sync.Mutex
	list []Message
	came chan struct{} // closed and renewed with each message
	done sync.WaitGroup
}

// Listen opens a mailbox at addr for exactly these addresses; mails to others
// are refused. It closes when ctx ends or Close is called.
func Listen(ctx context.Context, addr string, addresses ...string) (*Box, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("opening the mailbox: %w", err)
	}
	b := &Box{ln: ln, accept: map[string]bool{}, now: time.Now, came: make(chan struct{})}
	for _, a := range addresses {
		b.accept[strings.ToLower(a)] = true
	}
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	guests := make(chan struct{}, maxGuests)
	b.done.Go(func() {
		defer stop()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			select {
			case guests <- struct{}{}:
				b.done.Go(func() {
					defer func() { <-guests }()
					b.serve(conn)
				})
			default:
				conn.Close()
			}
		}
	})
	return b, nil
}

// Addr is where the mailbox listens.
func (b *Box) Addr() string { return b.ln.Addr().String() }

// Close stops listening and waits for the last guest to go.
func (b *Box) Close() {
	b.ln.Close()
	b.done.Wait()
}

// Accepts says whether mails to the address are kept.
func (b *Box) Accepts(address string) bool { return b.accept[strings.ToLower(address)] }

// Wait returns the first mail to the address that came after since and that
// want takes; ok is false when none came within the time.
func (b *Box) Wait(ctx context.Context, address string, since time.Time, within time.Duration, want func(Message) bool) (m Message, ok bool, err error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		b.mu.Lock()
		came := b.came
		for _, m := range b.list {
			if !m.At.Before(since) && contains(m.To, strings.ToLower(address)) && want(m) {
				b.mu.Unlock()
				return m, true, nil
			}
		}
		b.mu.Unlock()
		select {
		case <-came:
		case <-timer.C:
			return Message{}, false, nil
		case <-ctx.Done():
			return Message{}, false, context.Cause(ctx)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// serve speaks SMTP (RFC 5321) with one guest.
func (b *Box) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReaderSize(conn, maxLine)
	say := func(line string) bool { _, err := io.WriteString(conn, line+"\r\n"); return err == nil }
	if !say("220 miseban test mailbox") {
		return
	}
	var to []string
	from := false
	for range maxCommands {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		answer := "250 OK"
		switch strings.ToUpper(verb) {
		case "HELO":
		case "EHLO":
			answer = "250-miseban\r\n250-8BITMIME\r\n250 SIZE " + fmt.Sprint(maxSize)
		case "MAIL":
			from, to = true, nil
		case "RCPT":
			a := addressIn(arg)
			switch {
			case !from:
				answer = "503 MAIL first"
			case !b.accept[a]:
				answer = "550 no such test mailbox"
			case len(to) < 10:
				to = append(to, a)
			}
		case "DATA":
			if len(to) == 0 {
				answer = "503 RCPT first"
				break
			}
			if !say("354 go ahead") {
				return
			}
			data, err := readData(r)
			if err != nil {
				return
			}
			b.keep(to, data)
			from, to = false, nil
		case "RSET":
			from, to = false, nil
		case "NOOP", "VRFY":
		case "QUIT":
			say("221 bye")
			return
		default:
			answer = "502 not spoken here"
		}
		if !say(answer) {
			return
		}
	}
}

// addressIn reads the address of "TO:<taro@example.jp> SIZE=10".
func addressIn(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	a, _, _ := strings.Cut(rest, ">")
	return strings.ToLower(a)
}

// readData reads a message up to the lone dot. What is too long is cut, not refused.
func readData(r *bufio.Reader) ([]byte, error) {
	var out bytes.Buffer
	for total := 0; total < 8*maxSize; {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, err
		}
		total += len(line)
		if t := bytes.TrimRight(line, "\r\n"); len(t) == 1 && t[0] == '.' {
			return out.Bytes(), nil
		}
		if out.Len()+len(line) <= maxSize {
			out.Write(bytes.TrimPrefix(line, []byte(".")))
		}
	}
	return nil, io.ErrShortBuffer
}

func (b *Box) keep(to []string, data []byte) {
	m := Read(data)
	m.To, m.At = to, b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) < maxMessages {
		b.list = append(b.list, m)
	}
	close(b.came)
	b.came = make(chan struct{})
}

// Read decodes a mail: its subject and all that can be read in it, in the
// charsets that shops write (UTF-8, ISO-2022-JP, Shift_JIS). What cannot be
// decoded is kept as it is.
func Read(data []byte) Message {
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return Message{Text: string(data)}
	}
	dec := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		enc, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return enc.NewDecoder().Reader(in), nil
	}}
	m := Message{Subject: msg.Header.Get("Subject")}
	if s, err := dec.DecodeHeader(m.Subject); err == nil {
		m.Subject = s
	}
	var out strings.Builder
	part(&out, msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, 0)
	m.Text = out.String()
	return m
}

func part(out *strings.Builder, contentType, transfer string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, params = "text/plain", map[string]string{}
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		parts := multipart.NewReader(body, params["boundary"])
		for range 20 {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			part(out, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1)
		}
		return
	}
	if !strings.HasPrefix(kind, "text/") {
		return
	}
	switch strings.ToLower(strings.TrimSpace(transfer)) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	if enc, err := htmlindex.Get(params["charset"]); err == nil {
		body = enc.NewDecoder().Reader(body)
	}
	b, _ := io.ReadAll(io.LimitReader(body, maxSize)) // what could be read counts
	out.Write(b)
	out.WriteString("\n")
}
