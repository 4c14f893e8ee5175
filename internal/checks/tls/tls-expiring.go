package tls

import (
	"context"
	"strconv"
	"time"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

const oneDay = 24 * time.Hour

// Expiring asks whether a certificate will run out soon. Certificates that are
// renewed by machine are short-lived and renewed when a third of their life is
// left, so the alarm of a short one comes later than that.
var Expiring = &check.Check{
	Name: "tls-expiring", Level: wire.Safe, Severity: check.Medium, CWE: 298,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judgeChains(ctx, p, func(_ *endpoint, chain []*certificate) []fault {
			leaf := chain[0]
			left, life := leaf.notAfter.Sub(p.Site.Now), leaf.notAfter.Sub(leaf.notBefore)
			if left < 0 || p.Site.Now.Before(leaf.notBefore) {
				return nil // tls-expired speaks of it
			}
			severity := check.Info
			switch {
			case left < min(14*oneDay, life/5):
				severity = check.Medium
			case left < min(30*oneDay, life/4):
			default:
				return nil
			}
			return []fault{{severity: severity, args: i18n.Args{
				"subject": leaf.subject, "until": day(leaf.notAfter), "days": strconv.Itoa(int(left / oneDay)),
			}}}
		})
	},
}
