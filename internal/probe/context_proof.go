package probe

import (
	"net/url"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
	"golang.org/x/net/html"

	"miseban/internal/page"
)

// Made is what a value made of a document that was not there before: the proof
// that it left its context.
type Made string

// What a value can make. All but MadeElement and MadeAttribute run a script of
// the sender's choice right there; those two let one be added.
const (
	MadeElement   Made = "element"
	MadeAttribute Made = "attribute"
	MadeCode      Made = "code"       // a variable in a script of the page
	MadeHandler   Made = "handler"    // a variable in an event attribute
	MadeScriptURL Made = "script-url" // an address that runs a script when it is followed or loaded
	MadeSource    Made = "source"     // where a script is loaded from
)

// Escape is one such proof.
type Escape struct {
	Made    Made
	Element string // that was made, or that holds what was made
	Attr    string
}

// ReservedHost is the name that values point to. It can belong to nobody
// (RFC 6761) and is never contacted.
const ReservedHost = "miseban-check.invalid"

// Escapes reads a document and lists what carries name – the name of an
// element, of an attribute or of a variable in a script, or a part of an
// address that runs a script. name is random, so none of it can have been there
// before. What no browser builds from the document (templates, noscript) does not count.
func Escapes(doc *html.Node, name string) []Escape {
	if doc == nil || name == "" {
		return nil
	}
	f := finder{name: name}
	f.walk(doc, 0)
	return f.out
}

type finder struct {
	name string
	out  []Escape
	deep int // documents inside srcdoc
}

func (f *finder) add(made Made, element, attr string) {
	for _, e := range f.out {
		if e.Made == made && e.Element == element && e.Attr == attr {
			return
		}
	}
	f.out = append(f.out, Escape{made, element, attr})
}

func (f *finder) walk(n *html.Node, depth int) {
	if depth > 2000 || len(f.out) >= 20 {
		return
	}
	if n.Type == html.ElementNode {
		el := strings.ToLower(n.Data)
		if el == "template" || el == "noscript" {
			f.attributes(n, el)
			return
		}
		if strings.HasPrefix(el, f.name) {
			f.add(MadeElement, el, "")
		}
		f.attributes(n, el)
		if el == "script" {
			typ := ""
			for _, a := range n.Attr {
				if a.Key == "type" {
					typ = strings.ToLower(strings.TrimSpace(a.Val))
				}
			}
			if n.FirstChild != nil && runs(typ) && usesName(n.FirstChild.Data, f.name, false) {
				f.add(MadeCode, el, "")
			}
			return
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		f.walk(c, depth+1)
	}
}

func (f *finder) attributes(n *html.Node, el string) {
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		if key == f.name {
			f.add(MadeAttribute, el, key)
			continue
		}
		if !strings.Contains(asciiLower(a.Val), f.name) {
			if SourceAttr(el, key) && pointsAway(a.Val) {
				f.add(MadeSource, el, key)
			}
			continue
		}
		switch {
		case strings.HasPrefix(key, "on"):
			if usesName(a.Val, f.name, true) {
				f.add(MadeHandler, el, key)
			}
		case key == "srcdoc" && el == "iframe" && f.deep < 2:
			f.deep++
			if doc, err := html.Parse(strings.NewReader(a.Val)); err == nil {
				f.walk(doc, 0)
			}
			f.deep--
		case SourceAttr(el, key):
			if pointsAway(a.Val) {
				f.add(MadeSource, el, key)
			}
		case followed(el, key, n):
			if code, ok := scriptURL(a.Val); ok && usesName(code, f.name, false) {
				f.add(MadeScriptURL, el, key)
			}
		}
	}
}

// SourceAttr says that the attribute decides where the page's scripts come from.
func SourceAttr(el, attr string) bool {
	return el == "script" && (attr == "src" || attr == "href" || attr == "xlink:href") || el == "base" && attr == "href"
}

func pointsAway(v string) bool {
	u, err := url.Parse(strings.ReplaceAll(strings.TrimSpace(v), `\`, "/"))
	return err == nil && strings.EqualFold(u.Hostname(), ReservedHost) && (u.Scheme == "" || strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https"))
}

// followed says that a browser takes the attribute for an address that it goes
// to or shows, so that javascript: in it runs in the name of the page.
func followed(el, attr string, n *html.Node) bool {
	switch attr {
	case "href", "xlink:href":
		return el == "a" || el == "area"
	case "src":
		return el == "iframe" || el == "frame" || el == "embed"
	case "data":
		return el == "object"
	case "action":
		return el == "form"
	case "formaction":
		if el == "input" {
			for _, a := range n.Attr {
				if a.Key == "type" {
					t := strings.ToLower(strings.TrimSpace(a.Val))
					return t == "submit" || t == "image"
				}
			}
			return false
		}
		return el == "button"
	}
	return false
}

// scriptURL gives the script of a javascript: address, as a browser reads it:
// control signs before it and line breaks anywhere do not count.
func scriptURL(v string) (string, bool) {
	v = strings.TrimLeftFunc(v, func(r rune) bool { return r <= ' ' })
	v = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(v)
	if len(v) < 11 || !strings.EqualFold(v[:11], "javascript:") {
		return "", false
	}
	if code, err := url.PathUnescape(v[11:]); err == nil {
		return code, true
	}
	return v[11:], true
}

const (
	maxProofScript = 2 << 20
	maxProofDepth  = 400 // brackets inside brackets
)

// usesName says that src is a script that can be parsed as a whole and in
// which name is a variable that the script itself does not declare: not a part
// of a string, of a comment, of a regular expression or of another word.
func usesName(src, name string, inline bool) bool {
	at := strings.Index(asciiLower(src), name)
	if at < 0 || len(src) > maxProofScript || tooDeep(src) {
		return false
	}
	src = strings.NewReplacer("<!--", "//", "-->", "//").Replace(src) // lines that HTML hides from old browsers are comments
	ast, err := js.Parse(parse.NewInputBytes(append(make([]byte, 0, len(src)+1), src...)), js.Options{Inline: inline})
	if err != nil {
		return false
	}
	v := &variables{name: name}
	js.Walk(v, ast)
	return v.found
}

func tooDeep(src string) bool {
	depth, most := 0, 0
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '(', '[', '{':
			depth++
			most = max(most, depth)
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return most > maxProofDepth
}

// variables looks for a free variable.
type variables struct {
	name  string
	found bool
	depth int
}

// Enter implements js.IVisitor.
func (v *variables) Enter(n js.INode) js.IVisitor {
	v.depth++
	if v.found || v.depth > 3000 {
		v.depth--
		return nil
	}
	if x, ok := n.(*js.Var); ok && x.Decl == js.NoDecl && strings.EqualFold(string(x.Name()), v.name) {
		v.found = true
	}
	return v
}

// Exit implements js.IVisitor.
func (v *variables) Exit(js.INode) { v.depth-- }

// Curbed says that a Content-Security-Policy of the page keeps what e could add
// from running: added elements and attributes run inline scripts only where the
// policy lets them. What stands in a script of the page runs with that script.
func Curbed(pg *page.Page, e Escape) bool {
	for _, pol := range pg.Policies() {
		if s, ok := pol.Directives["sandbox"]; ok && !containsFold(s, "allow-scripts") {
			return true
		}
		switch e.Made {
		case MadeCode:
		case MadeSource:
			if _, any := pol.AnyScript(); !any {
				return true
			}
		default:
			if !pol.InlineScript() {
				return true
			}
		}
	}
	return false
}

func containsFold(list []string, s string) bool {
	for _, v := range list {
		if strings.EqualFold(v, s) {
			return true
		}
	}
	return false
}
