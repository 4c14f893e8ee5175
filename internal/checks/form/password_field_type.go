package form

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PasswordFieldType asks whether passwords are hidden while they are typed, and
// never come back from the shop (ウェブ健康診断 J: 伏字).
var PasswordFieldType = &check.Check{
	Name: "password-field-type", Level: wire.Passive, Severity: check.Low, CWE: 549,
	CVSS31: "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:P/AC:L/AT:N/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		forms := passwordForms(p.Site)
		needLogin(p, forms)
		for _, pf := range forms {
			p.ExaminedPage(pf.page)
			bad := map[string][]*page.Field{}
			for _, x := range pf.fields {
				switch {
				case x.Type == "password" && strings.Trim(x.Value, "*•●xX ") != "" && x.Means != page.MeansOther:
					bad["prefilled"] = append(bad["prefilled"], x)
				case x.Type != "password" && !masked(x) && shown(x):
					bad["shown"] = append(bad["shown"], x)
				}
			}
			for _, c := range []string{"shown", "prefilled"} {
				if len(bad[c]) == 0 {
					continue
				}
				x := bad[c][0]
				f := p.Report(pf.page.Ex, pf.page.Ex.Path(), i18n.Args{"field": names(bad[c]), "type": x.Type})
				f.Parameter, f.Case = names(bad[c]), c
				f.Excerpt = `<input type="` + x.Type + `" name="` + x.Name + `">`
			}
		}
		return ctx.Err()
	},
}

// masked says that the field's style hides what is typed.
func masked(x *page.Field) bool {
	for _, a := range x.Attrs {
		if a.Key == "style" && strings.Contains(a.Val, "text-security") {
			return true
		}
	}
	return false
}
