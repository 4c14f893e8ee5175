package heldback

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	texttemplate "text/template"

	"github.com/flosch/pongo2/v6"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// letter is a text with blanks to be filled in, into whose source a value gets.
type letter struct {
	name, about string
	path, param string
	source      string // with VALUE
	own         string // what the twin has in place of VALUE; "" where the value is no text of its own
	engine      func(ctx context.Context, b *trial.Build, dir, source string, data map[string]string) (string, error)
	needs       []string
	sample      string
	others      []string
	places      []trial.Place
	before      func(string) string
	exploit     string
	text        string
	yes, no     string // instead: like the sample, and otherwise
	status      int
}

func jinja(_ context.Context, _ *trial.Build, _, source string, data map[string]string) (string, error) {
	t, err := pongo2.NewSet("shop", &pongo2.LocalFilesystemLoader{}).FromString(source)
	if err != nil {
		return "", err
	}
	c := pongo2.Context{}
	for k, v := range data {
		c[k] = v
	}
	c["item"] = map[string]any{"price": 1200, "stock": 4, "code": "MK-2100"}
	return t.Execute(c)
}

func goText(_ context.Context, _ *trial.Build, _, source string, data map[string]string) (string, error) {
	t, err := texttemplate.New("letter").Parse(source)
	if err != nil {
		return "", err
	}
	var w strings.Builder
	err = t.Execute(&w, data)
	return w.String(), err
}

// expressions fills in what stands between two signs: names and sums.
func expressions(pattern string) func(context.Context, *trial.Build, string, string, map[string]string) (string, error) {
	re := regexp.MustCompile(pattern)
	return func(_ context.Context, _ *trial.Build, _, source string, data map[string]string) (string, error) {
		var bad error
		out := re.ReplaceAllStringFunc(source, func(m string) string {
			inner := strings.TrimSpace(re.FindStringSubmatch(m)[1])
			if v, ok := data[inner]; ok {
				return v
			}
			v, err := calculate(inner)
			if err != nil {
				bad = errors.New("Expression " + inner + ": " + err.Error())
			}
			return v
		})
		return out, bad
	}
}

var (
	setDirective = regexp.MustCompile(`#set\s*\(\s*\$(\w+)\s*=\s*([^\n]*?)\)`)
	reference    = regexp.MustCompile(`\$\{?(\w+)\}?`)
)

// velocity knows #set and references.
func velocity(_ context.Context, _ *trial.Build, _, source string, data map[string]string) (string, error) {
	var bad error
	names := map[string]string{}
	for k, v := range data {
		names[k] = v
	}
	out := setDirective.ReplaceAllStringFunc(source, func(m string) string {
		p := setDirective.FindStringSubmatch(m)
		v, err := calculate(p[2])
		if err != nil {
			bad = err
		}
		names[p[1]] = v
		return ""
	})
	return reference.ReplaceAllStringFunc(out, func(m string) string {
		if v, ok := names[reference.FindStringSubmatch(m)[1]]; ok {
			return v
		}
		return m
	}), bad
}

