package oscal

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/reporttest"
	"miseban/internal/verdict"
)

// scripts/check.sh holds what is written against NIST's own schema as well.
var kept = flag.String("kept", "", "write each document into this folder")

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("testdata/oscal-1.1.2-part.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("oscal.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("oscal.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written is a document that holds by the schema and whose inner references
// lead somewhere.
func written(t *testing.T, s *jsonschema.Schema, name string, write func(io.Writer) error) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if *kept != "" {
		f, err := os.CreateTemp(*kept, strings.NewReplacer("/", "-", " ", "-").Replace(name)+"-*.json")
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(b.Bytes())
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := s.Validate(doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	own := map[string]bool{}
	var refs []string
	var walk func(key string, x any)
	walk = func(key string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, v := range x {
				walk(k, v)
			}
			if id, ok := x["uuid"].(string); ok {
				if own[id] {
					t.Errorf("%s: two things have the UUID %s", name, id)
				}
				own[id] = true
			}
		case []any:
			for _, v := range x {
				walk(key, v)
			}
		case string:
			if id, ok := strings.CutPrefix(x, "#"); ok && key == "href" || strings.HasSuffix(key, "-uuid") {
				refs = append(refs, id)
			}
		}
	}
	walk("", doc)
	for _, id := range refs {
		if !own[strings.TrimPrefix(id, "#")] {
			t.Errorf("%s refers to %s, which is not there", name, id)
		}
	}
	return doc.(map[string]any)
}

func TestEditions(t *testing.T) {
	t.Parallel()
	s := schema(t)
	all, err := guideline.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			var first string
			for range 2 {
				doc := written(t, s, e.ID, func(w io.Writer) error { return Catalog(w, e, noon, l) })
				b, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				if first != "" && first != string(b) {
					t.Errorf("%s: written twice it is not the same", e.ID)
				}
				first = string(b)
			}
			for _, r := range e.Requirements {
				if strings.Count(first, `"id":"`+token(r.ID)+`"`) != 1 {
					t.Errorf("%s: %s is not one control", e.ID, r.ID)
				}
			}
			profile := written(t, s, e.ID, func(w io.Writer) error { return Profile(w, e, noon, l) })
			b, err := json.Marshal(profile)
			if err != nil || !strings.Contains(string(b), CatalogName(e)) || strings.Count(string(b), `"`+token(e.Requirements[0].ID)+`"`) != 1 {
				t.Errorf("%s: the profile does not take its controls: %v", e.ID, err)
			}
		}
	}
}

// What nobody compared with the original is not given as its word.
func TestUnconfirmed(t *testing.T) {
	t.Parallel()
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Catalog(&b, e, noon, i18n.JA); err != nil {
		t.Fatal(err)
	}
	sure := 0
	for _, r := range e.Requirements {
		if r.Level.Value == guideline.Must && r.Level.Verified {
			sure++
		}
	}
	if bytes.Count(b.Bytes(), []byte(`"must"`)) != sure || sure == len(e.Requirements) || !bytes.Contains(b.Bytes(), []byte(`"unconfirmed"`)) {
		t.Error("a level is told that nobody confirmed")
	}
	c := &guideline.Correction{Number: 1, Base: e.Revision, Source: guideline.Source{Name: i18n.Text{JA: "原文", EN: "The original"}}, Reason: "照合した", Changes: []guideline.Change{{Item: guideline.Item{Of: "build-1", Field: guideline.FieldLevel, Value: "must"}}}}
	next, err := e.Correct(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := Catalog(&b, next, noon, i18n.JA); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b.Bytes(), []byte(`"must"`)) != sure+1 {
		t.Error("the corrected level is not told")
	}
}

func TestAssessments(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, d := range map[string]*report.Document{"small": reporttest.Small(i18n.JA), "hostile": reporttest.Hostile(i18n.EN), "empty": reporttest.Empty(i18n.JA)} {
		if len(d.Requirements) > 0 {
			r := &d.Requirements[0]
			r.Verdict, r.Declared = verdict.Met, true
			r.Answers = []report.Answered{{Question: "q", Text: "質問", Answer: "実施済（自己申告）", Day: "2026-11-01", Documents: 1}}
			results := written(t, s, name, func(w io.Writer) error { return Results(w, d) })
			list := results["assessment-results"].(map[string]any)["results"].([]any)
			b, err := json.Marshal(list)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`"declared"`, `"satisfied"`, `"not-satisfied"`, "EXAMINE", "適合とも不適合とも判定していません"} {
				if d.Lang == i18n.JA && !strings.Contains(string(b), want) {
					t.Errorf("%s: no %s", name, want)
				}
			}
		}
		plan := written(t, s, name, func(w io.Writer) error { return PlanOf(w, d) })
		items := plan["plan-of-action-and-milestones"].(map[string]any)["poam-items"].([]any)
		if name == "empty" && len(items) != 1 {
			t.Errorf("%d items of nothing", len(items))
		}
	}
}

// What happened since in the work list stands in the plan.
func TestWork(t *testing.T) {
	t.Parallel()
	d := reporttest.Small(i18n.JA)
	work := map[string]Work{}
	for i := range d.Findings {
		d.Findings[i].Fingerprint = d.Findings[i].ID
		if d.Findings[i].Severity > check.Info && len(work) == 0 {
			work[d.Findings[i].ID] = Work{Status: "remediating", Due: "2026-12-01", Note: "委託先に依頼した"}
		}
	}
	doc := written(t, schema(t), "plan", func(w io.Writer) error { return Plan(w, d, work) })
	b, err := json.Marshal(doc)
	if err != nil || !strings.Contains(string(b), `"status":"remediating"`) || !strings.Contains(string(b), "2026-12-01T00:00:00+09:00") || !strings.Contains(string(b), "委託先に依頼した") {
		t.Errorf("the work list is not in the plan: %v", err)
	}
}
