package web

// doorRoutes are the ways in: the first run, signing in and out, invitations.
var doorRoutes = []route{
	{method: "GET", pattern: "/setup", do: (*Server).setupPage, open: true},
	{method: "POST", pattern: "/setup", do: (*Server).setup, open: true, slow: true},
	{method: "GET", pattern: "/sign-in", do: (*Server).signInPage, open: true},
	{method: "POST", pattern: "/sign-in", do: (*Server).signIn, open: true, slow: true},
	{method: "GET", pattern: "/sign-in/code", do: (*Server).codePage, open: true},
	{method: "POST", pattern: "/sign-in/code", do: (*Server).signInCode, open: true, slow: true},
	{method: "POST", pattern: "/sign-in/passkey/options", do: (*Server).passkeyAsk, open: true, slow: true},
	{method: "POST", pattern: "/sign-in/passkey", do: (*Server).signInPasskey, open: true, slow: true},
	{method: "POST", pattern: "/sign-out", do: (*Server).signOut, open: true},
	{method: "GET", pattern: "/links/{token}", do: (*Server).linkPage, open: true, slow: true},
	{method: "POST", pattern: "/links/{token}", do: (*Server).takeLink, open: true, slow: true},
	{method: "GET", pattern: "/reset/{reset}", do: (*Server).resetPage, open: true, slow: true},
	{method: "POST", pattern: "/reset/{reset}", do: (*Server).reset, open: true, slow: true},
}
