// Package loopback opens what the benchmarks visit: listeners that count,
// forwarders that count, and an authority for certificates of loopback names.
package loopback

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Door is a listener that tells of every visitor.
type Door struct {
	net.Listener
	Visit func()
}

// Accept waits for the next visitor.
func (d Door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err == nil {
		d.Visit()
	}
	return c, err
}

// Forward listens on a loopback address and passes every connection on to
// another one, counting in n, until it is closed; connections end with ctx.
func Forward(ctx context.Context, from, to string, n *atomic.Int64) (io.Closer, error) {
	l, err := Listen(from)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			go pass(ctx, c, to)
		}
	}()
	return l, nil
}

func pass(ctx context.Context, c net.Conn, to string) {
	defer c.Close()
	d, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer d.Close()
	stop := context.AfterFunc(ctx, func() { c.Close(); d.Close() })
	defer stop()
	go func() { _, _ = io.Copy(d, c); d.Close() }()
	_, _ = io.Copy(c, d)
}

// Listen listens on loopback addresses and refuses all others.
func Listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", addr)
	}
	return net.Listen("tcp", addr)
}

// Authority signs certificates for whatever name or address it is asked by.
type Authority struct {
	// Left is how long the certificates are still valid; 0: 89 days.
	Left time.Duration
	// RSA makes RSA keys of 2048 bits, for servers that offer old cipher suites.
	RSA bool

	mu   sync.Mutex
	made map[string]*tls.Certificate
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	rsa  *rsa.PrivateKey
}

// root makes the authority's own certificate when it is first needed.
func (a *Authority) root() error {
	if a.cert != nil {
		return nil
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	if a.RSA {
		if a.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return err
		}
	}
	now := time.Now()
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Miseban Benchmark Root"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, t, t, a.key.Public(), a.key)
	if err != nil {
		return err
	}
	a.cert, err = x509.ParseCertificate(der)
	a.made = map[string]*tls.Certificate{}
	return err
}

// PEM is the authority's certificate.
func (a *Authority) PEM() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.root(); err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), nil
}

// Certificate answers a handshake: for the name that is asked, or the address that was dialled.
func (a *Authority) Certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.root(); err != nil {
		return nil, err
	}
	name := h.ServerName
	host, _, err := net.SplitHostPort(h.Conn.LocalAddr().String())
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = host
	}
	if c := a.made[name]; c != nil {
		return c, nil
	}
	left := a.Left
	if left == 0 {
		left = 89 * 24 * time.Hour
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(a.made)) + 2), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(left).AddDate(0, 0, -90), NotAfter: now.Add(left),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.ParseIP(host)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if net.ParseIP(name) != nil {
		t.DNSNames = nil
	}
	out := &tls.Certificate{PrivateKey: a.key}
	public := any(a.key.Public())
	if a.RSA {
		out.PrivateKey, public = a.rsa, a.rsa.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, public, a.key)
	if err != nil {
		return nil, err
	}
	out.Certificate = [][]byte{der}
	a.made[name] = out
	return out, nil
}
