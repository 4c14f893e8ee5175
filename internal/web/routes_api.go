package web

import (
	"miseban/internal/account"
	"miseban/internal/i18n"
)

// apiTable is everything that programs may ask for. Nothing here makes or takes
// authority, proof, consent, passwords, people or tokens.
var apiTable = []operation{
	{route: route{method: "GET", pattern: "/me", who: anyone}, name: "me", about: i18n.Text{JA: "トークンの持ち主と、トークンでできること", EN: "Whose token it is, and what it may do"}, bind: call((*Server).apiMe)},
	{route: route{method: "GET", pattern: "/guidelines", open: true}, name: "listGuidelines", about: i18n.Text{JA: "ガイドラインの版の一覧（トークン不要）", EN: "Editions of guidelines (no token needed)"}, bind: call((*Server).apiGuidelines)},
	{route: route{method: "GET", pattern: "/guidelines/{edition}", open: true}, name: "getGuideline", about: i18n.Text{JA: "ガイドラインの1つの版（トークン不要）", EN: "One edition of a guideline (no token needed)"}, bind: call((*Server).apiGuideline)},
	{route: route{method: "GET", pattern: "/shops", who: anyone}, name: "listShops", scope: account.ReadShops, about: i18n.Text{JA: "お店の一覧", EN: "Shops"}, bind: call((*Server).apiShops)},
	{route: route{method: "GET", pattern: "/shops/{shop}", on: onShop, who: watchers}, name: "getShop", scope: account.ReadShops, about: i18n.Text{JA: "1つのお店", EN: "One shop"}, bind: call((*Server).apiShop)},
	{route: route{method: "GET", pattern: "/shops/{shop}/diagnoses", on: onShop, who: watchers}, name: "listDiagnoses", scope: account.ReadDiagnoses, about: i18n.Text{JA: "お店の診断の一覧（新しい順）", EN: "Diagnoses of a shop, newest first"}, bind: call((*Server).apiDiagnoses)},
	{route: route{method: "POST", pattern: "/shops/{shop}/diagnoses", on: onShop, who: starters}, name: "startDiagnosis", makes: true, scope: account.StartDiagnoses, about: i18n.Text{JA: "診断を始める（同意のないお店では safe まで）", EN: "Start a diagnosis (up to safe without a recorded consent)"}, bind: call((*Server).apiStartDiagnosis)},
	{route: route{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}", on: onShop, who: watchers}, name: "getDiagnosis", scope: account.ReadDiagnoses, about: i18n.Text{JA: "1つの診断の状態と進み具合", EN: "State and progress of one diagnosis"}, bind: call((*Server).apiDiagnosis)},
	{route: route{method: "POST", pattern: "/shops/{shop}/diagnoses/{diagnosis}/stop", on: onShop, who: stoppers}, name: "stopDiagnosis", scope: account.StartDiagnoses, about: i18n.Text{JA: "診断を中止する（2秒以内にリクエストが止まる）", EN: "Stop a diagnosis: within two seconds no further request leaves"}, bind: call((*Server).apiStopDiagnosis)},
	{route: route{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/results", on: onShop, who: readers}, name: "getResults", scope: account.ReadDiagnoses, about: i18n.Text{JA: "診断の結果（検査ごと）", EN: "Results of a diagnosis, by check"}, bind: call((*Server).apiResults)},
	{route: route{method: "GET", pattern: "/shops/{shop}/diagnoses/{diagnosis}/report", on: onShop, who: readers}, name: "getReport", scope: account.ReadDiagnoses, about: i18n.Text{JA: "診断の報告書（プログラム用の形式。各行の意味は docs/report-jsonl.md）", EN: "Report of a diagnosis for programs; docs/report-jsonl.md explains the lines"}, bind: call((*Server).apiReport)},
	{route: route{method: "GET", pattern: "/shops/{shop}/findings", on: onShop, who: readers}, name: "listFindings", scope: account.ReadFindings, about: i18n.Text{JA: "お店の検出事項の一覧", EN: "Findings of a shop"}, bind: call((*Server).apiFindings)},
	{route: route{method: "GET", pattern: "/shops/{shop}/findings/{finding}", on: onShop, who: readers}, name: "getFinding", scope: account.ReadFindings, about: i18n.Text{JA: "1つの検出事項", EN: "One finding"}, bind: call((*Server).apiFinding)},
	{route: route{method: "POST", pattern: "/shops/{shop}/findings/{finding}/comments", on: onShop, who: workers}, name: "commentFinding", scope: account.ChangeFindings, about: i18n.Text{JA: "検出事項にコメントする", EN: "Comment on a finding"}, bind: call((*Server).apiComment)},
	{route: route{method: "POST", pattern: "/shops/{shop}/findings/{finding}/move", on: onShop, who: workers}, name: "moveFinding", scope: account.ChangeFindings, about: i18n.Text{JA: "検出事項の状態を変える（If-Match が必要）", EN: "Move a finding to another state (needs If-Match)"}, bind: call((*Server).apiMove)},
	{route: route{method: "GET", pattern: "/shops/{shop}/checklists", on: onShop, who: onlooker}, name: "listChecklists", scope: account.ReadChecklists, about: i18n.Text{JA: "お店のチェックリストの一覧", EN: "Checklists of a shop"}, bind: call((*Server).apiChecklists)},
	{route: route{method: "GET", pattern: "/shops/{shop}/checklists/{edition}", on: onShop, who: onlooker}, name: "getChecklist", scope: account.ReadChecklists, about: i18n.Text{JA: "1つのチェックリストの回答と判定", EN: "Answers and judgements of one checklist"}, bind: call((*Server).apiChecklist)},
}
