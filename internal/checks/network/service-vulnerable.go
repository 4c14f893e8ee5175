package network

import (
	"context"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// ServiceVulnerable asks whether the version that a service says of itself has
// known vulnerabilities. Distributions mend without a new number, so a match
// is always only possible.
var ServiceVulnerable = &check.Check{
	Name: "service-vulnerable", Level: wire.Safe, Severity: check.High, CWE: 1395,
	Effort: check.Work, Fixer: check.ByOperator, Needs: check.Ports,
	Run: func(ctx context.Context, p *check.Pass) error {
		if p.Site.Intel == nil || p.Site.Intel.Stale(p.Site.Now) {
			p.Unsure("弱点情報が 30 日以上前のものなので、「既知の弱点はない」とは言い切れません。", nil)
		}
		return judge(ctx, p, func(o open) []fault {
			product, v, ok := versionOf(p.Site.Intel, o)
			if !ok {
				return nil
			}
			var hits []intel.Match
			for _, m := range p.Site.Intel.Vulnerabilities(product.ID, "core", []intel.Version{v}) {
				if m.Outcome == intel.Yes || m.Outcome == intel.Possible {
					hits = append(hits, m)
				}
			}
			if len(hits) == 0 {
				return nil
			}
			worst := hits[0].Advisory
			f := fault{
				confidence: check.Possible, cvss31: worst.CVSS3, cvss40: worst.CVSS4,
				args:  i18n.Args{"version": v.String(), "count": strconv.Itoa(len(hits))},
				words: map[string]i18n.Text{"product": product.Name, "summary": worst.Summary},
			}
			for _, h := range hits {
				f.refs = append(f.refs, h.Advisory.Name())
			}
			f.args["advisories"] = strings.Join(f.refs, ", ")
			var err error
			if f.severity, err = check.ParseSeverity(string(worst.Severity)); err != nil {
				f.severity = check.High
			}
			return []fault{f}
		})
	},
}
