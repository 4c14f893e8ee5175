package session

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/check/checktest"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func TestSuite(t *testing.T) {
	checktest.Run(t, Suite, checktest.Own("session-id-strength", "session-renewed", "logout-invalidates", "logout-exists")) // a fixed answer cannot give fresh ids or keep sessions
	checktest.CVSS(t, Suite)
	checktest.Silent(t, Suite)
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// uniqid is what PHP's uniqid() gives: seconds and microseconds, in hex.
func uniqid(at time.Time) string { return fmt.Sprintf("%08x%05x", at.Unix(), at.Nanosecond()/1000) }

func TestStrength(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	count := func() int64 { return n.Add(1) }
	for _, tc := range []struct {
		name, cookie string
		id           func() string
		verdict      verdict.Verdict
		fault        string
	}{
		{"PHP's own", "PHPSESSID", func() string { return random(13) }, verdict.Met, ""},
		{"Java's own", "JSESSIONID", func() string { return random(16) }, verdict.Met, ""},
		{"Express", "connect.sid", func() string { return "s%3A" + random(16) + "." + random(22) }, verdict.Met, ""},
		{"home-made and random", "mise_session", func() string { return random(20) }, verdict.Undetermined, ""},
		{"counter", "mise_session", func() string { return fmt.Sprintf("20261121%04d", count()) }, verdict.NotMet, "sequential"},
		{"counter in hex behind a prefix", "shop_sid", func() string { return fmt.Sprintf("user-%08x", 0xff0+3*count()) }, verdict.NotMet, "sequential"},
		{"uniqid", "PHPSESSID", func() string { return uniqid(time.Now()) + fmt.Sprint(count()*7919%10) }, verdict.NotMet, "time"},
		{"hash of a counter", "shop_session", func() string { return fmt.Sprintf("%x", md5.Sum(fmt.Append(nil, count()))) }, verdict.NotMet, "hashed"},
		{"four random bytes", "shop_session", func() string { return random(4) }, verdict.NotMet, "short"},
		{"long, but mostly fixed", "PHPSESSID", func() string { return "0123456789abcdef01234567" + random(4) }, verdict.NotMet, "short"},
		{"the same for everyone", "shop_session", func() string { return "0a1b2c3d4e5f60718293a4b5c6" }, verdict.Undetermined, "same"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res, sent := strength(t, tc.cookie, tc.id)
			fault := ""
			if len(res.Findings) == 1 {
				fault = res.Findings[0].Case
			}
			if res.Verdict != tc.verdict || fault != tc.fault || len(res.Findings) > 1 {
				t.Errorf("verdict %s, case %q (reason %v); want %s, %q", res.Verdict, fault, res.Reason, tc.verdict, tc.fault)
			}
			if sent > samples {
				t.Errorf("%d requests, want at most %d", sent, samples)
			}
			texts, err := Suite.LoadText(Strength)
			if err != nil {
				t.Fatal(err)
			}
			for i := range res.Findings {
				for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
					if left := check.Placeholders(texts[l].Describe(&res.Findings[i], l)); len(left) > 0 {
						t.Errorf("%s text leaves %v without a value", l, left)
					}
				}
			}
		})
	}
}

// strength asks the check of a shop whose only page gives every new visitor a session, and counts the requests after the crawl's own.
func strength(t *testing.T, cookie string, id func() string) (check.Result, int64) {
	t.Helper()
	var hits atomic.Int64
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		if _, err := r.Cookie(cookie); err != nil {
			w.Header().Add("Set-Cookie", cookie+"="+id()+"; Path=/; Secure; HttpOnly")
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<title>店</title>")
	}))
	t.Cleanup(srv.Close)
	client, err := wire.NewClient(wire.Options{Version: "test", Run: "test", Scope: &wire.Scope{Hosts: []string{srv.URL}, Level: wire.Safe, Rate: wire.Rate{Unlimited: true}}})
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(srv.URL + "/")
	ex, err := client.Do(t.Context(), &wire.Request{Method: "GET", URL: u, Level: wire.Passive, Origin: wire.Origin{Check: "crawl"}})
	if err != nil {
		t.Fatal(err)
	}
	site := check.NewSite(u, []*page.Page{page.Parse(ex)}, intel.Default(), time.Now())
	return check.NewRunner(site, client, check.TLS).Run(t.Context(), Strength), hits.Load() - 1
}

// FuzzWeigh holds the estimate to its bounds for whatever a shop calls an id.
func FuzzWeigh(f *testing.F) {
	f.Add("a1", "a2", "a3", "a4")
	f.Add("", "", "x", "5f3a9b1c2d4e6f70")
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		ids := []sample{{a, at}, {b, at}, {c, at}, {d, at}}
		bits, fault := weigh(ids)
		if longest := max(len(a), len(b), len(c), len(d)); bits < 0 || bits > longest*8 {
			t.Errorf("%v: %d bits from %d bytes", ids, bits, longest)
		}
		if fault == "" && bits < leastBits {
			t.Errorf("%v: %d bits and no fault", ids, bits)
		}
	})
}
