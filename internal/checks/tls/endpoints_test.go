package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/check"
	"miseban/internal/checks/tls/tlstest"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// trust is the tests' only authority.
var trust = sync.OnceValue(func() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(tlstest.Authority())
	return pool
})

func TestMain(m *testing.M) {
	patience = 700 * time.Millisecond
	os.Exit(m.Run())
}

// surveyChecks are the checks that read the survey.
var surveyChecks = Suite.Checks[4:17]

// run puts the survey's checks to one host:port.
func run(t *testing.T, addr string, journal wire.Journal, level wire.Level, at ...string) (map[string]check.Result, *wire.Client) {
	t.Helper()
	var resolve func(context.Context, string) ([]net.IPAddr, error)
	if len(at) > 0 {
		resolve = func(context.Context, string) (out []net.IPAddr, err error) {
			for _, a := range at {
				out = append(out, net.IPAddr{IP: net.ParseIP(a)})
			}
			return out, nil
		}
	}
	u := &url.URL{Scheme: "https", Host: addr, Path: "/"}
	scope := &wire.Scope{Hosts: []string{"https://" + addr}, Level: level, Rate: wire.Rate{Unlimited: true}}
	client, err := wire.NewClient(wire.Options{Scope: scope, Journal: journal, Version: "test", Run: "test", Roots: trust(), Resolve: resolve})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := check.NewRunner(check.NewSite(u, nil, intel.Default(), tlstest.Now), client, check.TLS)
	out := map[string]check.Result{}
	for _, c := range surveyChecks {
		out[c.Name] = r.Run(t.Context(), c)
	}
	return out, client
}

// names lists findings as tlstest writes them.
func names(results map[string]check.Result) []string {
	var out []string
	for _, r := range results {
		for _, f := range r.Findings {
			n := f.Check
			if f.Case != "" {
				n += ":" + f.Case
			}
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	all, err := tlstest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Fatalf("%d endpoints, want at least 15", len(all))
	}
	want := wantedConnections(t)
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			results, client := run(t, e.Addr, nil, wire.Safe)
			slices.Sort(e.Want)
			if d := cmp.Diff(e.Want, names(results)); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
			if n := client.Stats().Connects; n != want[e.Name] {
				t.Errorf("%s %d connections, want %d", e.Name, n, want[e.Name])
			}
			for name, r := range results {
				hit := slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Severity > check.Info })
				if wantV := map[bool]verdict.Verdict{true: verdict.NotMet, false: verdict.Met}[hit]; r.Verdict != wantV {
					t.Errorf("%s: verdict %s, want %s (%s %v)", name, r.Verdict, wantV, r.Reason.Message, r.Reason.Args)
				}
				describe(t, r)
			}
		})
	}
}

// wantedConnections reads the table of exact costs.
func wantedConnections(t *testing.T) map[string]int {
	t.Helper()
	b, err := os.ReadFile("testdata/connections.json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]int
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for name, n := range m {
		if n > maxConnections {
			t.Errorf("%s: %d connections in the table, the bound is %d", name, n, maxConnections)
		}
	}
	return m
}

// describe fails when a finding's text has no words for it or leaves a value out.
func describe(t *testing.T, r check.Result) {
	t.Helper()
	i := slices.IndexFunc(Suite.Checks, func(c *check.Check) bool { return c.Name == r.Check })
	texts, err := Suite.LoadText(Suite.Checks[i])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		for l, text := range texts {
			if _, ok := text.Seen[f.Case]; !ok {
				t.Errorf("%s: no %s text for case %q", r.Check, l, f.Case)
			}
			if left := check.Placeholders(text.Describe(&f, l)); len(left) > 0 {
				t.Errorf("%s: %s text of case %q leaves %v", r.Check, l, f.Case, left)
			}
		}
	}
}

