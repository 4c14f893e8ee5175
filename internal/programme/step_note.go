package programme

import (
	"slices"

	"miseban/internal/i18n"
)

// NoteKind says what was done or agreed about a case.
type NoteKind string

// The kinds of notes.
const (
	NoteCall     NoteKind = "call"
	NoteMail     NoteKind = "mail"
	NoteVisit    NoteKind = "visit"
	NotePromise  NoteKind = "promise" // somebody is to do something by a day
	NoteDecision NoteKind = "decision"
	NoteOther    NoteKind = "note"
)

// NoteKinds lists the kinds in the order of choices on a page.
var NoteKinds = []NoteKind{NoteCall, NoteMail, NoteVisit, NotePromise, NoteDecision, NoteOther}

var noteNames = map[NoteKind]i18n.Text{
	NoteCall:     {JA: "電話", EN: "Call"},
	NoteMail:     {JA: "メール", EN: "Mail"},
	NoteVisit:    {JA: "面談・訪問", EN: "Meeting, visit"},
	NotePromise:  {JA: "約束", EN: "Promise"},
	NoteDecision: {JA: "決定", EN: "Decision"},
	NoteOther:    {JA: "メモ", EN: "Note"},
}

// Name is the word people read.
func (k NoteKind) Name(l i18n.Lang) string { return noteNames[k].In(l) }

// Valid says that k is one of NoteKinds.
func (k NoteKind) Valid() bool { return slices.Contains(NoteKinds, k) }
