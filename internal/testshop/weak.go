package testshop

// WeakShop is the shop of the demo: EC-CUBE 4.0, built in 2019 by a firm that
// is no longer asked, moved once, never updated.
func WeakShop() Options {
	return Options{
		Faults: []string{
			// The software stayed as it was delivered.
			"package-vulnerable", "js-library-vulnerable", "php-eol", "server-eol",
			// The old firm's working files went along with the move.
			"vcs-exposed", "backup-file", "directory-listing", "test-left", "log-exposed", "ds-store", "source-map",
			// The office door kept its well-known place and its one lock.
			"admin-login-protected", "database-tool",
			// Nobody set what the server does not set by itself.
			"hsts", "csp", "frame-protection", "nosniff", "cache-personal", "cookie-secure", "csrf-token", "security-txt",
			// Customers sign in with what was good enough in 2012.
			"password-policy", "two-factor-offered",
			// Cards are still typed into the shop's own page, with a tag manager beside them.
			"card-data-on-own-origin", "card-testing-protection", "payment-page-script", "script-without-sri",
			// What visitors type goes where it should not, and the numbers of orders are all it takes.
			"sql", "xss-reflected", "path-traversal", "open-redirect", "idor", "session-renewed",
			// Small things that show.
			"mixed-content", "error-detail", "email-harvest",
		},
		Decoys: []string{"analytics-cookie"},
	}
}
