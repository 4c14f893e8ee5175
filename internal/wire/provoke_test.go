package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A timing test has the shop to itself.
func TestAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1", func(o *Options) { o.Scope.Level = Active })
		var busy, most, timed atomic.Int32
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			n := busy.Add(1)
			defer busy.Add(-1)
			if strings.HasPrefix(r.URL.Path, "/timed") {
				timed.Add(1)
				most.Store(max(most.Load(), n))
			}
			time.Sleep(time.Second)
			_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			return err == nil
		}))
		done := make(chan struct{})
		for w := range 4 {
			go func() {
				for i := range 5 {
					_, _ = c.Do(t.Context(), get(t, fmt.Sprintf("http://127.0.0.1/%d/%d", w, i)))
					if i == 2 {
						_ = c.Alone(t.Context(), "127.0.0.1", func(ctx context.Context) error {
							for k := range 2 {
								if _, err := c.Do(ctx, get(t, fmt.Sprintf("http://127.0.0.1/timed/%d/%d", w, k))); err != nil {
									t.Error(err)
								}
							}
							return nil
						})
					}
				}
				done <- struct{}{}
			}()
		}
		for range 4 {
			<-done
		}
		if timed.Load() != 8 || most.Load() != 1 {
			t.Errorf("%d timed requests, %d at once", timed.Load(), most.Load())
		}
		go func() {
			time.Sleep(time.Second)
			c.Stop("enough")
		}()
		err := c.Alone(t.Context(), "127.0.0.1", func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if err == nil {
			t.Error("Alone outlived the run")
		}
		over(c)
	})
}

// Errors that values broken on purpose provoke say nothing of the shop's
// health, slow nothing down, and do not stop a differential; a handler that
// gives nothing else is left alone, and a shop that is really ill ends the run.
func TestProvokedErrors(t *testing.T) {
	t.Parallel()
	var sick atomic.Bool
	var controls atomic.Int32
	shop := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			controls.Add(1)
			if sick.Load() {
				w.WriteHeader(500)
			}
		case strings.Contains(r.URL.RawQuery, "%27"), r.URL.Path == "/broken":
			w.WriteHeader(500)
		}
	})
	probe := func(path, value string) *Request {
		r := get(t, shop.URL+path+"?id="+url.QueryEscape(value))
		r.Origin.Check, r.Level, r.Again, r.Parameter, r.Injected = "sql", Active, true, "id", []string{value}
		return r
	}
	open := func() *Client {
		c := client(t, shop.URL, func(o *Options) { o.Scope.Level = Active })
		c.SetControl(shop.URL + "/")
		return c
	}
	c := open()
	c.opt.Scope.Rate.Unlimited = false // so that the health of the address is watched
	c.every = time.Microsecond
	for i := range provokedMost - 1 {
		must(t, c, probe("/item", fmt.Sprintf("x%d'", i)))
		must(t, c, probe("/item", fmt.Sprintf("x%d", i)))
	}
	if n := controls.Load(); n != 1 {
		t.Errorf("the control page was asked %d times", n)
	}
	if st := c.Stats(); len(st.Abandoned) != 0 || st.Counted.Errors != 0 || c.courtesy.slowdown(c.known.keys()) != 1 {
		t.Errorf("a differential was held against the shop: %+v", st)
	}
	must(t, c, probe("/item", "y'"))
	_, err := c.Do(t.Context(), probe("/item", "z"))
	wantErr(t, err, ErrAbandoned)
	other := probe("/item", "z")
	other.Parameter = "page"
	must(t, c, other) // only this parameter of the handler is left alone
	for i := range abandonedAfter {
		must(t, c, probe("/broken", fmt.Sprint(i)))
	}
	_, err = c.Do(t.Context(), probe("/broken", "again"))
	wantErr(t, err, ErrAbandoned)
	sick.Store(true)
	ill := open()
	for i := range 10 {
		if _, err := ill.Do(t.Context(), probe(fmt.Sprintf("/i%d", i), "x'")); err != nil {
			break
		}
	}
	if reason, ok := ill.Stopped(); !ok || !strings.Contains(reason, "in a row") {
		t.Errorf("a sick shop did not end the run: %q", reason)
	}
}

// The target leaves as it was written, on both protocols; nothing in it can
// end the line, reach another host or slip past the exclusions.
func TestRawTargets(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{false, true} {
		shop := secure(t, h2, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Proto, r.RequestURI) })
		c := client(t, shop.URL, trust(shop), func(o *Options) { o.Scope.Level, o.Scope.Exclude = Active, []string{"/admin/"} })
		for _, target := range []string{
			"/a/../b", "/a/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/x", "/a%2Fb", "/a//b///c", "/..;/x", "/a%00b", "/x%0d%0aSet-Cookie:%20a=1", "/%E0%80%AF", "/%c0%ae%c0%ae/",
			"/?q=%0D%0AX:1", "/?q=a+b%20c", "/?q=%27%22%3C", "/?a[]=1&a[$x]=2", "/?&&=", "/?%zz", "/?", "/p/?x=/../y", "/%41", "/%7Ea~", "/!$&'()*+,;=:@",
		} {
			u, err := url.Parse(shop.URL + target)
			if err != nil {
				t.Errorf("%s: %v", target, err)
				continue
			}
			ex, err := c.Do(t.Context(), &Request{URL: u, Level: Active})
			if err != nil {
				t.Errorf("%s: %v", target, err)
				continue
			}
			_, got, _ := strings.Cut(string(ex.Body), " ")
			if got != target || (ex.Proto == "HTTP/2.0") != h2 {
				t.Errorf("%s: %q arrived as %q", ex.Proto, target, got)
			}
		}
		base, _ := url.Parse(shop.URL)
		for _, u := range []url.URL{
			{Scheme: base.Scheme, Host: base.Host, Opaque: "/admin/"}, {Scheme: base.Scheme, Host: base.Host, Opaque: "//evil.test/"},
			{Scheme: base.Scheme, Host: base.Host, Opaque: "http://evil.test/"}, {Scheme: base.Scheme, Host: base.Host, Path: "x"},
			{Scheme: base.Scheme, Host: base.Host, Path: "/x/../admin/", RawPath: "/x/..%2fadmin/"},
		} {
			if _, err := c.Do(t.Context(), &Request{URL: &u, Level: Active}); err == nil {
				t.Errorf("%#v left", u)
			}
		}
		u := *base
		u.Path, u.RawQuery = "/q", "a=1 HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /admin/#x"
		ex, err := c.Do(t.Context(), &Request{URL: &u, Level: Active})
		if err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(string(ex.Body), " "); got != "/q?a=1%20HTTP/1.1%0D%0AHost:%20evil.test%0D%0A%0D%0AGET%20/admin/%23x" {
			t.Errorf("a query ended its line: %q", got)
		}
	}
}

