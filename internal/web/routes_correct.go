package web

import "miseban/internal/account"

// correctors compare the data of editions with the originals.
var correctors = []account.Role{account.Clerk, account.Operator}

// correctRoutes are corrections of editions, what an office found in the
// original, and a look at editions of others.
var correctRoutes = []route{
	{method: "GET", pattern: "/guidelines/{edition}/corrections", do: (*Server).correctionsPage, who: correctors},
	{method: "GET", pattern: "/guidelines/{edition}/corrections/new", do: (*Server).correctionPage, who: correctors, fresh: true},
	{method: "POST", pattern: "/guidelines/{edition}/corrections/new", do: (*Server).correctEdition, who: correctors, fresh: true},
	{method: "GET", pattern: "/guidelines/library", do: (*Server).libraryPage, who: correctors},
	{method: "POST", pattern: "/guidelines/library", do: (*Server).readLibrary, who: correctors, most: libraryMost + most, slow: true},
}
