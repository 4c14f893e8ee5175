package web

import "miseban/internal/account"

// shopRoutes are shops: the list, the record, and who else may work for them.
var shopRoutes = []route{
	{method: "GET", pattern: "/shops", do: (*Server).shopsPage, who: anyone},
	{method: "GET", pattern: "/shops/new", do: (*Server).newShopPage, who: staff},
	{method: "POST", pattern: "/shops", do: (*Server).newShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}", do: (*Server).shopPage, on: onShop, who: append([]account.Role{account.Operator}, onlooker...)},
	{method: "GET", pattern: "/shops/{shop}/standing", do: (*Server).standingPage, on: onShop, who: readers},
	{method: "GET", pattern: "/shops/{shop}/edit", do: (*Server).editShopPage, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/edit", do: (*Server).editShop, on: onShop, who: staff},
	{method: "GET", pattern: "/shops/{shop}/access", do: (*Server).accessPage, on: onShop, who: staff},
	{method: "POST", pattern: "/shops/{shop}/access", do: (*Server).offer, on: onShop, who: []account.Role{account.Executive}, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/links/{link}/revoke", do: (*Server).revokeOffer, on: onShop, who: []account.Role{account.Executive}},
	{method: "POST", pattern: "/shops/{shop}/grants/{grant}/revoke", do: (*Server).revokeGrant, on: onShop, who: []account.Role{account.Executive}},
	{method: "GET", pattern: "/shops/{shop}/audit", do: (*Server).shopAuditPage, on: onShop, who: []account.Role{account.Executive, account.Practitioner, account.Diagnostician, account.Operator}},
}

// shopTab is a part of a shop's page. It is shown to those whom the table
// lets see it; a part that has no line in the table yet is not shown.
type shopTab struct{ name, pattern string }

var shopTabs = []shopTab{
	{"概要", "/shops/{shop}"},
	{"経営者の方へ", "/shops/{shop}/standing"},
	{"診断", "/shops/{shop}/diagnoses"},
	{"検出事項", "/shops/{shop}/findings"},
	{"チェックリスト", "/shops/{shop}/checklists"},
	{"同意", "/shops/{shop}/consent"},
	{"アクセス", "/shops/{shop}/access"},
	{"記録", "/shops/{shop}/audit"},
}
