package wire

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// packed is b in an encoding.
func packed(t testing.TB, encoding string, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w, _ = gzip.NewWriterLevel(&buf, gzip.BestCompression)
	case "deflate":
		w = zlib.NewWriter(&buf)
	case "raw deflate":
		w, _ = flate.NewWriter(&buf, 9)
	case "br":
		w = brotli.NewWriterLevel(&buf, 5)
	case "zstd":
		w, _ = zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1))
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	page := []byte(strings.Repeat("<p>商品 shop</p>", 500))
	for _, tc := range []struct {
		name, header string
		body         []byte
		want         []byte
		bodyErr      string
	}{
		{"gzip", "gzip", packed(t, "gzip", page), page, ""},
		{"x-gzip", "x-gzip", packed(t, "gzip", page), page, ""},
		{"deflate", "deflate", packed(t, "deflate", page), page, ""},
		{"raw deflate", "deflate", packed(t, "raw deflate", page), page, ""},
		{"br", "br", packed(t, "br", page), page, ""},
		{"zstd", "zstd", packed(t, "zstd", page), page, ""},
		{"nested", "gzip, br", packed(t, "br", packed(t, "gzip", page)), page, ""},
		{"identity", "identity", page, page, ""},
		{"unknown", "lzma", page, page, ""},
		{"gzip that is not", "gzip", page, page, ""},
		{"zstd that is not", "zstd", page, page, ""},
		{"br that is not", "br", page, page, ""},
		{"empty gzip", "gzip", nil, nil, ""},
		{"cut gzip", "gzip", packed(t, "gzip", page)[:60], nil, "gzip"},
		{"too many", "gzip,gzip,gzip,gzip", page, nil, "bomb"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := site(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", tc.header)
				_, _ = w.Write(tc.body)
			})
			ex := must(t, client(t, s.URL), get(t, s.URL))
			if !strings.Contains(ex.BodyErr, tc.bodyErr) || (ex.BodyErr == "") != (tc.bodyErr == "") {
				t.Errorf("body error %q, want %q", ex.BodyErr, tc.bodyErr)
			}
			if tc.want != nil && !bytes.Equal(ex.Body, tc.want) {
				t.Errorf("got %d bytes %.40q, want %d", len(ex.Body), ex.Body, len(tc.want))
			}
		})
	}
}

// A bomb costs little: the memory stays near the cap whatever it promises.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	once := map[string][]byte{}
	for _, e := range []string{"gzip", "br", "zstd", "deflate"} {
		once[e] = packed(t, e, zeros)
	}
	// Members that hold nothing: a second coding whose output is large and means nothing.
	hollow := packed(t, "gzip", bytes.Repeat(packed(t, "gzip", nil), 1<<20))
	for _, tc := range []struct {
		name, header string
		body         []byte
	}{
		{"gzip", "gzip", once["gzip"]}, {"br", "br", once["br"]}, {"zstd", "zstd", once["zstd"]}, {"deflate", "deflate", once["deflate"]},
		{"gzip in gzip", "gzip, gzip", packed(t, "gzip", once["gzip"])}, {"zstd in br", "zstd, br", packed(t, "br", once["zstd"])},
		{"hollow gzip", "gzip, gzip", hollow},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := site(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", tc.header)
				_, _ = w.Write(tc.body)
			})
			c := client(t, s.URL)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ex := must(t, c, get(t, s.URL))
			runtime.ReadMemStats(&after)
			if ex.BodyErr == "" && !ex.Truncated {
				t.Errorf("a bomb of %d bytes went through: %d bytes", len(tc.body), len(ex.Body))
			}
			if len(ex.Body) > 5<<20 {
				t.Errorf("%d bytes kept", len(ex.Body))
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 64 {
				t.Errorf("%d MiB allocated", used)
			}
		})
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	var done = make(chan struct{}, 4)
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		defer func() { done <- struct{}{} }()
		if r.URL.Path == "/known" {
			w.Header().Set("Content-Length", fmt.Sprint(20<<20))
		}
		block := bytes.Repeat([]byte("x"), 64<<10)
		for range 320 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	c := client(t, s.URL)
	ex := must(t, c, get(t, s.URL+"/known"))
	if len(ex.Body) != 5<<20 || !ex.Truncated || ex.BodySize != 20<<20 || ex.BodyErr != "" {
		t.Errorf("20 MiB page: %d bytes kept of %d, truncated %t, %q", len(ex.Body), ex.BodySize, ex.Truncated, ex.BodyErr)
	}
	small := get(t, s.URL+"/unknown")
	small.MaxBody = 1000
	if ex = must(t, c, small); len(ex.Body) != 1000 || !ex.Truncated {
		t.Errorf("capped at 1000: %d bytes", len(ex.Body))
	}
	head := get(t, s.URL+"/known?export")
	head.HeadOnly = true
	before := c.Stats().BytesIn
	if ex = must(t, c, head); len(ex.Body) != 0 || ex.BodySize != 20<<20 || ex.Status != 200 {
		t.Errorf("head only: %d bytes, size %d", len(ex.Body), ex.BodySize)
	}
	if n := c.Stats().BytesIn - before; n > 64<<10 {
		t.Errorf("head only read %d bytes", n)
	}
	<-done
}

func BenchmarkDo(b *testing.B) {
	page := []byte(strings.Repeat("<p>商品 shop</p>", 500))
	s := site(b, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(page) })
	c := client(b, s.URL, func(o *Options) { o.Scope.Budget = Budget{Requests: 1 << 30, Bytes: 1 << 50} })
	r := get(b, s.URL+"/")
	r.Again = true
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Do(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		if b.Context().Err() != nil {
			return
		}
	}
}

// BenchmarkCourtesy1000 reports what a thousand waiting runs cost each.
func BenchmarkCourtesy1000(b *testing.B) {
	for b.Loop() {
		const runs = 1000
		court := NewCourtesy()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		clients := make([]*Client, runs)
		for i := range clients {
			host := fmt.Sprintf("http://127.2.%d.%d", i/250, i%250+1)
			c, err := NewClient(Options{Scope: &Scope{Hosts: []string{host}, Level: Safe}, Courtesy: court})
			if err != nil {
				b.Fatal(err)
			}
			keys := c.courtesyKeys(host[len("http://"):], meanings(mustAddr(b, host[len("http://"):]))[0])
			if err := c.token(b.Context(), keys); err != nil {
				b.Fatal(err)
			}
			clients[i] = c
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/runs/1024, "KiB/run")
		if perRun := (after.HeapAlloc - before.HeapAlloc) / runs; perRun > 100<<10 {
			b.Errorf("%d bytes a run", perRun)
		}
		runtime.KeepAlive(clients)
	}
}

func mustAddr(t testing.TB, s string) netip.Addr {
	t.Helper()
	a, err := netip.ParseAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustAddrPort(t testing.TB, s string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
