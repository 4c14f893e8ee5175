package software

import (
	"context"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// VersionEstimated finds out which release runs, for the inventory and for the
// checks that hold it against advisories. Its one fault is a shop whose files
// come from several releases at once.
var VersionEstimated = &check.Check{
	Name: "version-estimated", Level: wire.Safe, Severity: check.Low, CWE: 1395,
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
		var unknown []string
		for _, d := range e.list {
			p.Examined(d.ex)
			for _, ex := range d.asked {
				p.Examined(ex)
			}
			p.Note(d.note(d.said()))
			switch d.estimate.Certainty {
			case intel.NotEstimated:
				unknown = append(unknown, d.product.Name.EN)
			case intel.Mixed:
				f := p.Report(d.ex, d.product.ID, i18n.Args{"files": strings.Join(d.estimate.Basis, ", "), "versions": candidates(d.estimate)})
				f.Words, f.Confidence = map[string]i18n.Text{"name": d.product.Name}, check.Possible
				for _, ex := range d.asked {
					f.Evidence = append(f.Evidence, ex.ID)
				}
			}
		}
		if len(unknown) > 0 {
			p.Unsure("{names} のバージョンは、外から見える情報だけでは分かりませんでした。管理画面で確認してください。", i18n.Args{"names": strings.Join(unknown, ", ")})
		}
		return e.err
	},
}

// said is the estimate in both languages; "" when there is none.
func (d *dated) said() i18n.Text {
	if d.estimate.Certainty == intel.NotEstimated {
		return i18n.Text{}
	}
	return i18n.Text{JA: d.estimate.Text(i18n.JA), EN: d.estimate.Text(i18n.EN)}
}

// candidates lists the releases of an estimate, shortened in the middle.
func candidates(e intel.Estimate) string {
	var out []string
	for i, v := range e.Versions {
		if len(e.Versions) > 8 && i >= 4 && i < len(e.Versions)-2 {
			if i == 4 {
				out = append(out, "… ("+strconv.Itoa(len(e.Versions))+")")
			}
			continue
		}
		out = append(out, v.String())
	}
	return strings.Join(out, ", ")
}

// providers settles the question for shops on a cart service: the software of
// the platform is the provider's to keep up to date.
func providers(p *check.Pass, s *stock) bool {
	asp := s.hosted()
	if asp == nil {
		return false
	}
	p.Examined(asp.ex)
	p.NotApplicable("カートのサービス（{name}）を利用しているため、ソフトウェアの更新はサービスの提供会社の責任範囲です。", i18n.Args{"name": asp.product.Name.JA})
	return true
}
