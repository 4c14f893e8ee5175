package heldback

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// disk is what lies on the server of a shop.
var disk = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1:bin:/bin:/sbin/nologin\napache:x:48:48:Apache:/usr/share/httpd:/sbin/nologin\n", "etc/group": "root:x:0:\napache:x:48:\n", "etc/hosts": "127.0.0.1 localhost localhost.localdomain\n", "etc/hostname": "www3\n", "proc/version": "Linux version 5.14.0-427.el9.x86_64\n", "proc/self/environ": "PATH=/usr/bin\x00USER=apache\x00",
	"var/www/shop/html/upload/save_image/01.jpg": "JFIF-01", "var/www/shop/html/upload/save_image/02.jpg": "JFIF-02", "var/www/shop/html/css/style.css": "body{margin:0}", "var/www/shop/html/css/sp.css": "body{margin:4px}", "var/www/shop/html/js/jquery.js": "/*! jquery */", "var/www/shop/html/js/common.js": "var c=1;", "var/www/shop/html/user_data/packages/default/top.tpl": "<p>{$tpl_title}</p>", "var/www/shop/html/index.php": "<?php require 'define.php';",
	"var/www/shop/data/config/config.php": "<?php define('DB_PASSWORD', 'dummy-52316');", "var/www/shop/data/csv/orders_202610.csv": "注文番号,金額\n10049,2400\n", "var/www/shop/data/csv/orders_202611.csv": "注文番号,金額\n10061,980\n", "var/www/shop/data/doc/2026/nenmatsu.txt": "年末年始の営業について", "var/www/shop/data/doc/2026/soryo.txt": "送料改定のお知らせ", "var/www/shop/data/downloads/manual.txt": "取扱説明書", "var/www/shop/data/downloads/size.txt": "サイズ表", "var/www/shop/data/downloads/top.tpl": "x",
	"opt/app/pages/guide.jsp": "<h3>ご利用ガイド</h3>", "opt/app/pages/law.jsp": "<h3>特定商取引法に基づく表記</h3>", "opt/app/WEB-INF/web.xml": "<?xml version=\"1.0\"?>\n<web-app version=\"3.1\"><display-name>shop</display-name><servlet><servlet-name>front</servlet-name></servlet></web-app>", "opt/app/index.jsp": "<%@ page %>",
}

const (
	web  = "/var/www/shop/html/"
	data = "/var/www/shop/data/"
)

// opener is a program that opens a file whose name a visitor gives.
type opener struct {
	name, about string
	path, param string
	sample      []string
	places      []trial.Place
	bad         func(v string) []string // the files that are read
	good        []func(v string) []string
	exploit     string
	text        string
	kind        string // media type of what is read; "" puts it into a page
	grades      []trial.Grade
}

func one(p string) []string { return []string{p} }

// within reads below dir and nowhere else, after the path was made plain.
func within(dir, tail string) func(string) []string {
	return func(v string) []string {
		p := path.Clean(dir + "/" + v + tail)
		if !strings.HasPrefix(p, strings.TrimSuffix(path.Clean(dir), "/")+"/") {
			return nil
		}
		return one(p)
	}
}

func lastPart(dir string) func(string) []string {
	return func(v string) []string { return one(dir + path.Base(v)) }
}

func oneOf(dir string, names ...string) func(string) []string {
	return func(v string) []string {
		if !slices.Contains(names, v) {
			return nil
		}
		return one(dir + v)
	}
}

// upwards takes .. away until there is none.
func upwards(v string) string {
	for strings.Contains(v, "..") {
		v = strings.ReplaceAll(v, "..", "")
	}
	return v
}

var eightOrSix = regexp.MustCompile(`^orders_\d{6}\.csv$`)

