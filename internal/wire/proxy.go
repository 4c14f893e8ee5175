package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// PageHeader names, on the requests of the browser, the page that fires them;
// the proxy takes it off. A user name in the proxy's URL does the same.
const PageHeader = "X-Miseban-Page"

// Observed is one request that the browser made, answered or blocked.
type Observed struct {
	At      time.Time `json:"at"`
	URL     string    `json:"url"`
	Method  string    `json:"method"`
	Dest    string    `json:"dest,omitempty"` // Sec-Fetch-Dest: "document", "script", "image", "empty" (fetch, XHR)…
	Page    string    `json:"page,omitempty"` // PageHeader, or the proxy's user name
	Referer string    `json:"referer,omitempty"`
	Third   bool      `json:"third,omitempty"` // not an origin of the scope
	// Itself says that the browser asked on its own account, not for a page.
	Itself bool       `json:"itself,omitempty"`
	ID     ExchangeID `json:"id,omitempty"`
	Status int        `json:"status,omitempty"`
	// Blocked says why nothing left: "websocket", "navigation to another host",
	// "method", "sends to another host", "write", "ahead of need", "service
	// worker", the words of Refuses, or the gate's words.
	Blocked string `json:"blocked,omitempty"`
	// Failed says why there was no answer.
	Failed string `json:"failed,omitempty"`
}

// Proxy is the guard that the browser's traffic passes: a forward proxy on
// loopback that ends TLS itself, so that each request meets gate, courtesy,
// budget, ledger and masking. The browser keeps its own cookies.
type Proxy struct {
	// Reads says why a POST to the own host that a page fires only reads; ""
	// or a nil func blocks it. Set it before the browser starts.
	Reads func(r *http.Request, body []byte) (reason string)
	// Refuses says why a request that a page fires must not leave although the
	// proxy's own rules would let it; "" or a nil func lets it. Own says that it
	// goes to an origin of the scope. Set it before the browser starts.
	Refuses func(r *http.Request, own bool) (reason string)

	c      *Client
	ctx    context.Context
	cancel context.CancelFunc
	unhook func() bool
	ln     net.Listener
	key    *ecdsa.PrivateKey
	ca     *x509.Certificate
	seq    atomic.Int64
	// signing is set while a page signs a test account in.
	signing atomic.Pointer[signing]
	wg      sync.WaitGroup

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
	open   map[net.Conn]struct{}
	seen   []Observed
	closed bool
}

// Proxy starts a proxy for this run; it ends with ctx, with Stop, or with Close.
func (c *Client) Proxy(ctx context.Context) (*Proxy, error) {
	if c.opt.Scope.Level == Offline {
		return nil, fmt.Errorf("browser proxy: %w", ErrNotStored)
	}
	if err := c.alive(); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	p := &Proxy{c: c, key: key, leaves: map[string]*tls.Certificate{}, open: map[net.Conn]struct{}{}}
	now := time.Now()
	der, err := p.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Miseban run " + c.session[:6]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	})
	if err != nil {
		return nil, err
	}
	if p.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	if p.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("browser proxy: %w", err)
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	context.AfterFunc(p.ctx, p.shut)
	p.unhook = context.AfterFunc(c.ctx, p.cancel)
	p.wg.Add(1)
	go p.accept()
	return p, nil
}

func (p *Proxy) sign(t *x509.Certificate) ([]byte, error) {
	parent := p.ca
	if parent == nil {
		parent = t
	}
	return x509.CreateCertificate(rand.Reader, t, parent, &p.key.PublicKey, p.key)
}

// URL is the proxy's address for --proxy-server.
func (p *Proxy) URL() *url.URL { return &url.URL{Scheme: "http", Host: p.ln.Addr().String()} }

// CAPEM is the certificate that signs what the browser is shown.
func (p *Proxy) CAPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.ca.Raw})
}

// SPKIHash is the base64 SHA-256 of the key of CA and leaves, for
// --ignore-certificate-errors-spki-list.
func (p *Proxy) SPKIHash() string {
	h := sha256.Sum256(p.ca.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(h[:])
}

// Seen is every request of the browser so far, in the order they ended.
func (p *Proxy) Seen() []Observed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// Close ends the proxy and waits for what is under way to end.
func (p *Proxy) Close() error {
	p.unhook()
	p.cancel()
	p.shut()
	p.wg.Wait()
	return nil
}

func (p *Proxy) shut() {
	p.ln.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for nc := range p.open {
		nc.Close()
	}
}

func (p *Proxy) track(nc net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.open) >= 512 {
		return false
	}
	p.open[nc] = struct{}{}
	p.wg.Add(1)
	return true
}

func (p *Proxy) untrack(nc net.Conn) {
	nc.Close()
	p.mu.Lock()
	delete(p.open, nc)
	p.mu.Unlock()
	p.wg.Done()
}

func (p *Proxy) accept() {
	defer p.wg.Done()
	for {
		nc, err := p.ln.Accept()
		if err != nil {
			return
		}
		if !p.track(nc) {
			nc.Close()
			continue
		}
		go func() {
			defer p.untrack(nc)
			p.serve(nc)
		}()
	}
}

// maxLeaves bounds the certificates that a page with many hosts can cause.
const maxLeaves = 1000

// leaf is the certificate for a host, made once.
func (p *Proxy) leaf(host string) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cert := p.leaves[host]; cert != nil {
		return cert, nil
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Miseban"},
		NotBefore: p.ca.NotBefore, NotAfter: p.ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{host}
	}
	der, err := p.sign(t)
	if err != nil {
		return nil, err
	}
	cert := &tls.Certificate{Certificate: [][]byte{der, p.ca.Raw}, PrivateKey: p.key}
	if len(p.leaves) >= maxLeaves {
		clear(p.leaves)
	}
	p.leaves[host] = cert
	return cert, nil
}
