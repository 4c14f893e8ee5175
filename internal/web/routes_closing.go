package web

// closingRoutes are the end of a programme: how long what is kept, the sealed
// archive, and what is deleted. Nobody closes or deletes alone.
var closingRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/closing", do: (*Server).closingPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/closing", do: (*Server).setRetention, on: onProgramme, who: clerks, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/closing/ask", do: (*Server).askClosing, on: onProgramme, who: caseDesk, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/closing/cancel", do: (*Server).cancelClosing, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/closing/approve", do: (*Server).approveClosing, on: onProgramme, who: caseDesk, fresh: true},
	{method: "GET", pattern: "/programmes/{programme}/closing/archive", do: (*Server).archiveFile, on: onProgramme, who: caseDesk, fresh: true, stream: true},
	{method: "POST", pattern: "/programmes/{programme}/closing/deletions", do: (*Server).askDeletion, on: onProgramme, who: caseDesk, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/closing/deletions/{deletion}", do: (*Server).decideDeletion, on: onProgramme, who: caseDesk, fresh: true},
	{method: "GET", pattern: "/programmes/{programme}/closing/deletions/{deletion}/pdf", do: (*Server).deletionCertificate, on: onProgramme, who: caseDesk, stream: true},
}
