package network

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// Bounds of a scan.
const (
	maxAddresses = 4
	maxOpen      = 20 // more open ports than this is a middlebox that answers for everything
	maxBanner    = 2048
	keptBanner   = 512
)

// reach is how long a connect may take: two repeats of a lost first packet.
const reach = 4 * time.Second

// patience is how long an open port may take to say something.
var patience = 4 * time.Second

// patience is longer for mail and FTP: many look the caller up first, or make
// strangers wait on purpose.
func (s service) patience() time.Duration {
	if s.class == smtp || s.class == ftp {
		return 4 * patience
	}
	return patience
}

// portsFor is the list of ports for a host; tests put their own services there.
var portsFor = func(string) []service { return table }

// machine is what one address answered. It is stored with the run.
type machine struct {
	Host, Addr string
	Open       []open
	Closed     int
	Filtered   int
	Middlebox  bool
	Unasked    string // why this address was not asked
}

// open is one open port.
type open struct {
	Port    int
	Name    string // of the service that the answer proves, "" when it proves none
	Class   class
	Banner  []byte // the beginning of the answer, mail addresses masked
	Free    bool   // works without signing in
	Limited bool   // answers only to say that we may not come in
	TLS     string // "yes", "no": whether the plain service can be made secure; "" not asked
	Auth    bool   // offers to take a password
}

func (m *machine) where(o open) string {
	h := m.Host
	if strings.Contains(h, ":") {
		h = "[" + h + "]"
	}
	return h + ":" + strconv.Itoa(o.Port)
}

// scanned are all addresses of all hosts of the scope, asked once a run.
var scanned = &check.Fact[[]*machine]{Name: "ports", Find: func(ctx context.Context, p *check.Pass) ([]*machine, error) {
	var out []*machine
	var done []netip.Addr
	hosts, web := origins(p)
	for _, host := range hosts {
		addrs, err := check.Observe(ctx, p, wire.KindDNS, "port scan addresses of "+host, func(ctx context.Context) ([]netip.Addr, error) {
			return p.Addresses(ctx, host)
		})
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", host, err)
		}
		for _, a := range addrs[:min(len(addrs), maxAddresses)] {
			if slices.Contains(done, a) {
				continue
			}
			done = append(done, a)
			m, err := check.Observe(ctx, p, wire.KindTCP, "port scan of "+host+" at "+a.String(), func(ctx context.Context) (*machine, error) {
				return scan(ctx, p, host, a, web)
			})
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	return out, nil
}}

// origins are the hosts of the scope and the ports on which the shop itself lives.
func origins(p *check.Pass) (hosts []string, web map[int]bool) {
	web = map[int]bool{}
	for _, s := range append([]string{p.Site.Start.String()}, p.Scope.Hosts...) {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" {
			continue
		}
		h := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if !slices.Contains(hosts, h) && p.Scope.HasHost(h) {
			hosts = append(hosts, h)
		}
		if n, err := strconv.Atoi(u.Port()); err == nil {
			web[n] = true
		}
	}
	return hosts, web
}

// scan connects to each port of the list once. Its error means that the run may not go on.
func scan(ctx context.Context, p *check.Pass, host string, a netip.Addr, web map[int]bool) (*machine, error) {
	m := &machine{Host: host, Addr: a.String()}
	for _, s := range portsFor(host) {
		if web[s.port] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := p.DialAddr(wire.ConnectWithin(ctx, reach), host, netip.AddrPortFrom(a, uint16(s.port)), "port "+s.name)
		var f *wire.Failure
		switch {
		case errors.Is(err, wire.ErrAddress) || errors.Is(err, wire.ErrOutOfScope):
			m.Unasked = err.Error()
			return m, nil // a provider's address: only the web may be asked
		case errors.As(err, &f) && (f.Kind == "refused" || f.Kind == "reset"):
			m.Closed++
			continue
		case errors.As(err, &f) && f.Kind == "unreachable" && m.Closed+m.Filtered+len(m.Open) == 0:
			m.Unasked = err.Error() // no way to this address from here (IPv6, mostly)
			return m, nil
		case errors.As(err, &f) && !ends(err):
			m.Filtered++
			continue
		case err != nil:
			return nil, err
		}
		var cn conn = c
		if s.tls {
			cn = tls.Client(c, &tls.Config{InsecureSkipVerify: true, ServerName: host, MinVersion: tls.VersionTLS10})
		}
		_ = c.SetDeadline(time.Now().Add(s.patience()))
		m.Open = append(m.Open, greet(cn, s, host))
		_ = c.Close()
		if len(m.Open) > maxOpen {
			m.Middlebox = true
			return m, nil
		}
	}
	return m, nil
}

