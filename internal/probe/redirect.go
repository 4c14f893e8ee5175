package probe

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"miseban/internal/page"
)

// Going is one way in which an answer sends a browser elsewhere by itself.
type Going struct {
	How  string // "location", "refresh", "meta", "script"
	Raw  string // as written
	Host string // where the browser would go, lower case; "" when it stays or goes nowhere
}

// Goings lists where a browser that gets the answer goes without anybody's
// doing: by the Location of a redirect, a Refresh header or meta element, or a
// statement of a script that always runs. A link that a visitor may click is none.
func Goings(pg *page.Page) []Going {
	var out []Going
	add := func(how, raw string) {
		if h, ok := BrowserHost(raw, pg.Ex.URL); ok {
			out = append(out, Going{how, raw, h})
		}
	}
	switch pg.Ex.Status {
	case 301, 302, 303, 307, 308:
		for _, l := range HeadLines(pg.Ex) {
			if strings.EqualFold(l.Name, "Location") {
				add("location", l.Value)
				return out // the body is not shown
			}
		}
	}
	for _, v := range pg.Ex.Header.Values("Refresh") {
		if to := refreshTo(v); to != "" {
			add("refresh", to)
		}
	}
	if !Renders(pg.Ex) || !pg.HTML() {
		return out
	}
	for n := range pg.Tree().Descendants() {
		if n.Type != html.ElementNode || inert(n) {
			continue
		}
		switch n.Data {
		case "meta":
			if strings.EqualFold(strings.TrimSpace(attrOf(n, "http-equiv")), "refresh") {
				if to := refreshTo(attrOf(n, "content")); to != "" {
					add("meta", to)
				}
			}
		case "script":
			if n.FirstChild != nil && runs(strings.ToLower(attrOf(n, "type"))) {
				for _, to := range scriptGoings(n.FirstChild.Data) {
					add("script", to)
				}
			}
		case "body":
			for _, to := range scriptGoings(attrOf(n, "onload")) {
				add("script", to)
			}
		}
	}
	return out
}

// inert says that n stands in what no browser builds.
func inert(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && (p.Data == "template" || p.Data == "noscript") {
			return true
		}
	}
	return false
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// refreshTo reads the address of "0; url=/next" (HTML, shared declarative refresh steps).
func refreshTo(v string) string {
	i := strings.IndexAny(v, ";,")
	if i < 0 {
		return ""
	}
	rest := strings.TrimLeft(v[i+1:], " \t\r\n\f")
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "url") {
		if r := strings.TrimLeft(rest[3:], " \t\r\n\f"); strings.HasPrefix(r, "=") {
			rest = strings.TrimLeft(r[1:], " \t\r\n\f")
		}
	}
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		q := rest[0]
		rest = rest[1:]
		if j := strings.IndexByte(rest, q); j >= 0 {
			rest = rest[:j]
		}
	}
	return strings.TrimRight(rest, " \t\r\n\f")
}

// BrowserHost reads an address as browsers do (WHATWG URL): backslashes are
// slashes, tabs and line breaks are not there, any number of slashes begins a
// host. It gives the host the browser would ask, "" when it stays where base
// is, and false when the address leads nowhere (another scheme, no valid host).
func BrowserHost(raw string, base *url.URL) (host string, ok bool) {
	s := strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	slash := func(i int) bool { return i < len(s) && (s[i] == '/' || s[i] == '\\') }
	if i := schemeEnd(s); i > 0 {
		scheme := strings.ToLower(s[:i])
		if scheme != "http" && scheme != "https" {
			return "", false
		}
		s = s[i+1:]
		if base != nil && strings.EqualFold(scheme, base.Scheme) && (!slash(0) || !slash(1)) {
			return "", true // the same scheme without a host is relative
		}
		return authority(strings.TrimLeft(s, `/\`))
	}
	if slash(0) && slash(1) {
		return authority(strings.TrimLeft(s, `/\`))
	}
	return "", true
}

// schemeEnd is the place of the colon after a scheme, 0 without one.
func schemeEnd(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

func authority(s string) (string, bool) {
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if !strings.HasPrefix(s, "[") {
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			if strings.Trim(s[i+1:], "0123456789") != "" {
				return "", false
			}
			s = s[:i]
		}
	} else if i := strings.IndexByte(s, ']'); i >= 0 {
		s = s[:i+1]
	}
	if h, err := url.PathUnescape(s); err == nil {
		s = h
	}
	s = strings.ToLower(strings.ReplaceAll(norm.NFKC.String(s), "。", "."))
	if s == "" || strings.ContainsAny(s, " #%/:<>?@\\^|\x00\t\n\r\x7f") && !strings.HasPrefix(s, "[") {
		return "", false
	}
	return strings.TrimSuffix(s, "."), true
}
