package page

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// eval computes what a constant expression says; unknown parts become holes.
// ok is false when nothing of it is known.
func (w *jsWalk) eval(e js.IExpr, depth int) (string, bool) {
	if depth > 24 {
		return "", false
	}
	switch n := e.(type) {
	case *js.LiteralExpr:
		switch n.TokenType {
		case js.StringToken:
			return unquote(n.Data), true
		case js.IntegerToken, js.DecimalToken:
			return string(n.Data), true
		}
	case *js.GroupExpr:
		return w.eval(n.X, depth+1)
	case *js.Var:
		s, ok := w.consts[root(n)]
		return s, ok
	case *js.TemplateExpr:
		if n.Tag != nil && nameOf(n.Tag) != "String.raw" {
			return "", false
		}
		var b strings.Builder
		for i, p := range n.List {
			b.WriteString(unescapeJS(templateText(p.Value, i == 0)))
			if s, ok := w.eval(p.Expr, depth+1); ok {
				b.WriteString(s)
			} else {
				b.WriteString(hole)
			}
			if b.Len() > 1<<16 {
				return "", false
			}
		}
		b.WriteString(unescapeJS(templateText(n.Tail, len(n.List) == 0)))
		s := b.String()
		return s, strings.Trim(s, "{}/") != "" || len(n.List) == 0
	case *js.BinaryExpr:
		if n.Op != js.AddToken {
			return "", false
		}
		var b strings.Builder
		known := false
		for _, p := range flattenSum(n) {
			if s, ok := w.eval(p, depth+1); ok {
				known = true
				b.WriteString(s)
			} else {
				b.WriteString(hole)
			}
			if b.Len() > 1<<16 {
				return "", false
			}
		}
		return b.String(), known
	case *js.DotExpr:
		return w.evalDot(n)
	case *js.CallExpr:
		return w.evalCall(n.X, n.Args.List, depth+1)
	}
	return "", false
}

func templateText(b []byte, first bool) string {
	s := string(b)
	s = strings.TrimSuffix(s, "${")
	s = strings.TrimSuffix(s, "`")
	if first {
		return strings.TrimPrefix(s, "`")
	}
	return strings.TrimPrefix(s, "}")
}

func (w *jsWalk) evalDot(n *js.DotExpr) (string, bool) {
	name := nameOf(n)
	if v, ok := n.X.(*js.Var); ok {
		if s, ok := w.fields[root(v)][last(name)]; ok {
			return s, true
		}
	}
	if w.base == nil || !strings.HasSuffix(before(name), "location") {
		return "", false
	}
	switch last(name) {
	case "origin":
		return w.base.Scheme + "://" + w.base.Host, true
	case "protocol":
		return w.base.Scheme + ":", true
	case "host":
		return w.base.Host, true
	case "hostname":
		return w.base.Hostname(), true
	case "pathname":
		return w.base.Path, true
	case "href":
		c := *w.base
		c.Fragment = ""
		return c.String(), true
	}
	return "", false
}

