package testshop

import (
	"net/http"
	"strings"
)

// accessFaults are what only somebody with an account can see.
func accessFaults() []*fault {
	return []*fault{
		{Fault: about("session-renewed", "/mypage/login", "ログインしてもセッションIDが変わらない", "the session id stays the same at sign-in")},
		{Fault: about("logout-invalidates", "/logout", "ログアウトしても前のセッションが使える", "the old session goes on after signing out")},
		{Fault: about("logout-exists", "/mypage/", "会員ページにログアウトがない", "members find no way to sign out", "logout-invalidates"),
			view: func(_ *visit, p *page) { p.NoLogout = true }, touches: []string{"b:*"}},
		{Fault: about("forced-browsing", "/mypage/history/{no}", "注文の詳細がログインなしで開く", "order details open without signing in", "idor"),
			routes: []*route{{"/mypage/history/{no}", kindMypage, func(v *visit) { v.anyOrder("order") }, nil}}},
		{Fault: about("idor", "/mypage/history/{no}", "他の会員の注文が番号を変えるだけで開く", "another member's order opens by its number"),
			routes: []*route{{"/mypage/history/{no}", kindMypage, signedIn(func(v *visit, _ *member) { v.anyOrder("order") }), nil}}},
		{Fault: about("order-page-idor", "/shopping/receipt/{no}", "他の会員の領収書が番号を変えるだけで開く", "another member's receipt opens by its number"),
			routes: []*route{{"/shopping/receipt/{no}", kindMypage, signedIn(func(v *visit, _ *member) { v.anyOrder("receipt") }), nil}}},
		{Fault: about("role-tampering", "/mypage/", "Cookieの値を書き換えると管理の画面が開く", "a changed cookie opens the office"),
			before: roleByCookie, answer: func(v *visit) {
				if s := v.known(); s != nil && s.member != nil && v.html() {
					v.header.Add("Set-Cookie", "member_role=customer; Path=/; Secure; HttpOnly; SameSite=Lax")
				}
			}, routes: []*route{{"/mypage/office", kindMypage, signedIn(func(v *visit, _ *member) {
				v.fail(http.StatusForbidden, "この画面はご利用いただけません")
			}), nil}},
			view:    func(v *visit, p *page) { p.Office = v.kind == kindMypage && p.Member != "" },
			touches: []string{"b:mypage", "p:/mypage/office", "h:Set-Cookie"}},
		{Fault: about("user-enumeration", "/mypage/login", "登録の有無がログインの文言で分かる", "the sign-in tells who is a member")},
		{Fault: about("user-enumeration/redirect", "/mypage/login", "登録の有無がログインの転送先で分かる", "the sign-in sends members elsewhere")},
		{Fault: about("lockout", "/mypage/login", "パスワードを何度でも試せる", "passwords can be tried without end")},
	}
}

// roleByCookie lets in whoever says of himself that he is an administrator.
func roleByCookie(v *visit) bool {
	c, err := v.r.Cookie("member_role")
	if err != nil || c.Value != "admin" || v.r.URL.Path != "/mypage/office" {
		return false
	}
	v.kind, v.route = kindMypage, "/mypage/office"
	v.session()
	plain("受注の管理", "本日の受注は 12 件です。会員の一覧と売上の集計をご覧いただけます。")(v)
	return true
}

// anyOrder shows whatever order is asked for, whoever asks.
func (v *visit) anyOrder(template string) {
	v.session()
	v.shop.mu.Lock()
	o := v.shop.orders[v.r.PathValue("no")]
	v.shop.mu.Unlock()
	if o == nil {
		v.notFound()
		return
	}
	v.render(template, &page{Title: orderTitles[template], Data: o})
}

var orderTitles = map[string]string{"order": "ご注文の詳細", "receipt": "領収書"}

// receipt shows the receipt of one of the member's own orders.
func (v *visit) receipt(m *member) {
	for _, o := range v.copyOf(m).orders {
		if o.No == v.r.PathValue("no") {
			v.render("receipt", &page{Title: orderTitles["receipt"], Data: o})
			return
		}
	}
	v.notFound()
}

// maxTries is how many wrong passwords a careful shop takes for one name.
const maxTries = 8

// wrong answers a sign-in that failed. A careful shop says the same of every
// name, and stops listening after a few tries.
func (v *visit) wrong(email string, known bool) {
	s := v.shop
	s.mu.Lock()
	key := strings.ToLower(email)
	s.tries[key]++
	n := s.tries[key]
	s.mu.Unlock()
	v.status = http.StatusUnauthorized
	switch {
	case n > maxTries && !s.on["lockout"]:
		if n == maxTries+1 && known {
			s.harm.lockouts.Add(1)
		}
		v.status = http.StatusTooManyRequests
		v.loginForm("ログインの失敗が続いたため、しばらくの間ログインできません。30分後にもう一度お試しください。")
	case s.on["user-enumeration"] && !known:
		v.loginForm("このメールアドレスは登録されていません。")
	case s.on["user-enumeration/redirect"] && known:
		v.seeOther("/forgot")
	default:
		v.loginForm(email + " でログインできませんでした。メールアドレスまたはパスワードが違います。")
	}
}

// locked says that a careful shop does not listen to this name at present.
func (s *Shop) locked(email string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries[strings.ToLower(email)] > maxTries && !s.on["lockout"]
}
