package testshop

import "net/http"

func formFaults() []*fault {
	return []*fault{
		{Fault: about("csrf-token", "*", "フォームに推測できないトークンがなく、CookieにSameSiteもない", "forms without token and cookie without SameSite", "cookie-samesite"),
			view:   func(_ *visit, p *page) { p.HasToken = false },
			cookie: func(_ *visit, c *http.Cookie) { c.SameSite = 0 }, touches: []string{"b:*", "c:SameSite"}},
		{Fault: about("password-over-get", "/mypage/login", "ログインがGETで送られる", "sign-in is sent by GET"),
			view:    func(_ *visit, p *page) { p.LoginMethod = "get" },
			touches: []string{"b:login"}},
		{Fault: about("password-field-type", "/mypage/login /entry", "パスワードの文字が見える", "password is typed in clear view"),
			view:    func(_ *visit, p *page) { p.PasswordType = "text" },
			touches: []string{"b:login", "b:register", "b:mypage"}},
		{Fault: about("password-policy", "/entry /mypage/login", "パスワードが6文字までしか使えない", "passwords are cut at six characters"),
			view: func(_ *visit, p *page) {
				p.PasswordMin, p.PasswordMax, p.PasswordHint = 4, 6, "4〜6文字の数字で入力してください"
			}, touches: []string{"b:login", "b:register", "b:mypage"}},
		{Fault: about("two-factor-offered", "/mypage/login /mypage/", "二段階認証がない", "no second step at sign-in"),
			view:    func(_ *visit, p *page) { p.TwoFactor = false },
			routes:  []*route{{"/help/guide", kindOther, plain("ご利用ガイド", "商品をカートに入れ、お届け先とお支払い方法を入力してご注文ください。"), nil}},
			touches: []string{"b:login", "b:mypage", "p:/help/guide"}},
		{Fault: about("admin-login-protected", "/admin/login", "管理画面のログインがIDとパスワードだけ", "admin sign-in asks for id and password only", "admin-reachable"),
			routes: adminDoors(), touches: []string{"p:/admin*"}},
		{Fault: about("admin-reachable", "/admin/login", "管理画面がだれにでも開く", "admin area answers everybody", "admin-login-protected", "two-factor-offered"),
			routes: adminDoors(), touches: []string{"p:/admin*"}},
	}
}

// adminDoors are the well-known doors of the office; they ask for a one-time
// password as well, unless that is switched off.
func adminDoors() []*route {
	show := func(v *visit) {
		v.session()
		p := &page{Title: "管理画面 ログイン", Data: "/admin/login"}
		name := "admin-login"
		if v.shop.on["admin-login-protected"] {
			name = "admin-login-plain"
		}
		v.render(name, p)
	}
	return []*route{
		{"/admin/login", kindAdmin, show, func(v *visit) { v.status = http.StatusUnauthorized; show(v) }},
		{"/admin", kindAdmin, func(v *visit) { v.seeOther("/admin/login") }, nil},
		{"/admin/{$}", kindAdmin, func(v *visit) { v.seeOther("/admin/login") }, nil},
	}
}
