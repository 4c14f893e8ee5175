package web

import "miseban/internal/account"

// participants have to do with programmes.
var participants = []account.Role{account.Clerk, account.Approver, account.Observer, account.Member, account.Diagnostician, account.Reviewer, account.Interviewer, account.Coder, account.Operator}

// clerks run a programme.
var clerks = []account.Role{account.Clerk}

// judging see applications with their names: the office, and who approves in
// the ministry. Observers and committee members see none.
var judging = []account.Role{account.Clerk, account.Approver}

// programmeRoutes are programmes as those see them who take part.
var programmeRoutes = []route{
	{method: "GET", pattern: "/programmes", do: (*Server).programmesPage, who: participants},
	{method: "GET", pattern: "/programmes/{programme}", do: (*Server).programmePage, on: onProgramme, who: participants},
	{method: "GET", pattern: "/programmes/new", do: (*Server).newProgrammePage, who: clerks},
	{method: "POST", pattern: "/programmes", do: (*Server).newProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/edit", do: (*Server).editProgrammePage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/edit", do: (*Server).editProgramme, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/bodies", do: (*Server).bodiesPage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/bodies", do: (*Server).addBody, on: onProgramme, who: clerks, fresh: true},
	{method: "POST", pattern: "/programmes/{programme}/bodies/{body}/remove", do: (*Server).removeBody, on: onProgramme, who: clerks, fresh: true},
	{method: "GET", pattern: "/programmes/{programme}/milestones/new", do: (*Server).newMilestonePage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/milestones", do: (*Server).newMilestone, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/milestones/{milestone}", do: (*Server).milestonePage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/milestones/{milestone}", do: (*Server).editMilestone, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/milestones/{milestone}/remove", do: (*Server).removeMilestone, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/applications", do: (*Server).applicationsPage, on: onProgramme, who: judging},
	{method: "POST", pattern: "/programmes/{programme}/applications/decide", do: (*Server).decideApplications, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/applications/{application}", do: (*Server).applicationPage, on: onProgramme, who: judging},
	{method: "POST", pattern: "/programmes/{programme}/applications/{application}/move", do: (*Server).moveApplication, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/applications/{application}/note", do: (*Server).noteApplication, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/applications/{application}/correct", do: (*Server).correctPage, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/applications/{application}/correct", do: (*Server).correctApplication, on: onProgramme, who: clerks},
}

// programmeTabs are the parts of a programme's page, as shopTabs those of a shop's.
var programmeTabs = []shopTab{
	{"概要", "/programmes/{programme}"},
	{"応募", "/programmes/{programme}/applications"},
	{"選定", "/programmes/{programme}/selection"},
	{"進捗", "/programmes/{programme}/board"},
	{"調査", "/programmes/{programme}/surveys"},
	{"委員会", "/programmes/{programme}/committee"},
	{"ガイドライン", "/programmes/{programme}/workshop"},
	{"統計", "/programmes/{programme}/statistics"},
}
