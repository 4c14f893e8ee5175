package testshop

import (
	"html/template"
	"strings"
)

// eccube4 dresses a page as EC-CUBE 4 draws it, without saying which release.
func eccube4(v *visit, p *page) {
	p.BodyID, p.BodyClass = "page_"+string(v.kind), "other_page"
	if v.kind == kindTop {
		p.BodyID, p.BodyClass = "page_homepage", "front_page"
	}
	token := p.Token
	if token == "" {
		token = "guest"
	}
	p.Head = append(p.Head, template.HTML(`<meta name="eccube-csrf-token" content="`+template.HTMLEscapeString(token)+`">`))
	p.Styles = append(p.Styles, "/html/template/default/assets/css/style.css")
	p.Scripts = append(p.Scripts, script{Src: "/html/template/default/assets/js/eccube.js"})
}

// eccubeFiles stand where EC-CUBE's own files would; their text is ours, as in an edited theme.
var eccubeFiles = []*route{
	{"/html/template/default/assets/css/style.css", kindAsset, func(v *visit) { v.asset(assetTypes[".css"], []byte(".ec-headerNaviRole { display: flex; }\n")) }, nil},
	{"/html/template/default/assets/js/eccube.js", kindAsset, func(v *visit) {
		v.asset(assetTypes[".js"], []byte("\"use strict\";\nwindow.eccube = window.eccube || {};\n"))
	}, nil},
}

// libraries adds the two foreign libraries that EC-CUBE 4.0.4 to 4.0.6-p4 name, with their hashes.
func libraries(v *visit, p *page) {
	if v.kind.pays() {
		return
	}
	v.policy.allow("script-src", v.shop.opts.CDNOrigin)
	for _, f := range []string{"/code.jquery.com/jquery-3.3.1.min.js", "/stackpath.bootstrapcdn.com/bootstrap/3.4.1/js/bootstrap.min.js"} {
		p.Scripts = append(p.Scripts, script{v.shop.opts.CDNOrigin + f, integrity(cdnFiles[f]), ""})
	}
}

func headLine(line string) func(*visit, *page) {
	return func(_ *visit, p *page) { p.Head = append(p.Head, template.HTML(line)) }
}

var eccubePages = []string{"b:*", "c:name", "h:Content-Security-Policy", "p:/html/template/*", "p:/README.md"}

