package page

import (
	"net/url"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/net/html"
)

// CSSLinks lists what a style sheet loads: url() and @import. base is the
// address of the sheet itself.
func CSSLinks(src []byte, base *url.URL) []*Link {
	var out []*Link
	seen := map[string]bool{}
	lex := css.NewLexer(parse.NewInputBytes(src[:min(len(src), 8<<20)]))
	imp := false
	inURL := false
	for len(out) < maxLinks {
		tt, data := lex.Next()
		raw, from := "", "css"
		switch tt {
		case css.ErrorToken:
			return out
		case css.WhitespaceToken, css.CommentToken:
			continue
		case css.AtKeywordToken:
			imp = strings.EqualFold(string(data), "@import")
			continue
		case css.FunctionToken:
			f := strings.ToLower(string(data))
			inURL = f == "url(" || f == "image-set(" || f == "-webkit-image-set(" || f == "src("
			continue
		case css.RightParenthesisToken:
			inURL = false
		case css.URLToken:
			raw = cssUnescape(strings.Trim(strings.TrimSpace(trimURL(string(data))), `"'`))
		case css.StringToken:
			if imp || inURL {
				raw = cssUnescape(strings.Trim(string(data), `"'`))
			}
		case css.SemicolonToken:
			imp = false
		}
		if raw == "" {
			continue
		}
		if imp {
			from, imp = "css-import", false
		}
		if l := newLink(base, raw, from); l != nil && !seen[from+l.URL.String()] {
			seen[from+l.URL.String()] = true
			out = append(out, l)
		}
	}
	return out
}

func trimURL(s string) string {
	if len(s) > 4 {
		s = s[4:]
	}
	return strings.TrimSuffix(s, ")")
}

// cssUnescape resolves \XX escapes.
func cssUnescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		j, v := i+1, 0
		for j < len(s) && j < i+7 && isHex(s[j]) {
			v = v<<4 | int(unhex(s[j]))
			j++
		}
		if j == i+1 {
			b.WriteByte(s[j])
			i = j
			continue
		}
		b.WriteRune(rune(v))
		if j < len(s) && s[j] == ' ' {
			j++
		}
		i = j - 1
	}
	return b.String()
}

// css reads a style sheet or style attribute of the page itself.
func (c *collector) css(src string, n *html.Node) {
	for _, l := range CSSLinks([]byte(src), c.base) {
		kind := "image"
		switch e := ending(l.URL.Path); {
		case l.From == "css-import":
			kind = "style"
		case e == "woff" || e == "woff2" || e == "ttf" || e == "otf" || e == "eot":
			kind = "font"
		}
		c.resource(l.Raw, kind, n)
		if c.inside != "" && c.inside != "noscript" {
			l.From = c.inside
		}
		c.keep(l)
	}
}
