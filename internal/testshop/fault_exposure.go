package testshop

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"unicode/utf16"
)

// exposureFaults are files and folders that should not be on a web server.
func exposureFaults() []*fault {
	return []*fault{
		{Fault: about("directory-listing", "/assets/", "フォルダの一覧が見える", "folder listing"),
			routes: []*route{
				{"/assets/{$}", kindOther, indexOf("/assets/", "css/", "img/", "js/"), nil},
				{"/assets/css/{$}", kindOther, indexOf("/assets/css/", "season.css", "shop.css"), nil},
				{"/assets/js/{$}", kindOther, indexOf("/assets/js/", "season.js", "shop.js", "spa.js"), nil},
				{"/assets/img/{$}", kindOther, indexOf("/assets/img/", "item/"), nil},
				{"/assets/img/item/{$}", kindOther, indexOf("/assets/img/item/", "1.svg", "2.svg", "3.svg"), nil},
			}, touches: []string{"p:/assets/*"}},
		{Fault: about("vcs-exposed", "/.git/", "Gitの管理フォルダが公開されている", "Git folder is public"),
			routes: []*route{
				file("/.git/HEAD", typeText, "ref: refs/heads/master\n"),
				file("/.git/config", typeText, "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n[remote \"origin\"]\n\turl = git@git.seisaku.example:chaya/shop.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"master\"]\n\tremote = origin\n\tmerge = refs/heads/master\n"),
				file("/.git/index", typeBin, "DIRC\x00\x00\x00\x02\x00\x00\x00\x00"+strings.Repeat("\x5a", 20)),
				file("/.git/logs/HEAD", typeText, strings.Repeat("0", 40)+" 8f1d5c0e2b7a4f6391c0d2e3b4a5968778695a4b Seisaku Taro <taro@seisaku.example> 1571012345 +0900\tcommit (initial): first\n"),
				file("/.git/description", typeText, "Unnamed repository; edit this file 'description' to name the repository.\n"),
				file("/.git/refs/heads/master", typeText, "8f1d5c0e2b7a4f6391c0d2e3b4a5968778695a4b\n"),
			}, touches: []string{"p:/.git/*"}},
		{Fault: about("vcs-exposed/svn", "/.svn/", "Subversionの管理フォルダが公開されている", "Subversion folder is public"),
			routes: []*route{
				file("/.svn/entries", typeText, "12\n"),
				file("/.svn/wc.db", typeBin, "SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20"+strings.Repeat("\x00", 76)),
			}, touches: []string{"p:/.svn/*"}},
		{Fault: about("env-file", "/.env", ".envが公開されている", ".env is public"),
			routes:  files(typeText, "APP_ENV=prod\nAPP_DEBUG=0\nDATABASE_URL=mysql://chaya:sample-only-not-real@127.0.0.1/chaya\nDATABASE_SERVER_VERSION=5.7\nMAILER_URL=smtp://127.0.0.1:25\nAUTH_MAGIC=aW52ZW50ZWQtZm9yLXRlc3Rz\n", "/.env"),
			touches: []string{"p:/.env"}},
		{Fault: about("backup-file", "/backup.zip", "バックアップが公開されている", "backups are public"),
			before: backups, touches: []string{"p:/backup.zip", "p:/backup.sql", "p:/dump.sql", "p:/www.zip", "p:/index.html.bak", "p:*.zip"}},
		{Fault: about("config-backup", "/wp-config.php.bak", "設定ファイルの控えが公開されている", "copies of configuration files are public", "backup-file"),
			routes: append(files(typeText, "<?php\n// 設定\ndefine('DB_NAME', 'chaya');\ndefine('DB_USER', 'chaya');\ndefine('DB_PASSWORD', 'sample-only-not-real');\ndefine('DB_HOST', 'localhost');\ndefine('DB_CHARSET', 'utf8mb4');\n$table_prefix = 'wp_';\n",
				"/wp-config.php.bak", "/wp-config.php~", "/wp-config.php.old", "/wp-config.bak"),
				files(typeText, "<?php\n$config['db_host'] = 'localhost';\n$config['db_user'] = 'chaya';\n$config['db_password'] = 'sample-only-not-real';\n", "/config.php.bak", "/config.php.old", "/config.php~")...),
			touches: []string{"p:/wp-config*", "p:/config.php*"}},
		{Fault: about("dependency-files", "/composer.json", "部品の一覧ファイルが公開されている", "dependency files are public", "package-vulnerable"),
			routes: []*route{
				file("/composer.json", typeJSON, `{"name":"chaya/shop","type":"project","require":{"php":"^8.3","symfony/http-foundation":"^7.4","twig/twig":"^3.22"}}`),
				file("/composer.lock", typeJSON, `{"_readme":["This file locks the dependencies of your project to a known state"],"content-hash":"6f1ed002ab5595859014ebf0951522d9","packages":[{"name":"symfony/http-foundation","version":"v7.4.1"},{"name":"twig/twig","version":"v3.22.0"}],"packages-dev":[]}`),
				file("/package.json", typeJSON, `{"name":"chaya-shop","private":true,"scripts":{"build":"node build.js"},"devDependencies":{"esbuild":"^0.27.0"}}`),
				file("/package-lock.json", typeJSON, `{"name":"chaya-shop","lockfileVersion":3,"requires":true,"packages":{"":{"name":"chaya-shop","devDependencies":{"esbuild":"^0.27.0"}}}}`),
				file("/vendor/composer/installed.json", typeJSON, `{"packages":[{"name":"twig/twig","version":"v3.22.0","version_normalized":"3.22.0.0","type":"library"}],"dev":false,"dev-package-names":[]}`),
			}, touches: []string{"p:/composer.*", "p:/package*", "p:/vendor/*"}},
		{Fault: about("log-exposed", "/var/log/prod.log", "ログが公開されている", "logs are public", "error-detail"),
			routes: append(files(typeText, "[2026-11-20 09:12:44] app.INFO: 商品検索処理開始 [] []\n[2026-11-20 09:12:51] app.ERROR: カート追加処理エラー [1042] []\n[2026-11-20 09:13:02] request.INFO: Matched route \"cart\". {\"route\":\"cart\"} []\n",
				"/var/log/prod.log", "/var/log/prod/site.log", "/var/log/site.log", "/var/logs/prod.log", "/app/log/site.log", "/data/logs/site.log", "/data/logs/error.log", "/logs/error.log", "/log/error.log"),
				files(typeText, "[20-Nov-2026 00:12:44 UTC] PHP Warning:  Undefined variable $price in /var/www/html/wp-content/themes/chaya/cart.php on line 88\n",
					"/wp-content/debug.log", "/debug.log", "/error_log", "/error.log", "/php_errors.log")...),
			touches: []string{"p:/var/log*", "p:/app/log/*", "p:/data/logs/*", "p:/logs/*", "p:/log/*", "p:/wp-content/debug.log", "p:/debug.log", "p:/error_log", "p:/error.log", "p:/php_errors.log"}},
		{Fault: about("data-directory-exposed", "/data/", "EC-CUBE 2のdataフォルダが公開されている", "the data folder of EC-CUBE 2 is public", "package-identified", "version-estimated", "package-eol", "package-vulnerable"),
			routes: files(typeText, "<!--{* テンプレート: 見本 *}-->\n<div id=\"undercolumn\">\n<h2 class=\"title\"><!--{$tpl_title|h}--></h2>\n<!--{include file=$tpl_mainpage}-->\n</div>\n",
				"/data/Smarty/templates/default/index.tpl", "/data/Smarty/templates/default/site_main.tpl", "/data/Smarty/templates/default/site_frame.tpl",
				"/data/Smarty/templates/default/header.tpl", "/data/Smarty/templates/default/footer.tpl", "/data/Smarty/templates/default/cart/index.tpl",
				"/data/Smarty/templates/default/mail_templates/order_mail.tpl", "/data/Smarty/templates/admin/login.tpl"),
			touches: []string{"p:/data/*"}},
		{Fault: about("source-map", "/assets/js/shop.js.map", "ソースマップが公開されている", "source map is public"),
			routes: []*route{
				{"/assets/js/shop.js.map", kindAsset, func(v *visit) {
					v.json(map[string]any{"version": 3, "file": "shop.js", "sources": []string{"src/pages/cart.ts", "src/lib/money.ts"},
						"sourcesContent": []string{"export const tax = (n: number) => Math.floor(n * 1.08);\n", "// 社内用\nexport const yen = (n: number) => n + '円';\n"}, "names": []string{}, "mappings": "AAAA"})
				}, nil},
				{"/assets/js/shop.js", kindAsset, func(v *visit) {
					b, err := assetFiles.ReadFile("assets/shop.js")
					if err != nil {
						panic(err)
					}
					v.asset(assetTypes[".js"], append(bytes.Clone(b), "//# sourceMappingURL=shop.js.map\n"...))
				}, nil},
			}, touches: []string{"p:/assets/js/shop.js*"}},
		{Fault: about("api-description", "/openapi.json", "APIの仕様書が公開されている", "API description is public"),
			routes: append(files(typeJSON, `{"openapi":"3.0.3","info":{"title":"茶屋みせばん 管理API","version":"1.4.0"},"servers":[{"url":"/api"}],"paths":{"/v1/orders":{"get":{"summary":"受注一覧","responses":{"200":{"description":"OK"}}}},"/v1/members/{id}":{"delete":{"summary":"会員の削除","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],"responses":{"204":{"description":"削除しました"}}}}}}`,
				"/openapi.json", "/api/openapi.json", "/swagger.json", "/api/swagger.json", "/v3/api-docs", "/api-docs"),
				files(typeHTML, `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Swagger UI</title></head><body><div id="swagger-ui"></div><p>/openapi.json</p></body></html>`, "/swagger-ui/{$}", "/swagger/{$}", "/swagger-ui/index.html", "/swagger-ui.html")...),
			touches: []string{"p:/openapi.json", "p:/api/*", "p:/swagger*", "p:/v3/*", "p:/api-docs"}},
		{Fault: about("ds-store", "/.DS_Store", ".DS_Storeが公開されている", ".DS_Store is public"),
			routes:  []*route{file("/.DS_Store", typeBin, dsStore("kanri", "old_site", "受注2024.xlsx"))},
			touches: []string{"p:/.DS_Store"}},
		{Fault: about("email-harvest", "/store/", "メールアドレスがそのまま載っている", "mail addresses in plain view"),
			routes: []*route{{"/store/{$}", kindOther, func(v *visit) {
				v.render("article-mail", &page{Title: "店舗のご案内", Data: []string{"info@chaya.example", "honten@chaya.example", "tencho@chaya.example"}})
			}, nil}}, touches: []string{"p:/store/"}},
		{Fault: about("security-txt", "/.well-known/security.txt", "security.txtがない", "no security.txt"),
			routes: []*route{{"/.well-known/security.txt", kindAsset, (*visit).notFound, nil}}, touches: []string{"p:/.well-known/security.txt"}},
	}
}

