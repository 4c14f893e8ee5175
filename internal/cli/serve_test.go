package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestServe starts the server as a person does, asks whether it is well, and
// ends it with a signal's context: it says where it is, and ends without a fault.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	dir := filepath.Join(t.TempDir(), "data")
	go func() {
		code := Run(ctx, []string{"serve", "--lang", "en", "--data", dir, "--listen", "127.0.0.1:0", "--workers", "1"}, strings.NewReader(""), w, io.Discard)
		_ = w.Close()
		ended <- code
	}()
	out := bufio.NewScanner(r)
	var said []string
	for len(said) < 2 && out.Scan() {
		said = append(said, out.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if len(said) < 2 || !strings.Contains(said[1], "first run") {
		t.Fatalf("said %q, ended with %d", said, <-ended)
	}
	base := strings.TrimSuffix(strings.Fields(said[0])[2], ".")
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "go_goroutines", "/setup": "first run"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", "en")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != 200 || !strings.Contains(strings.ToLower(string(b)), want) {
			t.Errorf("%s: %d %.200s, %v", path, res.StatusCode, b, err)
		}
	}
	stop()
	if code := <-ended; code != exitClean {
		t.Errorf("ended with %d", code)
	}
}

// TestServeRefuses: what cannot work is said before anything begins.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"serve --listen nowhere", "nowhere"},
		{"serve --listen 127.0.0.1:0 --public-url ftp://x", "--public-url"},
		{"serve --listen 127.0.0.1:0 --trust-proxy everybody", "--trust-proxy"},
		{"serve --listen 127.0.0.1:0 --breached-passwords missing.txt", "missing.txt"},
		{"serve --listen 127.0.0.1:0 --oidc-issuer http://id.example.jp --oidc-client x", "--oidc-issuer"},
		{"work", "PostgreSQL"},
	} {
		var said strings.Builder
		code := Run(t.Context(), append(strings.Fields(c.args), "--lang", "en", "--data", t.TempDir()), strings.NewReader(""), io.Discard, &said)
		if code != exitUsage || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %d %s", c.args, code, said.String())
		}
	}
}
