package wire

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// span is a piece of a text that is replaced, always by as many bytes.
type span struct {
	from, to int
	with     string
}

// scan masks what is recognised as a secret in text of any kind: fields of
// forms and of JSON by name, mail addresses, phone and card numbers, JWTs.
func (m *Masker) scan(b []byte) []byte {
	b = m.unsecretBytes(b, false)
	var out []span
	for _, find := range []func([]byte, []span) []span{m.tags, m.pairs, m.jwts, m.credentials, m.mails, m.numbers} {
		out = find(b, out)
	}
	if len(out) == 0 {
		return b
	}
	c := bytes.Clone(b)
	slices.SortStableFunc(out, func(x, y span) int { return x.from - y.from })
	end := 0
	for _, s := range out { // what an earlier finder took is taken
		if s.from >= end && len(s.with) == s.to-s.from {
			copy(c[s.from:s.to], s.with)
			end = s.to
		}
	}
	return c
}

func (m *Masker) take(out []span, b []byte, from, to int) []span {
	return append(out, span{from, to, m.Token(string(b[from:to]))})
}

// tags masks the values of inputs, metas and textareas whose name says that
// they hold a secret or a person's data.
func (m *Masker) tags(b []byte, out []span) []span {
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return out
		}
		i += j + 1
		name := tagName(b[i:])
		if name != "input" && name != "meta" && name != "textarea" {
			continue
		}
		end := tagEnd(b, i)
		attrs := attributes(b, i+len(name), end)
		field := attrs.text(b, "name")
		if field == "" {
			field = attrs.text(b, "id")
		}
		kind := fieldKind(field)
		if strings.EqualFold(attrs.text(b, "type"), "password") {
			kind = secretField
		}
		switch {
		case kind == plainField:
		case name == "textarea":
			stop := bytes.Index(b[end:min(len(b), end+2<<10)], []byte("</"))
			if stop > 1 && kind == personField {
				out = m.take(out, b, end+1, end+stop)
			}
		default:
			for _, a := range []string{"value", "content"} {
				v, ok := attrs[a]
				if text := string(b[v.from:v.to]); ok && v.to > v.from && (kind == personField && name == "input" || looksSecret(text, field)) {
					out = m.take(out, b, v.from, v.to)
				}
			}
		}
		i = end
	}
}

func tagName(b []byte) string {
	n := 0
	for n < len(b) && n < 10 && (b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z') {
		n++
	}
	return strings.ToLower(string(b[:n]))
}

// tagEnd is the place of the ">" that ends the tag, quotes respected.
func tagEnd(b []byte, i int) int {
	quote := byte(0)
	for ; i < len(b); i++ {
		switch {
		case quote != 0:
			if b[i] == quote {
				quote = 0
			}
		case b[i] == '"' || b[i] == '\'':
			quote = b[i]
		case b[i] == '>':
			return i
		}
	}
	return len(b)
}

type attrSpans map[string]span

func (a attrSpans) text(b []byte, name string) string {
	s := a[name]
	return string(b[s.from:s.to])
}

