// Package report puts an assessment into words: one Document in one language,
// which every format renders.
package report

import (
	"cmp"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

// Document is a whole report in one language: sections for people, and the
// same facts as data for the formats that machines read.
type Document struct {
	Lang     i18n.Lang
	Title    string
	Subtitle string
	Shop     string // start URL
	// Mark stands on the cover and in the head of each page: who may read it. Empty: 取扱注意.
	Mark     string
	Made     time.Time
	Zone     *time.Location // for times people read; nil: Asia/Tokyo
	Run      RunFacts
	Grade    Grade
	Sections []Section

	Findings     []Finding     // what to do first, first
	Requirements []Requirement // all editions, in reading order
	// Spoken says that a registered shop speaks beside the diagnosis: its answers are judged with it.
	Spoken   bool
	Checks   []Check // every check with its outcome, in the order of the suites
	Software []Item
	Scripts  []Item
	Ledger   Ledger
	Terms    []Term
	// Limits are what could not be examined, in words; SARIF carries them as notifications.
	Limits []Limit
}

// Secrecy is the mark on the cover and in the head of each page.
func (d *Document) Secrecy() string {
	return cmp.Or(d.Mark, confidential.In(d.Lang))
}

var confidential = i18n.Text{JA: "取扱注意", EN: "Confidential"}

// RunFacts are the facts of the run that machines want.
type RunFacts struct {
	ID, Parent, Version, Level string
	Started, Ended             time.Time
	State                      string
	IntelVersion               string
	IntelIssued                time.Time
	Browser                    string
	Requests                   int
	Pages                      int
}

// Grade is the overall verdict in words.
type Grade struct {
	ID     string // assessment.Grade
	Name   string // short: 「至急の対応が必要です」
	Advice string // one or two sentences
	Tone   Tone
}

// Tone is how a piece is coloured; each also has a word or sign, colour alone says nothing.
type Tone string

// The tones.
const (
	Good    Tone = "good"
	Bad     Tone = "bad"
	Warn    Tone = "warn"
	Neutral Tone = "neutral"
	Unknown Tone = "unknown"
)

// Section is a chapter. ID is stable and used as anchor and bookmark.
type Section struct {
	ID, Title string
	// Page says that print formats begin a new page here.
	Page   bool
	Blocks []Block
}

// Block is one piece of a section. The kinds are the types of this file that have the method.
type Block interface{ block() }

// Heading begins a part of a section. Level is 2 or 3.
type Heading struct {
	Level int
	ID    string
	Text  string
}

// Prose is Markdown: paragraphs, lists, `code`, fenced code, **bold**, links.
type Prose struct{ Markdown string }

// Facts is a list of names and values.
type Facts struct{ Rows []Fact }

// Fact is one name with its value.
type Fact struct {
	Name, Value string
	Tone        Tone
}

// Table has a head, rows and relative column widths (nil: equal).
type Table struct {
	Caption string
	Head    []string
	Rows    [][]Cell
	Widths  []float64
}

// Cell is one cell. Link is an anchor in the document ("#finding-1") or empty.
type Cell struct {
	Text string
	Tone Tone
	Link string
	Code bool // monospaced, may break anywhere
}

// Callout is a box that must not be overlooked.
type Callout struct {
	Tone     Tone
	Title    string
	Markdown string
}

// Bars is a small bar chart with its numbers as text.
type Bars struct {
	Caption string
	Rows    []Bar
}

// Bar is one bar.
type Bar struct {
	Label string
	Value int
	Tone  Tone
}

// Code is text as it went over the wire: evidence. It is data, never markup.
type Code struct {
	Caption, Text string
}

// FindingCard shows Document.Findings[Index] in full.
type FindingCard struct{ Index int }

func (Heading) block()     {}
func (Prose) block()       {}
func (Facts) block()       {}
func (Table) block()       {}
func (Callout) block()     {}
func (Bars) block()        {}
func (Code) block()        {}
func (FindingCard) block() {}

// Finding is one finding in words and as data.
type Finding struct {
	Number      int    // 1… in order of priority
	ID          string // "F-01"
	Fingerprint string // stable over runs of one shop: check, place, parameter, case
	Check       string
	Suite       string
	Title       string
	Severity    check.Severity
	Confidence  check.Confidence
	SeverityName, ConfidenceName,
	EffortName, FixerName string
	Method, URL, Where, Parameter string
	// Place is Where in words for people.
	Place string
	// Seen, Why, Operator, Developer are Markdown.
	Seen, Why, Operator, Developer string
	References                     []Reference
	CWE                            int
	CVSS31, CVSS40                 string
	Score31, Score40               float64  // 0 when there is no vector
	Requirements                   []string // "構築時 要件9"
	RequirementIDs                 []string // "ipa-ec-2023/build-9"
	Evidence                       []Evidence
	Excerpt                        string
	Proof                          *Proof // nil for what is plain to see
	Tone                           Tone
}

// Reference is a source of a finding; URL may be empty (CWE and JVN get theirs).
type Reference struct{ Text, URL string }

// Evidence is one masked exchange behind a finding.
type Evidence struct {
	ID           wire.ExchangeID
	At           time.Time
	Method, URL  string
	Status       int
	RequestHead  string
	ResponseHead string
	Body         string // a masked part that shows it, capped
}

// Requirement is one row of an edition with its judgement.
type Requirement struct {
	Edition, EditionTitle string
	EditionRevision       string // of the data by which it is judged
	Part, PartTitle       string
	ID, Number, Title     string
	TitleVerified         bool
	Text                  string
	Level                 string // 必須… or 原文未確認
	LevelVerified         bool
	Verdict               verdict.Verdict
	VerdictName           string // in the edition's own words where it has some
	Declared              bool   // met by the shop's own word alone: counted apart
	Duty, DutyName        string // whose work it is where the shop is on a service; else ""
	Tone                  Tone
	Reason                string
	Basis                 []Basis
	Answers               []Answered
	Contradictions        []Contradiction
	How                   []Fact // who → what to do
	Questions             []Question
	Danger                string
	Findings              []int // Numbers
}

// Basis is one check a judgement rests on, in words.
type Basis struct {
	Check, Title, Effect string
	Verdict              verdict.Verdict
	VerdictName          string
	Tone                 Tone
}

// Answered is what the shop says to a question of a requirement.
type Answered struct {
	Question, Text string
	Value          string // one of the question's choices
	Answer         string // the same with what it rests on: 「実施済（自己申告）」
	Day, Reason    string
	Documents      int
}

// Contradiction is an answer that cannot be true together with what a check saw.
type Contradiction struct {
	Question, Text, Answer string
	Check, Title           string
	Verdict                verdict.Verdict
	VerdictName            string
	Tone                   Tone
	Findings               []int  // Numbers
	Words                  string // the same in a sentence
}

// Question is one self-check question for the checklist.
type Question struct {
	ID, Text, Explain, Evidence, Who string
	Choices                          []string
}

// Check is one check's outcome in words.
type Check struct {
	Name, Suite, SuiteTitle, Title string
	Level                          string
	Verdict                        verdict.Verdict
	VerdictName, Reason            string
	Tone                           Tone
	Examined, Findings             int
}

// Item is one line of an inventory.
type Item struct {
	Name, Version, Where, Note string
	Tone                       Tone
}

// Ledger is the summary of what was sent.
type Ledger struct {
	Requests, Connects, Handshakes, Lookups, Refused int
	Bytes                                            int64
	First, Last                                      time.Time
	ByCheck                                          []LedgerRow
	ByStatus                                         []LedgerRow
	LastSum                                          string // end of the hash chain
	Intact                                           bool
	MaxIn10s                                         int // most requests to one address in any 10 s
}

// LedgerRow is a count under a name.
type LedgerRow struct {
	Name  string
	Count int
}

// Term explains one word of the report.
type Term struct{ Word, Meaning string }

// Limit is something that was not examined, and why.
type Limit struct {
	What, Why string
	Check     string
}
