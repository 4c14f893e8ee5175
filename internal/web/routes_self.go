package web

// selfRoutes are what everybody has: the home page and one's own account.
var selfRoutes = []route{
	{method: "GET", pattern: "/", do: (*Server).homePage, who: anyone},
	{method: "GET", pattern: "/confirm", do: (*Server).confirmPage, who: anyone},
	{method: "POST", pattern: "/confirm", do: (*Server).confirm, who: anyone, slow: true},
	{method: "POST", pattern: "/confirm/passkey", do: (*Server).confirmPasskey, who: anyone, slow: true},
	{method: "GET", pattern: "/account", do: (*Server).profilePage, who: anyone},
	{method: "POST", pattern: "/account", do: (*Server).profile, who: anyone},
	{method: "GET", pattern: "/account/password", do: (*Server).passwordPage, who: anyone},
	{method: "POST", pattern: "/account/password", do: (*Server).password, who: anyone, slow: true},
	{method: "GET", pattern: "/account/sessions", do: (*Server).sessionsPage, who: anyone},
	{method: "POST", pattern: "/account/sessions/{session}/end", do: (*Server).endSession, who: anyone},
	{method: "GET", pattern: "/account/passkeys", do: (*Server).passkeysPage, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/passkeys/options", do: (*Server).newPasskeyAsk, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/passkeys", do: (*Server).newPasskey, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/passkeys/{passkey}/remove", do: (*Server).dropPasskey, who: anyone, fresh: true},
	{method: "GET", pattern: "/account/codes", do: (*Server).codesPage, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/codes", do: (*Server).codesOn, who: anyone, fresh: true, slow: true},
	{method: "POST", pattern: "/account/codes/off", do: (*Server).codesOff, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/codes/renew", do: (*Server).renewRecovery, who: anyone, fresh: true},
	{method: "GET", pattern: "/account/tokens", do: (*Server).tokensPage, who: anyone},
	{method: "GET", pattern: "/account/tokens/new", do: (*Server).newTokenPage, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/tokens", do: (*Server).newToken, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/tokens/{id}/revoke", do: (*Server).revokeToken, who: anyone},
	{method: "GET", pattern: "/audit", do: (*Server).auditPage, who: anyone},
}
