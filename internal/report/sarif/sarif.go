// Package sarif writes a report as SARIF 2.1.0, the exchange format of
// analysis tools. The place of a finding is a URL; what could not be examined
// is told in notifications.
package sarif

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/report"
)

const schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// Write writes d as one SARIF log with one run. Results come last and one by
// one, a line each, so that a long report is never held as a whole.
func Write(w io.Writer, d *report.Document) error {
	b := builder{d: d, rules: map[string]int{}, taxa: map[int]int{}, artifacts: map[string]int{}}
	head, err := json.Marshal(b.run())
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	// The run is an object; its last member is added here.
	fmt.Fprintf(out, "{\"$schema\":%q,\"version\":\"2.1.0\",\"runs\":[\n%s,\n\"results\":[\n", schemaURI, head[:len(head)-1])
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for i := range d.Findings {
		if i > 0 {
			fmt.Fprint(out, ",")
		}
		if err := enc.Encode(b.result(&d.Findings[i])); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "]}]}\n")
	return out.Flush()
}

// builder numbers what SARIF refers to by index.
type builder struct {
	d         *report.Document
	rules     map[string]int
	rule      []descriptor
	taxa      map[int]int
	taxon     []descriptor
	artifacts map[string]int
	artifact  []artifact
}

func (b *builder) run() run {
	d := b.d
	b.collectRules()
	out := run{
		Language: string(d.Lang), ColumnKind: "unicodeCodePoints",
		AutomationDetails: automationDetails{ID: b.automationID(), Description: &message{Text: d.Title + ": " + d.Shop}},
		Invocations:       []invocation{b.invocation()},
		Properties:        map[string]any{"shop": d.Shop, "grade": d.Grade.ID, "gradeName": d.Grade.Name},
	}
	b.place(d.Shop)
	for i := range d.Findings {
		b.place(d.Findings[i].URL)
	}
	out.Artifacts = b.artifact
	driver := component{
		Name: "Miseban", FullName: "Miseban 店番 " + d.Run.Version, Version: d.Run.Version, Language: string(d.Lang), Rules: b.rule,
		ShortDescription: &multiformat{Text: i18n.Text{JA: "ECサイトを外から診断し、ガイドラインの要件に照らす道具です。", EN: "Diagnoses an online shop from outside and holds it against the guideline."}.In(d.Lang)},
		Notifications: []descriptor{
			{ID: notExamined, ShortDescription: &multiformat{Text: i18n.Text{JA: "確認していないか、確認できなかった", EN: "Not examined, or could not be examined"}.In(d.Lang)}},
			{ID: notFinished, ShortDescription: &multiformat{Text: i18n.Text{JA: "診断が途中で終わった", EN: "The diagnosis did not run to its end"}.In(d.Lang)}},
		},
	}
	if len(b.taxon) > 0 {
		driver.Supported = []componentRef{{Name: "CWE", Index: 0}}
		whole := false
		out.Taxonomies = []component{{
			Name: "CWE", Organization: "MITRE", InformationURI: "https://cwe.mitre.org/", Comprehensive: &whole, Taxa: b.taxon,
			ShortDescription: &multiformat{Text: "Common Weakness Enumeration"},
		}}
	}
	out.Tool.Driver = driver
	return out
}

// automationID puts runs of one shop at one level into one category; the last
// part names the run.
func (b *builder) automationID() string {
	host := b.d.Shop
	if u, err := url.Parse(b.d.Shop); err == nil && u.Host != "" {
		host = u.Host
	}
	return fmt.Sprintf("miseban/%s/%s/%s", host, b.d.Run.Level, b.d.Run.ID)
}

const (
	notExamined = "not-examined"
	notFinished = "not-finished"
)

