// Package jsonl writes a report as JSON lines: one object a line, for programs.
// The fields are described in docs/report-jsonl.md and schema.json.
package jsonl

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"miseban/internal/report"
)

// Version is the version of the format. It grows when a field is renamed or
// removed; new fields do not change it.
const Version = 1

// Write writes d: first the run, then requirements, checks, findings,
// software, scripts, limits and the ledger.
func Write(w io.Writer, d *report.Document) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for line := range lines(d) {
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return buf.Flush()
}

func lines(d *report.Document) func(yield func(any) bool) {
	return func(yield func(any) bool) {
		if !yield(runOf(d)) {
			return
		}
		for i := range d.Requirements {
			if !yield(requirementOf(d, &d.Requirements[i])) {
				return
			}
		}
		for i := range d.Checks {
			if !yield(checkOf(&d.Checks[i])) {
				return
			}
		}
		for i := range d.Findings {
			if !yield(findingOf(&d.Findings[i])) {
				return
			}
		}
		for _, list := range []struct {
			kind  string
			items []report.Item
		}{{"software", d.Software}, {"script", d.Scripts}} {
			for _, it := range list.items {
				if !yield(item{list.kind, it.Name, it.Version, it.Where, it.Note}) {
					return
				}
			}
		}
		for _, x := range d.Limits {
			if !yield(limit{"limit", x.What, x.Why, x.Check}) {
				return
			}
		}
		yield(ledgerOf(&d.Ledger))
	}
}

type run struct {
	Type         string    `json:"type"`
	Format       int       `json:"format"`
	ID           string    `json:"id"`
	Parent       string    `json:"parent,omitempty"`
	Shop         string    `json:"shop"`
	Language     string    `json:"language"`
	Title        string    `json:"title"`
	Tool         string    `json:"tool"`
	ToolVersion  string    `json:"tool_version"`
	Level        string    `json:"level"`
	State        string    `json:"state"`
	Started      time.Time `json:"started,omitzero"`
	Ended        time.Time `json:"ended,omitzero"`
	Made         time.Time `json:"made,omitzero"`
	IntelVersion string    `json:"intel_version,omitempty"`
	IntelIssued  time.Time `json:"intel_issued,omitzero"`
	Browser      string    `json:"browser,omitempty"`
	Requests     int       `json:"requests"`
	Pages        int       `json:"pages"`
	Grade        grade     `json:"grade"`
}

type grade struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Advice string `json:"advice"`
}

func runOf(d *report.Document) run {
	r := d.Run
	return run{
		Type: "run", Format: Version, ID: r.ID, Parent: r.Parent, Shop: d.Shop, Language: string(d.Lang), Title: d.Title, Tool: "Miseban", ToolVersion: r.Version,
		Level: r.Level, State: r.State, Started: r.Started.UTC(), Ended: r.Ended.UTC(), Made: d.Made.UTC(), IntelVersion: r.IntelVersion, IntelIssued: r.IntelIssued.UTC(),
		Browser: r.Browser, Requests: r.Requests, Pages: r.Pages, Grade: grade{d.Grade.ID, d.Grade.Name, d.Grade.Advice},
	}
}

type requirement struct {
	Type           string     `json:"type"`
	Edition        string     `json:"edition"`
	EditionTitle   string     `json:"edition_title"`
	Revision       string     `json:"edition_revision"`
	Part           string     `json:"part"`
	PartTitle      string     `json:"part_title"`
	ID             string     `json:"id"`
	Number         string     `json:"number"`
	Title          string     `json:"title"`
	TitleVerified  bool       `json:"title_verified"`
	Text           string     `json:"text"`
	Level          string     `json:"level"`
	LevelVerified  bool       `json:"level_verified"`
	Verdict        string     `json:"verdict"`
	VerdictName    string     `json:"verdict_name"`
	Declared       bool       `json:"declared"`
	Duty           string     `json:"duty,omitempty"`
	Reason         string     `json:"reason"`
	Danger         string     `json:"danger,omitempty"`
	Basis          []basis    `json:"basis"`
	Answers        []answered `json:"answers"`
	Contradictions []string   `json:"contradictions"`
	How            []how      `json:"how"`
	Questions      []question `json:"questions"`
	Findings       []string   `json:"findings"`
}

type basis struct {
	Check   string `json:"check"`
	Title   string `json:"title"`
	Effect  string `json:"effect"`
	Verdict string `json:"verdict"`
}

type answered struct {
	Question  string `json:"question"`
	Answer    string `json:"answer"`
	Day       string `json:"day,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Documents int    `json:"documents"`
}

type how struct {
	Who  string `json:"who"`
	What string `json:"what"`
}

type question struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Explain  string   `json:"explain"`
	Evidence string   `json:"evidence"`
	Who      string   `json:"who"`
	Choices  []string `json:"choices"`
}

func requirementOf(d *report.Document, r *report.Requirement) requirement {
	out := requirement{
		Type: "requirement", Edition: r.Edition, EditionTitle: r.EditionTitle, Revision: r.EditionRevision, Part: r.Part, PartTitle: r.PartTitle, ID: r.ID, Number: r.Number,
		Title: r.Title, TitleVerified: r.TitleVerified, Text: r.Text, Level: r.Level, LevelVerified: r.LevelVerified, Verdict: string(r.Verdict),
		VerdictName: r.VerdictName, Reason: r.Reason, Danger: r.Danger,
		Duty: r.Duty, Declared: r.Declared, Basis: []basis{}, Answers: []answered{}, Contradictions: []string{}, How: []how{}, Questions: []question{}, Findings: []string{},
	}
	for _, b := range r.Basis {
		out.Basis = append(out.Basis, basis{b.Check, b.Title, b.Effect, string(b.Verdict)})
	}
	for _, a := range r.Answers {
		out.Answers = append(out.Answers, answered{a.Question, a.Answer, a.Day, a.Reason, a.Documents})
	}
	for _, c := range r.Contradictions {
		out.Contradictions = append(out.Contradictions, c.Words)
	}
	for _, h := range r.How {
		out.How = append(out.How, how{h.Name, h.Value})
	}
	for _, q := range r.Questions {
		out.Questions = append(out.Questions, question{q.ID, q.Text, q.Explain, q.Evidence, q.Who, append([]string{}, q.Choices...)})
	}
	for _, n := range r.Findings {
		if n >= 1 && n <= len(d.Findings) {
			out.Findings = append(out.Findings, d.Findings[n-1].ID)
		}
	}
	return out
}

type check struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Suite       string `json:"suite"`
	SuiteTitle  string `json:"suite_title"`
	Title       string `json:"title"`
	Level       string `json:"level"`
	Verdict     string `json:"verdict"`
	VerdictName string `json:"verdict_name"`
	Reason      string `json:"reason,omitempty"`
	Examined    int    `json:"examined"`
	Findings    int    `json:"findings"`
}

func checkOf(c *report.Check) check {
	return check{"check", c.Name, c.Suite, c.SuiteTitle, c.Title, c.Level, string(c.Verdict), c.VerdictName, c.Reason, c.Examined, c.Findings}
}

type item struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Where   string `json:"where"`
	Note    string `json:"note,omitempty"`
}

type limit struct {
	Type  string `json:"type"`
	What  string `json:"what"`
	Why   string `json:"why"`
	Check string `json:"check,omitempty"`
}
