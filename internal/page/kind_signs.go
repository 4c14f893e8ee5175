package page

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// byAddress reads path and router parameters.
func byAddress(t *tally, p *Page) {
	if p.URL == nil {
		return
	}
	path := strings.ToLower(p.URL.Path)
	q := p.URL.Query()
	route := pageParam(q)
	trimmed := strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(path, "/"), "/index.php"), "/index.html")
	if route == "" && (trimmed == "" || trimmed == "/index.htm" || trimmed == "/ja" || trimmed == "/en" || trimmed == "/jp" || trimmed == "/shop" || trimmed == "/home" || trimmed == "/html") && !hasSearchParam(q) {
		n := 6
		if trimmed != "" {
			n = 4
		}
		if q.Get("page_id") == "" && q.Get("p") == "" && q.Get("pid") == "" && q.Get("cat") == "" {
			t.add(Top, n, "the root of the site")
		}
	}
	if route == "index" && q.Get("cPath") == "" || route == "common/home" || route == "index/home" {
		t.add(Top, 7, "route of the start page")
	}
	subject := strings.Trim(path, "/")
	if route != "" {
		subject = strings.ToLower(route)
	}
	if isAdminPath(path) || route != "" && isAdminPath(strings.ReplaceAll(route, ".", "/")) {
		t.add(Admin, 9, "address of an administration")
	}
	for _, s := range addressSigns {
		for _, w := range s.words {
			if matchWord(subject, w) {
				t.add(s.kind, s.points, "address has "+w)
				break
			}
		}
	}
	if hasSearchParam(q) {
		t.add(Search, 5, "search parameter")
	}
	if q.Get("post_type") == "product" && q.Get("s") == "" {
		t.add(List, 4, "post_type=product")
	}
	if q.Get("category_id") != "" || q.Get("cPath") != "" && q.Get("products_id") == "" || q.Get("product_cat") != "" || q.Get("cbid") != "" {
		t.add(List, 4, "category parameter")
		if q.Get("cPath") != "" {
			t.add(List, 6, "category of Zen Cart")
		}
	}
	if q.Get("product_id") != "" || q.Get("products_id") != "" || q.Get("pid") != "" || q.Get("id_product") != "" {
		t.add(Product, 4, "product parameter")
	}
}

// pageParam is the value of the parameter that names the page in packages that route by one.
func pageParam(q url.Values) string {
	for _, k := range []string{"route", "main_page", "dispatch", "controller", "usces_page", "page", "mode"} {
		v := q.Get(k)
		if v != "" && routerValue.MatchString(v) {
			return v
		}
	}
	return ""
}

func hasSearchParam(q url.Values) bool {
	for _, k := range []string{"s", "q", "keyword", "search", "search_word", "search_query", "keywords", "kw", "search_keyword", "name", "searchword", "query"} {
		if q.Has(k) && (k != "name" || q.Has("category_id") && q.Get("name") != "") {
			return true
		}
	}
	return false
}

// matchWord finds w between the borders of words: "cart" is in /cart/index and not in /cartoon.
func matchWord(s, w string) bool {
	for off := 0; ; {
		i := strings.Index(s[off:], w)
		if i < 0 {
			return false
		}
		i += off
		j := i + len(w)
		if (i == 0 || !isAlnum(s[i-1]) || !isAlnum(w[0])) && (j == len(s) || !isAlnum(s[j]) || w[len(w)-1] >= 0x80) {
			return true
		}
		off = i + 1
	}
}

