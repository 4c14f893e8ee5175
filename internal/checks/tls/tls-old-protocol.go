package tls

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// OldProtocol asks whether the server still speaks a version before TLS 1.2
// (RFC 8996, RFC 7568, RFC 6176). It also writes the inventory of versions.
var OldProtocol = &check.Check{
	Name: "tls-old-protocol", Level: wire.Safe, Severity: check.Medium, CWE: 327,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			p.Note(tlsNote(e))
			cut(p, e)
			var old []uint16
			for _, v := range e.Versions {
				if v < tls12 {
					old = append(old, v)
				}
			}
			if len(old) == 0 {
				return nil
			}
			f := fault{severity: check.Medium, args: i18n.Args{"versions": versionList(old)}}
			if slices.Min(old) <= ssl3 {
				f.kase, f.severity = "ssl", check.High
				f.refs = []string{"CVE-2014-3566"}
				f.cvss31, f.cvss40 = brokenCVSS31, brokenCVSS40
				if slices.Contains(old, ssl2) {
					f.refs = append(f.refs, "CVE-2016-0800")
				}
			}
			return []fault{f}
		})
	},
}

// tlsNote is the inventory line of one address.
func tlsNote(e *endpoint) check.Note {
	var taken []string
	for _, t := range e.Suites {
		taken = append(taken, versionNames[t.Version]+" "+suiteName(t.Suite))
	}
	args := i18n.Args{"address": e.Addr, "versions": versionList(e.Versions), "suites": strings.Join(taken, ", "), "alpn": e.ALPN, "fallback_scsv": "", "heartbeat": "", "cbc_only": ""}
	for name, on := range map[string]bool{"fallback_scsv": e.Fallback, "heartbeat": e.Heartbeat, "cbc_only": e.NoAEAD} {
		if on {
			args[name] = "yes"
		}
	}
	return check.Note{Kind: "tls", Where: e.where(), Args: args}
}
