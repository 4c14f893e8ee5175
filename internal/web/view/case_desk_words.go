package view

import (
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
)

// CaseHead is the frame of a page about a case, for the side that looks at it:
// the programme's people, or the shop's.
type CaseHead struct {
	ProgrammeHead
	ShopHead
	Case   programme.Case
	Base   string // address of the case on this side
	OnShop bool
	Parts  []Item
}

func (h CaseHead) at(part string) string { return h.Base + part }

// Answering says how far a checklist is answered.
type Answering struct {
	Title, URL      string
	Answered, Asked int
}

// Environment is the environment sheet of a case.
type Environment struct {
	CaseHead
	Rows      []EnvironmentRow
	Checklist *Answering // nil: the case has no shop yet
	Accounts  []account.TestAccount
	HandedIn  time.Time
	MayFill   bool
	MayHandIn bool
	Problems  account.Problems
}

// open counts what is not answered yet.
func (f Environment) open() (n int) {
	for _, r := range f.Rows {
		if s, _ := r.Item.State(r.Values); s == programme.SheetMissing {
			n++
		}
	}
	if f.Checklist != nil {
		n += f.Checklist.Asked - f.Checklist.Answered
	}
	return n
}

// EnvironmentRow is one item of a sheet with what stands in it.
type EnvironmentRow struct {
	Item     *programme.SheetItem
	Values   map[string]string
	Revision int
	At       time.Time
	By       string
	// Other is what somebody else saved meanwhile, when the form was not accepted for that.
	Other    map[string]string
	Problems account.Problems
}
