package notice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/smtp"
	"net/textproto"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"miseban/internal/i18n"
)

// Server is the mail server through which mails go out.
type Server struct {
	From mail.Address

	host, addr     string
	implicit       bool // TLS from the first byte
	bare           bool // without TLS, as the operator said
	user, password string
	trust          *tls.Config // of tests; nil: the system's
	patience       time.Duration
}

// What is wrong with the settings of the mail server.
var (
	ErrServer = errors.New("the address of the mail server cannot be read") // never with the address: it may hold a password
	ErrFrom   = errors.New("the sender of mails cannot be read")
)

// ParseServer reads smtp://user:password@host:port (STARTTLS; ?tls=none goes
// without) or smtps://…, and the sender, "Name <address>" or an address.
func ParseServer(address, from string) (*Server, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return nil, ErrServer
	}
	s := &Server{host: u.Hostname(), implicit: u.Scheme == "smtps", patience: 2 * time.Minute}
	port := u.Port()
	if port == "" {
		port = map[bool]string{false: "587", true: "465"}[s.implicit]
	}
	s.addr = net.JoinHostPort(s.host, port)
	switch q := u.RawQuery; {
	case q == "tls=none" && !s.implicit:
		s.bare = true
	case q != "":
		return nil, ErrServer
	}
	if u.User != nil {
		s.user = u.User.Username()
		s.password, _ = u.User.Password()
	}
	a, err := mail.ParseAddress(from)
	if err != nil || strings.ContainsAny(a.Address, "\r\n") {
		return nil, ErrFrom
	}
	s.From = *a
	if s.From.Name == "" {
		s.From.Name = "Miseban 店番"
	}
	return s, nil
}

// String is the server without its password, for logs and pages.
func (s *Server) String() string {
	scheme := "smtp"
	if s.implicit {
		scheme = "smtps"
	}
	return scheme + "://" + s.addr
}

// Problem is why a mail did not go out, as a word of ours.
type Problem string

// The problems.
const (
	Refused     Problem = "refused"     // for good: the address, or what it says
	Later       Problem = "later"       // not now
	Unreachable Problem = "unreachable" // nobody answers, or it broke off
	SignIn      Problem = "sign-in"     // user or password
	Unsafe      Problem = "unsafe"      // no TLS
	TooLate     Problem = "too-late"    // not taken for days
	FromBackup  Problem = "restored"    // was on its way when a backup was taken
	Handing     Problem = "handing"     // is being handed to the server now
	Unsure      Problem = "unsure"      // a process died while it handed it over
)

var problems = map[Problem]i18n.Text{
	Refused:     {JA: "メールサーバが受け取りを断りました。アドレスが正しいかを確かめてください。", EN: "The mail server refused it for good. Check the address."},
	Later:       {JA: "メールサーバが、今は受け取れないと答えました。間をおいて送り直します。", EN: "The mail server cannot take it now. It is tried again later."},
	Unreachable: {JA: "メールサーバにつながらないか、途中で切れました。間をおいて送り直します。", EN: "The mail server did not answer, or broke off. It is tried again later."},
	SignIn:      {JA: "メールサーバにサインインできません。--smtp-url の名前とパスワードを確かめてください。", EN: "The mail server does not accept the sign-in. Check name and password in --smtp-url."},
	Unsafe:      {JA: "メールサーバが暗号化（STARTTLS）に対応していないか、証明書を確かめられません。smtps:// を使うか、内部のサーバであれば ?tls=none を付けてください。", EN: "The mail server offers no TLS, or its certificate cannot be verified. Use smtps://, or add ?tls=none for a server inside your network."},
	TooLate:     {JA: "3日間送り直しましたが、メールサーバが受け取りませんでした。", EN: "The mail server did not take it for three days."},
	Handing:     {JA: "メールサーバに渡しているところです。", EN: "It is being handed to the mail server."},
	Unsure:      {JA: "メールサーバに渡している途中で処理が止まりました。届いているかもしれないため、自動では送り直しません。", EN: "Miseban stopped while it handed this over. It may have arrived, so it is not sent again by itself."},
	FromBackup:  {JA: "復元した控えの中にあったメールです。すでに届いているかもしれないため、送っていません。必要なら「もう一度送る」で送れます。招待など、中のリンクは使えなくなっていることがあります。", EN: "It was in a restored backup and may have arrived already, so it was not sent. You can send it again by hand; links in it, such as invitations, may have ended."},
}

