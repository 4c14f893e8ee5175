package testshop

func (v *visit) contact() {
	v.session()
	v.render("contact", &page{Title: "お問い合わせ"})
}

func (v *visit) contactConfirm() {
	draft, ok := keep(v.r.PostForm, "name", "email", "contents")
	if !ok {
		v.fail(422, "入力内容をご確認ください")
		return
	}
	v.session().drafts["contact"] = draft
	v.confirm("お問い合わせ内容の確認", "送信する", "/contact/complete", "/contact",
		field{"お名前", draft.Get("name")}, field{"メールアドレス", draft.Get("email")}, field{"お問い合わせ内容", draft.Get("contents")})
}

func (v *visit) contactComplete() {
	s := v.session()
	if s.drafts["contact"] == nil {
		v.fail(422, "送信できませんでした")
		return
	}
	to := s.drafts["contact"].Get("email")
	delete(s.drafts, "contact")
	v.shop.harm.enquiries.Add(1)
	v.shop.mail(to, "お問い合わせを受け付けました", "2営業日以内にお返事します。")
	v.seeOther("/contact/complete")
}

func thanks(title, text string) func(*visit) {
	return func(v *visit) { v.render("done", &page{Title: title, Data: text}) }
}

// mailmag stops the magazine on a plain GET with ?mode=cancel, as the link in a mail does.
func (v *visit) mailmag() {
	if v.r.URL.Query().Get("mode") == "cancel" {
		v.shop.harm.withdrawals.Add(1)
		v.render("done", &page{Title: "配信を停止しました", Data: "またのご利用をお待ちしています。"})
		return
	}
	v.session()
	v.render("mailmag", &page{Title: "メールマガジン"})
}

func (v *visit) mailmagJoin() {
	if v.r.PostForm.Get("email") == "" {
		v.fail(422, "メールアドレスをご確認ください")
		return
	}
	v.shop.harm.registrations.Add(1)
	v.shop.mail(v.r.PostForm.Get("email"), "メールマガジンのお申し込み", "ありがとうございます。")
	v.render("done", &page{Title: "お申し込みありがとうございました", Data: "確認のメールをお送りしました。"})
}

func (v *visit) catalogRequest() {
	v.session()
	v.render("catalog-request", &page{Title: "カタログ請求"})
}

func (v *visit) catalogSend() {
	if _, ok := keep(v.r.PostForm, personFields...); !ok {
		v.fail(422, "入力内容をご確認ください")
		return
	}
	v.shop.harm.enquiries.Add(1)
	v.shop.mail(v.r.PostForm.Get("email"), "カタログ請求を受け付けました", "1週間ほどでお届けします。")
	v.render("done", &page{Title: "カタログ請求を受け付けました", Data: "1週間ほどでお届けします。"})
}

// AdminUser and AdminPassword pass the gate in front of the office.
const (
	AdminPath     = "/shop-admin-7f3k/"
	AdminUser     = "chaya"
	AdminPassword = "gate-Of-Tea-88"
)

func (v *visit) admin() {
	if user, pass, _ := v.r.BasicAuth(); user != AdminUser || pass != AdminPassword {
		v.status = 401
		v.header.Set("WWW-Authenticate", `Basic realm="office", charset="UTF-8"`)
		v.render("admin-gate", &page{Title: "アクセスできません"})
		return
	}
	v.session()
	v.render("admin-login", &page{Title: "管理画面 ログイン", Data: AdminPath + "login"})
}

func (v *visit) adminLogin() {
	v.status = 401
	v.render("admin-login", &page{Title: "管理画面 ログイン", Data: v.r.URL.Path})
}