func (b *builder) invocation() invocation {
	r := b.d.Run
	inv := invocation{
		Start: utc(r.Started), End: utc(r.Ended), Successful: r.State == string(diagnose.Finished), ExitDescription: r.State,
		Properties: map[string]any{"level": r.Level, "requests": r.Requests, "pages": r.Pages, "browser": r.Browser, "intelVersion": r.IntelVersion},
	}
	if !inv.Successful {
		inv.ToolNotifications = append(inv.ToolNotifications, notification{
			Descriptor: &descriptorRef{ID: notFinished}, Level: "error",
			Message: message{Text: i18n.Text{JA: "診断は最後まで実行されていません。", EN: "The diagnosis did not run to its end."}.In(b.d.Lang)},
		})
	}
	for _, x := range b.d.Limits {
		n := notification{Descriptor: &descriptorRef{ID: notExamined}, Level: "note", Message: message{Text: x.What + ": " + x.Why}}
		if x.Check == "" {
			inv.ConfigNotifications = append(inv.ConfigNotifications, n)
			continue
		}
		if i, ok := b.rules[x.Check]; ok {
			n.AssociatedRule = &descriptorRef{ID: x.Check, Index: &i}
		}
		inv.ToolNotifications = append(inv.ToolNotifications, n)
	}
	return inv
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (b *builder) result(f *report.Finding) result {
	seen := report.PlainText(f.Seen)
	r := result{
		RuleID: f.Check, RuleIndex: b.rules[f.Check], Kind: "fail", Level: level(f.Severity),
		Message:      message{Text: f.Title + "\n" + seen, Markdown: "**" + f.Title + "**\n\n" + f.Seen},
		Fingerprints: fingerprints{f.Fingerprint},
		Properties: resultProperties{
			ID: f.ID, Severity: f.Severity.String(), Confidence: string(f.Confidence), Where: f.Where, Method: f.Method, Parameter: f.Parameter,
			Fixer: f.FixerName, Effort: f.EffortName, CVSS31: f.CVSS31, CVSS40: f.CVSS40, Requirements: f.RequirementIDs,
		},
	}
	if f.Severity == check.Info {
		r.Kind, r.Level = "informational", "none"
	}
	if score := max(f.Score31, f.Score40); score > 0 {
		rank := score * 10
		r.Rank = &rank
	}
	loc := location{Physical: physical{Artifact: b.place(f.URL)}, Logical: []logical{{Name: f.Where, Kind: "resource"}}}
	if f.Excerpt != "" {
		loc.Physical.Region = &region{StartLine: 1, Snippet: &content{Text: f.Excerpt}}
	}
	if f.Parameter != "" {
		loc.Logical = append(loc.Logical, logical{Name: f.Parameter, Kind: "parameter"})
	}
	r.Locations = []location{loc}
	b.proof(&r, f)
	r.WebRequest, r.WebResponse = exchange(f)
	if i, ok := b.taxa[f.CWE]; ok {
		r.Taxa = []descriptorRef{{ID: strconv.Itoa(f.CWE), Index: &i, ToolComponent: &componentRef{Name: "CWE"}}}
	}
	return r
}

// proof adds how a finding was shown.
func (b *builder) proof(r *result, f *report.Finding) {
	p := f.Proof
	if p == nil {
		return
	}
	r.Properties.Proof = &proof{Words: p.Words, Curl: p.Curl, Agreed: p.Agreed, Tried: p.Tried}
	r.Message.Text += "\n" + p.Words
	if len(p.Steps) == 0 {
		return
	}
	flow := codeFlow{Message: message{Text: p.Words}, ThreadFlows: []threadFlow{{}}}
	for _, s := range p.Steps {
		at := f.URL
		for _, e := range f.Evidence {
			if e.ID == s.Evidence {
				at = e.URL
			}
		}
		flow.ThreadFlows[0].Locations = append(flow.ThreadFlows[0].Locations, threadStep{
			Location:   stepLocation{Physical: physical{Artifact: b.place(at)}, Message: message{Text: s.Value + " → " + s.Saw}},
			Properties: stepProperties{Value: s.Value, Exchange: string(s.Evidence)},
		})
	}
	r.CodeFlows = []codeFlow{flow}
}

// place refers to a URL of the shop as artifact.
func (b *builder) place(raw string) artifactLocation {
	if raw == "" {
		raw = b.d.Shop
	}
	uri := clean(raw)
	i, ok := b.artifacts[uri]
	if !ok {
		i = len(b.artifact)
		b.artifacts[uri] = i
		b.artifact = append(b.artifact, artifact{Location: artifactLocation{URI: uri}, Roles: []string{"analysisTarget"}})
	}
	return artifactLocation{URI: uri, Index: &i}
}

// clean makes a URL that SARIF takes out of whatever a shop used as one.
func clean(raw string) string {
	if u, err := url.Parse(raw); err == nil {
		u.RawQuery = escape(u.RawQuery)
		return u.String()
	}
	return (&url.URL{Path: "/" + raw}).String()
}

// escape percent-encodes what may not stand in a query, and leaves what is encoded.
func escape(query string) string {
	out := make([]byte, 0, len(query))
	for i := range len(query) {
		c := query[i]
		if c <= ' ' || c >= 0x7f || slices.Contains([]byte(`"<>\^{}|`+"`"), c) {
			out = fmt.Appendf(out, "%%%02X", c)
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func level(s check.Severity) string {
	switch s {
	case check.Critical, check.High:
		return "error"
	case check.Medium:
		return "warning"
	}
	return "note"
}
