package web

// callRoutes are what the public sees of programmes: the call, and applying
// without an account by a link that proves a mail address.
var callRoutes = []route{
	{method: "GET", pattern: "/calls", do: (*Server).publicCallsPage, open: true},
	{method: "GET", pattern: "/calls/{slug}", do: (*Server).publicCallPage, open: true},
	{method: "POST", pattern: "/calls/{slug}", do: (*Server).askToApply, open: true, slow: true},
	{method: "GET", pattern: "/apply/{applicant}", do: (*Server).applyPage, open: true, slow: true},
	{method: "POST", pattern: "/apply/{applicant}", do: (*Server).confirmApplicant, open: true, slow: true},
	{method: "POST", pattern: "/apply/{applicant}/new", do: (*Server).beginApplication, open: true, slow: true},
	{method: "GET", pattern: "/apply/{applicant}/{draft}", do: (*Server).draftPage, open: true, slow: true},
	{method: "POST", pattern: "/apply/{applicant}/{draft}", do: (*Server).saveDraft, open: true, slow: true},
	{method: "POST", pattern: "/apply/{applicant}/{draft}/withdraw", do: (*Server).withdrawApplication, open: true, slow: true},
}
