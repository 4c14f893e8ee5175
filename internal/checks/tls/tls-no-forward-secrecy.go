package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// NoForwardSecrecy asks whether recorded traffic stays secret if the server's
// key is stolen later. TLS 1.3 always gives that.
var NoForwardSecrecy = &check.Check{
	Name: "tls-no-forward-secrecy", Level: wire.Safe, Severity: check.Low, CWE: 327,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			if e.max12() == 0 || e.Preferred == 0 {
				return nil
			}
			args := i18n.Args{"suite": suiteName(e.Preferred)}
			switch chosen := suites[e.Preferred]; {
			case !e.PFS:
				return []fault{{severity: check.Low, args: args}}
			case !chosen.pfs():
				return []fault{{kase: "not-preferred", severity: check.Low, args: args}}
			case e.StaticRSA != 0:
				return []fault{{kase: "also-without", severity: check.Info, args: i18n.Args{"suite": suiteName(e.StaticRSA)}}}
			}
			return nil
		})
	},
}
