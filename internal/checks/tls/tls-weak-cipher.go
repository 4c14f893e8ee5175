package tls

import (
	"context"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// WeakCipher asks whether the server takes a cipher suite, a Diffie-Hellman
// group or a curve that can be broken. Each class is a finding of its own.
var WeakCipher = &check.Check{
	Name: "tls-weak-cipher", Level: wire.Safe, Severity: check.Medium, CWE: 327,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			cut(p, e)
			var out []fault
			for _, c := range classes {
				for _, t := range e.Suites {
					if suites[t.Suite].class != c {
						continue
					}
					f := fault{kase: string(c), severity: check.High, cvss31: brokenCVSS31, cvss40: brokenCVSS40, args: i18n.Args{"suite": suiteName(t.Suite), "version": versionNames[t.Version]}}
					switch c {
					case export:
						f.refs = []string{"CVE-2015-0204", "CVE-2015-4000"}
					case rc4:
						f.severity, f.cvss31, f.cvss40, f.refs = check.Medium, "", "", []string{"CVE-2015-2808"}
					case block64:
						f.severity, f.cvss31, f.cvss40, f.refs = check.Low, sweet32CVSS31, sweet32CVSS40, []string{"CVE-2016-2183"}
					}
					out = append(out, f)
					break
				}
			}
			if e.DHBits > 0 && e.DHBits < 2048 {
				f := fault{kase: "dhe", severity: check.Medium, args: i18n.Args{"bits": strconv.Itoa(e.DHBits)}}
				if e.DHBits < 1024 {
					f.severity, f.cvss31, f.cvss40, f.refs = check.High, brokenCVSS31, brokenCVSS40, []string{"CVE-2015-4000"}
				}
				out = append(out, f)
			}
			if e.WeakGroup > 0 {
				out = append(out, fault{kase: "curve", severity: check.Medium, args: i18n.Args{"bits": strconv.Itoa(groupBits[e.WeakGroup])}})
			}
			return out
		})
	},
}

// Vectors of what can be read by anybody on the way, and of SWEET32, which takes days of traffic.
const (
	brokenCVSS31  = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N"
	brokenCVSS40  = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N"
	sweet32CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"
	sweet32CVSS40 = "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N"
)
