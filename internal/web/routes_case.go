package web

import "miseban/internal/account"

// caseRoutes lead a shop to its case, and its people through it.
var caseRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/cases/{case}/shop", do: (*Server).caseShopPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/shop", do: (*Server).inviteShop, on: onProgramme, who: caseDesk, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/links/{link}/revoke", do: (*Server).revokeEnrolment, on: onProgramme, who: caseDesk},
	{method: "GET", pattern: "/enrol/{enrol}", do: (*Server).enrolPage, open: true},
	{method: "POST", pattern: "/enrol/{enrol}", do: (*Server).enrol, open: true, slow: true},
	{method: "GET", pattern: "/shops/{shop}/cases", do: (*Server).shopCasesPage, on: onShop, who: onlooker},
	{method: "GET", pattern: "/shops/{shop}/cases/{case}", do: (*Server).shopCasePage, on: onShop, who: onlooker},
	{method: "POST", pattern: "/shops/{shop}/cases/{case}/share", do: (*Server).shareShop, on: onShop, who: []account.Role{account.Executive}, fresh: true},
}
