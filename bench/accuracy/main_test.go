package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/families/tuning"
	"miseban/bench/accuracy/trial"
)

func open(t *testing.T, family string, place trial.Place, vulnerable bool) *trial.Site {
	t.Helper()
	i := slices.IndexFunc(tuning.Families, func(f *trial.Family) bool { return f.Name == family })
	if i < 0 {
		t.Fatalf("no family %s", family)
	}
	set, err := backend.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	s := &trial.Spec{ID: "t", Family: tuning.Families[i], Place: place, Grade: trial.Plain, Seed: 4, Vulnerable: vulnerable}
	site, err := s.Open(set, 900)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	return site
}

// TestJudge: only the right check at the right place of a vulnerable member counts.
func TestJudge(t *testing.T) {
	t.Parallel()
	site, safe := open(t, "sqlite-text", trial.Query, true), open(t, "sqlite-text", trial.Query, false)
	alarmAt := func(s *trial.Site, class, path, param string) *outcome {
		o := begin("t", s)
		o.judge(s, []alarm{{[]string{class}, path, param, "x"}})
		return o
	}
	for _, c := range []struct {
		what    string
		o       *outcome
		found   bool
		alarmed int
	}{
		{"right", alarmAt(site, "sql", site.HandlerPath, site.Param), true, 0},
		{"without a place", alarmAt(site, "sql", "", site.Param+" (GET)"), true, 0},
		{"another check", alarmAt(site, "ldap", site.HandlerPath, site.Param), false, 1},
		{"another parameter", alarmAt(site, "sql", site.HandlerPath, "other"), false, 1},
		{"another page", alarmAt(site, "sql", "/guide", site.Param), false, 1},
		{"the safe member", alarmAt(safe, "sql", safe.HandlerPath, safe.Param), false, 1},
	} {
		if c.o.Found != c.found || len(c.o.False) != c.alarmed {
			t.Errorf("%s: found %v with %d false, want %v with %d", c.what, c.o.Found, len(c.o.False), c.found, c.alarmed)
		}
	}
}

// TestCount: requests are counted where a value stands that no page of the site sends.
func TestCount(t *testing.T) {
	t.Parallel()
	site := open(t, "sqlite-text", trial.Query, true)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	get := func(path, header, value string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, site.Origin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			r.Header.Set(header, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	at := site.HandlerPath + "?" + site.Param + "="
	get("/", "", "")
	get(at+url.QueryEscape(site.Sample()), "", "")
	get(at+url.QueryEscape(site.Sample()+"'"), "", "")
	get(at+url.QueryEscape(site.Sample()+"' and sleep(1)"), "", "")
	get(at+url.QueryEscape(site.Sample())+"&debug=1", "", "")
	get(site.HandlerPath, "Referer", "http://other.example/")
	total, timed := site.Count.Total()
	if total != 6 || timed != 1 {
		t.Errorf("%d requests, %d timed, want 6 and 1", total, timed)
	}
	want := map[string]int{"": 2, "query " + site.Param: 2, "query debug": 1, "header Referer": 1}
	for k, n := range site.Count.Points() {
		if want[k] != n {
			t.Errorf("%d requests at %q, want %d", n, k, want[k])
		}
	}
}

// TestHarm: a value that widens a DELETE is seen.
func TestHarm(t *testing.T) {
	t.Parallel()
	site := open(t, "sqlite-delete", trial.Query, true)
	ctx := t.Context()
	before, err := site.Intact(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := site.Send(ctx, "x' OR '1'='1"); err != nil {
		t.Fatal(err)
	}
	o := begin("t", site)
	o.end(ctx, site, before, false)
	if !o.Harmed {
		t.Error("rows of others are gone and nothing is said of it")
	}
}

// TestReport: the table has a row for each class, with both shares.
func TestReport(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	report(&b, []string{"t"}, []*outcome{
		{Tool: "t", Class: "sql", Vulnerable: true, Found: true, Requests: 30},
		{Tool: "t", Class: "sql", Vulnerable: true, Requests: 30},
		{Tool: "t", Class: "sql", Requests: 30, Crawl: 10, Points: 2, At: map[string]int{"query q": 7, "": 3}},
		{Tool: "t", Class: "sql", False: []string{"x"}, Requests: 30, Crawl: 10, Points: 1, At: map[string]int{"query q": 9}},
	})
	for _, want := range []string{"| sql | t | 0.500 (1/2;", "| 0.500 (1/2;", "| 0.000 |", "| 9 / 9 |", "| 20 / 20 |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
