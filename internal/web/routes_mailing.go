package web

// mailingRoutes are the mails of a programme's office to its applicants. Nobody
// sends to many alone.
var mailingRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/mailings", do: (*Server).mailingsPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/mailings", do: (*Server).newMailing, on: onProgramme, who: caseDesk, most: 1 << 20},
	{method: "GET", pattern: "/programmes/{programme}/mailings/new", do: (*Server).newMailingPage, on: onProgramme, who: caseDesk},
	{method: "GET", pattern: "/programmes/{programme}/mailings/{mailing}", do: (*Server).mailingPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/mailings/{mailing}/trim", do: (*Server).trimMailing, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/mailings/{mailing}/ask", do: (*Server).askMailing, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/mailings/{mailing}/approve", do: (*Server).approveMailing, on: onProgramme, who: caseDesk, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/mailings/{mailing}/cancel", do: (*Server).cancelMailing, on: onProgramme, who: caseDesk},
	{method: "GET", pattern: "/programmes/{programme}/letters/new", do: (*Server).newLetterPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/letters", do: (*Server).newLetter, on: onProgramme, who: caseDesk},
	{method: "GET", pattern: "/programmes/{programme}/letters/{letter}", do: (*Server).letterPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/letters/{letter}", do: (*Server).editLetter, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/reminders", do: (*Server).newReminder, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/reminders/{reminder}/approve", do: (*Server).approveReminder, on: onProgramme, who: caseDesk, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/reminders/{reminder}/stop", do: (*Server).stopReminder, on: onProgramme, who: caseDesk},
}
