package web

// delegateRoutes give one question of a checklist to a named person by link.
var delegateRoutes = []route{
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/delegate", do: (*Server).delegate, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/delegations/{delegation}/revoke", do: (*Server).revokeDelegation, on: onShop, who: staff},
	{method: "GET", pattern: "/answers/{delegated}", do: (*Server).delegatedPage, open: true, slow: true},
	{method: "POST", pattern: "/answers/{delegated}", do: (*Server).answerDelegated, open: true, slow: true},
	{method: "POST", pattern: "/answers/{delegated}/evidence", do: (*Server).addDelegatedEvidence, open: true, slow: true, most: evidenceMost + most},
}
