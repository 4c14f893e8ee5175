package form

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// PasswordOverGet asks whether a password ends up in the address of the next
// page: in histories, access logs and Referer headers.
var PasswordOverGet = &check.Check{
	Name: "password-over-get", Level: wire.Passive, Severity: check.Medium, CWE: 598,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		forms := passwordForms(p.Site)
		needLogin(p, forms)
		for _, pf := range forms {
			p.ExaminedPage(pf.page)
			named := names(pf.fields)
			if pf.form.Method != "GET" || named == "" || pf.form.Action == nil || postsByButton(pf.form) {
				continue // a field without a name is not sent by the form itself
			}
			f := p.Report(pf.page.Ex, pf.form.Action.Path, i18n.Args{"page": pf.page.Ex.Path(), "fields": named})
			f.Parameter, f.Case = named, "get"
			_, method := attribute(pf.form, "method")
			if !method && byScript(pf.page, pf.form) {
				// GET is only what browsers do by default; a script may catch the form.
				f.Confidence, f.Case = check.Possible, "default"
			}
		}
		return ctx.Err()
	},
}

// byScript says that a script may send the form in place of the browser.
func byScript(pg *page.Page, f *page.Form) bool {
	if _, ok := attribute(f, "onsubmit"); ok || f.Scripted {
		return true
	}
	for _, s := range pg.Scripts {
		if s.URL != nil || strings.Contains(s.Content, "submit") || strings.Contains(s.Content, "fetch") {
			return true
		}
	}
	return false
}

// postsByButton says that a button of the form sends it by POST after all.
func postsByButton(f *page.Form) bool {
	node := f.Node()
	if node == nil {
		return false
	}
	for n := range node.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "formmethod" && strings.EqualFold(a.Val, "post") {
				return true
			}
		}
	}
	return false
}
