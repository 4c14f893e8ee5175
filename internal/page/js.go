package page

import (
	"net/url"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

const (
	maxScriptAST = 4 << 20 // larger scripts are scanned, not parsed
	maxJSDepth   = 3000
	maxJSLinks   = 5000
)

// ScriptLinks lists the addresses a script leads to: what it navigates to,
// asks for or registers, and string constants that look like routes. base is
// the address of the page that runs it. A script that does not parse is
// scanned for its strings instead.
func ScriptLinks(src []byte, base *url.URL) []*Link { return scriptLinks(src, base, false) }

func scriptLinks(src []byte, base *url.URL, inline bool) []*Link {
	src = src[:min(len(src), maxText)]
	w := &jsWalk{base: base, seen: map[linkKey]bool{}}
	w.read(src, inline)
	return w.out
}

// jsWalk visits the syntax tree of a script and keeps the addresses.
type jsWalk struct {
	base   *url.URL
	out    []*Link
	seen   map[linkKey]bool
	consts map[*js.Var]string
	fields map[*js.Var]map[string]string
	depth  int
	evals  int // nested eval() and HTML strings
}

func (w *jsWalk) read(src []byte, inline bool) {
	if len(src) <= maxScriptAST {
		// The parser needs a byte after the end; it writes one if there is room.
		ast, err := js.Parse(parse.NewInputBytes(append(make([]byte, 0, len(src)+1), src...)), js.Options{Inline: inline})
		if err == nil {
			w.consts, w.fields = map[*js.Var]string{}, map[*js.Var]map[string]string{}
			w.depth = 0
			js.Walk(constants{w}, ast)
			w.depth = 0
			js.Walk(w, ast)
			return
		}
	}
	w.scan(string(src))
}

// emit keeps raw. Sure says that it stands where an address is expected.
func (w *jsWalk) emit(raw, from, method string, sure bool) {
	if len(w.out) >= maxJSLinks {
		return
	}
	raw = strings.TrimSpace(raw)
	if sure && !looksLikePath(raw) && !plainName(raw) || !sure && !looksLikeRoute(raw) {
		return
	}
	l := newLink(w.base, raw, from)
	if l == nil {
		return
	}
	if method != "GET" {
		l.Method = method
	}
	k := linkKey{raw, "", l.Method}
	if w.seen[k] {
		return
	}
	w.seen[k] = true
	w.out = append(w.out, l)
}

// plainName allows "about" or "cart?x" where a script surely navigates.
func plainName(s string) bool {
	if s == "" || len(s) > 200 || strings.Trim(s, "{}") == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isAlnum(c) && !strings.ContainsRune("-_./?=&{}#%", rune(c)) {
			return false
		}
	}
	return s != "#" && !strings.HasPrefix(s, "#")
}

// constants notes variables that are set once, so that base + "/items" can be read.
type constants struct{ w *jsWalk }

// Enter implements js.IVisitor.
func (c constants) Enter(n js.INode) js.IVisitor {
	c.w.depth++
	if c.w.depth > maxJSDepth {
		c.w.depth--
		return nil
	}
	switch n := n.(type) {
	case *js.BinaryExpr:
		if n.Op == js.AddToken {
			c.w.depth--
			return nil // holds no declaration worth the walk down a long sum
		}
	case *js.BindingElement:
		v, ok := n.Binding.(*js.Var)
		if !ok || n.Default == nil {
			break
		}
		if o, ok := n.Default.(*js.ObjectExpr); ok {
			m := map[string]string{}
			for _, p := range o.List {
				if p.Name != nil && len(m) < 500 {
					if s, ok := c.w.eval(p.Value, 0); ok && s != "" {
						m[keyOf(p.Name)] = s
					}
				}
			}
			if len(m) > 0 {
				c.w.fields[root(v)] = m
			}
		} else if s, ok := c.w.eval(n.Default, 0); ok && s != "" && len(s) < 500 {
			if _, twice := c.w.consts[root(v)]; !twice {
				c.w.consts[root(v)] = s
			}
		}
	}
	return c
}

// Exit implements js.IVisitor.
func (c constants) Exit(js.INode) { c.w.depth-- }

func root(v *js.Var) *js.Var {
	for v.Link != nil {
		v = v.Link
	}
	return v
}

// Enter implements js.IVisitor.
func (w *jsWalk) Enter(n js.INode) js.IVisitor {
	w.depth++
	if w.depth > maxJSDepth || len(w.out) >= maxJSLinks {
		w.depth--
		return nil
	}
	switch n := n.(type) {
	case *js.LiteralExpr:
		if n.TokenType == js.StringToken {
			w.text(unquote(n.Data))
		}
	case *js.TemplateExpr:
		if n.Tag == nil {
			if s, ok := w.eval(n, 0); ok {
				w.text(s)
			}
		}
	case *js.BinaryExpr:
		switch n.Op {
		case js.AddToken:
			w.sum(n)
			w.depth--
			return nil
		case js.EqToken:
			w.assign(n)
		}
	case *js.CallExpr:
		w.call(n.X, n.Args.List)
	case *js.NewExpr:
		if n.Args != nil {
			w.construct(n.X, n.Args.List)
		}
	case *js.ObjectExpr:
		w.object(n)
	case *js.ImportStmt:
		w.emit(unquote(n.Module), "import", "", len(n.Module) > 3 && (n.Module[1] == '.' || n.Module[1] == '/'))
	case *js.ExportStmt:
		if n.Module != nil {
			w.emit(unquote(n.Module), "import", "", len(n.Module) > 3 && n.Module[1] == '.')
		}
	}
	return w
}

