// Package check is what a check is: one yes/no question put to a shop, as a
// value, and the runner that turns what it saw into a verdict.
package check

import (
	"context"
	"embed"

	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Check is one question. It is a logically constant value: whatever varies is
// in the Pass. Its text is the file <Name>.md beside it.
type Check struct {
	Name  string     // stable; the name of its files and of the demo shop's fault
	Level wire.Level // Passive or Safe (Active and Full in later suites)
	// Severity is that of a finding unless the finding says otherwise.
	Severity Severity
	CWE      int    // 0: not a weakness of its own
	CVSS31   string // CVSS v3.1 vector, "" when the check does not find a vulnerability
	CVSS40   string // CVSS v4.0 vector, likewise
	Effort   Effort // what a repair usually takes
	Fixer    Fixer  // who usually repairs it
	Needs    Need   // what a run must offer; else the check is not examined
	// Last says that the check disturbs what others need (it may lock a test
	// account), so that it runs when all others are done.
	Last bool
	// Enough is how much must have been examined for Met; the zero value asks for one examined thing.
	Enough Enough
	Run    func(ctx context.Context, p *Pass) error
}

// Severity of a finding. Info never makes a check NotMet.
type Severity int

// The severities (危険度).
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityWords = [...]string{"info", "low", "medium", "high", "critical"}
var severityNames = [...]i18n.Text{{JA: "情報", EN: "Info"}, {JA: "低", EN: "Low"}, {JA: "中", EN: "Medium"}, {JA: "高", EN: "High"}, {JA: "緊急", EN: "Critical"}}

// String is the word used in data formats and on the command line.
func (s Severity) String() string { return severityWords[s] }

// Name is the word people read.
func (s Severity) Name(l i18n.Lang) string { return severityNames[s].In(l) }

// MarshalText writes the word; UnmarshalText reads it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(b []byte) error {
	v, err := ParseSeverity(string(b))
	*s = v
	return err
}

// Effort is what a repair takes: a setting, a day, a project.
type Effort int

// The efforts.
const (
	Setting Effort = iota // 設定の変更 (minutes to hours)
	Work                  // 改修 (a day or a few)
	Project               // 計画が必要 (an upgrade, a move)
)

// Fixer is who usually repairs a finding.
type Fixer string

// The fixers.
const (
	ByOwner     Fixer = "owner"     // the shop itself, in its administration screen
	ByOperator  Fixer = "operator"  // who runs the server
	ByDeveloper Fixer = "developer" // who builds the shop
	ByProvider  Fixer = "provider"  // hosting, cart ASP, PSP
)

// Need is what a run must offer before a check makes sense.
type Need uint

// The needs. A run that lacks one leaves the check NotExamined (or
// NotApplicable for TLS on a shop without HTTPS), with the reason in words.
const (
	TLS         Need = 1 << iota // an HTTPS origin in the scope
	DNS                          // a public name (not an address, localhost or .test)
	Ports                        // the scope covers TCP connects (level safe, not behind a CDN)
	Browser                      // pages were rendered
	Account                      // a test account was signed in
	TwoAccounts                  // two equal test accounts were signed in
	Mailbox                      // a test mailbox is named and can be read
)

// Enough is how much must have been examined before silence means Met.
type Enough struct {
	// Things is the least number of examined exchanges or observations; 0 means 1.
	Things int
	// Kinds are page kinds of which at least one page must have been examined each,
	// unless the crawl shows that the shop has none.
	Kinds []page.Kind
	// Share is the least share of the handlers (templates) seen by the crawl; 0: no demand.
	Share float64
}

