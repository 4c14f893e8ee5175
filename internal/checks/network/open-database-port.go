package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// OpenDatabase asks whether anybody on the Internet can reach a database.
var OpenDatabase = &check.Check{
	Name: "open-database-port", Level: wire.Safe, Severity: check.High, CWE: 284,
	CVSS31: reachedCVSS31, CVSS40: reachedCVSS40,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			switch {
			case o.Class != database:
				return nil
			case o.Free:
				return []fault{{kase: "free", severity: check.Critical, cvss31: takenCVSS31, cvss40: takenCVSS40}}
			case o.Limited:
				return []fault{{kase: "limited", severity: check.Low, cvss31: seenCVSS31, cvss40: seenCVSS40}}
			}
			return []fault{{severity: check.High}}
		})
	},
}

// Vectors of a service that says no more than that it is there.
const (
	seenCVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N"
	seenCVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"
)
