package reporttest_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/checks/cookie"
	"miseban/internal/checks/header"
	"miseban/internal/checks/session"
	"miseban/internal/checks/tls"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/report"
	"miseban/internal/report/reporttest"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// halfBad is a run of some suites in which every second check found something.
func halfBad(t *testing.T) (*diagnose.Run, []*check.Suite, assessment.Catalogue) {
	t.Helper()
	suites := []*check.Suite{header.Suite, cookie.Suite, tls.Suite, session.Suite}
	run := &diagnose.Run{
		ID: "01JDAYK3N8", Shop: "https://shop.example/", Started: reporttest.At, Ended: reporttest.At.Add(25 * time.Minute), Version: "0.1.0", State: diagnose.Finished,
		Scope: &wire.Scope{Hosts: []string{"https://shop.example", "http://shop.example"}, Level: wire.Safe, Authority: wire.Authority{Person: "山田 太郎", Organisation: "株式会社みせばん商店"}},
		Intel: diagnose.IntelInfo{Version: "2026.11.20", Issued: reporttest.At.Add(-24 * time.Hour)},
		Seen: diagnose.Seen{
			Pages: []diagnose.SeenPage{{URL: "https://shop.example/", Kind: page.Top, Status: 200}, {URL: "https://shop.example/products/detail/1", Kind: page.Product, Status: 200}, {URL: "https://shop.example/mypage/login", Kind: page.Login, Status: 200}},
		},
	}
	byName := map[string]*check.Check{}
	for _, s := range suites {
		for i, c := range s.Checks {
			byName[c.Name] = c
			r := check.Result{Check: c.Name, Verdict: verdict.Met, Examined: 12}
			if i%2 == 0 {
				text, err := s.LoadText(c)
				if err != nil {
					t.Fatal(err)
				}
				r.Verdict = verdict.NotMet
				for _, name := range []string{"/", "/products/list"} {
					f := check.Finding{Check: c.Name, Where: name, Severity: c.Severity, Confidence: check.Confirmed, Evidence: []wire.ExchangeID{"x-1"}, Args: i18n.Args{}}
					for k, seen := range text[i18n.JA].Seen {
						f.Case = k
						for _, p := range check.Placeholders(seen) {
							f.Args[p] = "eccube"
						}
					}
					r.Findings = append(r.Findings, f)
				}
			}
			run.Results = append(run.Results, r)
		}
	}
	return run, suites, func(n string) *check.Check { return byName[n] }
}

// built is the report of halfBad beside what a shop says.
func built(t *testing.T, said *assessment.Statement, l i18n.Lang) *report.Document {
	t.Helper()
	run, suites, catalogue := halfBad(t)
	editions, err := guideline.All()
	if err != nil {
		t.Fatal(err)
	}
	editions = slices.DeleteFunc(editions, func(e *guideline.Edition) bool { return e.Held }) // never in a report
	a := assessment.New(run, editions, said, reporttest.At.Add(time.Hour), catalogue)
	in := report.Input{Suites: suites, Exchange: func(context.Context, wire.ExchangeID) (*wire.Exchange, error) {
		return &wire.Exchange{ID: "x-1", At: reporttest.At, Method: "GET", RawURL: "https://shop.example/", Status: 200, RequestHead: []byte("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"), ResponseHead: []byte("HTTP/1.1 200 OK\r\nServer: Apache\r\n\r\n")}, nil
	}}
	d, err := report.Build(t.Context(), a, in, l)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestBuilt renders what report.Build makes of a run: real texts and real
// editions in every format.
func TestBuilt(t *testing.T) {
	t.Parallel()
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		d := built(t, nil, l)
		if d.Spoken {
			t.Error("nobody spoke for the shop")
		}
		for _, f := range formats {
			var b strings.Builder
			if err := f.write(&b, d); err != nil {
				t.Errorf("%s in %s: %v", f.name, l, err)
			}
			if dir := os.Getenv("REPORT_OUT"); dir != "" {
				if err := os.WriteFile(dir+"/built-"+string(l)+"."+f.name, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if b.Len() < 10_000 {
				t.Errorf("%s in %s has only %d bytes", f.name, l, b.Len())
			}
		}
	}
}
