package dns

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// CAA asks whether the domain says which authorities may issue its
// certificates. The nearest name with a record speaks (RFC 8659, 3).
var CAA = &check.Check{
	Name: "caa", Level: wire.Safe, Severity: check.Info, CWE: 350,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachZone(ctx, p, func(z *zone) error {
			for _, h := range z.hosts {
				set, err := nearestCAA(ctx, p, h, z.domain)
				if err != nil {
					return err
				}
				p.ExaminedThing(h)
				switch {
				case len(set) == 0:
					p.Report(nil, z.domain, i18n.Args{"host": h})
				case !issues(set):
					p.Report(nil, z.domain, i18n.Args{"host": h, "records": strings.Join(set, " / ")}).Case = "no-issue"
				}
			}
			return nil
		})
	},
}

func nearestCAA(ctx context.Context, p *check.Pass, host, domain string) ([]string, error) {
	for name := host; ; {
		a, err := ask(ctx, p, name, "CAA", "certificate authorities")
		if err != nil {
			return nil, err
		}
		if v := a.Values("CAA"); len(v) > 0 || name == domain {
			return v, nil
		}
		_, parent, ok := strings.Cut(name, ".")
		if !ok || !strings.HasSuffix(parent, domain) {
			return nil, nil
		}
		name = parent
	}
}

// issues says that a set restricts issuing: it has an issue or issuewild property.
func issues(set []string) bool {
	for _, r := range set {
		f := strings.Fields(r)
		if len(f) >= 2 && strings.HasPrefix(strings.ToLower(f[1]), "issue") {
			return true
		}
	}
	return false
}
