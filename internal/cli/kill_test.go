package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/diagnose"
	"miseban/internal/store"
	"miseban/internal/testshop"
	"miseban/internal/wire"
)

// till is the demo shop with a till that counts each request and can stop the
// world at one of them.
type till struct {
	*httptest.Server
	shop *testshop.Shop

	mu   sync.Mutex
	seen map[string]int // requests by method and URL
	last time.Time
	n    int
	at   int    // call at when n reaches it; 0: never
	then func() // runs while the request waits for its answer
}

func openTill(t *testing.T) *till {
	s := &till{seen: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(s)
	url := "http://" + s.Listener.Addr().String()
	s.shop = testshop.New(testshop.Options{
		Faults: []string{"csp", "hsts", "cookie-secure", "backup-file", "test-left", "csrf-token"},
		HTTPS:  true, HTTPSOrigin: url, HTTPOrigin: url,
	})
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP counts and answers one request at a time, so that the moment at
// which the world stops is a number of requests and not a time.
func (s *till) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.last = time.Now()
	s.seen[r.Method+" "+r.URL.RequestURI()]++
	if s.n == s.at {
		s.then()
	}
	s.shop.ServeHTTP(w, r)
}

// begin forgets what was counted and sets the next stop.
func (s *till) begin(at int, then func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.at, s.then = 0, at, then
}

func (s *till) counts() (map[string]int, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.seen), s.n
}

// child is a miseban in a process of its own: the test binary, called by its name.
func child(ctx context.Context, t *testing.T, data string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "miseban")
	if err := os.Symlink(exe, name); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "MISEBAN_DATA="+data, "MISEBAN_LANG=en", "MISEBAN_DATABASE=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// stored reads the one run of a data folder, with its ledger.
