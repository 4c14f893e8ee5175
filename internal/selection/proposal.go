package selection

import (
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/programme"
)

// Proposal is what the office of a programme asks another organisation to
// approve: a choice, or that one who waits takes a place that became free.
type Proposal struct {
	ID        account.ID    `json:"-"`
	Programme account.ID    `json:"-"`
	Selection account.ID    `json:"-"` // the choice
	Kind      ProposalKind  `json:"-"`
	State     ProposalState `json:"-"`
	At        time.Time     `json:"-"`
	By        account.ID    `json:"-"`
	For       account.ID    `json:"-"` // the organisation that proposes
	Decided   time.Time     `json:"-"`
	DecidedBy account.ID    `json:"-"`
	// DecidedFor is the organisation that approved or sent back.
	DecidedFor account.ID `json:"-"`

	Note   string `json:"note,omitempty"`
	Answer string `json:"answer,omitempty"`
	// Who moves up, and the deviation before and after.
	Application account.ID `json:"application,omitempty"`
	Receipt     string     `json:"receipt,omitempty"`
	Was         int        `json:"was,omitempty"`
	Is          int        `json:"is,omitempty"`
}

// ProposalKind is what a proposal is about.
type ProposalKind string

// The kinds.
const (
	WholeChoice ProposalKind = "choice"
	OneMoveUp   ProposalKind = "move-up"
)

// ProposalState is where a proposal stands.
type ProposalState string

// The states. Nothing leads out of the last three.
const (
	Pending   ProposalState = "open"
	Approved  ProposalState = "approved"
	SentBack  ProposalState = "returned"
	TakenBack ProposalState = "taken-back"
)

var proposalNames = map[ProposalState]i18n.Text{
	Pending:   {JA: "承認待ち", EN: "Waiting for approval"},
	Approved:  {JA: "承認済み", EN: "Approved"},
	SentBack:  {JA: "差し戻し", EN: "Sent back"},
	TakenBack: {JA: "取り消し", EN: "Taken back"},
}

// Name is the word people read.
func (s ProposalState) Name(l i18n.Lang) string { return proposalNames[s].In(l) }

// StageOf is where an application goes that met a fate.
func StageOf(f Fate) programme.Stage {
	switch f {
	case Chosen:
		return programme.Selected
	case Reserve:
		return programme.Reserve
	}
	return programme.NotSelected
}
