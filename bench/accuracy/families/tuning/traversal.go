package tuning

import (
	"context"
	"net/url"
	"path"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// passwd is the file that everybody knows, as far as the cases have one.
const passwd = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"

// shopFiles are the files of a server with a small shop.
func shopFiles(names []string) map[string]string {
	f := map[string]string{
		"etc/passwd": passwd, "etc/hosts": "127.0.0.1 localhost\n", "etc/hostname": "shop\n", "etc/os-release": "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n",
		"etc/group": "root:x:0:\ndaemon:x:1:\n", "proc/version": "Linux version 6.1.0\n", "proc/self/environ": "PATH=/usr/bin\x00",
		"srv/shop/index.html": "<h1>shop</h1>", "srv/shop/config.txt": "mode = production\nmail = shop@example.jp\n", "srv/shop/docs/sub/more.txt": "もう少し詳しい説明です。\n", "srv/shop/docs/robots.txt": "User-agent: *\n",
	}
	for i, n := range names {
		f["srv/shop/docs/"+n+".txt"] = n + " のご説明\n" + strings.Repeat("香り高く、後味のすっきりした品です。\n", i+1)
	}
	return f
}

// fence is what a program does to a name before it opens the file. ok is false
// for what it refuses.
type fence struct {
	name, about string
	bad         func(v string) (p string, ok bool)
	exploit     func(sample string) string
	shows       string // of the file that the exploit reads
	sample      func(n string) string
	plain       bool
}

const docs = "/srv/shop/docs/"

func withName(n string) string { return n + ".txt" }
func bareName(n string) string { return n }

var fences = []fence{
	{"raw", "the name is put behind the folder as it is", func(v string) (string, bool) { return docs + v, true }, func(string) string { return "../../../etc/passwd" }, "root:x:0:0", withName, true},
	{"once", "../ is taken out, once", func(v string) (string, bool) { return docs + strings.ReplaceAll(v, "../", ""), true }, func(string) string { return "....//....//....//etc/passwd" }, "root:x:0:0", withName, true},
	{"suffix", ".txt is added", func(v string) (string, bool) { return docs + v + ".txt", true }, func(string) string { return "../config" }, "mode = production", bareName, false},
	{"absolute", "an absolute path is taken as it is", func(v string) (string, bool) {
		if strings.HasPrefix(v, "/") {
			return v, true
		}
		return docs + strings.ReplaceAll(v, "..", ""), true
	}, func(string) string { return "/etc/hosts" }, "127.0.0.1 localhost", withName, false},
	{"prefix", "the path has to begin with the folder", func(v string) (string, bool) { return "/srv/shop/" + v, strings.HasPrefix(v, "docs/") }, func(string) string { return "docs/../config.txt" }, "mode = production", func(n string) string { return "docs/" + n + ".txt" }, false},
	{"end", "the name has to end in .txt", func(v string) (string, bool) { return docs + v, strings.HasSuffix(v, ".txt") }, func(string) string { return "../config.txt" }, "mode = production", withName, false},
	{"decoded", "names are checked, then decoded once more", func(v string) (string, bool) {
		if strings.Contains(v, "..") || strings.Contains(v, "/") {
			return "", false
		}
		d, err := url.QueryUnescape(v)
		return docs + d, err == nil
	}, func(string) string { return "%2e%2e%2fconfig.txt" }, "mode = production", withName, false},
	{"backslash", "a program that takes \\ for / too, and refuses ../", func(v string) (string, bool) {
		return docs + strings.ReplaceAll(v, `\`, "/"), !strings.Contains(v, "../")
	}, func(string) string { return `..\config.txt` }, "mode = production", withName, false},
	{"depth", "two steps up are refused, one is not", func(v string) (string, bool) {
		return docs + v, !strings.Contains(v, "../..") && !strings.Contains(v, "etc")
	}, func(string) string { return "../config.txt" }, "mode = production", withName, false},
}

// traversalPlaces leave out names and lists of values, where no file name stands.
var traversalPlaces = []trial.Place{trial.Query, trial.Query, trial.Form, trial.Multipart, trial.List, trial.Name, trial.JSON, trial.XML, trial.Cookie, trial.Header, trial.Path, trial.Base64, trial.CookieObj, trial.InnerURL, trial.Double}

var traversalFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range fences {
		out = append(out, traversalFamily(&fences[i], 0), traversalFamily(&fences[i], 1))
	}
	return append(out, passwdLesson)
}()

// traversalFamily shows a text (form 0) or tells only whether there is one (form 1).
func traversalFamily(fc *fence, form int) *trial.Family {
	f := &trial.Family{Name: "file-" + fc.name, Class: "path-traversal", About: fc.about, Accept: []string{"file-inclusion"}, Places: traversalPlaces}
	if form == 1 {
		f.Name += "-quoted"
		f.About += "; the text stands in a table of its lines"
	}
	if fc.plain {
		f.Grades = trial.NoWAF
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		names := []string{c[0].Name, c[1].Name, c[2].Name, c[3].Name}
		lure := b.Rand.IntN(6)
		style := b.Rand.IntN(3)
		dir, err := b.Dir(shopFiles(names))
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		h := &trial.Handler{Sample: fc.sample(names[0]), Param: b.Pick("file", "doc", "page", "name", "path", "template", "download")}
		switch b.Place {
		case trial.Form, trial.Multipart, trial.JSON, trial.XML:
			h.Param = b.Pick("query", "page", "view")
		}
		for _, n := range names[1:] {
			h.Others = append(h.Others, fc.sample(n))
		}
		missing := func(v string) *trial.Answer {
			switch style {
			case 0:
				return trial.Status(404, "<h1>見つかりません</h1>")
			case 1:
				return trial.Status(500, "<h1>エラー</h1><p>failed to open stream: No such file or directory: "+esc(v)+"</p>")
			}
			return trial.Text("<h1>説明書</h1><p>準備中です。</p>")
		}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			var p string
			var ok bool
			if b.Vulnerable {
				p, ok = fc.bad(a.Value)
			} else {
				p, ok = fenced(fc, lure, names, a.Value)
			}
			if !ok {
				return missing(a.Value), nil
			}
			t, err := tree.Read(p)
			if err != nil {
				return missing(a.Value), nil
			}
			if form == 1 {
				return trial.Text("<h1>説明書</h1><table><tr><td>" + strings.ReplaceAll(esc(strings.TrimSpace(t)), "\n", "</td></tr>\n<tr><td>") + "</td></tr></table>"), nil
			}
			return trial.Text("<h1>説明書</h1><pre>" + esc(t) + "</pre>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Shows(ctx, send, fc.exploit(h.Sample), fc.shows)
		}
		return h, nil
	}
	return f
}

// fenced is the safe member's way to a file: nothing outside the folder.
func fenced(fc *fence, lure int, names []string, v string) (string, bool) {
	if strings.ContainsRune(v, 0) {
		return "", false
	}
	v = strings.TrimPrefix(v, "docs/")
	full := strings.TrimSuffix(v, ".txt") + ".txt"
	switch lure {
	case 0: // the last part of the path counts, whatever stands before
		return docs + path.Base("/"+strings.ReplaceAll(full, `\`, "/")), true
	case 1: // cleaned as if the folder were the root
		return docs + strings.TrimPrefix(path.Clean("/"+full), "/"), true
	case 2: // all ../ are taken out until none is left
		for strings.Contains(full, "..") {
			full = strings.ReplaceAll(full, "..", "")
		}
		return docs + full, true
	case 3: // refused as by a firewall
		if strings.Contains(full, "..") || strings.HasPrefix(full, "/") || strings.Contains(full, `\`) {
			return "", false
		}
		return docs + full, true
	case 4: // chosen from what is known; anything else is the first
		for _, n := range names {
			if v == fc.sample(n) || full == n+".txt" {
				return docs + n + ".txt", true
			}
		}
		return docs + names[0] + ".txt", true
	}
	for _, n := range names {
		if full == n+".txt" {
			return docs + full, true
		}
	}
	return "", false
}

// passwdLesson is a help page about files: it shows the famous one to everybody.
var passwdLesson = &trial.Family{Name: "file-lesson", Class: "path-traversal", About: "the page shows an example of /etc/passwd whatever is asked", Places: []trial.Place{trial.Query, trial.Form, trial.Path}, SafeOnly: true, Make: func(b *trial.Build) (*trial.Handler, error) {
	c := catalogue(b.Rand)
	h := &trial.Handler{Sample: c[0].Name + ".txt", Others: []string{c[1].Name + ".txt", c[2].Name + ".txt", c[3].Name + ".txt"}, Param: "page"}
	h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		if strings.Contains(a.Value, "..") || strings.Contains(a.Value, "/") {
			return trial.Text("<h1>Linux 入門</h1><p>利用者の一覧はこう見えます。</p><pre>" + passwd + "</pre>"), nil
		}
		return trial.Text("<h1>Linux 入門</h1><p>" + esc(a.Value) + "</p><pre>" + passwd + "</pre>"), nil
	}
	return h, nil
}}
