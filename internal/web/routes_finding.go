package web

import "miseban/internal/account"

// findingRoutes are the work list of a shop: what to mend first, who does it,
// what became of it.
var findingRoutes = []route{
	{method: "GET", pattern: "/findings", do: (*Server).causesPage, who: menders},
	{method: "POST", pattern: "/findings/retest", do: (*Server).retestCause, who: menders},
	{method: "GET", pattern: "/shops/{shop}/findings", do: (*Server).findingsPage, on: onShop, who: readers},
	{method: "GET", pattern: "/shops/{shop}/findings/export", do: (*Server).exportFindings, on: onShop, who: readers, stream: true},
	{method: "POST", pattern: "/shops/{shop}/findings", do: (*Server).changeFindings, on: onShop, who: workers},
	{method: "GET", pattern: "/shops/{shop}/findings/{finding}", do: (*Server).findingPage, on: onShop, who: readers},
	{method: "POST", pattern: "/shops/{shop}/findings/{finding}/move", do: (*Server).moveFinding, on: onShop, who: workers},
	{method: "POST", pattern: "/shops/{shop}/findings/{finding}/assign", do: (*Server).assignFinding, on: onShop, who: menders},
	{method: "POST", pattern: "/shops/{shop}/findings/{finding}/comment", do: (*Server).commentFinding, on: onShop, who: workers},
	{method: "POST", pattern: "/shops/{shop}/findings/{finding}/retest", do: (*Server).retestFinding, on: onShop, who: menders},
}

// Who works on findings, and who mends them.
var (
	workers = []account.Role{account.Executive, account.Practitioner, account.Maintainer, account.Diagnostician}
	menders = []account.Role{account.Executive, account.Practitioner, account.Maintainer}
)
