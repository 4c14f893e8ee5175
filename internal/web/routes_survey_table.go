package web

import "miseban/internal/account"

// Coders sort what was said in words; publishers let tables out.
var (
	surveyCoders = []account.Role{account.Coder, account.Clerk, account.Interviewer}
	publishers   = []account.Role{account.Approver}
)

// surveyTableRoutes are what comes of the answers to surveys.
var surveyTableRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/coding", do: (*Server).codingPage, on: onProgramme, who: surveyCoders},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/coding", do: (*Server).codeAnswers, on: onProgramme, who: surveyCoders, most: 1 << 20},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/codes", do: (*Server).addCode, on: onProgramme, who: surveyCoders},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/codes/merge", do: (*Server).mergeCodes, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/tables", do: (*Server).surveyTablesPage, on: onProgramme, who: surveyDesk},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/quotations", do: (*Server).quotationsPage, on: onProgramme, who: surveyDesk},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/publication", do: (*Server).publicationPage, on: onProgramme, who: surveyDesk},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/publication", do: (*Server).publishTable, on: onProgramme, who: publishers},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/publication/{release}", do: (*Server).releaseFile, on: onProgramme, who: surveyDesk, stream: true},
}
