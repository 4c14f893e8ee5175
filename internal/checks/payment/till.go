package payment

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
)

// way is how a card number travels.
type way string

// The ways, the safest first.
const (
	byRedirect way = "redirect" // typed on a page of the payment provider
	byIframe   way = "iframe"   // typed in the provider's frame inside the shop's page
	byToken    way = "token"    // typed in the shop's page, sent to the provider by its script
	byOwn      way = "own"      // sent to the shop
	byOther    way = "other"    // sent to somebody nobody knows
	mixed      way = "mixed"    // the provider's script is there, but the fields would go to the shop
	unclear    way = "unclear"  // only a script can send the fields, and none of a provider is there
)

var wayNames = map[way]i18n.Text{
	byRedirect: {JA: "決済代行会社の画面へ移動して入力（リンク型）", EN: "typed on the payment provider's page (redirect)"},
	byIframe:   {JA: "ページに埋め込んだ決済代行会社の枠で入力（iframe 型）", EN: "typed in the payment provider's frame (iframe)"},
	byToken:    {JA: "自社のページで入力し、決済代行会社のスクリプトが送信（トークン型）", EN: "typed in the shop's page, sent by the payment provider's script (token)"},
	byOwn:      {JA: "自社のサーバへ送信（カード番号が自社を通過）", EN: "sent to the shop's own server"},
	byOther:    {JA: "所有者の分からない宛先へ送信", EN: "sent to an unknown destination"},
	unclear:    {JA: "自社のページで入力（送信先は外から分からない）", EN: "typed in the shop's page; where it goes cannot be seen"},
	mixed:      {JA: "トークン型と見られるが、入力欄が自社へ送られる形のまま", EN: "token by its looks, but the fields would be sent to the shop"},
}

// till is one page on which a customer pays by card.
type till struct {
	page *page.Page
	way  way
	form *page.Form
	// number and code are the fields for the card's number and security code.
	number, code []*page.Field
	host         string         // who takes the number, when it is not the shop
	party        *intel.Party   // the same, when known
	others       []*intel.Party // further providers whose scripts are there
}

var (
	// otherCards are cards that pay nothing: points, gifts, members.
	otherCards = regexp.MustCompile(`(?i)ギフト|ポイント|会員|クーポン|プリペイド|商品券|診察券|株主|gift|point|member|coupon|loyalty|voucher|waon|nanaco|ponta`)
	// tokenCalls are how shops call the scripts of payment providers.
	tokenCalls = regexp.MustCompile(`(?i)getToken|createToken|tokeniz|Multipayment|\bPayjp\b|\bStripe\(|PaygentToken|com_sbps|zeusToken|SpsvApi|payvault|confirmCardPayment|braintree|\bKomoju\b|fincode|MpToken`)
	tokenNames = regexp.MustCompile(`(?i)token|pay|kessai|card|checkout|credit`)
)

// tills finds the pages where cards are paid with, once for all checks of the suite.
var tills = &check.Fact[[]*till]{Name: "payment tills", Find: func(ctx context.Context, p *check.Pass) ([]*till, error) {
	var out []*till
	for _, pg := range p.Site.HTML() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		if t := ring(p, pg); t != nil {
			out = append(out, t)
		}
	}
	return out, nil
}}

// ring says how a card is taken on the page; nil when none is, as far as can be seen.
func ring(p *check.Pass, pg *page.Page) *till {
	t := &till{page: pg}
	for _, f := range pg.Forms {
		number, code, more := cardFields(f)
		if len(number) == 0 || len(more) == 0 && notPayment(number) {
			continue
		}
		t.form, t.number, t.code = f, append(t.number, number...), append(t.code, code...)
	}
	psp, maybe := provider(p, pg)
	switch {
	case len(t.number) > 0:
		t.way = t.sent(p, psp != nil || maybe != "")
		if t.way == byToken || t.way == mixed || t.way == byOther && t.host == "" {
			t.party, t.host = psp, maybe
		}
	default:
		if !t.elsewhere(p) {
			return nil
		}
	}
	for _, o := range providers(p, pg) {
		if o != t.party {
			t.others = append(t.others, o)
		}
	}
	return t
}

// sent says where the form's card fields go when it is sent as it stands.
func (t *till) sent(p *check.Pass, script bool) way {
	// A browser sends no field without a name or outside of a form: only a script reads it.
	inForm := t.form.Tag == "form"
	named := inForm && slices.ContainsFunc(t.number, func(f *page.Field) bool { return f.Name != "" })
	a := t.form.Action
	switch {
	case a != nil && !p.Own(a):
		t.host, t.party = a.Host, p.Site.Intel.Party(a)
		if t.party != nil && t.party.Kind == intel.PartyPSP || t.party == nil && script && !named {
			return byRedirect
		}
		return byOther
	case !named && script:
		return byToken
	case !named:
		return unclear
	case script:
		return mixed
	}
	return byOwn
}

