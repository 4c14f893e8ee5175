package wire

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// secure starts a shop with TLS, HTTP/2 on request.
func secure(t testing.TB, h2 bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = h2
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func trust(s *httptest.Server) func(*Options) {
	return func(o *Options) {
		o.Roots = x509.NewCertPool()
		o.Roots.AddCert(s.Certificate())
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789abcdef"), 200<<10) // more than one window
	s := secure(t, true, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		switch r.URL.Path {
		case "/big":
			_, _ = w.Write(big)
		case "/echo":
			b, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %d %s", r.Proto, len(b), r.Header.Get("X-Miseban"))
		case "/missing":
			w.WriteHeader(404)
		}
	})
	c := client(t, s.URL, trust(s), func(o *Options) { o.Scope.Level = Full })
	ex := must(t, c, get(t, s.URL+"/big"))
	if ex.Proto != "HTTP/2.0" || !bytes.Equal(ex.Body, big) || ex.BodyErr != "" || ex.TLS == nil || ex.TLS.ALPN != "h2" || ex.TLS.VerifyErr != "" {
		t.Errorf("got %s, %d bytes, %q, %+v", ex.Proto, len(ex.Body), ex.BodyErr, ex.TLS)
	}
	if !strings.HasPrefix(string(ex.ResponseHead), "HTTP/2.0 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n") {
		t.Errorf("head %q", ex.ResponseHead)
	}
	if ex = must(t, c, get(t, s.URL+"/missing")); ex.Status != 404 {
		t.Errorf("status %d", ex.Status)
	}
	post := get(t, s.URL+"/echo")
	post.Method, post.Level, post.Body = "POST", Full, bytes.Repeat([]byte("x"), 200<<10)
	if ex = must(t, c, post); string(ex.Body) != "HTTP/2.0 204800 run=r1" {
		t.Errorf("echo %q", ex.Body)
	}
	head := get(t, s.URL+"/big")
	head.Method, head.Level = "HEAD", Safe
	if ex = must(t, c, head); ex.Status != 200 || len(ex.Body) != 0 {
		t.Errorf("HEAD: %d, %d bytes", ex.Status, len(ex.Body))
	}
	if n := c.Stats().Connects; n != 1 {
		t.Errorf("%d connections for four requests", n)
	}
}

// Hostile HTTP/2 servers: what they do ends in an error, soon.
func TestHostileHTTP2(t *testing.T) {
	t.Parallel()
	cert := selfSigned(t, "127.0.0.1", time.Now().Add(time.Hour))
	for name, attack := range map[string]func(fr *http2.Framer){
		"pings without end": func(fr *http2.Framer) {
			for range 100000 {
				if fr.WritePing(false, [8]byte{}) != nil {
					return
				}
			}
		},
		"continuations without end": func(fr *http2.Framer) {
			block := encodeFields(":status", "200", "x", strings.Repeat("y", 10000))
			if fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block}) != nil {
				return
			}
			for fr.WriteContinuation(1, false, encodeFields("x", strings.Repeat("z", 10000))) == nil {
			}
		},
		"hpack bomb": func(fr *http2.Framer) {
			var buf bytes.Buffer
			enc := hpack.NewEncoder(&buf)
			_ = enc.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
			for range 20000 { // indexed after the first: one byte each
				_ = enc.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("y", 3000)})
			}
			b := buf.Bytes()
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:min(len(b), 16000)]})
			for b = b[min(len(b), 16000):]; len(b) > 0; b = b[min(len(b), 16000):] {
				if fr.WriteContinuation(1, len(b) <= 16000, b[:min(len(b), 16000)]) != nil {
					return
				}
			}
		},
		"no status": func(fr *http2.Framer) {
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: encodeFields("a", "b"), EndHeaders: true})
		},
		"body first": func(fr *http2.Framer) { _ = fr.WriteData(1, false, []byte("x")) },
		"push": func(fr *http2.Framer) {
			_ = fr.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: encodeFields(":method", "GET"), EndHeaders: true})
		},
		"reset":     func(fr *http2.Framer) { _ = fr.WriteRSTStream(1, http2.ErrCodeInternal) },
		"goes away": func(fr *http2.Framer) { _ = fr.WriteGoAway(0, http2.ErrCodeNo, nil) },
		"garbage": func(fr *http2.Framer) {
			_ = fr.WriteRawFrame(0xfa, 0, 1, []byte("x"))
			_ = fr.WriteRawFrame(http2.FrameHeaders, 0x4, 1, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		},
		"interim forever": func(fr *http2.Framer) {
			for fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: encodeFields(":status", "103"), EndHeaders: true}) == nil {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2"}})
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			go func() {
				for {
					nc, err := ln.Accept()
					if err != nil {
						return
					}
					go func() {
						defer nc.Close()
						preface := make([]byte, len(http2.ClientPreface))
						if _, err := io.ReadFull(nc, preface); err != nil {
							return
						}
						fr := http2.NewFramer(nc, nc)
						fr.AllowIllegalWrites = true
						_ = fr.WriteSettings()
						for {
							f, err := fr.ReadFrame()
							if err != nil {
								return
							}
							if f.Header().Type == http2.FrameHeaders {
								break
							}
						}
						go func() { _, _ = io.Copy(io.Discard, nc) }()
						attack(fr)
					}()
				}
			}()
			c := client(t, "https://"+ln.Addr().String())
			start := time.Now()
			ex, err := c.Do(t.Context(), get(t, "https://"+ln.Addr().String()+"/"))
			if err == nil {
				t.Errorf("got an answer: %d %v", ex.Status, len(ex.ResponseHead))
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func encodeFields(kv ...string) []byte {
	var buf bytes.Buffer
	enc := hpack.NewEncoder(&buf)
	for i := 0; i+1 < len(kv); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: kv[i], Value: kv[i+1]})
	}
	return buf.Bytes()
}

