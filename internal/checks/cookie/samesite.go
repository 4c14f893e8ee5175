package cookie

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// SameSite asks whether session cookies say if other sites' requests may carry
// them. "None" is sometimes needed (3-D Secure, payment pages that come back by POST)
// and is left for a person to judge.
var SameSite = &check.Check{
	Name: "cookie-samesite", Level: wire.Passive, Severity: check.Low, CWE: 1275,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, s := range sessions(p) {
			p.ExaminedThing("cookie " + s.name)
			for _, x := range s.sets {
				name := ""
				switch v := x.cookie.SameSite; {
				case v == "lax" || v == "strict":
					continue
				case v == "none" && !x.cookie.Secure:
					name = "none-insecure"
				case v == "none":
					name = "none"
				case v == "":
					name = "missing"
				default:
					name = "invalid"
				}
				f := p.Report(x.ex, s.name, i18n.Args{"page": x.ex.Path(), "value": x.cookie.SameSite})
				f.Parameter, f.Case, f.Excerpt = s.name, name, shown(x.ex, s.name)
				if name == "none" || s.sign != page.IsSession {
					f.Confidence = check.Possible
				}
			}
		}
		return ctx.Err()
	},
}
