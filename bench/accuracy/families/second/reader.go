package second

import (
	"context"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// reader is a program that opens a file whose name a visitor gives.
type reader struct {
	name, about string
	sample      []string
	bad         func(v string) string                // the path that is opened
	good        []func(v string) (p string, ok bool) // the twin's
	exploit     string
	shows       string
	design      int // 0 page, 1 download, 2 pre, 3 JSON-like fragment, 4 SVG
	places      []trial.Place
	grades      []trial.Grade
}

// drive is what lies on the disk of such a shop.
func drive() map[string]string {
	return map[string]string{
		"home/shop/app/pages/sencha.html": "<p>煎茶の淹れ方</p>", "home/shop/app/pages/bancha.html": "<p>番茶の淹れ方</p>", "home/shop/app/pages/matcha.html": "<p>抹茶の点て方</p>",
		"home/shop/app/mail/order.html": "<p>order-template 7731</p>", "home/shop/app/csv/2026-04.csv": "日付,件数\n04/01,12\n", "home/shop/app/csv/2026-05.csv": "日付,件数\n05/01,9\n",
		"home/shop/app/members/all.csv": "id,mail\n7731,dummy@example.jp\n", "home/shop/app/lang/ja/messages.txt": "ようこそ", "home/shop/app/lang/en/messages.txt": "Welcome", "home/shop/app/messages.txt": "base messages 7731",
		"home/shop/app/img/a1.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "home/shop/app/img/b2.svg": "<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>", "home/shop/app/config/app.yml": "secret_key: dummy-7731\n",
		"home/shop/app/notes/n1.txt": "営業日のお知らせ", "home/shop/app/notes/n2.txt": "年末年始の休業", "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n",
		"etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n", "etc/hostname": "web01\n", "proc/version": "Linux version 5.10.0\n", "etc/group": "root:x:0:\nwww-data:x:33:\n", "windows/win.ini": "; for 16-bit app support\n[fonts]\n", "windows/system.ini": "; for 16-bit app support\n[drivers]\n",
		"home/shop/app/log/app.log": "2026-11-03 start 7731\n",
	}
}

const app = "/home/shop/app/"

func inside(dir, suffix string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		p := path.Clean(path.Join(dir, v+suffix))
		return p, strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") && !strings.Contains(v, "\x00")
	}
}

