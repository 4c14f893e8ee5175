package access

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// PriceTampering asks whether the cart takes its prices from the browser. It
// stops at the cart: nothing is ordered.
var PriceTampering = &check.Check{
	Name: "price-tampering", Level: wire.Full, Severity: check.High, CWE: 472,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return inCart(ctx, p, func(f *page.Form) map[string]string {
			over := map[string]string{}
			for _, x := range f.Fields {
				if priceName.MatchString(x.Name) && x.Type == "hidden" && number.MatchString(x.Value) {
					over[x.Name] = strconv.Itoa(lowPrice)
				}
			}
			return over
		}, func(before, after []int) bool {
			_, came := difference(before, after)
			gone, _ := difference(before, after)
			return len(came) > 0 && len(gone) > 0 && slices.Min(came) <= 2*lowPrice && slices.Min(came) > 0 && slices.Max(came) < slices.Max(gone)
		})
	},
}

// QuantityTampering asks whether the cart takes a number of items below zero,
// with which an order could be made cheaper.
var QuantityTampering = &check.Check{
	Name: "quantity-tampering", Level: wire.Full, Severity: check.High, CWE: 840,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		return inCart(ctx, p, func(f *page.Form) map[string]string {
			over := map[string]string{}
			for _, x := range f.Fields {
				if x.Means == page.MeansQuantity && x.Name != "" {
					over[x.Name] = "-1"
				}
			}
			return over
		}, func(before, after []int) bool {
			_, came := difference(before, after)
			return len(came) > 0 && slices.Min(came) < 0
		})
	},
}

const lowPrice = 7

var (
	priceName = regexp.MustCompile(`(?i)^(?:.*[_\[-])?(?:price|amount|unit_?price|kakaku|cost|tanka|kingaku|sale_?price)\]?$`)
	money     = regexp.MustCompile(`(?:[¥￥]\s*(-?[\d,]{1,12})|([-−△▲]\s?)?([\d,]{1,12})\s*円|-\s?[¥￥]\s*([\d,]{1,12}))`)
)

// inCart puts an item into a cart of its own as it should be, another time
// with what change says, and lets wrong compare what the two carts come to.
func inCart(ctx context.Context, p *check.Pass, change func(*page.Form) map[string]string, wrong func(before, after []int) bool) error {
	if !slices.Contains(p.Scope.Consent.Acts, wire.ActCart) {
		p.NotExamined("商品をカートに入れる操作への同意（consent の acts に cart）がないため、確認していません。", nil)
		return nil
	}
	tried := map[string]bool{}
	forms := 0
	for _, pg := range p.Site.HTML() {
		for _, f := range pg.Forms {
			if f.Purpose != page.ForCart || f.Method != http.MethodPost || f.Scripted || !p.Scope.HasOrigin(f.Action) || pg.Kind == page.Cart || tried[f.Action.Path] || len(tried) >= 2 {
				continue
			}
			tried[f.Action.Path] = true
			forms++
			over := change(f)
			if len(over) == 0 {
				p.ExaminedPage(pg) // the browser is not asked for it
				continue
			}
			plain, first, err := filledCart(ctx, p, pg, f, nil, "plain")
			if err != nil {
				return err
			}
			if len(plain) == 0 {
				p.Unsure("カートの合計金額を読み取れないため、判断できません。", nil)
				continue
			}
			changed, second, err := filledCart(ctx, p, pg, f, over, "changed")
			if err != nil {
				return err
			}
			p.ExaminedPage(second)
			if wrong(plain, changed) {
				blame(p, f, over, first, second, plain, changed)
			}
		}
	}
	if forms == 0 {
		p.NotExamined("商品をカートに入れるフォームが見つからないため、確認していません。", nil)
	}
	return ctx.Err()
}

// filledCart puts the item of f into a new cart and reads what the cart comes
// to. The cart belongs to a session of its own, which is left behind empty-handed.
func filledCart(ctx context.Context, p *check.Pass, at *page.Page, f *page.Form, over map[string]string, jar string) ([]int, *page.Page, error) {
	jar = p.CheckName() + "-" + jar + f.Action.Path
	fresh, err := p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: at.URL, Jar: jar, Origin: wire.Origin{Why: "an item for a cart of the run's own"}})
	if err != nil {
		return nil, nil, err
	}
	for _, g := range fresh.Forms {
		if g.Purpose == page.ForCart && g.Action != nil && g.Action.Path == f.Action.Path {
			f = g
			break
		}
	}
	r := signin.Sending(f, over)
	r.Jar, r.Origin.Why = jar, "put into a cart of the run's own; nothing is ordered"
	got, err := p.Do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	to := landing(got)
	if to == nil && got.Kind != page.Cart {
		if carts := p.Site.OfKind(page.Cart); len(carts) > 0 {
			to = carts[0].URL
		}
	}
	if to != nil && p.Scope.HasOrigin(to) {
		if got, err = p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: to, Jar: jar, Again: true, Origin: wire.Origin{Why: "the cart of the run's own"}}); err != nil {
			return nil, nil, err
		}
	}
	return amounts(got.Visible), got, emptied(ctx, p, got, jar)
}

