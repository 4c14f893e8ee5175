package wire

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// polite makes a client at the default rate whose name resolves to loopback.
func polite(t testing.TB, host string, court *Courtesy, change ...func(*Options)) *Client {
	return client(t, host, append([]func(*Options){func(o *Options) {
		o.Scope.Rate = Rate{}
		o.Scope.Level = Active // a larger budget
		o.Courtesy = court
	}}, change...)...)
}

// No address sees more than 21 requests in any 10 s, and at least nine tenths
// of what is allowed is used: one run, many workers.
func TestRateOfOneRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pages
		c := polite(t, "http://127.0.0.1", NewCourtesy())
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			p.note(r)
			time.Sleep(300 * time.Millisecond)
			_, _ = io.WriteString(w, okAnswer)
			return true
		}))
		start := time.Now()
		crawl(t, c, "http://127.0.0.1", 8, 200)
		took := time.Since(start)
		if n := p.worst(10 * time.Second); n > 21 {
			t.Errorf("%d requests in 10 s", n)
		}
		if allowed := 2 * took.Seconds(); float64(len(p.at)) < 0.9*allowed {
			t.Errorf("%d requests in %s, allowed were %.0f", len(p.at), took, allowed)
		}
		over(c)
	})
}

// crawl asks n pages by so many workers at once.
func crawl(t testing.TB, c *Client, base string, workers, n int) {
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				if _, err := c.Do(context.Background(), get(t, fmt.Sprintf("%s/%d", base, i))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Several runs on one address share its rate, and each gets its turn.
func TestRateOfSharedAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const runs = 4
		var p pages
		court := NewCourtesy()
		var clients []*Client
		for i := range runs {
			c := polite(t, "http://127.0.0.1", court, func(o *Options) { o.Run = fmt.Sprint(i) })
			piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
				p.note(r)
				_, _ = io.WriteString(w, okAnswer)
				return true
			}))
			clients = append(clients, c)
		}
		start := time.Now()
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() { crawl(t, c, "http://127.0.0.1", 1+3*i, 100) })
		}
		time.Sleep(160 * time.Second)
		p.mu.Lock()
		share := maps.Clone(p.by)
		most, least := 0, 1<<30
		for _, n := range share {
			most, least = max(most, n), min(least, n)
		}
		p.mu.Unlock()
		if len(share) != runs || least*3 < most {
			t.Errorf("unfair shares after 160 s: %v", share)
		}
		wg.Wait()
		took := time.Since(start)
		if n := p.worst(10 * time.Second); n > 21 {
			t.Errorf("%d requests in 10 s", n)
		}
		if allowed := 2 * took.Seconds(); float64(len(p.at)) < 0.9*allowed {
			t.Errorf("%d requests in %s, allowed were %.0f", len(p.at), took, allowed)
		}
		for _, c := range clients {
			over(c)
		}
	})
}

// A domain on several addresses is asked no faster than on one.
func TestRateOfDomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pages
		court := NewCourtesy()
		var wg sync.WaitGroup
		var clients []*Client
		for i := range 3 {
			host := fmt.Sprintf("h%d.shop.test", i)
			c := polite(t, "http://"+host, court, resolveTo(fmt.Sprintf("127.0.0.%d", i+1)))
			piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
				p.note(r)
				_, _ = io.WriteString(w, okAnswer)
				return true
			}))
			clients = append(clients, c)
			wg.Go(func() { crawl(t, c, "http://"+host, 1, 20) })
		}
		wg.Wait()
		if n := p.worst(10 * time.Second); n > 21 {
			t.Errorf("%d requests in 10 s", n)
		}
		for _, c := range clients {
			over(c)
		}
	})
}

