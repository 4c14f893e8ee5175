package second

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/flosch/pongo2/v6"

	"miseban/bench/accuracy/proof"
	"miseban/bench/accuracy/trial"
)

// sheet is a template of a shop with the place into which the value gets.
type sheet struct {
	name, about string
	source      string // with VALUE
	run         func(ctx context.Context, b *trial.Build, dir, source string, data map[string]any) (string, error)
	before      func(string) string
	sample      string
	exploit     string
	shows       string
	yes, no     string // instead: like the sample, and otherwise
	needs       []string
	accept      []string
	grades      []trial.Grade
}

func pongo(_ context.Context, _ *trial.Build, _, source string, data map[string]any) (string, error) {
	t, err := pongo2.NewSet("held", &pongo2.LocalFilesystemLoader{}).FromString(source)
	if err != nil {
		return "", err
	}
	return t.Execute(pongo2.Context(data))
}

// nodeTemplates are two small engines of Node's: text with <%= %>, and template literals.
var nodeTemplates = map[string]string{
	"ejs.js":     `const [src, data] = process.argv.slice(2); const d = JSON.parse(data); let out = "let p='';with(obj){p+='" + src.replace(/[\r\t\n]/g, ' ').split('<%').join('\t').replace(/((^|%>)[^\t]*)'/g, '$1\r').replace(/\t=(.*?)%>/g, "',$1,'").split('\t').join("';").split('%>').join("p+='").split('\r').join("\\'") + "';}return p;"; out = out.replace(/p\+='((?:[^'\\]|\\.)*)'((?:,[^;]*?,'(?:[^'\\]|\\.)*')+)/g, (m, a, r) => "p+=['" + a + "'" + r + "].join('')"); try { process.stdout.write(new Function('obj', out)(d)); } catch (e) { process.stdout.write('ERR ' + e.name); process.exit(1); }`,
	"literal.js": "const [src, data] = process.argv.slice(2); const d = JSON.parse(data); try { process.stdout.write(String(new Function(...Object.keys(d), 'return `' + src.replace(/`/g, '') + '`')(...Object.values(d)))); } catch (e) { process.stdout.write('ERR ' + e.name); process.exit(1); }",
	"smarty.php": `<?php [$x, $src, $data] = $argv; $d = json_decode($data, true); extract($d); try { echo preg_replace_callback('/\{([^{}\s][^{}]*)\}/', function ($m) use ($d) { extract($d); return eval('return ' . $m[1] . ';'); }, $src); } catch (\Throwable $e) { echo 'ERR Smarty: ' . $e->getMessage(); exit(1); }`,
	"blade.php":  `<?php [$x, $src, $data] = $argv; $d = json_decode($data, true); extract($d); $php = preg_replace('/\{\{\s*(.+?)\s*\}\}/s', '<?php echo htmlspecialchars((string)($1)); ?>', $src); try { eval('?>' . $php); } catch (\Throwable $e) { echo 'ERR Blade'; exit(1); }`,
	"mt.pl":      `my ($src, $name) = @ARGV; no strict; $src =~ s{\[%\s*(.+?)\s*%\]}{ my $r = eval $1; defined $r ? $r : 'ERR' }ge; print $src;`,
}

func program(bin, file string) func(context.Context, *trial.Build, string, string, map[string]any) (string, error) {
	return func(ctx context.Context, b *trial.Build, dir, source string, data map[string]any) (string, error) {
		j, err := json.Marshal(data)
		if err != nil {
			return "", err
		}
		out, err := b.Set.Run(ctx, dir, "", bin, file, strings.ReplaceAll(source, "\x00", ""), string(j))
		if err == nil && (out.Code != 0 || strings.Contains(out.Text, "Parse error")) {
			err = errors.New("template: " + out.Text)
		}
		return out.Text, err
	}
}