var (
	emptyAll = regexp.MustCompile(`(?i)空にする|すべて削除|全て削除|全削除|empty|clear`)
	takeOut  = regexp.MustCompile(`(?i)^\s*(?:×|✕|削除(?:する)?|取り消す|取り消し|カートから(?:削除|出す).*|remove.*|delete.*)\s*$`)
	ofCart   = regexp.MustCompile(`(?i)cart|basket|\bbag\b|kago`)
)

// emptied takes the item out again by the way that the cart itself offers. A
// cart that offers none ends with its session.
func emptied(ctx context.Context, p *check.Pass, cart *page.Page, jar string) error {
	way := wayOut(p, cart)
	if way == nil {
		return nil
	}
	way.Jar, way.Again, way.Origin.Why = jar, true, "taken out of the cart again"
	_, err := p.Do(ctx, way)
	return err
}

// wayOut is the request by which a cart lets its items be taken out; nil when
// it offers none.
func wayOut(p *check.Pass, cart *page.Page) (way *wire.Request) {
	if cart.Kind != page.Cart {
		return nil
	}
	for _, words := range []*regexp.Regexp{emptyAll, takeOut} {
		for _, l := range cart.Links {
			if way == nil && l.URL != nil && !l.Pattern && (l.Method == "" || l.Method == http.MethodGet) && words.MatchString(l.Text) && ofCart.MatchString(l.URL.Path) && p.Scope.HasOrigin(l.URL) {
				way = &wire.Request{Method: http.MethodGet, URL: l.URL}
			}
		}
		for _, f := range cart.Forms {
			if way == nil && f.Action != nil && !f.Scripted && slices.ContainsFunc(f.Buttons, words.MatchString) && len(f.Buttons) == 1 && ofCart.MatchString(f.Action.Path) && p.Scope.HasOrigin(f.Action) {
				way = signin.Sending(f, nil)
			}
		}
	}
	return way
}

func landing(pg *page.Page) *url.URL {
	loc := pg.Ex.Header.Get("Location")
	if loc == "" || pg.Ex.Status < 300 || pg.Ex.Status > 399 {
		return nil
	}
	u, err := pg.Ex.URL.Parse(loc)
	if err != nil {
		return nil
	}
	return u
}

// amounts are the sums of money that a text names.
func amounts(text string) []int {
	var out []int
	for _, m := range money.FindAllStringSubmatch(text, 200) {
		digits := strings.ReplaceAll(m[1]+m[3]+m[4], ",", "")
		n, err := strconv.Atoi(digits)
		if err != nil {
			continue
		}
		if m[2] != "" || m[4] != "" {
			n = -n
		}
		out = append(out, n)
	}
	return out
}

// difference is what only a has, and what only b has.
func difference(a, b []int) (gone, came []int) {
	for _, n := range a {
		if !slices.Contains(b, n) {
			gone = append(gone, n)
		}
	}
	for _, n := range b {
		if !slices.Contains(a, n) {
			came = append(came, n)
		}
	}
	return gone, came
}

func blame(p *check.Pass, f *page.Form, over map[string]string, first, second *page.Page, before, after []int) {
	var names []string
	for k := range over {
		names = append(names, k)
	}
	slices.Sort(names)
	gone, came := difference(before, after)
	was := "–"
	if len(gone) > 0 {
		was = fmt.Sprint(slices.Max(gone))
	}
	found := p.Report(second.Ex, f.Action.Path, i18n.Args{"field": names[0], "value": over[names[0]], "before": was, "after": fmt.Sprint(slices.Min(came))})
	found.Parameter = names[0]
	found.Evidence = append(found.Evidence, first.Ex.ID)
	found.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s を「%s」にして商品をカートに入れると、カートの金額が %s 円から %d 円に変わりました。注文はしていません。", names[0], over[names[0]], was, slices.Min(came)),
			EN: fmt.Sprintf("With %s set to %s, the cart came to %d yen instead of %s. Nothing was ordered.", names[0], over[names[0]], slices.Min(came), was),
		},
		Steps: []check.ProofStep{
			{Saw: i18n.Text{JA: was + " 円", EN: was + " yen"}, Evidence: first.Ex.ID},
			{Value: over[names[0]], Saw: i18n.Text{JA: fmt.Sprintf("%d 円", slices.Min(came)), EN: fmt.Sprintf("%d yen", slices.Min(came))}, Evidence: second.Ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}
