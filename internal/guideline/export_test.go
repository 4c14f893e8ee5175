package guideline

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// What is exported as YAML is the edition: read back, nothing is lost.
func TestExportYAML(t *testing.T) {
	t.Parallel()
	for _, e := range editions(t) {
		b, err := Export(e, YAML)
		if err != nil {
			t.Fatal(err)
		}
		back, err := LoadDir(fstest.MapFS{e.ID + ".yaml": {Data: b}})
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if d := cmp.Diff(e, back[0]); d != "" {
			t.Errorf("%s differs after export (-have +read back):\n%s", e.ID, d)
		}
	}
}

func TestExportJSON(t *testing.T) {
	t.Parallel()
	for _, e := range editions(t) {
		b, err := Export(e, JSON)
		if err != nil {
			t.Fatal(err)
		}
		var back Edition
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&back); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e, &back); d != "" {
			t.Errorf("%s differs after export (-have +read back):\n%s", e.ID, d)
		}
	}
	// The names are an interface; see docs/editions.md.
	b, err := Export(load(t, "ipa-ec-2023"), JSON)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Requirements []map[string]any `json:"requirements"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	level, _ := doc.Requirements[7]["level"].(map[string]any)
	title, _ := doc.Requirements[7]["title"].(map[string]any)
	if level["value"] != "must" || level["verified"] != false || title["verified"] != true || title["source"] != "vendor-statement" || doc.Requirements[7]["applies-to"] == nil {
		t.Errorf("build-1 is exported as %v", doc.Requirements[7])
	}
}

func TestExportUnknownFormat(t *testing.T) {
	t.Parallel()
	if _, err := Export(load(t, "ipa-wkd"), "csv"); err == nil {
		t.Error("csv was exported")
	}
}

func TestCheckNames(t *testing.T) {
	t.Parallel()
	e := &Edition{
		Requirements: []Requirement{{Checks: []Link{{Check: "hsts"}, {Check: "csp"}}}, {Checks: []Link{{Check: "hsts"}}}},
		Questions:    []Question{{ContradictedBy: []string{"telnet"}}},
	}
	if d := cmp.Diff([]string{"csp", "hsts", "telnet"}, CheckNames(e)); d != "" {
		t.Error(d)
	}
}
