package testshop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"time"
)

// Running is a shop with its neighbours, open on loopback.
type Running struct {
	// Shop is the shop itself, for its counters.
	Shop *Shop
	// CDNURL and PSPURL are the origins of the delivery network and the payment
	// provider, on loopback addresses of their own; empty when Options named others.
	CDNURL, PSPURL string
	// Roots holds the authority that signed the shop's certificate.
	Roots *x509.CertPool
	// Authorities are those of Roots in PEM.
	Authorities string

	url, plain string
	stop       context.CancelFunc
	done       sync.WaitGroup
}

// URL is where a visitor starts: https, or http when the shop has no https.
func (r *Running) URL() string { return r.url }

// PlainURL is the http origin.
func (r *Running) PlainURL() string { return r.plain }

// Close stops every listener and waits until the last one is gone.
func (r *Running) Close() {
	r.stop()
	r.done.Wait()
	if r.Shop != nil {
		r.Shop.Close()
	}
}

// Client returns a visitor's browser, as far as Go has one: it keeps cookies,
// trusts Roots and does not follow redirects by itself.
func (r *Running) Client() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // New only fails for options, and there are none
	}
	return &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.Roots}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Serve opens a shop on free ports of 127.0.0.1, with HTTP and HTTPS, the
// delivery network on 127.0.0.3 and the payment provider on 127.0.0.2. It
// closes when ctx ends or Close is called.
func Serve(ctx context.Context, o Options) (*Running, error) {
	if unknown := unknownFaults(o.Faults); len(unknown) > 0 {
		return nil, fmt.Errorf("opening the shop: no fault is called %q", unknown)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	e := newEndpoints(o.Now())
	for _, name := range o.Faults {
		for _, f := range allFaults() {
			if f.Name == name && f.serve != nil {
				f.serve(e)
			}
		}
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Running{stop: stop, Roots: x509.NewCertPool()}
	if err := r.open(ctx, o, e); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Running) trust(root *x509.Certificate) {
	r.Roots.AddCert(root)
	r.Authorities += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}))
}

func (r *Running) open(ctx context.Context, o Options, e *endpoints) error {
	config, err := e.tlsConfig(r.trust)
	if err != nil {
		return fmt.Errorf("making the certificate: %w", err)
	}
	neighbours, err := newEndpoints(o.Now()).tlsConfig(r.trust)
	if err != nil {
		return fmt.Errorf("making the neighbours' certificate: %w", err)
	}
	if o.PSPOrigin == "" {
		ln, err := listen("127.0.0.2:0")
		if err != nil {
			return err
		}
		r.PSPURL = "https://" + ln.Addr().String()
		o.PSPOrigin = r.PSPURL
		r.serve(ctx, ln, PSP(), neighbours)
	}
	if o.CDNOrigin == "" {
		ln, err := listen("127.0.0.3:0")
		if err != nil {
			return err
		}
		r.CDNURL = "https://" + ln.Addr().String()
		o.CDNOrigin = r.CDNURL
		r.serve(ctx, ln, CDN(), neighbours)
	}
	plain, err := listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	r.plain = "http://" + plain.Addr().String()
	r.url, o.HTTPOrigin = r.plain, r.plain
	var safe net.Listener
	if !e.plainOnly {
		if safe, err = listen("127.0.0.1:0"); err != nil {
			plain.Close()
			return err
		}
		r.url = "https://" + safe.Addr().String()
		o.HTTPSOrigin = r.url
	}
	r.Shop = New(o)
	r.serve(ctx, plain, r.Shop, nil)
	if safe != nil {
		r.serve(ctx, safe, r.Shop, config)
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return ln, nil
}

// serve answers on ln until ctx ends. Handshakes that fail are what tests do on purpose: not logged.
func (r *Running) serve(ctx context.Context, ln net.Listener, h http.Handler, config *tls.Config) {
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 20 * time.Second}
	if config != nil {
		srv.TLSConfig = config.Clone()
		if config.CipherSuites != nil {
			srv.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){} // HTTP/2 refuses such suites
		}
	}
	r.done.Go(func() {
		var err error
		if config != nil {
			err = srv.ServeTLS(ln, "", "")
		} else {
			err = srv.Serve(ln)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			r.stop() // one listener gone: close the shop rather than answer by half
		}
	})
	r.done.Go(func() {
		<-ctx.Done()
		srv.Close() // nothing is lost: the shop lives in memory
	})
}
