package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Masker replaces secrets by tokens of the same length, keyed per run (safety
// 10). Equal secrets give equal tokens, so that what is stored can be compared
// and judged again; without the key a token leads nowhere. A digit stays a
// digit, a letter a letter of its kind, and separators stay, so that a token
// is as strong or weak to the eye as what it stands for.
type Masker struct {
	key []byte

	mu    sync.Mutex
	known []string // cookie values of the run, which pages like to repeat

	hidden atomic.Pointer[[]hidden] // passwords of test accounts
}

// NewMasker makes a Masker from the key of a run; nil makes a new key.
func NewMasker(key []byte) *Masker {
	if len(key) == 0 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails
	}
	return &Masker{key: bytes.Clone(key)}
}

// Key is what a resumed or re-judged run needs to find its records again. It
// is a secret.
func (m *Masker) Key() []byte { return bytes.Clone(m.key) }

// From this many letters and digits on a token carries a check, by which it is
// recognised and left alone when it is masked once more.
const (
	checkedFrom = 12
	checkLen    = 6
)

// Token is the stand-in for s.
func (m *Masker) Token(s string) string {
	b := []byte(s)
	at := maskable(b)
	if len(at) >= checkedFrom {
		if m.isToken(b, at) {
			return s
		}
		m.scramble("t", b, b, at[:len(at)-checkLen])
		m.check(b, at)
		return string(b)
	}
	m.scramble("t", b, b, at)
	return string(b)
}

func (m *Masker) isToken(b []byte, at []int) bool {
	c := bytes.Clone(b)
	m.check(c, at)
	return bytes.Equal(b, c)
}

// check fills the last places from all the others.
func (m *Masker) check(b []byte, at []int) {
	tail := at[len(at)-checkLen:]
	seed := bytes.Clone(b)
	for _, i := range tail {
		_, lo, _ := class(seed[i])
		seed[i] = lo
	}
	m.scramble("c", seed, b, tail)
}

// scramble replaces b at the places at by others of their class, drawn from a
// stream that purpose and seed decide.
func (m *Masker) scramble(purpose string, seed, b []byte, at []int) {
	seed = bytes.Clone(seed)
	var block [sha256.Size]byte
	used := len(block)
	for n, i := range at {
		if used+2 > len(block) {
			h := hmac.New(sha256.New, m.key)
			h.Write([]byte(purpose))
			h.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
			h.Write(seed)
			h.Sum(block[:0])
			used = 0
		}
		_, lo, size := class(b[i])
		b[i] = lo + byte(int(binary.BigEndian.Uint16(block[used:]))%size)
		used += 2
	}
}

// maskable are the places of letters and digits. Percent escapes stay, and so
// does the header of a JWT, which names the algorithm and no one.
func maskable(b []byte) []int {
	var at []int
	i := 0
	if bytes.HasPrefix(b, []byte("eyJ")) {
		if dot := bytes.IndexByte(b, '.'); dot > 0 {
			i = dot + 1
			if bytes.HasPrefix(b[i:], []byte("eyJ")) {
				i += 3
			}
		}
	}
	for ; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			i += 2
			continue
		}
		if ok, _, _ := class(b[i]); ok {
			at = append(at, i)
		}
	}
	return at
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// class is the range that c is replaced within.
func class(c byte) (ok bool, lo byte, size int) {
	switch {
	case c >= '0' && c <= '9':
		return true, '0', 10
	case c >= 'a' && c <= 'f':
		return true, 'a', 6
	case c >= 'g' && c <= 'z':
		return true, 'g', 20
	case c >= 'A' && c <= 'F':
		return true, 'A', 6
	case c >= 'G' && c <= 'Z':
		return true, 'G', 20
	case c >= 0x80:
		return true, 'x', 1
	}
	return false, c, 1
}

// harmless are cookie values that are a switch and not a secret.
func harmless(v string) bool {
	if len(v) <= 3 {
		return true
	}
	switch strings.ToLower(v) {
	case "true", "false", "deleted", "none", "null", "accepted", "denied", "light", "dark", "ja-jp", "en-us":
		return true
	}
	return false
}

// cookieValue masks the value of a cookie and remembers it, because pages repeat it.
func (m *Masker) cookieValue(v string) string {
	if harmless(strings.Trim(v, `"`)) {
		return v
	}
	t := m.Token(v)
	if len(v) >= 8 && t != v {
		m.mu.Lock()
		if !slices.Contains(m.known, v) {
			if len(m.known) >= 64 {
				m.known = slices.Delete(m.known, 0, 1)
			}
			m.known = append(m.known, v)
		}
		m.mu.Unlock()
	}
	return t
}

