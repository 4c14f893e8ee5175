package jsonl

import (
	"time"

	"miseban/internal/report"
)

type finding struct {
	Type         string      `json:"type"`
	ID           string      `json:"id"`
	Number       int         `json:"number"`
	Fingerprint  string      `json:"fingerprint"`
	Check        string      `json:"check"`
	Suite        string      `json:"suite"`
	Title        string      `json:"title"`
	Severity     string      `json:"severity"`
	Confidence   string      `json:"confidence"`
	Effort       string      `json:"effort"`
	Fixer        string      `json:"fixer"`
	Method       string      `json:"method,omitempty"`
	URL          string      `json:"url"`
	Where        string      `json:"where"`
	Parameter    string      `json:"parameter,omitempty"`
	CWE          int         `json:"cwe,omitempty"`
	CVSS31       string      `json:"cvss31,omitempty"`
	Score31      float64     `json:"score31,omitempty"`
	CVSS40       string      `json:"cvss40,omitempty"`
	Score40      float64     `json:"score40,omitempty"`
	Seen         string      `json:"seen"`
	Why          string      `json:"why"`
	Operator     string      `json:"operator"`
	Developer    string      `json:"developer"`
	Requirements []string    `json:"requirements"`
	References   []reference `json:"references"`
	Excerpt      string      `json:"excerpt,omitempty"`
	Evidence     []evidence  `json:"evidence"`
	Proof        *proof      `json:"proof,omitempty"`
}

type proof struct {
	Words  string      `json:"words"`
	Steps  []proofStep `json:"steps"`
	Curl   string      `json:"curl,omitempty"`
	Agreed int         `json:"agreed,omitempty"`
	Tried  int         `json:"tried,omitempty"`
}

type proofStep struct {
	Value    string `json:"value"`
	Saw      string `json:"saw"`
	Exchange string `json:"exchange,omitempty"`
}

type reference struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

type evidence struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at,omitzero"`
	Method       string    `json:"method"`
	URL          string    `json:"url"`
	Status       int       `json:"status"`
	RequestHead  string    `json:"request_head,omitempty"`
	ResponseHead string    `json:"response_head,omitempty"`
	Body         string    `json:"body,omitempty"`
}

func findingOf(f *report.Finding) finding {
	out := finding{
		Type: "finding", ID: f.ID, Number: f.Number, Fingerprint: f.Fingerprint, Check: f.Check, Suite: f.Suite, Title: f.Title, Severity: f.Severity.String(),
		Confidence: string(f.Confidence), Effort: f.EffortName, Fixer: f.FixerName, Method: f.Method, URL: f.URL, Where: f.Where, Parameter: f.Parameter, CWE: f.CWE,
		CVSS31: f.CVSS31, Score31: f.Score31, CVSS40: f.CVSS40, Score40: f.Score40, Seen: f.Seen, Why: f.Why, Operator: f.Operator, Developer: f.Developer,
		Requirements: append([]string{}, f.RequirementIDs...), References: []reference{}, Excerpt: f.Excerpt, Evidence: []evidence{},
	}
	for _, r := range f.References {
		out.References = append(out.References, reference{r.Text, r.URL})
	}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, evidence{string(e.ID), e.At.UTC(), e.Method, e.URL, e.Status, e.RequestHead, e.ResponseHead, e.Body})
	}
	if p := f.Proof; p != nil {
		out.Proof = &proof{Words: p.Words, Steps: []proofStep{}, Curl: p.Curl, Agreed: p.Agreed, Tried: p.Tried}
		for _, s := range p.Steps {
			out.Proof.Steps = append(out.Proof.Steps, proofStep{s.Value, s.Saw, string(s.Evidence)})
		}
	}
	return out
}

type ledger struct {
	Type       string    `json:"type"`
	Requests   int       `json:"requests"`
	Connects   int       `json:"connects"`
	Handshakes int       `json:"handshakes"`
	Lookups    int       `json:"lookups"`
	Refused    int       `json:"refused"`
	Bytes      int64     `json:"bytes"`
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	MaxIn10s   int       `json:"max_in_10s"`
	ByCheck    []count   `json:"by_check"`
	ByStatus   []count   `json:"by_status"`
	LastSum    string    `json:"last_sum"`
	Intact     bool      `json:"intact"`
}

type count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func ledgerOf(l *report.Ledger) ledger {
	out := ledger{
		Type: "ledger", Requests: l.Requests, Connects: l.Connects, Handshakes: l.Handshakes, Lookups: l.Lookups, Refused: l.Refused, Bytes: l.Bytes,
		First: l.First.UTC(), Last: l.Last.UTC(), MaxIn10s: l.MaxIn10s, ByCheck: []count{}, ByStatus: []count{}, LastSum: l.LastSum, Intact: l.Intact,
	}
	for _, r := range l.ByCheck {
		out.ByCheck = append(out.ByCheck, count{r.Name, r.Count})
	}
	for _, r := range l.ByStatus {
		out.ByStatus = append(out.ByStatus, count{r.Name, r.Count})
	}
	return out
}