func baseOnly(dir, suffix string) func(string) (string, bool) {
	return func(v string) (string, bool) { return dir + path.Base(strings.ReplaceAll(v, `\`, "/")) + suffix, true }
}

func listed(dir, suffix string, names ...string) func(string) (string, bool) {
	return func(v string) (string, bool) { return dir + v + suffix, slices.Contains(names, v) }
}

// orFirst falls back to the first of the names.
func orFirst(dir, suffix string, names ...string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		if !slices.Contains(names, v) {
			v = names[0]
		}
		return dir + v + suffix, true
	}
}

var dotDot = regexp.MustCompile(`\.\.+[/\\]*`)

// withoutDots takes all dots and signs of folders away until nothing is left of them.
func withoutDots(dir, suffix string) func(string) (string, bool) {
	return func(v string) (string, bool) {
		for dotDot.MatchString(v) {
			v = dotDot.ReplaceAllString(v, "")
		}
		return dir + strings.Trim(strings.NewReplacer("/", "", `\`, "", "./", "").Replace(v), ".") + suffix, true
	}
}

func onceGone(s string) string { return strings.ReplaceAll(s, "../", "") }

var readers = []reader{
	{name: "page", about: "a page's name with .html behind it", sample: []string{"sencha", "bancha", "matcha"}, bad: func(v string) string { return app + "pages/" + v + ".html" }, good: []func(string) (string, bool){baseOnly(app+"pages/", ".html"), inside(app+"pages", ".html"), listed(app+"pages/", ".html", "sencha", "bancha", "matcha"), withoutDots(app+"pages/", ".html")}, exploit: "../mail/order", shows: "7731"},
	{name: "joined", about: "the folder is dropped when the value is absolute, as os.path.join does; .. is refused", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string {
		if strings.Contains(v, "..") {
			return "/none"
		}
		if strings.HasPrefix(v, "/") {
			return v
		}
		return app + "notes/" + v
	}, good: []func(string) (string, bool){inside(app+"notes", ""), orFirst(app+"notes/", "", "n1.txt", "n2.txt")}, exploit: "/etc/hosts", shows: "localhost", design: 2},
	{name: "once", about: "../ is taken out once", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string { return app + "notes/" + onceGone(v) }, good: []func(string) (string, bool){withoutDots(app+"notes/", ""), inside(app+"notes", "")}, exploit: "....//....//....//....//etc/hosts", shows: "localhost", design: 1},
	{name: "backslash", about: "a program on Windows that looks for ../ only", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string {
		return app + "notes/" + strings.ReplaceAll(strings.ReplaceAll(v, "../", ""), `\`, "/")
	}, good: []func(string) (string, bool){baseOnly(app+"notes/", ""), withoutDots(app+"notes/", "")}, exploit: `..\..\..\..\windows\system.ini`, shows: "16-bit app", places: trial.Except(trial.Path)},
	{name: "decoded", about: "the name is decoded once more after it was looked at", sample: []string{"2026-04.csv", "2026-05.csv"}, bad: func(v string) string {
		if strings.Contains(v, "..") || strings.HasPrefix(v, "/") {
			return "/none"
		}
		d, err := url.PathUnescape(v)
		if err != nil {
			return "/none"
		}
		return app + "csv/" + d
	}, good: []func(string) (string, bool){func(v string) (string, bool) {
		d, err := url.PathUnescape(v)
		if err != nil {
			return "", false
		}
		return inside(app+"csv", "")(d)
	}, baseOnly(app+"csv/", "")}, exploit: "%2e%2e/members/all.csv", shows: "7731", design: 1},
	{name: "starts-with", about: "the value has to begin with /img/, and may go on upwards", sample: []string{"/img/a1.svg", "/img/b2.svg"}, bad: func(v string) string {
		if !strings.HasPrefix(v, "/img/") {
			return "/none"
		}
		return "/home/shop/app" + v
	}, good: []func(string) (string, bool){func(v string) (string, bool) {
		if !strings.HasPrefix(v, "/img/") {
			return "", false
		}
		return inside(app+"img", "")(v[5:])
	}, listed("/home/shop/app", "", "/img/a1.svg", "/img/b2.svg")}, exploit: "/img/../config/app.yml", shows: "7731", design: 4, places: trial.Except(trial.Path)},
	{name: "ends-with", about: "the value has to end with .csv", sample: []string{"2026-04.csv", "2026-05.csv"}, bad: func(v string) string {
		if !strings.HasSuffix(v, ".csv") {
			return "/none"
		}
		return app + "csv/" + v
	}, good: []func(string) (string, bool){inside(app+"csv", ""), listed(app+"csv/", "", "2026-04.csv", "2026-05.csv")}, exploit: "../members/all.csv", shows: "7731", design: 1},
	{name: "language", about: "the language is a folder in the middle of the path", sample: []string{"ja", "en"}, bad: func(v string) string { return app + "lang/" + v + "/messages.txt" }, good: []func(string) (string, bool){orFirst(app+"lang/", "/messages.txt", "ja", "en"), listed(app+"lang/", "/messages.txt", "ja", "en"), func(v string) (string, bool) {
		if len(v) < 2 {
			return "", false
		}
		return orFirst(app+"lang/", "/messages.txt", "ja", "en")(strings.ToLower(v[:2]))
	}}, exploit: "../lang/../lang/..", shows: "7731", places: []trial.Place{trial.Cookie, trial.Cookie, trial.CookieObj, trial.Header, trial.Query, trial.JSON, trial.Path}},
	{name: "zero-byte", about: "a program in C behind it: a zero byte ends the name", sample: []string{"n1", "n2"}, bad: func(v string) string {
		p, _, _ := strings.Cut(app+"notes/"+v+".txt", "\x00")
		return p
	}, good: []func(string) (string, bool){func(v string) (string, bool) { return inside(app+"notes", ".txt")(strings.ReplaceAll(v, "\x00", "")) }, baseOnly(app+"notes/", ".txt")}, exploit: "../config/app.yml\x00", shows: "7731", places: []trial.Place{trial.Query, trial.Form, trial.Path, trial.Base64, trial.List, trial.Cookie, trial.InnerURL}},
	{name: "full-width", about: "full-width dots and slashes are made half-width after the look at the name", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string {
		if strings.Contains(v, "..") || strings.HasPrefix(v, "/") {
			return "/none"
		}
		return app + "notes/" + norm.NFKC.String(v)
	}, good: []func(string) (string, bool){func(v string) (string, bool) { return inside(app+"notes", "")(norm.NFKC.String(v)) }}, exploit: "．．／config／app.yml", shows: "7731", places: trial.Except(trial.Header, trial.Cookie, trial.Path)},
	{name: "download", about: "a download by its name, as it came", sample: []string{"2026-04.csv", "2026-05.csv"}, bad: func(v string) string { return app + "csv/" + v }, good: []func(string) (string, bool){inside(app+"csv", ""), baseOnly(app+"csv/", ""), orFirst(app+"csv/", "", "2026-04.csv", "2026-05.csv")}, exploit: "../config/app.yml", shows: "7731", design: 1},
	{name: "file-address", about: "file:// addresses are taken for names", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string {
		if p, ok := strings.CutPrefix(v, "file://"); ok {
			return p
		}
		return app + "notes/" + path.Base(v)
	}, good: []func(string) (string, bool){baseOnly(app+"notes/", ""), listed(app+"notes/", "", "n1.txt", "n2.txt")}, exploit: "file:///etc/hosts", shows: "localhost", design: 2, places: trial.Except(trial.Path)},
	{name: "semicolons", about: "a servlet container drops ;parameters of each segment after the filter looked for /../", sample: []string{"n1.txt", "n2.txt"}, bad: func(v string) string {
		if strings.Contains(v, "../") {
			return "/none"
		}
		parts := strings.Split(v, "/")
		for i, p := range parts {
			parts[i], _, _ = strings.Cut(p, ";")
		}
		return app + "notes/" + strings.Join(parts, "/")
	}, good: []func(string) (string, bool){inside(app+"notes", ""), withoutDots(app+"notes/", "")}, exploit: "..;/config/app.yml", shows: "7731", design: 2, places: trial.Except(trial.Cookie)},
}

var readerFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range readers {
		out = append(out, readerFamily(&readers[i]))
	}
	return append(out, adminGuide)
}()

func readerFamily(rd *reader) *trial.Family {
	places := rd.places
	if places == nil {
		places = trial.Everywhere
	}
	return &trial.Family{Name: "held-file-" + rd.name, Class: "path-traversal", About: rd.about, Accept: []string{"file-inclusion"}, Places: places, Grades: rd.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		dir, err := b.Dir(drive())
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		good, style := rd.good[b.Rand.IntN(len(rd.good))], b.Rand.IntN(4)
		hd := &trial.Handler{Sample: rd.sample[0], Others: rd.sample[1:], Param: b.Pick("", "file", "page", "doc", "no")}
		hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			p, ok := "", true
			if b.Vulnerable {
				p = rd.bad(a.Value)
			} else {
				p, ok = good(a.Value)
			}
			text, err := "", error(nil)
			if ok {
				text, err = tree.Read(p)
			}
			switch {
			case !ok && style == 1:
				return trial.Status(403, "<h2>403</h2><p>許可されていないファイルです。</p>"), nil
			case !ok || err != nil:
				switch style {
				case 0:
					return trial.Status(404, "<h2>404</h2><p>ファイルがありません。</p>"), nil
				case 1:
					return trial.Text("<h2>お探しのページはありません</h2>"), nil
				case 2:
					return trial.Text("<b>Warning</b>: file_get_contents(" + h(p) + "): failed to open stream: No such file or directory in <b>/home/shop/app/view.php</b> on line <b>31</b>"), nil
				}
				return trial.Status(500, "<h2>エラー</h2><p>java.io.FileNotFoundException</p>"), nil
			}
			switch rd.design {
			case 1:
				return &trial.Answer{Bare: true, Type: "text/csv; charset=utf-8", Header: map[string][]string{"Content-Disposition": {`attachment; filename="export.csv"`}}, Body: text}, nil
			case 2:
				return trial.Text("<h2>お知らせ</h2><pre>" + h(text) + "</pre>"), nil
			case 4:
				return &trial.Answer{Bare: true, Type: "image/svg+xml", Body: text}, nil
			}
			return trial.Text("<h2>ご案内</h2>" + text), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Shows(ctx, send, rd.exploit, rd.shows)
		}
		return hd, nil
	}}
}

// adminGuide explains servers: words of well-known files stand in its pages,
// and names are tidied before they are looked up in a list.
var adminGuide = &trial.Family{Name: "held-file-handbook", Class: "path-traversal", About: "a handbook of servers with well-known files in its text, chosen by what the tidied name says", SafeOnly: true, Places: trial.Except(trial.Header), Make: func(b *trial.Build) (*trial.Handler, error) {
	files := drive()
	hd := &trial.Handler{Sample: "passwd", Others: []string{"hosts", "group"}, Param: b.Pick("topic", "chapter", "file")}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		name := strings.ToLower(path.Base(strings.ReplaceAll(a.Value, `\`, "/")))
		if t, ok := files["etc/"+strings.TrimRight(name, "\x00 ")]; ok {
			return trial.Text("<h2>例：/etc/" + h(name) + "</h2><p>各行の意味を説明します。</p><pre>" + h(t) + "</pre>"), nil
		}
		return trial.Text("<h2>目次</h2><p>passwd hosts group</p>"), nil
	}
	return hd, nil
}}
