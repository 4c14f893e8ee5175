package probe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"miseban/internal/page"
)

// Print is the fingerprint of an answer: what it says and where it says it,
// without the value that was sent and without what looks like a date or token.
type Print struct {
	Status int
	marks  map[mark]bool
}

// mark is one thing that an answer says: a text at a place of its structure.
type mark struct{ where, what string }

const maxMarks = 6000

// printOf reads pg. echoes are values that came or could come back in it.
func printOf(pg *page.Page, echoes ...string) *Print {
	p := &Print{Status: pg.Ex.Status, marks: map[mark]bool{}}
	e := newEchoes(echoes)
	p.add("status", fmt.Sprint(pg.Ex.Status))
	ct, _, _ := strings.Cut(pg.Ex.Header.Get("Content-Type"), ";")
	p.add("type", strings.ToLower(strings.TrimSpace(ct)))
	if l := pg.Ex.Header.Get("Location"); l != "" {
		p.add("location", e.clean(l))
	}
	switch {
	case pg.HTML():
		p.html(pg.Tree(), e)
	case p.json(pg.Text, e):
	case utf8.ValidString(pg.Text) && !strings.ContainsRune(pg.Text[:min(len(pg.Text), 512)], 0):
		for i, line := range strings.FieldsFunc(pg.Text[:min(len(pg.Text), 1<<18)], func(r rune) bool { return r == '\n' || r == '<' }) {
			if i > 2000 {
				break
			}
			p.add("line", e.clean(line))
		}
	default:
		sum := sha256.Sum256(pg.Ex.Body)
		p.add("bytes", hex.EncodeToString(sum[:8]))
	}
	return p
}

func (p *Print) add(where, what string) {
	if len(p.marks) < maxMarks {
		p.marks[mark{where, what}] = true
	}
}

// ends are the first and the last text at each place: of a list that holds the
// same in another order they are what differs.
type ends map[string]*[3]string

func (l ends) see(where, what string) {
	if l[where] == nil {
		l[where] = &[3]string{what}
	} else {
		l[where][1], l[where][2] = what, "more"
	}
}

func (p *Print) order(l ends) {
	for where, e := range l {
		if e[2] != "" {
			p.add(where+"^", e[0])
			p.add(where+"$", e[1])
		}
	}
}

func (p *Print) html(doc *nethtml.Node, e *echoes) {
	counts, list := map[string]int{}, ends{}
	defer func() { p.order(list) }()
	var walk func(n *nethtml.Node, where string, depth int)
	walk = func(n *nethtml.Node, where string, depth int) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case nethtml.TextNode:
				if s := fold(c.Data); s != "" {
					if s = e.clean(s); s != "" {
						p.add(where, s)
						list.see(where, s)
					}
				}
			case nethtml.ElementNode:
				if c.DataAtom == atom.Meta || c.DataAtom == atom.Link || c.DataAtom == atom.Style {
					continue
				}
				at := where
				if depth < 60 {
					at += "/" + name(c)
				}
				counts[at]++
				p.attributes(c, at, e)
				if c.DataAtom == atom.Script {
					if c.FirstChild != nil {
						p.add(at, short(e.clean(fold(c.FirstChild.Data))))
					}
					continue
				}
				if depth < 300 {
					walk(c, at, depth+1)
				}
			}
		}
	}
	walk(doc, "", 0)
	for k, n := range counts {
		p.add(k, fmt.Sprintf("×%d", n))
	}
}

func short(s string) string {
	if len(s) <= 120 {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	cut := s[:40] + hex.EncodeToString(sum[:6])
	if strings.Contains(s[40:], echoMark) { // that something came back in it is still to be seen
		cut += echoMark
	}
	return cut
}

// name is an element with what its author calls it, numbers left out.
func name(n *nethtml.Node) string {
	s := n.Data
	for _, a := range n.Attr {
		if a.Key == "class" || a.Key == "id" {
			if a.Val != "" && len(a.Val) < 60 {
				s += "." + strings.Map(func(r rune) rune {
					if unicode.IsDigit(r) {
						return -1
					}
					return r
				}, a.Val)
			}
		}
	}
	return s
}

func (p *Print) attributes(n *nethtml.Node, at string, e *echoes) {
	var typ, nam string
	for _, a := range n.Attr {
		switch a.Key {
		case "type":
			typ = strings.ToLower(a.Val)
		case "name":
			nam = a.Val
		}
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "href", "src", "action":
			v := a.Val
			if d, err := url.QueryUnescape(v); err == nil {
				v = d
			}
			p.add(at, a.Key+"="+e.clean(v))
		case "value":
			if typ != "hidden" || !page.LooksRandom(a.Val) && len(a.Val) < 16 {
				p.add(at, nam+"="+e.clean(a.Val))
			}
		case "selected", "checked", "disabled":
			p.add(at, a.Key)
		case "name":
			p.add(at, "name="+e.clean(a.Val))
		}
	}
}

