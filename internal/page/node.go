package page

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func attr(n *html.Node, key string) string { return valueIn(n.Attr, key) }

func valueIn(attrs []html.Attribute, key string) string {
	for i := range attrs {
		a := &attrs[i]
		if a.Key == key && (a.Namespace == "" || a.Namespace == "xlink") || a.Namespace != "" && len(key) > len(a.Key) && a.Namespace+":"+a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool { return hasIn(n.Attr, key) }

func hasIn(attrs []html.Attribute, key string) bool {
	return slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == key })
}

// Has says that the element behind the form has the attribute, with or without a value.
func (f *Form) Has(attribute string) bool { return hasIn(f.Attrs, attribute) }

// Has says that the field's element has the attribute, with or without a value.
func (d *Field) Has(attribute string) bool { return hasIn(d.Attrs, attribute) }

// attrOr is the first of the attributes that is not empty.
func attrOr(n *html.Node, keys ...string) string {
	for _, k := range keys {
		if v := attr(n, k); v != "" {
			return v
		}
	}
	return ""
}

func nodeName(n *html.Node) string { return strings.ToLower(n.Data) }

// textOf is the text below n without scripts and styles, at most max bytes.
func textOf(n *html.Node, max int) string {
	if n.FirstChild != nil && n.FirstChild.Type == html.TextNode && n.FirstChild.NextSibling == nil {
		return clip(n.FirstChild.Data, max)
	}
	var b strings.Builder
	steps := 0
	var f func(*html.Node)
	f = func(n *html.Node) {
		for ch := n.FirstChild; ch != nil && b.Len() < max && steps < 2000; ch = ch.NextSibling {
			steps++
			switch ch.Type {
			case html.TextNode:
				b.WriteString(ch.Data)
			case html.ElementNode:
				switch ch.DataAtom {
				case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Select, atom.Textarea:
					continue
				}
				if blocks[ch.DataAtom] {
					b.WriteByte(' ')
				}
				f(ch)
				if blocks[ch.DataAtom] {
					b.WriteByte(' ')
				}
			}
		}
	}
	f(n)
	return clip(b.String(), max)
}

// altOf is the alternative text of the first picture below n.
func altOf(n *html.Node) string {
	steps := 0
	for d := range n.Descendants() {
		if steps++; steps > 200 {
			break
		}
		if d.Type == html.ElementNode {
			if d.DataAtom == atom.Img {
				if a := attr(d, "alt"); a != "" {
					return fold(a)
				}
			}
			if d.Data == "svg" || d.DataAtom == atom.I || d.DataAtom == atom.Span {
				if a := attrOr(d, "aria-label", "title"); a != "" {
					return fold(a)
				}
			}
		}
	}
	return ""
}

// fold makes every run of white space one space.
func fold(s string) string {
	var v visible
	v.add(s)
	return v.b.String()
}

// clip cuts s at max bytes, never inside a character.
func clip(s string, max int) string {
	if len(s) <= max {
		return s
	}
	s = s[:max]
	for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if len(s) > 0 && s[len(s)-1] >= 0x80 {
		s = s[:len(s)-1]
	}
	return s
}
