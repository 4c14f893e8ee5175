package web

import "miseban/internal/account"

// organisationRoutes are organisations and their people.
var organisationRoutes = []route{
	{method: "GET", pattern: "/organisations", do: (*Server).organisationsPage, who: anyone},
	{method: "GET", pattern: "/organisations/new", do: (*Server).newOrganisationPage, who: []account.Role{account.Operator}},
	{method: "POST", pattern: "/organisations", do: (*Server).newOrganisation, who: []account.Role{account.Operator}},
	{method: "GET", pattern: "/organisations/{organisation}", do: (*Server).organisationPage, on: onOrganisation},
	{method: "POST", pattern: "/organisations/{organisation}/invite", do: (*Server).invite, on: onOrganisation, who: managers, fresh: true},
	{method: "POST", pattern: "/organisations/{organisation}/links/{link}/revoke", do: (*Server).revokeInvitation, on: onOrganisation, who: managers},
	{method: "GET", pattern: "/organisations/{organisation}/people/{person}", do: (*Server).memberPage, on: onOrganisation, who: managers},
	{method: "POST", pattern: "/organisations/{organisation}/people/{person}", do: (*Server).setRoles, on: onOrganisation, who: managers, fresh: true},
	{method: "POST", pattern: "/organisations/{organisation}/people/{person}/remove", do: (*Server).removeMember, on: onOrganisation, who: managers, fresh: true},
	{method: "POST", pattern: "/organisations/{organisation}/people/{person}/reset", do: (*Server).makeReset, on: onOrganisation, who: managers, fresh: true},
}

// managers look after the people of an organisation.
var managers = []account.Role{account.Executive, account.Operator}