// issue makes a certificate; parent nil makes it sign itself.
func issue(t testing.TB, cn string, until time.Time, parent *tls.Certificate, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cn}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(cn); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{cn}
	}
	if change != nil {
		change(c)
	}
	signer, issuer := any(key), c
	chain := [][]byte{}
	if parent != nil {
		signer = parent.PrivateKey
		if issuer, err = x509.ParseCertificate(parent.Certificate[0]); err != nil {
			t.Fatal(err)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: append(chain, der), PrivateKey: key}
}

func selfSigned(t testing.TB, cn string, until time.Time) tls.Certificate {
	return issue(t, cn, until, nil, nil)
}

// A bad certificate is a finding, not the end of the visit; the reason is a browser's.
func TestCertificates(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ca := func(c *x509.Certificate) { c.IsCA = true }
	root := issue(t, "root.test", now.Add(24*time.Hour), nil, ca)
	middle := issue(t, "middle.test", now.Add(24*time.Hour), &root, ca)
	stranger := issue(t, "stranger.test", now.Add(24*time.Hour), nil, ca)
	whole := issue(t, "127.0.0.1", now.Add(time.Hour), &middle, nil)
	whole.Certificate = append(whole.Certificate, middle.Certificate[0])
	aia := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://127.0.0.1:9/middle.crt"} }
	roots := x509.NewCertPool()
	rootCert, _ := x509.ParseCertificate(root.Certificate[0])
	roots.AddCert(rootCert)
	for _, tc := range []struct {
		name string
		cert tls.Certificate
		max  uint16
		want []string
	}{
		{"good", whole, 0, nil},
		{"TLS 1.0", whole, tls.VersionTLS10, nil},
		{"expired", issue(t, "127.0.0.1", now.Add(-time.Hour), &root, nil), 0, []string{"expired: "}},
		{"not yet valid", issue(t, "127.0.0.1", now.Add(72*time.Hour), &root, nil), 0, []string{"not-yet-valid: "}},
		{"name", issue(t, "other.test", now.Add(time.Hour), &root, nil), 0, []string{"name: 127.0.0.1 is not among other.test"}},
		{"expired and name", issue(t, "other.test", now.Add(-time.Hour), &root, nil), 0, []string{"expired: ", "name: "}},
		{"self-signed", selfSigned(t, "127.0.0.1", now.Add(time.Hour)), 0, []string{"self-signed: "}},
		{"unknown", issue(t, "127.0.0.1", now.Add(time.Hour), &stranger, nil), 0, []string{"unknown-authority: "}},
		{"incomplete", issue(t, "127.0.0.1", now.Add(time.Hour), &middle, aia), 0, []string{"incomplete: "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{tc.cert}, MinVersion: tls.VersionTLS10, MaxVersion: tc.max}
			s.Config.ErrorLog = nil
			s.StartTLS()
			defer s.Close()
			c := client(t, s.URL, func(o *Options) { o.Roots = roots })
			ex := must(t, c, get(t, s.URL))
			if string(ex.Body) != "ok" || len(ex.TLS.Chain) != len(tc.cert.Certificate) {
				t.Errorf("got %q with %d certificates", ex.Body, len(ex.TLS.Chain))
			}
			if tc.max != 0 && ex.TLS.Version != tc.max {
				t.Errorf("version %x", ex.TLS.Version)
			}
			var got []string
			if ex.TLS.VerifyErr != "" {
				got = strings.Split(ex.TLS.VerifyErr, "; ")
			}
			if tc.name == "incomplete" && !strings.Contains(ex.TLS.VerifyErr, "was not fetched") {
				t.Errorf("does not say that nothing was fetched: %s", ex.TLS.VerifyErr)
			} else if tc.name == "incomplete" {
				got = got[:1]
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %q, want %q", got, tc.want)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], tc.want[i]) {
					t.Errorf("got %q, want %q", got[i], tc.want[i])
				}
			}
		})
	}
}

func FuzzReadHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nA: b\r\n c\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200\nContent-Length: 3, 3\n\nabcd"))
	f.Fuzz(func(t *testing.T, b []byte) {
		br := bufio.NewReaderSize(bytes.NewReader(b), 64)
		h, _, err := readHead(br)
		if err != nil {
			return
		}
		if h.status < 100 || h.status > 999 || len(h.raw) > maxHead || !bytes.Contains(b, h.raw) {
			t.Fatalf("status %d, raw %q", h.status, h.raw)
		}
		body, d := decodeBody(h.frame(br, "GET").body, h.header["Content-Encoding"], 1<<16)
		if len(body) > 1<<16 {
			t.Fatalf("%d bytes, %+v", len(body), d)
		}
	})
}
