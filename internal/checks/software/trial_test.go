package software

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

const hostsFile = "127.0.0.1\tlocalhost\n::1\tip6-localhost\n"

// TestTrials: what the version only suggests is tried at level active. A shop
// that is open is confirmed, one that is mended although its version looks
// old is cleared, one whose answers say nothing stays a possibility, and a shop
// that shows the sign everywhere, or a product that lies elsewhere, fools nobody.
func TestTrials(t *testing.T) {
	t.Parallel()
	const (
		welcart    = `<meta name="generator" content="WordPress"><p><a href="/usces-cart/">カート</a></p><img src="/wp-content/plugins/usc-e-shop/images/a.png" alt=""><!-- Welcart version : v2.7.5.2206091 -->`
		eccube     = `<meta name="eccube-csrf-token" content="0f3a"><link rel="stylesheet" href="/html/template/default/assets/css/style.css"><script src="/html/template/default/assets/js/eccube.js"></script>`
		logPath    = "/wp-content/plugins/usc-e-shop/functions/content-log.php"
		progress   = "/wp-content/plugins/usc-e-shop/functions/progress-check.php"
		readme     = "/wp-content/plugins/usc-e-shop/readme.txt"
		host       = "JVN#53871926"
		log        = "CVE-2022-4140"
		progressID = "CVE-2022-41840"
	)
	text := func(w http.ResponseWriter, s string) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, s)
	}
	reads := func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); strings.HasSuffix(q.Get("logfile"), "etc/hosts") || strings.HasSuffix(q.Get("progressfile"), "etc/hosts") {
			text(w, hostsFile)
		}
	}
	for _, c := range []struct {
		name  string
		level wire.Level
		top   string
		more  map[string]http.HandlerFunc
		// want are the cases by number; "" is the possibility.
		want map[string]string
	}{
		{name: "welcart open", top: welcart, more: map[string]http.HandlerFunc{logPath: reads, progress: reads}, want: map[string]string{log: "open", progressID: "open"}},
		{name: "welcart at level safe", level: wire.Safe, top: welcart, more: map[string]http.HandlerFunc{logPath: reads, progress: reads}, want: map[string]string{log: "", progressID: ""}},
		{name: "welcart mended by hand", top: welcart, more: map[string]http.HandlerFunc{readme: func(w http.ResponseWriter, _ *http.Request) { text(w, "=== Welcart ===") }}, want: map[string]string{log: "closed", progressID: "closed"}},
		{name: "welcart elsewhere", top: welcart, want: map[string]string{log: "", progressID: ""}},
		{name: "welcart careful", top: welcart, more: map[string]http.HandlerFunc{logPath: func(w http.ResponseWriter, _ *http.Request) { text(w, "") }}, want: map[string]string{log: "", progressID: ""}},
		{name: "welcart with the sign everywhere", top: welcart, more: map[string]http.HandlerFunc{logPath: func(w http.ResponseWriter, _ *http.Request) { text(w, hostsFile) }}, want: map[string]string{log: "", progressID: ""}},
		{name: "welcart behind a firewall", top: welcart, more: map[string]http.HandlerFunc{logPath: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "blocked", http.StatusForbidden) }}, want: map[string]string{log: "", progressID: ""}},
		{name: "eccube open", top: eccube + `<a href="//{host}/cart">カート</a>`, want: map[string]string{host: "open"}},
		{name: "eccube that names itself", top: eccube + `<a href="https://shop.example/cart">カート</a>`, want: map[string]string{host: "none"}},
		{name: "eccube that only shows the word", top: eccube + `<p>{host}</p>`, want: map[string]string{host: "none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			mux := http.NewServeMux()
			mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>茶屋</title></head><body>"+strings.ReplaceAll(c.top, "{host}", r.Host)+"</body></html>")
			})
			for path, h := range c.more {
				mux.HandleFunc(path, h)
			}
			srv := httptest.NewServer(mux)
			defer srv.Close()
			if c.level == 0 {
				c.level = wire.Active
			}
			client, err := wire.NewClient(wire.Options{Version: "test", Run: "test", Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: c.level, Rate: wire.Rate{Unlimited: true}}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			start, _ := url.Parse(srv.URL + "/")
			ex, err := client.Do(t.Context(), &wire.Request{Method: "GET", URL: start, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
			if err != nil {
				t.Fatal(err)
			}
			site := check.NewSite(start, []*page.Page{page.Parse(ex)}, intel.Default(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
			res := check.NewRunner(site, client, 0).Run(t.Context(), PackageVulnerable)
			texts, err := Suite.LoadText(PackageVulnerable)
			if err != nil {
				t.Fatal(err)
			}
			for id, want := range c.want {
				i := slices.IndexFunc(res.Findings, func(f check.Finding) bool { return f.Parameter == id })
				if i < 0 {
					if want != "none" {
						t.Errorf("%s is not reported: %s %v", id, res.Verdict, res.Findings)
					}
					continue
				}
				f := &res.Findings[i]
				if f.Case != want {
					t.Errorf("%s: case %q, not %q", id, f.Case, want)
				}
				if want == "" {
					if f.Confidence != check.Possible {
						t.Errorf("%s is %s", id, f.Confidence)
					}
					continue
				}
				if f.Confidence != check.Confirmed || f.Proof == nil || f.Proof.Curl == "" || (want == "closed") != (f.Severity == check.Info) {
					t.Errorf("%s: %+v", id, f)
				}
				for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
					if said := texts[l].Describe(f, l); len(check.Placeholders(said)) > 0 || strings.Contains(said, "（）") {
						t.Errorf("%s: %s", l, said)
					}
				}
				if want == "open" && res.Verdict != verdict.NotMet {
					t.Errorf("verdict %s", res.Verdict)
				}
			}
		})
	}
}