func stored(t *testing.T, data string) (*diagnose.Run, []wire.Entry) {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, store.Options{Database: filepath.Join(data, "miseban.db"), KeyFile: filepath.Join(data, "miseban.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	heads, err := db.Runs(ctx, 2)
	if err != nil || len(heads) != 1 {
		t.Fatalf("%d runs, want 1 (%v)", len(heads), err)
	}
	run, err := db.Run(ctx, heads[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	j, err := db.Journal(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := j.Ledger(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return run, ledger
}

func code(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

var quietly = []string{"diagnose", "--browser", "off", "--fail-on", "none", "--format", "jsonl"}

// starting is a diagnosis of url from its beginning.
func starting(url, rate string) []string { return append(slices.Clone(quietly), "--rate", rate, url) }

// TestKill kills a diagnosis again and again in the middle of a request and
// resumes it: what was answered is not asked again, and the outcome is that of
// a diagnosis nobody disturbed.
func TestKill(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	shop := openTill(t)

	calm := filepath.Join(t.TempDir(), "calm")
	cmd, out := child(ctx, t, calm, starting(shop.URL, "unlimited")...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, calmLedger := stored(t, calm)
	before, total := shop.counts()
	if total < 100 {
		t.Fatalf("only %d requests: too few to kill in between", total)
	}

	rnd := rand.New(rand.NewPCG(7, 11))
	data := filepath.Join(t.TempDir(), "killed")
	args := starting(shop.URL, "unlimited")
	under := map[wire.ExchangeID]int{} // asked and not answered when a process died
	kills := 0
	for ; ; kills++ {
		if kills > 12 {
			t.Fatal("the run does not come to its end")
		}
		cmd, out := child(ctx, t, data, args...)
		at := 1 + rnd.IntN(total/4)
		if kills >= 5 {
			at = 0
		}
		started, gone := make(chan *os.Process, 1), make(chan struct{})
		shop.begin(at, func() {
			_ = (<-started).Kill()
			<-gone // the answer does not come before the process is gone
		})
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		started <- cmd.Process
		err := cmd.Wait()
		close(gone)
		run, ledger := stored(t, data)
		if err := wire.VerifyLedger(ledger); err != nil {
			t.Fatalf("after kill %d: %v", kills, err)
		}
		if _, n := shop.counts(); at == 0 || n < at { // nobody killed it
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			break
		}
		for _, e := range wire.PastOf(ledger).Open {
			if e.Kind == wire.KindHTTP {
				under[e.ID]++
				if e.Method != "GET" && e.Method != "HEAD" && e.Method != "OPTIONS" {
					t.Errorf("%s %s was under way", e.Method, e.Target)
				}
			}
		}
		args = append(slices.Clone(quietly), "--resume", run.ID)
	}
	if kills < 4 {
		t.Errorf("killed %d times only", kills)
	}
	got, ledger := stored(t, data)

	// What the server saw: the same requests, and besides them no more than
	// were under way at the kills.
	after, _ := shop.counts()
	repeated, open := 0, 0
	for k, n := range after {
		if extra := n - 2*before[k]; extra > 0 {
			repeated += extra
		}
	}
	for _, n := range under {
		open += n
	}
	if repeated > open {
		t.Errorf("the shop was asked %d times more than once over, %d requests were under way at the kills", repeated, open)
	}
	if open > 4*kills {
		t.Errorf("%d requests were under way at %d kills", open, kills)
	}
	// What the ledger says: nothing that has an answer was sent again.
	answered := map[wire.ExchangeID]bool{}
	for _, e := range ledger {
		switch {
		case e.Kind != wire.KindHTTP:
		case e.State == wire.Answered:
			answered[e.ID] = true
		case e.State == wire.Sent && answered[e.ID]:
			t.Errorf("asked again although it was answered: %s %s (%s)", e.Method, e.Target, e.Check)
		}
	}
	if got.State != diagnose.Finished {
		t.Errorf("run is %s: %s", got.State, got.Reason.In("en"))
	}
	if diff := cmp.Diff(outcome(want), outcome(got)); diff != "" {
		t.Errorf("another outcome than undisturbed (-undisturbed +killed):\n%s", diff)
	}
	if h := shop.shop.Harm(); h.Total() != 0 {
		t.Errorf("harm done: %+v", h)
	}
	t.Logf("%d requests undisturbed (%d ledger lines); %d kills, %d under way, %d repeated", total, len(calmLedger), kills, open, repeated)
}

// outcome is what a run says of the shop: verdicts, and findings by place.
func outcome(r *diagnose.Run) map[string][]string {
	out := map[string][]string{}
	for _, x := range r.Results {
		lines := []string{string(x.Verdict)}
		for _, f := range x.Findings {
			lines = append(lines, f.Severity.String()+" "+f.Where+" "+f.Parameter+" "+f.Case)
		}
		slices.Sort(lines[1:])
		out[x.Check] = lines
	}
	return out
}

// TestInterrupt presses Ctrl-C while the shop keeps the diagnosis waiting for
// an answer: it ends within two seconds, nothing more reaches the shop, and it
// can be resumed.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shop := openTill(t)
	data := t.TempDir()
	cmd, out := child(ctx, t, data, starting(shop.URL, "10")...)
	started, pressed, over := make(chan *os.Process, 1), make(chan time.Time, 1), make(chan struct{})
	shop.begin(12, func() {
		p := <-started
		pressed <- time.Now()
		_ = p.Signal(syscall.SIGINT)
		<-over // the answer does not come before the process is gone
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started <- cmd.Process
	err := cmd.Wait()
	now := time.Now()
	close(over)
	if len(pressed) == 0 {
		t.Fatalf("ended by itself: %v\n%s", err, out)
	}
	took := now.Sub(<-pressed)
	if got := code(t, err); got != exitStopped {
		t.Errorf("exit code %d, want %d\n%s", got, exitStopped, out)
	}
	if took > 2*time.Second {
		t.Errorf("took %s to end", took)
	}
	t.Logf("ended %s after Ctrl-C", took)
	run, ledger := stored(t, data)
	if run.State != diagnose.Stopped {
		t.Errorf("run is %s", run.State)
	}
	if !bytes.Contains(out.Bytes(), []byte("--resume "+run.ID)) {
		t.Errorf("does not say how to go on:\n%s", out)
	}
	if err := wire.VerifyLedger(ledger); err != nil {
		t.Error(err)
	}
	if _, n := shop.counts(); n > 12+4 { // what had already left when the signal came
		t.Errorf("%d requests reached the shop, %d of them after Ctrl-C", n, n-12)
	}
}
