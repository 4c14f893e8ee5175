package tuning

import (
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"miseban/bench/accuracy/backend"
	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// evaluated is one way to put a value into a program's source.
type evaluated struct {
	name, about string
	program     string   // perl, php or awk
	args        []string // before the source
	source      string   // with %s
	clean       func(string) string
	sample      string // "": a ware's name
	exploit     string // added to the sample; 41307 comes out by reckoning
	number      bool
}

var evaluations = []evaluated{
	{name: "php-double", about: "the value stands in a double-quoted text that PHP evaluates", program: "php", args: []string{"-d", "display_errors=1", "-d", "html_errors=0", "-r"}, source: `eval('$m = "%s さま"; echo $m;');`, clean: func(v string) string { return strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `'`, `\'`) }, exploit: `".(41300+7)."`},
	{name: "php-single", about: "the value stands in a single-quoted text that PHP evaluates", program: "php", args: []string{"-d", "display_errors=1", "-d", "html_errors=0", "-r"}, source: `$m = '%s さま'; echo $m;`, clean: same, exploit: `'.(41300+7).'`},
	{name: "php-number", about: "a quantity stands bare in a sum that PHP evaluates", program: "php", args: []string{"-d", "display_errors=1", "-d", "html_errors=0", "-r"}, source: `$total = (%s) * 120; echo "合計 $total 円";`, clean: same, sample: "3", exploit: `)+strlen(str_repeat('ab',100)`, number: true},
	{name: "php-quiet", about: "a text that PHP evaluates; errors are not shown", program: "php", args: []string{"-d", "display_errors=0", "-d", "log_errors=0", "-r"}, source: `$m = '%s さま'; echo $m;`, clean: same, exploit: `'.(41300+7).'`},
	{name: "perl-double", about: "the value stands in a double-quoted text that Perl evaluates", program: "perl", args: []string{"-e"}, source: `my $m = "%s sama"; print $m;`, clean: func(v string) string { return strings.ReplaceAll(v, "@", `\@`) }, exploit: `".(41300+7)."`},
	{name: "perl-quiet", about: "a single-quoted text that Perl evaluates; errors are not shown", program: "perl", args: []string{"-e"}, source: `open(STDERR, '>', '/dev/null'); my $m = eval q~'%s'~; print $m . ' sama';`, clean: without("~"), exploit: `'.(41300+7).'`},
	{name: "awk-number", about: "a number stands bare in awk's program", program: "awk", args: nil, source: `BEGIN { print "total " (%s) * 1 }`, clean: same, sample: "3", exploit: `)+length("` + strings.Repeat("a", 200) + `"`, number: true},
}

var codeFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range evaluations {
		out = append(out, codeFamily(&evaluations[i]))
	}
	return append(out, calculator)
}()

func codeFamily(e *evaluated) *trial.Family {
	f := &trial.Family{Name: "code-" + e.name, Class: "code-injection", About: e.about, Accept: []string{"template-injection"}, Places: trial.Everywhere, Grades: trial.NoWAF, Needs: []string{e.program}}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		lure := b.Rand.IntN(4)
		dir, err := b.Dir(nil)
		if err != nil {
			return nil, err
		}
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name, c[3].Name}}
		if e.number {
			h.Sample, h.Others = e.sample, []string{"5", "12"}
		}
		signs := regexp.MustCompile(`['"$@(){};.\\*+/=]`)
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := e.clean(strings.ReplaceAll(a.Value, "\x00", ""))
			if b.Vulnerable {
				out, err := b.Set.Run(ctx, dir, "", e.program, append(e.args[:len(e.args):len(e.args)], strings.Replace(e.source, "%s", v, 1))...)
				if err != nil {
					return nil, err
				}
				if out.Text == "" {
					return oops(), nil
				}
				return trial.Text("<h1>ご案内</h1><p>" + esc(out.Text) + "</p>"), nil
			}
			v = a.Value
			if lure == 1 && signs.MatchString(v) {
				return trial.Status(500, "<h1>エラー</h1><p>PHP Parse error: syntax error, unexpected 使用できない文字</p>"), nil
			}
			if e.number {
				n := leading(v)
				if n < 0 {
					return oops(), nil
				}
				return trial.Text("<h1>ご案内</h1><p>合計 " + strconv.Itoa(n*120) + " 円</p>"), nil
			}
			if lure == 2 {
				v = signs.ReplaceAllString(v, "")
			}
			return trial.Text("<h1>ご案内</h1><p>" + esc(v) + " さま</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			switch e.name {
			case "php-number":
				return proof.Shows(ctx, send, "1"+e.exploit, "合計 24001 円") // (1)+strlen(…) * 120
			case "awk-number":
				return proof.Shows(ctx, send, "1"+e.exploit, "total 201")
			}
			return proof.Shows(ctx, send, h.Sample+e.exploit, "41307")
		}
		return h, nil
	}
	return f
}