// Say is the problem as the operator reads it.
func (p Problem) Say(l i18n.Lang) string { return problems[p].In(l) }

// Trouble is a mail that did not go out.
type Trouble struct {
	Problem
	Answer string // the server's, shortened
	err    error
}

// Error is for logs.
func (t *Trouble) Error() string { return fmt.Sprintf("mail %s: %s", t.Problem, t.Answer) }

// Unwrap is the error below.
func (t *Trouble) Unwrap() error { return t.err }

// Final says that trying again is of no use.
func (t *Trouble) Final() bool { return t.Problem == Refused || t.Problem == Unsure }

// trouble names what went wrong. Only what is said of the mail itself can be
// final: a server that is not ready is asked again.
func trouble(err error, ofMail bool) error {
	if err == nil {
		return nil
	}
	t := &Trouble{Problem: Unreachable, err: err}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		t.Problem = Later
		switch {
		case reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538:
			t.Problem = SignIn
		case ofMail && reply.Code >= 500:
			t.Problem = Refused
		}
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		t.Problem = Unsafe
	}
	t.Answer = line(err.Error())
	if utf8.RuneCountInString(t.Answer) > 200 {
		t.Answer = string([]rune(t.Answer)[:200]) + "…"
	}
	return t
}

// Send hands a mail to the server. nil: the server has it. Every other error
// is a Trouble. When the server broke off after it had all, the mail may have
// gone: it is to be sent again, and its Message-ID says that it is the same.
func (s *Server) Send(ctx context.Context, to string, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
		return &Trouble{Problem: Refused, Answer: "no address"}
	}
	conn, err := (&net.Dialer{Timeout: 20 * time.Second}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return trouble(err, false)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	secure := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if s.trust != nil {
		secure.RootCAs = s.trust.RootCAs
	}
	if s.implicit {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return trouble(err, false)
	}
	if err := s.greet(c, secure); err != nil {
		return err
	}
	if err := c.Mail(s.From.Address); err != nil {
		return trouble(err, true)
	}
	if err := c.Rcpt(to); err != nil {
		return trouble(err, true)
	}
	w, err := c.Data()
	if err != nil {
		return trouble(err, true)
	}
	if _, err := w.Write(message); err != nil {
		return trouble(err, true)
	}
	if err := w.Close(); err != nil {
		return trouble(err, true)
	}
	_ = c.Quit() // it has the mail, whatever it says now
	return nil
}

// greet says hello, makes the connection safe, and signs in.
func (s *Server) greet(c *smtp.Client, secure *tls.Config) error {
	if err := c.Hello(line(s.From.Address[strings.LastIndexByte(s.From.Address, '@')+1:])); err != nil {
		return trouble(err, false)
	}
	if !s.implicit && !s.bare {
		if ok, _ := c.Extension("STARTTLS"); ok {
			if err := c.StartTLS(secure); err != nil {
				return trouble(err, false)
			}
		} else if !local(s.host) {
			return &Trouble{Problem: Unsafe, Answer: "no STARTTLS"}
		}
	}
	if s.user == "" {
		return nil
	}
	if err := c.Auth(auth{s}); err != nil {
		t := trouble(err, false)
		var x *Trouble
		if errors.As(t, &x) && x.Problem == Later && strings.HasPrefix(x.Answer, "5") {
			x.Problem = SignIn
		}
		return t
	}
	return nil
}

// local says that a host is this computer.
func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// auth signs in by PLAIN. Unlike that of net/smtp it goes by what the operator
// said of the server: without TLS only to this computer, or with ?tls=none.
type auth struct{ s *Server }

// Start is called by net/smtp.
func (a auth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS && !a.s.implicit && !a.s.bare && !local(a.s.host) {
		return "", nil, errors.New("no sign-in without TLS")
	}
	return "PLAIN", []byte("\x00" + a.s.user + "\x00" + a.s.password), nil
}

// Next is called by net/smtp.
func (auth) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("the server asks for more than a password")
	}
	return nil, nil
}
