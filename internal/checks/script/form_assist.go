package script

import (
	"context"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// assists are words in addresses of scripts that help with forms.
var assists = regexp.MustCompile(`(?i)(?:^|[/_.-])efo(?:[/_.-]|\d|$)|form-?assist|navicast|entry-?form-?opt|zipaddr|ajaxzip|yubinbango|jpostal|address-?fill`)

// FormAssist asks whether pages where personal data are typed run form
// assistance of another company: it can read all that is typed, and has been
// the way into many shops at once.
var FormAssist = &check.Check{
	Name: "form-assist-script", Level: wire.Passive, Severity: check.Low, CWE: 829,
	Effort: check.Work, Fixer: check.ByOwner,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		for _, pg := range p.Site.HTML() {
			if p.Scope.HasOrigin(pg.URL) && personal(pg) {
				p.ExaminedPage(pg)
			}
		}
		for _, u := range list {
			if !u.third || !(u.party != nil && u.party.Kind == intel.PartyFormAssist || (u.party == nil || u.party.Kind == intel.PartyCDN) && assists.MatchString(u.url.Host+u.url.Path)) {
				continue
			}
			on := slices.DeleteFunc(slices.Clone(u.pages), func(pg *page.Page) bool { return !personal(pg) })
			if len(on) == 0 {
				continue
			}
			f := p.Report(on[0].Ex, u.key, i18n.Args{"pages": paths(on)})
			evidence(f, on)
			f.Words = map[string]i18n.Text{"owner": {JA: u.url.Host, EN: u.url.Host}}
			if u.party != nil {
				f.Words["owner"] = u.party.Name
			}
			if slices.ContainsFunc(on, func(pg *page.Page) bool { return pg.Kind == page.CardEntry || pg.Kind == page.Checkout }) {
				f.Case, f.Severity = "payment", check.Medium
			}
		}
		return nil
	},
}

// personal says that a visitor types something personal on the page.
func personal(pg *page.Page) bool {
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			switch x.Means {
			case page.MeansPassword, page.MeansNewPassword, page.MeansPhone, page.MeansPerson, page.MeansAddress, page.MeansBirth,
				page.MeansCardNumber, page.MeansCardCode, page.MeansCardName:
				return true
			case page.MeansMail:
				if f.Purpose != page.ForSearch && f.Purpose != page.ForNews {
					return true
				}
			}
		}
	}
	return pg.Kind == page.CardEntry
}
