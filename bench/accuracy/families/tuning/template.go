package tuning

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	ttemplate "text/template"

	"github.com/flosch/pongo2/v6"

	"miseban/bench/accuracy/trial"
)

// pongo keeps templates of cases from reading files.
var pongo = pongo2.NewSet("accuracy", nothingLoader{})

// tongue is a template language into whose source a value gets.
type tongue struct {
	name, about string
	render      func(source string, data map[string]any) (string, error)
	source      string // with %s for the value
	safe        string // the same with the value as data
	exploit     string // 41307 comes out
	clean       func(string) string
}

var tongues = []tongue{
	{name: "pongo2", about: "the greeting is made by a Jinja-like template with the name in its source", render: byPongo, source: "こんにちは、%s さま", safe: "こんにちは、{{ v }} さま", exploit: "{{ 590*70 + 7 }}", clean: same},
	{name: "pongo2-statement", about: "the value stands inside an expression of a Jinja-like template", render: byPongo, source: "{{ \"%s\" }} の商品", safe: "{{ v }} の商品", exploit: `" }}{{ 590*70 + 7 }}{{ "`, clean: same},
	{name: "pongo2-block", about: "double braces are taken out, {% is not", render: byPongo, source: "こんにちは、%s さま", safe: "こんにちは、{{ v }} さま", exploit: "{% if 590*70 > 41299 %}41307{% endif %}", clean: strings.NewReplacer("{{", "", "}}", "").Replace},
	{name: "go", about: "the name gets into the source of a Go text/template", render: byGo, source: "こんにちは、%s さま", safe: "こんにちは、{{.v}} さま", exploit: `{{printf "%d%02d" 413 7}}`, clean: same},
	{name: "expression", about: "${…} in a text is reckoned", render: byExpression("${", "}"), source: "%s のご案内", safe: "", exploit: "${590*70+7}", clean: same},
	{name: "hash", about: "#{…} in a text is reckoned", render: byExpression("#{", "}"), source: "%s のご案内", safe: "", exploit: "#{590*70+7}", clean: same},
	{name: "erb", about: "<%= … %> in a text is reckoned", render: byExpression("<%=", "%>"), source: "%s のご案内", safe: "", exploit: "<%= 590*70+7 %>", clean: same},
	{name: "smarty", about: "{…} in a text is reckoned", render: byExpression("{", "}"), source: "%s のご案内", safe: "", exploit: "{590*70+7}", clean: same},
	{name: "double-bracket", about: "[[…]] in a text is reckoned", render: byExpression("[[", "]]"), source: "%s のご案内", safe: "", exploit: "[[590*70+7]]", clean: same},
}

// nothingLoader finds no template besides the one given.
type nothingLoader struct{}

// Abs implements pongo2.TemplateLoader.
func (nothingLoader) Abs(_, name string) string { return name }

// Get implements pongo2.TemplateLoader.
func (nothingLoader) Get(string) (io.Reader, error) { return nil, fs.ErrNotExist }

var templateFamilies = func() []*trial.Family {
	var out []*trial.Family
	for i := range tongues {
		for _, quiet := range []bool{false, true} {
			out = append(out, templateFamily(&tongues[i], quiet))
		}
	}
	return append(out, braces)
}()

func byPongo(source string, data map[string]any) (out string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("template: %v", r)
		}
	}()
	t, err := pongo.FromString(source)
	if err != nil {
		return "", err
	}
	return t.Execute(data)
}

func byGo(source string, data map[string]any) (string, error) {
	t, err := ttemplate.New("").Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, data)
	return b.String(), err
}

// byExpression is a small language of sums, products and texts between two signs.
func byExpression(open, end string) func(string, map[string]any) (string, error) {
	return func(source string, _ map[string]any) (string, error) {
		var b strings.Builder
		for {
			before, rest, ok := strings.Cut(source, open)
			b.WriteString(before)
			if !ok {
				return b.String(), nil
			}
			inner, after, ok := strings.Cut(rest, end)
			if !ok {
				return "", fmt.Errorf("%q is not closed", open)
			}
			v, err := reckon(inner)
			if err != nil {
				return "", err
			}
			b.WriteString(v)
			source = after
		}
	}
}

var tokenRE = regexp.MustCompile(`^\s*(\d+|[-+*/%()]|'[^']*'|"[^"]*"|[A-Za-z_]\w*)`)

// reckon evaluates an expression; texts are joined by +, names are empty.
func reckon(s string) (string, error) {
	var toks []string
	for strings.TrimSpace(s) != "" {
		m := tokenRE.FindStringSubmatch(s)
		if m == nil {
			return "", fmt.Errorf("unexpected %q", strings.TrimSpace(s)[:1])
		}
		toks = append(toks, m[1])
		s = s[len(m[0]):]
	}
	p := &reckoning{toks: toks}
	v, err := p.sum()
	if err == nil && p.at < len(toks) {
		err = fmt.Errorf("unexpected %q", toks[p.at])
	}
	return v, err
}

type reckoning struct {
	toks  []string
	at    int
	depth int
}

