package web

import "miseban/internal/account"

// signers approve what an office proposes: the handler makes sure that it is
// another organisation's.
var signers = []account.Role{account.Approver}

// selectionRoutes are the choice among a programme's applicants.
var selectionRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/selection", do: (*Server).selectionPage, on: onProgramme, who: judging},
	{method: "POST", pattern: "/programmes/{programme}/selection/seed", do: (*Server).sealSeed, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/selection/new", do: (*Server).newChoicePage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/selection/runs", do: (*Server).runChoice, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/selection/compare", do: (*Server).compareChoicesPage, on: onProgramme, who: judging},
	{method: "GET", pattern: "/programmes/{programme}/selection/log", do: (*Server).choiceLogFile, on: onProgramme, who: judging, stream: true},
	{method: "GET", pattern: "/programmes/{programme}/selection/runs/{choice}", do: (*Server).choicePage, on: onProgramme, who: judging},
	{method: "GET", pattern: "/programmes/{programme}/selection/runs/{choice}/record", do: (*Server).choiceFile, on: onProgramme, who: judging, stream: true},
	{method: "POST", pattern: "/programmes/{programme}/selection/runs/{choice}/marks", do: (*Server).markChoice, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/selection/runs/{choice}/propose", do: (*Server).proposeChoice, on: onProgramme, who: clerks, fresh: true},
	{method: "GET", pattern: "/programmes/{programme}/selection/reserves", do: (*Server).reservesPage, on: onProgramme, who: judging},
	{method: "POST", pattern: "/programmes/{programme}/selection/reserves", do: (*Server).proposeMoveUp, on: onProgramme, who: clerks, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/selection/proposals/{proposal}", do: (*Server).answerProposal, on: onProgramme, who: signers, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/selection/proposals/{proposal}/take-back", do: (*Server).takeBackProposal, on: onProgramme, who: clerks},
}