// ends says that err ends the run, whatever the port.
func ends(err error) bool {
	for _, e := range []error{wire.ErrStopped, wire.ErrBudget, wire.ErrWindow, wire.ErrLevel, wire.ErrNotStored, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// conn is what a greeting needs of a connection.
type conn = io.ReadWriter

// greet says what a polite client says and judges the answer.
func greet(c conn, s service, host string) open {
	o := open{Port: s.port}
	if s.hello != "" {
		if _, err := io.WriteString(c, strings.ReplaceAll(s.hello, "{host}", host)); err != nil {
			return o
		}
	}
	until := s.proof
	if s.class == ftp || s.class == smtp {
		until = wholeReply // greetings may have many lines
	}
	b := read(c, until)
	text := latin(b)
	if s.proof.MatchString(text) {
		o.Name, o.Class = s.name, s.class
		o.Free = s.free != nil && s.free.MatchString(text)
		o.Limited = s.name == "MySQL" && len(b) > 4 && b[4] == 0xff
		switch s.class {
		case ftp:
			o.TLS = askFTP(c)
		case smtp:
			o.TLS, o.Auth = askSMTP(c)
			if s.tls {
				o.TLS = "yes"
			}
		}
	}
	o.Banner = mailAddress.ReplaceAll(b[:min(len(b), keptBanner)], []byte("***@***"))
	return o
}

var mailAddress = regexp.MustCompile(`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,120}`)

// read reads until the answer is proven, the peer is done, or the time is up.
func read(c io.Reader, until *regexp.Regexp) []byte {
	var b []byte
	buf := make([]byte, maxBanner)
	for len(b) < maxBanner {
		n, err := c.Read(buf[:maxBanner-len(b)])
		b = append(b, buf[:n]...)
		if err != nil || n > 0 && until.MatchString(latin(b)) && (len(b) < 5 || !strings.HasPrefix(string(b), "HTTP/")) {
			break
		}
	}
	return b
}

// latin turns each byte into one letter, so that expressions can speak of bytes.
func latin(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

// wholeReply ends a reply of FTP or SMTP: a line with a space after its code.
var wholeReply = re(`(?m)^\d{3}( [^\n]*)?\r?\n`)

func command(c conn, line string) string {
	if _, err := io.WriteString(c, line+"\r\n"); err != nil {
		return ""
	}
	return string(read(c, wholeReply))
}

// askFTP says whether an FTP server can encrypt; "" when it does not tell.
func askFTP(c conn) string {
	feat := command(c, "FEAT")
	switch {
	case strings.HasPrefix(feat, "211") && (strings.Contains(feat, "AUTH TLS") || strings.Contains(feat, "AUTH SSL")):
		command(c, "QUIT")
		return "yes"
	case feat == "":
		return ""
	}
	answer := command(c, "AUTH TLS")
	switch {
	case strings.HasPrefix(answer, "234"):
		return "yes" // the next word would be a handshake; we hang up instead
	case strings.HasPrefix(answer, "5"):
		command(c, "QUIT")
		return "no"
	}
	return ""
}

// askSMTP says whether a mail server can encrypt and whether it takes
// passwords. No mail is offered: whether it relays is not tried.
func askSMTP(c conn) (starttls string, auth bool) {
	ehlo := strings.ToUpper(command(c, "EHLO miseban.invalid"))
	command(c, "QUIT")
	if !strings.HasPrefix(ehlo, "250") {
		return "", false
	}
	starttls = "no"
	if strings.Contains(ehlo, "STARTTLS") {
		starttls = "yes"
	}
	return starttls, strings.Contains(ehlo, "250-AUTH") || strings.Contains(ehlo, "250 AUTH")
}
