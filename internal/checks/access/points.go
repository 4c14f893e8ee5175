package access

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// PointsTampering asks whether a member can pay with points below zero, which
// would give him some, or with more than he has. It goes as far as the page
// before the order, with a cart of a session of its own, and no further.
var PointsTampering = &check.Check{
	Name: "points-tampering", Level: wire.Full, Severity: check.High, CWE: 840, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:H/A:H",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:N/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		if !slices.Contains(p.Scope.Consent.Acts, wire.ActCart) {
			p.NotExamined("商品をカートに入れる操作への同意（consent の acts に cart）がないため、確認していません。", nil)
			return nil
		}
		at, f := cartForm(p)
		if f == nil {
			p.NotExamined("商品をカートに入れるフォームが見つからないため、確認していません。", nil)
			return nil
		}
		s, err := p.Another(ctx, p.Customers()[0], "points")
		if err != nil {
			return err
		}
		return p.In(ctx, s, func(v *check.Visit) error { return payWithPoints(ctx, p, v, at, f) })
	},
}

// cartForm is the first form that puts an item into the cart, and its page.
func cartForm(p *check.Pass) (*page.Page, *page.Form) {
	for _, pg := range p.Site.HTML() {
		for _, f := range pg.Forms {
			if f.Purpose == page.ForCart && f.Method == http.MethodPost && !f.Scripted && p.Scope.HasOrigin(f.Action) && pg.Kind != page.Cart {
				return pg, f
			}
		}
	}
	return nil, nil
}

var (
	pointField = regexp.MustCompile(`(?i)(?:use|pay|spend|utilize|redeem)[-_]?points?|points?[-_]?(?:use|used|amount)|(?:利用|使用|ご利用|使う).{0,6}ポイント|ポイント.{0,6}(?:利用|使用|使う)`)
	// decides are the buttons that order; a form that has one is never sent.
	decides    = regexp.MustCompile(`(?i)注文(?:を)?(?:する|確定)|確定|購入する|place order|order now|buy now|pay now|complete`)
	toCheckout = regexp.MustCompile(`(?i)レジ|購入手続|ご購入|注文手続|お会計|checkout|proceed`)
)

// payWithPoints fills the cart and sends the form for points with 0, a number
// below zero and one above what the member has.
func payWithPoints(ctx context.Context, p *check.Pass, v *check.Visit, at *page.Page, f *page.Form) (err error) {
	do := func(r *wire.Request, why string) (*page.Page, error) {
		r.Again, r.Level, r.Origin.Why = true, wire.Full, why
		pg, err := v.Do(ctx, r)
		for n := 0; err == nil && n < 3; n++ {
			to := landing(pg)
			if to == nil || !p.Scope.HasOrigin(to) {
				break
			}
			pg, err = v.Do(ctx, &wire.Request{Method: http.MethodGet, URL: to, Again: true, Level: wire.Full, Origin: wire.Origin{Why: why}})
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
	defer func() {
		if way := wayOut(p, cart); way != nil {
			way.Again, way.Level, way.Origin.Why = true, wire.Full, "taken out of the cart again"
			if _, eerr := v.Do(context.WithoutCancel(ctx), way); err == nil {
				err = eerr
			}
		}
	}()
	desk, field, form := cart, "", (*page.Form)(nil)
	if field, form = pointForm(p, cart); form == nil {
		for _, l := range cart.Links {
			if l.URL != nil && !l.Pattern && l.Effect == page.Reads && p.Scope.HasOrigin(l.URL) && toCheckout.MatchString(l.Text) {
				if desk, err = do(&wire.Request{Method: http.MethodGet, URL: l.URL}, "the page before the order"); err != nil {
					return err
				}
				field, form = pointForm(p, desk)
				break
			}
		}
	}
	if form == nil {
		p.NotExamined("ポイントを使う入力欄が、注文の手前の画面に見つからないため、確認していません。", nil)
		return nil
	}
	have, _ := points(desk)
	var first *page.Page
	sums := map[string]int{}
	for _, try := range []struct{ how, value string }{{"none", "0"}, {"negative", "-100"}, {"over", strconv.Itoa(have + 100)}, {"none", "0"}} {
		pg, err := do(signin.Sending(form, map[string]string{field: try.value}), "points "+try.value+"; nothing is ordered")
		if err != nil {
			return err
		}
		if _, ok := totalOf(pg); !ok || pg.Ex.Status != http.StatusOK {
			if pg, err = do(&wire.Request{Method: http.MethodGet, URL: desk.Ex.URL}, "what the cart comes to with points"); err != nil {
				return err
			}
		}
		sum, ok := totalOf(pg)
		if !ok {
			p.Unsure("カートの合計金額を読み取れないため、判断できません。", nil)
			return nil
		}
		p.ExaminedPage(pg)
		zero, known := sums["none"]
		switch {
		case try.how == "none" && known && sum != zero:
			p.Unsure("ポイントを使わない場合の合計金額が変わるため、判断できません。", nil)
			return nil
		case try.how == "none" && !known:
			first = pg
		case try.how == "negative" && sum > zero, try.how == "over" && sum == zero-have-100:
			tellPoints(p, form, field, try.how, try.value, zero, sum, first, pg)
		}
		sums[try.how] = sum
	}
	return nil
}

// pointForm is a form by which points are paid with and that orders nothing.
func pointForm(p *check.Pass, pg *page.Page) (string, *page.Form) {
	for _, f := range pg.Forms {
		if f.Action == nil || f.Scripted || f.Method != http.MethodPost || f.Purpose == page.ForOrder || f.Purpose == page.ForCard || !p.Scope.HasOrigin(f.Action) || slices.ContainsFunc(f.Buttons, decides.MatchString) {
			continue
		}
		for _, x := range f.Fields {
			if x.Name != "" && (x.Type == "" || x.Type == "text" || x.Type == "number") && pointField.MatchString(x.Name+" "+x.Label) {
				return x.Name, f
			}
		}
	}
	return "", nil
}

func tellPoints(p *check.Pass, form *page.Form, field, how, value string, zero, sum int, first, pg *page.Page) {
	f := p.Report(pg.Ex, form.Action.Path, i18n.Args{"field": field, "value": value, "before": fmt.Sprint(zero), "after": fmt.Sprint(sum)})
	f.Case, f.Parameter = how, field
	f.Evidence = append(f.Evidence, first.Ex.ID)
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: fmt.Sprintf("%s に「%s」を入れて送ると、注文の手前の画面の合計が %d 円から %d 円に変わりました。注文はしていません。", field, value, zero, sum),
			EN: fmt.Sprintf("With %s set to %s the total before the order went from %d to %d yen. Nothing was ordered.", field, value, zero, sum),
		},
		Steps: []check.ProofStep{
			{Value: "0", Saw: i18n.Text{JA: fmt.Sprintf("合計 %d 円", zero), EN: fmt.Sprintf("total %d yen", zero)}, Evidence: first.Ex.ID},
			{Value: value, Saw: i18n.Text{JA: fmt.Sprintf("合計 %d 円", sum), EN: fmt.Sprintf("total %d yen", sum)}, Evidence: pg.Ex.ID},
		},
		Agreed: 1, Tried: 1,
	}
}
