package testshop

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// order is one placed order.
type order struct {
	No, Name, Address, Payment string
	Total                      int
	At                         time.Time
}

type cartLine struct {
	Product           product
	Price, Count, Sum int
}

type basket struct {
	Lines          []cartLine
	Postage, Total int
	Saved, Points  int // by the coupon, and points paid with
	Balance        int // of a member's points
	Draft          url.Values
	Payment        string
	Card           bool
}

var payments = map[string]string{"card": "クレジットカード", "cod": "代金引換", "bank": "銀行振込"}

func basketOf(s *session) basket {
	var b basket
	for _, l := range s.cart {
		p := products[l.ID-1]
		price := cmp.Or(l.Price, p.Taxed())
		b.Lines = append(b.Lines, cartLine{p, price, l.Count, price * l.Count})
		b.Total += price * l.Count
	}
	if len(b.Lines) > 0 {
		b.Saved = min(s.coupons*couponYen, max(0, b.Total))
		b.Total -= b.Saved
		b.Points = s.points
		b.Total -= b.Points
	}
	if s.member != nil {
		b.Balance = memberPoints
	}
	if b.Total < 5400 {
		b.Postage = 660
	}
	return b
}

func (v *visit) cart() {
	v.render("cart", &page{Title: "ショッピングカート", Data: basketOf(v.session())})
}

func (v *visit) cartAdd() {
	p, ok := productByID(v.r.PostForm.Get("product_id"))
	n, err := strconv.Atoi(v.r.PostForm.Get("quantity"))
	if !ok || err != nil || n < 1 && !v.shop.on["quantity-tampering"] || n > 20 {
		v.fail(422, "数量をご確認ください")
		return
	}
	v.putInCart(p, n)
	if price, err := strconv.Atoi(v.r.PostForm.Get("price")); err == nil && v.shop.on["price-tampering"] {
		s := v.session()
		s.cart[slices.IndexFunc(s.cart, func(l line) bool { return l.ID == p.ID })].Price = price
	}
	v.seeOther("/cart")
}

func (v *visit) putInCart(p product, n int) {
	s := v.session()
	if i := slices.IndexFunc(s.cart, func(l line) bool { return l.ID == p.ID }); i >= 0 {
		s.cart[i].Count = min(20, s.cart[i].Count+n)
	} else {
		s.cart = append(s.cart, line{ID: p.ID, Count: n})
	}
	v.shop.harm.cartAdds.Add(1)
}

func (v *visit) cartUpdate() {
	p, ok := productByID(v.r.PostForm.Get("product_id"))
	n, err := strconv.Atoi(v.r.PostForm.Get("quantity"))
	s := v.session()
	i := slices.IndexFunc(s.cart, func(l line) bool { return l.ID == p.ID })
	if !ok || err != nil || n < 1 || n > 20 || i < 0 {
		v.fail(422, "数量をご確認ください")
		return
	}
	s.cart[i].Count = n
	v.shop.harm.cartAdds.Add(1)
	v.seeOther("/cart")
}

// cartDelete acts on a plain GET, as carts in real shops do: a careless crawler is counted here.
func (v *visit) cartDelete() {
	id := v.r.URL.Query().Get("id")
	if id == "" {
		v.notFound()
		return
	}
	v.shop.harm.cartRemovals.Add(1)
	s := v.session()
	s.cart = slices.DeleteFunc(s.cart, func(l line) bool { return id == "all" || strconv.Itoa(l.ID) == id })
	v.seeOther("/cart")
}

// coupon is the one that all visitors may use, once in a purchase.
const (
	coupon    = "SHINCHA-100"
	couponYen = 100
)

// memberPoints are what every member of the demo shop has.
const memberPoints = 50

func (v *visit) cartPoints() {
	s := v.session()
	n, err := strconv.Atoi(v.r.PostForm.Get("use_point"))
	if s.member == nil || err != nil || (n < 0 || n > memberPoints) && !v.shop.on["points-tampering"] {
		v.fail(422, "ご利用ポイントをご確認ください")
		return
	}
	s.points = n
	v.seeOther("/cart")
}

func (v *visit) cartCoupon() {
	s := v.session()
	if v.r.PostForm.Get("coupon") == coupon && len(s.cart) > 0 && (s.coupons == 0 || v.shop.on["coupon-reuse"] && s.coupons < 5) {
		s.coupons++
	}
	v.seeOther("/cart")
}

func (v *visit) checkout() {
	if len(v.session().cart) == 0 {
		v.seeOther("/cart")
		return
	}
	v.render("checkout", &page{Title: "ご注文内容の入力"})
}

var personFields = []string{"name", "kana", "postal_code", "address", "tel", "email"}

func (v *visit) checkoutConfirm() {
	s := v.session()
	draft, ok := keep(v.r.PostForm, personFields...)
	if !ok || len(s.cart) == 0 || payments[draft.Get("payment")] == "" {
		v.fail(422, "入力内容をご確認ください")
		return
	}
	s.drafts["order"] = draft
	b := basketOf(s)
	b.Draft, b.Payment, b.Card = draft, payments[draft.Get("payment")], draft.Get("payment") == "card"
	b.Total += b.Postage
	v.render("checkout-confirm", &page{Title: "ご注文内容の確認", Data: b})
}

func (v *visit) checkoutComplete() {
	s := v.session()
	draft := s.drafts["order"]
	if draft == nil || len(s.cart) == 0 || draft.Get("payment") == "card" && v.r.PostForm.Get("psp_token") == "" {
		v.fail(422, "ご注文を完了できませんでした")
		return
	}
	b := basketOf(s)
	shop := v.shop
	shop.mu.Lock()
	o := &order{
		No: fmt.Sprintf("C%06d", 999+len(shop.orders)), Name: draft.Get("name"), Address: draft.Get("address"),
		Payment: payments[draft.Get("payment")], Total: b.Total + b.Postage, At: shop.opts.Now(),
	}
	shop.orders[o.No] = o
	if s.member != nil {
		s.member.orders = append(s.member.orders, o)
	}
	shop.mu.Unlock()
	s.order, s.cart, s.coupons, s.points = o, nil, 0, 0
	delete(s.drafts, "order")
	shop.harm.orders.Add(1)
	shop.mail(draft.Get("email"), "ご注文の確認", "ご注文番号は "+o.No+" です。")
	v.seeOther("/shopping/complete")
}

func (v *visit) checkoutDone() {
	s := v.session()
	if s.order == nil {
		v.seeOther("/cart")
		return
	}
	v.render("done", &page{Title: "ご注文ありがとうございました", Data: "ご注文番号は " + s.order.No + " です。確認のメールをお送りしました。"})
}

// orderCard is the card page that a visitor reaches without a cart: payment of orders by telephone.
func (v *visit) orderCard() {
	v.session()
	v.render("order-card", &page{Title: "お電話・FAXのご注文のお支払い"})
}

func (v *visit) orderCardPay() {
	if v.r.PostForm.Get("card_number") == "" {
		v.fail(422, "カード番号をご確認ください")
		return
	}
	v.shop.harm.orders.Add(1)
	v.render("done", &page{Title: "お支払いを受け付けました", Data: "ご利用ありがとうございました。"})
}
