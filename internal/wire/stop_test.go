package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopRules(t *testing.T) {
	t.Parallel()
	type answers []int // status; 0 is a timeout
	repeat := func(n int, with ...int) (a answers) {
		for range n {
			a = append(a, with...)
		}
		return a
	}
	for _, tc := range []struct {
		name string
		in   answers
		at   int // stops at this answer; 0: never
	}{
		{"all well", repeat(300, 200, 302), 0},
		{"five timeouts in a row", append(answers{200}, repeat(5, 0)...), 6},
		{"four timeouts", append(repeat(4, 0), 200, 0, 0, 0, 0, 200), 0},
		{"five errors in a row", append(answers{200}, 404, 500, 403, 404, 503), 6},
		{"ten errors in a hundred", repeat(10, 200, 200, 200, 200, 200, 200, 200, 200, 200, 404), 100},
		{"ten errors in a hundred and ten", repeat(10, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 404), 0},
		{"ten timeouts in forty", repeat(10, 200, 200, 200, 0), 40},
	} {
		var s stopRules
		at := 0
		for i, st := range tc.in {
			if s.count(st, st == 0) != "" {
				at = i + 1
				break
			}
		}
		if at != tc.at {
			t.Errorf("%s: stopped at %d, want %d", tc.name, at, tc.at)
		}
	}
}

// Timeouts are answers that take longer than 5 s; five in a row end the run.
func TestTimeoutsEndTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, "http://127.0.0.1")
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			time.Sleep(6 * time.Second)
			_, _ = io.WriteString(w, okAnswer)
			return true
		}))
		n := 0
		for ; n < 20; n++ {
			if _, err := c.Do(t.Context(), get(t, fmt.Sprintf("http://127.0.0.1/%d", n))); err != nil {
				wantErr(t, err, ErrStopped)
				break
			}
		}
		if reason, _ := c.Stopped(); n != 5 || !strings.Contains(reason, "within 5 s") {
			t.Errorf("stopped after %d: %q", n, reason)
		}
		if st := c.Stats(); st.Counted.Timeouts != 5 || st.Timeouts != 5 {
			t.Errorf("counted %+v", st.Counted)
		}
		over(c)
	})
}

// A failed probe asks the control page. A well shop charges the handler, which
// is left alone after three; a sick shop counts.
func TestFailedProbes(t *testing.T) {
	t.Parallel()
	var sick atomic.Bool
	var controls, probes atomic.Int32
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			controls.Add(1)
			if sick.Load() {
				w.WriteHeader(500)
			}
			return
		}
		probes.Add(1)
		w.WriteHeader(500)
	})
	probe := func(path string) *Request {
		r := get(t, s.URL+path)
		r.Origin.Check, r.Again = "sql", true
		return r
	}
	c := client(t, s.URL)
	c.SetControl(s.URL + "/")
	for range 3 {
		must(t, c, probe("/item?id=1"))
	}
	_, err := c.Do(t.Context(), probe("/item?id=2"))
	wantErr(t, err, ErrAbandoned)
	if controls.Load() != 3 || probes.Load() != 3 {
		t.Errorf("%d control requests and %d probes, want 3 and 3", controls.Load(), probes.Load())
	}
	if st := c.Stats(); len(st.Abandoned) != 1 || !strings.HasSuffix(st.Abandoned[0], "/item") || st.Counted.Errors != 0 {
		t.Errorf("stats %+v", st)
	}
	must(t, c, get(t, s.URL+"/"))
	sick.Store(true)
	for i := range 10 {
		if _, err := c.Do(t.Context(), probe(fmt.Sprintf("/other%d", i))); err != nil {
			break
		}
	}
	if reason, ok := c.Stopped(); !ok || !strings.Contains(reason, "in a row") {
		t.Errorf("a sick shop did not end the run: %q", reason)
	}
}

// Probes of known paths give 404 by nature and count for nothing.
func TestProbed404sDoNotCount(t *testing.T) {
	t.Parallel()
	s := site(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	c := client(t, s.URL)
	for i := range 40 {
		r := get(t, fmt.Sprintf("%s/%d", s.URL, i))
		r.Origin.Check = "env-file"
		must(t, c, r)
	}
	if reason, ok := c.Stopped(); ok {
		t.Error(reason)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		_, _ = w.Write(make([]byte, 10<<10))
	})
	now := time.Now()
	for _, tc := range []struct {
		name   string
		budget Budget
		check  string
		left   int32 // requests that leave
		words  string
	}{
		{"requests", Budget{Requests: 3}, "crawl", 3, "3 requests of the run"},
		{"per check", Budget{PerCheck: 2}, "sql", 2, "check sql"},
		{"bytes", Budget{Bytes: 25 << 10}, "crawl", 3, "budget.bytes"},
		{"time", Budget{Time: time.Minute}, "crawl", 4, "budget.time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n.Store(0)
			at := now
			c := client(t, s.URL, func(o *Options) {
				o.Scope.Budget = tc.budget
				o.Now = func() time.Time { at = at.Add(2 * time.Second); return at }
			})
			var err error
			for i := 0; i < 50 && err == nil; i++ {
				r := get(t, fmt.Sprintf("%s/%d", s.URL, i))
				r.Origin.Check = tc.check
				_, err = c.Do(t.Context(), r)
			}
			wantErr(t, err, ErrBudget)
			if err != nil && (!strings.Contains(err.Error(), tc.words) || !strings.Contains(err.Error(), "raise")) {
				t.Errorf("the error does not say which budget and what to do: %v", err)
			}
			if tc.name != "time" && n.Load() != tc.left {
				t.Errorf("%d requests left, want %d", n.Load(), tc.left)
			}
		})
	}
	if d := []int{DefaultBudget(Passive).Requests, DefaultBudget(Safe).Requests, DefaultBudget(Active).Requests}; d[0] != 600 || d[1] != 1500 || d[2] != 6000 {
		t.Errorf("default budgets %v", d)
	}
}

