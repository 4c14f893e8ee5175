package payment

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CardDataOnOwnOrigin asks whether card numbers pass through the shop's own
// server, which the card industry's rules allow only with PCI DSS.
var CardDataOnOwnOrigin = &check.Check{
	Name: "card-data-on-own-origin", Level: wire.Passive, Severity: check.Critical, CWE: 359,
	Effort: check.Project, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, tills)
		if err != nil {
			return err
		}
		for _, t := range list {
			p.ExaminedPage(t.page)
			if t.way != byOwn && t.way != mixed && t.way != byOther && t.way != unclear {
				continue
			}
			to := t.page.Ex.Path()
			if t.form.Action != nil {
				to = t.form.Action.EscapedPath()
				if !p.Scope.HasOrigin(t.form.Action) {
					to = t.form.Action.Host + to
				}
			}
			f := p.Report(t.page.Ex, t.page.Ex.Path(), i18n.Args{"to": to, "fields": names(append(append([]*page.Field{}, t.number...), t.code...))})
			f.Parameter = names(t.number)
			f.Words = map[string]i18n.Text{"taker": t.taker()}
			switch t.way {
			case mixed:
				f.Case, f.Severity, f.Confidence = "mixed", check.High, check.Possible
			case unclear:
				f.Case, f.Severity, f.Confidence = "unclear", check.Medium, check.Possible
			case byOther:
				f.Case, f.Severity, f.Confidence = "elsewhere", check.High, check.Possible
			default:
				if len(t.code) > 0 {
					f.Case = "code"
				}
			}
		}
		return nil
	},
}

// names lists fields as a developer knows them.
func names(fields []*page.Field) string {
	var out []string
	for _, f := range fields {
		switch {
		case f.Name != "":
			out = append(out, f.Name)
		case f.Label != "":
			out = append(out, f.Label)
		default:
			out = append(out, f.Type)
		}
	}
	return strings.Join(out, ", ")
}