var addressSigns = []struct {
	kind   Kind
	points int
	words  []string
}{
	{Cart, 7, []string{"cart", "basket", "shopping_cart", "checkout/cart", "usces-cart", "mycart", "viewcart", "shopping-cart", "kago", "bag"}},
	{Checkout, 8, []string{"checkout", "shopping", "order/confirm", "checkout_shipping", "checkout_payment", "checkout_confirmation", "onepage", "shopping/confirm", "purchase", "commande", "order/input", "orderform", "one-page-checkout"}},
	{CardEntry, 7, []string{"shopping/credit", "card-entry", "credit-card", "card/input", "payment/card", "load_payment_module", "creditcard", "card_input", "payment/credit"}},
	{Login, 8, []string{"login", "signin", "sign-in", "sign_in", "log-in", "logon", "wp-login", "authentication", "connexion"}},
	{Register, 8, []string{"entry", "regist", "register", "registration", "signup", "sign-up", "sign_up", "create_account", "createaccount", "customer/account/create", "account/create", "kaiin", "join", "member/entry", "newmember", "profiles.add", "create-account"}},
	{MyPage, 7, []string{"mypage", "my-account", "myaccount", "my_page", "member/top", "account", "customer", "usces-member", "account_history", "my-page", "wishlist", "account/order", "history"}},
	{Reset, 9, []string{"forgot", "forgotten", "forgotpassword", "lost-password", "password_forgotten", "password-recovery", "password/reset", "lostpassword", "reset-password", "password-reset", "remind", "reminder", "password_reset", "resetpassword", "forgot-password", "recover_password", "auth.recover_password"}},
	{Contact, 8, []string{"contact", "contact-us", "contact_us", "inquiry", "toiawase", "otoiawase", "enquiry", "contacts", "form/contact", "inquire", "support/contact"}},
	{Legal, 9, []string{"tradelaw", "tokusho", "tokushoho", "tokutei", "order.php/tokusho", "help/tradelaw", "guide/order", "legal-notice", "sctl", "tokushou", "specified-commercial", "law", "commercial-law", "commerce-law", "legal", "tokuteisho", "asct", "transaction-law"}},
	{Privacy, 9, []string{"privacy", "privacy-policy", "privacypolicy", "privacy_policy", "kojinjoho", "kojin", "help/privacy", "policies/privacy-policy", "privacy-notice", "pp"}},
	{Search, 6, []string{"search", "catalogsearch", "advanced_search_result", "search_result", "searchresult", "product/search", "product-search", "products.search", "kensaku"}},
	{Product, 6, []string{"products/detail", "product", "item", "detail", "product_info", "product/product", "products.view", "catalog/product/view", "dp", "goods", "itemdetail"}},
	{List, 6, []string{"products/list", "category", "categories", "collections", "product/category", "list", "product-category", "product_list", "catalog/category/view", "shop", "categories.view", "products_new", "products_all", "specials", "ranking", "sale", "item/list", "itemlist", "new-products", "product/special", "brand", "c", "tag"}},
	{List, 4, []string{"product/category", "product/manufacturer", "product/collection"}},
	{Error, 6, []string{"404", "not-found", "notfound", "page_not_found", "error"}},
}

// byBody reads the classes and ids that packages put on body and main elements.
func byBody(t *tally, root *html.Node) {
	n := 0
	for d := range root.Descendants() {
		if n++; n > 4000 {
			break
		}
		if d.DataAtom == atom.Body {
			marks := " " + strings.ToLower(attr(d, "class")+" "+attr(d, "id")) + " "
			for _, s := range bodySigns {
				for _, w := range s.words {
					if strings.Contains(marks, w) {
						t.add(s.kind, s.points, "body is marked "+strings.TrimSpace(w))
						break
					}
				}
			}
			break
		}
	}
}

