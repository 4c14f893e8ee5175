package web

import "miseban/internal/account"

// operatorRoutes are for those who keep this Miseban running.
var operatorRoutes = []route{
	{method: "GET", pattern: "/operator", do: (*Server).operatorPage, who: operators},
	{method: "POST", pattern: "/operator/stop", do: (*Server).stopEverything, who: operators},
	{method: "POST", pattern: "/operator/release", do: (*Server).releaseEverything, who: operators, fresh: true},
}

var operators = []account.Role{account.Operator}
