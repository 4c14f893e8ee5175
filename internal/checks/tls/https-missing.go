package tls

import (
	"context"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// HTTPSMissing asks whether every page that the crawl saw came over HTTPS.
var HTTPSMissing = &check.Check{
	Name: "https-missing", Level: wire.Passive, Severity: check.High, CWE: 319,
	CVSS31: "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:A/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var plain []*page.Page
		decisive := false
		for _, pg := range p.Site.HTML() {
			p.ExaminedPage(pg)
			if pg.URL.Scheme == "http" {
				plain = append(plain, pg)
				decisive = decisive || decides(pg.Kind)
			}
		}
		if len(plain) == 0 {
			return nil
		}
		first := plain[0]
		f := p.Report(first.Ex, wire.OriginOf(first.URL), i18n.Args{"pages": strconv.Itoa(len(plain)), "example": first.Ex.Path()})
		if p.Site.HTTPS() {
			f.Case = "partly"
			if !decisive {
				f.Severity = check.Medium
			}
		}
		return nil
	},
}

// decides says that a page of this kind takes or shows what a customer must not lose.
func decides(k page.Kind) bool {
	switch k {
	case page.Cart, page.Checkout, page.CardEntry, page.Login, page.Register, page.MyPage, page.Reset, page.Contact, page.Admin:
		return true
	}
	return false
}