// goTemplate is Go's own, with functions as shops add them.
func goTemplate(_ context.Context, _ *trial.Build, _, source string, data map[string]any) (string, error) {
	t, err := template.New("x").Funcs(template.FuncMap{"mul": func(a, b int) int { return a * b }, "upper": strings.ToUpper}).Parse(source)
	if err != nil {
		return "", err
	}
	var w strings.Builder
	err = t.Execute(&w, data)
	return w.String(), err
}

// dollar is an expression language of Java's kind: ${…} and #{…} with sums, texts and names.
func dollar(_ context.Context, _ *trial.Build, _, source string, data map[string]any) (string, error) {
	var bad error
	out := dollarExpr.ReplaceAllStringFunc(source, func(m string) string {
		v, err := elValue(m[2:len(m)-1], data)
		if err != nil {
			bad = err
		}
		return v
	})
	return out, bad
}

var dollarExpr = regexp.MustCompile(`[$#*]\{[^{}]*\}`)

// elValue evaluates sums by the bench's small JavaScript, and names of the page.
func elValue(expr string, data map[string]any) (string, error) {
	expr = strings.TrimSpace(expr)
	if v, ok := data[expr]; ok {
		return fmt.Sprint(v), nil
	}
	p := &elParser{toks: elToken.FindAllString(expr, -1)}
	if strings.Join(p.toks, "") != strings.ReplaceAll(expr, " ", "") || len(p.toks) == 0 {
		return "", errors.New("org.springframework.expression.spel.SpelParseException: EL1041E: " + expr)
	}
	v, err := p.sum()
	if err == nil && p.at < len(p.toks) {
		err = errors.New("EL1041E: After parsing a valid expression, there is still more data")
	}
	return v, err
}

var elToken = regexp.MustCompile(`\d+|'[^']*'|"[^"]*"|[-+*/%()]`)

type elParser struct {
	toks []string
	at   int
}

func (p *elParser) is(ops string) bool {
	return p.at < len(p.toks) && len(p.toks[p.at]) == 1 && strings.Contains(ops, p.toks[p.at])
}

func (p *elParser) sum() (string, error) {
	v, err := p.product()
	for err == nil && p.is("+-") {
		op := p.toks[p.at]
		p.at++
		var w string
		if w, err = p.product(); err == nil {
			v, err = elSum(op, v, w)
		}
	}
	return v, err
}

func (p *elParser) product() (string, error) {
	v, err := p.unit()
	for err == nil && p.is("*/%") {
		op := p.toks[p.at]
		p.at++
		var w string
		if w, err = p.unit(); err == nil {
			v, err = elSum(op, v, w)
		}
	}
	return v, err
}

func (p *elParser) unit() (string, error) {
	if p.at >= len(p.toks) {
		return "", errors.New("EL: unexpected end")
	}
	t := p.toks[p.at]
	p.at++
	switch {
	case t == "(":
		v, err := p.sum()
		if err == nil && !p.is(")") {
			err = errors.New("EL: ) expected")
		}
		p.at++
		return v, err
	case t == "-":
		v, err := p.unit()
		return "-" + v, err
	case t[0] == '\'' || t[0] == '"':
		return t[1 : len(t)-1], nil
	case t[0] >= '0' && t[0] <= '9':
		return t, nil
	}
	return "", errors.New("EL: unexpected " + t)
}

func elSum(op, a, b string) (string, error) {
	x, err1 := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil {
		if op == "+" {
			return a + b, nil
		}
		return "", errors.New("EL1030E: The operator is not supported between objects of type String")
	}
	switch op {
	case "+":
		x += y
	case "-":
		x -= y
	case "*":
		x *= y
	default:
		if y == 0 {
			return "", errors.New("/ by zero")
		}
		if op == "/" {
			x /= y
		} else {
			x %= y
		}
	}
	return strconv.Itoa(x), nil
}

var pairs = regexp.MustCompile(`\{\{|\}\}`)

