package web

// statisticsRoutes are the statistics of programmes, and what of them and of
// surveys is given to everybody. Nobody publishes alone.
var statisticsRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/statistics", do: (*Server).statisticsPage, on: onProgramme, who: participants},
	{method: "POST", pattern: "/programmes/{programme}/statistics", do: (*Server).makeStatistics, on: onProgramme, who: clerks},
	{method: "POST", pattern: "/programmes/{programme}/statistics/propose", do: (*Server).proposePublication, on: onProgramme, who: clerks, fresh: true},
	{method: "GET", pattern: "/programmes/{programme}/statistics/{publication}", do: (*Server).publicationProposalPage, on: onProgramme, who: caseDesk},
	{method: "POST", pattern: "/programmes/{programme}/statistics/{publication}", do: (*Server).decidePublication, on: onProgramme, who: caseDesk, fresh: true},
	{method: "GET", pattern: "/open-data", do: (*Server).openDataPage, open: true},
	{method: "GET", pattern: "/open-data/{publication}", do: (*Server).openDatasetPage, open: true},
	{method: "GET", pattern: "/open-data/{publication}/data.csv", do: (*Server).openDataFile, open: true, stream: true},
	{method: "GET", pattern: "/open-data/{publication}/dictionary.csv", do: (*Server).openDataFile, open: true, stream: true},
	{method: "GET", pattern: "/open-data/{publication}/tables.xlsx", do: (*Server).openDataFile, open: true, stream: true},
}
