package dns

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// MTASTS asks whether mail to the shop is to be delivered encrypted only
// (RFC 8461). It is advice, for domains that take mail.
var MTASTS = &check.Check{
	Name: "mta-sts", Level: wire.Safe, Severity: check.Info, CWE: 319,
	Effort: check.Work, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		asked := false
		err := eachZone(ctx, p, func(z *zone) error {
			if len(z.mx) == 0 {
				return nil
			}
			asked = true
			a, err := ask(ctx, p, "_mta-sts."+z.domain, "TXT", "MTA-STS")
			if err != nil {
				return err
			}
			p.ExaminedThing(z.domain)
			var records []string
			for _, t := range a.Values("TXT") {
				if strings.HasPrefix(t, "v=STSv1") {
					records = append(records, t)
				}
			}
			switch {
			case len(records) == 0:
				p.Report(nil, z.domain, nil)
			case len(records) > 1 || !strings.Contains(strings.ReplaceAll(records[0], " ", ""), ";id="):
				p.Report(nil, z.domain, i18n.Args{"record": strings.Join(records, " / ")}).Case = "invalid"
			}
			return nil
		})
		if err == nil && !asked {
			p.NotApplicable("メールを受け取らないドメイン名のため、対象外です。", nil)
		}
		return err
	},
}
