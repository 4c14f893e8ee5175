package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// WeakKey asks whether the keys of the certificates are long enough: RSA from
// 2048 bits, elliptic curves from 224 (CRYPTREC: 112 bit security).
var WeakKey = &check.Check{
	Name: "tls-weak-key", Level: wire.Safe, Severity: check.Medium, CWE: 326,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judgeChains(ctx, p, func(_ *endpoint, chain []*certificate) []fault {
			for i, c := range chain {
				if !c.weakKey() || i > 0 && (c.selfIssued || trusts(p, chain)) {
					continue // a root is trusted as it is, and a browser goes around a weak cross-sign
				}
				f := fault{severity: check.Medium, args: i18n.Args{"subject": c.subject, "key": c.key()}}
				if c.keyKind == "EC" && c.keyBits < 160 || c.keyKind != "EC" && c.keyBits < 1024 {
					f.severity = check.High
					f.cvss31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N"
					f.cvss40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
				}
				return []fault{f}
			}
			return nil
		})
	},
}