var openers = []opener{
	{name: "resize-image", about: "a picture to be made smaller; its path has to hold upload/", path: "/resize_image.php", param: "image", sample: []string{"upload/save_image/01.jpg", "upload/save_image/02.jpg"}, places: append([]trial.Place{trial.Base64, trial.Double}, webPlaces...), kind: "image/jpeg", bad: func(v string) []string {
		if !strings.Contains(v, "upload/") {
			return nil
		}
		return one(web + v)
	}, good: []func(string) []string{func(v string) []string { return lastPart(web + "upload/save_image/")(v) }, func(v string) []string {
		if !strings.HasPrefix(v, "upload/save_image/") {
			return nil
		}
		return within(web+"upload/save_image", "")(strings.TrimPrefix(v, "upload/save_image/"))
	}}, exploit: "upload/../../../../../etc/passwd", text: "root:x:0", grades: trial.NoWAF},
	{name: "css-loader", about: "dots and slashes in front are taken off a style sheet's name, those within are not", path: "/css.php", param: "f", sample: []string{"css/style.css", "css/sp.css"}, places: append([]trial.Place{trial.Cookie, trial.List}, webPlaces...), kind: "text/css", bad: func(v string) []string { return one(web + strings.TrimLeft(v, "./")) }, good: []func(string) []string{func(v string) []string { return within(web+"css", "")(strings.TrimPrefix(v, "css/")) }, oneOf(web, "css/style.css", "css/sp.css")}, exploit: "css/../../../../../etc/passwd", text: "root:x:0", grades: trial.NoWAF},
	{name: "load-scripts", about: "scripts separated by commas are read one after the other", path: "/wp-admin/load-scripts.php", param: "load", sample: []string{"jquery.js,common.js", "jquery.js"}, places: append([]trial.Place{trial.JSON}, webPlaces...), kind: "application/javascript", bad: func(v string) []string {
		var out []string
		for n := range strings.SplitSeq(v, ",") {
			out = append(out, web+"js/"+n)
		}
		return out[:min(len(out), 8)]
	}, good: []func(string) []string{func(v string) []string {
		var out []string
		for n := range strings.SplitSeq(v, ",") {
			if n == "jquery.js" || n == "common.js" {
				out = append(out, web+"js/"+n)
			}
		}
		return out
	}, func(v string) []string {
		var out []string
		for n := range strings.SplitSeq(v, ",") {
			out = append(out, web+"js/"+path.Base(n))
		}
		return out[:min(len(out), 8)]
	}}, exploit: "jquery.js,../../../../../etc/passwd", text: "root:x:0", grades: trial.NoWAF},
	{name: "orders-csv", about: "a table of orders by its file's name", path: "/admin/order/csv_download.php", param: "csv", sample: []string{"orders_202611.csv", "orders_202610.csv"}, places: append([]trial.Place{trial.Path, trial.Path}, webPlaces...), kind: "text/csv; charset=Shift_JIS", bad: func(v string) []string { return one(data + "csv/" + v) }, good: []func(string) []string{lastPart(data + "csv/"), func(v string) []string {
		if !eightOrSix.MatchString(v) {
			return nil
		}
		return one(data + "csv/" + v)
	}, within(data+"csv", "")}, exploit: "../../../../../etc/passwd", text: "root:x:0", grades: trial.NoWAF},
	{name: "news-text", about: "a notice in a folder of its year; .. is taken out once", path: "/news/read.cgi", param: "file", sample: []string{"2026/nenmatsu.txt", "2026/soryo.txt"}, places: append([]trial.Place{trial.JSON, trial.XML, trial.InnerURL}, webPlaces...), bad: func(v string) []string { return one(data + "doc/" + strings.ReplaceAll(v, "../", "")) }, good: []func(string) []string{func(v string) []string { return one(data + "doc/" + upwards(v)) }, within(data+"doc", "")}, exploit: "....//....//....//....//....//....//etc/passwd", text: "root:x:0", grades: trial.NoWAF},
	{name: "whole-path", about: "the shop's own links carry whole paths of the server", path: "/download.php", param: "path", sample: []string{data + "downloads/manual.txt", data + "downloads/size.txt"}, places: append([]trial.Place{trial.Base64, trial.Base64, trial.CookieObj}, webPlaces...), kind: "application/octet-stream", bad: func(v string) []string {
		if !strings.HasPrefix(v, "/") {
			return nil
		}
		return one(v)
	}, good: []func(string) []string{lastPart(data + "downloads/"), func(v string) []string {
		if p := path.Clean(v); strings.HasPrefix(p, data+"downloads/") {
			return one(p)
		}
		return nil
	}}, exploit: "/etc/hosts", text: "localdomain"},
	{name: "jsp-include", about: "jsp:include of a page of the application; WEB-INF is part of it", path: "/contents/view.jsp", param: "page", sample: []string{"guide.jsp", "law.jsp"}, places: webPlaces, bad: func(v string) []string {
		p := path.Clean("/pages/" + v)
		return one("/opt/app" + p)
	}, good: []func(string) []string{oneOf("/opt/app/pages/", "guide.jsp", "law.jsp"), func(v string) []string { return one("/opt/app/pages/" + path.Base(v)) }}, exploit: "../WEB-INF/web.xml", text: "web-app"},
	{name: "package", about: "the template of a design package, from a cookie", path: "/top.php", param: "tpl", sample: []string{"default/top.tpl"}, places: []trial.Place{trial.Cookie, trial.Cookie, trial.CookieObj, trial.Header, trial.Query}, bad: func(v string) []string { return one(web + "user_data/packages/" + v) }, good: []func(string) []string{within(web+"user_data/packages", ""), func(v string) []string {
		if v != "default/top.tpl" && v != "default/sp.tpl" {
			v = "default/top.tpl"
		}
		return one(web + "user_data/packages/" + v)
	}}, exploit: "../../../../../../etc/passwd", text: "root:x:0", grades: trial.NoWAF},
}

var fileFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range openers {
		out = append(out, openers[i].family())
	}
	return append(out,
		trap("path-traversal", "file-normalised", "the web server makes paths plain before it looks: detours lead to the same file, and never above the folder", []trial.Place{trial.Path, trial.Path, trial.Query}, nil, func(s *shop) (*trial.Handler, answer, error) {
			files := map[string]string{"/manual.txt": "取扱説明書", "/size.txt": "サイズ表"}
			return s.named("/static", "f", "manual.txt", "size.txt"), func(_ context.Context, v string) (*trial.Answer, error) {
				p := path.Clean("/" + v)
				if t, ok := files[p]; ok {
					return &trial.Answer{Bare: true, Type: "text/plain; charset=utf-8", Body: t}, nil
				}
				return &trial.Answer{Status: 404, Bare: true, Body: "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr><center>nginx</center><!-- open() \"/usr/share/nginx/html" + e(p) + "\" failed (2: No such file or directory) --></body></html>"}, nil
			}, nil
		}),
		trap("path-traversal", "file-server-guide", "pages on how a server is run show lines of its files as examples, whichever is asked for", []trial.Place{trial.Query, trial.Form, trial.Path, trial.Cookie}, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/vps/guide.php", "file", "useradd", "vsftpd"), func(_ context.Context, v string) (*trial.Answer, error) {
				body := "<h2>" + e(path.Base(v)) + " の設定</h2><p>追加したユーザーは次のように見えます。</p>"
				if strings.Contains(v, "passwd") || strings.Contains(v, "user") {
					body += "<pre>$ tail -2 /etc/passwd\nftpuser:x:1001:1001::/home/ftpuser:/sbin/nologin\nroot:x:0:0:root:/root:/bin/bash</pre>"
				} else {
					body += "<pre>[fonts]\n; for 16-bit app support</pre>"
				}
				return s.show("", body), nil
			}, nil
		}))
}()

func (o *opener) family() *trial.Family {
	return &trial.Family{Name: "shop-file-" + o.name, Class: "path-traversal", About: o.about, Accept: []string{"file-inclusion"}, Places: o.places, Grades: o.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		dir, err := b.Dir(disk)
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		find := o.bad
		if good := o.good[b.Rand.IntN(len(o.good))]; !b.Vulnerable {
			find = good
		}
		style := b.Rand.IntN(4)
		hd := s.named(o.path, o.param, o.sample[0], o.sample[1:]...)
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			paths, text := find(a.Value), ""
			if len(paths) == 0 {
				return s.decline(a.Value), nil
			}
			for _, p := range paths {
				t, err := tree.Read(p)
				if err == nil {
					text += t + "\n"
					continue
				}
				if o.name == "load-scripts" {
					continue
				}
				switch style {
				case 0:
					return trial.Status(404, "<h1>ファイルが存在しません</h1>"), nil
				case 1:
					return trial.Text("<br><b>Warning</b>: readfile(" + e(noZero(p)) + "): failed to open stream: No such file or directory in <b>/var/www/shop/html/download.php</b> on line <b>27</b><br>"), nil
				case 2:
					return &trial.Answer{Bare: true, Type: "image/gif", Body: "GIF89a noimage"}, nil
				}
				return s.decline(a.Value), nil
			}
			if o.kind != "" {
				return &trial.Answer{Bare: true, Type: o.kind, Header: map[string][]string{"X-Content-Type-Options": {"nosniff"}}, Body: text}, nil
			}
			return s.show("", "<div class=\"doc\">"+strings.ReplaceAll(e(text), "\n", "<br>")+"</div>"), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Shows(ctx, send, o.exploit, o.text)
		}
		return hd, nil
	}}
}
