package software

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// PHPEOL asks whether the PHP (or other language) that answers name still gets security fixes.
var PHPEOL = &check.Check{
	Name: "php-eol", Level: wire.Passive, Severity: check.High, CWE: 1104,
	Effort: check.Project, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		list := s.find(intel.KindLanguage)
		if !runtimeEOL(p, s, list) && len(list) > 0 {
			p.Examined(list[0].ex)
			p.Unsure("PHP のバージョンが外からは分からないため、サポート期限を判定できませんでした。サーバの管理画面で確認してください。", nil)
		}
		return nil
	},
}
