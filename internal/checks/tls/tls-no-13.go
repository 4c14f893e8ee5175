package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// No13 asks whether the server speaks TLS 1.3. TLS 1.2 alone is still accepted,
// so this is advice.
var No13 = &check.Check{
	Name: "tls-no-13", Level: wire.Safe, Severity: check.Info, CWE: 0,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(e *endpoint) []fault {
			if e.has(tls13) {
				return nil
			}
			return []fault{{severity: check.Info, args: i18n.Args{"newest": versionNames[e.max12()]}}}
		})
	},
}
