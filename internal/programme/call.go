package programme

import (
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
)

// How long the links of applicants hold, and how many are sent.
const (
	// ConfirmLife is how long an address can be confirmed.
	ConfirmLife = 24 * time.Hour
	// ApplicantLife is how long a confirmed link opens what its address applied
	// with; a new one can be asked for at any time.
	ApplicantLife = 90 * 24 * time.Hour
	// MostLinksMail and MostLinksNetwork are how many links a day one address is
	// sent, and are sent because of one network.
	MostLinksMail    = 5
	MostLinksNetwork = 40
	// MostDrafts is how many applications one address may begin.
	MostDrafts = 20
)

// ApplicantLink opens, for who reads mails to an address, what was applied
// with from that address. Opening it changes nothing; a POST confirms it.
type ApplicantLink struct {
	ID        account.ID
	Programme account.ID
	Mail      string
	Lang      i18n.Lang
	Network   string // a fingerprint: whence it was asked for
	Created   time.Time
	Confirmed time.Time
	Expires   time.Time
}

// Open says whether the link still holds at a moment.
func (l *ApplicantLink) Open(at time.Time) bool { return at.Before(l.Expires) }
