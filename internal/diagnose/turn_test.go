package diagnose_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/checks/inject"
	"miseban/internal/diagnose"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// TestTurns: checks that ask much begin after all others, those that disturb at
// the very end, and a run that ends in the middle of a long one has the verdicts
// of the others; results stand in the order of the report.
func TestTurns(t *testing.T) {
	t.Parallel()
	if !inject.Suite.Long {
		t.Error("the suite that asks most is not said to be long")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<title>店</title><p>お茶の店</p>")
	}))
	defer srv.Close()
	for _, ends := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var begun []string
		one := func(name string, last bool) *check.Check {
			return &check.Check{Name: name, Level: wire.Passive, Last: last, Run: func(_ context.Context, p *check.Pass) error {
				begun = append(begun, name)
				if ends && name == "sql" {
					cancel()
				}
				p.ExaminedThing(name)
				return nil
			}}
		}
		suites := []*check.Suite{
			{Name: "inject", Long: true, Checks: []*check.Check{one("sql", false), one("mail", true)}},
			{Name: "login", Checks: []*check.Check{one("lockout", true), one("enumeration", false)}},
			{Name: "access", Checks: []*check.Check{one("idor", false)}},
		}
		scope := &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Passive, Rate: wire.Rate{Unlimited: true}}
		client, err := wire.NewClient(wire.Options{Scope: scope, Journal: wire.NewMemory(), Version: "test", Run: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		run := &diagnose.Run{ID: "test", Shop: srv.URL + "/", Started: now, Version: "test", Scope: scope}
		if _, err := diagnose.Do(ctx, diagnose.Config{Run: run, Client: client, Suites: suites, Intel: intel.Default(), Parallel: 1, Now: func() time.Time { return now }}); err != nil {
			t.Fatal(err)
		}
		var done []string
		for _, r := range run.Results {
			done = append(done, r.Check)
		}
		want, kept := []string{"enumeration", "idor", "sql", "mail", "lockout"}, []string{"sql", "mail", "lockout", "enumeration", "idor"}
		if ends {
			want, kept = want[:3], []string{"enumeration", "idor"}
		}
		if !slices.Equal(begun, want) || !slices.Equal(done, kept) {
			t.Errorf("ended early: %v: begun %v, done %v", ends, begun, done)
		}
	}
}
