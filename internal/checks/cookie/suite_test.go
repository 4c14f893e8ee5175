package cookie

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func TestSuite(t *testing.T) {
	checktest.Run(t, Suite, nil)
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}

// TestScopeDomain tries hosts with names, which txtar sites on 127.0.0.1 do not have.
func TestScopeDomain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host, line string
		want       verdict.Verdict
		found      string
		severity   check.Severity
	}{
		{"shop.tea.example", "PHPSESSID=abcd1234; Domain=.tea.example", verdict.NotMet, "domain", check.Low},
		{"www.tea.example", "PHPSESSID=abcd1234; domain=tea.example", verdict.Met, "domain", check.Info},
		{"tea.example", "PHPSESSID=abcd1234; Domain=tea.example", verdict.Met, "own-domain", check.Info},
		{"shop.tea.example", "PHPSESSID=abcd1234; Path=/", verdict.Met, "", 0},
		{"mytea.example", "PHPSESSID=abcd1234; Domain=tea.example", verdict.Met, "", 0}, // refused by browsers
		{"shop.tea.example", "_ga=GA1.2.1.1; Domain=.tea.example", verdict.NotExamined, "", 0},
		{"shop.tea.example", "k=k3J9xQ0aTz7LmW2pR8vB5nYc; Domain=.tea.example", verdict.Undetermined, "domain", check.Low},
	} {
		res := onName(t, Scope, tc.host, tc.line)
		if res.Verdict != tc.want {
			t.Errorf("%s %q: verdict %s, want %s", tc.host, tc.line, res.Verdict, tc.want)
		}
		switch {
		case tc.found == "" && len(res.Findings) > 0, tc.found != "" && len(res.Findings) != 1:
			t.Errorf("%s %q: findings %+v", tc.host, tc.line, res.Findings)
		case tc.found != "" && (res.Findings[0].Case != tc.found || res.Findings[0].Severity != tc.severity):
			t.Errorf("%s %q: case %q severity %s, want %q %s", tc.host, tc.line, res.Findings[0].Case, res.Findings[0].Severity, tc.found, tc.severity)
		}
	}
}

// onName puts c's question to one stored answer of https://host/; nothing is sent.
func onName(t *testing.T, c *check.Check, host, cookie string) check.Result {
	t.Helper()
	u := &url.URL{Scheme: "https", Host: host, Path: "/"}
	ex := &wire.Exchange{ID: "x1", At: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Method: "GET", URL: u, RawURL: u.String(), Status: 200,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Set-Cookie": {cookie}}, Body: []byte("<title>店</title>")}
	journal := wire.NewMemory()
	client, err := wire.NewClient(wire.Options{Scope: &wire.Scope{Hosts: []string{u.String()}, Level: wire.Passive, Authority: wire.Authority{Person: "店番 太郎", Organisation: "茶屋みせばん"}}, Journal: journal, Version: "test", Run: "test"})
	if err != nil {
		t.Fatal(err)
	}
	site := check.NewSite(u, []*page.Page{page.Parse(ex)}, nil, ex.At)
	res := check.NewRunner(site, client, check.TLS).Run(context.Background(), c)
	if n := len(journal.Entries()); n != 0 {
		t.Errorf("%s sent %d requests", c.Name, n)
	}
	return res
}
