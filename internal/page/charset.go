package page

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Decode reads body as browsers do (BOM, then the Content-Type header, then
// <meta>), guesses where nothing is declared or the declaration cannot be
// right, and returns UTF-8.
func Decode(body []byte, contentType string) (string, Charset) {
	var c Charset
	if _, p, err := mime.ParseMediaType(contentType); err == nil || p != nil {
		c.Header = strings.TrimSpace(p["charset"])
	}
	if c.Header == "" {
		if i := bytes.Index(asciiLower([]byte(contentType)), []byte("charset=")); i >= 0 {
			c.Header = strings.Trim(strings.TrimSpace(contentType[i+8:]), `"'; `)
		}
	}
	c.Meta = metaCharset(body)
	bom := bomOf(body)
	c.Detected = Detect(body)
	declared := bom
	for _, name := range []string{c.Header, c.Meta} {
		if declared == "" {
			declared = encodingName(name)
		}
	}
	if declared != "" && bom == "" {
		c.Mismatch = cannotBe(body, declared, c.Detected)
	}
	c.Used = declared
	if declared == "" || c.Mismatch {
		c.Used = c.Detected
	}
	return decodeAs(body, c.Used), c
}

// encodingName is the WHATWG name of a label, "" when browsers do not know it.
func encodingName(label string) string {
	if label == "" {
		return ""
	}
	l := strings.ToLower(strings.TrimSpace(label))
	switch l {
	case "cp932", "ms932", "windows31j", "sjis-win", "shift-jisx0213", "x-ms-cp932":
		return "shift_jis"
	case "eucjp-win", "cp51932", "eucjp", "eucjpms":
		return "euc-jp"
	case "jis", "iso-2022-jp-ms", "cp50221", "cp50220", "iso2022jp":
		return "iso-2022-jp"
	case "utf8", "utf-8n":
		return "utf-8"
	}
	e, err := htmlindex.Get(l)
	if err != nil {
		return ""
	}
	n, err := htmlindex.Name(e)
	if err != nil {
		return ""
	}
	return n
}

func bomOf(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		return "utf-8"
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return "utf-16be"
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return "utf-16le"
	}
	return ""
}

func decodeAs(body []byte, name string) string {
	if name == "utf-8" || name == "" {
		body = bytes.TrimPrefix(body, []byte{0xEF, 0xBB, 0xBF})
		if utf8.Valid(body) {
			return string(body)
		}
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	if bom := bomOf(body); bom == name && bom != "" {
		body = body[2:]
	}
	if name == "iso-2022-jp" {
		body = yen(body)
	}
	dec, _, err := transform.Bytes(e.NewDecoder(), body)
	if err != nil {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	return string(dec)
}

// yen writes the two signs that JIS X 0201 Roman (behind ESC ( J) has in other
// places than ASCII as wide ones, as browsers do and the decoder does not: a
// backslash there is a yen sign and escapes nothing.
func yen(body []byte) []byte {
	const roman = "\x1b(J"
	if !bytes.Contains(body, []byte(roman)) {
		return body
	}
	var out []byte
	in := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == 0x1b:
			in = bytes.HasPrefix(body[i:], []byte(roman))
			out = append(out, c)
		case in && c == '\\':
			out = append(out, "\x1b$B!o"+roman...)
		case in && c == '~':
			out = append(out, "\x1b$B!1"+roman...)
		default:
			out = append(out, c)
		}
	}
	return out
}

// metaCharset finds what <meta> or an XML declaration says within the first
// bytes, where browsers look too.
func metaCharset(body []byte) string {
	head := body[:min(len(body), 4096)]
	low := asciiLower(head)
	if bytes.HasPrefix(bytes.TrimLeft(low, " \r\n\t\xef\xbb\xbf"), []byte("<?xml")) {
		if end := bytes.Index(low, []byte("?>")); end > 0 {
			if v := attrIn(head[:end], low[:end], "encoding"); v != "" {
				return v
			}
		}
	}
	for off := 0; ; {
		i := bytes.Index(low[off:], []byte("<meta"))
		if i < 0 {
			return ""
		}
		start := off + i
		end := bytes.IndexByte(low[start:], '>')
		if end < 0 {
			end = len(low) - start
		}
		if c := bytes.LastIndex(low[:start], []byte("<!--")); c >= 0 && !bytes.Contains(low[c:start], []byte("-->")) {
			off = start + 5
			continue
		}
		if v := attrIn(head[start:start+end], low[start:start+end], "charset"); v != "" {
			return v
		}
		off = start + 5
	}
}

