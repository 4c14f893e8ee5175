package view

import (
	"slices"
	"time"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/store"
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

// Words are what a record of a call, a trial or a review says.
type Words struct {
	Who   string `json:"who,omitempty"`
	Phone string `json:"phone,omitempty"`
	Words string `json:"words,omitempty"`
}

// Said is a record with what it says.
type Said struct {
	programme.Record
	Words Words
}

// DiagnosisPlan says who diagnoses a shop, and when.
type DiagnosisPlan struct {
	Person account.ID `json:"person"`
	Name   string     `json:"name"`
	Firm   string     `json:"firm"`
	Day    string     `json:"day"`
}

// Gate is what opens Step 3, and the review that ends it.
type Gate struct {
	CaseHead
	Lines                                 []programme.GateLine
	Consent                               *account.Consent
	Contacts                              map[string]string
	ContactsRevision                      int
	Calls, Trials, Reviews                []Said
	Plan                                  DiagnosisPlan
	People                                []store.FirmPerson
	Diagnoses                             []store.Diagnosis
	Names                                 map[account.ID]string
	MayCall, MayTry, MayAssign, MayReview bool
	Today                                 string
	Now                                   time.Time
	Problems                              account.Problems
}

// ended are the diagnoses that can be reviewed.
func (f Gate) ended() (out []store.Diagnosis) {
	for _, d := range f.Diagnoses {
		if d.State == store.DiagnosisFinished && !d.Retest {
			out = append(out, d)
		}
	}
	return out
}

// reviewOf is what was said of a diagnosis; nil when nobody has reviewed it.
func (f Gate) reviewOf(id account.ID) *Said {
	for i := range f.Reviews {
		if f.Reviews[i].Name == string(id) {
			return &f.Reviews[i]
		}
	}
	return nil
}

func (f Gate) callees() (out []Choice) {
	for _, n := range []string{"", "2"} {
		if f.Contacts["phone"+n] == "" {
			continue
		}
		c := Choice{Value: "1", Name: f.Contacts["name"+n] + " " + f.Contacts["phone"+n]}
		if n != "" {
			c.Value = n
		}
		out = append(out, c)
	}
	return out
}

func (f Gate) tryable() (out []Choice) {
	if f.Consent != nil {
		for _, n := range f.Consent.Accounts {
			out = append(out, Choice{Value: n, Name: n})
		}
	}
	return out
}

func (f Gate) assignable() (out []Choice) {
	for _, p := range f.People {
		if !p.Builder && slices.Contains(p.Roles, account.Diagnostician) {
			out = append(out, Choice{Value: string(p.ID), Name: p.Name + " (" + p.FirmName + ")", Chosen: p.ID == f.Plan.Person})
		}
	}
	return out
}

func (f Gate) reviewable() (out []Choice) {
	for _, d := range f.ended() {
		out = append(out, Choice{Value: string(d.ID), Name: Moment(d.Created)})
	}
	return out
}
