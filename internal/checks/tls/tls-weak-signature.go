package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// WeakSignature asks whether a certificate of the chain is signed with MD5 or
// SHA-1. A root's signature is never looked at by anybody.
var WeakSignature = &check.Check{
	Name: "tls-weak-signature", Level: wire.Safe, Severity: check.Medium, CWE: 328,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:L/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judgeChains(ctx, p, func(_ *endpoint, chain []*certificate) []fault {
			for i, c := range chain {
				if c.signature == "" || c.selfIssued && (i > 0 || c.selfSigned()) {
					continue
				}
				if i > 0 && trusts(p, chain) {
					continue // a browser's path goes around it
				}
				severity := check.Medium
				if c.signature != "SHA-1" {
					severity = check.High
				}
				return []fault{{severity: severity, args: i18n.Args{"subject": c.subject, "algorithm": c.signature}}}
			}
			return nil
		})
	},
}
