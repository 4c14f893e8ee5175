package tls

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

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
		var order []*spot
		spots := map[string]*spot{}
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
				key := strings.Join([]string{kase, string(f.Purpose), severity.String(), called(field)}, "\x00")
				if action != pg.URL && f.Raw != "" {
					key += "\x00" + action.EscapedPath()
				}
				s := spots[key]
				if s == nil {
					s = &spot{kase: kase, severity: severity, field: field, pages: map[string]bool{}}
					spots[key] = s
					order = append(order, s)
				}
				s.pages[pg.Ex.Path()] = true
				if s.page == nil || pg.Ex.Path() < s.page.Ex.Path() {
					s.page, s.action = pg, action
				}
			}
		}
		for _, s := range order {
			args := i18n.Args{"action": s.action.Scheme + "://" + s.action.Host + s.action.EscapedPath(), "field": called(s.field), "pages": somePaths(s.pages)}
			r := p.Report(s.page.Ex, s.page.Ex.Path(), args)
			r.Case, r.Severity, r.Parameter = s.kase, s.severity, s.field.Name
		}
		return nil
	},
}

// spot is one form, however many pages show it: the comment form below every
// product is repaired once.
type spot struct {
	kase     string
	severity check.Severity
	field    *page.Field
	page     *page.Page // the first of pages in order, so that runs agree
	action   *url.URL
	pages    map[string]bool
}

// called is what a person would call the field: forms that a script sends often
// give their fields no name.
func called(f *page.Field) string {
	return cmp.Or(f.Name, f.Label, f.Placeholder, f.Type)
}

func somePaths(paths map[string]bool) string {
	list := slices.Sorted(maps.Keys(paths))
	if len(list) > 5 {
		list = append(list[:5], "…")
	}
	return strings.Join(list, ", ")
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
