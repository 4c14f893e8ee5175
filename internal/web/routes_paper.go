package web

import "miseban/internal/account"

// paperRoutes are requests to contractors and their answers, on both sides: the
// shop's pages, and the page that a link opens; and what a shop tells its payment company.
var paperRoutes = []route{
	{method: "POST", pattern: "/shops/{shop}/findings/request", do: (*Server).newRequestPage, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/requests", do: (*Server).requestsPage, on: onShop, who: workers},
	{method: "POST", pattern: "/shops/{shop}/requests", do: (*Server).makeRequest, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/requests/{request}", do: (*Server).requestPage, on: onShop, who: workers},
	{method: "GET", pattern: "/shops/{shop}/requests/{request}/pdf", do: (*Server).requestFile, on: onShop, who: workers, stream: true},
	{method: "GET", pattern: "/shops/{shop}/requests/{request}/word", do: (*Server).requestFile, on: onShop, who: workers, stream: true},
	{method: "POST", pattern: "/shops/{shop}/requests/{request}/answer", do: (*Server).answerRequest, on: onShop, who: []account.Role{account.Maintainer}},
	{method: "POST", pattern: "/shops/{shop}/requests/{request}/decide", do: (*Server).decideRequest, on: onShop, who: []account.Role{account.Executive}},
	{method: "POST", pattern: "/shops/{shop}/requests/{request}/withdraw", do: (*Server).withdrawRequest, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/requests/{request}/link", do: (*Server).renewReplyLink, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/requests/{request}/link/revoke", do: (*Server).revokeReplyLink, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/measures", do: (*Server).measuresFile, on: onShop, who: append([]account.Role{account.Diagnostician}, staff...), stream: true},
	{method: "GET", pattern: "/shops/{shop}/measures/word", do: (*Server).measuresFile, on: onShop, who: append([]account.Role{account.Diagnostician}, staff...), stream: true},
	{method: "GET", pattern: "/replies/{reply}", do: (*Server).replyPage, open: true, slow: true},
	{method: "POST", pattern: "/replies/{reply}", do: (*Server).reply, open: true, slow: true},
	{method: "GET", pattern: "/replies/{reply}/pdf", do: (*Server).replyFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/replies/{reply}/word", do: (*Server).replyFile, open: true, slow: true, stream: true},
}
