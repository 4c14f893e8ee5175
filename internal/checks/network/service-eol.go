package network

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// ServiceEOL asks whether a service says of itself a version that its maker no
// longer mends.
var ServiceEOL = &check.Check{
	Name: "service-eol", Level: wire.Safe, Severity: check.Medium, CWE: 1104,
	Effort: check.Project, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		return judge(ctx, p, func(o open) []fault {
			product, v, ok := versionOf(p.Site.Intel, o)
			if !ok {
				return nil
			}
			life := p.Site.Intel.EOL(product.ID, v, p.Site.Now)
			f := fault{severity: check.Medium, args: i18n.Args{"version": v.String(), "branch": life.Branch, "ends": ""}, words: map[string]i18n.Text{"product": product.Name}}
			switch life.Support {
			case intel.Ended:
				f.args["ends"] = life.End.Ends.Format("2006-01-02")
			case intel.Superseded:
				f.kase = "superseded"
			default:
				return nil
			}
			if life.Distributed {
				f.confidence = check.Possible // a distribution may mend it for longer
			}
			return []fault{f}
		})
	},
}

// versionOf reads product and version from a proven service's banner.
func versionOf(b *intel.Bundle, o open) (*intel.Product, intel.Version, bool) {
	if b == nil || o.Name == "" {
		return nil, intel.Version{}, false
	}
	for _, h := range b.Identify(intel.Observation{Kind: intel.InBanner, Text: latin(o.Banner)}) {
		product, ok := b.Product(h.Sign.Product)
		if ok && !h.Version.IsZero() {
			return product, h.Version, true
		}
	}
	return nil, intel.Version{}, false
}
