package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
)

// crashed is a journal that loses its process: after so many answers nothing
// is written any more.
type crashed struct {
	*Memory
	left int
}

var errCrash = errors.New("power cut")

func (j *crashed) Answer(ctx context.Context, e *Entry, r *Record) error {
	if j.left == 0 {
		return errCrash
	}
	j.left--
	return j.Memory.Answer(ctx, e, r)
}

func TestResume(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %d", r.URL.Path, n.Add(1)) })
	j := &crashed{NewMemory(), 2}
	m := NewMasker([]byte("the key of the run"))
	with := func(j Journal) func(*Options) {
		return func(o *Options) { o.Journal, o.Masker, o.Scope.Level = j, m, Full }
	}
	first := client(t, s.URL, with(j))
	a, b := must(t, first, get(t, s.URL+"/a")), must(t, first, get(t, s.URL+"/b"))
	post := get(t, s.URL+"/write")
	post.Method, post.Level, post.Body = "POST", Full, []byte("x=1")
	for _, r := range []*Request{get(t, s.URL+"/c"), post} {
		if _, err := first.Do(t.Context(), r); err == nil {
			t.Fatal("an answer was used that is not durable")
		}
	}
	second := client(t, s.URL, with(j.Memory))
	for i, want := range []*Exchange{a, b} {
		got := must(t, second, get(t, want.RawURL))
		if !got.Replayed || got.ID != want.ID || !bytes.Equal(got.Body, want.Body) || got.Status != want.Status || !reflect.DeepEqual(got.Header, want.Header) {
			t.Errorf("replay %d: got %+v, want %+v", i, got, want)
		}
	}
	if n.Load() != 4 {
		t.Errorf("%d requests arrived before the resumption asked anything new", n.Load())
	}
	if c := must(t, second, get(t, s.URL+"/c")); c.Replayed || string(c.Body) != "/c 5" {
		t.Errorf("the GET in flight was not asked again: %q", c.Body)
	}
	_, err := second.Do(t.Context(), post)
	wantErr(t, err, ErrInFlight)
	if n.Load() != 5 {
		t.Errorf("%d requests arrived, the POST in flight among them", n.Load())
	}
	if err := VerifyLedger(j.Memory.Entries()); err != nil {
		t.Error(err)
	}
	if st := second.Stats(); st.Requests != 5 {
		t.Errorf("the budget counts %d requests over both processes, want 5", st.Requests)
	}
	third := client(t, s.URL, with(j.Memory), func(o *Options) { o.Scope = &Scope{Hosts: o.Scope.Hosts} })
	if ex := must(t, third, get(t, s.URL+"/a")); !ex.Replayed {
		t.Error("offline did not answer from the journal")
	}
	_, err = third.Do(t.Context(), get(t, s.URL+"/never"))
	wantErr(t, err, ErrNotStored)
	if _, err := third.Dial(t.Context(), "127.0.0.1", 80, Origin{}); !errors.Is(err, ErrNotStored) {
		t.Errorf("offline Dial: %v", err)
	}
	if n.Load() != 5 {
		t.Error("offline reached the shop")
	}
}

func TestNthAsking(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, n.Add(1)) })
	j := NewMemory()
	ask := func(c *Client) (out []string) {
		for range 3 {
			r := get(t, s.URL+"/")
			r.Again = true
			out = append(out, string(must(t, c, r).Body))
		}
		fresh := get(t, s.URL+"/")
		fresh.Fresh = true
		out = append(out, string(must(t, c, fresh).Body))
		return append(out, string(must(t, c, get(t, s.URL+"/")).Body))
	}
	want := []string{"1", "2", "3", "4", "1"}
	for range 2 {
		if got := ask(client(t, s.URL, func(o *Options) { o.Journal = j })); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	if n.Load() != 4 {
		t.Errorf("%d requests, want 4", n.Load())
	}
}

