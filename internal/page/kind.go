package page

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// tally adds up what speaks for each kind.
type tally struct {
	points map[Kind]int
	why    map[Kind]string
	best   map[Kind]int
}

func (t *tally) add(k Kind, n int, why string) {
	t.points[k] += n
	if n > t.best[k] {
		t.best[k], t.why[k] = n, why
	}
}

// precedence settles ties: the more decisive kind first.
var precedence = []Kind{Error, CardEntry, Admin, Checkout, Cart, Reset, Register, Login, MyPage, Contact, Legal, Privacy, Product, Search, List, Top, Other}

// kindOf names the kind of a page by the signs that speak for each, and says
// which was the strongest.
func kindOf(p *Page, root *html.Node) (Kind, string) {
	if p.Ex.Status >= 400 && p.Challenge != "HTTP authentication" || p.Ex.Status >= 500 {
		return Error, fmt.Sprintf("status %d", p.Ex.Status)
	}
	if p.URL != nil && strings.HasSuffix(p.URL.Path, "/embed/") && strings.Contains(p.Text, "wp-embed-footer") {
		return Other, "made to be shown inside other sites"
	}
	t := &tally{points: map[Kind]int{}, why: map[Kind]string{}, best: map[Kind]int{}}
	byAddress(t, p)
	byBody(t, root)
	byTitle(t, p, root)
	byForms(t, p)
	byData(t, p)
	if onlyExplains(p) {
		for _, k := range []Kind{Cart, Checkout, CardEntry, Register} {
			delete(t.points, k)
		}
	}
	best, score := Other, 0
	for _, k := range precedence {
		if t.points[k] > score {
			best, score = k, t.points[k]
		}
	}
	if score < 4 {
		return Other, "no clear sign"
	}
	return best, t.why[best]
}

// onlyExplains says that a page stands among a shop's explanations and takes
// nothing in: 「お支払い方法」 in the help is no checkout, the terms of membership
// are no registration. A step of the purchase drawn by scripts has no form
// either, but does not stand there.
func onlyExplains(p *Page) bool {
	if p.URL == nil {
		return false
	}
	among := false
	for seg := range strings.SplitSeq(strings.ToLower(p.URL.Path), "/") {
		switch name, _, _ := strings.Cut(seg, "."); name {
		case "help", "guide", "guides", "faq", "support", "about", "info", "information", "shopping-guide", "shoppingguide", "shopping_guide", "user_data", "userguide", "user-guide", "how-to", "howto", "pages", "contents", "terms", "agreement", "rule", "policies":
			among = true
		}
	}
	if !among {
		return false
	}
	for _, f := range p.Forms {
		switch f.Purpose {
		case ForSearch, ForFilter, ForNews, ForLogin, ForLogout:
		default:
			if !inFrame(f) {
				return false
			}
		}
	}
	for _, r := range p.Resources { // a payment provider's frame takes the card
		if r.Kind == "iframe" {
			return false
		}
	}
	return true
}

// byData reads structured data and Open Graph.
func byData(t *tally, p *Page) {
	for _, m := range p.Metas {
		if m.Property == "og:type" {
			switch strings.ToLower(m.Content) {
			case "product", "og:product", "product.item":
				t.add(Product, 6, "og:type product")
			}
		}
		if strings.HasPrefix(m.Property, "product:price") {
			t.add(Product, 4, "product price meta")
		}
	}
	for _, s := range p.Scripts {
		if !strings.Contains(s.Type, "ld+json") || len(s.Content) > 1<<20 {
			continue
		}
		c := strings.NewReplacer(" ", "", "\n", "", "\t", "").Replace(clip(s.Content, 20000))
		n := strings.Count(c, `"@type":"Product"`)
		switch {
		case strings.Contains(c, `"@type":"ItemList"`) || strings.Contains(c, `"@type":"CollectionPage"`) || n > 3:
			t.add(List, 4, "structured data: list")
		case n > 0:
			t.add(Product, 6, "structured data: Product")
		}
		if strings.Contains(c, `"@type":"CheckoutPage"`) {
			t.add(Checkout, 6, "structured data: CheckoutPage")
		}
		if strings.Contains(c, `"@type":"ContactPage"`) {
			t.add(Contact, 5, "structured data: ContactPage")
		}
		if strings.Contains(c, `"@type":"SearchResultsPage"`) {
			t.add(Search, 6, "structured data: SearchResultsPage")
		}
	}
}
