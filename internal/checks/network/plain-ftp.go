package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// PlainFTP asks whether files and passwords travel by FTP that cannot encrypt.
var PlainFTP = &check.Check{
	Name: "plain-ftp", Level: wire.Safe, Severity: check.Medium, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			switch {
			case o.Class != ftp:
				return nil
			case o.TLS == "no":
				return []fault{{severity: check.Medium}}
			case o.TLS == "yes":
				return []fault{{kase: "optional", severity: check.Info}}
			}
			return []fault{{kase: "untold", severity: check.Low, confidence: check.Possible, cvss31: seenCVSS31, cvss40: seenCVSS40}}
		})
	},
}
