package tls

import (
	"context"
	"slices"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Expired asks whether each certificate is valid today. It also writes the
// inventory of certificates.
var Expired = &check.Check{
	Name: "tls-expired", Level: wire.Safe, Severity: check.High, CWE: 298,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		noted := map[string]bool{}
		return judgeChains(ctx, p, func(e *endpoint, chain []*certificate) []fault {
			leaf := chain[0]
			if k := e.where() + string(e.Chains[0][0]) + leaf.key(); !noted[k] {
				noted[k] = true
				p.Note(certificateNote(e, chain))
			}
			args := i18n.Args{"subject": leaf.subject, "from": day(leaf.notBefore), "until": day(leaf.notAfter)}
			switch now := p.Site.Now; {
			case now.After(leaf.notAfter):
				return []fault{{severity: check.High, args: args}}
			case now.Before(leaf.notBefore):
				return []fault{{kase: "not-yet", severity: check.High, args: args}}
			}
			return nil
		})
	},
}

// japan is where the dates of the report are.
var japan = time.FixedZone("JST", 9*60*60)

func day(t time.Time) string { return t.In(japan).Format("2006-01-02") }

func certificateNote(e *endpoint, chain []*certificate) check.Note {
	leaf := chain[0]
	args := i18n.Args{
		"subject": leaf.subject, "organisation": leaf.organisation(), "issuer": leaf.issuer,
		"not_before": day(leaf.notBefore), "not_after": day(leaf.notAfter), "key": leaf.key(), "address": e.Addr, "names": "",
	}
	if leaf.x != nil {
		names := slices.Clone(leaf.x.DNSNames)
		if len(names) > 20 {
			names = append(names[:20], "…")
		}
		args["names"] = strings.Join(names, ", ")
	}
	return check.Note{Kind: "certificate", Where: e.where(), Args: args}
}
