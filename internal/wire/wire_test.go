package wire

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// site starts a shop on 127.0.0.1 that ends with the test.
func site(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// client makes a client for hosts without rate limit, and lets opts change it.
func client(t testing.TB, host string, change ...func(*Options)) *Client {
	t.Helper()
	opt := Options{Scope: &Scope{Hosts: []string{host}, Level: Safe, Rate: Rate{Unlimited: true}}, Courtesy: NewCourtesy(), Version: "1.2.3", Run: "r1"}
	for _, f := range change {
		f(&opt)
	}
	c, err := NewClient(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop("test over") })
	return c
}

func get(t testing.TB, u string) *Request {
	t.Helper()
	p, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	return &Request{Method: "GET", URL: p, Level: Passive, Origin: Origin{Check: "crawl", Why: "test"}}
}

func must(t testing.TB, c *Client, r *Request) *Exchange {
	t.Helper()
	ex, err := c.Do(t.Context(), r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return ex
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "0123456789abcdef"})
		fmt.Fprintf(w, "<p>%s %s", r.URL.RequestURI(), r.Header.Get("Cookie"))
	})
	j := NewMemory()
	c := client(t, s.URL, func(o *Options) { o.Journal = j })
	ex := must(t, c, get(t, s.URL+"/a?b=c"))
	if ex.Status != 200 || string(ex.Body) != "<p>/a?b=c " || ex.Proto != "HTTP/1.1" || ex.Replayed || ex.Addr == "" {
		t.Fatalf("got %+v", ex)
	}
	second := must(t, c, get(t, s.URL+"/b"))
	if string(second.Body) != "<p>/b sid=0123456789abcdef" {
		t.Errorf("second body %q: the jar's cookie is missing", second.Body)
	}
	again := must(t, c, get(t, s.URL+"/a?b=c"))
	if !again.Replayed || again.ID != ex.ID {
		t.Errorf("an equal asking was sent again: %+v", again)
	}
	if err := VerifyLedger(j.Entries()); err != nil {
		t.Error(err)
	}
	if n := c.Stats().Requests; n != 2 {
		t.Errorf("%d requests counted, want 2", n)
	}
}
