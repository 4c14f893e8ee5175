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

// CouponReuse asks whether a coupon that the shop itself announces is taken off
// the total more than once. It stops at the cart: nothing is ordered, and the
// coupon is not used up.
var CouponReuse = &check.Check{
	Name: "coupon-reuse", Level: wire.Full, Severity: check.Medium, CWE: 840,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		if !slices.Contains(p.Scope.Consent.Acts, wire.ActCart) {
			p.NotExamined("商品をカートに入れる操作への同意（consent の acts に cart）がないため、確認していません。", nil)
			return nil
		}
		code := couponCode(p.Site)
		if code == "" {
			p.NotExamined("お店のページにクーポンコードの案内が見つからないため、確認していません。", nil)
			return nil
		}
		for _, pg := range p.Site.HTML() {
			for _, f := range pg.Forms {
				if f.Purpose != page.ForCart || f.Method != http.MethodPost || f.Scripted || !p.Scope.HasOrigin(f.Action) || pg.Kind == page.Cart {
					continue
				}
				return redeem(ctx, p, pg, f, code)
			}
		}
		p.NotExamined("商品をカートに入れるフォームが見つからないため、確認していません。", nil)
		return nil
	},
}

var (
	couponText  = regexp.MustCompile(`(?i)(?:クーポン\s*(?:コード|番号)?|coupon\s*code|promo(?:tion)?\s*code)[^A-Za-z0-9]{0,8}([A-Z][A-Z0-9_-]{3,19}|[0-9]+[A-Z][A-Z0-9_-]{2,18})`)
	couponField = regexp.MustCompile(`(?i)coupon|クーポン|promo|voucher`)
	totalText   = regexp.MustCompile(`(?i)(?:合計|総計|お支払い?(?:金額|合計)|\btotal\b)[^0-9]{0,12}([\d,]{1,12})`)
)

// couponCode is a code that the shop shows to all visitors.
func couponCode(s *check.Site) string {
	for _, pg := range s.HTML() {
		for _, m := range couponText.FindAllStringSubmatch(pg.Visible, 10) {
			if strings.ToUpper(m[1]) == m[1] && !isWord[m[1]] {
				return m[1]
			}
		}
	}
	return ""
}

// isWord are words in capitals that stand beside "coupon" and are no codes.
var isWord = map[string]bool{"CODE": true, "COUPON": true, "HERE": true, "GET": true, "CLICK": true, "SALE": true, "CAMPAIGN": true, "OFF": true, "NEW": true, "LINE": true, "MAIL": true}

// totalOf is the sum that a cart comes to, as it says itself: the last one named.
func totalOf(pg *page.Page) (int, bool) {
	all := totalText.FindAllStringSubmatch(pg.Visible, 50)
	if len(all) == 0 {
		return 0, false
	}
	n, err := strconv.Atoi(strings.ReplaceAll(all[len(all)-1][1], ",", ""))
	return n, err == nil
}