func (p *Print) json(text string, e *echoes) bool {
	t := strings.TrimSpace(text)
	if t == "" || t[0] != '{' && t[0] != '[' {
		return false
	}
	var v any
	d := json.NewDecoder(strings.NewReader(t))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return false
	}
	list := ends{}
	defer func() { p.order(list) }()
	var walk func(v any, where string, depth int)
	walk = func(v any, where string, depth int) {
		if depth > 40 {
			return
		}
		switch x := v.(type) {
		case map[string]any:
			for k, c := range x {
				walk(c, where+"/"+k, depth+1)
			}
		case []any:
			p.add(where, fmt.Sprintf("×%d", len(x)))
			for _, c := range x {
				walk(c, where+"/·", depth+1)
			}
		default:
			s := e.clean(fmt.Sprint(x))
			p.add(where, s)
			list.see(where, s)
		}
	}
	walk(v, "", 0)
	return true
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }

// echoes are the forms in which sent values come back.
type echoes struct {
	long  *strings.Replacer
	short *regexp.Regexp
}

func newEchoes(values []string) *echoes {
	var long, brief []string
	for _, v := range values {
		if v == "" {
			continue
		}
		for _, f := range []string{v, fold(v), strings.TrimSpace(v), html.EscapeString(v), html.EscapeString(html.EscapeString(v)), url.QueryEscape(v), url.PathEscape(v), jsonText(v),
			strings.ReplaceAll(v, "'", "''"), addSlashes(v), stripped(v, `'"`), stripped(v, "'\"\\<>&"), strings.ToLower(v), strings.ToUpper(v),
			strings.ReplaceAll(html.EscapeString(v), "&#34;", "&quot;"), strings.ReplaceAll(html.EscapeString(v), "&#39;", "&#039;"), fold(stripped(v, `'"`))} {
			if utf8.RuneCountInString(f) >= 4 && strings.Trim(f, "0123456789") != "" {
				long = append(long, f)
			} else if f != "" {
				brief = append(brief, f)
			}
		}
	}
	slices.SortFunc(long, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	long = slices.Compact(long)
	e := &echoes{}
	if len(long) > 0 {
		var pairs []string
		for _, f := range long {
			pairs = append(pairs, f, echoMark)
		}
		e.long = strings.NewReplacer(pairs...)
	}
	if len(brief) > 0 {
		slices.Sort(brief)
		brief = slices.Compact(brief)
		var alt []string
		for _, f := range brief {
			alt = append(alt, regexp.QuoteMeta(f))
		}
		slices.SortFunc(alt, func(a, b string) int { return len(b) - len(a) })
		e.short = regexp.MustCompile(`(^|[^\p{L}\p{N}])(?:` + strings.Join(alt, "|") + `)($|[^\p{L}\p{N}])`)
	}
	return e
}

const echoMark = "◦"

func addSlashes(v string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`).Replace(v)
}

func stripped(v, cut string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(cut, r) {
			return -1
		}
		return r
	}, v)
}

func jsonText(v string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return v
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

var (
	dates  = regexp.MustCompile(`\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? \d{1,2} \w{3,9} \d{4}|\w{3} \d{1,2}, \d{4}`)
	clocks = regexp.MustCompile(`\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?|\d{1,2}時\d{1,2}分(?:\d{1,2}秒)?`)
	timed  = regexp.MustCompile(`(?i)\d+(?:\.\d+)?\s?(?:ms|msec|milliseconds|sec|seconds|s|秒|ミリ秒)\b`)
	random = regexp.MustCompile(`[A-Za-z0-9_+/=-]{16,}|\d{9,}`)
)

// clean takes echoes, dates, clocks and random words out of a text.
func (e *echoes) clean(s string) string {
	if len(s) > 4000 {
		s = s[:4000]
	}
	if e.long != nil {
		s = e.long.Replace(s)
	}
	if e.short != nil {
		s = e.short.ReplaceAllString(s, "${1}"+echoMark+"${2}")
	}
	if strings.ContainsAny(s, "0123456789") {
		s = dates.ReplaceAllString(s, "D")
		s = clocks.ReplaceAllString(s, "T")
		s = timed.ReplaceAllString(s, "T")
	}
	if len(s) >= 9 {
		s = random.ReplaceAllStringFunc(s, func(w string) string {
			if len(w) >= 9 && strings.Trim(w, "0123456789") == "" || isHex(w) || page.LooksRandom(w) {
				return "R"
			}
			return w
		})
	}
	if len(s) > 300 {
		return short(s)
	}
	return s
}

func isHex(w string) bool {
	return len(w) >= 16 && strings.Trim(w, "0123456789abcdefABCDEF") == "" && strings.ContainsAny(w, "0123456789")
}

// without is p without the marks that hold one of words: a probe's remains.
func (p *Print) without(words ...string) *Print {
	q := &Print{Status: p.Status, marks: make(map[mark]bool, len(p.marks))}
	for m := range p.marks {
		low := asciiLower(m.what)
		if !slices.ContainsFunc(words, func(w string) bool { return w != "" && strings.Contains(low, w) }) && !slices.ContainsFunc(words, func(w string) bool { return w != "" && strings.Contains(m.where, w) }) {
			q.marks[m] = true
		}
	}
	return q
}
