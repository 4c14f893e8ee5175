package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// Compression asks whether the server compresses before it encrypts (CRIME).
var Compression = &check.Check{
	Name: "tls-compression", Level: wire.Safe, Severity: check.Medium, CWE: 203,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			if !e.Compression {
				return nil
			}
			return []fault{{severity: check.Medium, refs: []string{"CVE-2012-4929"}}}
		})
	},
}
