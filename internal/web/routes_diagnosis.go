package web

import "miseban/internal/account"

// diagnosisRoutes are the diagnoses of a shop: plan, watch, stop, compare, read.
var diagnosisRoutes = []route{
	{method: "GET", pattern: "/shops/{shop}/diagnoses", do: (*Server).diagnosesPage, on: onShop, who: watchers},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/new", do: (*Server).newDiagnosisPage, on: onShop, who: starters, fresh: true},
	{method: "POST", pattern: "/shops/{shop}/diagnoses", do: (*Server).newDiagnosis, on: onShop, who: starters, fresh: true},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}", do: (*Server).diagnosisPage, on: onShop, who: watchers},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/events", do: (*Server).diagnosisEvents, on: onShop, who: watchers, stream: true},
	{method: "POST", pattern: "/shops/{shop}/diagnoses/{diagnosis}/pause", do: (*Server).pauseDiagnosis, on: onShop, who: stoppers},
	{method: "POST", pattern: "/shops/{shop}/diagnoses/{diagnosis}/stop", do: (*Server).stopDiagnosis, on: onShop, who: stoppers},
	{method: "POST", pattern: "/shops/{shop}/diagnoses/{diagnosis}/resume", do: (*Server).resumeDiagnosis, on: onShop, who: starters},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/ledger", do: (*Server).ledgerPage, on: onShop, who: watchers},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/compare", do: (*Server).comparePage, on: onShop, who: readers},
	{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/report", do: (*Server).reportFile, on: onShop, who: readers, stream: true},
}

// Who looks on while a shop is diagnosed, who may stop it, and who reads what was found.
var (
	watchers = append([]account.Role{account.Operator}, onlooker...)
	stoppers = []account.Role{account.Executive, account.Practitioner, account.Diagnostician, account.Operator}
	readers  = onlooker
)