func (p *reckoning) next() string {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return ""
}

func (p *reckoning) sum() (string, error) {
	v, err := p.product()
	for err == nil && (p.next() == "+" || p.next() == "-") {
		op := p.next()
		p.at++
		var w string
		if w, err = p.product(); err == nil {
			v, err = apply(op, v, w)
		}
	}
	return v, err
}

func (p *reckoning) product() (string, error) {
	v, err := p.atom()
	for err == nil && (p.next() == "*" || p.next() == "/" || p.next() == "%") {
		op := p.next()
		p.at++
		var w string
		if w, err = p.atom(); err == nil {
			v, err = apply(op, v, w)
		}
	}
	return v, err
}

func (p *reckoning) atom() (string, error) {
	t := p.next()
	p.at++
	switch {
	case t == "":
		return "", fmt.Errorf("unexpected end")
	case t == "(":
		if p.depth++; p.depth > 50 {
			return "", fmt.Errorf("too deep")
		}
		v, err := p.sum()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("missing )")
		}
		p.at++
		return v, err
	case t[0] == '\'' || t[0] == '"':
		return t[1 : len(t)-1], nil
	case t[0] >= '0' && t[0] <= '9':
		return t, nil
	case t == "-":
		v, err := p.atom()
		if err != nil {
			return "", err
		}
		return apply("-", "0", v)
	case strings.ContainsAny(t, "+*/%)"):
		return "", fmt.Errorf("unexpected %q", t)
	}
	return "", nil // a name without a value
}

func apply(op, a, b string) (string, error) {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX != nil || errY != nil {
		if op == "+" {
			return a + b, nil
		}
		return "", fmt.Errorf("cannot reckon with %q", a+op+b)
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
			return "", fmt.Errorf("division by zero")
		}
		if op == "/" {
			x /= y
		} else {
			x %= y
		}
	}
	return strconv.FormatInt(x, 10), nil
}

// templateFamily renders a text with the value in its source. quiet members
// show nothing when the source is broken.
func templateFamily(t *tongue, quiet bool) *trial.Family {
	f := &trial.Family{Name: "template-" + t.name, Class: "template-injection", About: t.about, Accept: []string{"code-injection"}, Places: trial.Everywhere}
	if quiet {
		f.Name += "-quiet"
		f.About += "; a broken source shows nothing"
	}
	f.Make = func(b *trial.Build) (*trial.Handler, error) {
		c := catalogue(b.Rand)
		lure := b.Rand.IntN(5)
		h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name, c[3].Name}}
		h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
			var out string
			var err error
			v := t.clean(a.Value)
			switch {
			case b.Vulnerable:
				out, err = t.render(strings.Replace(t.source, "%s", v, 1), map[string]any{"v": ""})
			case lure == 1: // refuses what could be a template, with words of one
				if strings.ContainsAny(v, "{}<>%$#[]") {
					return trial.Status(500, "<h1>エラー</h1><p>TemplateSyntaxError: 使用できない文字が含まれています。</p>"), nil
				}
				out = v
			case lure == 2: // a text with places of its own: {name} is filled in
				out = strings.NewReplacer("{name}", "お客様", "{shop}", "当店").Replace(v)
			case lure == 3: // braces are taken out, what is inside stays
				out = without("{}$#%<>[]=")(v)
			case t.safe != "":
				out, err = t.render(t.safe, map[string]any{"v": v})
				out = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "&quot;", `"`, "&#39;", "'").Replace(out)
			default:
				out = v
			}
			if err != nil {
				if quiet {
					return trial.Text("<h1>ご案内</h1>"), nil
				}
				return trial.Status(500, "<h1>エラー</h1><pre>"+esc(err.Error())+"</pre>"), nil
			}
			return trial.Text("<h1>ご案内</h1><p>" + esc(out) + "</p>"), nil
		}
		h.Exploit = func(ctx context.Context, send trial.Send) (bool, error) {
			seen, err := send(ctx, h.Sample+t.exploit)
			if err != nil {
				return false, err
			}
			// The source itself holds the digits in one case: it must be gone.
			return strings.Contains(seen.Body, "41307") && !strings.Contains(seen.Body, "endif"), nil
		}
		return h, nil
	}
	return f
}

// braces is a page whose own script makes pages of braces in the browser: the server gives them back as they came.
var braces = &trial.Family{Name: "template-braces", Class: "template-injection", About: "the value comes back with its braces, and 49 stands in every page", SafeOnly: true, Places: trial.Everywhere, Make: func(b *trial.Build) (*trial.Handler, error) {
	c := catalogue(b.Rand)
	h := &trial.Handler{Sample: c[0].Name, Others: []string{c[1].Name, c[2].Name}}
	h.Answer = func(_ context.Context, a *trial.Ask) (*trial.Answer, error) {
		return trial.Text("<h1>" + esc(a.Value) + "</h1><p>49 円から。7777777 人が選びました。</p><p>番号 " + strconv.Itoa(len(a.Value)) + "</p>"), nil
	}
	return h, nil
}}