// indexOf draws a folder as Apache's mod_autoindex would.
func indexOf(dir string, names ...string) func(*visit) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<html>\n <head>\n  <title>Index of " + strings.TrimSuffix(dir, "/") + "</title>\n </head>\n <body>\n<h1>Index of " + strings.TrimSuffix(dir, "/") + "</h1>\n<ul><li><a href=\"../\"> Parent Directory</a></li>\n")
	for _, n := range names {
		b.WriteString(`<li><a href="` + n + `"> ` + n + "</a></li>\n")
	}
	b.WriteString("</ul>\n</body></html>\n")
	return func(v *visit) { v.text(typeHTML, b.String()) }
}

// backups answers for archives named as the usual tools name them, and after the host.
func backups(v *visit) bool {
	host := v.r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	const sql = "-- MySQL dump 10.13  Distrib 5.7.44, for Linux (x86_64)\n--\n-- Host: localhost    Database: chaya\n-- ------------------------------------------------------\nDROP TABLE IF EXISTS `dtb_customer`;\nCREATE TABLE `dtb_customer` (\n  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,\n  `name01` varchar(255) NOT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\nINSERT INTO `dtb_customer` VALUES (1,'見本 太郎');\n"
	v.route = "(backup)"
	switch v.r.URL.Path {
	case "/backup.zip", "/www.zip", "/" + host + ".zip":
		v.text("application/zip", zipped("html/index.php", "<?php require 'app/boot.php';\n", "backup/dump.sql", sql))
	case "/backup.sql", "/dump.sql":
		v.text("application/sql", sql)
	case "/index.html.bak", "/index.php.bak":
		v.text(typeText, "<?php\n// トップページ(2024年の控え)\nrequire __DIR__ . '/app/boot.php';\n$shop->show('top');\n")
	default:
		return false
	}
	return true
}

func zipped(namesAndTexts ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(namesAndTexts); i += 2 {
		f, err := w.Create(namesAndTexts[i])
		if err != nil {
			panic("testshop: " + err.Error())
		}
		f.Write([]byte(namesAndTexts[i+1])) // into memory
	}
	if err := w.Close(); err != nil {
		panic("testshop: " + err.Error())
	}
	return b.String()
}

// dsStore writes the head of a .DS_Store with the names a Finder would keep in it.
func dsStore(names ...string) string {
	b := []byte("\x00\x00\x00\x01Bud1\x00\x00\x10\x00\x00\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00")
	b = append(b, make([]byte, 48)...)
	for _, n := range names {
		u := utf16.Encode([]rune(n))
		b = binary.BigEndian.AppendUint32(b, uint32(len(u)))
		for _, c := range u {
			b = binary.BigEndian.AppendUint16(b, c)
		}
		b = append(b, "Ilocblob\x00\x00\x00\x10"...)
		b = append(b, make([]byte, 16)...)
	}
	return string(append(b, make([]byte, 64)...))
}
