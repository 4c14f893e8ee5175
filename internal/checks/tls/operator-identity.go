package tls

import (
	"context"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// OperatorIdentity asks whether the organisation in the certificate is named
// in the shop's 特定商取引法 page. Certificates without an organisation are normal.
var OperatorIdentity = &check.Check{
	Name: "operator-identity", Level: wire.Passive, Severity: check.Info,
	Effort: check.Setting, Fixer: check.ByOwner, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		leaf, ex := shownCertificate(p.Site)
		if leaf == nil {
			return nil
		}
		organisation := leaf.organisation()
		if organisation == "" {
			p.NotApplicable("証明書に運営者の名前が入っていない種類（ドメイン認証）のため、照らし合わせる対象がありません。これは一般的な証明書で、問題ではありません。", nil)
			return nil
		}
		legal := p.Site.OfKind(page.Legal)
		for _, pg := range legal {
			p.ExaminedPage(pg)
			text := pg.Visible
			if text == "" {
				text = pg.Text
			}
			if strings.Contains(folded(text), folded(organisation)) {
				return nil
			}
		}
		if len(legal) > 0 {
			f := p.Report(ex, legal[0].Ex.Path(), i18n.Args{"organisation": organisation})
			f.Confidence = check.Possible
		}
		return nil
	},
}

// shownCertificate is the certificate that the start host showed to the crawl.
func shownCertificate(s *check.Site) (*certificate, *wire.Exchange) {
	for _, ex := range s.Exchanges {
		if ex.TLS == nil || len(ex.TLS.Chain) == 0 || !strings.EqualFold(ex.URL.Hostname(), s.Start.Hostname()) {
			continue
		}
		if c, err := readCertificate(ex.TLS.Chain[0]); err == nil {
			return c, ex
		}
	}
	return nil, nil
}

// folded makes names comparable: width, case, spaces, points and the forms of
// 株式会社 do not count.
func folded(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.NewReplacer("(株)", "株式会社", "㈱", "株式会社", "(有)", "有限会社", "co.,ltd", "coltd", "corporation", "corp", "incorporated", "inc").Replace(s)
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
