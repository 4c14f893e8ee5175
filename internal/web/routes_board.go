package web

import "miseban/internal/account"

// Who stands before the cases of a programme.
var (
	// boardReaders see the shops by name: no committee, nobody who only interviews or counts.
	boardReaders = []account.Role{account.Clerk, account.Approver, account.Observer, account.Diagnostician, account.Reviewer, account.Operator}
	caseMovers   = []account.Role{account.Clerk, account.Approver, account.Diagnostician, account.Reviewer}
	caseDesk     = []account.Role{account.Clerk, account.Approver}
)

// boardRoutes are the cases of a programme: the board, each case, calendars.
var boardRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/board", do: (*Server).boardPage, on: onProgramme, who: boardReaders},
	{method: "POST", pattern: "/programmes/{programme}/board", do: (*Server).boardAct, on: onProgramme, who: caseDesk, most: 1 << 20},
	{method: "GET", pattern: "/programmes/{programme}/board/plan", do: (*Server).boardPlanPage, on: onProgramme, who: boardReaders},
	{method: "GET", pattern: "/programmes/{programme}/cases/{case}", do: (*Server).casePage, on: onProgramme, who: boardReaders},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/move", do: (*Server).moveCase, on: onProgramme, who: caseMovers},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/await", do: (*Server).awaitCase, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/plan", do: (*Server).planCase, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/owner", do: (*Server).handOverCase, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/notes", do: (*Server).noteCase, on: onProgramme, who: caseMovers},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/notes/{note}/kept", do: (*Server).keepPromise, on: onProgramme, who: caseMovers},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/facts", do: (*Server).stateFact, on: onProgramme, who: caseMovers},
	{method: "POST", pattern: "/programmes/{programme}/cases/{case}/facts/drop", do: (*Server).dropFact, on: onProgramme, who: caseMovers},
	{method: "GET", pattern: "/programmes/{programme}/cases/{case}/handover", do: (*Server).handoverFile, on: onProgramme, who: caseMovers, stream: true},
	{method: "GET", pattern: "/programmes/{programme}/cases/{case}/handover/word", do: (*Server).handoverFile, on: onProgramme, who: caseMovers, stream: true},
	{method: "GET", pattern: "/programmes/{programme}/calendar", do: (*Server).feedPage, on: onProgramme, who: boardReaders},
	{method: "POST", pattern: "/programmes/{programme}/calendar", do: (*Server).makeFeed, on: onProgramme, who: boardReaders, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/calendar/revoke", do: (*Server).revokeFeed, on: onProgramme, who: boardReaders},
	{method: "GET", pattern: "/calendars/{feed}", do: (*Server).feedFile, open: true, slow: true, stream: true},
}
