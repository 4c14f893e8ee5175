package account

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Line makes one line of what a person typed: NFC, no control or invisible
// steering characters, single blanks.
func Line(s string) string {
	s = strings.ToValidUTF8(norm.NFC.String(s), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Paragraph is Line for several lines.
func Paragraph(s string) string {
	var out []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		out = append(out, Line(l))
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// NormalMail is the form under which a mail address is kept and compared, or
// "" when it is none.
func NormalMail(s string) string {
	a, err := mail.ParseAddress(Line(width.Narrow.String(s)))
	if err != nil || len(a.Address) > 254 {
		return ""
	}
	local, domain, ok := strings.Cut(a.Address, "@")
	if !ok || strings.ContainsAny(local, "@ \"") {
		return ""
	}
	host, err := idna.Lookup.ToASCII(domain)
	if err != nil || host == "" {
		return ""
	}
	return strings.ToLower(local) + "@" + host
}

// Kana makes ふりがな of what was typed in hiragana or katakana, wide or narrow;
// "" when other letters stand in it.
func Kana(s string) string {
	s = Line(norm.NFKC.String(s))
	out := strings.Map(func(r rune) rune {
		if r >= 'ァ' && r <= 'ヶ' {
			return r - 'ァ' + 'ぁ'
		}
		return r
	}, s)
	for _, r := range out {
		if !(r >= 'ぁ' && r <= 'ゖ' || r == 'ー' || r == '・' || r == ' ' || r >= '0' && r <= '9') {
			return ""
		}
	}
	return out
}

// Phone is a Japanese telephone number with half-width digits, as typed
// otherwise; "" when it is none.
func Phone(s string) string {
	s = strings.NewReplacer("ー", "-", "−", "-", "‐", "-", "(", "-", ")", "-", " ", "").Replace(Line(norm.NFKC.String(s)))
	s = strings.Trim(strings.ReplaceAll(s, "--", "-"), "-")
	digits := strings.ReplaceAll(strings.TrimPrefix(s, "+81"), "-", "")
	if strings.Trim(digits, "0123456789") != "" || len(digits) < 9 || len(digits) > 11 {
		return ""
	}
	return s
}

// CorporateNumber is the 13 digits of a 法人番号, or "" when its check digit
// does not fit. The digit is 9 minus the weighted sum of the others modulo 9,
// weights 1 and 2 in turn from the right (Ordinance on corporate numbers, 2014).
func CorporateNumber(s string) string {
	s = strings.NewReplacer("-", "", " ", "").Replace(Line(norm.NFKC.String(s)))
	if len(s) != 13 || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	sum := 0
	for i := 1; i <= 12; i++ {
		weight := 1
		if i%2 == 0 {
			weight = 2
		}
		sum += int(s[13-i]-'0') * weight
	}
	if int(s[0]-'0') != 9-sum%9 {
		return ""
	}
	return s
}

func longer(s string, most int) bool { return utf8.RuneCountInString(s) > most }
