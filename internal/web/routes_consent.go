package web

import "miseban/internal/account"

// consentRoutes are what a shop lets be done to it: proof of the domain,
// consent, test accounts, days without diagnosis. Only people of the shop's own
// operator act here; who builds the shop may read what is to be published.
var consentRoutes = []route{
	{method: "GET", pattern: "/shops/{shop}/consent", do: (*Server).consentPage, on: onShop, who: append([]account.Role{account.Maintainer}, agreementReaders...)},
	{method: "POST", pattern: "/shops/{shop}/consent/proof", do: (*Server).seekProof, on: onShop, who: staff, fresh: true, slow: true},
	{method: "GET", pattern: "/shops/{shop}/consent/new", do: (*Server).newConsentPage, on: onShop, who: deciders, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/consent", do: (*Server).newConsent, on: onShop, who: deciders, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/consent/{consent}/withdraw", do: (*Server).withdrawConsent, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/consent/{consent}/agreement", do: (*Server).agreementFile, on: onShop, who: agreementReaders, stream: true},
	{method: "GET", pattern: "/shops/{shop}/consent/accounts/new", do: (*Server).newTestAccountPage, on: onShop, who: staff, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/consent/accounts", do: (*Server).newTestAccount, on: onShop, who: staff, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/consent/accounts/{account}/remove", do: (*Server).removeTestAccount, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/consent/blackouts", do: (*Server).newBlackout, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/consent/blackouts/{blackout}/remove", do: (*Server).removeBlackout, on: onShop, who: staff},
}

// Who decides what is agreed to, and who reads it.
var (
	deciders         = []account.Role{account.Executive}
	agreementReaders = []account.Role{account.Executive, account.Practitioner, account.Diagnostician, account.Reviewer, account.Clerk, account.Approver, account.Operator}
)
