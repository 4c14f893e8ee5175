package web

import "miseban/internal/account"

// checklistRoutes are the checklists of a shop: answering, documents,
// judgement, workbooks, and the executive's instructions.
var checklistRoutes = []route{
	{method: "GET", pattern: "/shops/{shop}/checklists", do: (*Server).checklistsPage, on: onShop, who: onlooker},
	{method: "GET", pattern: "/shops/{shop}/checklists/instructions", do: (*Server).instructionsPage, on: onShop, who: answerers},
	{method: "POST", pattern: "/shops/{shop}/checklists/instructions", do: (*Server).instruct, on: onShop, who: []account.Role{account.Executive}},
	{method: "GET", pattern: "/shops/{shop}/checklists/instructions/{instruction}", do: (*Server).instructionPage, on: onShop, who: answerers},
	{method: "POST", pattern: "/shops/{shop}/checklists/instructions/{instruction}/reply", do: (*Server).replyInstruction, on: onShop, who: answerers},
	{method: "POST", pattern: "/shops/{shop}/checklists/instructions/{instruction}/decide", do: (*Server).decideInstruction, on: onShop, who: []account.Role{account.Executive}},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}", do: (*Server).checklistPage, on: onShop, who: onlooker},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/release", do: (*Server).release, on: onShop, who: []account.Role{account.Executive}, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/take-back", do: (*Server).takeBack, on: onShop, who: []account.Role{account.Executive}},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/parts/{part}", do: (*Server).checklistPartPage, on: onShop, who: onlooker},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}", do: (*Server).questionPage, on: onShop, who: onlooker},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}", do: (*Server).answer, on: onShop, who: answerers},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/comments", do: (*Server).commentAnswer, on: onShop, who: commenters},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/accept", do: (*Server).acceptAnswer, on: onShop, who: judges},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/evidence", do: (*Server).addEvidence, on: onShop, who: answerers, most: evidenceMost + most},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/evidence/{evidence}", do: (*Server).evidenceFile, on: onShop, who: commenters, stream: true},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/questions/{question}/evidence/{evidence}/remove", do: (*Server).removeEvidence, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/excel", do: (*Server).checklistBook, on: onShop, who: onlooker, stream: true},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/excel", do: (*Server).readBook, on: onShop, who: answerers, most: bookMost + most},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/excel/save", do: (*Server).saveBook, on: onShop, who: answerers, most: 8 * most},
	{method: "GET", pattern: "/shops/{shop}/checklists/{edition}/requirements/{requirement}", do: (*Server).requirementPage, on: onShop, who: onlooker},
	{method: "POST", pattern: "/shops/{shop}/checklists/{edition}/requirements/{requirement}/overrule", do: (*Server).overrule, on: onShop, who: judges},
}

// Who answers, who speaks and reads documents beside the answers, and who judges them.
var (
	answerers  = []account.Role{account.Executive, account.Practitioner, account.Maintainer}
	commenters = []account.Role{account.Executive, account.Practitioner, account.Maintainer, account.Diagnostician, account.Reviewer}
	judges     = []account.Role{account.Diagnostician}
)