// Many runs on as many addresses in one process, each at full pace.
func TestManyRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const runs, asks = 300, 24
		court := NewCourtesy()
		all := make([]pages, runs)
		var wg sync.WaitGroup
		var clients []*Client
		start := time.Now()
		for i := range runs {
			host := fmt.Sprintf("http://127.1.%d.%d", i/250, i%250+1)
			c := polite(t, host, court, func(o *Options) { o.Run = fmt.Sprint(i) })
			piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
				all[i].note(r)
				_, _ = io.WriteString(w, okAnswer)
				return true
			}))
			clients = append(clients, c)
			wg.Go(func() { crawl(t, c, host, 1, asks) })
		}
		wg.Wait()
		took := time.Since(start)
		if allowed := 2 * took.Seconds(); asks < 0.9*allowed {
			t.Errorf("%d requests a run took %s", asks, took)
		}
		for i := range all {
			if n := all[i].worst(10 * time.Second); n > 21 {
				t.Fatalf("address %d saw %d requests in 10 s", i, n)
			}
		}
		for _, c := range clients {
			c.Stop("over")
		}
		time.Sleep(2 * time.Second)
	})
}

// Each connect costs a token too, and no more than two are open at once.
func TestConnectsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var p pages
		open, most := 0, 0
		c := polite(t, "http://127.0.0.1", NewCourtesy())
		answer := eachRequest(func(w io.Writer, r *http.Request) bool {
			p.note(r)
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok")
			return false
		})
		piped(c, func(nc net.Conn) {
			mu.Lock()
			open++
			most = max(most, open)
			mu.Unlock()
			answer(nc)
			mu.Lock()
			open--
			mu.Unlock()
		})
		start := time.Now()
		crawl(t, c, "http://127.0.0.1", 8, 20)
		if took := time.Since(start); took < 19*time.Second {
			t.Errorf("20 connects and 20 requests in %s", took)
		}
		if most > 2 {
			t.Errorf("%d connections at once", most)
		}
		if n := c.Stats().Connects; n != 20 {
			t.Errorf("%d connects counted", n)
		}
		over(c)
	})
}

func TestSerialCrawl(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		busy := 0
		var last time.Time
		c := polite(t, "http://127.0.0.1", NewCourtesy(), func(o *Options) {
			o.Scope.SerialCrawl = true
			o.Scope.Rate = Rate{PerSecond: 100, Connections: 8}
		})
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			mu.Lock()
			if busy++; busy > 1 {
				t.Error("two requests at once")
			}
			if d := time.Since(last); d < 500*time.Millisecond {
				t.Errorf("%s after the answer before", d)
			}
			mu.Unlock()
			time.Sleep(700 * time.Millisecond)
			mu.Lock()
			busy--
			last = time.Now()
			mu.Unlock()
			_, _ = io.WriteString(w, okAnswer)
			return true
		}))
		crawl(t, c, "http://127.0.0.1", 4, 12)
		over(c)
	})
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, value string
		status      int
		wait        time.Duration // 0: the run stops
	}{
		{"seconds", "90", 429, 90 * time.Second},
		{"date", "date", 503, 2 * time.Minute},
		{"longest", "300", 503, 300 * time.Second},
		{"too long", "301", 503, 0},
		{"absurd", strings.Repeat("9", 40), 429, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var p pages
				c := polite(t, "http://127.0.0.1", NewCourtesy())
				value := tc.value
				if value == "date" {
					value = time.Now().Add(tc.wait).UTC().Format(http.TimeFormat)
				}
				piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
					p.note(r)
					if r.URL.Path == "/busy" {
						fmt.Fprintf(w, "HTTP/1.1 %d Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", tc.status, value)
					} else {
						_, _ = io.WriteString(w, okAnswer)
					}
					return true
				}))
				start := time.Now()
				must(t, c, get(t, "http://127.0.0.1/busy"))
				_, err := c.Do(t.Context(), get(t, "http://127.0.0.1/next"))
				if tc.wait == 0 {
					wantErr(t, err, ErrStopped)
					if reason, ok := c.Stopped(); !ok || !strings.Contains(reason, "left alone") {
						t.Errorf("stopped: %q %t", reason, ok)
					}
				} else if waited := time.Since(start); err != nil || waited < tc.wait || waited > tc.wait+5*time.Second {
					t.Errorf("waited %s (%v), asked were %s", waited, err, tc.wait)
				}
				over(c)
			})
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	feed := func(h *health, n int, ttfb time.Duration, failed bool) {
		for range n {
			h.observe(ttfb, failed)
		}
	}
	var h health
	feed(&h, 20, 300*time.Millisecond, false)
	if h.factor() != 1 {
		t.Errorf("a steady shop is asked %.1f times slower", h.factor())
	}
	feed(&h, 12, 2*time.Second, false)
	if h.factor() < 2 {
		t.Errorf("latency of six times the baseline: factor %.1f", h.factor())
	}
	high := h.factor()
	feed(&h, 12, 300*time.Millisecond, false)
	if h.factor() >= high || h.factor() < 1 {
		t.Errorf("after recovery factor %.2f, was %.2f", h.factor(), high)
	}
	slowly := h.factor()
	if slowly == 1 {
		t.Error("recovered at once")
	}
	feed(&h, 100, 2*time.Second, false)
	if h.factor() != maxSlow {
		t.Errorf("long strain: factor %.1f", h.factor())
	}
	// A minute of strain must not make the rest of a run last for hours.
	feed(&h, 70, 300*time.Millisecond, false)
	if h.factor() != 1 {
		t.Errorf("70 good answers after the strain: still %.2f times slower", h.factor())
	}
	var e health
	feed(&e, 40, 50*time.Millisecond, false)
	feed(&e, 3, 50*time.Millisecond, true)
	if e.factor() < 2 {
		t.Errorf("three 5xx in 43 answers: factor %.1f", e.factor())
	}
	var worst health
	feed(&worst, 1000, 10*time.Second, true)
	if worst.factor() > maxSlow {
		t.Errorf("factor %.1f", worst.factor())
	}
	var quick health
	feed(&quick, 20, time.Millisecond, false)
	feed(&quick, 20, 20*time.Millisecond, false)
	if quick.factor() != 1 {
		t.Error("20 ms is no burden")
	}
}

