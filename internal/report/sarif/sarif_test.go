package sarif_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/reporttest"
	"miseban/internal/report/sarif"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/sarif-2.1.0-rtm.5.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFitsTheSchema(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for name, d := range map[string]*report.Document{
		"small ja": reporttest.Small(i18n.JA), "small en": reporttest.Small(i18n.EN), "active": reporttest.Active(i18n.JA), "empty": reporttest.Empty(i18n.JA),
		"large": reporttest.Large(i18n.EN, 40), "hostile": reporttest.Hostile(i18n.JA),
	} {
		var b bytes.Buffer
		if err := sarif.Write(&b, d); err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	s := schema(t)
	for _, bad := range []string{
		`{"version":"2.1.0"}`, `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{}}]}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"level":"high"}]}]}`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}

// parsed is as much of the log as the tests look at.
type parsed struct {
	Runs []struct {
		AutomationDetails struct{ ID string }
		Language          string
		Invocations       []struct {
			ExecutionSuccessful        bool
			StartTimeUtc               string
			ToolExecutionNotifications []struct {
				Level          string
				AssociatedRule struct {
					ID    string
					Index int
				}
			}
			ToolConfigurationNotifications []struct{ Message struct{ Text string } }
		}
		Artifacts []struct{ Location struct{ URI string } }
		Tool      struct {
			Driver struct {
				Rules []struct {
					ID         string
					Help       struct{ Text, Markdown string }
					Properties struct {
						Tags     []string
						Severity string `json:"security-severity"`
					}
				}
			}
		}
		Taxonomies []struct{ Taxa []struct{ ID string } }
		Results    []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct {
						URI   string
						Index int
					}
				}
			}
			WebRequest struct {
				Method, Target, Protocol, Version string
				Headers                           map[string]string
			}
			WebResponse struct {
				StatusCode   int
				ReasonPhrase string
				Headers      map[string]string
			}
			Taxa []struct {
				ID    string
				Index int
			}
			Properties map[string]any
		}
	}
}