// After Stop nothing arrives at the server any more, and what is under way is cut.
func TestStopWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	var last atomic.Int64
	var n atomic.Int32
	entered := make(chan struct{}, 100)
	s := site(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		last.Store(time.Now().UnixNano())
		entered <- struct{}{}
		if strings.HasPrefix(r.URL.Path, "/hang") {
			<-r.Context().Done() // ends when the client cuts the connection
		}
	})
	for _, way := range []string{"stop", "cancel"} {
		c := client(t, s.URL)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var wg sync.WaitGroup
		errs := make(chan error, 8)
		for i := range 4 {
			wg.Go(func() {
				_, err := c.Do(ctx, get(t, fmt.Sprintf("%s/hang/%s%d", s.URL, way, i)))
				errs <- err
			})
		}
		for range 4 {
			<-entered
		}
		start := time.Now()
		if way == "stop" {
			c.Stop("the shop asked for it")
		} else {
			cancel()
		}
		wg.Wait()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: requests under way lasted %s more", way, took)
		}
		for range 4 {
			if err := <-errs; err == nil || way == "stop" && !errors.Is(err, ErrStopped) || way == "cancel" && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v", way, err)
			}
		}
		before := n.Load()
		_, err := c.Do(ctx, get(t, s.URL+"/after"+way))
		if err == nil || n.Load() != before {
			t.Errorf("%s: a request left afterwards (%v)", way, err)
		}
		if way == "stop" {
			if _, err := c.Dial(t.Context(), "127.0.0.1", 80, Origin{}); !errors.Is(err, ErrStopped) {
				t.Errorf("Dial after Stop: %v", err)
			}
			if last := time.Unix(0, last.Load()); last.After(start.Add(2 * time.Second)) {
				t.Error("the server was asked more than 2 s after Stop")
			}
		}
	}
}

// Who waits for a token or a connection when the run stops does not send it.
func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p pages
		c := polite(t, "http://127.0.0.1", NewCourtesy())
		piped(c, eachRequest(func(w io.Writer, r *http.Request) bool {
			p.note(r)
			_, _ = io.WriteString(w, okAnswer)
			return true
		}))
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { _, _ = c.Do(t.Context(), get(t, fmt.Sprintf("http://127.0.0.1/%d", i))) })
		}
		time.Sleep(3 * time.Second)
		stopped := time.Now()
		c.Stop("enough")
		wg.Wait()
		if d := time.Since(stopped); d > time.Second {
			t.Errorf("workers needed %s to notice", d)
		}
		over(c)
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := len(p.at); n > 7 || p.at[n-1].After(stopped) {
			t.Errorf("%d requests, the last %s after Stop", n, p.at[n-1].Sub(stopped))
		}
	})
}

func TestWindowIsKept(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(http.ResponseWriter, *http.Request) { n.Add(1) })
	at := time.Date(2026, 11, 21, 4, 59, 58, 0, time.FixedZone("JST", 9*3600))
	c := client(t, s.URL, func(o *Options) {
		o.Scope.Windows = []Window{{From: "02:00", Until: "05:00"}}
		o.Now = func() time.Time { return at }
	})
	must(t, c, get(t, s.URL+"/1"))
	at = at.Add(3 * time.Second)
	_, err := c.Do(t.Context(), get(t, s.URL+"/2"))
	wantErr(t, err, ErrWindow)
	if n.Load() != 1 {
		t.Errorf("%d requests arrived", n.Load())
	}
}

func TestPostOnlyReads(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(http.ResponseWriter, *http.Request) { n.Add(1) })
	c := client(t, s.URL)
	u, _ := url.Parse(s.URL + "/search")
	r := &Request{Method: "POST", URL: u, Body: []byte("q=a"), Level: Safe, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	_, err := c.Do(t.Context(), r)
	wantErr(t, err, ErrMethod)
	r.Reads = "search form"
	must(t, c, r)
	again := must(t, c, r)
	if !again.Replayed || n.Load() != 1 {
		t.Errorf("%d POSTs arrived", n.Load())
	}
}
