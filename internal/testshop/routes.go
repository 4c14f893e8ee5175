package testshop

import (
	"net/http"
)

// routes builds the table of the clean shop with the faults' own pages over it.
func (s *Shop) routes() *http.ServeMux {
	table := cleanRoutes()
	for _, f := range s.faults {
		for _, rt := range f.routes {
			table = replace(table, rt)
		}
	}
	mux := http.NewServeMux()
	for _, rt := range table {
		mux.Handle(rt.pattern, rt)
	}
	return mux
}

func replace(table []*route, by *route) []*route {
	for i, rt := range table {
		if rt.pattern == by.pattern {
			table[i] = by
			return table
		}
	}
	return append(table, by)
}

func cleanRoutes() []*route {
	rr := []*route{
		{"/{$}", kindTop, (*visit).top, nil},
		{"/products/list", kindList, (*visit).list, nil},
		{"/products/detail/{id}", kindProduct, (*visit).product, nil},
		{"/products/review/{id}", kindOther, (*visit).review, (*visit).postReview},
		{"/products/review/delete", kindOther, nil, (*visit).takeBackReview},
		{"/search", kindSearch, func(v *visit) { v.search(searched) }, nil},
		{"/cart", kindCart, (*visit).cart, nil},
		{"/cart/add", kindCart, nil, (*visit).cartAdd},
		{"/cart/update", kindCart, nil, (*visit).cartUpdate},
		{"/cart/delete", kindCart, (*visit).cartDelete, nil},
		{"/cart/coupon", kindCart, nil, (*visit).cartCoupon},
		{"/cart/points", kindCart, nil, (*visit).cartPoints},
		{"/shopping", kindCheckout, (*visit).checkout, (*visit).checkoutConfirm},
		{"/shopping/complete", kindCheckout, (*visit).checkoutDone, (*visit).checkoutComplete},
		{"/order/card", kindCard, (*visit).orderCard, nil},
		{"/entry", kindRegister, (*visit).entry, (*visit).entryConfirm},
		{"/entry/complete", kindRegister, thanks("会員登録が完了しました", "ご登録ありがとうございます。"), (*visit).entryComplete},
		{"/mypage/login", kindLogin, (*visit).loginGet, (*visit).loginPost},
		{"/logout", kindLogin, (*visit).logout, nil},
		{"/forgot", kindLogin, (*visit).forgot, (*visit).forgotSend},
		{"/mypage/{$}", kindMypage, signedIn((*visit).mypage), nil},
		{"/mypage/history", kindMypage, signedIn((*visit).history), nil},
		{"/mypage/history/{no}", kindMypage, signedIn((*visit).historyOne), nil},
		{"/shopping/receipt/{no}", kindMypage, signedIn((*visit).receipt), nil},
		{"/mypage/change", kindMypage, signedIn((*visit).change), signedIn((*visit).changeSave)},
		{"/mypage/password", kindMypage, signedIn((*visit).password), signedIn((*visit).passwordSave)},
		{"/mypage/favorite", kindMypage, signedIn((*visit).favorite), nil},
		{"/mypage/delivery", kindMypage, signedIn((*visit).delivery), signedIn((*visit).deliverySave)},
		{"/mypage/security", kindMypage, signedIn((*visit).security), signedIn((*visit).securitySave)},
		{"/mypage/withdraw", kindMypage, (*visit).withdraw, signedIn(func(v *visit, _ *member) { v.leaveShop() })},
		{"/contact", kindContact, (*visit).contact, (*visit).contactConfirm},
		{"/contact/complete", kindContact, thanks("お問い合わせを受け付けました", "2営業日以内にお返事します。"), (*visit).contactComplete},
		{"/mailmag", kindContact, (*visit).mailmag, (*visit).mailmagJoin},
		{"/catalog-request", kindContact, (*visit).catalogRequest, (*visit).catalogSend},
		{"/help/tradelaw", kindLegal, func(v *visit) { v.render("tradelaw", &page{Title: "特定商取引法に基づく表記"}) }, nil},
		{"/help/privacy", kindLegal, func(v *visit) { v.render("privacy", &page{Title: "プライバシーポリシー"}) }, nil},
		{"/gift/noshi", kindOther, func(v *visit) { v.noshi(noshiBound) }, nil},
		{"/download", kindOther, (*visit).download, nil},
		{"/out", kindOther, (*visit).out, nil},
		{"/sitemap", kindOther, (*visit).sitemapPage, nil},
		{"/sitemap.xml", kindAsset, (*visit).sitemapXML, nil},
		{"/robots.txt", kindAsset, (*visit).robots, nil},
		{"/.well-known/security.txt", kindAsset, (*visit).securityTxt, nil},
		{"/favicon.ico", kindAsset, (*visit).favicon, nil},
		{"/manifest.webmanifest", kindAsset, (*visit).manifest, nil},
		{"/assets/img/item/{file}", kindAsset, (*visit).itemPicture, nil},
		{"/assets/{dir}/{file}", kindAsset, (*visit).assetFile, nil},
		{AdminPath + "{$}", kindAdmin, (*visit).admin, nil},
		{AdminPath + "login", kindAdmin, nil, (*visit).adminLogin},
		{"/sjis/{$}", kindOther, (*visit).sjisIndex, nil},
		{"/sjis/item", kindProduct, (*visit).sjisItem, nil},
		{"/euc/{$}", kindOther, (*visit).euc, nil},
		{"/spa/", kindOther, (*visit).spa, nil},
		{"/api/v1/items", kindAsset, (*visit).apiItems, nil},
		{"/api/v1/items/{id}", kindAsset, (*visit).apiItem, nil},
		{"/api/v1/stock", kindAsset, (*visit).apiStock, nil},
		{"/api/v1/cart", kindAsset, nil, (*visit).apiCart},
		{"/hidden/{$}", kindOther, (*visit).hidden, nil},
		{"/hidden/way/{name}", kindOther, (*visit).hiddenWay, nil},
		{"/trap/{$}", kindOther, (*visit).trap, nil},
		{"/trap/calendar", kindOther, (*visit).calendar, nil},
		{"/trap/list", kindOther, (*visit).endless, nil},
		{"/trap/facet", kindOther, (*visit).facet, nil},
		{robotsOnly + "{$}", kindOther, plain("在庫の内部メモ", "この棚は準備中です。"), nil},
		{sitemapOnly, kindOther, plain("秋のお茶 限定品", "数量限定の秋摘み茶です。"), nil},
	}
	for _, a := range articles {
		pattern := a.Path
		if pattern[len(pattern)-1] == '/' {
			pattern += "{$}"
		}
		rr = append(rr, &route{pattern, a.Kind, func(v *visit) { v.articlePage(a) }, nil})
	}
	return rr
}

// plain is a page of one paragraph.
func plain(title, text string) func(*visit) {
	return func(v *visit) {
		v.render("article", &page{Title: title, Data: article{Paragraphs: []string{text}}})
	}
}
