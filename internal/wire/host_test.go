package wire

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// Only a provoking request may name another host, and only one that nobody can own.
func TestHostLine(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host) }))
	t.Cleanup(srv.Close)
	c, err := NewClient(Options{Version: "test", Scope: &Scope{Hosts: []string{srv.URL}, Level: Active, Rate: Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(srv.URL + "/")
	for _, k := range []struct {
		host  string
		level Level
		want  string
	}{
		{"a.miseban-check.invalid", Active, "a.miseban-check.invalid"},
		{"a.miseban-check.invalid", Safe, u.Host},
		{"neighbour.example.jp", Active, u.Host},
		{"a.invalid\r\nX: .invalid", Active, u.Host},
		{"", Active, u.Host},
	} {
		ex, err := c.Do(t.Context(), &Request{URL: u, Level: k.level, Header: http.Header{"Host": {k.host}}, Again: true})
		if err != nil {
			t.Fatal(err)
		}
		if string(ex.Body) != k.want {
			t.Errorf("Host %q at level %s: asked %q, want %q", k.host, k.level, ex.Body, k.want)
		}
	}
}
