package web

import (
	"slices"

	"miseban/internal/account"
)

// Who stands before a case on the shop's side: its own people, who works for
// it, and of the firms those whom it lets in.
var (
	caseWriters = answerers
	caseLookers = append([]account.Role{account.Diagnostician, account.Reviewer}, answerers...)
)

// both is a line for each side of a case: the programme's people, and the shop's.
func both(rt route, part string, programme, shop []account.Role) []route {
	a, b := rt, rt
	a.pattern, a.on, a.who = "/programmes/{programme}/cases/{case}"+part, onProgramme, programme
	b.pattern, b.on, b.who = "/shops/{shop}/cases/{case}"+part, onShop, shop
	return []route{a, b}
}

// stepRoutes are the five steps of a case.
var stepRoutes = slices.Concat(
	both(route{method: "GET", do: (*Server).sheetPage}, "/sheet", caseDesk, caseLookers),
	both(route{method: "POST", do: (*Server).saveSheet}, "/sheet/{item}", caseDesk, caseWriters),
	both(route{method: "GET", do: (*Server).gatePage}, "/gate", caseDesk, caseLookers),
	both(route{method: "POST", do: (*Server).recordTrial}, "/trials", caseDesk, []account.Role{account.Diagnostician}),
	[]route{
		{method: "POST", pattern: "/programmes/{programme}/cases/{case}/calls", do: (*Server).recordCall, on: onProgramme, who: caseDesk},
		{method: "POST", pattern: "/programmes/{programme}/cases/{case}/assign", do: (*Server).assign, on: onProgramme, who: caseDesk, fresh: true},
		{method: "POST", pattern: "/shops/{shop}/cases/{case}/review", do: (*Server).review, on: onShop, who: []account.Role{account.Reviewer}, fresh: true},
		{method: "POST", pattern: "/shops/{shop}/cases/{case}/hand-in", do: (*Server).handIn, on: onShop, who: staff},
	},
)