// redeem fills a cart of the run's own and enters the code twice.
func redeem(ctx context.Context, p *check.Pass, at *page.Page, f *page.Form, code string) (err error) {
	jar := p.CheckName()
	do := func(r *wire.Request, why string) (*page.Page, error) {
		r.Jar, r.Again, r.Origin.Why = jar, true, why
		pg, err := p.Do(ctx, r)
		for n := 0; err == nil && n < 3; n++ {
			to := landing(pg)
			if to == nil || !p.Scope.HasOrigin(to) {
				break
			}
			pg, err = p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: to, Jar: jar, Again: true, Origin: wire.Origin{Why: why}})
		}
		return pg, err
	}
	item, err := do(&wire.Request{Method: http.MethodGet, URL: at.URL}, "an item for a cart of the run's own")
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(item.Forms, func(g *page.Form) bool {
		return g.Purpose == page.ForCart && g.Action != nil && g.Action.Path == f.Action.Path
	}); i >= 0 {
		f = item.Forms[i]
	}
	cart, err := do(signin.Sending(f, nil), "put into a cart of the run's own; nothing is ordered")
	if err != nil {
		return err
	}
	if cart.Kind != page.Cart {
		if carts := p.Site.OfKind(page.Cart); len(carts) > 0 {
			if cart, err = do(&wire.Request{Method: http.MethodGet, URL: carts[0].URL}, "the cart of the run's own"); err != nil {
				return err
			}
		}
	}
	defer func() {
		if eerr := emptied(context.WithoutCancel(ctx), p, cart, jar); err == nil {
			err = eerr
		}
	}()
	first, ok := totalOf(cart)
	if !ok || first <= 0 {
		p.Unsure("カートの合計金額を読み取れないため、判断できません。", nil)
		return nil
	}
	totals, pages := []int{first}, []*page.Page{cart}
	var where *url.URL
	for range 2 {
		field, form := couponForm(p, pages[len(pages)-1])
		if form == nil {
			break
		}
		where = form.Action
		r := signin.Sending(form, map[string]string{field: code})
		if _, err := do(r, "the coupon that the shop announces"); err != nil {
			return err
		}
		after, err := do(&wire.Request{Method: http.MethodGet, URL: cart.Ex.URL}, "what the cart comes to with the coupon")
		if err != nil {
			return err
		}
		n, ok := totalOf(after)
		if !ok {
			break
		}
		totals, pages = append(totals, n), append(pages, after)
	}
	switch {
	case where == nil:
		p.NotExamined("カートにクーポンの入力欄が見つからないため、確認していません。", nil)
		return nil
	case len(totals) < 2 || totals[1] >= first:
		p.NotExamined("案内されているクーポン（{code}）を入れてもカートの合計が下がらないため、確認していません。", i18n.Args{"code": code})
		return nil
	}
	p.ExaminedPage(pages[len(pages)-1])
	if len(totals) == 3 && totals[2] < totals[1] {
		found := p.Report(pages[2].Ex, where.Path, i18n.Args{"code": code, "first": fmt.Sprint(first), "once": fmt.Sprint(totals[1]), "twice": fmt.Sprint(totals[2])})
		found.Evidence = append(found.Evidence, pages[1].Ex.ID, pages[0].Ex.ID)
		yen := func(n int) i18n.Text {
			return i18n.Text{JA: fmt.Sprintf("合計 %d 円", n), EN: fmt.Sprintf("total %d yen", n)}
		}
		found.Proof = &check.Proof{
			Words: i18n.Text{
				JA: fmt.Sprintf("クーポン %s を同じカートに 2 回入れると、合計が %d 円、%d 円、%d 円と続けて下がりました。注文はしていません。", code, first, totals[1], totals[2]),
				EN: fmt.Sprintf("With the coupon %s entered twice, the same cart came to %d, %d and then %d yen. Nothing was ordered.", code, first, totals[1], totals[2]),
			},
			Steps: []check.ProofStep{
				{Called: i18n.Text{JA: "（クーポンなし）", EN: "(no coupon)"}, Saw: yen(first), Evidence: pages[0].Ex.ID},
				{Value: code, Saw: yen(totals[1]), Evidence: pages[1].Ex.ID},
				{Value: code, Saw: yen(totals[2]), Evidence: pages[2].Ex.ID},
			},
			Agreed: 1, Tried: 1,
		}
	}
	return nil
}

// couponForm is the form of a cart that takes a coupon, and its field.
func couponForm(p *check.Pass, cart *page.Page) (string, *page.Form) {
	for _, f := range cart.Forms {
		if f.Action == nil || f.Scripted || f.Method != http.MethodPost || f.Purpose == page.ForOrder || !p.Scope.HasOrigin(f.Action) {
			continue
		}
		for _, x := range f.Fields {
			if x.Name != "" && (x.Type == "" || x.Type == "text") && couponField.MatchString(x.Name+" "+x.Label) {
				return x.Name, f
			}
		}
	}
	return "", nil
}
