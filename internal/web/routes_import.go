package web

import "miseban/internal/account"

// importRoutes read lists of shops, and hand on what an office, a firm or a
// contractor prepared.
var importRoutes = []route{
	{method: "GET", pattern: "/organisations/{organisation}/import", do: (*Server).importPage, on: onOrganisation, who: importers},
	{method: "GET", pattern: "/organisations/{organisation}/import/template", do: (*Server).importTemplate, on: onOrganisation, who: importers, stream: true},
	{method: "POST", pattern: "/organisations/{organisation}/import", do: (*Server).readShops, on: onOrganisation, who: importers, slow: true, most: importMost + most},
	{method: "GET", pattern: "/organisations/{organisation}/import/{import}", do: (*Server).importedPage, on: onOrganisation, who: importers},
	{method: "GET", pattern: "/organisations/{organisation}/import/{import}/bad", do: (*Server).badLines, on: onOrganisation, who: importers, stream: true},
	{method: "POST", pattern: "/organisations/{organisation}/import/{import}/confirm", do: (*Server).confirmImport, on: onOrganisation, who: importers, most: 8 * most},
	{method: "POST", pattern: "/organisations/{organisation}/import/{import}/drop", do: (*Server).dropImport, on: onOrganisation, who: importers},
	{method: "GET", pattern: "/organisations/{organisation}/prepared", do: (*Server).preparedPage, on: onOrganisation, who: preparers},
	{method: "GET", pattern: "/organisations/{organisation}/prepared/{prepared}", do: (*Server).preparedShopPage, on: onOrganisation, who: preparers},
	{method: "POST", pattern: "/organisations/{organisation}/prepared/{prepared}/link", do: (*Server).handOver, on: onOrganisation, who: preparers, fresh: true},
	{method: "POST", pattern: "/organisations/{organisation}/prepared/{prepared}/remove", do: (*Server).removePrepared, on: onOrganisation, who: preparers},
}

// Who reads lists of shops: the people of a shop for their own organisation;
// those of offices, firms and contractors prepare shops for others.
var (
	importers = append([]account.Role{account.Executive, account.Practitioner}, preparers[1:]...)
	preparers = []account.Role{account.Executive, account.Maintainer, account.Diagnostician, account.Clerk}
)
