package cookie

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Secure asks whether session cookies of an HTTPS shop are kept off plain HTTP.
var Secure = &check.Check{
	Name: "cookie-secure", Level: wire.Passive, Severity: check.Medium, CWE: 614,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		judge(p, func(x set) (string, i18n.Args) {
			switch {
			case x.ex.URL.Scheme == "http":
				return "over-http", nil // set in the clear, whatever its attributes
			case !x.cookie.Secure:
				return "missing", nil
			}
			return "", nil
		})
		return ctx.Err()
	},
}