// Exit implements js.IVisitor.
func (w *jsWalk) Exit(js.INode) { w.depth-- }

// text handles a string constant whose use is not known.
func (w *jsWalk) text(s string) {
	if strings.IndexByte(s, '<') >= 0 && strings.IndexByte(s, '=') >= 0 {
		w.markup(s)
		return
	}
	w.emit(s, "script", "", false)
}

// sum reads a chain of additions once, from its top.
func (w *jsWalk) sum(n *js.BinaryExpr) {
	parts := flattenSum(n)
	var b strings.Builder
	known := false
	for _, p := range parts {
		if s, ok := w.eval(p, 1); ok {
			b.WriteString(s)
			known = true
		} else {
			b.WriteString(hole)
		}
		if b.Len() > 1<<16 {
			break
		}
	}
	if s := b.String(); known {
		w.text(s)
	}
	for _, p := range parts {
		if lit, ok := p.(*js.LiteralExpr); ok && lit.TokenType == js.StringToken {
			// "/item/" of "/item/" + id is the beginning of a pattern, not a place of its own.
			continue
		}
		js.Walk(w, p)
	}
}

func flattenSum(n *js.BinaryExpr) []js.IExpr {
	var rev []js.IExpr
	var e js.IExpr = n
	for {
		b, ok := e.(*js.BinaryExpr)
		if !ok || b.Op != js.AddToken || len(rev) > 100_000 {
			break
		}
		rev = append(rev, b.Y)
		e = b.X
	}
	rev = append(rev, e)
	for i, j := 0, len(rev)-1; i < j; i, j = i+1, j-1 {
		rev[i], rev[j] = rev[j], rev[i]
	}
	return rev
}

// nameOf writes the end of a.b.c as "a.b.c", at most four names, "" when it is no name.
func nameOf(e js.IExpr) string {
	var names []string
	for len(names) < 4 {
		switch x := e.(type) {
		case *js.Var:
			names = append(names, string(x.Name()))
			e = nil
		case *js.DotExpr:
			switch y := x.Y.(type) {
			case *js.LiteralExpr:
				names = append(names, string(y.Data))
			case js.LiteralExpr:
				names = append(names, string(y.Data))
			case *js.Var:
				names = append(names, string(y.Name()))
			}
			e = x.X
			continue
		case *js.IndexExpr:
			if lit, ok := x.Y.(*js.LiteralExpr); ok && lit.TokenType == js.StringToken {
				names = append(names, unquote(lit.Data))
			} else {
				names = append(names, "[]")
			}
			e = x.X
			continue
		case *js.GroupExpr:
			e = x.X
			continue
		case *js.CallExpr:
			names = append(names, "()")
			e = nil
		case *js.LiteralExpr:
			names = append(names, string(x.Data))
			e = nil
		}
		break
	}
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, ".")
}

func last(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func before(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return ""
}

// assign reads location = …, el.href = …, form.action = ….
func (w *jsWalk) assign(n *js.BinaryExpr) {
	name := nameOf(n.X)
	l, b := last(name), last(before(name))
	from := ""
	switch {
	case l == "location" || b == "location" && (l == "href" || l == "search" || l == "pathname"):
		from = "location"
	case l == "hash" && b == "location":
		from = "router"
	case l == "href" || l == "src" || l == "action" || l == "url" || l == "baseURL" || l == "formAction":
		from = "script"
	default:
		return
	}
	for _, v := range choices(n.Y) {
		s, ok := w.eval(v, 0)
		if !ok {
			continue
		}
		if l == "hash" {
			s = "#" + strings.TrimPrefix(s, "#")
			w.emit(s, from, "", false)
			continue
		}
		if l == "search" && !strings.HasPrefix(s, "?") {
			s = "?" + s
		}
		w.emit(s, from, "", true)
	}
}

// choices opens c ? a : b and a || b.
func choices(e js.IExpr) []js.IExpr {
	out := []js.IExpr{e}
	for i := 0; i < len(out) && len(out) < 32; i++ {
		switch x := out[i].(type) {
		case *js.CondExpr:
			out = append(out, x.X, x.Y)
		case *js.GroupExpr:
			out = append(out, x.X)
		case *js.BinaryExpr:
			if x.Op == js.OrToken || x.Op == js.NullishToken || x.Op == js.AndToken {
				out = append(out, x.X, x.Y)
			}
		}
	}
	return out
}
