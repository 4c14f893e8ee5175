package web

// noticeRoutes are what people are told, and how.
var noticeRoutes = []route{
	{method: "GET", pattern: "/notices", do: (*Server).noticesPage, who: anyone},
	{method: "POST", pattern: "/notices/read", do: (*Server).readNotices, who: anyone},
	{method: "POST", pattern: "/notices/{notice}/read", do: (*Server).readNotice, who: anyone},
	{method: "POST", pattern: "/notices/{notice}/open", do: (*Server).openNotice, who: anyone},
	{method: "GET", pattern: "/account/notices", do: (*Server).noticeSettingsPage, who: anyone},
	{method: "POST", pattern: "/account/notices", do: (*Server).noticeSettings, who: anyone},
	{method: "GET", pattern: "/operator/mails", do: (*Server).mailsPage, who: operators},
	{method: "POST", pattern: "/operator/mails/trial", do: (*Server).trialMail, who: operators},
	{method: "POST", pattern: "/operator/mails/{mail}/again", do: (*Server).mailAgain, who: operators},
}