func softwareFaults() []*fault {
	return []*fault{
		{Fault: about("package-identified", "*", "EC-CUBE 4と分かる", "shows that it is EC-CUBE 4", "version-estimated", "package-vulnerable", "package-eol", "platform-supported", "session-id-strength", "plugin-vulnerable"),
			cookieName: "eccube", view: eccube4, routes: eccubeFiles, touches: eccubePages},
		{Fault: about("package-identified/welcart", "*", "Welcartと分かる", "shows that it is Welcart", "version-estimated", "package-vulnerable", "package-eol", "plugin-vulnerable",
			"xmlrpc", "user-enumeration-wp", "data-directory-exposed", "platform-supported", "session-id-strength"),
			view: func(_ *visit, p *page) {
				p.Head = append(p.Head, `<meta name="generator" content="WordPress">`)
				p.Foot = append(p.Foot, `<p><a href="/help/guide" data-base="/wp-content/plugins/usc-e-shop/">ショッピングガイド</a></p><!-- Welcart version : v2.1.4.2103022 -->`)
			}, touches: []string{"b:*"}},
		{Fault: about("version-estimated", "/README.md", "EC-CUBE 4.0と分かる", "shows that it is EC-CUBE 4.0", "package-identified", "package-vulnerable", "package-eol", "platform-supported", "session-id-strength", "plugin-vulnerable"),
			cookieName: "eccube", view: eccube4, touches: eccubePages,
			routes: append([]*route{file("/README.md", "text/markdown; charset=utf-8", "# EC-CUBE 4.0\n\nこのファイルは見本です。\n")}, eccubeFiles...)},
		{Fault: about("package-vulnerable", "*", "弱点が知られているEC-CUBE 4.0", "EC-CUBE 4.0 with known vulnerabilities",
			"package-identified", "version-estimated", "package-eol", "js-library-vulnerable", "third-party-script", "platform-supported", "session-id-strength", "plugin-vulnerable"),
			cookieName: "eccube", view: func(v *visit, p *page) { eccube4(v, p); libraries(v, p) }, touches: eccubePages,
			routes: append([]*route{file("/README.md", "text/markdown; charset=utf-8", "# EC-CUBE 4.0\n\nこのファイルは見本です。\n")}, eccubeFiles...)},
		{Fault: about("package-eol", "*", "サポートの終わったEC-CUBE 3.0", "EC-CUBE 3.0, no longer supported", "package-identified", "version-estimated", "package-vulnerable", "platform-supported", "session-id-strength", "plugin-vulnerable"),
			cookieName: "eccube", view: func(v *visit, p *page) {
				p.BodyID = "page_" + string(v.kind)
				p.Styles = append(p.Styles, "/template/default/css/style.css?v=3.0.18")
				p.Scripts = append(p.Scripts, script{Src: "/template/default/js/eccube.js?v=3.0.18"})
			}, touches: []string{"b:*", "c:name", "p:/template/*"},
			routes: []*route{
				{"/template/default/css/style.css", kindAsset, func(v *visit) { v.asset(assetTypes[".css"], []byte("#header { padding: 0; }\n")) }, nil},
				{"/template/default/js/eccube.js", kindAsset, func(v *visit) { v.asset(assetTypes[".js"], []byte("\"use strict\";\n")) }, nil},
			}},
		{Fault: about("plugin-vulnerable", "/contact", "弱点が知られているWordPressプラグイン", "WordPress plug-in with known vulnerabilities", "package-identified", "version-estimated",
			"xmlrpc", "user-enumeration-wp", "data-directory-exposed", "package-vulnerable", "package-eol", "platform-supported", "session-id-strength"),
			view: func(v *visit, p *page) {
				if v.kind == kindContact {
					p.Head = append(p.Head, `<link rel="https://api.w.org/" href="/wp-json/">`)
					p.Scripts = append(p.Scripts, script{Src: "/wp-content/plugins/contact-form-7/includes/js/scripts.js?ver=5.3.1"})
					p.Foot = append(p.Foot, `<input type="hidden" name="_wpcf7_version" value="5.3.1">`)
				}
			}, touches: []string{"b:contact", "p:/wp-content/*", "p:/wp-json/"},
			routes: append(files(typeText, "=== Contact Form 7 ===\nRequires at least: 5.4\nTested up to: 5.6\nStable tag: 5.3.1\n", "/wp-content/plugins/contact-form-7/readme.txt"),
				file("/wp-json/{$}", typeJSON, `{"name":"茶屋みせばん","description":"","url":"/","namespaces":["wp/v2"]}`),
				&route{"/wp-content/plugins/contact-form-7/includes/js/scripts.js", kindAsset, func(v *visit) { v.asset(assetTypes[".js"], []byte("\"use strict\";\n")) }, nil})},
		{Fault: about("js-library-vulnerable", "/assets/js/jquery-1.12.4.min.js", "弱点が知られているjQuery", "jQuery with known vulnerabilities", "package-identified"),
			view: func(v *visit, p *page) {
				if !v.kind.pays() {
					p.Scripts = append(p.Scripts, script{Src: "/assets/js/jquery-1.12.4.min.js"})
				}
			}, touches: []string{"b:*", "p:/assets/js/jquery-1.12.4.min.js"},
			routes: []*route{{"/assets/js/jquery-1.12.4.min.js", kindAsset, func(v *visit) {
				v.asset(assetTypes[".js"], []byte("/*! jQuery v1.12.4 */\n!function(w){\"use strict\";var q=function(s){return document.querySelectorAll(s)};q.fn={jquery:\"1.12.4\"};w.jQuery=w.$=q}(window);\n"))
			}, nil}}},
		{Fault: about("php-eol", "*", "サポートの終わったPHP", "PHP no longer supported", "disclosed-version", "package-identified"),
			answer: func(v *visit) { v.header.Set("X-Powered-By", "PHP/7.2.34") }, touches: []string{"h:X-Powered-By"}},
		{Fault: about("server-eol", "*", "サポートの終わったApache", "Apache no longer supported", "disclosed-version", "service-eol", "service-vulnerable", "package-identified"),
			answer: serverHeader("Apache/2.2.34 (Unix)"), touches: []string{"h:Server"}},
		{Fault: about("platform-supported", "*", "ASPのカートと分かる", "runs on a hosted shop platform", "package-identified",
			"env-file", "backup-file", "config-backup", "vcs-exposed", "data-directory-exposed", "log-exposed", "installer-left", "admin-reachable", "database-tool",
			"debug-tool", "test-left", "server-status", "directory-listing", "dependency-files", "api-description", "ds-store", "package-vulnerable", "plugin-vulnerable", "version-estimated", "php-eol", "server-eol", "package-eol"),
			view: headLine(`<meta name="shopify-checkout-api-token" content="3f2a9c0d1e4b5a687796a5b4c3d2e1f0"><meta id="shopify-digital-wallet" name="shopify-digital-wallet" content="/10000001/digital_wallets/dialog">`),
			answer: func(v *visit) {
				if v.html() {
					v.header.Set("Powered-By", "Shopify")
					v.header.Set("X-ShopId", "10000001")
				}
			}, touches: []string{"b:*", "h:Powered-By", "h:X-ShopId"}},
		{Fault: about("waf-present", "*", "WAFが置かれている", "a web application firewall is there"),
			before: firewall, answer: func(v *visit) {
				v.header.Set("Server", "cloudflare")
				v.header.Set("CF-RAY", "8f1d5c0e2b7a4f63-NRT")
			}, touches: []string{"h:Server", "h:CF-RAY", "p:/search*"}},
	}
}

// firewall answers requests that look like an attack with a block page.
func firewall(v *visit) bool {
	q := strings.ToLower(v.r.URL.Path + "?" + queryText(v))
	for _, bad := range []string{"<script", "' and ", "' or ", "union select", "../", "/etc/passwd"} {
		if strings.Contains(q, bad) {
			v.route, v.status = "(blocked)", 403
			v.text(typeHTML, `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: 8f1d5c0e2b7a4f63</p></body></html>`)
			return true
		}
	}
	return false
}

func queryText(v *visit) string {
	var b strings.Builder
	for _, values := range v.r.URL.Query() {
		b.WriteString(strings.Join(values, " ") + " ")
	}
	return b.String()
}
