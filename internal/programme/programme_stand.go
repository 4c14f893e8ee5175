package programme

import (
	"slices"

	"miseban/internal/account"
)

// gives says which of the roles that a member of an organisation of a kind has
// count before a programme that the organisation takes part in. What is not
// here is denied.
var gives = map[account.Kind][]account.Role{
	account.Office:   {account.Clerk, account.Approver, account.Observer, account.Member},
	account.Ministry: {account.Approver, account.Observer, account.Member},
	account.Partner:  {account.Observer, account.Member},
	account.Firm:     {account.Diagnostician, account.Reviewer},
	account.Surveyor: {account.Interviewer, account.Coder},
}

// Joins says whether organisations of a kind can be made bodies of a programme;
// only one office runs it.
func Joins(k account.Kind) bool { return k != account.Office && gives[k] != nil }

// Kinds lists the kinds that Joins accepts, in the order of choices on a page.
func Kinds() []account.Kind {
	return slices.DeleteFunc(slices.Clone(account.Kinds), func(k account.Kind) bool { return !Joins(k) })
}

// Roles are the roles with which an actor stands before the programme: those he
// has in its office and in the bodies that take part, and that of an operator.
func (p *Programme) Roles(a *account.Actor) []account.Role {
	var out []account.Role
	for _, r := range account.Roles {
		if r == account.Operator && a.Has(r) || slices.ContainsFunc(a.Members, func(m account.Membership) bool { return p.counts(&m, r) }) {
			out = append(out, r)
		}
	}
	return out
}

// counts says whether a role that a membership holds is one before the programme.
func (p *Programme) counts(m *account.Membership, r account.Role) bool {
	o := &m.Organisation
	part := o.ID == p.Office || o.Kind != account.Office && slices.ContainsFunc(p.Bodies, func(b account.Organisation) bool { return b.ID == o.ID })
	return part && slices.Contains(gives[o.Kind], r) && slices.Contains(m.Roles, r)
}

// Approves says for which organisation an actor may approve what another one,
// the proposer, proposed: one that takes part in the programme and in which he
// is an approver. Who belongs to the proposer himself approves nothing of it.
func (p *Programme) Approves(a *account.Actor, proposer account.ID) (as account.ID, may bool) {
	if a.In(proposer) != nil {
		return "", false
	}
	for i := range a.Members {
		if m := &a.Members[i]; p.counts(m, account.Approver) {
			return m.Organisation.ID, true
		}
	}
	return "", false
}

// Signers are the bodies that have approvers who can approve what the office proposes.
func (p *Programme) Signers() (out []account.Organisation) {
	for _, b := range p.Bodies {
		if b.ID != p.Office && slices.Contains(gives[b.Kind], account.Approver) {
			out = append(out, b)
		}
	}
	return out
}
