package page

import (
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Address is a canonical URL with what was taken out of it.
type Address struct {
	URL *url.URL
	// Route is the client-side route of the fragment ("/cart" of "#/cart").
	Route string
	// Session names the parameter that carried a session id.
	Session string
}

// Canonical gives the one form of u under which a shop's addresses are
// compared: without fragment, session id and advertising parameters, in the
// normal form of RFC 3986. The order of parameters is kept, because some
// shops read it; exact repetitions are removed. u is not changed.
func Canonical(u *url.URL) *url.URL { return Normalize(u).URL }

// Normalize is Canonical together with what it took out.
func Normalize(u *url.URL) Address {
	if u == nil {
		return Address{URL: &url.URL{}}
	}
	c := *u
	var a Address
	if r := strings.TrimPrefix(c.Fragment, "!"); strings.HasPrefix(r, "/") || r != c.Fragment && r != "" {
		a.Route = r
	}
	c.Fragment, c.RawFragment = "", ""
	c.Scheme = strings.ToLower(c.Scheme)
	if c.Opaque != "" {
		a.URL = &c
		return a
	}
	c.Host = canonicalHost(c.Scheme, c.Host)
	p := c.EscapedPath()
	if i := strings.IndexByte(p, ';'); i >= 0 {
		p, a.Session = dropPathSession(p)
	}
	p = removeDots(normalEscapes(p, false))
	if p == "" && c.Host != "" {
		p = "/"
	}
	c.RawPath = ""
	if dec, err := url.PathUnescape(p); err == nil {
		c.Path = dec
		c.RawPath = p
		if (&url.URL{Path: dec}).EscapedPath() == p {
			c.RawPath = ""
		}
	} else {
		c.Path = p
	}
	var s string
	c.RawQuery, s = canonicalQuery(c.RawQuery)
	if s != "" {
		a.Session = s
	}
	c.ForceQuery = false
	a.URL = &c
	return a
}

func canonicalHost(scheme, host string) string {
	host = string(asciiLower([]byte(host)))
	switch {
	case scheme == "http" && strings.HasSuffix(host, ":80"):
		host = host[:len(host)-3]
	case scheme == "https" && strings.HasSuffix(host, ":443"):
		host = host[:len(host)-4]
	}
	host = strings.TrimRight(host, ":")
	if name, port, ok := strings.Cut(host, ":"); ok && !strings.Contains(port, ":") {
		return strings.TrimRight(name, ".") + ":" + port
	}
	return strings.TrimRight(host, ".")
}

// dropPathSession takes ";jsessionid=…" out of a path.
func dropPathSession(p string) (string, string) {
	segs, found := strings.Split(p, "/"), ""
	for i, seg := range segs {
		parts := strings.Split(seg, ";")
		kept := parts[:1]
		for _, x := range parts[1:] {
			name, val, _ := strings.Cut(x, "=")
			if isSessionParam(name, val) {
				found = name
				continue
			}
			kept = append(kept, x)
		}
		segs[i] = strings.Join(kept, ";")
	}
	return strings.Join(segs, "/"), found
}

func canonicalQuery(q string) (out, session string) {
	if q == "" {
		return "", ""
	}
	if len(q) > 1<<16 {
		return q, ""
	}
	var kept []string
	seen := map[string]bool{}
	for q != "" {
		var part string
		part, q, _ = strings.Cut(q, "&")
		part = strings.TrimPrefix(part, "amp;") // written &amp;amp; by careless templates
		if part == "" {
			continue
		}
		part = normalEscapes(part, true)
		name, val, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(name)
		if err != nil {
			key = name
		}
		if isSessionParam(key, val) {
			session = key
			continue
		}
		if isTracking(key) || seen[part] {
			continue
		}
		seen[part] = true
		kept = append(kept, part)
	}
	return strings.Join(kept, "&"), session
}

var sessionNames = map[string]bool{
	"phpsessid": true, "jsessionid": true, "ecsessid": true, "zenid": true, "ocsessid": true, "oscsid": true, "aspsessionid": true,
	"sessid": true, "sessionid": true, "session_id": true, "phpsession": true, "cfid": true, "cftoken": true, "eccube": true,
	"frontend_sid": true, "xtcsid": true, "mosxsid": true, "sess_id": true,
}

var looksRandom = regexp.MustCompile(`^[0-9A-Za-z,.%_-]{16,128}$`)

func isSessionParam(name, val string) bool {
	n := strings.ToLower(name)
	if sessionNames[n] || strings.HasPrefix(n, "aspsessionid") {
		return n != "eccube" || looksRandom.MatchString(val)
	}
	if n == "sid" || n == "s_id" || n == "session" || n == "uscesid" || n == "osid" || n == "___sid" || n == "sl" {
		return looksRandom.MatchString(val) && strings.ContainsAny(val, "0123456789")
	}
	return false
}

var trackingNames = map[string]bool{
	"replytocom": true, // WordPress: the same page with the cursor in the comment form
	"gclid":      true, "fbclid": true, "yclid": true, "msclkid": true, "dclid": true, "gbraid": true, "wbraid": true, "ttclid": true,
	"twclid": true, "ldtag_cl": true, "_ga": true, "_gl": true, "_gac": true, "mc_cid": true, "mc_eid": true, "igshid": true,
	"yj_r": true, "sm_r": true, "_bta_tid": true, "srsltid": true, "_hsenc": true, "_hsmi": true, "mkt_tok": true,
}

func isTracking(name string) bool {
	n := strings.ToLower(name)
	return trackingNames[n] || strings.HasPrefix(n, "utm_")
}

// normalEscapes writes percent-encoding in its normal form: unreserved
// characters bare, everything outside ASCII and the unsafe ones encoded in
// upper case, reserved ones as they were.
func normalEscapes(s string, query bool) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '%' || mustEscape(c, query) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				v := unhex(s[i+1])<<4 | unhex(s[i+2])
				if isUnreserved(v) {
					b.WriteByte(v)
				} else {
					b.WriteByte('%')
					b.WriteByte(hex[v>>4])
					b.WriteByte(hex[v&15])
				}
				i += 2
				continue
			}
			b.WriteString("%25")
			continue
		}
		if mustEscape(c, query) {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func mustEscape(c byte, query bool) bool {
	switch c {
	case '"', '<', '>', '\\', '^', '`', '{', '}', '|', '#':
		return true
	case '?':
		return !query
	}
	return c <= ' ' || c >= 0x7f
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// removeDots resolves "." and ".." segments and keeps empty ones, which some
// servers tell apart.
func removeDots(p string) string {
	if !strings.Contains(p, "/.") && !strings.HasPrefix(p, ".") {
		return p
	}
	if !strings.Contains(p, "//") && strings.HasPrefix(p, "/") {
		c := path.Clean(p)
		if c != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
			c += "/"
		}
		return c
	}
	var out []string
	segs := strings.Split(p, "/")
	for i, s := range segs {
		last := i == len(segs)-1
		switch s {
		case ".":
			if last {
				out = append(out, "")
			}
		case "..":
			if len(out) > 1 || len(out) == 1 && out[0] != "" {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	r := strings.Join(out, "/")
	if strings.HasPrefix(p, "/") && !strings.HasPrefix(r, "/") {
		r = "/" + r
	}
	return r
}

// resolve makes ref, as written in a page, absolute against base. It is as
// forgiving as browsers: white space inside is dropped, a backslash is a
// slash. nil means that ref leads nowhere (javascript:, mailto:, data:…).
func resolve(base *url.URL, ref string) *url.URL {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > 8192 {
		return nil
	}
	if strings.ContainsAny(ref, "\t\r\n") {
		ref = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(ref)
	}
	if i := strings.IndexByte(ref, ':'); i > 0 && isScheme(ref[:i]) {
		s := strings.ToLower(ref[:i])
		if s != "http" && s != "https" {
			if s != "ws" && s != "wss" {
				return nil
			}
			ref = "http" + s[2:] + ref[i:]
		}
	}
	head, tail := ref, ""
	if i := strings.IndexAny(ref, "?#"); i >= 0 {
		head, tail = ref[:i], ref[i:]
	}
	if strings.Contains(head, `\`) {
		head = strings.ReplaceAll(head, `\`, "/")
	}
	q, frag, hasFrag := strings.Cut(tail, "#")
	u, err := url.Parse(head)
	if err != nil {
		if u, err = url.Parse(safeEscapes(head)); err != nil {
			return nil
		}
	}
	if q != "" {
		u.RawQuery, u.ForceQuery = q[1:], len(q) == 1
	}
	if hasFrag {
		u.Fragment = frag
	}
	if base != nil {
		if head == "" && q == "" {
			// RFC 3986 takes the base's query along; ResolveReference does so only for a fragment alone.
			c := *base
			c.Fragment, c.RawFragment = u.Fragment, ""
			return &c
		}
		u = base.ResolveReference(u)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil
	}
	return u
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if c >= 'a' && c <= 'z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.') {
			continue
		}
		return false
	}
	return true
}

// safeEscapes makes a URL with broken percent signs or control characters parse.
func safeEscapes(s string) string {
	scheme := ""
	if i := strings.Index(s, "://"); i >= 0 {
		j := strings.IndexByte(s[i+3:], '/')
		if j < 0 {
			return s
		}
		scheme, s = s[:i+3+j], s[i+3+j:]
	}
	return scheme + normalEscapes(s, true)
}
