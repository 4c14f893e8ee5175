package wire

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// viaProxy is an HTTP client that goes through p and trusts its CA, as the browser does.
func viaProxy(t testing.TB, p *Proxy) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(p.CAPEM()) {
		t.Fatal("CA does not parse")
	}
	tr := &http.Transport{Proxy: http.ProxyURL(p.URL()), TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	var foreign, writes atomic.Int32
	own := secure(t, true, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			writes.Add(1)
		}
		if r.Header.Get(PageHeader) != "" || r.Header.Get("X-Miseban") == "" || !strings.Contains(r.UserAgent(), "Miseban/") {
			t.Errorf("own host got %v", r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "0a1b2c3d4e5f6a7b"})
		fmt.Fprintf(w, "own %s %s", r.URL.Path, r.Header.Get("Cookie"))
	})
	third := site(t, func(w http.ResponseWriter, r *http.Request) {
		foreign.Add(1)
		fmt.Fprint(w, "third "+r.Header.Get("Cookie"))
	})
	j := NewMemory()
	c := client(t, own.URL, trust(own), func(o *Options) { o.Journal, o.Scope.Level, o.Scope.Exclude = j, Passive, []string{"/logout"} })
	must(t, c, get(t, own.URL+"/crawled")) // fills the run's jar, which the browser must not get
	p, err := c.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Reads = func(r *http.Request, body []byte) string {
		if r.URL.Path == "/suggest" && string(body) == "q=a" {
			return "search suggestions"
		}
		return ""
	}
	hc := viaProxy(t, p)
	for _, tc := range []struct {
		name, method, url, dest, body string
		header                        map[string]string
		status                        int
		blocked                       string
	}{
		{name: "own page", url: own.URL + "/", dest: "document", status: 200},
		{name: "own fetch", url: own.URL + "/api", dest: "empty", status: 200},
		{name: "own excluded", url: own.URL + "/logout", dest: "document", status: 403, blocked: "excluded"},
		{name: "own write", method: "POST", url: own.URL + "/track", dest: "empty", body: "a=b", status: 403, blocked: "write"},
		{name: "own read", method: "POST", url: own.URL + "/suggest", dest: "empty", body: "q=a", status: 200},
		{name: "own delete", method: "DELETE", url: own.URL + "/x", dest: "empty", status: 403, blocked: "write"},
		{name: "own websocket", url: own.URL + "/ws", header: map[string]string{"Upgrade": "websocket", "Connection": "Upgrade"}, status: 403, blocked: "websocket"},
		{name: "third script", url: third.URL + "/lib.js", dest: "script", header: map[string]string{"Cookie": "own=1"}, status: 200},
		{name: "third script over http", url: third.URL + "/lib.js?2", status: 200},
		{name: "third page", url: third.URL + "/", dest: "document", status: 403, blocked: "navigation"},
		{name: "third iframe", url: third.URL + "/f", dest: "iframe", status: 403, blocked: "navigation"},
		{name: "third fetch", url: third.URL + "/collect?d=1", dest: "empty", status: 403, blocked: "sends"},
		{name: "third unknown", url: third.URL + "/collect?d=2", status: 403, blocked: "sends"},
		{name: "third beacon", method: "POST", url: third.URL + "/beacon", dest: "empty", body: "x", status: 403, blocked: "sends"},
		{name: "third websocket", url: third.URL + "/ws", header: map[string]string{"Upgrade": "websocket"}, status: 403, blocked: "websocket"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tc.method, tc.url, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		if tc.dest != "" {
			r.Header.Set("Sec-Fetch-Dest", tc.dest)
		}
		r.Header.Set(PageHeader, "page 1")
		for k, v := range tc.header {
			r.Header.Set(k, v)
		}
		res, err := hc.Do(r)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		seen := p.Seen()
		o := seen[len(seen)-1]
		if res.StatusCode != tc.status || !strings.Contains(o.Blocked, tc.blocked) || (o.Blocked == "") != (tc.blocked == "") || o.Page != "page 1" {
			t.Errorf("%s: status %d %q, observed %+v", tc.name, res.StatusCode, body, o)
		}
		if (o.ID == "") != (tc.blocked != "") {
			t.Errorf("%s: exchange %q", tc.name, o.ID)
		}
		if strings.Contains(string(body), "sid=") {
			t.Errorf("%s: the run's jar was mixed in: %q", tc.name, body)
		}
	}
	if foreign.Load() != 2 || writes.Load() != 1 {
		t.Errorf("third host asked %d times, want 2; %d POSTs, want 1", foreign.Load(), writes.Load())
	}
	if err := VerifyLedger(j.Entries()); err != nil {
		t.Error(err)
	}
	for _, r := range j.Records() {
		if strings.Contains(string(r.Data), "0a1b2c3d4e5f6a7b") {
			t.Error("unmasked cookie in a browser record")
		}
	}
	c.Stop("over")
	if res, err := hc.Get(own.URL + "/late"); err == nil {
		t.Errorf("after Stop the proxy answers %d", res.StatusCode)
	}
}

// A page of a public shop cannot make the browser reach this machine.
func TestProxyGuardsThisMachine(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inner := site(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	c := client(t, "", func(o *Options) {
		o.Scope = &Scope{Hosts: []string{"http://shop.example"}, Level: Safe, Authority: Authority{Person: "a", Organisation: "b"}}
	}, resolveTo("127.0.0.1"))
	p, err := c.Proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	hc := viaProxy(t, p)
	in, _ := url.Parse(inner.URL)
	for _, u := range []string{inner.URL + "/x.js", "http://localhost:" + in.Port() + "/x.js", "http://rebound.example:" + in.Port() + "/x.js", "http://shop.example/"} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", u, nil)
		r.Header.Set("Sec-Fetch-Dest", "script")
		res, err := hc.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 403 {
			t.Errorf("%s answered %d", u, res.StatusCode)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("this machine was asked %d times", asked.Load())
	}
}
