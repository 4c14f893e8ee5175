// Package diagnose carries out one diagnosis: crawl, checks, results as they
// come; it resumes, retests and compares.
package diagnose

import (
	"crypto/x509"
	"time"

	"miseban/internal/check"
	"miseban/internal/crawl"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// State is how far a run got.
type State string

// The states of a run.
const (
	Running  State = "running"
	Finished State = "finished"
	Stopped  State = "stopped" // by a person or a stop rule; can be resumed
	Failed   State = "failed"  // nothing could be examined
)

// Run is one diagnosis of one shop under one scope: what is stored, judged,
// reported and compared.
type Run struct {
	ID     string   `json:"id"`
	Parent string   `json:"parent,omitempty"` // the run this one retests
	Shop   string   `json:"shop"`             // start URL
	Seeds  []string `json:"seeds,omitempty"`  // further start URLs
	// Given are addresses known beforehand (HAR, OpenAPI, GraphQL, lists).
	Given   []crawl.Seed `json:"given,omitempty"`
	Started time.Time    `json:"started"`
	Ended   time.Time    `json:"ended,omitzero"`
	Version string       `json:"version"` // of Miseban
	Scope   *wire.Scope  `json:"scope"`
	// Authorities are, in PEM, the certificate authorities that this run trusts
	// in place of the system's, so that judging it again ends the same; "": the system's.
	Authorities string `json:"authorities,omitempty"`
	State       State  `json:"state"`
	// Reason says why the run stopped or failed: Japanese source text, see i18n.
	Reason check.Reason `json:"reason,omitzero"`
	// Proof is how control of the domain was shown before the run, at levels active and full.
	Proof *wire.ProofResult `json:"proof,omitempty"`
	// Only names the checks of a retest; empty: all.
	Only []string `json:"only,omitempty"`

	// Editions names the revision of each edition when the run began: its report
	// keeps to them, whatever is corrected later.
	Editions map[string]string `json:"editions,omitempty"`

	Intel   IntelInfo      `json:"intel"`
	Browser string         `json:"browser,omitempty"` // product and version; "" when no browser looked
	Results []check.Result `json:"results,omitempty"`
	Seen    Seen           `json:"seen"`
	Stats   wire.Stats     `json:"stats"`
}

// IntelInfo says what was known of software when the run judged.
type IntelInfo struct {
	Version string    `json:"version"`
	Issued  time.Time `json:"issued"`
	Stale   bool      `json:"stale"` // older than 30 days: "no known vulnerability" is not said
}

// Seen is what the crawl saw, in the form the report shows and the store keeps.
type Seen struct {
	Pages     []SeenPage       `json:"pages,omitempty"`
	Templates []SeenTemplate   `json:"templates,omitempty"`
	Forms     []SeenForm       `json:"forms,omitempty"`
	Skipped   []SeenSkip       `json:"skipped,omitempty"`
	Known     int              `json:"known"` // addresses found and not fetched
	Siblings  []check.Sibling  `json:"siblings,omitempty"`
	Points    int              `json:"points"` // insertion points recorded for later levels
	Crawl     check.CrawlStats `json:"crawl"`
	Rendered  int              `json:"rendered"` // pages a browser looked at
	Accounts  []SeenAccount    `json:"accounts,omitempty"`
	// Places and Untested are what the injection checks put values into, and what they left alone.
	Places   []SeenPlaces   `json:"places,omitempty"`
	Untested []SeenUntested `json:"untested,omitempty"`
}

// SeenPage is one fetched address.
type SeenPage struct {
	URL    string          `json:"url"`
	Kind   page.Kind       `json:"kind"`
	Status int             `json:"status"`
	Title  string          `json:"title,omitempty"`
	ID     wire.ExchangeID `json:"id"`
}

// SeenTemplate is a group of addresses that one handler answers.
type SeenTemplate struct {
	Example string    `json:"example"`
	Kind    page.Kind `json:"kind"`
	Pages   int       `json:"pages"`
	Known   int       `json:"known"`
}

// SeenForm is one form with what it would do.
type SeenForm struct {
	Page    string       `json:"page"`
	Action  string       `json:"action"`
	Method  string       `json:"method"`
	Purpose page.Purpose `json:"purpose"`
	Effect  page.Effect  `json:"effect"`
	Why     string       `json:"why,omitempty"`
	Fields  []string     `json:"fields,omitempty"`
}

// SeenSkip is something the run left out, with the reason.
type SeenSkip struct {
	What string       `json:"what"`
	URL  string       `json:"url,omitempty"`
	Why  check.Reason `json:"why"`
}

// Roots are the authorities that the run trusts; nil means the system's.
func (r *Run) Roots() *x509.CertPool {
	if r.Authorities == "" {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(r.Authorities))
	return pool
}

// Result returns the result of a check, nil when the run has none.
func (r *Run) Result(name string) *check.Result {
	for i := range r.Results {
		if r.Results[i].Check == name {
			return &r.Results[i]
		}
	}
	return nil
}

// Findings counts the findings above info by severity; possible ones count too.
func (r *Run) Findings() map[check.Severity]int {
	n := map[check.Severity]int{}
	for _, res := range r.Results {
		for _, f := range res.Findings {
			if f.Severity > check.Info {
				n[f.Severity]++
			}
		}
	}
	return n
}

// Verdicts counts the results by verdict.
func (r *Run) Verdicts() map[verdict.Verdict]int {
	n := map[verdict.Verdict]int{}
	for _, res := range r.Results {
		n[res.Verdict]++
	}
	return n
}

// summarise turns a site into what is kept of it.
func summarise(s *check.Site) Seen {
	out := Seen{Known: len(s.Known), Siblings: s.Siblings, Points: len(s.Points), Crawl: s.Crawl}
	for _, p := range s.Pages {
		out.Pages = append(out.Pages, SeenPage{URL: p.URL.String(), Kind: p.Kind, Status: p.Ex.Status, Title: p.Title, ID: p.Ex.ID})
		if p.Rendered != nil && p.Rendered.Err == "" {
			out.Rendered++
		}
	}
	for _, t := range s.Templates {
		out.Templates = append(out.Templates, SeenTemplate{Example: t.Example.String(), Kind: t.Kind, Pages: t.Pages, Known: t.Known})
	}
	for _, f := range s.Forms {
		x := SeenForm{Method: f.Method, Purpose: f.Purpose, Effect: f.Effect, Why: f.Why}
		if f.Page != nil {
			x.Page = f.Page.URL.String()
		}
		if f.Action != nil {
			x.Action = f.Action.String()
		}
		for _, field := range f.Fields {
			x.Fields = append(x.Fields, field.Name)
		}
		out.Forms = append(out.Forms, x)
	}
	for _, k := range s.Skipped {
		if k.Form != nil {
			continue // listed among the forms, with effect and reason
		}
		x := SeenSkip{What: k.What, Why: k.Why}
		if k.URL != nil {
			x.URL = k.URL.String()
		}
		out.Skipped = append(out.Skipped, x)
	}
	return out
}
