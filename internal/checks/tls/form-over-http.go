package tls

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// FormOverHTTP asks whether forms for personal data or passwords are shown or
// sent over plain HTTP.
var FormOverHTTP = &check.Check{
	Name: "form-over-http", Level: wire.Passive, Severity: check.High, CWE: 319,
	CVSS31: "CVSS:3.1/AV:A/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:A/AC:L/AT:N/PR:N/UI:P/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, pg := range p.Site.HTML() {
			p.ExaminedPage(pg)
			for _, f := range pg.Forms {
				field, severity := secretField(f)
				if field == nil {
					continue
				}
				action := pg.URL
				if f.Action != nil {
					action = f.Action
				}
				kase := ""
				switch {
				case action.Scheme == "http":
				case pg.URL.Scheme == "http":
					kase = "page" // who changes the page on its way sees what is typed
				default:
					continue
				}
				r := p.Report(pg.Ex, pg.Ex.Path(), i18n.Args{"action": action.Scheme + "://" + action.Host + action.EscapedPath(), "field": field.Name})
				r.Case, r.Severity, r.Parameter = kase, severity, field.Name
			}
		}
		return nil
	},
}

// secretField is the field that matters most, nil when there is none.
func secretField(f *page.Form) (*page.Field, check.Severity) {
	var person *page.Field
	for _, x := range f.Fields {
		switch x.Means {
		case page.MeansPassword, page.MeansNewPassword, page.MeansCardNumber, page.MeansCardCode, page.MeansCardExpiry, page.MeansOTP:
			return x, check.High
		case page.MeansMail, page.MeansPhone, page.MeansPerson, page.MeansAddress, page.MeansPostcode, page.MeansBirth, page.MeansCardName:
			if person == nil {
				person = x
			}
		}
		if x.Type == "password" {
			return x, check.High
		}
	}
	return person, check.Medium
}