func TestDecoys(t *testing.T) {
	t.Parallel()
	all, err := tlstest.Decoys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			results, client := run(t, e.Addr, nil, wire.Safe)
			if got := names(results); len(got) > 0 {
				t.Errorf("findings %v, want none", got)
			}
			for name, r := range results {
				if r.Verdict == verdict.Met {
					t.Errorf("%s passed", name)
				}
				if r.Reason.In(i18n.JA) == "" || r.Reason.In(i18n.EN) == "" {
					t.Errorf("%s gives no reason", name)
				}
			}
			if n := client.Stats().Connects; n > 30 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// TestReplay judges a stored survey again without a connection.
func TestReplay(t *testing.T) {
	t.Parallel()
	all, err := tlstest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := all[slices.IndexFunc(all, func(e tlstest.Endpoint) bool { return e.Name == "everything-bad" })]
	j := wire.NewMemory()
	first, _ := run(t, e.Addr, j, wire.Safe)
	again, client := run(t, e.Addr, j, wire.Offline)
	if d := cmp.Diff(names(first), names(again)); d != "" {
		t.Errorf("findings (-live +replayed):\n%s", d)
	}
	if n := client.Stats().Connects; n != 0 {
		t.Errorf("%d connections offline", n)
	}
	if len(first["tls-old-protocol"].Notes) != 1 || len(first["tls-expired"].Notes) != 1 {
		t.Errorf("notes: %+v %+v", first["tls-old-protocol"].Notes, first["tls-expired"].Notes)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	results, _ := run(t, "127.0.0.1:1", nil, wire.Safe)
	for name, r := range results {
		if r.Verdict != verdict.Undetermined || r.Reason.Args["where"] != "127.0.0.1:1" || strings.ContainsAny(r.Reason.In("en"), "{}") {
			t.Errorf("%s: %s %v", name, r.Verdict, r.Reason)
		}
	}
}

// serveAt starts a TLS server on addr until the test ends.
func serveAt(t *testing.T, addr string, conf *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", addr, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(5 * time.Second))
				_ = c.(*tls.Conn).Handshake()
			}()
		}
	}()
	return l.Addr().String()
}

// TestServerName: a server that serves only who names it is asked by name.
func TestServerName(t *testing.T) {
	t.Parallel()
	conf := &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if h.ServerName != "shop.test" {
			return nil, errors.New("who?")
		}
		c := tlstest.Sound()
		return &c, nil
	}}
	_, port, _ := net.SplitHostPort(serveAt(t, "127.0.0.1:0", conf))
	results, _ := run(t, "shop.test:"+port, nil, wire.Safe, "127.0.0.1")
	for name, r := range results {
		if r.Verdict != verdict.Met || len(r.Findings) > 0 {
			t.Errorf("%s: %s %v %+v", name, r.Verdict, r.Reason, r.Findings)
		}
	}
	other, _ := run(t, "other.test:"+port, nil, wire.Safe, "127.0.0.1")
	if v := other["tls-name"].Verdict; v == verdict.Met {
		t.Errorf("a server that refuses our name passed: %s", v)
	}
}

// TestAddresses: two addresses of one host that differ give one finding that
// names the faulty one, and share the bound of connections.
func TestAddresses(t *testing.T) {
	t.Parallel()
	conf := &tls.Config{Certificates: []tls.Certificate{tlstest.Sound()}}
	_, port, _ := net.SplitHostPort(serveAt(t, "127.0.0.1:0", conf))
	old := conf.Clone()
	old.MinVersion = tls.VersionTLS10
	serveAt(t, "127.0.0.2:"+port, old)
	results, client := run(t, "shop.test:"+port, nil, wire.Safe, "127.0.0.1", "127.0.0.2")
	r := results["tls-old-protocol"]
	if len(r.Findings) != 1 || r.Findings[0].Where != "shop.test:"+port || r.Findings[0].Args["addresses"] != "127.0.0.2" || r.Examined != 2 {
		t.Errorf("%d examined, findings %+v", r.Examined, r.Findings)
	}
	if got := names(results); len(got) != 1 {
		t.Errorf("findings %v, want only tls-old-protocol", got)
	}
	if n := client.Stats().Connects; n > maxConnections {
		t.Errorf("%d connections", n)
	}
}