// calculator reckons sums by a parser of its own.
var calculator = &trial.Family{Name: "code-calculator", Class: "code-injection", About: "a calculator that knows + - * / and parentheses, and nothing else", SafeOnly: true, Places: []trial.Place{trial.Query, trial.Form, trial.JSON, trial.Cookie}, Make: func(b *trial.Build) (*trial.Handler, error) {
	h := &trial.Handler{Sample: "120*3", Others: []string{"2*80", "(7+5)*2"}, Param: "q"}
	sum := regexp.MustCompile(`^[\d\s+*/()-]{1,60}$`)
	h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		if !sum.MatchString(a.Value) {
			return trial.Status(400, "<h1>電卓</h1><p>数字と + - * / だけを入力してください。</p>"), nil
		}
		v, err := reckon(a.Value)
		if err != nil {
			return trial.Status(500, "<h1>電卓</h1><p>計算できません: "+esc(err.Error())+"</p>"), nil
		}
		return trial.Text("<h1>電卓</h1><p>答えは <b>" + esc(v) + "</b></p>"), nil
	}
	return h, nil
}}

// inclusion is a way to choose a file whose program is run.
type inclusion struct {
	name, about string
	path        func(v string) (string, bool) // below the shop's folder, or absolute
	sample      func(n string) string
	exploit     string
	shows       string
	php         bool
}

var inclusions = []inclusion{
	{"template", "a page of templates is chosen by name, and run", func(v string) (string, bool) { return "/srv/shop/pages/" + v, true }, func(n string) string { return n + ".tpl" }, "../admin/report.tpl", "売上 41307 円", false},
	{"template-suffix", ".tpl is added to the name of a template", func(v string) (string, bool) { return "/srv/shop/pages/" + v + ".tpl", true }, bareName, "../admin/report", "売上 41307 円", false},
	{"template-prefix", "the name of a template has to begin with pages/", func(v string) (string, bool) { return "/srv/shop/" + v, strings.HasPrefix(v, "pages/") }, func(n string) string { return "pages/" + n + ".tpl" }, "pages/../admin/report.tpl", "売上 41307 円", false},
	{"php", "include 'pages/' . $name", func(v string) (string, bool) { return "pages/" + v, true }, func(n string) string { return n + ".php" }, "../admin/report.php", "売上 41307 円", true},
	{"php-suffix", "include 'pages/' . $name . '.php'", func(v string) (string, bool) { return "pages/" + v + ".php", true }, bareName, "../admin/report", "売上 41307 円", true},
	{"php-bare", "include $name, with the shop's folder as a fallback", func(v string) (string, bool) { return v, true }, func(n string) string { return "pages/" + n + ".php" }, "admin/report.php", "売上 41307 円", true},
	{"php-once", "../ is taken out of the name, once", func(v string) (string, bool) { return "pages/" + strings.ReplaceAll(v, "../", ""), true }, func(n string) string { return n + ".php" }, "....//admin/report.php", "売上 41307 円", true},
}

var inclusionFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range inclusions {
		out = append(out, inclusionFamily(&inclusions[i]))
	}
	return out
}()

