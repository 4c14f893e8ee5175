package testshop

// Label says what sending one of the shop's forms, or following one of its links, does.
type Label struct {
	// Page is where it stands, Method and Target what it asks for, Text its button or link text.
	Page, Method, Target, Text string
	// Fields are the form's own fields, tokens apart.
	Fields []string
	// Writes is the truth: it changes something or sends a mail.
	Writes bool
}

// Labelled returns the shop's forms and tell-tale links with their true effect.
func Labelled() []Label {
	person := personFields
	link := func(page, target, text string, writes bool) Label {
		return Label{page, "GET", target, text, nil, writes}
	}
	form := func(page, method, target, text string, writes bool, fields ...string) Label {
		return Label{page, method, target, text, fields, writes}
	}
	return []Label{
		form("/", "GET", "/search", "検索", false, "q"),
		form("/search", "GET", "/search", "この条件でさがす", false, "q", "category_id", "orderby"),
		form("/products/detail/1", "POST", "/cart/add", "カートに入れる", true, "product_id", "quantity"),
		form("/products/review/1", "POST", "/products/review/1", "投稿する", true, "reviewer_name", "stars", "comment"),
		form("/cart", "POST", "/cart/update", "数量を変更する", true, "product_id", "quantity"),
		form("/cart", "POST", "/cart/coupon", "適用する", true, "coupon"),
		form("/shopping", "POST", "/shopping", "確認画面へ", true, append([]string{"payment", "message"}, person...)...),
		form("/shopping", "POST", "/shopping/complete", "注文する", true, "psp_token"),
		form("/entry", "POST", "/entry", "確認画面へ", true, append([]string{"password", "password_confirm", "agree"}, person...)...),
		form("/entry", "POST", "/entry/complete", "会員登録をする", true),
		form("/mypage/login", "POST", "/mypage/login", "ログイン", true, "login_email", "login_pass"),
		form("/forgot", "POST", "/forgot", "送信する", true, "email"),
		form("/contact", "POST", "/contact", "確認画面へ", true, "name", "email", "contents"),
		form("/contact", "POST", "/contact/complete", "送信する", true),
		form("/mailmag", "POST", "/mailmag", "配信を申し込む", true, "email"),
		form("/catalog-request", "POST", "/catalog-request", "カタログを申し込む", true, person...),
		form("/mypage/change", "POST", "/mypage/change", "変更する", true, "name", "address", "tel"),
		form("/mypage/password", "POST", "/mypage/password", "パスワードを変更する", true, "current", "password", "password_confirm"),
		form("/mypage/delivery", "POST", "/mypage/delivery", "お届け先を登録する", true, "address"),
		form("/mypage/security", "POST", "/mypage/security", "二段階認証を有効にする", true, "two_factor"),
		form("/mypage/withdraw", "POST", "/mypage/withdraw", "退会する", true),
		form("/hidden/", "GET", "/hidden/way/form-get", "表示", false, "m"),
		form("/sjis/", "GET", "/search", "さがす", false, "q"),
		link("/cart", "/cart/delete?id=all", "カートを空にする", true),
		link("/cart", "/cart/delete?id=3", "削除", true),
		link("/mailmag", "/mailmag?mode=cancel", "こちら(配信停止)", true),
		link("/mypage/withdraw", "/mypage/withdraw?confirm=1", "こちらで退会手続きを完了", true),
		link("/mypage/favorite", "/mypage/favorite?delete=all", "お気に入りをすべて削除", true),
		link("/mypage/", "/logout", "ログアウト", true),
		link("/sitemap", "/mypage/withdraw", "退会について", false),
		link("/", "/entry", "新規会員登録", false),
		link("/", "/cart", "カート", false),
		link("/cart", "/products/list?category_id=1", "買い物をつづける", false),
		link("/products/detail/1", "/products/review/1", "レビューを書く", false),
		link("/products/list?category_id=1", "/products/list?category_id=1&page=2", "次のページ", false),
		link("/mypage/history", "/mypage/history/C000998", "ご注文番号 C000998", false),
		link("/", "/help/tradelaw", "特定商取引法に基づく表記", false),
		link("/trap/", "/trap/calendar?y=2026&m=11", "今月の暦", false),
		link("/spa/", "/api/v1/stock?id=1", "", false),
	}
}
