package jsonl_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/jsonl"
	"miseban/internal/report/reporttest"
)

var samples = map[string]*report.Document{
	"small ja": reporttest.Small(i18n.JA), "small en": reporttest.Small(i18n.EN), "empty": reporttest.Empty(i18n.JA),
	"active": reporttest.Active(i18n.EN), "large": reporttest.Large(i18n.EN, 50), "hostile": reporttest.Hostile(i18n.JA),
}

func TestEveryLineFitsTheSchema(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range samples {
		var b bytes.Buffer
		if err := jsonl.Write(&b, d); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		want := 1 + len(d.Requirements) + len(d.Checks) + len(d.Findings) + len(d.Software) + len(d.Scripts) + len(d.Limits) + 1
		if len(lines) != want {
			t.Errorf("%s: %d lines, want %d", name, len(lines), want)
		}
		for i, line := range lines {
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			if err != nil {
				t.Fatalf("%s, line %d: %v", name, i+1, err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s, line %d: %v\n%s", name, i+1, err, line)
			}
		}
		for i, want := range map[int]string{0: "run", len(lines) - 1: "ledger"} {
			var head struct{ Type string }
			if err := json.Unmarshal([]byte(lines[i]), &head); err != nil || head.Type != want {
				t.Errorf("%s, line %d: type %q, want %q (%v)", name, i+1, head.Type, want, err)
			}
		}
	}
}

func TestFindingLine(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := jsonl.Write(&b, reporttest.Small(i18n.EN)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"severity":"high","confidence":"confirmed"`, `"url":"http://shop.example/mypage/login"`, `"at":"2026-11-21T01:33:00Z"`, `"requirements":["ipa-ec-2023/build-9"]`,
		`{"type":"software","name":"Apache","where":"shop.example:443"}`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in the output", want)
		}
	}
}

// TestProof: what an active check proved is there for programs too.
func TestProof(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := jsonl.Write(&b, reporttest.Active(i18n.JA)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"steps":[{"value":"2","saw":"商品の一覧（24件）","exchange":"x-200"},{"value":"2'"`, `"agreed":5,"tried":5}`, `"curl":"curl -sS -G`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in the output", want)
		}
	}
	if n := strings.Count(b.String(), `"proof":`); n != 2 {
		t.Errorf("%d findings with a proof, want 2", n)
	}
}

// TestDocumented holds the schema and the page people read together.
func TestDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/report-jsonl.md")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Defs) < 8 {
		t.Fatalf("%d kinds of lines in the schema", len(s.Defs))
	}
	for kind, def := range s.Defs {
		for field := range def.Properties {
			if !strings.Contains(string(page), "`"+field+"`") {
				t.Errorf("%s: field %s is not in docs/report-jsonl.md", kind, field)
			}
		}
	}
}
