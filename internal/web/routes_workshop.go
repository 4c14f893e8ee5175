package web

// workshopRoutes are the guideline as a programme writes it: its office writes,
// its committee comments, somebody else than who froze an issue publishes it.
var workshopRoutes = []route{
	{method: "GET", pattern: "/programmes/{programme}/workshop", do: (*Server).workshopPage, on: onProgramme, who: council},
	{method: "GET", pattern: "/programmes/{programme}/workshop/chapters/{chapter}", do: (*Server).chapterPage, on: onProgramme, who: council},
	{method: "POST", pattern: "/programmes/{programme}/workshop/chapters/{chapter}", do: (*Server).saveChapter, on: onProgramme, who: clerks, most: 1 << 20},
	{method: "POST", pattern: "/programmes/{programme}/workshop/chapters/{chapter}/comments", do: (*Server).addComment, on: onProgramme, who: council},
	{method: "POST", pattern: "/programmes/{programme}/workshop/comments/{comment}", do: (*Server).answerComment, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/workshop/answers/word", do: (*Server).answersFile, on: onProgramme, who: council, stream: true},
	{method: "GET", pattern: "/programmes/{programme}/workshop/answers/excel", do: (*Server).answersBook, on: onProgramme, who: council, stream: true},
	{method: "POST", pattern: "/programmes/{programme}/workshop/issues", do: (*Server).freezeIssue, on: onProgramme, who: clerks},
	{method: "GET", pattern: "/programmes/{programme}/workshop/issues/{issue}", do: (*Server).issuePage, on: onProgramme, who: council},
	{method: "POST", pattern: "/programmes/{programme}/workshop/issues/{issue}/publish", do: (*Server).publishIssue, on: onProgramme, who: judging, fresh: true},
	{method: "GET", pattern: "/handbook", do: (*Server).handbookPage, open: true},
	{method: "GET", pattern: "/handbook/{issue}", do: (*Server).handbookIssue, open: true},
	{method: "GET", pattern: "/handbook/{issue}/pdf", do: (*Server).handbookFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/handbook/{issue}/word", do: (*Server).handbookFile, open: true, slow: true, stream: true},
}