var engineFiles = map[string]string{
	// A page of Perl's Mojolicious kind: <%= %> is Perl.
	"ep.pl": `my ($src, $json) = @ARGV; my %d; while ($json =~ /"(\w+)":"((?:[^"\\]|\\.)*)"/g) { $d{$1} = $2; } my $code = 'my $o = "";'; for my $p (split /(<%=?.*?%>)/s, $src) { if ($p =~ /^<%=(.*?)%>$/s) { $code .= '$o .= do { ' . $1 . ' };'; } elsif ($p =~ /^<%(.*?)%>$/s) { $code .= "$1;"; } else { (my $q = $p) =~ s/([\\'])/\\$1/g; $code .= "\$o .= '$q';"; } } my $shop = $d{shop}; my $word = $d{word}; my $r = eval $code . '$o'; if (!defined $r) { print "FAILED $@"; exit 3; } print $r;`,
	// A page rendered on the server as Vue does: {{ }} is JavaScript.
	"ssr.js": `const [src, json] = process.argv.slice(2); const d = JSON.parse(json); const esc = s => String(s).replace(/[&<>"']/g, c => '&#' + c.charCodeAt(0) + ';'); try { process.stdout.write(src.replace(/\{\{([\s\S]*?)\}\}/g, (_, x) => esc(new Function(...Object.keys(d), 'return (' + x + ')')(...Object.values(d))))); } catch (e) { process.stdout.write('FAILED ' + e.message); process.exit(3); }`,
	// An old template class of PHP's: {$name} and {expression}.
	"tpl.php": `<?php ini_set('display_errors', '0'); $d = json_decode($argv[2], true); try { echo preg_replace_callback('/\{(\$?[^{}\n]+)\}/', function ($m) use ($d) { extract($d); return htmlspecialchars((string)eval('return ' . $m[1] . ';')); }, $argv[1]); } catch (\Throwable $e) { echo 'FAILED ' . $e->getMessage(); exit(3); }`,
}

func runTemplate(bin, file string) func(context.Context, *trial.Build, string, string, map[string]string) (string, error) {
	return func(ctx context.Context, b *trial.Build, dir, source string, data map[string]string) (string, error) {
		j, err := json.Marshal(data)
		if err != nil {
			return "", err
		}
		out, err := b.Set.Run(ctx, dir, "", bin, file, source, string(j))
		if err == nil && out.Code != 0 {
			err = errors.New(out.Text)
		}
		return out.Text, err
	}
}

// percentTags leaves <% and %> as they are and escapes other signs of HTML.
func percentTags(v string) string {
	return strings.NewReplacer("&lt;%", "<%", "%&gt;", "%>").Replace(noQuotes(v))
}