// The halved rate is what leaves.
func TestSlowShopIsAskedSlower(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pages
		c := polite(t, "http://127.0.0.1", NewCourtesy())
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			if p.note(r) > 10 {
				time.Sleep(1500 * time.Millisecond)
			} else {
				time.Sleep(100 * time.Millisecond)
			}
			_, _ = io.WriteString(w, okAnswer)
			return true
		}))
		crawl(t, c, "http://127.0.0.1", 4, 60)
		if rate := c.Stats().Rate; rate > 1.01 {
			t.Errorf("rate is %.2f/s after the shop became fifteen times slower", rate)
		}
		early, late := p.at[9].Sub(p.at[0]), p.at[59].Sub(p.at[50])
		if late < early*3/2 {
			t.Errorf("nine requests took %s, later %s", early, late)
		}
		over(c)
	})
}

func TestGrantsFromElsewhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var granted, leased, freed int
		court := NewCourtesy()
		court.Grant = func(_ context.Context, keys []string, every time.Duration) (time.Time, error) {
			if granted++; every != 500*time.Millisecond || len(keys) != 1 {
				t.Errorf("asked to grant %v every %s", keys, every)
			}
			return time.Now().Add(3 * time.Second), nil
		}
		court.Lease = func(context.Context, []string, int) (func(), error) {
			leased++
			return func() { freed++ }, nil
		}
		c := polite(t, "http://127.0.0.1", court)
		piped(c, eachRequest(func(w io.Writer, _ *http.Request) bool { _, _ = io.WriteString(w, okAnswer); return true }))
		start := time.Now()
		must(t, c, get(t, "http://127.0.0.1/"))
		if took := time.Since(start); took != 6*time.Second || granted != 2 || leased != 1 {
			t.Errorf("took %s with %d grants and %d leases; a connect and a request are two grants", took, granted, leased)
		}
		over(c)
		if freed != 1 {
			t.Errorf("%d leases came back", freed)
		}
	})
}

// resolveTo makes every name resolve to one address.
func resolveTo(list ...string) func(*Options) {
	return func(o *Options) {
		o.Resolve = func(context.Context, string) ([]net.IPAddr, error) { return addrs(list...), nil }
	}
}
