package web

import "miseban/internal/account"

// participants have to do with programmes.
var participants = []account.Role{account.Clerk, account.Approver, account.Observer, account.Member, account.Diagnostician, account.Reviewer, account.Interviewer, account.Coder, account.Operator}

// clerks run a programme.
var clerks = []account.Role{account.Clerk}

// programmeRoutes are programmes as those see them who take part.
var programmeRoutes = []route{
	{method: "GET", pattern: "/programmes", do: (*Server).programmesPage, who: participants},
	{method: "GET", pattern: "/programmes/{programme}", do: (*Server).programmePage, on: onProgramme, who: participants},
}

// programmeTabs are the parts of a programme's page, as shopTabs those of a shop's.
var programmeTabs = []shopTab{
	{"概要", "/programmes/{programme}"},
	{"応募", "/programmes/{programme}/applications"},
	{"選定", "/programmes/{programme}/selection"},
	{"進捗", "/programmes/{programme}/board"},
	{"調査", "/programmes/{programme}/surveys"},
	{"委員会", "/programmes/{programme}/committee"},
	{"統計", "/programmes/{programme}/statistics"},
}
