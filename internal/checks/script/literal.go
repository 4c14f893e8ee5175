package script

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// nameOf writes the last words of a callee, joined by dots; what is computed is
// "()" or "[]". Long chains are cut: a script may have thousands of links.
func nameOf(e js.IExpr) string {
	var words []string
	for e != nil && len(words) < 5 {
		switch x := e.(type) {
		case *js.Var:
			words, e = append(words, string(x.Name())), nil
		case *js.LiteralExpr:
			words, e = append(words, string(x.Data)), nil
		case js.LiteralExpr:
			words, e = append(words, string(x.Data)), nil
		case *js.DotExpr:
			switch y := x.Y.(type) {
			case *js.LiteralExpr:
				words = append(words, string(y.Data))
			case js.LiteralExpr:
				words = append(words, string(y.Data))
			case *js.Var:
				words = append(words, string(y.Name()))
			}
			e = x.X
		case *js.IndexExpr:
			if l, ok := x.Y.(*js.LiteralExpr); ok && l.TokenType == js.StringToken {
				words = append(words, unquote(l.Data))
			} else {
				words = append(words, "[]")
			}
			e = x.X
		case *js.GroupExpr:
			e = x.X
		case *js.CallExpr, *js.NewExpr:
			words, e = append(words, "()"), nil
		default:
			e = nil
		}
	}
	slices.Reverse(words)
	return strings.Join(words, ".")
}

// unquote reads a JavaScript string literal.
func unquote(b []byte) string {
	if len(b) < 2 {
		return ""
	}
	s := string(b[1 : len(b)-1])
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		width := map[byte]int{'x': 2, 'u': 4}[s[i]]
		if width > 0 && i+width < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+1+width], 16, 32); err == nil {
				out.WriteRune(rune(n))
				i += width
				continue
			}
		}
		switch s[i] {
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}
