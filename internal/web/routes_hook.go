package web

// hookRoutes hand findings over to the list of tasks of an organisation.
var hookRoutes = []route{
	{method: "GET", pattern: "/organisations/{organisation}/hook", do: (*Server).hookPage, on: onOrganisation, who: menders},
	{method: "POST", pattern: "/organisations/{organisation}/hook", do: (*Server).setHook, on: onOrganisation, who: menders, fresh: true},
	{method: "POST", pattern: "/organisations/{organisation}/hook/remove", do: (*Server).removeHook, on: onOrganisation, who: menders},
	{method: "POST", pattern: "/organisations/{organisation}/hook/test", do: (*Server).testHook, on: onOrganisation, who: menders},
	{method: "POST", pattern: "/organisations/{organisation}/hook/messages/{message}", do: (*Server).hookAgain, on: onOrganisation, who: menders},
	{method: "POST", pattern: "/shops/{shop}/findings/{finding}/ticket", do: (*Server).sendTicket, on: onShop, who: menders},
}
