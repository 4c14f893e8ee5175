package page

import (
	"net/url"
	"strings"
)

// hole stands for a part of an address that only a running script knows.
const hole = "{}"

// pageEnds are endings of files that a visitor or a script asks for.
var pageEnds = map[string]bool{
	"php": true, "html": true, "htm": true, "cgi": true, "pl": true, "asp": true, "aspx": true, "jsp": true, "do": true, "action": true, "json": true,
	"xml": true, "xhtml": true, "shtml": true, "phtml": true, "ashx": true, "asmx": true, "cfm": true, "php3": true, "php5": true, "jspx": true,
	"txt": true, "csv": true, "pdf": true, "rss": true, "atom": true, "webmanifest": true, "yaml": true, "yml": true, "svc": true, "mjs": true,
}

// looksLikeRoute says that a string, seen without any context, is an address:
// strict, because scripts are full of strings that only resemble one.
func looksLikeRoute(s string) bool {
	if len(s) < 2 || len(s) > 2048 || hasJunk(s) {
		return false
	}
	switch {
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"), strings.HasPrefix(s, "HTTP://"), strings.HasPrefix(s, "HTTPS://"):
		return plausibleHost(s[strings.Index(s, "//")+2:])
	case strings.HasPrefix(s, "wss://"), strings.HasPrefix(s, "ws://"):
		return plausibleHost(s[strings.Index(s, "//")+2:])
	case strings.HasPrefix(s, "//"):
		return strings.Contains(s[2:], ".") && plausibleHost(s[2:])
	case s[0] == '/':
		c := s[1]
		if !(isAlnum(c) || c == '_' || c == '~' || c == '.' || c == '@' || c == '{' || c == '%' || c == '?' || c == '#' || c >= 0x80) {
			return false
		}
		return s != "/{}" && s != "/{}/" && !looksLikeRegexp(s) && strings.Trim(s, "/{}.-_") != ""
	case strings.HasPrefix(s, "#/"), strings.HasPrefix(s, "#!/"):
		return len(s) > 3
	case strings.HasPrefix(s, "?"):
		return strings.Contains(s, "=") && len(s) > 3 && (isAlnum(s[1]) || s[1] == '_')
	case strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"):
		p, q, _ := strings.Cut(s, "?")
		return q != "" || pageEnds[ending(p)]
	}
	if !isAlnum(s[0]) && s[0] != '{' {
		return false
	}
	p, q, hasQ := strings.Cut(s, "?")
	p, _, _ = strings.Cut(p, "#")
	e := ending(p)
	if !pageEnds[e] {
		return hasQ && strings.Contains(q, "=") && strings.Contains(p, "/") && !strings.Contains(p, ":")
	}
	if isMIME(p) || strings.ContainsAny(p, ":=,;") {
		return false
	}
	// "response.json" and "document.do" are properties, "data/list.json" is a file.
	if !strings.Contains(p, "/") && (e == "do" || e == "action" || e == "pl" || e == "json" || e == "xml" || e == "txt" || e == "svc") {
		return hasQ || e == "json" && len(p) > 9 || e == "do" && len(p) > 5 || e == "xml" && len(p) > 7
	}
	return true
}

// looksLikePath is the lenient form, for places where an address is expected.
func looksLikePath(s string) bool {
	s = strings.TrimSpace(s)
	if looksLikeRoute(s) {
		return true
	}
	if s == "/" || s == "./" || s == ".." || s == "../" {
		return true
	}
	if len(s) < 2 || len(s) > 2048 || hasJunk(s) || isMIME(s) || strings.Trim(s, "{}/.") == "" {
		return false
	}
	if strings.HasPrefix(s, "#") || strings.Contains(s, ":") || s[0] == '.' && !strings.HasPrefix(s, "./") && !strings.HasPrefix(s, "../") {
		return false
	}
	return strings.Contains(s, "/") || strings.ContainsAny(s, "?") && strings.Contains(s, "=") || pageEnds[ending(s)]
}

func hasJunk(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ', c == '<', c == '>', c == '"', c == '\\', c == '^', c == '`', c == '|', c == '*', c == '(' && !strings.Contains(s, "/("), c == 0x7f:
			return true
		}
	}
	return strings.Contains(s, "\u3000") || strings.Contains(s, "\ufffd")
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func ending(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		p = p[i+1:]
	}
	i := strings.LastIndexByte(p, '.')
	if i < 1 || len(p)-i > 12 {
		return ""
	}
	for j := i + 1; j < len(p); j++ {
		if !isAlnum(p[j]) {
			return ""
		}
	}
	return strings.ToLower(p[i+1:])
}

func looksLikeRegexp(s string) bool {
	return strings.HasSuffix(s, "/g") || strings.HasSuffix(s, "/i") || strings.HasSuffix(s, "/gi") || strings.Contains(s, "[") || strings.Contains(s, "$)")
}

// plausibleHost refuses names that stand for a vocabulary instead of a place.
func plausibleHost(s string) bool {
	h := s
	if i := strings.IndexAny(h, "/?#"); i >= 0 {
		h = h[:i]
	}
	switch h {
	case "", "www.w3.org", "w3.org", "ns.adobe.com", "xmlns.com", "purl.org", "schema.org", "www.sitemaps.org", "json-schema.org", "ogp.me", "reactjs.org", "example.com", "www.example.com", "xml.apache.org", "search.yahoo.com":
		return false
	}
	if strings.HasPrefix(h, hole) {
		return false
	}
	u, err := url.Parse("http://" + h)
	return err == nil && u.Host != "" && (strings.Contains(h, ".") || strings.HasPrefix(h, "localhost") || strings.HasPrefix(h, "["))
}

var mimeTops = map[string]bool{"application": true, "text": true, "image": true, "audio": true, "video": true, "font": true, "multipart": true, "message": true, "model": true}

func isMIME(s string) bool {
	top, rest, ok := strings.Cut(s, "/")
	return ok && mimeTops[strings.ToLower(top)] && rest != "" && !strings.Contains(rest, "/")
}
