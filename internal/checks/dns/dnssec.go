package dns

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// DNSSEC asks whether the answers for the domain are signed. An unsigned
// domain is common and advice; a broken or outdated signature is a fault.
var DNSSEC = &check.Check{
	Name: "dnssec", Level: wire.Safe, Severity: check.Info, CWE: 350,
	Effort: check.Work, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachZone(ctx, p, func(z *zone) error {
			ds, err := ask(ctx, p, z.domain, "DS", "DNSSEC")
			if err != nil {
				return err
			}
			p.ExaminedThing(z.domain)
			set := ds.Values("DS")
			switch {
			case len(set) == 0:
				p.Report(nil, z.domain, nil)
			case !slices.ContainsFunc(set, soundDS):
				f := p.Report(nil, z.domain, i18n.Args{"record": set[0]})
				f.Case, f.Severity = "weak", check.Low
			}
			return nil
		})
	},
}

// soundDS says that neither algorithm nor digest of a DS record rests on SHA-1
// or MD5 (RFC 8624).
func soundDS(v string) bool {
	f := strings.Fields(v)
	return len(f) >= 4 && !slices.Contains([]string{"1", "3", "5", "6", "7", "12"}, f[1]) && f[2] != "1"
}
