package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// Renegotiation asks whether the server announces secure renegotiation
// (RFC 5746) up to TLS 1.2; TLS 1.3 has no renegotiation.
var Renegotiation = &check.Check{
	Name: "tls-renegotiation", Level: wire.Safe, Severity: check.Medium, CWE: 300,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:L",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:N/VI:L/VA:L/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			if e.max12() < tls10 || e.Preferred == 0 || e.SecureReneg {
				return nil
			}
			return []fault{{severity: check.Medium, refs: []string{"CVE-2009-3555"}}}
		})
	},
}