// elsewhere recognises a provider's frame, or a form that leads to its page.
func (t *till) elsewhere(p *check.Pass) bool {
	for _, r := range t.page.Resources {
		if r.Kind != "iframe" || r.URL == nil || p.Own(r.URL) || r.URL.Host == "" {
			continue
		}
		party := p.Site.Intel.Party(r.URL)
		if party != nil && party.Kind == intel.PartyPSP || party == nil && (r == check.CardFrame(t.page) || check.Purchase(t.page) && tokenNames.MatchString(r.URL.Host+r.URL.Path)) {
			t.way, t.host, t.party = byIframe, r.URL.Host, party
			return true
		}
	}
	for _, f := range t.page.Forms {
		if f.Action == nil || p.Own(f.Action) {
			continue
		}
		if party := p.Site.Intel.Party(f.Action); party != nil && party.Kind == intel.PartyPSP {
			t.way, t.host, t.party, t.form = byRedirect, f.Action.Host, party, f
			return true
		}
	}
	// A provider's script on a card page without fields draws its own frame.
	if t.page.Kind != page.Cart && check.Purchase(t.page) {
		if party, _ := provider(p, t.page); party != nil {
			t.way, t.party = byIframe, party
			return true
		}
	}
	return false
}

// provider is the payment provider whose script the page runs; maybe names
// the host of an unknown script, or the call, that looks like one's.
func provider(p *check.Pass, pg *page.Page) (psp *intel.Party, maybe string) {
	if all := providers(p, pg); len(all) > 0 {
		psp = all[0]
	}
	for _, s := range pg.Scripts {
		switch {
		case s.URL == nil && maybe == "" && tokenCalls.MatchString(s.Content):
			maybe = tokenCalls.FindString(s.Content)
		case s.URL != nil && !p.Own(s.URL) && p.Site.Intel.Party(s.URL) == nil && tokenNames.MatchString(s.URL.Host+s.URL.Path):
			maybe = s.URL.Host
		}
	}
	return psp, maybe
}

// providers are the payment providers whose scripts the page runs, in its order.
func providers(p *check.Pass, pg *page.Page) []*intel.Party {
	var out []*intel.Party
	add := func(u *url.URL) {
		if party := p.Site.Intel.Party(u); party != nil && party.Kind == intel.PartyPSP && !slices.Contains(out, party) {
			out = append(out, party)
		}
	}
	for _, s := range pg.Scripts {
		add(s.URL)
	}
	return out
}

// cardFields are the fields of f for the number and the code of a card; more
// are those that only payment cards have.
func cardFields(f *page.Form) (number, code, more []*page.Field) {
	for _, x := range f.Fields {
		switch x.Means {
		case page.MeansCardNumber:
			number = append(number, x)
		case page.MeansCardCode:
			code, more = append(code, x), append(more, x)
		case page.MeansCardExpiry, page.MeansCardName:
			more = append(more, x)
		}
	}
	return number, code, more
}

func notPayment(number []*page.Field) bool {
	return slices.ContainsFunc(number, func(f *page.Field) bool {
		return otherCards.MatchString(f.Name + " " + f.Label + " " + f.Placeholder)
	})
}

// paymentPages are the pages of the purchase that the crawl reached.
func paymentPages(p *check.Pass) []*page.Page {
	var out []*page.Page
	for _, pg := range p.Site.HTML() {
		if p.Scope.HasOrigin(pg.URL) && check.Purchase(pg) {
			out = append(out, pg)
		}
	}
	return out
}

// paths names up to five pages, sorted so that runs agree.
func paths(pages []*page.Page) string {
	var out []string
	for _, pg := range pages {
		out = append(out, pg.Ex.Path())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 5 {
		out = append(out[:5], "…")
	}
	return strings.Join(out, ", ")
}

func evidence(f *check.Finding, pages []*page.Page) {
	for _, pg := range pages[:min(len(pages), 5)] {
		if !slices.Contains(f.Evidence, pg.Ex.ID) {
			f.Evidence = append(f.Evidence, pg.Ex.ID)
		}
	}
}

// taker is who takes the card number, in words.
func (t *till) taker() i18n.Text {
	switch {
	case t.party != nil:
		return t.party.Name
	case t.host != "":
		return i18n.Text{JA: t.host, EN: t.host}
	}
	return i18n.Text{JA: "不明", EN: "unknown"}
}
