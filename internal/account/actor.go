package account

import (
	"slices"
	"time"
)

// Actor is a signed-in person with all memberships: who asks.
type Actor struct {
	Person  Person
	Members []Membership
}

// Roles are all roles the actor has anywhere.
func (a *Actor) Roles() []Role {
	var out []Role
	for _, r := range Roles {
		if slices.ContainsFunc(a.Members, func(m Membership) bool { return slices.Contains(m.Roles, r) }) {
			out = append(out, r)
		}
	}
	return out
}

// Has says whether the actor has one of the roles anywhere.
func (a *Actor) Has(roles ...Role) bool {
	return slices.ContainsFunc(a.Roles(), func(r Role) bool { return slices.Contains(roles, r) })
}

// In finds the actor's membership of an organisation; nil when there is none.
func (a *Actor) In(org ID) *Membership {
	for i := range a.Members {
		if a.Members[i].Organisation.ID == org {
			return &a.Members[i]
		}
	}
	return nil
}

// Of lists the organisations of a kind in which the actor has one of the roles.
func (a *Actor) Of(k Kind, roles ...Role) []Organisation {
	var out []Organisation
	for _, m := range a.Members {
		if m.Organisation.Kind == k && slices.ContainsFunc(m.Roles, func(r Role) bool { return slices.Contains(roles, r) }) {
			out = append(out, m.Organisation)
		}
	}
	return out
}

// OnOrganisation are the roles with which the actor stands before an
// organisation: those in it, and that of an operator.
func (a *Actor) OnOrganisation(org ID) []Role {
	var out []Role
	if m := a.In(org); m != nil {
		out = slices.Clone(m.Roles)
	}
	if a.Has(Operator) && !slices.Contains(out, Operator) {
		out = append(out, Operator)
	}
	return out
}

// OnShop are the roles with which the actor stands before a shop: those in the
// organisation it belongs to, those that a valid grant gives, and that of an
// operator. Nobody diagnoses or reviews a shop that his own firm builds or
// maintains, whatever was granted.
func (a *Actor) OnShop(s *Shop, grants []Grant, at time.Time) []Role {
	got := map[Role]bool{}
	if m := a.In(s.Organisation); m != nil {
		for _, r := range m.Roles {
			got[r] = true
		}
	}
	for _, g := range grants {
		m := a.In(g.Organisation)
		if m == nil || !g.Valid(at) {
			continue
		}
		for _, r := range m.Roles {
			if as, ok := g.As.gives(r); ok {
				got[as] = true
			}
		}
	}
	if a.builds(s, grants) {
		delete(got, Diagnostician)
		delete(got, Reviewer)
	}
	if a.Has(Operator) {
		got[Operator] = true
	}
	var out []Role
	for _, r := range Roles {
		if got[r] {
			out = append(out, r)
		}
	}
	return out
}

// builds says whether one of the actor's organisations builds or maintains the
// shop: it operates it, it has or had a grant as contractor, or it bears the
// corporate number that the shop names.
func (a *Actor) builds(s *Shop, grants []Grant) bool {
	return slices.ContainsFunc(a.Members, func(m Membership) bool { return Builds(&m.Organisation, s, grants) })
}

// Builds says whether an organisation stands too near to a shop to diagnose it.
func Builds(o *Organisation, s *Shop, grants []Grant) bool {
	if o.ID == s.Organisation {
		return true
	}
	if o.Number != "" && (o.Number == s.Builder.Number || o.Number == s.Maintenance.Number) {
		return true
	}
	return slices.ContainsFunc(grants, func(g Grant) bool { return g.Organisation == o.ID && g.As == AsContractor })
}

// As says what a shop lets another organisation be.
type As string

// What a grant can make of an organisation.
const (
	AsContractor As = "contractor" // sees findings, answers, mends
	AsFirm       As = "firm"       // diagnoses and reviews
	AsOffice     As = "office"     // accompanies the shop through the programme
)

// gives says as what a member with role r stands before the shop.
func (as As) gives(r Role) (Role, bool) {
	switch {
	case as == AsContractor && (r == Maintainer || r == Executive):
		return Maintainer, true
	case as == AsFirm && (r == Diagnostician || r == Reviewer):
		return r, true
	case as == AsOffice && (r == Clerk || r == Approver || r == Observer):
		return r, true
	}
	return "", false
}

// Gives says whether a grant gives a member with these roles any role before the shop.
func (as As) Gives(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { _, ok := as.gives(r); return ok })
}

// KindOf is the kind of organisation that a grant is for.
func (as As) KindOf() Kind {
	return map[As]Kind{AsContractor: Contractor, AsFirm: Firm, AsOffice: Office}[as]
}

// Grant is a shop's word that an organisation may work for it.
type Grant struct {
	ID           ID
	Shop         ID
	Organisation ID
	As           As
	From, Until  time.Time // Until is the first moment at which it no longer holds
	Revoked      time.Time
	By           ID
}

// Valid says whether the grant holds at a moment.
func (g *Grant) Valid(at time.Time) bool {
	return g.Revoked.IsZero() && !at.Before(g.From) && at.Before(g.Until)
}
