package wire

import (
	"bytes"
	"strings"
)

// numbers masks card numbers (Luhn) and Japanese phone numbers, in half-width
// and full-width digits. Digits that stand together are read as groups, because
// both kinds are written with and without separators and one may follow the other.
func (m *Masker) numbers(b []byte, out []span) []span {
	var groups []span
	for i := 0; i < len(b); i++ {
		if digitAt(b, i) == 0 {
			continue
		}
		groups = groups[:0]
		for len(groups) < 32 {
			g := span{from: i}
			for n := digitAt(b, i); n > 0; n = digitAt(b, i) {
				i += n
			}
			g.to = i
			groups = append(groups, g)
			n := separatorAt(b, i)
			if n > 0 && digitAt(b, i+n) == 0 {
				n += separatorAt(b, i+n)
			}
			if n == 0 || digitAt(b, i+n) == 0 {
				break
			}
			i += n
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

// digitAt is how many bytes the digit at i has, 0 when there is none: ０ to ９
// have three.
func digitAt(b []byte, i int) int {
	switch {
	case i >= len(b):
		return 0
	case b[i] >= '0' && b[i] <= '9':
		return 1
	case b[i] == 0xef && i+2 < len(b) && b[i+1] == 0xbc && b[i+2] >= 0x90 && b[i+2] <= 0x99:
		return 3
	}
	return 0
}

// separators are what stands between groups besides "- ().": the spaces,
// hyphens and brackets of Japanese text, and what HTML writes for a space.
var separators = [][]byte{
	[]byte("\u00a0"), []byte("\u3000"), []byte("‐"), []byte("‑"), []byte("‒"), []byte("–"), []byte("—"), []byte("―"), []byte("−"), []byte("－"), []byte("ー"), []byte("ｰ"),
	[]byte("（"), []byte("）"), []byte("&nbsp;"), []byte("&#160;"), []byte("&#45;"),
}

func separatorAt(b []byte, i int) int {
	if i >= len(b) {
		return 0
	}
	switch c := b[i]; {
	case c == '-' || c == ' ' || c == '(' || c == ')' || c == '.':
		return 1
	case c == '&' || c >= 0x80:
		for _, s := range separators {
			if bytes.HasPrefix(b[i:], s) {
				return len(s)
			}
		}
	}
	return 0
}

// numberAt says how many groups from the first on make a card or phone number,
// and how many of its first bytes stay: a brand's digit, an area code.
func numberAt(b []byte, groups []span) (n, keep int) {
	from := groups[0].from
	abroad := from > 0 && b[from-1] == '+'
	if from > 0 && !abroad {
		prev := b[from-1]
		inNumber := prev == '.' && from > 1 && b[from-2] >= '0' && b[from-2] <= '9'
		if isAlnum(prev) || inNumber || strings.IndexByte("_%#", prev) >= 0 || prev == '-' && from > 1 && isAlnum(b[from-2]) {
			return 0, 0
		}
	}
	var digits []byte
	for n := 0; n < len(groups) && n < 5; n++ {
		digits = appendDigits(digits, b[groups[n].from:groups[n].to])
		if len(digits) > 19 {
			break
		}
		to := groups[n].to
		if to < len(b) && (isAlnum(b[to]) || b[to] == '_' || b[to] == '-' && to+1 < len(b) && isAlnum(b[to+1]) && n+1 == len(groups)) {
			continue
		}
		width := digitAt(b, from)
		if isCard(digits) {
			return n + 1, width
		}
		text := b[from:to]
		if abroad {
			if bytes.HasPrefix(digits, []byte("81")) && len(digits) >= 11 && len(digits) <= 12 && bytes.IndexByte(text, '.') < 0 {
				return n + 1, 2 * width
			}
			continue
		}
		inURL := from > 0 && strings.IndexByte("/=", b[from-1]) >= 0
		if isPhone(text, digits, n+1, inURL) {
			return n + 1, min(3*width, groups[0].to-from)
		}
	}
	return 0, 0
}

// appendDigits appends the digits of one group, all half-width.
func appendDigits(out, b []byte) []byte {
	for i := 0; i < len(b); i += max(1, digitAt(b, i)) {
		if digitAt(b, i) == 3 {
			out = append(out, b[i+2]-0x90+'0')
		} else {
			out = append(out, b[i])
		}
	}
	return out
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
	if bytes.ContainsAny(text, " .") || groups > 3 {
		return false
	}
	return len(d) == 10 || mobile
}
