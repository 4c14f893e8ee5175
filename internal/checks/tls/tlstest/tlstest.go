// Package tlstest starts TLS servers on 127.0.0.1, each with one planted fault
// and the name of the check that must find it, for tests and benchmarks.
package tlstest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Endpoint is one running server.
type Endpoint struct {
	Name string
	Addr string // 127.0.0.1:port
	// Want are the findings that it must have, as "check" or "check:case",
	// those of severity info included.
	Want []string

	visits *atomic.Int64
}

// Connections is how many connections the server has accepted so far.
func (e *Endpoint) Connections() int { return int(e.visits.Load()) }

// plan is an endpoint before it runs.
type plan struct {
	name  string
	serve func(net.Conn)
	want  []string
}

// Start starts all endpoints; they stop when ctx ends.
func Start(ctx context.Context) ([]Endpoint, error) {
	var out []Endpoint
	for _, p := range plans(newCertificates()) {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", p.name, err)
		}
		context.AfterFunc(ctx, func() { l.Close() })
		e := Endpoint{Name: p.name, Addr: l.Addr().String(), Want: p.want, visits: new(atomic.Int64)}
		go accept(ctx, l, e.visits, p.serve)
		out = append(out, e)
	}
	return out, nil
}

// accept serves until l is closed; no connection lives longer than ten seconds.
func accept(ctx context.Context, l net.Listener, visits *atomic.Int64, serve func(net.Conn)) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		visits.Add(1)
		all.Go(func() {
			defer c.Close()
			stop := context.AfterFunc(ctx, func() { c.Close() })
			defer stop()
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			serve(c)
		})
	}
}

// whole is a server that finishes handshakes, by crypto/tls.
func whole(c *tls.Config) func(net.Conn) {
	return func(conn net.Conn) {
		s := tls.Server(conn, c)
		if s.Handshake() == nil {
			buf := make([]byte, 4096)
			if n, _ := s.Read(buf); n > 0 {
				_, _ = s.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			}
			_ = s.Close()
		}
	}
}

// Cipher suites by their numbers in the IANA registry.
const (
	rsaNULL       = 0x0002
	rsaExportRC4  = 0x0003
	rsaRC4MD5     = 0x0004
	rsaDES        = 0x0009
	rsa3DES       = 0x000a
	dheExportDES  = 0x0014
	anonAES       = 0x0034
	rsaAES        = 0x002f
	dheAES        = 0x0033
	dheGCM        = 0x009e
	ecdheRSAGCM   = 0xc02f
	ecdheRSACBC   = 0xc013
	ecdhAnonAES   = 0xc018
	ecdheRSANULL  = 0xc010
	ecdheECDSAGCM = 0xc02b
)

