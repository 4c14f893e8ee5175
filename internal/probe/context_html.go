package probe

import (
	"sort"
	"strings"

	"golang.org/x/net/html"
)

// piece is one token of a document with its place in the source.
type piece struct {
	from, to int
	tt       html.TokenType
	name     string // of a tag; of the element a text stands in
	script   string // type attribute, for the text of a script
	raw      bool   // text that only its own end tag ends
}

// scan is a document cut into tokens, every byte of which belongs to one.
type scan struct {
	text   string
	pieces []piece
}

// voids hold no text.
var voids = map[string]bool{
	"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true,
	"meta": true, "param": true, "source": true, "track": true, "wbr": true,
}

// rawElements hold text that is no markup.
var rawElements = map[string]bool{
	"title": true, "textarea": true, "style": true, "script": true, "iframe": true, "noembed": true, "noframes": true, "noscript": true, "xmp": true, "plaintext": true,
}

const maxScan = 4 << 20

func newScan(text string) *scan {
	s := &scan{text: text}
	z := html.NewTokenizer(strings.NewReader(text[:min(len(text), maxScan)]))
	var open []string
	script, at := "", 0
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		p := piece{from: at, to: at + len(z.Raw()), tt: tt}
		at = p.to
		switch tt {
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			p.name = string(name)
			script = ""
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				if string(k) == "type" {
					script = strings.ToLower(strings.TrimSpace(string(v)))
				}
			}
			if !voids[p.name] && (tt == html.StartTagToken || rawElements[p.name]) && len(open) < 512 {
				open = append(open, p.name)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			p.name = string(name)
			for i := len(open) - 1; i >= 0; i-- {
				if open[i] == p.name {
					open = open[:i]
					break
				}
			}
		case html.TextToken:
			if len(open) > 0 {
				p.name = open[len(open)-1]
				p.raw = rawElements[p.name]
				p.script = script
			}
		}
		s.pieces = append(s.pieces, p)
	}
	if at < len(text) { // an unfinished tag at the end
		s.pieces = append(s.pieces, piece{from: at, to: len(text), tt: html.StartTagToken, name: tagName(text[at:])})
	}
	return s
}

func tagName(raw string) string {
	raw = strings.TrimPrefix(strings.TrimPrefix(raw, "<"), "/")
	if i := strings.IndexAny(raw, " \t\r\n\f/>"); i >= 0 {
		raw = raw[:i]
	}
	return strings.ToLower(raw)
}

// locate fills in the kind of place at p.from.
func (s *scan) locate(p *Place) {
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].to > p.from })
	if i == len(s.pieces) {
		p.Kind = InText
		return
	}
	t := &s.pieces[i]
	off := p.from - t.from
	raw := s.text[t.from:t.to]
	p.Element = t.name
	switch t.tt {
	case html.CommentToken, html.DoctypeToken:
		p.Kind = InComment
		head := strings.TrimLeft(raw[:off], " \t\r\n")
		p.Start = head == "<!--" || head == "<!---"
		if !strings.HasPrefix(raw, "<!--") {
			p.Quote = ">" // a bogus comment or a doctype, which any > ends
		}
	case html.TextToken:
		switch {
		case t.name == "script":
			p.Kind, p.Quote = InScript, jsState(raw[:off])
			if !runs(t.script) {
				p.Kind, p.Quote = InData, ""
			}
		case t.name == "style":
			p.Kind = InStyle
		case t.raw:
			p.Kind = InRawText
		default:
			p.Kind = InText
		}
	default:
		inTag(p, raw, off)
	}
}

// inTag reads the tag raw up to off and says which part of it stands there.
func inTag(p *Place, raw string, off int) {
	i := 1
	if strings.HasPrefix(raw, "</") {
		i = 2
	}
	for i < len(raw) && !isSpace(raw[i]) && raw[i] != '/' && raw[i] != '>' {
		i++
	}
	if off < i {
		p.Kind = InTagName
		return
	}
	for i < len(raw) {
		for i < len(raw) && (isSpace(raw[i]) || raw[i] == '/') {
			i++
		}
		from := i
		if i < len(raw) && raw[i] == '=' { // a name may begin with it
			i++
		}
		for i < len(raw) && !isSpace(raw[i]) && raw[i] != '/' && raw[i] != '>' && raw[i] != '=' {
			i++
		}
		name := strings.ToLower(raw[from:i])
		if off < i || i >= len(raw) || raw[i] == '>' {
			p.Kind = InAttrName
			return
		}
		j := i
		for j < len(raw) && isSpace(raw[j]) {
			j++
		}
		if j >= len(raw) || raw[j] != '=' {
			continue
		}
		for j++; j < len(raw) && isSpace(raw[j]); j++ {
		}
		i = j
		quote := ""
		if i < len(raw) && (raw[i] == '"' || raw[i] == '\'') {
			quote = raw[i : i+1]
			i++
			from = i
			for i < len(raw) && raw[i] != quote[0] {
				i++
			}
		} else {
			from = i
			for i < len(raw) && !isSpace(raw[i]) && raw[i] != '>' {
				i++
			}
		}
		if off >= from && off < i {
			p.Kind, p.Attr, p.Quote = InAttribute, name, quote
			p.Start = strings.TrimSpace(raw[from:off]) == ""
			return
		}
		if quote != "" {
			i++
		}
	}
	p.Kind = InAttrName
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// runs says whether a script element of that type is run as a script.
func runs(typ string) bool {
	t, _, _ := strings.Cut(typ, ";")
	switch t = strings.TrimSpace(t); t {
	case "", "module", "text/jscript", "text/livescript", "text/x-javascript", "text/x-ecmascript", "application/x-javascript", "application/x-ecmascript":
		return true
	}
	return strings.HasPrefix(t, "text/javascript") || strings.HasPrefix(t, "application/javascript") || strings.HasPrefix(t, "text/ecmascript") || strings.HasPrefix(t, "application/ecmascript")
}

// jsState says in what the end of src stands: the quote of a string, "`",
// "comment", "regexp" or "code".
func jsState(src string) string {
	last := byte(0) // the last sign that was no space, to tell a division from a regular expression
	word := ""
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\'' || c == '"' || c == '`':
			j := i + 1
			for j < len(src) && src[j] != c && (c == '`' || src[j] != '\n') {
				if src[j] == '\\' {
					j++
				}
				j++
			}
			if j >= len(src) {
				return string(c)
			}
			i, last, word = j, c, ""
		case c == '/' && i+1 < len(src) && src[i+1] == '/':
			j := strings.IndexByte(src[i:], '\n')
			if j < 0 {
				return "comment"
			}
			i += j
		case c == '/' && i+1 < len(src) && src[i+1] == '*':
			j := strings.Index(src[i+2:], "*/")
			if j < 0 {
				return "comment"
			}
			i += j + 3
		case c == '/' && (last == 0 || strings.IndexByte("(,=:[!&|?{};+-*%~^<>", last) >= 0 || word == "return" || word == "typeof"):
			j, class := i+1, false
			for j < len(src) && src[j] != '\n' && (src[j] != '/' || class) {
				switch src[j] {
				case '\\':
					j++
				case '[':
					class = true
				case ']':
					class = false
				}
				j++
			}
			if j >= len(src) {
				return "regexp"
			}
			i, last, word = j, '/', ""
		case isSpace(c):
		default:
			if isWord(c) {
				if i == 0 || !isWord(src[i-1]) {
					word = ""
				}
				word += string(c)
			} else {
				word = ""
			}
			last = c
		}
	}
	return "code"
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$'
}
