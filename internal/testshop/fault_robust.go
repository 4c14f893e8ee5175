package testshop

import (
	"bytes"
	"html/template"
	"net/http"
	"time"
)

func robustFaults() []*fault {
	return []*fault{
		{Fault: about("crawler-tolerance", "*", "続けて見るとエラーになる", "errors when pages are read one after another", "unstable-answers"),
			before: func(v *visit) bool {
				v.shop.mu.Lock()
				v.shop.pages++
				n := v.shop.pages
				v.shop.mu.Unlock()
				if n <= 12 || n%5 != 0 {
					return false
				}
				v.route = "(overloaded)"
				v.fail(http.StatusInternalServerError, "ただいまアクセスが集中しています")
				return true
			}, touches: []string{"s:500"}},
		{Fault: about("slow-page", "/news", "表示に時間がかかるページ", "a slow page"),
			before: func(v *visit) bool {
				if v.r.URL.Path == "/news" {
					t := time.NewTimer(v.shop.opts.Slow)
					defer t.Stop()
					select {
					case <-t.C:
					case <-v.r.Context().Done():
					}
				}
				return false
			}, touches: []string{"t:/news"}},
		{Fault: about("unstable-answers", "/ranking", "ときどきエラーになるページ", "a page that answers with an error now and then"),
			before: func(v *visit) bool {
				if v.r.URL.Path != "/ranking" {
					return false
				}
				v.shop.mu.Lock()
				n := v.shop.asked["/ranking"]
				v.shop.asked["/ranking"]++
				v.shop.mu.Unlock()
				if n%2 == 1 {
					return false
				}
				v.route = "/ranking"
				v.fail(http.StatusInternalServerError, "エラーが発生しました")
				return true
			}, touches: []string{"p:/ranking"}},
		{Fault: about("broken-links-to-own-assets", "*", "自社の画像やスタイルが見つからない", "own pictures and styles are missing"),
			view: func(_ *visit, p *page) {
				p.Styles = append(p.Styles, "/assets/css/campaign-2023.css")
				p.Foot = append(p.Foot, template.HTML(`<p><img src="/assets/img/banner-2023.png" alt="" width="300" height="80"></p>`))
			}, touches: []string{"b:*"}},
		{Fault: about("privacy-policy", "/help/privacy", "プライバシーポリシーがない", "no privacy policy"),
			view:    func(_ *visit, p *page) { p.HasPrivacy = false },
			routes:  []*route{{"/help/privacy", kindLegal, (*visit).notFound, nil}},
			answer:  hide(`<li><a href="/help/privacy">プライバシーポリシー</a></li>`),
			touches: []string{"b:*", "p:/help/privacy"}},
		{Fault: about("tokushoho-page", "/help/tradelaw", "特定商取引法に基づく表記がない", "no notice under the commercial transactions act", "operator-identity"),
			view:    func(_ *visit, p *page) { p.HasTradeLaw = false },
			routes:  []*route{{"/help/tradelaw", kindLegal, (*visit).notFound, nil}},
			answer:  hide(`<li><a href="/help/tradelaw">特定商取引法に基づく表記</a></li>`),
			touches: []string{"b:*", "p:/help/tradelaw"}},
	}
}

// hide takes a line out of the finished page: the link on the site map.
func hide(line string) func(*visit) {
	return func(v *visit) {
		if v.html() {
			v.body = bytes.ReplaceAll(v.body, []byte(line), nil)
		}
	}
}
