package web

// handoutRoutes are what shops are given beside the guideline.
var handoutRoutes = []route{
	{method: "GET", pattern: "/costs", do: (*Server).costsPage, open: true},
	{method: "GET", pattern: "/costs/pdf", do: (*Server).costsFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/costs/word", do: (*Server).costsFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/leaflet", do: (*Server).leafletPage, open: true},
	{method: "GET", pattern: "/leaflet/pdf", do: (*Server).leafletFile, open: true, slow: true, stream: true},
}
