package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// OpenFile asks whether anybody on the Internet can reach file sharing.
var OpenFile = &check.Check{
	Name: "open-file-port", Level: wire.Safe, Severity: check.High, CWE: 284,
	CVSS31: reachedCVSS31, CVSS40: reachedCVSS40,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			switch {
			case o.Class != files:
				return nil
			case o.Name == "rpcbind": // tells who shares, shares nothing itself
				return []fault{{kase: "directory", severity: check.Low, cvss31: seenCVSS31, cvss40: seenCVSS40}}
			}
			return []fault{{severity: check.High}}
		})
	},
}