func read(t *testing.T, d *report.Document) parsed {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	var p parsed
	if err := json.Unmarshal(b.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestResult(t *testing.T) {
	t.Parallel()
	run := read(t, reporttest.Small(i18n.JA)).Runs[0]
	if got, want := run.AutomationDetails.ID, "miseban/shop.example/safe/01JDAYK3N8"; got != want {
		t.Errorf("automation id %q, want %q", got, want)
	}
	if run.Language != "ja" || !run.Invocations[0].ExecutionSuccessful || run.Invocations[0].StartTimeUtc != "2026-11-21T01:30:00Z" {
		t.Errorf("language %q, invocation %+v", run.Language, run.Invocations[0])
	}
	r := run.Results[0]
	rule := run.Tool.Driver.Rules[r.RuleIndex]
	if rule.ID != "form-over-http" || r.RuleID != rule.ID || r.Level != "error" {
		t.Errorf("result %q of rule %q, level %q", r.RuleID, rule.ID, r.Level)
	}
	if strings.Join(rule.Properties.Tags, " ") != "security tls external/cwe/cwe-319" || rule.Properties.Severity != "8.3" {
		t.Errorf("tags %q, security-severity %q", rule.Properties.Tags, rule.Properties.Severity)
	}
	if !strings.Contains(rule.Help.Markdown, "RewriteEngine On") || strings.Contains(rule.Help.Text, "```") {
		t.Errorf("help %+v", rule.Help)
	}
	place := r.Locations[0].PhysicalLocation.ArtifactLocation
	if place.URI != "http://shop.example/mypage/login" || run.Artifacts[place.Index].Location.URI != place.URI {
		t.Errorf("place %+v in %+v", place, run.Artifacts)
	}
	if q := r.WebRequest; q.Method != "GET" || q.Target != place.URI || q.Protocol != "HTTP" || q.Version != "1.1" || q.Headers["Host"] != "shop.example" {
		t.Errorf("request %+v", q)
	}
	if a := r.WebResponse; a.StatusCode != 200 || a.ReasonPhrase != "OK" || a.Headers["Server"] != "Apache/2.4.41 (Ubuntu)" {
		t.Errorf("response %+v", a)
	}
	if r.Properties["parameter"] != "login_pass" || r.Properties["method"] != "GET" {
		t.Errorf("properties %v", r.Properties)
	}
	if len(r.Taxa) != 1 || run.Taxonomies[0].Taxa[r.Taxa[0].Index].ID != "319" {
		t.Errorf("taxa %+v in %+v", r.Taxa, run.Taxonomies)
	}
}

// TestProof reads a proof back: the exchanges in their order, the line that repeats it.
func TestProof(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sarif.Write(&b, reporttest.Active(i18n.EN)); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Results []struct {
				Message   struct{ Text string }
				CodeFlows []struct {
					ThreadFlows []struct {
						Locations []struct {
							Location struct {
								PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
								Message          struct{ Text string }
							}
							Properties struct{ Value, Exchange string }
						}
					}
				}
				Properties struct {
					Proof *struct {
						Words, Curl   string
						Agreed, Tried int
					}
				}
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	plain, shown := log.Runs[0].Results[0], log.Runs[0].Results[3]
	if plain.Properties.Proof != nil || len(plain.CodeFlows) != 0 {
		t.Errorf("a finding without a proof has one: %+v", plain)
	}
	p := shown.Properties.Proof
	if p == nil || p.Agreed != 5 || p.Tried != 5 || !strings.HasPrefix(p.Curl, "curl -sS -G") || !strings.Contains(shown.Message.Text, p.Words) {
		t.Fatalf("proof %+v, message %q", p, shown.Message.Text)
	}
	steps := shown.CodeFlows[0].ThreadFlows[0].Locations
	if len(steps) != 3 || steps[1].Location.Message.Text != "2' → the list was empty" || steps[1].Properties.Exchange != "x-201" || !strings.HasSuffix(steps[1].Location.PhysicalLocation.ArtifactLocation.URI, "category_id=2%27") {
		t.Errorf("steps %+v", steps)
	}
}

func TestFingerprintsAreStable(t *testing.T) {
	t.Parallel()
	ja, en := read(t, reporttest.Large(i18n.JA, 20)).Runs[0], read(t, reporttest.Large(i18n.EN, 20)).Runs[0]
	seen := map[string]bool{}
	for i := range ja.Results {
		a, b := ja.Results[i].PartialFingerprints["misebanFinding/v1"], en.Results[i].PartialFingerprints["misebanFinding/v1"]
		if a == "" || a != b || seen[a] {
			t.Errorf("result %d: fingerprint %q in ja, %q in en, seen before: %v", i, a, b, seen[a])
		}
		seen[a] = true
	}
}

func TestWhatWasNotExamined(t *testing.T) {
	t.Parallel()
	run := read(t, reporttest.Small(i18n.EN)).Runs[0]
	inv := run.Invocations[0]
	if len(inv.ToolConfigurationNotifications) != 1 || !strings.Contains(inv.ToolConfigurationNotifications[0].Message.Text, "Pages behind the sign-in") {
		t.Errorf("configuration notifications %+v", inv.ToolConfigurationNotifications)
	}
	if n := inv.ToolExecutionNotifications; len(n) != 1 || run.Tool.Driver.Rules[n[0].AssociatedRule.Index].ID != "check-3" {
		t.Errorf("execution notifications %+v", n)
	}
	failed := read(t, reporttest.Empty(i18n.EN)).Runs[0].Invocations[0]
	if failed.ExecutionSuccessful || len(failed.ToolExecutionNotifications) != 1 || failed.ToolExecutionNotifications[0].Level != "error" {
		t.Errorf("a failed run says %+v", failed)
	}
}
