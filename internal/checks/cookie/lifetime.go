package cookie

import (
	"context"
	"fmt"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// How long a session may stay in a browser before it is a fault: 30 days, and
// 90 for what a visitor asked to be remembered by.
const (
	sessionLife  = 30 * 24 * time.Hour
	rememberLife = 90 * 24 * time.Hour
)

// Lifetime asks whether session cookies stay in the browser for months.
var Lifetime = &check.Check{
	Name: "cookie-lifetime", Level: wire.Passive, Severity: check.Low, CWE: 613,
	CVSS31: "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, s := range sessions(p) {
			p.ExaminedThing("cookie " + s.name)
			for _, x := range s.sets {
				life, kept := x.cookie.Lifetime(x.ex.At)
				most := sessionLife
				remembers := strings.Contains(strings.ToLower(s.name), "remember")
				if remembers {
					most = rememberLife
				}
				if !kept || life <= most+time.Hour {
					continue
				}
				f := p.Report(x.ex, s.name, i18n.Args{"page": x.ex.Path(), "days": fmt.Sprint(int(life.Round(time.Hour).Hours()) / 24)})
				f.Parameter, f.Case, f.Excerpt = s.name, "long", shown(x.ex, s.name)
				if remembers {
					f.Case = "remember"
				}
				if s.sign != page.IsSession {
					f.Confidence = check.Possible
				}
			}
		}
		return ctx.Err()
	},
}