func attributes(b []byte, i, end int) attrSpans {
	out := attrSpans{}
	for i < end {
		for i < end && (isSpace(b[i]) || b[i] == '/') {
			i++
		}
		k := i
		for i < end && !isSpace(b[i]) && b[i] != '=' && b[i] != '/' {
			i++
		}
		name := strings.ToLower(string(b[k:i]))
		for i < end && isSpace(b[i]) {
			i++
		}
		if i >= end || b[i] != '=' {
			if i == k {
				i++
			}
			continue
		}
		i++
		for i < end && isSpace(b[i]) {
			i++
		}
		v := i
		if i < end && (b[i] == '"' || b[i] == '\'') {
			quote := b[i]
			v++
			for i++; i < end && b[i] != quote; i++ {
			}
		} else {
			for i < end && !isSpace(b[i]) {
				i++
			}
		}
		if _, dup := out[name]; !dup {
			out[name] = span{from: v, to: i}
		}
		i++
	}
	return out
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// pairs masks name=value, "name":"value" and name = 'value' by name.
func (m *Masker) pairs(b []byte, out []span) []span {
	for i := 0; i < len(b); i++ {
		if b[i] != '=' && b[i] != ':' {
			continue
		}
		field, before := nameBefore(b, i)
		kind := fieldKind(field)
		if kind == plainField {
			continue
		}
		from, to, quoted := valueAfter(b, i+1)
		if to <= from {
			continue
		}
		if before == ';' && !quoted { // ;jsessionid=… ends where the query begins
			if q := bytes.IndexByte(b[from:to], '?'); q >= 0 {
				to = from + q
			}
		}
		inURL := before == '?' || before == '&' || before == ';' || before == '#' || before == 0 || before == '\n' ||
			kind == secretField && (before == '"' || before == '\'' || before == '`') && to-from >= 12 // document.cookie = "sid=…"
		if v := string(b[from:to]); (quoted || b[i] == '=' && inURL) && (looksSecret(v, field) || kind == personField && (quoted && b[i] == ':' || inURL && b[i] == '=')) {
			out = m.take(out, b, from, to)
			i = to - 1
		} else if !quoted && to-from > 512 { // no shop nests pairs in so long a value
			i = to - 1
		}
	}
	return out
}

// nameBefore is the name that ends before i, and the byte before the name.
func nameBefore(b []byte, i int) (string, byte) {
	j := i - 1
	for j >= 0 && (b[j] == ' ' || b[j] == '"' || b[j] == '\'' || b[j] == '\\') && i-j < 6 {
		j--
	}
	end := j + 1
	for j >= 0 && end-j <= 64 && (isAlnum(b[j]) || b[j] == '_' || b[j] == '-' || b[j] == '[' || b[j] == ']' || b[j] == '$' || b[j] == '%') {
		j--
	}
	before := byte(0)
	if j >= 0 {
		before = b[j]
		if before == ';' && bytes.HasSuffix(b[:j+1], []byte("&amp;")) {
			before = '&'
		}
	}
	return string(b[j+1 : end]), before
}

func valueAfter(b []byte, i int) (from, to int, quoted bool) {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	esc := 0
	if i+1 < len(b) && b[i] == '\\' && b[i+1] == '"' {
		i, esc = i+1, 1
	}
	if i < len(b) && (b[i] == '"' || b[i] == '\'') {
		quote := b[i]
		j := i + 1
		for j < len(b) && b[j] != quote && b[j] != '\n' && j-i < 8192 {
			if b[j] == '\\' && esc == 0 {
				j++
			}
			j++
		}
		j = min(j, len(b))
		return i + 1, max(i+1, j-esc), true
	}
	j := i
	for j < len(b) && j-i < 4096 && !isSpace(b[j]) && !bytes.ContainsRune([]byte("&\"'<>#;,{}()\\"), rune(b[j])) {
		j++
	}
	return i, j, false
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// URL masks the parameters and path segments of a URL, or of a text that holds one.
func (m *Masker) URL(s string) string {
	s = m.unsecret(s, false)
	b := []byte(s)
	out := m.urlSpans(b)
	if len(out) == 0 {
		return s
	}
	slices.SortStableFunc(out, func(x, y span) int { return x.from - y.from })
	end := 0
	for _, p := range out {
		if p.from >= end && len(p.with) == p.to-p.from {
			copy(b[p.from:p.to], p.with)
			end = p.to
		}
	}
	return string(b)
}

// urlSpans are the pieces of a URL that are masked.
func (m *Masker) urlSpans(b []byte) []span {
	out := m.pairs(b, nil)
	out = m.jwts(b, out)
	out = m.mails(b, out)
	out = m.secretSegments(b, out)
	if u := bytes.Index(b, []byte("://")); u > 0 { // user:password@host
		rest := b[u+3:]
		if end := bytes.IndexAny(rest, "/?# "); end >= 0 {
			rest = rest[:end]
		}
		if at := bytes.LastIndexByte(rest, '@'); at > 0 {
			out = append([]span{{u + 3, u + 3 + at, m.Token(string(rest[:at]))}}, out...)
		}
	}
	return out
}

// secretSegments masks the long segment behind /reset/, /verify/ and the like.
func (m *Masker) secretSegments(b []byte, out []span) []span {
	path, _, _ := bytes.Cut(b, []byte("?"))
	at := 0
	prev := ""
	for seg := range bytes.SplitSeq(path, []byte("/")) {
		switch prev {
		case "reset", "verify", "token", "activate", "confirm", "invite", "session", "password", "unsubscribe", "magic", "complete":
			if len(seg) >= 16 && !bytes.ContainsRune(seg, '.') && looksSecret(string(seg), "token") {
				out = m.take(out, b, at, at+len(seg))
			}
		}
		prev = strings.ToLower(string(seg))
		at += len(seg) + 1
	}
	return out
}

// decodedName reads a field name that may be percent-encoded.
func decodedName(s string) string {
	if strings.Contains(s, "%") {
		if d, err := url.QueryUnescape(s); err == nil {
			return d
		}
	}
	return s
}
