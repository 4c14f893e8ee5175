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

// mails masks mail addresses; the last label of the domain stays.
func (m *Masker) mails(b []byte, out []span) []span {
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '@')
		width := 1
		if k := bytes.Index(b[i:], []byte("%40")); k >= 0 && (j < 0 || k < j) {
			j, width = k, 3
		}
		if j < 0 {
			return out
		}
		at := i + j
		i = at + width
		from := at
		for from > 0 && at-from < 64 && (isAlnum(b[from-1]) || strings.IndexByte("._+-", b[from-1]) >= 0) {
			from--
		}
		to := at + width
		for to < len(b) && to-at < 255 && (isAlnum(b[to]) || b[to] == '.' || b[to] == '-') {
			to++
		}
		domain := strings.TrimRight(string(b[at+width:to]), ".-")
		to = at + width + len(domain)
		dot := strings.LastIndexByte(domain, '.')
		if from == at || dot <= 0 {
			continue
		}
		tld := strings.ToLower(domain[dot+1:])
		if len(tld) < 2 || strings.Trim(tld, "abcdefghijklmnopqrstuvwxyz") != "" || notDomains[tld] || strings.Trim(domain[:dot], "0123456789.") == "" {
			continue
		}
		out = append(out, span{from, at, m.Token(string(b[from:at]))})
		out = append(out, span{at + width, at + width + dot, m.Token(domain[:dot])})
		i = to
	}
}

// numbers masks card numbers (Luhn) and Japanese phone numbers. Digits that
// stand together are read as groups, because both kinds are written with and
// without separators and one may follow the other.
func (m *Masker) numbers(b []byte, out []span) []span {
	var groups []span
	for i := 0; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' {
			continue
		}
		groups = groups[:0]
		for len(groups) < 32 {
			g := span{from: i}
			for i < len(b) && b[i] >= '0' && b[i] <= '9' {
				i++
			}
			g.to = i
			groups = append(groups, g)
			if i+1 < len(b) && strings.IndexByte("- ()", b[i]) >= 0 && b[i+1] >= '0' && b[i+1] <= '9' {
				i++
				continue
			}
			break
		}
		for k := 0; k < len(groups); {
			n, keep := numberAt(b, groups[k:])
			if n == 0 {
				k++
				continue
			}
			from, to := groups[k].from, groups[k+n-1].to
			out = append(out, span{from + keep, to, m.Token(string(b[from:to]))[keep:]})
			k += n
		}
	}
	return out
}

// numberAt says how many groups from the first on make a card or phone number,
// and how many of its first bytes stay: a brand's digit, an area code.
func numberAt(b []byte, groups []span) (n, keep int) {
	if from := groups[0].from; from > 0 && (isAlnum(b[from-1]) || strings.IndexByte("._%#+", b[from-1]) >= 0 || b[from-1] == '-' && from > 1 && isAlnum(b[from-2])) {
		return 0, 0
	}
	var digits []byte
	for n = 0; n < len(groups) && n < 5; n++ {
		digits = append(digits, b[groups[n].from:groups[n].to]...)
		if len(digits) > 19 {
			break
		}
		to := groups[n].to
		if to < len(b) && (isAlnum(b[to]) || b[to] == '_' || b[to] == '-' && to+1 < len(b) && isAlnum(b[to+1]) && n+1 == len(groups)) {
			continue
		}
		text := b[groups[0].from:to]
		if isCard(digits) {
			return n + 1, 1
		}
		inURL := groups[0].from > 0 && strings.IndexByte("/=", b[groups[0].from-1]) >= 0
		if isPhone(text, digits, n+1, inURL) {
			return n + 1, min(3, groups[0].to-groups[0].from)
		}
	}
	return 0, 0
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

// isPhone knows the Japanese forms: 03-1234-5678, 0120-123-456, 090-1234-5678,
// 09012345678, 0312345678. Bare numbers in URLs are item codes.
func isPhone(text, d []byte, groups int, inURL bool) bool {
	if len(d) < 10 || len(d) > 11 || d[0] != '0' || d[1] == '0' || inURL {
		return false
	}
	mobile := d[1] >= '5' && d[1] <= '9' && d[2] == '0'
	if groups == 1 {
		return len(d) == 11 && mobile || len(d) == 10
	}
	if bytes.IndexByte(text, ' ') >= 0 || groups > 3 {
		return false
	}
	return len(d) == 10 || mobile
}