var letters = []letter{
	{name: "mail-subject", about: "a subject is put into the mail's Twig-like text for a preview", path: "/admin/mail/preview", param: "subject", source: "<dl><dt>件名</dt><dd>[{{ shop }}] VALUE</dd></dl>", own: "{{ word }}", engine: jinja, sample: "ご注文ありがとうございます", places: append([]trial.Place{trial.JSON, trial.Base64}, mailForm...), exploit: "{{ 52300 + 16 }}", text: "] 52316<"},
	{name: "not-found", about: "the page for what is not found renders a template made with the path, as render_template_string does", path: "/pages", source: "<h1>404</h1><p>/VALUE は見つかりません。{{ shop }}</p>", own: "{{ word }}", engine: jinja, sample: "about", others: []string{"recruit"}, places: []trial.Place{trial.Path, trial.Path, trial.Query}, exploit: "{{ 52300 + 16 }}", text: "/52316 は", status: 404},
	{name: "attribute", about: "the name of an item's attribute stands inside {{ item.… }}", path: "/api/item/attr", param: "field", source: "<p>{{ item.VALUE }}</p>", engine: jinja, sample: "price", others: []string{"stock", "code"}, places: append([]trial.Place{trial.JSON, trial.Cookie}, webPlaces...), yes: "%v|add:0", no: "%v|add:7"},
	{name: "struts-message", about: "a message of validation is evaluated once more for %{…}", path: "/member/regist.action", param: "nickName", source: "<ul class=\"errorMessage\"><li><span>ニックネーム「VALUE」は使用できません（%{shop}）</span></li></ul>", own: "%{word}", engine: expressions(`%\{([^{}]*)\}`), sample: "midori", others: []string{"aoba"}, places: append([]trial.Place{trial.Header}, webPlaces...), exploit: "%{52300+16}", text: "「52316」"},
	{name: "freemarker", about: "a notice is made by a template of ${…} after angle brackets were taken out", path: "/shop/notice.do", param: "title", source: "<h3>${shop}</h3><p>VALUE についてのお知らせ</p>", own: "${word}", engine: expressions(`\$\{([^{}]*)\}`), sample: "送料", others: []string{"返品"}, places: append([]trial.Place{trial.Cookie, trial.XML, trial.List}, webPlaces...), before: func(v string) string { return strings.NewReplacer("<", "", ">", "").Replace(v) }, exploit: "${52300+16}", text: "<p>52316 に"},
	{name: "faces", about: "a field's value is an expression of JSF's kind, #{…}, when it comes back", path: "/faces/search.xhtml", param: "searchForm_word", source: `<input type="text" name="searchForm_word" value="VALUE"><span>#{shop}</span>`, own: "#{word}", engine: expressions(`#\{([^{}]*)\}`), sample: "towel", others: []string{"plate"}, places: webPlaces, before: e, exploit: "#{52300+16}", text: `value="52316"`},
	{name: "velocity", about: "a text for a mail with #set and $names", path: "/campaign/message.vm", param: "message", source: "<p>$shop より：VALUE</p>", own: "$word", engine: velocity, sample: "秋の感謝祭", places: append([]trial.Place{trial.JSON}, mailForm...), before: e, exploit: "#set($x = 52300 + 16)$x", text: "より：52316<"},
	{name: "mojo", about: "a page of Perl's whose source holds the word", path: "/app.psgi/search", param: "q", source: "<h2><%= $shop %></h2><p>VALUE の検索結果</p>", own: "<%= $word %>", engine: runTemplate("perl", "ep.pl"), needs: []string{"perl"}, sample: "glass", others: []string{"cup"}, places: append([]trial.Place{trial.Path, trial.JSON}, webPlaces...), before: percentTags, exploit: "<%= 52300 + 16 %>", text: "<p>52316 の"},
	{name: "server-side", about: "a page rendered on the server whose source holds the escaped word", path: "/s", param: "word", source: "<h2>{{ shop }}</h2><p>VALUE の検索結果</p>", own: "{{ word }}", engine: runTemplate("node", "ssr.js"), needs: []string{"node"}, sample: "bowl", others: []string{"knife"}, places: append([]trial.Place{trial.Cookie, trial.JSON, trial.CookieObj}, webPlaces...), before: e, exploit: "{{52300+16}}", text: "<p>52316 の"},
	{name: "old-php-class", about: "a template class of PHP's puts values into the source first and looks for {…} afterwards", path: "/cgi/form.php", param: "name", source: "<p>{$shop}</p><p>VALUE 様、ご入力ありがとうございます。</p>", own: "{$word}", engine: runTemplate("php", "tpl.php"), needs: []string{"php"}, sample: "山田花子", places: append([]trial.Place{trial.Query}, mailForm...), before: e, exploit: "{52300+16}", text: "<p>52316 様"},
	{name: "coupon-text", about: "Go's text/template made from a coupon's text", path: "/coupon/preview", param: "text", source: "<p>VALUE（{{ .shop }}）</p>", own: "{{ .word }}", engine: goText, sample: "500円引き", others: []string{"送料無料"}, places: append([]trial.Place{trial.JSON}, webPlaces...), before: func(v string) string { return strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(v) }, exploit: `{{ len "` + strings.Repeat("a", 113) + `" }}`, text: "<p>113（"},
}

var templateFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range letters {
		out = append(out, letters[i].family())
	}
	return append(out,
		trap("template-injection", "tpl-merge-fields", "the names of a mail's fields in braces are replaced by examples, everything else in braces stays", append([]trial.Place{trial.JSON}, mailForm...), nil, func(s *shop) (*trial.Handler, answer, error) {
			fields := strings.NewReplacer("{{name}}", "山田花子", "{{shop}}", "みどり園", "{{order_no}}", "10049", "${name}", "山田花子", "%name%", "山田花子")
			hd := s.named("/admin/mailmag/preview.php", "body", "{{name}} 様")
			hd.Type, hd.Button = "textarea", "プレビュー"
			return hd, func(_ context.Context, v string) (*trial.Answer, error) {
				return s.show("", "<pre>"+e(fields.Replace(v))+"</pre>"), nil
			}, nil
		}),
		trap("template-injection", "tpl-client-side", "a page whose browser-side framework has braces of its own; the value is marked as not to be compiled", webPlaces, nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/spa/search", "q", "towel", "plate"), func(_ context.Context, v string) (*trial.Answer, error) {
				return s.show("", `<div id="app" v-cloak>{{ 7 * 7 }} 件中 {{ items.length }} 件<span v-pre>`+e(v)+`</span></div><script>var preset = `+inScript(v)+`;</script>`), nil
			}, nil
		}),
		trap("template-injection", "tpl-brace-error", "braces are refused with a message like that of a template engine", append([]trial.Place{trial.Path, trial.Cookie}, webPlaces...), nil, func(s *shop) (*trial.Handler, answer, error) {
			return s.named("/items/search.do", "word", "towel", "knife"), func(_ context.Context, v string) (*trial.Answer, error) {
				if strings.ContainsAny(v, "{}<>$#%") {
					return trial.Status(500, "<h1>Template error</h1><pre>freemarker.core.ParseException: Syntax error in template \"search.ftl\" in line 12: Encountered \""+e(clip(v, 40))+"\"</pre>"), nil
				}
				return s.show("", "<p>「"+e(v)+"」の商品一覧</p>"), nil
			}, nil
		}))
}()

// closed makes braces of all kinds mean nothing.
var closed = strings.NewReplacer("{", "&#123;", "}", "&#125;", "<%", "&lt;%", "%>", "%&gt;", "$", "&#36;", "#", "&#35;", "%{", "%&#123;")

func (l *letter) family() *trial.Family {
	return &trial.Family{Name: "shop-tpl-" + l.name, Class: "template-injection", About: l.about, Accept: []string{"code-injection"}, Places: l.places, Needs: l.needs, Make: func(b *trial.Build) (*trial.Handler, error) {
		s := newShop(b)
		lure := b.Rand.IntN(3)
		dir := ""
		if l.needs != nil {
			var err error
			if dir, err = b.Dir(engineFiles); err != nil {
				return nil, err
			}
		}
		hd := s.named(l.path, l.param, l.sample, l.others...)
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			v := noZero(a.Value)
			data := map[string]string{"shop": "みどり園", "word": e(v)}
			source, after := l.source, func(out string) string { return out }
			switch {
			case b.Vulnerable:
				if l.before != nil {
					v = l.before(v)
				} else {
					v = noQuotes(v)
				}
				source = strings.ReplaceAll(source, "VALUE", v)
			case l.own == "": // one of the names that there are
				if v != l.sample && !strings.Contains(strings.Join(l.others, " "), v) {
					return s.decline(v), nil
				}
				source = strings.ReplaceAll(source, "VALUE", v)
			case lure == 0 && l.needs == nil && l.name != "not-found" && l.name != "mail-subject": // given to the template as a value
				source = strings.ReplaceAll(source, "VALUE", l.own)
			case lure == 1: // its signs are taken for what they are
				source = strings.ReplaceAll(source, "VALUE", closed.Replace(strings.NewReplacer("<", "＜", ">", "＞", "&", "＆").Replace(v)))
				if strings.Contains(source, "&#") {
					source = strings.ReplaceAll(l.source, "VALUE", "@@@")
					after = func(out string) string { return strings.ReplaceAll(out, "@@@", e(v)) }
				}
			default: // put in when everything else is done
				source = strings.ReplaceAll(l.source, "VALUE", "@@@")
				after = func(out string) string { return strings.ReplaceAll(out, "@@@", e(v)) }
			}
			out, err := l.engine(ctx, b, dir, source, data)
			if err != nil {
				return s.broken(err), nil
			}
			ans := s.show("", after(out))
			ans.Status = l.status
			return ans, nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if l.exploit == "" {
				return splits(ctx, send, l.sample, l.yes, l.no)
			}
			return proof.Shows(ctx, send, l.exploit, l.text)
		}
		return hd, nil
	}}
}
