// Package workflow says how a finding goes from seen to settled: its states, who
// may move it where, by when it is due, and what a further diagnosis makes of it.
package workflow

import (
	"slices"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// State is where a finding stands.
type State string

// The states.
const (
	New        State = "new"
	Confirmed  State = "confirmed" // somebody has looked at it and agrees
	Working    State = "working"
	Ready      State = "ready"    // mended, as it is said; a retest has to show it
	Resolved   State = "resolved" // a retest on the same scope, or a diagnostician with evidence, has shown it
	FalseAlarm State = "false-alarm"
	Accepted   State = "accepted" // the executive lives with it until a day
)

// States lists the states in the order of work.
var States = []State{New, Confirmed, Working, Ready, Resolved, FalseAlarm, Accepted}

var stateNames = map[State]i18n.Text{
	New:        {JA: "新規", EN: "New"},
	Confirmed:  {JA: "確認済", EN: "Confirmed"},
	Working:    {JA: "対応中", EN: "In progress"},
	Ready:      {JA: "対応済・再診断待ち", EN: "Fixed, awaiting retest"},
	Resolved:   {JA: "解消確認", EN: "Resolved"},
	FalseAlarm: {JA: "誤検知", EN: "False alarm"},
	Accepted:   {JA: "許容", EN: "Accepted"},
}

// Name is the word people read.
func (s State) Name(l i18n.Lang) string { return stateNames[s].In(l) }

// Valid says that s is one of States.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Open says that there is still something to do.
func (s State) Open() bool { return s == New || s == Confirmed || s == Working || s == Ready }

// Miseban stands in the moves table for what happens without a person: a
// diagnosis that looked again, a day that has come.
const Miseban account.Role = ""

// Movers are the roles that the moves table knows, in the order of its pages.
var Movers = []account.Role{account.Executive, account.Practitioner, account.Maintainer, account.Diagnostician, Miseban}

// moves says who may move a finding from which state to which. A pair that does
// not stand here is forbidden.
var moves = map[account.Role]map[State][]State{
	account.Executive: {
		New:       {Confirmed, Working, Ready, Accepted},
		Confirmed: {Working, Ready, Accepted},
		Working:   {Confirmed, Ready, Accepted},
		Ready:     {Working, Accepted},
		Resolved:  {Working},
		Accepted:  {Confirmed, Working},
	},
	account.Practitioner: {
		New:       {Confirmed, Working, Ready},
		Confirmed: {Working, Ready},
		Working:   {Confirmed, Ready},
		Ready:     {Working},
		Resolved:  {Working},
	},
	account.Maintainer: {
		New:       {Confirmed, Working, Ready},
		Confirmed: {Working, Ready},
		Working:   {Confirmed, Ready},
		Ready:     {Working},
	},
	account.Diagnostician: {
		New:        {Confirmed, Resolved, FalseAlarm},
		Confirmed:  {Resolved, FalseAlarm},
		Working:    {Resolved, FalseAlarm},
		Ready:      {Working, Resolved, FalseAlarm},
		Resolved:   {Confirmed, FalseAlarm},
		FalseAlarm: {Confirmed},
	},
	Miseban: {
		New:        {Ready, Resolved},
		Confirmed:  {Ready, Resolved},
		Working:    {Ready, Resolved},
		Ready:      {Working, Resolved},
		Resolved:   {New},
		FalseAlarm: {New},
		Accepted:   {New},
	},
}

// To lists the states to which somebody with the roles may move a finding.
func To(roles []account.Role, from State) []State {
	var out []State
	for _, to := range States {
		if slices.ContainsFunc(roles, func(r account.Role) bool { return slices.Contains(moves[r][from], to) }) {
			out = append(out, to)
		}
	}
	return out
}

// May says whether somebody with the roles may make a move.
func May(roles []account.Role, from, to State) bool { return slices.Contains(To(roles, from), to) }

// AsksReason says that a move to the state needs a reason: the evidence of a
// diagnostician, why it is no fault, why it is lived with.
func (s State) AsksReason() bool { return s == Resolved || s.Lapses() }

// Lapses says that the state holds until a day only, and the finding comes back then.
func (s State) Lapses() bool { return s == FalseAlarm || s == Accepted }

// Longest is how many days a state that lapses may hold.
const Longest = 366
