package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"miseban/internal/browser"
	"miseban/internal/diagnose"
	"miseban/internal/wire"
)

// busy is a shop whose only page never comes to rest in a browser: a picture
// does not arrive, and a script asks again and again.
type busy struct {
	mu     sync.Mutex
	last   time.Time
	once   sync.Once
	loads  func()          // when the browser is in the middle of the page
	hangs  <-chan struct{} // the picture comes when it is closed
	asking int
}

func (b *busy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.last = time.Now()
	b.mu.Unlock()
	switch r.URL.Path {
	case "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, `<!doctype html><html lang=ja><title>店</title><h1>茶屋</h1><img src="/hangs.png"><script>setInterval(()=>fetch('/stock?t='+Date.now()),20)</script>`)
	case "/hangs.png":
		select {
		case <-b.hangs:
		case <-r.Context().Done():
		}
	case "/stock":
		b.mu.Lock()
		b.asking++
		enough := b.asking >= 3
		b.mu.Unlock()
		if enough {
			b.once.Do(b.loads)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"stock":3}`)
	default:
		http.NotFound(w, r)
	}
}

// processesWith lists the processes on whose command line word stands.
func processesWith(t *testing.T, word string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(word)) {
			out = append(out, f+" "+string(bytes.ReplaceAll(b[:min(len(b), 80)], []byte{0}, []byte(" "))))
		}
	}
	return out
}

// TestInterruptRender presses Ctrl-C, or kills the diagnosis, while the browser
// is in the middle of a page: within two seconds nothing leaves any more, no
// process of the browser stays, and the run can be resumed.
func TestInterruptRender(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	if _, err := browser.Find(""); err != nil {
		t.Skip("no Chromium on this machine")
	}
	for name, sig := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "stop": syscall.SIGTERM, "kill": os.Kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			// Short: Chromium keeps a socket in it, and the path of a socket has a limit.
			tmp, err := os.MkdirTemp("", "mi")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(tmp) })
			data := t.TempDir()
			hangs := make(chan struct{})
			pressed := make(chan time.Time, 1)
			started := make(chan *os.Process, 1)
			shop := &busy{hangs: hangs, loads: func() {
				p := <-started
				pressed <- time.Now()
				_ = p.Signal(sig)
			}}
			s := httptest.NewServer(shop)
			t.Cleanup(s.Close)
			cmd, out := child(ctx, t, data, "diagnose", "--browser", "on", "--level", "passive", "--fail-on", "none", "--format", "jsonl", "--rate", "unlimited", s.URL+"/")
			cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			started <- cmd.Process
			err = cmd.Wait()
			if len(pressed) == 0 {
				t.Fatalf("ended by itself: %v\n%s", err, out)
			}
			at := <-pressed
			took := time.Since(at)
			t.Logf("ended %s after the signal", took)
			if took > 10*time.Second { // a fraction of a second where the machine has nothing else to do
				t.Errorf("took %s to end", took)
			}
			again := time.NewTicker(10 * time.Millisecond) // nobody tells when somebody else's process has ended
			defer again.Stop()
			for len(processesWith(t, tmp)) > 0 && time.Since(at) < took+2*time.Second {
				<-again.C
			}
			if left := processesWith(t, tmp); len(left) > 0 {
				t.Errorf("processes of the browser are left:\n%s", strings.Join(left, "\n"))
			}
			if sig != os.Kill {
				if got := code(t, err); got != exitStopped {
					t.Errorf("exit code %d, want %d\n%s", got, exitStopped, out)
				}
				if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
					t.Errorf("files are left: %v", left)
				}
			}
			run, ledger := stored(t, data)
			if err := wire.VerifyLedger(ledger); err != nil {
				t.Error(err)
			}
			if want := map[bool]diagnose.State{true: diagnose.Running, false: diagnose.Stopped}[sig == os.Kill]; run.State != want {
				t.Errorf("run is %s, want %s", run.State, want)
			}
			shop.mu.Lock()
			if after := shop.last.Sub(at); after > 2*time.Second {
				t.Errorf("a request came %s after the signal", after)
			}
			shop.mu.Unlock()
			close(hangs)
			cmd, out = child(ctx, t, data, slices.Concat([]string{"diagnose", "--browser", "on", "--fail-on", "none", "--format", "jsonl"}, []string{"--resume", run.ID})...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			shop.mu.Lock()
			defer shop.mu.Unlock()
			run, _ = stored(t, data)
			if run.State != diagnose.Finished || run.Seen.Rendered != 1 {
				t.Errorf("resumed run is %s, %d pages rendered\n%s", run.State, run.Seen.Rendered, out)
			}
		})
	}
}
