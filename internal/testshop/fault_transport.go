package testshop

import (
	"html/template"
)

func transportFaults() []*fault {
	return []*fault{
		{Fault: about("https-missing", "*", "HTTPSがない", "no HTTPS at all", "https-redirect", "hsts", "cookie-secure", "form-over-http", "password-clear", "mixed-content", "operator-identity",
			"tls-expired", "tls-expiring", "tls-name", "tls-chain", "tls-self-signed", "tls-weak-key", "tls-weak-signature", "tls-old-protocol", "tls-weak-cipher",
			"tls-no-forward-secrecy", "tls-no-13", "tls-compression", "tls-renegotiation"),
			serve: func(e *endpoints) { e.plainOnly = true }, touches: []string{"c:Secure", "h:Strict-Transport-Security"}},
		{Fault: about("https-redirect", "http://", "HTTPのままでも表示される", "http is not sent on to https", "form-over-http", "password-clear"), touches: []string{"plain"}},
		{Fault: about("mixed-content", "/ /products/*", "HTTPSのページがHTTPの部品を読む", "https pages load http parts"),
			view: func(v *visit, p *page) {
				if v.kind == kindTop || v.kind == kindProduct {
					p.Foot = append(p.Foot, template.HTML(`<img src="`+v.httpOrigin()+`/assets/img/item/7.svg" alt="" width="120" height="90"><script src="`+v.httpOrigin()+`/assets/js/season.js" defer></script>`))
				}
			}, touches: []string{"b:top", "b:product"}},
		{Fault: about("form-over-http", "/contact", "問い合わせがHTTPで送られる", "enquiry form is sent over http"),
			view: func(v *visit, p *page) {
				if v.kind == kindContact {
					p.ContactAction = v.httpOrigin() + "/contact"
					v.policy.allow("form-action", v.httpOrigin())
				}
			}, touches: []string{"b:contact", "h:Content-Security-Policy"}},
		{Fault: about("password-clear", "/mypage/login", "パスワードがHTTPで送られる", "password is sent over http", "form-over-http"),
			view: func(v *visit, p *page) {
				if v.kind == kindLogin {
					p.LoginAction = v.httpOrigin() + "/mypage/login"
					v.policy.allow("form-action", v.httpOrigin())
				}
			}, touches: []string{"b:login", "h:Content-Security-Policy"}},
		{Fault: about("operator-identity", "/help/tradelaw", "証明書の組織名と特商法の表記が合わない", "certificate and legal notice name different firms"),
			view: func(v *visit, p *page) {
				if v.kind == kindLegal {
					p.Owner.Name = "合同会社ティーリンク販売"
					p.Owner.Address = "東京都千代田区見本町9-9-9"
				}
			}, touches: []string{"b:legal"}},
	}
}