var sheets = []sheet{
	{name: "greeting", about: "a name is put into a Jinja-like template before it is rendered", source: "<p>VALUE 様、いつもありがとうございます。</p><p>{{ shop }}</p>", run: pongo, exploit: "{{ 271*41 }}", shows: "<p>11111 様"},
	{name: "inside-expression", about: "between quotes inside a Jinja-like expression", source: `<p>{{ "VALUE"|upper }}</p>`, run: pongo, before: func(s string) string { return pairs.ReplaceAllString(s, "") }, yes: `%v"|lower|add:"`, no: `%v"|lower|add:"zz`},
	{name: "condition", about: "a word in the condition of {% if %}", source: `<ul>{% if kind == "VALUE" %}<li>{{ shop }}</li>{% else %}<li>なし</li>{% endif %}</ul>`, run: pongo, sample: "cloth", yes: `%v" and "e" == "e`, no: `%v" and "e" == "f`},
	{name: "go", about: "Go's html/template made from the value", source: "<p>検索語：VALUE</p><p>{{ .shop }}</p>", run: goTemplate, exploit: `{{ mul 271 41 }}`, shows: "検索語：11111"},
	{name: "el", about: "an expression language of Java's kind in a message", source: "<p>VALUE は必須です（${shop}）</p>", run: dollar, exploit: "${271*41}", shows: "<p>11111 は"},
	{name: "el-preprocessed", about: "Thymeleaf-like: the value is part of an expression", source: "<p>合計 ${120 * VALUE} 円</p>", run: dollar, sample: "3", exploit: "1+(271*41)-1*120", shows: "11111"},
	{name: "ejs", about: "an EJS-like page is made from the value", source: "<p><%= shop %> からのお知らせ：VALUE</p>", run: program("node", "ejs.js"), exploit: "<%= 271*41 %>", shows: "：11111", needs: []string{"node"}, accept: []string{"code-injection", "xss-reflected"}},
	{name: "literal", about: "a letter is made with a template literal", source: "<p>VALUE 様</p><p>${shop}</p>", run: program("node", "literal.js"), exploit: "${271*41}", shows: "<p>11111 様", needs: []string{"node"}, accept: []string{"code-injection"}},
	{name: "smarty", about: "a Smarty-like page is made from the value", source: "<p>{$shop} より VALUE 様へ</p>", run: program("php", "smarty.php"), exploit: "{271*41}", shows: "より 11111 様", needs: []string{"php"}, accept: []string{"code-injection"}},
	{name: "blade", about: "a Blade-like page is made from the value", source: "<p>VALUE のご案内</p><p>{{ $shop }}</p>", run: program("php", "blade.php"), exploit: "{{ 271*41 }}", shows: "<p>11111 のご案内", needs: []string{"php"}, accept: []string{"code-injection"}},
	{name: "perl-toolkit", about: "[% %] of a Perl template made from the value", source: "<p>VALUE 様の注文</p>", run: program("perl", "mt.pl"), exploit: "[% 271*41 %]", shows: "<p>11111 様", needs: []string{"perl"}, accept: []string{"code-injection"}},
}

var neutral = strings.NewReplacer("{", "｛", "}", "｝", "<%", "＜％", "%>", "％＞", "[%", "［％", "%]", "％］", "$", "＄", "#", "＃")

var renderFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range sheets {
		out = append(out, sheetFamily(&sheets[i]))
	}
	return append(out, renderSum)
}()

