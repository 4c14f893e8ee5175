package testshop

import (
	"html/template"
	"net/http"
	"strings"

	"miseban/internal/i18n"
)

// allDecoys stands beside allFaults: the same hooks, turned to things that are in order.
func allDecoys() []*fault {
	decoy := func(f fault, name, ja, en string, checks ...string) *fault {
		f.Fault, f.checks = Fault{Name: name, Title: i18n.Text{JA: ja, EN: en}}, checks
		return &f
	}
	return append(injectDecoys(), []*fault{
		decoy(fault{answer: soft404}, "soft-404", "ないページにもトップページを200で返す", "unknown paths answer the top page with 200",
			"vcs-exposed", "env-file", "backup-file", "config-backup", "installer-left", "test-left", "debug-tool", "server-status", "dependency-files", "log-exposed",
			"data-directory-exposed", "database-tool", "source-map", "api-description", "ds-store", "admin-reachable", "xmlrpc", "user-enumeration-wp"),
		decoy(fault{answer: addCookies("_ga=GA1.1.1203948576.1763700000; Path=/; Max-Age=63072000")}, "analytics-cookie",
			"計測用のCookieにSecureがない", "analytics cookie without Secure", "cookie-secure", "cookie-httponly", "cookie-samesite", "cookie-lifetime"),
		decoy(fault{answer: addCookies("XSRF-TOKEN=k2Jd9sLq0vXw3Zt7; Path=/; Secure; SameSite=Lax")}, "script-readable-csrf-cookie",
			"スクリプトが読むCSRF用のCookie", "CSRF cookie that scripts must read", "cookie-httponly"),
		decoy(fault{answer: func(v *visit) {
			if v.kind == kindAsset && strings.HasPrefix(v.header.Get("Cache-Control"), "public") {
				v.header.Set("Access-Control-Allow-Origin", "*")
			}
		}}, "cors-public-asset", "公開の画像やスタイルにACAO: *", "public assets with ACAO *", "cors-credentials", "cors-null"),
		decoy(fault{routes: []*route{{"/.env", kindOther, plain(".envとは何か", "開発の現場で使う設定ファイルの名前です。読みものの一つとして、お茶の道具の名前の由来とともに紹介します。"), nil}}},
			"env-article", ".envという名前の読みもの", "an article at /.env", "env-file"),
		decoy(fault{routes: []*route{{"/admin", kindOther, func(v *visit) { v.seeOther("/") }, nil}, {"/admin/login", kindOther, func(v *visit) { v.seeOther("/") }, nil}}},
			"admin-to-top", "/adminはトップへ送られる", "/admin sends on to the top page", "admin-reachable", "admin-login-protected"),
		decoy(fault{routes: []*route{{"/.git/HEAD", kindOther, plain("お探しのページ", "ref(リファレンス)についての記事は移動しました。"), nil}}},
			"git-html", "/.git/HEADがHTMLを返す", "/.git/HEAD answers HTML", "vcs-exposed"),
		decoy(fault{before: func(v *visit) bool {
			if v.r.Method != http.MethodPut && v.r.Method != http.MethodDelete && v.r.Method != http.MethodTrace {
				return false
			}
			v.kind, v.route = kindTop, "(method ignored)"
			v.top()
			return true
		}}, "method-ignored", "どのメソッドにもトップページを返す", "any method answers the top page", "dangerous-methods", "trace-method"),
		decoy(fault{answer: serverHeader("nginx")}, "server-without-version", "Serverにバージョンがない", "server header without version", "disclosed-version", "server-eol"),
		decoy(fault{view: func(v *visit, p *page) {
			if v.kind == kindTop {
				p.Foot = append(p.Foot, template.HTML(`<p><a href="/news?cid=5f1d5c0e2b7a4f6391c0d2e3b4a59687">秋のキャンペーン</a></p>`))
			}
		}}, "campaign-id", "リンクに広告の番号が付く", "campaign ids in links", "session-id-in-url"),
		decoy(fault{routes: []*route{{"/magazine/storage", kindOther, plain("Index of お茶", "お茶の索引(Index of tea)です。煎茶、玉露、ほうじ茶の順に並べました。親ディレクトリ(Parent Directory)という名の茶畑はありません。"), nil}}},
			"index-article", "「Index of」で始まる読みもの", "an article that starts with Index of", "directory-listing"),
		decoy(fault{routes: []*route{{"/magazine/brewing", kindOther, plain("phpinfo() - 店のシステムの話", "昔のシステムではPHP Version 5という表示をよく見ました。Fatal errorという言葉におどろかないための読みものです。"), nil}}},
			"php-article", "phpinfoやエラーの話をする読みもの", "an article about phpinfo and errors", "test-left", "php-eol", "error-detail", "disclosed-version"),
		decoy(fault{view: func(v *visit, p *page) {
			if v.kind == kindTop {
				p.Foot = append(p.Foot, template.HTML(`<p><a href="http://www.tea-museum.invalid/">お茶の博物館(外部サイト)</a></p><form action="/search" method="get"><label>産地 <input name="q" maxlength="20"></label> <button type="submit">さがす</button></form>`))
			}
		}}, "plain-link", "http://の外部リンクと、トークンのない検索フォーム", "a link to an http site and a search form without token", "mixed-content", "form-over-http", "csrf-token"),
	}...)
}

// soft404 gives the top page to whoever asks for what is not there.
func soft404(v *visit) {
	if v.status != http.StatusNotFound || v.r.Method == http.MethodPost {
		return
	}
	v.status, v.kind = http.StatusOK, kindTop
	v.header.Del("Cache-Control")
	v.policy = v.shop.cleanPolicy()
	v.top()
	v.common()
}

func addCookies(lines ...string) func(*visit) {
	return func(v *visit) {
		if v.html() {
			for _, l := range lines {
				v.header.Add("Set-Cookie", l)
			}
		}
	}
}
