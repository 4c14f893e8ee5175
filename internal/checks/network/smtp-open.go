package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// SMTPOpen asks whether the shop's mail server takes mail or passwords without
// encryption. Whether it relays is not tried: that would send mail.
var SMTPOpen = &check.Check{
	Name: "smtp-open", Level: wire.Safe, Severity: check.Medium, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			switch {
			case o.Class != smtp || o.TLS != "no":
				return nil
			case o.Auth:
				return []fault{{kase: "password", severity: check.Medium}}
			}
			return []fault{{severity: check.Low, cvss31: seenCVSS31, cvss40: seenCVSS40}}
		})
	},
}
