package wire

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// What a page only might need, what would outlive it, and what the browser
// asks for itself never leaves; nor does what Refuses names.
func TestProxyHoldsBack(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	own := site(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	third := site(t, func(http.ResponseWriter, *http.Request) { asked.Add(100) })
	c := client(t, own.URL)
	p, err := c.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Refuses = func(r *http.Request, own bool) string {
		if own && r.URL.Path == "/acts" {
			return "write"
		}
		return ""
	}
	hc := viaProxy(t, p)
	for _, tc := range []struct {
		name, url string
		header    map[string]string
		blocked   string
		itself    bool
	}{
		{"plain", own.URL + "/", map[string]string{"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}, "", false},
		{"refused", own.URL + "/acts", map[string]string{"Sec-Fetch-Dest": "image"}, "write", false},
		{"prefetch", own.URL + "/next", map[string]string{"Sec-Purpose": "prefetch;prerender"}, "ahead of need", false},
		{"old prefetch", own.URL + "/next", map[string]string{"Purpose": "prefetch"}, "ahead of need", false},
		{"service worker", own.URL + "/sw.js", map[string]string{"Service-Worker": "script", "Sec-Fetch-Dest": "serviceworker"}, "service worker", false},
		{"third service worker", third.URL + "/sw.js", map[string]string{"Sec-Fetch-Dest": "serviceworker", PageHeader: "1"}, "service worker", false},
		{"update check", third.URL + "/update.js", map[string]string{"Sec-Fetch-Dest": "script", "Sec-Fetch-Site": "none"}, "browser itself", true},
		{"update check by http", third.URL + "/update.js", nil, "browser itself", true},
		{"long address", own.URL + "/?" + strings.Repeat("x", maxProxyURL), map[string]string{PageHeader: "1"}, "longer than", false},
	} {
		before := asked.Load()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range tc.header {
			r.Header.Set(k, v)
		}
		res, err := hc.Do(r)
		if err != nil {
			t.Fatal(tc.name, err)
		}
		res.Body.Close()
		seen := p.Seen()
		o := seen[len(seen)-1]
		if !strings.Contains(o.Blocked, tc.blocked) || (o.Blocked == "") != (tc.blocked == "") || o.Itself != tc.itself || len(o.URL) > maxProxyURL {
			t.Errorf("%s: blocked %q, itself %v, an address of %d bytes", tc.name, o.Blocked, o.Itself, len(o.URL))
		}
		if left := asked.Load() != before; left != (tc.blocked == "") {
			t.Errorf("%s: left %v", tc.name, left)
		}
	}
}
