package software

import (
	"cmp"
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PackageVulnerable holds the shop package and its content system against the
// known vulnerabilities. A version in a range is no proof: every match is a
// possibility with the step that confirms it.
var PackageVulnerable = &check.Check{
	Name: "package-vulnerable", Level: wire.Safe, Severity: check.High, CWE: 1395,
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		e, err := check.Ask(ctx, p, versions)
		if err != nil {
			return err
		}
		var list []*advised
		for _, d := range e.find(intel.KindPackage, intel.KindCMS) {
			list = append(list, d.advised(p, "core"))
		}
		return cmp.Or(judge(ctx, p, list), e.err)
	},
}

// advised asks intel what is known against the estimate.
func (d *dated) advised(p *check.Pass, component string) *advised {
	a := &advised{product: d.product, version: d.said(), ex: d.ex, matches: p.Site.Intel.VulnerabilitiesOf(d.estimate, component)}
	for _, ex := range d.asked {
		a.evidence = append(a.evidence, ex.ID)
	}
	return a
}

// judge tries what can be tried, reports what may be open and says where
// silence is not enough.
func judge(ctx context.Context, p *check.Pass, list []*advised) error {
	var noVersion, unnamed, noData []string
	for _, a := range list {
		if a.ex != nil {
			p.Examined(a.ex)
		}
		known := len(a.matches) > 0
		done, err := tries(ctx, p, a.product.ID, a.matches)
		a.settle(p, done)
		if err != nil {
			return err
		}
		a.report(p)
		_, unknown := a.open()
		switch {
		case !known:
			noData = append(noData, a.product.Name.EN)
		case a.version.JA == "":
			noVersion = append(noVersion, a.product.Name.EN)
		case unknown:
			unnamed = append(unnamed, a.product.Name.EN)
		}
	}
	switch {
	case len(noVersion) > 0:
		p.Unsure("{names} のバージョンが外からは分からず、既知の弱点に該当するかを判定できませんでした。管理画面でバージョンを確認してください。", i18n.Args{"names": strings.Join(noVersion, ", ")})
	case len(unnamed) > 0:
		p.Unsure("{names} について、注意喚起がこの系列に触れていないものがあり、影響の有無を判定できませんでした。", i18n.Args{"names": strings.Join(unnamed, ", ")})
	case len(noData) > 0:
		p.Unsure("{names} の弱点情報は、診断が使う情報に収録されていません。提供元のお知らせを確認してください。", i18n.Args{"names": strings.Join(noData, ", ")})
	case len(list) > 0 && p.Site.Intel.Stale(p.Site.Now):
		p.Unsure("弱点情報が {date} 時点の古いものです。新しい情報で診断し直してください。", i18n.Args{"date": p.Site.Intel.Issued.Format("2006-01-02")})
	}
	return nil
}
