package software

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/wire"
)

// ServerEOL asks whether the web server and the libraries that its answers name still get security fixes.
var ServerEOL = &check.Check{
	Name: "server-eol", Level: wire.Passive, Severity: check.High, CWE: 1104,
	Effort: check.Project, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := check.Ask(ctx, p, inventory)
		if err != nil {
			return err
		}
		if providers(p, s) {
			return nil
		}
		list := s.find(intel.KindServer, intel.KindDatabase, intel.KindLibrary) // a library seen in a header is the server's
		if !runtimeEOL(p, s, list) && len(list) > 0 {
			var names []string
			for _, it := range list {
				p.Examined(it.ex)
				names = append(names, it.product.Name.EN)
			}
			p.Unsure("{names} のバージョンが外からは分からないため、サポート期限を判定できませんでした。サーバの管理者に確認してください。", i18n.Args{"names": strings.Join(names, ", ")})
		}
		return nil
	},
}
