package diagnose_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/checks"
	"miseban/internal/checks/tls/tlstest"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// unseen is a diagnosis of a start address that shows no page of a shop.
func unseen(t *testing.T, url string, journal wire.Journal, level wire.Level) *diagnose.Run {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(tlstest.Authority())
	scope := &wire.Scope{Hosts: []string{url}, Level: level, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: journal, Roots: roots, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	safe := *scope
	safe.Level = wire.Safe
	run := &diagnose.Run{ID: "test", Shop: url + "/", Started: now, Version: "test", Scope: &safe}
	_, err = diagnose.Do(t.Context(), diagnose.Config{Run: run, Client: client, Suites: checks.All, Intel: intel.Default(), Now: func() time.Time { return tlstest.Now }})
	if err != nil {
		t.Fatal(err)
	}
	if run.State != diagnose.Failed || run.Reason.Message == "" {
		t.Fatalf("run is %s: %s", run.State, run.Reason.In("en"))
	}
	return run
}

// onPages are the checks that ask the shop's pages and not its host.
func onPages(name string) bool {
	_, s := checks.Find(name)
	return !slices.Contains([]string{"tls", "dns", "network"}, s.Name) || slices.Contains([]string{"https-missing", "https-redirect", "mixed-content", "form-over-http", "operator-identity"}, name)
}

// TestEndpointAlone: where no handshake of a visitor succeeds, the endpoint is
// examined all the same, and no question about the pages is answered.
func TestEndpointAlone(t *testing.T) {
	t.Parallel()
	all, err := tlstest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"rc4-md5-only":   {"tls-weak-cipher", "tls-no-forward-secrecy"},
		"tls10-only":     {"tls-old-protocol"},
		"sha1":           {"tls-weak-signature"},
		"everything-bad": {"tls-old-protocol", "tls-weak-cipher", "tls-weak-key"},
	} {
		e := all[slices.IndexFunc(all, func(e tlstest.Endpoint) bool { return e.Name == name })]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journal := wire.NewMemory()
			run := unseen(t, "https://"+e.Addr, journal, wire.Safe)
			for _, c := range want {
				if r := run.Result(c); r == nil || r.Verdict != verdict.NotMet {
					t.Errorf("%s: %s", c, describe(run, c))
				}
			}
			for _, r := range run.Results {
				if onPages(r.Check) && (r.Verdict != verdict.NotExamined || r.Reason.Message == "") {
					t.Errorf("%s: %s", r.Check, describe(run, r.Check))
				}
				if strings.Contains(r.Reason.Message, "{error}") {
					t.Errorf("%s gives no reason in the reader's words: %s", r.Check, r.Reason.In("ja"))
				}
			}
			again := unseen(t, "https://"+e.Addr, journal, wire.Offline)
			for name, v := range verdicts(again) {
				if old := run.Result(name); old.Verdict != v {
					t.Errorf("%s: %s, judged again %s", name, old.Verdict, v)
				}
			}
		})
	}
}

// TestNoPass: an error page, a PDF, a wall and a closed port are no shop; what
// is not seen there is not called met.
func TestNoPass(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	starts := map[string]string{"refused": closed.URL}
	for name, h := range map[string]http.HandlerFunc{
		"broken": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "fatal", http.StatusInternalServerError) },
		"pdf": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = io.WriteString(w, "%PDF-1.7\n")
		},
		"wall": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="staging"`)
			http.Error(w, "401", http.StatusUnauthorized)
		},
	} {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		starts[name] = s.URL
	}
	for name, url := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := unseen(t, url, nil, wire.Safe)
			if len(run.Results) == 0 {
				t.Fatal("nothing was examined")
			}
			ports := 0
			for _, r := range run.Results {
				if onPages(r.Check) && r.Verdict != verdict.NotExamined && r.Verdict != verdict.NotApplicable && len(r.Findings) == 0 {
					t.Errorf("%s: %s", r.Check, describe(run, r.Check))
				}
				if _, s := checks.Find(r.Check); s.Name == "network" && r.Examined > 0 {
					ports++
				}
			}
			if ports == 0 {
				t.Error("the ports were not examined")
			}
		})
	}
}