func inclusionFamily(in *inclusion) *trial.Family {
	f := &trial.Family{Name: "include-" + in.name, Class: "file-inclusion", About: in.about, Accept: []string{"path-traversal"}, Places: traversalPlaces}
	if in.php {
		f.Needs = []string{"php"}
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		names := []string{c[0].Name, c[1].Name, c[2].Name, c[3].Name}
		lure, style := b.Rand.IntN(5), b.Rand.IntN(3)
		files := shopFiles(names)
		for i, n := range names {
			text := n + " のご案内です。" + strings.Repeat("毎日 10 時から。", i+1)
			files["srv/shop/pages/"+n+".tpl"] = "<h2>{{ shop }}</h2><p>" + text + "</p>"
			files["srv/shop/pages/"+n+".php"] = "<h2><?php echo 'みどり園'; ?></h2><p>" + text + "</p>"
		}
		files["srv/shop/admin/report.tpl"] = "<p>売上 {{ 590*70 + 7 }} 円</p>"
		files["srv/shop/admin/report.php"] = "<p>売上 <?php echo 590*70+7; ?> 円</p>"
		dir, err := b.Dir(files)
		if err != nil {
			return nil, err
		}
		tree := backend.NewTree(dir)
		h := &trial.Handler{Sample: in.sample(names[0]), Param: b.Pick("page", "template", "view", "module", "content")}
		for _, n := range names[1:] {
			h.Others = append(h.Others, in.sample(n))
		}
		if b.Place == trial.Form || b.Place == trial.Multipart || b.Place == trial.JSON || b.Place == trial.XML {
			h.Param = b.Pick("page", "view")
		}
		missing := func(v string) *trial.Answer {
			switch style {
			case 0:
				return trial.Status(404, "<h1>見つかりません</h1>")
			case 1:
				return trial.Text("<p>Warning: include(pages/" + esc(v) + "): failed to open stream: No such file or directory</p>")
			}
			return trial.Text("<p>準備中です。</p>")
		}
		h.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			if strings.ContainsRune(a.Value, 0) {
				return missing(""), nil
			}
			if !b.Vulnerable {
				// The safe member knows its pages; what is not one is refused,
				// or brought down to its last part, or the first page is shown.
				v := strings.ReplaceAll(a.Value, `\`, "/")
				chosen := ""
				for _, n := range names {
					last := v[strings.LastIndex(v, "/")+1:]
					if a.Value == in.sample(n) || lure == 1 && strings.TrimSuffix(strings.TrimSuffix(last, ".tpl"), ".php") == n {
						chosen = n
					}
				}
				if chosen == "" && lure == 2 {
					chosen = names[0]
				}
				if chosen == "" && lure == 3 {
					return trial.Status(500, "<h1>エラー</h1><p>Failed opening required: 使用できない名前です。</p>"), nil
				}
				if chosen == "" {
					return missing(a.Value), nil
				}
				t, err := tree.Read("/srv/shop/pages/" + chosen + ".tpl")
				if err != nil {
					return nil, err
				}
				out, err := byPongo(t, map[string]any{"shop": "みどり園"})
				return trial.Text(out), err
			}
			p, ok := in.path(a.Value)
			if !ok {
				return missing(a.Value), nil
			}
			if in.php {
				root := filepath.Join(dir, "srv", "shop")
				out, err := b.Set.Run(ctx, root, "", "php", "-d", "display_errors=0", "-d", "log_errors=0", "-d", "include_path=.", "-d", "allow_url_include=0", "-r", `exit((@include $argv[1]) === false ? 7 : 0);`, p)
				if err != nil {
					return nil, err
				}
				if out.Code == 7 || strings.TrimSpace(out.Text) == "" {
					return missing(a.Value), nil
				}
				return trial.Text(plainText(out.Text)), nil
			}
			t, err := tree.Read(p)
			if err != nil {
				return missing(a.Value), nil
			}
			out, err := byPongo(t, map[string]any{"shop": "みどり園"})
			if err != nil {
				return oops(), nil
			}
			return trial.Text(plainText(out)), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			return proof.Shows(ctx, send, in.exploit, in.shows)
		}
		return h, nil
	}
	return f
}

// plainText lets the shop's own pages through and shows anything else as text.
func plainText(s string) string {
	if strings.HasPrefix(s, "<h2>") || strings.HasPrefix(s, "<p>") {
		return s
	}
	return "<pre>" + esc(s) + "</pre>"
}
