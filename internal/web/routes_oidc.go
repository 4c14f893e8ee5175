package web

// oidcRoutes are the way in for the operator's own people, who have accounts elsewhere.
var oidcRoutes = []route{
	{method: "GET", pattern: "/sign-in/oidc", do: (*Server).staffSignIn, open: true, slow: true},
	{method: "GET", pattern: "/sign-in/oidc/callback", do: (*Server).staffBack, open: true, slow: true},
	{method: "GET", pattern: "/account/oidc", do: (*Server).identitiesPage, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/oidc", do: (*Server).linkIdentity, who: anyone, fresh: true},
	{method: "POST", pattern: "/account/oidc/{id}/remove", do: (*Server).dropIdentity, who: anyone, fresh: true},
}