// bodySigns are marks of packages: EC-CUBE 3/4 (*_page ids), EC-CUBE 2 (LC_Page…),
// WordPress with WooCommerce or Welcart, Magento, PrestaShop, Shopify, Zen Cart.
var bodySigns = []struct {
	kind   Kind
	points int
	words  []string
}{
	{Top, 8, []string{" page_homepage ", " front_page ", " home ", " cms-index-index ", " page-index ", " template-index ", " indexbody ", " lc_page_index ", " id_page_homepage ", " common-home ", "lc_page_products_top", " indexhome "}},
	{List, 8, []string{" page_product_list ", " product_list_page ", " lc_page_products_list ", " tax-product_cat ", " post-type-archive-product ", " catalog-category-view ", " page-category ", " template-collection ", " productlistbody ", " product-category ", " categorybody ", " woocommerce-shop "}},
	{Product, 9, []string{" page_product_detail ", " product_page ", " lc_page_products_detail ", " single-product ", " catalog-product-view ", " page-product ", " template-product ", " productinfobody ", " product-product ", " single-item "}},
	{Search, 8, []string{" search-results ", " catalogsearch-result-index ", " page-search ", " template-search ", " product-search ", " advancedsearchresultbody ", " search-no-results "}},
	{Cart, 10, []string{" page_cart ", " cart_page ", " lc_page_cart ", " woocommerce-cart ", " checkout-cart-index ", " page-cart ", " template-cart ", " shoppingcartbody ", " welcart-cart ", " checkout-cart ", " usces_cart "}},
	{Checkout, 10, []string{" page_shopping", " shopping_page ", " lc_page_shopping", " woocommerce-checkout ", " checkout-index-index ", " page-order ", " page-checkout", " checkoutshippingbody ", " checkoutpaymentbody ", " checkoutconfirmationbody ", " checkout-checkout ", " checkoutonebody "}},
	{Login, 10, []string{" page_mypage_login ", " page_shopping_login ", " login_page ", " lc_page_mypage_login ", " customer-account-login ", " page-authentication ", " template-customers-login ", " loginbody ", " account-login ", " login-action-login ", " page_admin_login "}},
	{Register, 10, []string{" page_entry ", " entry_page ", " lc_page_entry", " customer-account-create ", " page-registration ", " template-customers-register ", " createaccountbody ", " account-register ", " login-action-register ", " page_entry_confirm "}},
	{MyPage, 9, []string{" page_mypage ", " page_mypage_", " mypage_page ", " lc_page_mypage ", " lc_page_mypage_", " customer-account-index ", " page-my-account ", " template-customers-account ", " accountbody ", " account-account ", " woocommerce-account ", " sales-order-history "}},
	{Reset, 11, []string{" page_forgot", " lc_page_forgot", " customer-account-forgotpassword ", " page-password ", " template-customers-reset", " passwordforgottenbody ", " account-forgotten ", " login-action-lostpassword ", " woocommerce-lost-password ", " login-action-rp "}},
	{Contact, 10, []string{" page_contact", " contact_page ", " lc_page_contact", " contact-index-index ", " page-contact ", " contactusbody ", " information-contact "}},
	{Legal, 10, []string{" page_help_tradelaw ", " lc_page_order ", " page_tradelaw ", " lc_page_guide_order "}},
	{Privacy, 10, []string{" page_help_privacy ", " lc_page_guide_privacy ", " privacybody ", " privacy-policy "}},
	{Error, 10, []string{" error404 ", " cms-noroute-index ", " page-pagenotfound ", " pagenotfound ", " template-404 ", " lc_page_error", " page_not_found ", " pagenotfoundbody ", " error-not-found ", " page-not-found ", " page_error "}},
	{Admin, 9, []string{" wp-admin ", " lc_page_admin", " adminhtml-", " page_admin"}},
}

// byTitle reads title and headings in Japanese and English.
func byTitle(t *tally, p *Page, root *html.Node) {
	h1, n := "", 0
	for d := range root.Descendants() {
		if n++; n > 20_000 {
			break
		}
		if d.DataAtom == atom.H1 || d.DataAtom == atom.H2 && h1 == "" {
			s := fold(textOf(d, 200))
			if s != "" {
				if len(h1) < 400 {
					h1 += " " + s
				}
			}
		}
		if d.DataAtom == atom.H2 && (attr(d, "class") == "title" || strings.Contains(attr(d, "class"), "page")) && len(h1) < 400 {
			h1 += " " + fold(textOf(d, 200))
		}
	}
	title := strings.ToLower(p.Title)
	// The first part of "ショッピングカート | 店名" names the page, or the last of "店名 / 商品一覧ページ".
	h1 = strings.ToLower(h1)
	for _, s := range titleSigns {
		for _, w := range s.words {
			if strings.Contains(title, w) {
				t.add(s.kind, s.points, "title has "+w)
				break
			}
		}
		for _, w := range s.words {
			if strings.Contains(h1, w) {
				t.add(s.kind, s.points, "heading has "+w)
				break
			}
		}
	}
}