// evalCall computes the calls that scripts hide an address in.
func (w *jsWalk) evalCall(callee js.IExpr, args []js.Arg, depth int) (string, bool) {
	if depth > 24 {
		return "", false
	}
	dot, isDot := callee.(*js.DotExpr)
	name := last(nameOf(callee))
	first := func() (string, bool) {
		if len(args) == 0 {
			return "", false
		}
		return w.eval(args[0].Value, depth+1)
	}
	switch name {
	case "atob":
		if s, ok := first(); ok && len(s) < 1<<16 {
			if d, err := base64.StdEncoding.DecodeString(s); err == nil {
				return string(d), true
			}
			if d, err := base64.RawStdEncoding.DecodeString(s); err == nil {
				return string(d), true
			}
		}
	case "decodeURIComponent", "decodeURI", "unescape":
		if s, ok := first(); ok {
			if d, err := url.PathUnescape(s); err == nil {
				return d, true
			}
		}
	case "encodeURI", "String", "toString", "trim", "toLowerCase":
		if len(args) > 0 {
			return first()
		}
		if isDot {
			s, ok := w.eval(dot.X, depth+1)
			if name == "toLowerCase" {
				s = strings.ToLower(s)
			}
			return s, ok
		}
	case "parse":
		return first()
	case "concat":
		if !isDot {
			return "", false
		}
		s, ok := w.eval(dot.X, depth+1)
		for _, a := range args {
			if t, known := w.eval(a.Value, depth+1); known {
				s, ok = s+t, true
			} else {
				s += hole
			}
			if len(s) > 1<<16 {
				return "", false
			}
		}
		return s, ok && strings.Trim(s, "{}/") != ""
	case "join":
		if !isDot {
			return "", false
		}
		parts, ok := w.list(dot.X, depth+1)
		sep, known := first()
		if len(args) == 0 {
			sep, known = ",", true
		}
		if s := strings.Join(parts, sep); ok && known && len(s) < 1<<16 && strings.Trim(s, "{}/") != "" {
			return s, true
		}
	case "fromCharCode":
		var b strings.Builder
		for _, a := range args {
			s, ok := w.eval(a.Value, depth+1)
			v, err := strconv.ParseInt(s, 0, 32)
			if !ok || err != nil {
				return "", false
			}
			b.WriteRune(rune(v))
		}
		return b.String(), b.Len() > 0
	case "replace":
		if isDot && len(args) == 2 {
			s, ok := w.eval(dot.X, depth+1)
			from, ok1 := w.eval(args[0].Value, depth+1)
			to, ok2 := w.eval(args[1].Value, depth+1)
			if ok && ok1 && from != "" {
				if !ok2 {
					to = hole
				}
				return strings.Replace(s, from, to, 1), true
			}
		}
	}
	return "", false
}

// list evaluates an array, also "abc".split("") and [].reverse().
func (w *jsWalk) list(e js.IExpr, depth int) ([]string, bool) {
	if depth > 24 {
		return nil, false
	}
	switch n := e.(type) {
	case *js.GroupExpr:
		return w.list(n.X, depth+1)
	case *js.ArrayExpr:
		var out []string
		known := false
		for _, el := range n.List {
			s, ok := "", false
			if el.Value != nil && !el.Spread {
				s, ok = w.eval(el.Value, depth+1)
			}
			if !ok {
				s = hole
			}
			known = known || ok
			out = append(out, s)
			if len(out) > 2000 {
				return nil, false
			}
		}
		return out, known
	case *js.CallExpr:
		dot, ok := n.X.(*js.DotExpr)
		if !ok {
			return nil, false
		}
		switch last(nameOf(n.X)) {
		case "split":
			s, ok := w.eval(dot.X, depth+1)
			sep := ""
			if len(n.Args.List) > 0 {
				var known bool
				if sep, known = w.eval(n.Args.List[0].Value, depth+1); !known {
					return nil, false
				}
			}
			if !ok || len(s) > 4096 {
				return nil, false
			}
			return strings.Split(s, sep), true
		case "reverse":
			l, ok := w.list(dot.X, depth+1)
			r := make([]string, len(l))
			for i, s := range l {
				r[len(l)-1-i] = s
			}
			return r, ok
		}
	}
	return nil, false
}

func keyOf(n *js.PropertyName) string {
	d := n.Literal.Data
	if n.Literal.TokenType == js.StringToken {
		return unquote(d)
	}
	return string(d)
}

// unquote reads a string literal.
func unquote(b []byte) string {
	if len(b) < 2 {
		return ""
	}
	return unescapeJS(string(b[1 : len(b)-1]))
}

func unescapeJS(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'b', 'f', 'v', '0':
			b.WriteByte(' ')
		case '\n':
		case 'x':
			if i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				b.WriteRune(rune(unhex(s[i+1])<<4 | unhex(s[i+2])))
				i += 2
			}
		case 'u':
			j, end := i+1, i+5
			if j < len(s) && s[j] == '{' {
				if k := strings.IndexByte(s[j:], '}'); k > 0 {
					if v, err := strconv.ParseUint(s[j+1:j+k], 16, 32); err == nil {
						b.WriteRune(rune(v))
					}
					i = j + k
				}
				continue
			}
			if end <= len(s) {
				if v, err := strconv.ParseUint(s[j:end], 16, 32); err == nil {
					b.WriteRune(rune(v))
					i = end - 1
				}
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
