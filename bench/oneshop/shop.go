package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"miseban/bench/loopback"
	"miseban/internal/testshop"
)

// Addresses of the shop and of what its pages name.
const (
	shopIP = "127.0.0.20"
	pspIP  = "127.0.0.21"
	cdnIP  = "127.0.0.22"
)

// servicePorts are where the careless host's other services stand.
var servicePorts = map[string]int{"ftp": 21, "ssh": 22, "telnet": 23, "mysql": 3306, "redis": 6379}

// street is the weak shop of the demo on a host that is as careless, counting
// what arrives.
type street struct {
	shop     *testshop.Shop
	https    string
	http     string
	stop     context.CancelFunc
	done     sync.WaitGroup
	doors    []io.Closer
	bare     atomic.Int64 // connections to the shop that carried no request: handshakes, port scans
	services atomic.Int64 // connections to the other services
}

// openStreet opens everything afresh, on the well-known ports where that is allowed.
func openStreet(ctx context.Context, authority *loopback.Authority) (*street, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &street{stop: stop}
	if err := s.open(ctx, authority); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *street) open(ctx context.Context, authority *loopback.Authority) error {
	plain, secure := 80, 443
	if os.Geteuid() != 0 {
		plain, secure = 8080, 8443
	}
	origin := func(scheme, ip string, port, usual int) string {
		if port == usual {
			return scheme + "://" + ip
		}
		return scheme + "://" + net.JoinHostPort(ip, strconv.Itoa(port))
	}
	s.https, s.http = origin("https", shopIP, secure, 443), origin("http", shopIP, plain, 80)
	o := testshop.WeakShop()
	o.Faults = append(o.Faults, "cookie-httponly", "dangerous-methods")
	o.HTTPSOrigin, o.HTTPOrigin = s.https, s.http
	o.PSPOrigin, o.CDNOrigin = origin("https", pspIP, secure, 443), origin("https", cdnIP, secure, 443)
	s.shop = testshop.New(o)
	old := &tls.Config{GetCertificate: authority.Certificate, MinVersion: tls.VersionTLS10, CipherSuites: []uint16{
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA}}
	for _, l := range []struct {
		ip     string
		port   int
		h      http.Handler
		config *tls.Config
	}{
		{shopIP, plain, s.shop, nil}, {shopIP, secure, s.shop, old},
		{pspIP, secure, testshop.PSP(), old}, {cdnIP, secure, testshop.CDN(), old},
	} {
		if err := s.serve(ctx, net.JoinHostPort(l.ip, strconv.Itoa(l.port)), l.h, l.config); err != nil {
			return err
		}
	}
	for name, port := range servicePorts {
		if port < 1024 && os.Geteuid() != 0 {
			continue // the table says so
		}
		inner, err := testshop.Service(ctx, name, "127.0.0.23:0")
		if err != nil {
			return err
		}
		door, err := loopback.Forward(ctx, net.JoinHostPort(shopIP, strconv.Itoa(port)), inner.String(), &s.services)
		if err != nil {
			return fmt.Errorf("service %s: %w", name, err)
		}
		s.doors = append(s.doors, door)
	}
	return nil
}

type carried struct{}

func (s *street) serve(ctx context.Context, addr string, h http.Handler, config *tls.Config) error {
	l, err := loopback.Listen(addr)
	if err != nil {
		return err
	}
	used := sync.Map{} // net.Conn → *atomic.Bool
	srv := &http.Server{
		ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 20 * time.Second,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/2 refuses the old suites
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			b := new(atomic.Bool)
			used.Store(c, b)
			return context.WithValue(ctx, carried{}, b)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateClosed {
				if b, ok := used.LoadAndDelete(c); ok && !b.(*atomic.Bool).Load() {
					s.bare.Add(1)
				}
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b, ok := r.Context().Value(carried{}).(*atomic.Bool); ok {
				b.Store(true)
			}
			h.ServeHTTP(w, r)
		}),
	}
	s.done.Go(func() {
		var err error
		if config != nil {
			srv.TLSConfig = config.Clone()
			err = srv.ServeTLS(l, "", "")
		} else {
			err = srv.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.stop()
		}
	})
	s.done.Go(func() {
		<-ctx.Done()
		srv.Close()
	})
	return nil
}

func (s *street) close() {
	s.stop()
	for _, d := range s.doors {
		_ = d.Close()
	}
	s.done.Wait()
}
