package wire

import (
	"bytes"
	"strings"
)

// kindOfField says what the name of a field promises of its value.
type kindOfField int

const (
	plainField kindOfField = iota
	secretField
	personField
)

// secretWords are parts of the names under which shops keep secrets. The plain
// word nonce is not among them: a script's nonce is public and is compared
// with the policy's.
var (
	secretWords  = []string{"token", "csrf", "xsrf", "wpnonce", "sessid", "sessionid", "passwd", "password", "passcode", "secret", "apikey", "accesskey", "privatekey", "jwt", "authkey", "transactionid", "oscsid", "zenid", "cartid", "signature", "onetime", "authenticity"}
	secretExact  = map[string]bool{"sid": true, "session": true, "pwd": true, "pass": true, "otp": true, "pin": true, "cvv": true, "cvc": true, "cvv2": true, "securitycode": true, "auth": true, "authorization": true, "code": false}
	personPrefix = []string{"addr", "address", "street", "jusho", "postal", "postcode", "zip", "tel", "phone", "mobile", "fax", "email", "mail", "kana", "lastname", "firstname", "fullname", "familyname", "givenname", "birth", "name01", "name02", "cardnumber", "cardno", "creditcard"}
)

func fieldKind(name string) kindOfField {
	if len(name) < 3 || len(name) > 80 {
		return plainField
	}
	var flat strings.Builder
	for _, r := range decodedName(name) {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			flat.WriteRune(r)
		}
	}
	f := flat.String()
	if secretExact[f] || strings.HasSuffix(f, "sid") && len(f) <= 8 {
		return secretField
	}
	for _, w := range secretWords {
		if strings.Contains(f, w) {
			return secretField
		}
	}
	last := f
	if i := strings.LastIndexAny(strings.TrimRight(name, "]"), "[_.-"); i >= 0 { // order[addr01], customer_tel
		last = strings.ToLower(strings.Trim(name[i+1:], "]"))
	}
	for _, w := range personPrefix {
		if strings.HasPrefix(f, w) && len(f) <= len(w)+8 || strings.HasPrefix(last, w) && len(last) <= len(w)+4 {
			return personField
		}
	}
	return plainField
}

// looksSecret tells a secret from a label, a code word or a line of program.
func looksSecret(v, field string) bool {
	digits, letters, other := 0, 0, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c >= '0' && c <= '9':
			digits++
		case isAlnum(c):
			letters++
		case c <= ' ' || c == '<' || c == '{' || c == '(':
			return false
		default:
			other++
		}
	}
	f := strings.ToLower(field)
	if strings.Contains(f, "pass") || strings.Contains(f, "pwd") || strings.Contains(f, "cv") || f == "pin" || f == "otp" {
		return len(v) >= 3 && digits+letters > 0 && (digits > 0 || letters >= 6 && !strings.Contains(v, "."))
	}
	if len(v) >= 20 {
		return digits+letters >= 16
	}
	return len(v) >= 8 && digits > 0
}

// credentials masks what stands behind "Bearer" and "Basic", keys that say by
// their beginning what they are, and the inside of private keys.
func (m *Masker) credentials(b []byte, out []span) []span {
	for _, mark := range []struct {
		word string
		keep int // of the word, is part of the secret's own text
		min  int
	}{{"Bearer ", 0, 12}, {"bearer ", 0, 12}, {"Basic ", 0, 8}, {"AKIA", 4, 16}, {"ASIA", 4, 16}, {"sk_live_", 8, 16}, {"rk_live_", 8, 16}, {"ghp_", 4, 30}, {"xoxb-", 5, 20}, {"xoxp-", 5, 20}} {
		for i := 0; ; {
			j := bytes.Index(b[i:], []byte(mark.word))
			if j < 0 {
				break
			}
			at := i + j
			i = at + len(mark.word)
			to := i
			limit := 4096
			if mark.keep > 0 {
				limit = 256
			}
			for to < len(b) && to-i < limit && (isAlnum(b[to]) || strings.IndexByte("-._~+/=", b[to]) >= 0 && mark.keep == 0 || b[to] == '-' && mark.word[0] == 'x') {
				to++
			}
			if to-i < mark.min || mark.keep > 0 && at > 0 && isAlnum(b[at-1]) || !hasDigit(b[i:to]) {
				i = to
				continue
			}
			out = m.take(out, b, i, to)
			i = to
		}
	}
	for i := 0; ; {
		j := bytes.Index(b[i:], []byte("PRIVATE KEY-----"))
		if j < 0 {
			return out
		}
		from := i + j + len("PRIVATE KEY-----")
		n := bytes.Index(b[from:min(len(b), from+16<<10)], []byte("-----END"))
		if n < 0 {
			n = min(len(b)-from, 4096)
		}
		if n > 0 {
			out = m.take(out, b, from, from+n)
		}
		i = from + n
	}
}

func hasDigit(b []byte) bool { return bytes.ContainsAny(b, "0123456789") }