// A CDN's or cart ASP's machines get no provoking request without its own word.
func TestProviderAtActive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, word := range []string{"", "CF-123"} {
			s := agreed(time.Now(), func(s *Scope) { s.ProviderPermission = word })
			c, err := NewClient(Options{Scope: s, Courtesy: NewCourtesy()})
			if err != nil {
				t.Fatal(err)
			}
			resolveTo("104.16.1.1")(&c.opt)
			c.may.markProven("http://shop.example:80")
			reached := 0
			piped(c, eachRequest(func(w io.Writer, _ *http.Request) bool {
				reached++
				_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				return err == nil
			}))
			r := get(t, "http://shop.example/?q=1")
			r.Level, r.Injected = Active, []string{"x'"}
			_, err = c.Do(t.Context(), r)
			if (word == "") != errors.Is(err, ErrProvider) || (word == "") != (reached == 0) {
				t.Errorf("permission %q: %v, %d requests arrived", word, err, reached)
			}
			over(c)
		}
	})
}

// The listener knows its own tokens and says nothing to strangers.
func TestListen(t *testing.T) {
	t.Parallel()
	j := NewMemory()
	c := client(t, "http://127.0.0.1:1", func(o *Options) { o.Journal, o.Scope.Level, o.Scope.OOB = j, Active, "127.0.0.1:0" })
	l, err := c.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if c.OutOfBand() != l || c.Scope().OOB != l.Addr() || strings.HasSuffix(l.Addr(), ":0") {
		t.Errorf("address %q, scope %q", l.Addr(), c.Scope().OOB)
	}
	fetch := func(u string) (int, string) {
		res, err := http.Get(u)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, strings.TrimSpace(string(b))
	}
	one, two := l.URL("ssrf /fetch url"), l.URL("xxe /import")
	if one == two || l.URL("ssrf /fetch url") != one {
		t.Error("an address is not the label's own")
	}
	if status, body := fetch(one + "?x=1"); status != 200 || body != l.Answer("ssrf /fetch url") {
		t.Errorf("answer %d %q", status, body)
	}
	if status, body := fetch("http://" + l.Addr() + "/robots.txt"); status != 404 || body != "" {
		t.Errorf("a stranger got %d %q", status, body)
	}
	hits, err := l.Wait(t.Context(), "ssrf /fetch url", time.Minute, Origin{Check: "ssrf"})
	if err != nil || len(hits) != 1 || hits[0].Method != "GET" || !strings.HasPrefix(hits[0].From, "127.0.0.1:") {
		t.Errorf("hits %+v, %v", hits, err)
	}
	if hits, err := l.Wait(t.Context(), "xxe /import", time.Millisecond, Origin{Check: "xxe"}); err != nil || len(hits) != 0 {
		t.Errorf("nobody called, but %+v, %v", hits, err)
	}
	for range oobHits + 5 {
		fetch(two)
	}
	if n := len(l.hits[l.token("xxe /import")]); n != oobHits {
		t.Errorf("%d calls are kept", n)
	}
	off := client(t, "http://127.0.0.1:1", func(o *Options) { o.Journal, o.Scope.Level, o.Scope.OOB = j, Offline, l.Addr() })
	again, err := off.Listen()
	if err != nil || again.URL("xxe /import") != two {
		t.Fatalf("offline: %v", err)
	}
	if hits, err := again.Wait(t.Context(), "ssrf /fetch url", time.Minute, Origin{}); err != nil || len(hits) != 1 {
		t.Errorf("offline: %+v, %v", hits, err)
	}
	c.Stop("over")
	if nc, err := net.DialTimeout("tcp", l.Addr(), time.Second); err == nil {
		nc.Close()
		t.Error("it listens after the run")
	}
	for _, tc := range []struct {
		oob   string
		level Level
	}{{"0.0.0.0:0", Active}, {"oob.example:8080", Active}, {"nonsense", Active}, {"127.0.0.1:0", Safe}} {
		bad := client(t, "http://127.0.0.1:1", func(o *Options) { o.Scope.Level, o.Scope.OOB = tc.level, tc.oob })
		if _, err := bad.Listen(); err == nil {
			t.Errorf("%+v listens", tc)
		}
	}
	none := client(t, "http://127.0.0.1:1")
	if l, err := none.Listen(); l != nil || err != nil || none.OutOfBand() != nil {
		t.Errorf("without an address: %v, %v", l, err)
	}
}
