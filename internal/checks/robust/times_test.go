package robust

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// run puts a question to a site whose shop answers by h.
func run(t *testing.T, c *check.Check, h http.HandlerFunc, arrange func(*check.Site, func(path string, took time.Duration))) check.Result {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	client, err := wire.NewClient(wire.Options{Version: "test", Run: "test",
		Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	start, _ := url.Parse(srv.URL + "/")
	site := check.NewSite(start, nil, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	arrange(site, func(path string, took time.Duration) {
		u, _ := start.Parse(path)
		site.Pages = append(site.Pages, page.Parse(&wire.Exchange{ID: wire.ExchangeID(fmt.Sprint(path, len(site.Pages))), Method: "GET", URL: u, Status: 200, TTFB: took,
			Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("<title>" + path + "</title><div id='" + strings.Trim(path, "/") + "'>お茶</div>")}))
	})
	res := check.NewRunner(site, client, 0).Run(t.Context(), c)
	texts, err := Suite.LoadText(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range res.Findings {
		for l, text := range texts {
			if left := check.Placeholders(text.Describe(&res.Findings[i], l)); len(left) > 0 {
				t.Errorf("%s text leaves %v without a value", l, left)
			}
			if _, ok := text.Seen[res.Findings[i].Case]; !ok {
				t.Errorf("no %s text for case %q", l, res.Findings[i].Case)
			}
		}
	}
	if m := res.Reason.Message; m != "" && i18n.Catalogue()[m] == "" {
		t.Errorf("no English for %q", m)
	}
	return res
}

func cases(res check.Result) []string {
	var out []string
	for _, f := range res.Findings {
		out = append(out, f.Case+" "+f.Severity.String()+" "+string(f.Confidence))
	}
	return out
}

func TestCrawlerTolerance(t *testing.T) {
	t.Parallel()
	quick := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })
	for name, c := range map[string]struct {
		stats check.CrawlStats
		left  int // addresses that were not fetched
		want  verdict.Verdict
		cases []string
	}{
		"nothing wrong":              {check.CrawlStats{Requests: 100, Serial: true}, 0, verdict.Met, nil},
		"four in a row are borne":    {check.CrawlStats{Requests: 100, Serial: true, Timeouts: 9, Errors: 9, ConsecutiveTimeouts: 4, ConsecutiveErrors: 4}, 0, verdict.Met, nil},
		"rule 1":                     {check.CrawlStats{Requests: 400, Serial: true, Timeouts: 5, ConsecutiveTimeouts: 5}, 0, verdict.NotMet, []string{"timeout-row medium confirmed"}},
		"rule 2, just a tenth":       {check.CrawlStats{Requests: 100, Serial: true, Timeouts: 10, ConsecutiveTimeouts: 1}, 0, verdict.NotMet, []string{"timeout-share medium confirmed"}},
		"rule 3":                     {check.CrawlStats{Requests: 400, Serial: true, Errors: 5, ConsecutiveErrors: 5}, 0, verdict.NotMet, []string{"error-row medium confirmed"}},
		"rule 4":                     {check.CrawlStats{Requests: 60, Serial: true, Errors: 12, ConsecutiveErrors: 2}, 0, verdict.NotMet, []string{"error-share medium confirmed"}},
		"rule 5, just below a tenth": {check.CrawlStats{Requests: 101, Serial: true, Timeouts: 10, ConsecutiveTimeouts: 1}, 0, verdict.NotMet, []string{"timeout-total low confirmed"}},
		"rule 6 and rule 1":          {check.CrawlStats{Requests: 4000, Serial: true, Errors: 10, Timeouts: 6, ConsecutiveTimeouts: 6}, 0, verdict.NotMet, []string{"timeout-row medium confirmed", "error-total low confirmed"}},
		"not serial":                 {check.CrawlStats{Requests: 100}, 0, verdict.NotExamined, nil},
		"not serial, and bad":        {check.CrawlStats{Requests: 100, Errors: 20, ConsecutiveErrors: 9}, 0, verdict.Undetermined, []string{"error-row medium possible"}},
		"pages were left":            {check.CrawlStats{Requests: 100, Serial: true}, 50, verdict.NotExamined, nil},
		"pages were left, 40 min":    {check.CrawlStats{Requests: 4000, Serial: true, Took: 40 * time.Minute}, 50, verdict.Met, nil},
		"stopped early":              {check.CrawlStats{Requests: 100, Serial: true, Stopped: "by hand"}, 0, verdict.NotExamined, nil},
		"no crawl":                   {check.CrawlStats{}, 0, verdict.NotExamined, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := run(t, CrawlerTolerance, quick, func(s *check.Site, _ func(string, time.Duration)) {
				s.Crawl, s.Templates = c.stats, []check.Template{{Signature: "x", Known: c.left}}
			})
			if res.Verdict != c.want {
				t.Errorf("verdict %s, want %s (%s)", res.Verdict, c.want, res.Reason.Message)
			}
			if d := cmp.Diff(c.cases, cases(res)); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

func TestSlowPage(t *testing.T) {
	t.Parallel()
	quick := func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) }
	site := func(times ...time.Duration) func(*check.Site, func(string, time.Duration)) {
		return func(_ *check.Site, add func(string, time.Duration)) {
			add("/", 80*time.Millisecond)
			add("/list", 90*time.Millisecond)
			for i, d := range times {
				add("/news"+strings.Repeat("?page=1", min(i, 1)), d)
			}
		}
	}
	t.Run("met", func(t *testing.T) {
		t.Parallel()
		if res := run(t, SlowPage, quick, site(100*time.Millisecond)); res.Verdict != verdict.Met {
			t.Errorf("verdict %s", res.Verdict)
		}
	})
	t.Run("decoy: once slow, then quick", func(t *testing.T) {
		t.Parallel()
		if res := run(t, SlowPage, quick, site(7*time.Second)); res.Verdict != verdict.Met {
			t.Errorf("verdict %s, findings %v", res.Verdict, res.Findings)
		}
	})
	t.Run("slow each time", func(t *testing.T) {
		t.Parallel()
		res := run(t, SlowPage, quick, func(_ *check.Site, add func(string, time.Duration)) {
			add("/", 80*time.Millisecond)
			for range 3 {
				add("/news", 6*time.Second)
			}
		})
		if res.Verdict != verdict.NotMet || len(res.Findings) != 1 || res.Findings[0].Where != "/news" || res.Findings[0].Args["seconds"] != "6.0" {
			t.Errorf("verdict %s, findings %+v", res.Verdict, res.Findings)
		}
	})
	t.Run("sluggish", func(t *testing.T) {
		t.Parallel()
		res := run(t, SlowPage, quick, func(_ *check.Site, add func(string, time.Duration)) {
			add("/", 80*time.Millisecond)
			for range 3 {
				add("/news", 4*time.Second)
			}
		})
		if res.Verdict != verdict.Met || len(res.Findings) != 1 || res.Findings[0].Case != "sluggish" || res.Findings[0].Severity != check.Info {
			t.Errorf("verdict %s, findings %+v", res.Verdict, res.Findings)
		}
	})
}

// TestSometimes: a page that failed in the crawl and works the next time.
func TestSometimes(t *testing.T) {
	t.Parallel()
	asked := 0
	res := run(t, UnstableAnswers, func(w http.ResponseWriter, _ *http.Request) { asked++; w.Write([]byte("<p>ok")) },
		func(s *check.Site, add func(string, time.Duration)) {
			for _, path := range []string{"/", "/list", "/ranking"} {
				add(path, time.Millisecond)
			}
			s.Pages[2].Ex.Status = 502
		})
	if d := cmp.Diff([]string{"sometimes low confirmed"}, cases(res)); d != "" || res.Verdict != verdict.NotMet || asked != 1 {
		t.Errorf("verdict %s, asked %d; findings (-want +got):\n%s", res.Verdict, asked, d)
	}
}
