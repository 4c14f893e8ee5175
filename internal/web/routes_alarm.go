package web

import "miseban/internal/account"

// alarmRoutes are emergencies (緊急速報): for the contact with a link, and for who is signed in.
var alarmRoutes = []route{
	{method: "GET", pattern: "/alarms/{call}", do: (*Server).callPage, open: true, slow: true},
	{method: "POST", pattern: "/alarms/{call}", do: (*Server).answerCall, open: true, slow: true},
	{method: "GET", pattern: "/shops/{shop}/alarms/{alarm}", do: (*Server).alarmPage, on: onShop, who: alarmed},
	{method: "POST", pattern: "/shops/{shop}/alarms/{alarm}", do: (*Server).confirmAlarm, on: onShop, who: alarmed},
}

// alarmed are those who are told of emergencies.
var alarmed = []account.Role{account.Executive, account.Practitioner, account.Operator}