// Finding is one place where a check's answer is bad.
type Finding struct {
	Check     string `json:"check"`
	Where     string `json:"where"`               // path, host:port, cookie name…: stable over runs
	Parameter string `json:"parameter,omitempty"` // the parameter or field concerned
	// Case picks a "seen" text when a check knows several faults ("missing", "weak"); "" is the first.
	Case     string               `json:"case,omitempty"`
	Args     i18n.Args            `json:"args,omitempty"`  // values of the text's {names}, same in every language
	Words    map[string]i18n.Text `json:"words,omitempty"` // values that differ by language
	Severity Severity             `json:"severity"`
	Evidence []wire.ExchangeID    `json:"evidence,omitempty"`
	// Excerpt is the masked part of the answer that shows it, a few lines at most.
	Excerpt    string     `json:"excerpt,omitempty"`
	Confidence Confidence `json:"confidence"`
	CVSS31     string     `json:"cvss31,omitempty"` // when it differs from the check's
	CVSS40     string     `json:"cvss40,omitempty"`
	References []string   `json:"references,omitempty"` // "JVN#12345678", "CVE-2023-1234", URLs
	// Proof is how an active check showed it; nil for what is plain to see.
	Proof *Proof `json:"proof,omitempty"`
}

// Proof is how a finding was shown, in a form that a person can repeat.
type Proof struct {
	// Words are the difference in a sentence: with which value the shop answered how.
	Words i18n.Text `json:"words"`
	// Steps are the fewest exchanges that show it, in order.
	Steps []ProofStep `json:"steps,omitempty"`
	// Curl repeats the decisive request; secrets in it are masked.
	Curl string `json:"curl,omitempty"`
	// Agreed of Tried repetitions with fresh values agreed.
	Agreed int `json:"agreed,omitempty"`
	Tried  int `json:"tried,omitempty"`
}

// ProofStep is one exchange of a proof.
type ProofStep struct {
	Value    string          `json:"value,omitempty"` // what was put into the parameter
	Called   i18n.Text       `json:"called,omitzero"` // what it was, where the value itself tells nobody anything
	Saw      i18n.Text       `json:"saw"`             // what the answer showed
	Evidence wire.ExchangeID `json:"evidence"`
}

// Confidence says how sure a finding is.
type Confidence string

// The confidences (確認済, 該当の可能性).
const (
	Confirmed Confidence = "confirmed"
	Possible  Confidence = "possible"
)

// Result is a check's outcome for one site.
type Result struct {
	Check    string          `json:"check"`
	Verdict  verdict.Verdict `json:"verdict"`
	Reason   Reason          `json:"reason,omitzero"`
	Examined int             `json:"examined"`
	Findings []Finding       `json:"findings,omitempty"`
	// Notes are facts worth showing that are no fault ("PSP: Stripe, iframe").
	Notes []Note `json:"notes,omitempty"`
}

// Reason says in words why a verdict is not simply Met or NotMet. Message is
// Japanese source text with {names}; the catalogue has the English.
type Reason struct {
	Message string    `json:"message,omitempty"`
	Args    i18n.Args `json:"args,omitempty"`
}

// In is the reason in a language.
func (r Reason) In(l i18n.Lang) string { return i18n.T(l, r.Message, r.Args) }

// Note is a fact a check wants in the report's inventories.
type Note struct {
	Kind  string               `json:"kind"` // "software", "script", "payment", "certificate", "port"…
	Where string               `json:"where"`
	Args  i18n.Args            `json:"args,omitempty"`
	Words map[string]i18n.Text `json:"words,omitempty"`
}

// Suite is one room's checks in the order of the report, with their texts.
type Suite struct {
	Name   string
	Title  i18n.Text
	Checks []*Check
	Texts  embed.FS // <check>.md files
	// Long says that the checks ask much of the shop, so that those of other
	// suites begin first: what ends a run early then costs the fewest verdicts.
	Long bool
}

// masked is the copy of p that is kept and shown.
func (p *Proof) masked(m *wire.Masker) *Proof {
	q := *p
	q.Words = i18n.Text{JA: m.Text(p.Words.JA), EN: m.Text(p.Words.EN)}
	q.Curl = m.Text(p.Curl)
	q.Steps = make([]ProofStep, len(p.Steps))
	for i, s := range p.Steps {
		q.Steps[i] = ProofStep{m.Text(s.Value), s.Called, i18n.Text{JA: m.Text(s.Saw.JA), EN: m.Text(s.Saw.EN)}, s.Evidence}
	}
	return &q
}
