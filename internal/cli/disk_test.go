package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// confined names the variable with which a test bounds the files of a child:
// what goes beyond that many bytes fails as on a disk without space.
const confined = "MISEBAN_TEST_FILE_BYTES"

// confine carries out what the variable says, in the child.
func confine() {
	n, err := strconv.ParseUint(os.Getenv(confined), 10, 64)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}

// TestDiskFull lets the database's disk fill up in the middle of a diagnosis:
// it ends, says why and how to go on, has sent nothing that is not on record,
// and goes on without asking for what was answered once there is space again.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	for lang, want := range map[i18n.Lang][]string{
		i18n.JA: {"記録を書き込めないため、診断を止めました", "ディスクの空きを確かめてください", "--resume "},
		i18n.EN: {"stopped because its records cannot be written", "Check the free space of the disk", "--resume "},
	} {
		t.Run(string(lang), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			shop := openTill(t)
			data := t.TempDir()
			if code, said := say(ctx, data, "runs"); code != 0 { // makes the tables
				t.Fatal(said)
			}
			info, err := os.Stat(filepath.Join(data, "miseban.db"))
			if err != nil {
				t.Fatal(err)
			}
			cmd, out := child(ctx, t, data, starting(shop.URL, "unlimited")...)
			cmd.Env = append(cmd.Env, "MISEBAN_LANG="+string(lang), confined+"="+strconv.FormatInt(info.Size()+600_000, 10))
			if got := code(t, cmd.Run()); got != exitStopped {
				t.Fatalf("exit code %d, want %d\n%s", got, exitStopped, out)
			}
			for _, w := range want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("does not say %q:\n%s", w, out)
				}
			}
			run, ledger := stored(t, data)
			if err := wire.VerifyLedger(ledger); err != nil {
				t.Error(err)
			}
			before, n := shop.counts()
			intents, answered := 0, map[wire.ExchangeID]bool{}
			for _, e := range ledger {
				switch {
				case e.Kind != wire.KindHTTP:
				case e.State == wire.Sent:
					intents++
				case e.State == wire.Answered:
					answered[e.ID] = true
				}
			}
			if n == 0 || n > intents {
				t.Errorf("%d requests reached the shop, %d are on record", n, intents)
			}
			if len(answered) < 5 {
				t.Errorf("only %d answers were recorded before the disk was full: the test proves little", len(answered))
			}
			if run.State == diagnose.Finished || !strings.Contains(out.String(), run.ID) {
				t.Errorf("run %s is %s\n%s", run.ID, run.State, out)
			}

			cmd, out = child(ctx, t, data, append(slices.Clone(quietly), "--resume", run.ID)...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			run, after := stored(t, data)
			if run.State != diagnose.Finished {
				t.Errorf("run is %s: %s", run.State, run.Reason.In(lang))
			}
			if err := wire.VerifyLedger(after); err != nil {
				t.Error(err)
			}
			for _, e := range after[len(ledger):] {
				if e.Kind == wire.KindHTTP && e.State == wire.Sent && answered[e.ID] {
					t.Errorf("asked again although it was answered: %s %s", e.Method, e.Target)
				}
			}
			if _, all := shop.counts(); all <= n {
				t.Errorf("%d requests before, %d after: nothing was left to do", n, all)
			}
			t.Logf("%d requests until the disk was full, %d answers on record, %d addresses", n, len(answered), len(before))
		})
	}
}

// TestReportOnFullDisk: a report that does not fit leaves the earlier one whole
// and nothing else behind, and says so.
func TestReportOnFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("a diagnosis for every case")
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shop := openTill(t)
	data, dir := t.TempDir(), t.TempDir()
	old := filepath.Join(dir, "shop.html")
	if err := os.WriteFile(old, []byte("the earlier report"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, said := say(ctx, data, append(starting(shop.URL, "unlimited"), "-o", filepath.Join(data, "x.jsonl"))...); code != 0 {
		t.Fatal(said)
	}
	for lang, want := range map[string]string{"ja": "報告書を書き出せません", "en": "the report cannot be written"} {
		cmd, out := child(ctx, t, data, "report", "last", "--lang", lang, "--format", "html,pdf,docx,xlsx,sarif,jsonl", "-o", old)
		cmd.Env = append(cmd.Env, confined+"=60000")
		if got := code(t, cmd.Run()); got == exitClean {
			t.Errorf("exit code 0\n%s", out)
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "ulimit -f") {
			t.Errorf("does not say %q:\n%s", want, out)
		}
		if b, err := os.ReadFile(old); err != nil || string(b) != "the earlier report" {
			t.Errorf("the earlier report is gone: %.40q %v", b, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if diff := cmp.Diff([]string{old}, append(left, hidden...)); diff != "" || err != nil {
		t.Errorf("files (-want +got) %v:\n%s", err, diff)
	}
}

// TestReplace: whatever stops the writing, the file of that name is the old one.
func TestReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "report.html")
	if err := replace(name, func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }); err != nil {
		t.Fatal(err)
	}
	full := &os.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
	err := replace(name, func(w io.Writer) error {
		_, _ = io.WriteString(w, "ha")
		return full
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "whole" {
		t.Errorf("the file holds %q", b)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("%d files are left", len(all))
	}
	for lang, want := range map[i18n.Lang]string{i18n.JA: "ディスクの空きがない", i18n.EN: "The disk is full"} {
		a := &app{lang: lang, err: &bytes.Buffer{}}
		if got := a.explain(err); !strings.Contains(got, want) {
			t.Errorf("%s: %s", lang, got)
		}
	}
}