func plans(c *certificates) []plan {
	conf := func(cert tls.Certificate, min, max uint16, suites ...uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: min, MaxVersion: max, CipherSuites: suites, NextProtos: []string{"h2", "http/1.1"}}
	}
	modern := func(cert tls.Certificate) func(net.Conn) {
		return whole(conf(cert, tls.VersionTLS12, tls.VersionTLS13))
	}
	both := conf(c.good, tls.VersionTLS12, tls.VersionTLS13)
	both.Certificates = append([]tls.Certificate{c.goodEC}, both.Certificates...)
	good := raw{chain: c.good.Certificate, versions: []uint16{0x303}, suites: []uint16{ecdheRSAGCM}}
	with := func(f func(*raw)) func(net.Conn) {
		r := good
		f(&r)
		return r.serve
	}
	chain := func(cert tls.Certificate) func(net.Conn) {
		return with(func(r *raw) { r.chain = cert.Certificate })
	}
	no13 := func(want ...string) []string { return append(want, "tls-no-13") }
	return []plan{
		{"good", modern(c.good), nil},
		{"good-two-certificates", whole(both), nil},
		{"good-cross-signed", modern(c.crossSigned), nil},
		{"tls13-only", whole(conf(c.good, tls.VersionTLS13, tls.VersionTLS13)), nil},
		{"tls13-only-expired", whole(conf(c.expired, tls.VersionTLS13, tls.VersionTLS13)), []string{"tls-expired"}},
		{"tls12-only", whole(conf(c.good, tls.VersionTLS12, tls.VersionTLS12)), no13()},
		{"expired", modern(c.expired), []string{"tls-expired"}},
		{"not-yet", modern(c.notYet), []string{"tls-expired:not-yet"}},
		{"expiring", modern(c.expiring), []string{"tls-expiring"}},
		{"wrong-name", modern(c.wrongName), []string{"tls-name"}},
		{"no-names", modern(c.noNames), []string{"tls-name:no-names"}},
		{"incomplete-chain", modern(c.incomplete), []string{"tls-chain:incomplete"}},
		{"untrusted", modern(c.untrusted), []string{"tls-chain:untrusted"}},
		{"intermediate-expired", modern(c.oldIntermediate), []string{"tls-chain:intermediate-expired"}},
		{"client-usage", modern(c.clientUsage), []string{"tls-chain:usage"}},
		{"self-signed", modern(c.selfSigned), []string{"tls-self-signed"}},
		{"rsa-1024", chain(c.rsa1024), no13("tls-weak-key")},
		{"rsa-512", chain(c.rsa512), no13("tls-weak-key")},
		{"sha1", chain(c.sha1), no13("tls-weak-signature")},
		{"md5", chain(c.md5), no13("tls-weak-signature")},
		{"tls10-tls11", whole(conf(c.good, tls.VersionTLS10, tls.VersionTLS13)), []string{"tls-old-protocol"}},
		{"tls10-only", with(func(r *raw) { r.versions, r.suites = []uint16{0x301}, []uint16{ecdheRSACBC} }), no13("tls-old-protocol")},
		{"old-and-short", with(func(r *raw) { r.versions, r.suites, r.short = []uint16{0x301}, []uint16{rsaAES}, true }), no13("tls-old-protocol", "tls-no-forward-secrecy", "tls-renegotiation")},
		{"ssl3", with(func(r *raw) { r.versions, r.suites = []uint16{0x300, 0x303}, []uint16{ecdheRSAGCM, rsaAES} }), no13("tls-old-protocol:ssl", "tls-no-forward-secrecy:also-without")},
		{"ssl2", with(func(r *raw) { r.ssl2 = true }), no13("tls-old-protocol:ssl")},
		{"rc4", whole(conf(c.good, tls.VersionTLS12, tls.VersionTLS13, ecdheRSAGCM, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA)), []string{"tls-weak-cipher:rc4"}},
		{"3des", whole(conf(c.good, tls.VersionTLS12, tls.VersionTLS13, ecdheRSAGCM, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA)), []string{"tls-weak-cipher:block64"}},
		{"null", with(func(r *raw) { r.suites = []uint16{ecdheRSAGCM, ecdheRSANULL} }), no13("tls-weak-cipher:null")},
		{"anon", with(func(r *raw) { r.suites = []uint16{ecdheRSAGCM, ecdhAnonAES} }), no13("tls-weak-cipher:anon")},
		{"export", with(func(r *raw) { r.suites = []uint16{ecdheRSAGCM, rsaExportRC4} }), no13("tls-weak-cipher:export")},
		{"des", with(func(r *raw) { r.suites = []uint16{ecdheRSAGCM, rsaDES} }), no13("tls-weak-cipher:des")},
		{"rc4-md5-only", with(func(r *raw) { r.suites = []uint16{rsaRC4MD5} }), no13("tls-weak-cipher:rc4", "tls-no-forward-secrecy")},
		{"dhe-512", with(func(r *raw) { r.suites, r.dhBits = []uint16{ecdheRSAGCM, dheGCM}, 512 }), no13("tls-weak-cipher:dhe")},
		{"dhe-1024", with(func(r *raw) { r.suites, r.dhBits = []uint16{ecdheRSAGCM, dheGCM}, 1024 }), no13("tls-weak-cipher:dhe")},
		{"dhe-2048", with(func(r *raw) { r.suites, r.dhBits = []uint16{ecdheRSAGCM, dheGCM}, 2048 }), no13()},
		{"curve-163", with(func(r *raw) { r.groups = []uint16{23, 1} }), no13("tls-weak-cipher:curve")},
		{"no-forward-secrecy", whole(conf(c.good, tls.VersionTLS12, tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256)), no13("tls-no-forward-secrecy")},
		{"prefers-rsa", with(func(r *raw) { r.suites = []uint16{rsaAES, ecdheRSAGCM} }), no13("tls-no-forward-secrecy:not-preferred")},
		{"compression", with(func(r *raw) { r.compress = true }), no13("tls-compression")},
		{"no-secure-renegotiation", with(func(r *raw) { r.noReneg = true }), no13("tls-renegotiation")},
		{"small-records", with(func(r *raw) { r.split = 7 }), no13()},
		{"everything-bad", with(func(r *raw) {
			r.versions, r.ssl2, r.compress, r.noReneg = []uint16{0x300, 0x301, 0x302, 0x303}, true, true, true
			r.suites = []uint16{rsaAES, ecdheRSAGCM, rsaNULL, anonAES, rsaExportRC4, dheExportDES, rsaDES, rsaRC4MD5, rsa3DES, dheAES}
			r.dhBits, r.groups, r.chain = 512, []uint16{1, 23}, c.rsa512.Certificate
		}), no13("tls-weak-key", "tls-old-protocol:ssl", "tls-compression", "tls-renegotiation", "tls-no-forward-secrecy:not-preferred",
			"tls-weak-cipher:null", "tls-weak-cipher:anon", "tls-weak-cipher:export", "tls-weak-cipher:des", "tls-weak-cipher:rc4", "tls-weak-cipher:block64", "tls-weak-cipher:dhe", "tls-weak-cipher:curve")},
	}
}

// Decoys are servers about which nothing can be said: one that takes whatever
// is offered, one that never answers, one that always says the same, one that
// speaks HTTP without TLS. None may have a finding, and none may pass.
func Decoys(ctx context.Context) ([]Endpoint, error) {
	c := newCertificates()
	var out []Endpoint
	for _, p := range []plan{
		{name: "echo", serve: (&raw{chain: c.good.Certificate, versions: []uint16{0x300, 0x301, 0x302, 0x303}, echo: true}).serve},
		{name: "same-for-all", serve: (&raw{chain: c.good.Certificate, versions: []uint16{0x303}, suites: []uint16{rsaRC4MD5}, same: true}).serve},
		{name: "silent", serve: func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)); <-ctx.Done() }},
		{name: "plain-http", serve: func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
		}},
	} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { l.Close() })
		e := Endpoint{Name: p.name, Addr: l.Addr().String(), visits: new(atomic.Int64)}
		go accept(ctx, l, e.visits, p.serve)
		out = append(out, e)
	}
	return out, nil
}