// jwts masks payload and signature of JSON web tokens wherever they stand.
func (m *Masker) jwts(b []byte, out []span) []span {
	for i := 0; ; {
		j := bytes.Index(b[i:], []byte("eyJ"))
		if j < 0 {
			return out
		}
		from := i + j
		to, dots := from, 0
		for to < len(b) && (isAlnum(b[to]) || b[to] == '-' || b[to] == '_' || b[to] == '.' && dots < 2) {
			if b[to] == '.' {
				dots++
			}
			to++
		}
		if dots == 2 && to-from > 30 {
			out = m.take(out, b, from, to)
		}
		i = max(to, from+3)
	}
}

// notDomains are endings that make "logo@2x.png" and "vue@3.4.min.js" files and not addresses.
var notDomains = map[string]bool{"png": true, "jpg": true, "jpeg": true, "gif": true, "webp": true, "svg": true, "avif": true, "css": true, "js": true, "mjs": true, "map": true, "json": true, "ts": true, "html": true, "ico": true, "woff": true, "min": true, "umd": true, "esm": true, "cjs": true, "prod": true, "beta": true, "alpha": true, "rc": true}

// ats are the ways in which shops write the sign in a mail address.
var ats = [][]byte{[]byte("%40"), []byte("&#64;"), []byte("&#x40;"), []byte("&commat;"), []byte(`\u0040`), []byte(`\x40`), []byte("＠")}

// signs walks through the signs of a text. Where each kind stands next is kept,
// so that a text full of one kind is not searched for the others again and again.
type signs struct {
	b    []byte
	next [8]int // of '@' and of each of ats; len(b): no more
}

// after finds the first sign from i on and its width; at < 0: none.
func (s *signs) after(i int) (at, width int) {
	at = len(s.b)
	for k := range s.next {
		if s.next[k] < i || i == 0 {
			n := -1
			if k == 0 {
				n = bytes.IndexByte(s.b[i:], '@')
			} else {
				n = bytes.Index(s.b[i:], ats[k-1])
			}
			if s.next[k] = i + n; n < 0 {
				s.next[k] = len(s.b)
			}
		}
		if s.next[k] < at {
			at, width = s.next[k], 1
			if k > 0 {
				width = len(ats[k-1])
			}
		}
	}
	if at == len(s.b) {
		return -1, 0
	}
	return at, width
}

// mailbox is where the part before the sign at i begins. It is ASCII or, where
// nothing else stands before the sign, Japanese; a sentence is none.
func mailbox(b []byte, i int) int {
	from := i
	foreign := i > 0 && b[i-1] >= 0x80
	for from > 0 && i-from < 64 {
		c := b[from-1]
		if !isAlnum(c) && strings.IndexByte("._+-!#^~", c) < 0 && (c < 0x80 || !foreign) {
			break
		}
		from--
	}
	for from < i && b[from] >= 0x80 && b[from] < 0xc0 { // not within a character
		from++
	}
	return from
}

// mails masks mail addresses; the last label of the domain stays.
func (m *Masker) mails(b []byte, out []span) []span {
	find := &signs{b: b}
	for i := 0; ; {
		at, width := find.after(i)
		if at < 0 {
			return out
		}
		i = at + width
		from := mailbox(b, at)
		to := at + width
		for to < len(b) && to-at < 255 && (isAlnum(b[to]) || b[to] == '.' || b[to] == '-' || b[to] >= 0x80) {
			to++
		}
		domain := strings.TrimRight(string(b[at+width:to]), ".-")
		to = at + width + len(domain)
		dot := strings.LastIndexByte(domain, '.')
		if from == at || dot <= 0 {
			continue
		}
		tld := strings.ToLower(domain[dot+1:])
		if i := strings.IndexFunc(tld, func(r rune) bool { return r >= 0x80 }); i > 0 { // a sentence goes on behind it
			tld = tld[:i]
		}
		if len(tld) < 2 || strings.Trim(tld, "abcdefghijklmnopqrstuvwxyz") != "" || notDomains[tld] || strings.Trim(domain[:dot], "0123456789.") == "" {
			continue
		}
		out = append(out, span{from, at, m.Token(string(b[from:at]))})
		out = append(out, span{at + width, at + width + dot, m.Token(domain[:dot])})
		i = to
	}
}

// isCard knows the lengths and beginnings of the brands; thirteen digits are a JAN code.
func isCard(d []byte) bool {
	n := len(d)
	if n < 14 || n > 19 {
		return false
	}
	p2 := int(d[0]-'0')*10 + int(d[1]-'0')
	p4 := p2*100 + int(d[2]-'0')*10 + int(d[3]-'0')
	switch {
	case n == 16 && (d[0] == '4' || p2 >= 51 && p2 <= 55 || p4 >= 2221 && p4 <= 2720 || p4 >= 3528 && p4 <= 3589 || p2 == 60 || p2 == 64 || p2 == 65 || p2 == 62):
	case n == 15 && (p2 == 34 || p2 == 37):
	case n == 14 && (p2 == 30 || p2 == 36 || p2 == 38 || p2 == 39):
	case n >= 17 && (p2 == 62 || d[0] == '4'):
	default:
		return false
	}
	sum := 0
	for i := n - 1; i >= 0; i-- {
		v := int(d[i] - '0')
		if (n-1-i)%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
