package web

import "miseban/internal/account"

// council are the roles that see committees of a programme; which papers they
// may read, and how much of each, the store decides by their seats.
var council = []account.Role{account.Clerk, account.Approver, account.Observer, account.Member}

// committeeRoutes are committees as their office keeps them, and papers as
// their readers see them: by who is signed in, or by everybody.
var committeeRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/committee", do: (*Server).committeesPage, on: onProgramme, who: council},
	{method: "POST", pattern: "/programmes/{programme}/committee", do: (*Server).addCommittee, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/committee/{committee}", do: (*Server).committeePage, on: onProgramme, who: council},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/seats", do: (*Server).giveSeat, on: onProgramme, who: clerks, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/seats/{person}/remove", do: (*Server).takeSeat, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/meetings", do: (*Server).addMeeting, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/actions", do: (*Server).addAction, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/actions/{action}", do: (*Server).settleAction, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers", do: (*Server).addPaper, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/reports", do: (*Server).makeReport, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}/figures", do: (*Server).renewReport, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}", do: (*Server).paperEditor, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}", do: (*Server).savePaper, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}/parts", do: (*Server).savePart, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}/files", do: (*Server).addPaperFile, on: onProgramme, who: clerks, most: 11 << 20},
	{method: "POST", pattern: "/programmes/{programme}/committee/{committee}/papers/{paper}/files/{file}/remove", do: (*Server).removePaperFile, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/papers", do: (*Server).papersPage, open: true},
	{method: "GET", pattern: "/papers/{paper}", do: (*Server).paperPage, open: true},
	{method: "GET", pattern: "/papers/{paper}/pdf", do: (*Server).paperFile, open: true, stream: true},
	{method: "GET", pattern: "/papers/{paper}/word", do: (*Server).paperFile, open: true, stream: true},
	{method: "GET", pattern: "/papers/{paper}/files/{file}", do: (*Server).paperAttachment, open: true, stream: true},
}
