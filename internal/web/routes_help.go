package web

import "miseban/internal/account"

// helpRoutes are sheets for everybody, and the same filled in for a shop: what
// to do when a shop was broken into, and what to write into contracts.
var helpRoutes = []route{
	{method: "GET", pattern: "/breached", do: (*Server).breachPage, open: true},
	{method: "GET", pattern: "/breached/pdf", do: (*Server).breachFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/breached/word", do: (*Server).breachFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/shops/{shop}/breached", do: (*Server).breachPage, on: onShop, who: append([]account.Role{account.Diagnostician, account.Clerk}, staff...)},
	{method: "GET", pattern: "/shops/{shop}/breached/pdf", do: (*Server).breachFile, on: onShop, who: append([]account.Role{account.Diagnostician, account.Clerk}, staff...), stream: true},
	{method: "GET", pattern: "/shops/{shop}/breached/word", do: (*Server).breachFile, on: onShop, who: append([]account.Role{account.Diagnostician, account.Clerk}, staff...), stream: true},
	{method: "GET", pattern: "/contracts", do: (*Server).contractPage, open: true},
	{method: "GET", pattern: "/contracts/pdf", do: (*Server).contractFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/contracts/word", do: (*Server).contractFile, open: true, slow: true, stream: true},
	{method: "GET", pattern: "/shops/{shop}/contract", do: (*Server).shopContractPage, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/contract", do: (*Server).saveContract, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/contract/pdf", do: (*Server).contractFile, on: onShop, who: staff, stream: true},
	{method: "GET", pattern: "/shops/{shop}/contract/word", do: (*Server).contractFile, on: onShop, who: staff, stream: true},
}