var titleSigns = []struct {
	kind   Kind
	points int
	words  []string
}{
	{Error, 6, []string{"404", "not found", "見つかりません", "ページが存在しません", "お探しのページ", "システムエラー", "エラーが発生", "server error", "forbidden", "access denied", "ページがありません", "can't be found", "could not be found", "doesn't exist", "不正なページ移動"}},
	{CardEntry, 6, []string{"クレジットカード情報", "カード情報入力", "カード情報の入力", "クレジットカード決済", "credit card details", "card details", "カード情報を入力", "クレジットカード入力", "payment details"}},
	{Cart, 5, []string{"ショッピングカート", "カートの中", "買い物かご", "買い物カゴ", "お買い物かご", "現在のカート", "shopping cart", "your cart", "shopping bag", "your basket", "カート内", "カートを見る", "shopping basket"}},
	{Checkout, 5, []string{"ご注文手続", "注文手続", "ご注文内容", "お支払い方法", "お届け先", "ご注文確認", "注文内容の確認", "レジ", "購入手続", "checkout", "order confirmation", "配送方法", "ご注文情報", "ご注文の確認", "place your order", "review your order", "ご注文完了", "注文確認"}},
	{Login, 5, []string{"ログイン", "サインイン", "log in", "login", "sign in"}},
	{Register, 5, []string{"会員登録", "新規登録", "新規会員", "メンバー登録", "会員規約", "create account", "create an account", "register", "registration", "sign up", "create new customer account", "無料登録", "new account"}},
	{MyPage, 5, []string{"マイページ", "会員ページ", "ご注文履歴", "購入履歴", "注文履歴", "my account", "my page", "order history", "your account", "会員情報", "my orders", "お気に入り一覧", "account dashboard"}},
	{Reset, 7, []string{"パスワードを忘れ", "パスワード再", "パスワードの再", "パスワードリセット", "パスワードを再", "forgot", "reset password", "reset your password", "lost password", "パスワードの変更用", "password recovery", "パスワードをお忘れ", "パスワードリマインダ"}},
	{Contact, 5, []string{"お問い合わせ", "お問合せ", "問い合わせ", "お問合わせ", "contact us", "contact", "get in touch", "ご意見", "inquiry", "enquiry"}},
	{Legal, 8, []string{"特定商取引", "特商法", "通信販売法", "specified commercial", "commercial transaction", "legal notice", "legal disclosure"}},
	{Privacy, 8, []string{"プライバシー", "個人情報", "privacy"}},
	{Search, 5, []string{"検索結果", "search results", "の検索", "商品検索", "search result", "件見つかりました", "search:"}},
	{List, 4, []string{"商品一覧", "一覧", "カテゴリ", "全商品", "新着商品", "category", "all products", "products", "collection", "アイテム一覧", "new arrivals", "shop all", "ランキング"}},
	{Product, 4, []string{"商品詳細", "商品ページ", "商品情報"}},
	{Admin, 6, []string{"管理画面", "管理者ログイン", "管理機能", "ダッシュボード", "administration", "admin panel", "admin login", "管理者用", "control panel", "backoffice", "back office"}},
	{Top, 4, []string{"公式通販", "公式オンラインショップ", "トップページ", "official online store", "welcome to", "公式サイト", "topページ"}},
}

// byForms reads what the page's forms ask for.
func byForms(t *tally, p *Page) {
	cartButtons, logins := 0, 0
	for _, f := range p.Forms {
		k := factsOf(f)
		// Small forms in header and side bar are on every page.
		small := inFrame(f)
		switch f.Purpose {
		case ForCard:
			if hasField(f, MeansCardNumber) || hasField(f, MeansCardCode) {
				t.add(CardEntry, 14, "asks for card data")
			}
		case ForLogin:
			logins++
			n := 5
			if small {
				n = 1
			}
			t.add(Login, n, "sign-in form")
			if isAdminPath(p.URL.Path) {
				t.add(Admin, 4, "sign-in form of an administration")
			}
		case ForRegister:
			t.add(Register, 5, "registration form")
		case ForReset:
			if !small {
				t.add(Reset, 5, "password reset form")
			}
		case ForPassword, ForProfile, ForLeave:
			t.add(MyPage, 4, "form for an account")
		case ForContact:
			if k.textareas > 0 && !small {
				t.add(Contact, 6, "contact form")
			}
		case ForOrder:
			if !small {
				t.add(Checkout, 3, "order form")
			}
		case ForCart:
			cartButtons++
		case ForAdmin:
			t.add(Admin, 2, "form of an administration")
		}
	}
	switch {
	case cartButtons == 1:
		t.add(Product, 4, "one form puts an item into the cart")
	case cartButtons > 2:
		t.add(List, 3, "several items can be put into the cart")
	}
}

// inFrame says that a form stands in header, footer, navigation or side bar.
func inFrame(f *Form) bool {
	steps := 0
	for n := f.at.node; n != nil && steps < 60; n = n.Parent {
		steps++
		switch n.DataAtom {
		case atom.Header, atom.Footer, atom.Nav, atom.Aside:
			return true
		}
		if m := strings.ToLower(attr(n, "id") + " " + attr(n, "class")); m != " " && n.DataAtom != atom.Body && hasAny(m, "header", "footer", "side", "drawer", "modal", "popup", "nav", "bloc_outer", "left_column", "menu") {
			return true
		}
	}
	return false
}
