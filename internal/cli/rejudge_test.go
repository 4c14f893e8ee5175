package cli

import (
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miseban/internal/checks/tls/tlstest"
	"miseban/internal/diagnose"
	"miseban/internal/verdict"
)

// say runs a command in this process on a data folder, in English.
func say(ctx context.Context, data string, args ...string) (code int, said string) {
	var out bytes.Buffer
	code = Run(ctx, append(args, "--data", data, "--lang", "en"), strings.NewReader(""), &out, &out)
	return code, out.String()
}

func verdictsOf(r *diagnose.Run) map[string]verdict.Verdict {
	out := map[string]verdict.Verdict{}
	for _, x := range r.Results {
		out[x.Check] = x.Verdict
	}
	return out
}

// TestRejudgeDemo: judging the demo's run again, from its records alone, ends
// in the same verdicts, those on its own certificate authority included.
func TestRejudgeDemo(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if code, said := say(t.Context(), data, "demo", "--browser", "off", "--format", "jsonl", "-o", filepath.Join(data, "demo.jsonl")); code != 0 {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	first, _ := stored(t, data)
	if first.Result("tls-chain").Verdict != verdict.Met {
		t.Errorf("tls-chain is %s on the demo", first.Result("tls-chain").Verdict)
	}
	code, said := say(t.Context(), data, "rejudge", first.ID)
	if code != 0 || !strings.Contains(said, "0 changed") {
		t.Errorf("exit code %d: %s", code, said)
	}
	again, _ := stored(t, data)
	if diff := cmp.Diff(verdictsOf(first), verdictsOf(again)); diff != "" {
		t.Errorf("verdicts (-first +judged again):\n%s", diff)
	}
	if diff := cmp.Diff(outcome(first), outcome(again)); diff != "" {
		t.Errorf("findings (-first +judged again):\n%s", diff)
	}
	for name, v := range maps.All(verdictsOf(first)) {
		if v == "" {
			t.Errorf("%s has no verdict", name)
		}
	}
}

// TestFailOnEndpoint: what cannot be examined ends with 3; findings on its
// endpoint make that 1 only where --fail-on was asked for.
func TestFailOnEndpoint(t *testing.T) {
	t.Parallel()
	all, err := tlstest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	url := ""
	for _, e := range all {
		if e.Name == "everything-bad" {
			url = "https://" + e.Addr + "/"
		}
	}
	data := t.TempDir()
	for want, more := range map[int][]string{exitNothing: nil, exitFindings: {"--fail-on", "medium"}} {
		args := append([]string{"diagnose", "--browser", "off", "--rate", "unlimited", "--format", "jsonl", "-o", filepath.Join(data, "x.jsonl"), url}, more...)
		if code, said := say(t.Context(), data, args...); code != want {
			t.Errorf("%v: exit code %d, want %d\n%s", more, code, want, said)
		}
	}
}
