package testshop

import "net/http"

const phpinfo = `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>PHP 7.2.34 - phpinfo()</title></head><body><div class="center">
<table><tr class="h"><td><h1 class="p">PHP Version 7.2.34</h1></td></tr></table>
<table><tr><td class="e">System </td><td class="v">Linux web01 3.10.0-1160.el7.x86_64 x86_64 </td></tr><tr><td class="e">Server API </td><td class="v">FPM/FastCGI </td></tr><tr><td class="e">Loaded Configuration File </td><td class="v">/etc/php.ini </td></tr><tr><td class="e">DOCUMENT_ROOT </td><td class="v">/var/www/html/shop </td></tr></table>
<h2>PHP License</h2></div></body></html>`

// leftoverFaults are tools, tests and default pages that were left behind.
func leftoverFaults() []*fault {
	return []*fault{
		{Fault: about("installer-left", "/install.php", "インストール画面が残っている", "installer left behind", "package-identified"),
			routes: files(typeHTML, `<!DOCTYPE html><html lang="ja"><head><meta charset="UTF-8"><title>EC-CUBE インストール - ようこそ</title></head><body id="install"><h1>インストールを開始します</h1><form method="post" action="/install.php"><input type="hidden" name="mode" value="welcome"><p>ステップ 1/6 ようこそ → 権限チェック → サイト設定 → データベース設定 → 初期化 → 完了</p><button type="submit">次へ進む</button></form></body></html>`,
				"/install.php", "/install/{$}", "/html/install/{$}", "/install/index.php", "/html/install/index.php"),
			touches: []string{"p:/install*", "p:/html/install/*"}},
		{Fault: about("test-left", "/phpinfo.php", "テスト用のphpinfoが残っている", "phpinfo left behind", "php-eol", "disclosed-version"),
			routes:  files(typeHTML, phpinfo, "/phpinfo.php", "/info.php", "/test.php", "/php.php", "/test/phpinfo.php"),
			touches: []string{"p:/phpinfo.php", "p:/info.php", "p:/test.php", "p:/php.php", "p:/test/*"}},
		{Fault: about("debug-tool", "/_profiler/", "開発用のデバッグ画面が開く", "debugging tool answers"),
			routes: files(typeHTML, `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><meta name="robots" content="noindex,nofollow"><title>Symfony Profiler</title></head><body><div id="header"><h1>Symfony <span>Profiler</span></h1></div><div id="content"><h2>Search Results</h2><table id="search-results"><thead><tr><th>Status</th><th>IP</th><th>Method</th><th>URL</th><th>Time</th><th>Token</th></tr></thead><tbody><tr><td>200</td><td>127.0.0.1</td><td>GET</td><td>/mypage/login</td><td>20-Nov-2026</td><td><a href="/_profiler/3f9a1c">3f9a1c</a></td></tr></tbody></table></div></body></html>`,
				"/_profiler/{$}", "/_profiler", "/_profiler/latest", "/_profiler/empty/search/results", "/app_dev.php/_profiler/{$}", "/index_dev.php/_profiler/{$}"),
			touches: []string{"p:/_profiler*", "p:/app_dev.php*", "p:/index_dev.php*"}},
		{Fault: about("server-status", "/server-status", "サーバの稼働状況が見える", "server status is public"),
			routes: append(files(typeHTML, `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Apache Status</title></head><body><h1>Apache Server Status for localhost (via 127.0.0.1)</h1><dl><dt>Server Version: Apache</dt><dt>Server MPM: event</dt></dl><hr><dl><dt>Current Time: Friday, 20-Nov-2026 09:12:44 JST</dt><dt>Server uptime:  41 days 2 hours</dt><dt>Total accesses: 482231 - Total Traffic: 9.1 GB</dt></dl><table border="0"><tr><th>Srv</th><th>PID</th><th>Acc</th><th>Client</th><th>VHost</th><th>Request</th></tr><tr><td>0-0</td><td>1204</td><td>0/12/88</td><td>192.0.2.10</td><td>shop.test:443</td><td>GET /cart HTTP/1.1</td></tr></table></body></html>`,
				"/server-status"), files(typeText, "Total Accesses: 482231\nTotal kBytes: 9541124\nUptime: 3549600\nReqPerSec: .135\nBusyWorkers: 3\nIdleWorkers: 72\nScoreboard: __W_K_.....\n", "/server-status/auto")...),
			touches: []string{"p:/server-status*"}},
		{Fault: about("database-tool", "/phpmyadmin/", "データベースの管理画面が開く", "database tool answers"),
			routes: append(files(typeHTML, `<!DOCTYPE html><html lang="ja" dir="ltr"><head><meta charset="UTF-8"><title>phpMyAdmin</title></head><body id="loginform"><div class="container"><h1>phpMyAdmin へようこそ</h1><form method="post" id="login_form" action="index.php?route=/" name="login_form" class="login"><label for="input_username">ユーザ名</label><input type="text" name="pma_username" id="input_username"><label for="input_password">パスワード</label><input type="password" name="pma_password" id="input_password"><input type="hidden" name="server" value="1"><input type="submit" id="input_go" value="ログイン"></form></div></body></html>`,
				"/phpmyadmin/{$}", "/phpMyAdmin/{$}", "/pma/{$}", "/phpmyadmin/index.php", "/phpMyAdmin/index.php"),
				files(typeHTML, `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Login - Adminer</title></head><body class="ltr nojs"><div id="content"><h2>Login</h2><form action="" method="post"><select name="auth[driver]"><option value="server">MySQL</option></select><input name="auth[server]"><input name="auth[username]"><input type="password" name="auth[password]"><input type="submit" value="Login"></form></div></body></html>`,
					"/adminer.php", "/adminer/{$}")...),
			touches: []string{"p:/phpmyadmin*", "p:/phpMyAdmin*", "p:/pma*", "p:/adminer*"}},
		{Fault: about("error-detail", "/ranking", "エラーの内部情報が表示される", "error details are shown"),
			routes: []*route{{"/ranking", kindOther, func(v *visit) {
				v.render("error-detail", &page{Title: "売れ筋ランキング"})
			}, nil}}, touches: []string{"p:/ranking"}},
		{Fault: about("xmlrpc", "/xmlrpc.php", "XML-RPCが使える", "XML-RPC answers", "package-identified"),
			routes: []*route{{"/xmlrpc.php", kindAsset, func(v *visit) {
				v.status = http.StatusMethodNotAllowed
				v.header.Set("Allow", "POST")
				v.text("text/plain;charset=UTF-8", "XML-RPC server accepts POST requests only.")
			}, nil}}, touches: []string{"p:/xmlrpc.php"}},
		{Fault: about("user-enumeration-wp", "/wp-json/wp/v2/users", "WordPressの利用者名が分かる", "WordPress user names can be listed", "package-identified"),
			routes: []*route{file("/wp-json/wp/v2/users", typeJSON, `[{"id":1,"name":"店長","url":"","description":"","link":"/author/tencho-chaya/","slug":"tencho-chaya","avatar_urls":{"24":"/assets/img/item/1.svg"},"meta":[],"_links":{"self":[{"href":"/wp-json/wp/v2/users/1"}]}}]`)},
			before: func(v *visit) bool {
				if v.r.URL.Path != "/" || v.r.URL.Query().Get("author") != "1" {
					return false
				}
				v.redirect(http.StatusMovedPermanently, "/author/tencho-chaya/")
				return true
			}, touches: []string{"p:/wp-json/*", "p:/?author=1"}},
		{Fault: about("default-page", "/magazine/", "サーバの初期画面のまま", "a server's default page"),
			routes:  files(typeHTML, `<!DOCTYPE html><html><head><meta charset="UTF-8"><title>Apache2 Debian Default Page: It works</title></head><body><h1>Apache2 Debian Default Page</h1><p>It works!</p><p>This is the default welcome page used to test the correct operation of the Apache2 server after installation.</p></body></html>`, "/magazine/{$}"),
			touches: []string{"p:/magazine/"}},
	}
}
