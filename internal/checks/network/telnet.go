package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// Telnet asks whether the server can be operated over Telnet.
var Telnet = &check.Check{
	Name: "telnet", Level: wire.Safe, Severity: check.High, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			if o.Class != telnet {
				return nil
			}
			return []fault{{severity: check.High}}
		})
	},
}
