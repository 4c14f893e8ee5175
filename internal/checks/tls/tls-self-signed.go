package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// SelfSigned asks whether a certificate was made by the server itself.
var SelfSigned = &check.Check{
	Name: "tls-self-signed", Level: wire.Safe, Severity: check.High, CWE: 295,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judgeChains(ctx, p, func(_ *endpoint, chain []*certificate) []fault {
			leaf := chain[0]
			if !leaf.selfSigned() || trusts(p, chain) {
				return nil
			}
			return []fault{{severity: check.High, args: i18n.Args{"subject": leaf.subject}}}
		})
	},
}
