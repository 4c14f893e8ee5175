// Package checks joins the suites in the order of the report.
package checks

import (
	"miseban/internal/check"
	"miseban/internal/checks/access"
	"miseban/internal/checks/cookie"
	"miseban/internal/checks/dns"
	"miseban/internal/checks/exposure"
	"miseban/internal/checks/form"
	"miseban/internal/checks/header"
	"miseban/internal/checks/inject"
	"miseban/internal/checks/login"
	"miseban/internal/checks/network"
	"miseban/internal/checks/payment"
	"miseban/internal/checks/robust"
	"miseban/internal/checks/script"
	"miseban/internal/checks/session"
	"miseban/internal/checks/software"
	"miseban/internal/checks/tls"
)

// All are the suites in the order of the report.
var All = []*check.Suite{
	payment.Suite, script.Suite, inject.Suite, exposure.Suite, software.Suite, tls.Suite, access.Suite, login.Suite, session.Suite,
	cookie.Suite, form.Suite, header.Suite, network.Suite, dns.Suite, robust.Suite,
}

// Find returns the check of that name and its suite; nil, nil when there is none.
func Find(name string) (*check.Check, *check.Suite) {
	for _, s := range All {
		for _, c := range s.Checks {
			if c.Name == name {
				return c, s
			}
		}
	}
	return nil, nil
}

// Catalogue is Find for callers that want the check alone.
func Catalogue(name string) *check.Check {
	c, _ := Find(name)
	return c
}
