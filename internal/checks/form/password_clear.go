package form

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// PasswordClear asks whether passwords cross the network unencrypted: typed on
// a page that came over http://, or sent to an http:// address.
var PasswordClear = &check.Check{
	Name: "password-clear", Level: wire.Passive, Severity: check.High, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		forms := passwordForms(p.Site)
		needLogin(p, forms)
		for _, pf := range forms {
			p.ExaminedPage(pf.page)
			c, to := "", pf.page.URL
			switch {
			case pf.form.Action != nil && pf.form.Action.Scheme == "http":
				c, to = "action", pf.form.Action
			case pf.page.URL.Scheme == "http":
				c = "page" // whoever sits on the line can change where the form goes
			default:
				continue
			}
			f := p.Report(pf.page.Ex, pf.page.Ex.Path(), i18n.Args{"fields": names(pf.fields), "to": to.Scheme + "://" + to.Host + to.EscapedPath()})
			f.Case, f.Parameter = c, names(pf.fields)
		}
		return ctx.Err()
	},
}
