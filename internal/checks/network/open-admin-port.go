package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// OpenAdmin asks whether anybody on the Internet can reach what administrators
// use. It also writes the inventory of open ports.
var OpenAdmin = &check.Check{
	Name: "open-admin-port", Level: wire.Safe, Severity: check.Medium, CWE: 284,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		if err := inventory(ctx, p); err != nil {
			return err
		}
		return judge(ctx, p, func(o open) []fault {
			switch {
			case o.Class != admin:
				return nil
			case o.Name == "SSH":
				return []fault{{kase: "ssh", severity: check.Info}}
			case o.Free:
				return []fault{{kase: "free", severity: check.Critical, cvss31: takenCVSS31, cvss40: takenCVSS40}}
			case o.Name == "RDP" || o.Name == "VNC" || o.Name == "WinRM":
				return []fault{{kase: "screen", severity: check.High, cvss31: reachedCVSS31, cvss40: reachedCVSS40}}
			}
			return []fault{{severity: check.Medium}}
		})
	},
}

// Vectors of a service that works without signing in, and of one that is a
// guessed or stolen password away.
const (
	takenCVSS31   = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	takenCVSS40   = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
	reachedCVSS31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:L"
	reachedCVSS40 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N"
)