// A failure is an outcome too: it comes back the same, without traffic.
func TestReplayedFailures(t *testing.T) {
	t.Parallel()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := dead.Addr().String()
	dead.Close()
	j := NewMemory()
	for i := range 2 {
		c := client(t, "http://"+addr, func(o *Options) { o.Journal = j })
		_, err := c.Do(t.Context(), get(t, "http://"+addr+"/"))
		wantErr(t, err, ErrConnRefused)
		if st := c.Stats(); st.Connects != 1-i {
			t.Errorf("process %d: %d connects", i, st.Connects)
		}
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	type outcome struct{ Version, Note string }
	j := NewMemory()
	runs := 0
	for i := range 3 {
		c := client(t, "http://127.0.0.1", func(o *Options) {
			o.Journal = j
			if i == 2 {
				o.Scope.Level = Offline
			}
		})
		for nth := range 2 {
			v, err := Observe(t.Context(), c, KindTCP, "greeting", Safe, Origin{Check: "tls"}, func(context.Context) (outcome, error) {
				runs++
				return outcome{fmt.Sprint("TLS", nth), "mail me at owner@shop.example"}, nil
			})
			if err != nil || v.Version != fmt.Sprint("TLS", nth) {
				t.Errorf("process %d, observation %d: %+v %v", i, nth, v, err)
			}
		}
		_, err := Observe(t.Context(), c, KindTCP, "connect", Safe, Origin{}, func(context.Context) (int, error) {
			runs++
			return 0, fmt.Errorf("port 25: %w", &net.OpError{Op: "dial", Err: timeoutError{}})
		})
		wantErr(t, err, ErrTimeout)
		_, err = Observe(t.Context(), c, KindTCP, "above", Active, Origin{}, func(context.Context) (int, error) { runs++; return 0, nil })
		if i < 2 {
			wantErr(t, err, ErrLevel)
		} else {
			wantErr(t, err, ErrNotStored)
		}
	}
	if runs != 3 {
		t.Errorf("%d observations ran, want 3", runs)
	}
	for _, r := range j.Records() {
		if bytes.Contains(r.Data, []byte("owner@shop")) {
			t.Errorf("unmasked record %s", r.Data)
		}
	}
	c := client(t, "http://127.0.0.1")
	_, err := Observe(t.Context(), c, KindTCP, "k", Safe, Origin{}, func(context.Context) (int, error) { c.Stop("now"); return 1, errors.New("cut") })
	wantErr(t, err, ErrStopped)
}

type timeoutError struct{}

func (timeoutError) Error() string { return "i/o timeout" }
func (timeoutError) Timeout() bool { return true }

func TestLedger(t *testing.T) {
	t.Parallel()
	s := site(t, func(w http.ResponseWriter, r *http.Request) {})
	j := NewMemory()
	c := client(t, s.URL, func(o *Options) { o.Journal, o.Scope.Exclude = j, []string{"/admin/"} })
	must(t, c, get(t, s.URL+"/x?token=abcdef0123456789abcdef"))
	_, err := c.Do(t.Context(), get(t, s.URL+"/admin/"))
	wantErr(t, err, ErrExcluded)
	cn, err := c.Dial(t.Context(), "127.0.0.1", portNumber(t, s.URL), Origin{Check: "banner", Why: "greeting"})
	if err != nil {
		t.Fatal(err)
	}
	cn.Close()
	entries := j.Entries()
	var states []State
	for _, e := range entries {
		states = append(states, e.State)
		if strings.Contains(e.Target, "abcdef0123456789abcdef") {
			t.Errorf("secret in the ledger: %s", e.Target)
		}
		if e.At.IsZero() || e.Check == "" || e.Target == "" {
			t.Errorf("line %d lacks something: %+v", e.Seq, e)
		}
	}
	if want := []State{Sent, Answered, Refused, Sent, Answered}; !reflect.DeepEqual(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	if err := VerifyLedger(entries); err != nil {
		t.Error(err)
	}
	tamper := map[string]func(e []Entry) []Entry{
		"changed":   func(e []Entry) []Entry { e[1].Status = 404; return e },
		"removed":   func(e []Entry) []Entry { return append(e[:1], e[2:]...) },
		"swapped":   func(e []Entry) []Entry { e[0], e[1] = e[1], e[0]; return e },
		"headless":  func(e []Entry) []Entry { return e[1:] },
		"re-sealed": func(e []Entry) []Entry { e[1].Status = 404; e[1].Seal(e[1].PrevSum); return e },
	}
	for name, f := range tamper {
		if VerifyLedger(f(append([]Entry(nil), entries...))) == nil {
			t.Errorf("%s ledger passes", name)
		}
	}
}

// deaf is a journal whose intents cannot be written.
type deaf struct{ *Memory }

func (deaf) Intent(context.Context, *Entry) error { return errCrash }

func TestNothingLeavesWithoutIntent(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	s := site(t, func(http.ResponseWriter, *http.Request) { n.Add(1) })
	c := client(t, s.URL, func(o *Options) { o.Journal = deaf{NewMemory()} })
	_, err := c.Do(t.Context(), get(t, s.URL+"/"))
	wantErr(t, err, errCrash)
	_, err = c.Dial(t.Context(), "127.0.0.1", portNumber(t, s.URL), Origin{})
	wantErr(t, err, errCrash)
	if n.Load() != 0 || c.Stats().Connects != 0 {
		t.Errorf("%d requests, %d connects without an intent", n.Load(), c.Stats().Connects)
	}
}

func portNumber(t testing.TB, u string) int {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(strings.TrimPrefix(u, "http://"), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	fmt.Sscan(port, &n)
	return n
}
