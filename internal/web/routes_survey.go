package web

import "miseban/internal/account"

// surveyDesk read what subjects of surveys said; hearers ask them.
var (
	surveyDesk = []account.Role{account.Clerk, account.Approver, account.Interviewer, account.Coder}
	hearers    = []account.Role{account.Clerk, account.Interviewer}
)

// surveyRoutes are the surveys and hearings of a programme.
var surveyRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/surveys", do: (*Server).surveysPage, on: onProgramme, who: participants},
	{method: "POST", pattern: "/programmes/{programme}/surveys", do: (*Server).addSurvey, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}", do: (*Server).surveyPage, on: onProgramme, who: surveyDesk},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/quota", do: (*Server).setQuota, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/questions", do: (*Server).surveyQuestionsPage, on: onProgramme, who: surveyDesk},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/new", do: (*Server).newSubjectPage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/new", do: (*Server).addSubject, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}", do: (*Server).subjectPage, on: onProgramme, who: surveyDesk},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/edit", do: (*Server).editSubjectPage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/edit", do: (*Server).editSubject, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/move", do: (*Server).moveSubject, on: onProgramme, who: hearers},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/link", do: (*Server).linkSubject, on: onProgramme, who: hearers, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/link/revoke", do: (*Server).revokeSubjectLink, on: onProgramme, who: hearers},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/hearing/{viewpoint}", do: (*Server).hearingPage, on: onProgramme, who: hearers},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/hearing/{viewpoint}", do: (*Server).saveHearing, on: onProgramme, who: hearers, most: 1 << 20},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/excel", do: (*Server).surveyBook, on: onProgramme, who: hearers, stream: true},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/excel", do: (*Server).readSurveyBook, on: onProgramme, who: hearers, most: 3 << 20},
	{method: "POST", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/excel/save", do: (*Server).saveSurveyBook, on: onProgramme, who: hearers, most: 2 << 20},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/minutes", do: (*Server).hearingMinutes, on: onProgramme, who: hearers, stream: true},
	{method: "GET", pattern: "/programmes/{programme}/surveys/{survey}/subjects/{subject}/minutes/word", do: (*Server).hearingMinutes, on: onProgramme, who: hearers, stream: true},
	{method: "GET", pattern: "/hearings/{heard}", do: (*Server).heardPage, open: true, slow: true},
	{method: "POST", pattern: "/hearings/{heard}", do: (*Server).saveHeard, open: true, slow: true, most: 1 << 20},
}
