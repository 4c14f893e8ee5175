package tls

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Name asks whether the certificate is for the host it is shown on, by the
// rules of RFC 6125 as browsers keep them: alternative names only, a wildcard
// for one label.
var Name = &check.Check{
	Name: "tls-name", Level: wire.Safe, Severity: check.High, CWE: 297,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judgeChains(ctx, p, func(e *endpoint, chain []*certificate) []fault {
			leaf := chain[0]
			if leaf.x == nil {
				unread(p, e)
				return nil
			}
			if leaf.x.VerifyHostname(ascii(e.Host)) == nil {
				return nil
			}
			names := slices.Clone(leaf.x.DNSNames)
			for _, ip := range leaf.x.IPAddresses {
				names = append(names, ip.String())
			}
			if len(names) > 5 {
				names = append(names[:5], "…")
			}
			f := fault{severity: check.High, args: i18n.Args{"host": e.Host, "names": strings.Join(names, ", ")}}
			if len(names) == 0 {
				f.kase, f.args["names"] = "no-names", leaf.subject
			}
			return []fault{f}
		})
	},
}
