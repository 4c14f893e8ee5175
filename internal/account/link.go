package account

import (
	"slices"
	"time"
)

// Purpose is the one thing a link is for.
type Purpose string

// The purposes of links.
const (
	Join  Purpose = "join"  // become a member of an organisation
	Offer Purpose = "offer" // take on a shop for one's own organisation
	Reset Purpose = "reset" // choose a new password for an account that exists
	Reply Purpose = "reply" // answer a request to a contractor

	Delegate Purpose = "delegate" // answer one question of a checklist
	Hand     Purpose = "hand"     // register a shop that somebody else prepared
	Hearing  Purpose = "hearing"  // answer the questions of a survey
	Enrol    Purpose = "enrol"    // take part in a programme with a shop
)

// Link is an invitation that travels by mail. Its token is kept as a
// fingerprint; opening it shows what it is for, and only a POST takes it.
type Link struct {
	ID           ID
	Purpose      Purpose
	Organisation ID        // Join: which to become a member of
	Roles        []Role    // Join: as what
	Shop         ID        // Offer: which shop
	As           As        // Offer: as what
	Until        time.Time // Offer: how long the grant will hold
	Person       ID        // Reset: whose password
	Object       ID        // Reply, Delegate, Hand, Hearing, Enrol: what it opens
	Name         string    // Reply, Delegate, Hearing: for whom it was made
	Mail         string    // to whom it was sent; says nothing about who takes it
	By           ID
	Created      time.Time
	Expires      time.Time
	Used         time.Time
	Revoked      time.Time
}

// LinkLife is how long an invitation can be taken.
const LinkLife = 7 * 24 * time.Hour

// HandLife is how long a prepared shop can be registered by its link.
const HandLife = 30 * 24 * time.Hour

// DelegateLife is how long a link to one question can be used.
const DelegateLife = 14 * 24 * time.Hour

// HearingLife is how long a link to a survey can be used.
const HearingLife = 30 * 24 * time.Hour

// ResetLife is how long a link to a new password can be taken.
const ResetLife = 24 * time.Hour

// MayReset says whether by may make a link with which who chooses a new
// password: an executive for the people of the own organisation who belong to
// no other, because such a link opens everything that who may see; an operator
// for everybody else.
func MayReset(by, who *Actor, org ID) bool {
	if by.Person.ID == who.Person.ID || who.In(org) == nil {
		return false
	}
	if by.Has(Operator) {
		return true
	}
	m := by.In(org)
	return m != nil && slices.Contains(m.Roles, Executive) && len(who.Members) == 1
}

// Open says whether the link can still be taken.
func (l *Link) Open(at time.Time) bool {
	return l.Used.IsZero() && l.Revoked.IsZero() && at.Before(l.Expires)
}