func sheetFamily(s *sheet) *trial.Family {
	return &trial.Family{Name: "held-tpl-" + s.name, Class: "template-injection", About: s.about, Accept: s.accept, Places: trial.Everywhere, Needs: s.needs, Grades: s.grades, Make: func(b *trial.Build) (*trial.Handler, error) {
		r := range_(b)
		dir := ""
		if s.needs != nil {
			var err error
			if dir, err = b.Dir(nodeTemplates); err != nil {
				return nil, err
			}
		}
		style, lure := b.Rand.IntN(4), b.Rand.IntN(4)
		hd := &trial.Handler{Sample: s.sample}
		if hd.Sample == "" {
			hd.Sample, hd.Others = r[0].Name, []string{r[1].Name}
		}
		// A mark that no visitor sends stands for the value in the twin's page.
		const mark = "zzMARKzz"
		hd.Answer = func(ctx context.Context, a *trial.Ask) (*trial.Answer, error) {
			data := map[string]any{"shop": r[2].Name, "kind": "cloth"}
			v := h(a.Value)
			if b.Vulnerable {
				v = a.Value
				if s.before != nil {
					v = s.before(v)
				}
				v = strings.NewReplacer("<b", "&lt;b", "</", "&lt;/", "<s", "&lt;s", "<i", "&lt;i").Replace(v)
				if !strings.Contains(s.source, "<%") {
					v = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(v)
				}
			}
			source, put := strings.ReplaceAll(s.source, "VALUE", v), ""
			if !b.Vulnerable {
				put = v
				switch {
				case lure == 1 && strings.ContainsAny(a.Value, "{}$<%[#"):
					return mishap(style, errors.New("TemplateSyntaxError: unexpected token in the search word")), nil
				case lure == 2:
					put = neutral.Replace(v)
				}
				source = strings.ReplaceAll(s.source, "VALUE", mark)
				switch s.name {
				case "condition", "inside-expression":
					source = strings.ReplaceAll(strings.ReplaceAll(s.source, `"VALUE"`, "value"), mark, "")
					data["value"] = a.Value
				case "el-preprocessed":
					source = "<p>合計 " + strconv.Itoa(120*max(0, leadingInt(a.Value))) + " 円</p>"
				}
			}
			text, err := s.run(ctx, b, dir, source, data)
			if err != nil {
				return mishap(style, errors.New(firstLine(err.Error()))), nil
			}
			return trial.Text("<h2>お便り</h2>" + strings.ReplaceAll(text, mark, put)), nil
		}
		hd.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			if s.yes != "" {
				with := func(t string) string { return strings.ReplaceAll(t, "%v", hd.Sample) }
				return differs(ctx, send, with(s.yes), with(s.no))
			}
			return proof.Shows(ctx, send, s.exploit, s.shows)
		}
		return hd, nil
	}}
}

func firstLine(s string) string { s, _, _ = strings.Cut(s, "\n"); return s }

// differs says whether two values of one length are answered differently
// without either being told back or refused.
func differs(ctx context.Context, send trial.Send, yes, no string) (bool, error) {
	a, err := send(ctx, yes)
	if err != nil {
		return false, err
	}
	b, err := send(ctx, no)
	if err != nil {
		return false, err
	}
	for _, x := range []*trial.Seen{a, b} {
		if x.Status >= 400 || strings.Contains(x.Body, "&quot;") || strings.Contains(x.Body, "&#34;") {
			return false, nil
		}
	}
	return core(a.Body) != core(b.Body), nil
}

// renderSum is a field that does sums by its nature, and drops every sign that no sum has.
var renderSum = &trial.Family{Name: "held-tpl-quantity", Class: "template-injection", About: "a field for quantities does sums and drops braces and other signs", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	price := 100 + 10*b.Rand.IntN(40)
	hd := &trial.Handler{Sample: "3", Others: []string{"2*6", "10-4"}, Param: b.Pick("qty", "quantity", "num")}
	hd.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		n, ok := reckon(notInSum.ReplaceAllString(a.Value, ""))
		if !ok {
			return trial.Text("<h2>数量</h2><p>「" + h(a.Value) + "」は数量として正しくありません。</p>"), nil
		}
		return trial.Text(fmt.Sprintf("<h2>お見積り</h2><p>数量 %d 個、合計 %d 円</p>", n, n*price)), nil
	}
	return hd, nil
}}

var notInSum = regexp.MustCompile(`[^\d*+-]`)