// asciiLower keeps every byte in its place, which bytes.ToLower does not do for
// bytes that are no UTF-8.
func asciiLower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

// attrIn reads name=value out of a tag, also inside a content="…; charset=x".
func attrIn(tag, low []byte, name string) string {
	i := bytes.Index(low, []byte(name))
	if i < 0 {
		return ""
	}
	rest := bytes.TrimLeft(tag[i+len(name):], " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n\"'")
	if j := bytes.IndexAny(rest, "\"'; \t\r\n/>"); j >= 0 {
		rest = rest[:j]
	}
	return string(rest)
}

// Detect names the charset the bytes look like. x/net calls Japanese legacy
// encodings windows-1252, so these are told apart here.
func Detect(b []byte) string {
	if bom := bomOf(b); bom != "" {
		return bom
	}
	g := measure(b)
	switch {
	case g.high*8 <= g.jisEscapes && g.jisEscapes > 0:
		return "iso-2022-jp"
	case g.high == 0:
		return "utf-8"
	case g.utf8Bad == 0:
		return "utf-8"
	}
	// Good characters count for a reading, impossible ones weigh against it.
	u := float64(g.utf8Good)*3 - float64(g.utf8Bad)*4
	s := g.sjis - float64(g.sjisBad)*12
	e := g.euc - float64(g.eucBad)*12
	switch {
	case u > 0 && u >= s && u >= e:
		return "utf-8"
	case s > 0 && s > e:
		return "shift_jis"
	case e > 0:
		return "euc-jp"
	case s > 0:
		return "shift_jis"
	}
	_, name, _ := charset.DetermineEncoding(b[:min(len(b), 1024)], "")
	if name == "utf-8" {
		return "windows-1252"
	}
	return name
}

// cannotBe says that the declared charset cannot be right for the bytes. A
// few stray bytes (cut strings, foreign widgets) do not prove it.
func cannotBe(b []byte, declared, detected string) bool {
	if declared == detected || detected == "" {
		return false
	}
	g := measure(b)
	if g.high == 0 && g.jisEscapes == 0 {
		return false // plain ASCII is right in any of them
	}
	good, bad := 0, 0
	switch declared {
	case "utf-8":
		good, bad = g.utf8Good, g.utf8Bad
	case "shift_jis":
		good, bad = g.sjisGood, g.sjisBad
		if detected == "utf-8" && g.utf8Good >= 3 {
			return true // valid UTF-8 of this length is no accident
		}
		if detected == "euc-jp" && g.eucBad == 0 && g.eucGood >= 6 {
			return g.euc > 1.3*(g.sjis-12*float64(bad))
		}
	case "euc-jp":
		good, bad = g.eucGood, g.eucBad
		if detected == "utf-8" && g.utf8Good >= 3 {
			return true
		}
		if detected == "shift_jis" && bad == 0 {
			return false
		}
	case "iso-2022-jp":
		return g.high > 2
	case "utf-16be", "utf-16le":
		return false // labels for UTF-16 without its BOM are read as UTF-8 by browsers
	default:
		// Single-byte charsets accept all bytes: only long, faultless Japanese speaks against them.
		switch detected {
		case "utf-8":
			return g.utf8Good >= 6 && g.utf8Bad == 0
		case "shift_jis":
			return g.sjisBad == 0 && g.sjisGood >= 6 && strings.HasPrefix(declared, "windows-125")
		case "euc-jp":
			return g.eucBad == 0 && g.eucGood >= 6 && strings.HasPrefix(declared, "windows-125")
		}
		return false
	}
	return bad >= 3 && bad*4 > good
}
