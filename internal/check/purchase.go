package check

import (
	"regexp"
	"strings"

	"miseban/internal/page"
)

// cardFrame is how a frame that takes cards is called for those who cannot see it.
var cardFrame = regexp.MustCompile(`(?i)カード番号|カード情報|クレジットカード|card\s*(?:number|details|payment)|credit\s*card`)

// Purchase says whether pg is a page of the purchase: a cart, a page where a
// card is entered – in its own fields or in a frame – or a checkout that takes
// something in. A page that only explains the ways of payment is none.
func Purchase(pg *page.Page) bool {
	switch pg.Kind {
	case page.Cart, page.CardEntry:
		return true
	case page.Checkout:
		for _, f := range pg.Forms {
			switch f.Purpose {
			case page.ForSearch, page.ForFilter, page.ForNews, page.ForLogin, page.ForLogout:
			default:
				return true
			}
		}
	}
	return CardFrame(pg) != nil
}

// CardFrame is the frame of another house on pg that by its title takes a
// card; nil when there is none.
func CardFrame(pg *page.Page) *page.Resource {
	for _, r := range pg.Resources {
		if r.Kind != "iframe" || r.URL == nil || r.URL.Host == "" || pg.URL == nil || strings.EqualFold(r.URL.Host, pg.URL.Host) {
			continue
		}
		if cardFrame.MatchString(r.Title) {
			return r
		}
	}
	return nil
}
