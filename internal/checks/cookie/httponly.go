package cookie

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// HTTPOnly asks whether session cookies are out of reach of scripts.
var HTTPOnly = &check.Check{
	Name: "cookie-httponly", Level: wire.Passive, Severity: check.Low, CWE: 1004,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		judge(p, func(x set) (string, i18n.Args) {
			if x.cookie.HTTPOnly {
				return "", nil
			}
			return "missing", nil
		})
		return ctx.Err()
	},
}
