package account

import (
	"slices"
	"strings"
	"time"
)

// Identity is an account elsewhere (OpenID Connect) with which a person signs in here.
type Identity struct {
	ID      ID
	Issuer  string
	Subject string // who it is there: never given to another
	Person  ID
	Created time.Time
	Used    time.Time
}

// InDomains says whether a mail address in its normal form belongs to one of
// the domains itself; a domain below one of them is another's.
func InDomains(mail string, domains []string) bool {
	_, domain, ok := strings.Cut(mail, "@")
	return ok && slices.ContainsFunc(domains, func(d string) bool { return strings.EqualFold(strings.TrimPrefix(d, "@"), domain) })
}
