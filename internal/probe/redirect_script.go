package probe

import (
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// scriptGoings lists the addresses to which a script always sends the browser:
// location = …, location.href = …, location.replace(…), assign(…) in a
// statement that no condition guards – at the top, in a block, in a function
// called at once, by a timer or on load. What an if, a loop or another function
// decides is not certain and is left out.
func scriptGoings(src string) []string {
	if !strings.Contains(src, "location") || len(src) > maxProofScript || tooDeep(src) {
		return nil
	}
	ast, err := js.Parse(parse.NewInputBytes(append(make([]byte, 0, len(src)+1), src...)), js.Options{Inline: true})
	if err != nil {
		return nil
	}
	g := &goings{consts: map[string]string{}}
	g.block(ast.List, 0)
	return g.out
}

type goings struct {
	consts map[string]string
	out    []string
}

func (g *goings) block(list []js.IStmt, depth int) {
	if depth > 8 {
		return
	}
	for _, s := range list {
		switch s := s.(type) {
		case *js.BlockStmt:
			g.block(s.List, depth+1)
		case *js.VarDecl:
			for _, b := range s.List {
				if v, ok := b.Binding.(*js.Var); ok && b.Default != nil {
					if val, ok := g.text(b.Default); ok {
						g.consts[string(v.Name())] = val
					} else {
						delete(g.consts, string(v.Name()))
					}
				}
			}
		case *js.ExprStmt:
			g.expr(s.Value, depth)
		case *js.TryStmt:
			if s.Body != nil {
				g.block(s.Body.List, depth+1)
			}
		case *js.ReturnStmt, *js.ThrowStmt:
			return
		}
	}
}

func (g *goings) expr(e js.IExpr, depth int) {
	switch x := e.(type) {
	case *js.GroupExpr:
		g.expr(x.X, depth)
	case *js.UnaryExpr:
		g.expr(x.X, depth)
	case *js.CommaExpr:
		for _, y := range x.List {
			g.expr(y, depth)
		}
	case *js.BinaryExpr:
		if x.Op != js.EqToken {
			return
		}
		name := dotted(x.X)
		switch {
		case name == "location" || strings.HasSuffix(name, ".location") || name == "location.href" || strings.HasSuffix(name, ".location.href"):
			if v, ok := g.text(x.Y); ok {
				g.out = append(g.out, v)
			}
		case name == "onload" || name == "window.onload":
			g.function(x.Y, depth)
		default:
			if v, ok := x.X.(*js.Var); ok {
				if val, ok := g.text(x.Y); ok {
					g.consts[string(v.Name())] = val
				} else {
					delete(g.consts, string(v.Name()))
				}
			}
		}
	case *js.CallExpr:
		name := dotted(x.X)
		args := x.Args.List
		switch {
		case name == "":
			g.function(x.X, depth)
		case len(args) == 0:
		case strings.HasSuffix("."+name, ".location.replace") || strings.HasSuffix("."+name, ".location.assign"):
			if v, ok := g.text(args[0].Value); ok {
				g.out = append(g.out, v)
			}
		case name == "setTimeout" || name == "window.setTimeout":
			if code, ok := g.text(args[0].Value); ok {
				g.out = append(g.out, scriptGoings(code)...)
				return
			}
			g.function(args[0].Value, depth)
		case strings.HasSuffix(name, "addEventListener") && len(args) > 1:
			if ev, _ := g.text(args[0].Value); ev == "load" || ev == "DOMContentLoaded" {
				g.function(args[1].Value, depth)
			}
		}
	}
}

// function goes into a function that is surely called.
func (g *goings) function(e js.IExpr, depth int) {
	for {
		p, ok := e.(*js.GroupExpr)
		if !ok {
			break
		}
		e = p.X
	}
	switch f := e.(type) {
	case *js.FuncDecl:
		g.block(f.Body.List, depth+1)
	case *js.ArrowFunc:
		g.block(f.Body.List, depth+1)
	}
}

// text evaluates what is a constant string for sure.
func (g *goings) text(e js.IExpr) (string, bool) {
	switch x := e.(type) {
	case *js.LiteralExpr:
		if x.TokenType == js.StringToken {
			return unquoteJS(string(x.Data)), true
		}
	case *js.Var:
		v, ok := g.consts[string(x.Name())]
		return v, ok
	case *js.GroupExpr:
		return g.text(x.X)
	case *js.TemplateExpr:
		if x.Tag == nil && len(x.List) == 0 {
			return unquoteJS(string(x.Tail)), true
		}
	case *js.BinaryExpr:
		if x.Op == js.AddToken {
			a, ok := g.text(x.X)
			if !ok {
				return "", false
			}
			b, ok := g.text(x.Y)
			return a + b, ok
		}
	}
	return "", false
}

// dotted writes a.b.c, "" when it is no plain name.
func dotted(e js.IExpr) string {
	switch x := e.(type) {
	case *js.Var:
		return string(x.Name())
	case *js.DotExpr:
		left := dotted(x.X)
		if left == "" {
			return ""
		}
		switch y := x.Y.(type) {
		case *js.LiteralExpr:
			return left + "." + string(y.Data)
		case js.LiteralExpr:
			return left + "." + string(y.Data)
		case *js.Var:
			return left + "." + string(y.Name())
		}
	}
	return ""
}

// unquoteJS reads a string literal; what is no known escape stands for itself.
func unquoteJS(s string) string {
	if len(s) < 2 {
		return s
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'x', 'u':
			n := map[byte]int{'x': 2, 'u': 4}[c]
			if i+n < len(s) {
				v, ok := 0, true
				for _, h := range []byte(asciiLower(s[i+1 : i+1+n])) {
					if h >= '0' && h <= '9' || h >= 'a' && h <= 'f' {
						v = v*16 + int(nibble(h))
					} else {
						ok = false
					}
				}
				if ok {
					b.WriteRune(rune(v))
					i += n
					continue
				}
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
