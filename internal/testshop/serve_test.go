package testshop

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func running(t *testing.T, o Options) *Running {
	t.Helper()
	r, err := Serve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func fetch(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestServe(t *testing.T) {
	t.Parallel()
	r := running(t, Options{})
	c := r.Client()
	res, _ := fetch(t, c, r.PlainURL()+"/help/guide?x=1")
	if got, want := res.Header.Get("Location"), r.URL()+"/help/guide?x=1"; res.StatusCode != 301 || got != want {
		t.Errorf("plain: got %d to %q, want 301 to %q", res.StatusCode, got, want)
	}
	res, body := fetch(t, c, r.URL()+"/order/card")
	if res.ProtoMajor != 2 || res.TLS.Version != tls.VersionTLS13 {
		t.Errorf("got %s over TLS %x", res.Proto, res.TLS.Version)
	}
	if !strings.Contains(body, `src="`+r.PSPURL+`/frame`) || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-src 'self' "+r.PSPURL) {
		t.Error("the card page does not frame the provider's page")
	}
	_, top := fetch(t, c, r.URL()+"/")
	_, slide := fetch(t, c, r.CDNURL+"/slider-4.2.0.js")
	if !strings.Contains(html.UnescapeString(top), integrity(slide)) {
		t.Error("the foreign script does not match its hash")
	}
	if res, _ := fetch(t, c, r.PSPURL+"/frame"); res.StatusCode != 200 {
		t.Errorf("the provider's page: got %d", res.StatusCode)
	}
	if !strings.HasPrefix(r.CDNURL, "https://127.0.0.3:") || !strings.HasPrefix(r.PSPURL, "https://127.0.0.2:") {
		t.Errorf("neighbours at %s and %s", r.CDNURL, r.PSPURL)
	}
	r.Close()
	if _, err := c.Get(r.URL()); err == nil {
		t.Error("the shop answers after Close")
	}
}

func TestServePlain(t *testing.T) {
	t.Parallel()
	r := running(t, Options{Faults: []string{"https-missing"}})
	if !strings.HasPrefix(r.URL(), "http://") || r.URL() != r.PlainURL() {
		t.Errorf("got %s", r.URL())
	}
	c := r.Client()
	if res, _ := fetch(t, c, r.URL()+"/cart"); res.StatusCode != 200 || len(res.Cookies()) != 1 || res.Cookies()[0].Secure {
		t.Errorf("got %d with cookies %v", res.StatusCode, res.Cookies())
	}
	if _, err := Serve(t.Context(), Options{Faults: []string{"no-such-check"}}); err == nil {
		t.Error("Serve took a fault that does not exist")
	}
}

// TestCertificates shakes hands with every shop of the tls family.
func TestCertificates(t *testing.T) {
	t.Parallel()
	refused := func(target any) func(*testing.T, *Running, tls.ConnectionState, error) {
		return func(t *testing.T, _ *Running, _ tls.ConnectionState, err error) {
			if !errors.As(err, target) {
				t.Errorf("got %v, want %T", err, target)
			}
		}
	}
	fine := func(t *testing.T, s tls.ConnectionState, err error) *x509.Certificate {
		if err != nil {
			t.Fatal(err)
		}
		return s.PeerCertificates[0]
	}
	tests := map[string]struct {
		config *tls.Config
		look   func(*testing.T, *Running, tls.ConnectionState, error)
	}{
		"tls-expired": {&tls.Config{}, func(t *testing.T, _ *Running, _ tls.ConnectionState, err error) {
			var invalid x509.CertificateInvalidError
			if !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
				t.Errorf("got %v", err)
			}
		}},
		"tls-expiring": {&tls.Config{}, func(t *testing.T, r *Running, s tls.ConnectionState, err error) {
			if left := fine(t, s, err).NotAfter.Sub(r.Shop.opts.Now()).Hours() / 24; left > 4 {
				t.Errorf("%.1f days left", left)
			}
		}},
		"tls-name":        {&tls.Config{}, refused(new(x509.HostnameError))},
		"tls-chain":       {&tls.Config{}, refused(new(x509.UnknownAuthorityError))},
		"tls-self-signed": {&tls.Config{}, refused(new(x509.UnknownAuthorityError))},
		"tls-weak-key": {&tls.Config{InsecureSkipVerify: true}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if got := fine(t, s, err).PublicKeyAlgorithm; got != x509.RSA {
				t.Errorf("got %v", got)
			}
		}},
		"tls-weak-signature": {&tls.Config{InsecureSkipVerify: true}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if got := fine(t, s, err).SignatureAlgorithm; got != x509.ECDSAWithSHA1 {
				t.Errorf("got %v", got)
			}
		}},
		"tls-old-protocol": {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if fine(t, s, err); s.Version != tls.VersionTLS10 {
				t.Errorf("got %x", s.Version)
			}
		}},
		"tls-weak-cipher": {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA}}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if fine(t, s, err); s.CipherSuite != tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA {
				t.Errorf("got %x", s.CipherSuite)
			}
		}},
		"tls-no-forward-secrecy": {&tls.Config{CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if fine(t, s, err); s.CipherSuite != tls.TLS_RSA_WITH_AES_128_GCM_SHA256 {
				t.Errorf("got %x", s.CipherSuite)
			}
		}},
		"tls-no-13": {&tls.Config{}, func(t *testing.T, _ *Running, s tls.ConnectionState, err error) {
			if fine(t, s, err); s.Version != tls.VersionTLS12 {
				t.Errorf("got %x", s.Version)
			}
		}},
	}
	for _, f := range certificateFaults() {
		tt, ok := tests[f.Name]
		if !ok {
			t.Errorf("%s is not tried", f.Name)
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			r := running(t, Options{Faults: []string{f.Name}, PSPOrigin: "https://psp.example", CDNOrigin: "https://cdn.example"})
			config := tt.config.Clone()
			config.RootCAs = r.Roots
			c, err := tls.Dial("tcp", strings.TrimPrefix(r.URL(), "https://"), config)
			var state tls.ConnectionState
			if err == nil {
				state = c.ConnectionState()
				c.Close()
			}
			tt.look(t, r, state, err)
		})
	}
}

func TestService(t *testing.T) {
	t.Parallel()
	marks := map[string]string{"ftp": "220 (vsFTPd", "telnet": "login: ", "smtp": "220 mail.shop.test ESMTP", "ssh": "SSH-2.0-OpenSSH_7.4", "mysql": "5.5.68-MariaDB", "redis": "+PONG"}
	for _, name := range ServiceNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			addr, err := Service(ctx, name, "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if name == "redis" {
				c.Write([]byte("PING\r\n"))
			}
			in := bufio.NewReader(c)
			var got strings.Builder
			for !strings.Contains(got.String(), marks[name]) {
				b, err := in.ReadByte()
				if err != nil {
					t.Fatalf("got %q, want %q: %v", got.String(), marks[name], err)
				}
				got.WriteByte(b)
			}
			stop()
			if _, err := io.Copy(io.Discard, in); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
				t.Errorf("after the end: %v", err)
			}
			if c, err := net.Dial("tcp", addr.String()); err == nil {
				c.Close()
				t.Error("the service still answers")
			}
		})
	}
	if _, err := Service(t.Context(), "ftp", "192.0.2.1:21"); err == nil {
		t.Error("a service was opened outside loopback")
	}
}