// Header masks a header's value: cookies by their values, credentials whole,
// URLs by their parameters.
func (m *Masker) Header(name, value string) string {
	value = m.unsecret(value, false)
	switch http.CanonicalHeaderKey(name) {
	case "Set-Cookie", "Set-Cookie2":
		pair, attrs, _ := strings.Cut(value, ";")
		k, v, ok := strings.Cut(pair, "=")
		if !ok {
			return value
		}
		masked := k + "=" + m.cookieValue(v)
		if len(pair) < len(value) {
			masked += ";" + attrs
		}
		return masked
	case "Cookie":
		parts := strings.Split(value, ";")
		for i, p := range parts {
			if k, v, ok := strings.Cut(p, "="); ok {
				parts[i] = k + "=" + m.cookieValue(v)
			}
		}
		return strings.Join(parts, ";")
	case "Authorization", "Proxy-Authorization":
		scheme, cred, ok := strings.Cut(value, " ")
		if !ok {
			return m.Token(value)
		}
		return scheme + " " + m.Token(cred)
	case "X-Api-Key", "X-Auth-Token", "X-Csrf-Token", "X-Xsrf-Token", "X-Access-Token", "X-Session-Id", "Api-Key":
		return m.Token(value)
	case "Location", "Content-Location", "Referer", "Link", "Refresh":
		return m.URL(value)
	case "Content-Security-Policy", "Content-Security-Policy-Report-Only", "Etag", "Date", "Last-Modified", "Expires", "Content-Type", "Content-Length", "User-Agent":
		return value
	}
	return m.Text(value)
}

// Head masks a request's or answer's head line by line; what is no header line
// is masked as text.
func (m *Masker) Head(raw []byte) []byte {
	var out []byte
	name := ""
	for i, line := range bytes.SplitAfter(raw, []byte("\n")) {
		body := bytes.TrimRight(line, "\r\n")
		end := line[len(body):]
		switch k, v, ok := bytes.Cut(body, []byte(":")); {
		case len(body) == 0:
		case i == 0:
			method, rest, _ := bytes.Cut(body, []byte(" "))
			body = append(append(bytes.Clone(method), ' '), m.URL(string(rest))...)
			if len(method) == len(line)-len(end) {
				body = method
			}
		case body[0] == ' ' || body[0] == '\t':
			body = []byte(m.Header(name, string(body)))
		case !ok:
			body = []byte(m.Text(string(body)))
		default:
			name = strings.TrimSpace(string(k))
			lead := v[:len(v)-len(bytes.TrimLeft(v, " \t"))]
			body = slices.Concat(k, []byte(":"), lead, []byte(m.Header(name, string(v[len(lead):]))))
		}
		out = append(append(out, body...), end...)
	}
	return out
}

// Exchange is the masked copy of ex that is kept.
func (m *Masker) Exchange(ex *Exchange) *Exchange {
	c := *ex
	c.Header = make(http.Header, len(ex.Header))
	for k, vs := range ex.Header { // before the bodies, which may repeat the cookies
		for _, v := range vs {
			c.Header[k] = append(c.Header[k], m.Header(k, v))
		}
	}
	c.RequestHead = m.replaceKnown(m.Head(m.unsecretBytes(ex.RequestHead, ex.own)))
	c.ResponseHead = m.replaceKnown(m.Head(ex.ResponseHead))
	for k, vs := range c.Header {
		for i, v := range vs {
			c.Header[k][i] = string(m.replaceKnown([]byte(v)))
		}
	}
	c.RawURL = string(m.replaceKnown([]byte(m.URL(m.unsecret(ex.RawURL, ex.own)))))
	c.RequestBody = m.replaceKnown(m.Body("", m.unsecretBytes(ex.RequestBody, ex.own)))
	c.Body = m.replaceKnown(m.Body(ex.Header.Get("Content-Type"), ex.Body))
	return &c
}

// replaceKnown masks cookie values wherever they are repeated.
func (m *Masker) replaceKnown(b []byte) []byte {
	m.mu.Lock()
	known := slices.Clone(m.known)
	m.mu.Unlock()
	for _, v := range known {
		if bytes.Contains(b, []byte(v)) {
			b = bytes.ReplaceAll(b, []byte(v), []byte(m.Token(v)))
		}
	}
	return b
}

// Body masks a body of the declared type. Images, fonts and the like stay as they are.
func (m *Masker) Body(contentType string, b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		t, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	}
	main, sub, _ := strings.Cut(t, "/")
	switch {
	case main == "image" && !strings.HasPrefix(sub, "svg"), main == "font", main == "audio", main == "video",
		sub == "pdf", sub == "zip", sub == "wasm", sub == "gzip", sub == "font-woff":
		return b
	}
	return m.scan(b)
}

// Text masks what looks like a secret in a line of text.
func (m *Masker) Text(s string) string {
	if s == "" {
		return s
	}
	return string(m.replaceKnown(m.scan([]byte(s))))
}

// stable masks a header's value by itself alone, whatever cookies the run has seen.
func (m *Masker) stable(name, value string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Cookie", "Authorization", "Proxy-Authorization":
		return m.Header(name, value)
	}
	return string(m.scan([]byte(value)))
}

// keyed is a name for s that says nothing of s to who has not the key.
func (m *Masker) keyed(s string) string {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte("k"))
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
