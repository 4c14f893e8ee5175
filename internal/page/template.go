package page

import (
	"hash/fnv"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// signature names the structure of a document: tags, classes and ids in
// order, with siblings of the same structure folded into one and text, values
// and numbers left out. Pages that one template made have the same signature
// however many items they show.
func signature(doc *html.Node) string {
	s := &sketch{budget: 60_000}
	h := s.node(doc, 0)
	return strconv.FormatUint(h, 36)
}

type sketch struct {
	budget int
	free   int // how many areas of free text the walk is in
}

// isFreeArea says that n holds what the shop's people write: descriptions,
// articles, comments. Their inner structure says nothing about the template.
func isFreeArea(n *html.Node) bool {
	m := strings.ToLower(attr(n, "class") + " " + attr(n, "id"))
	return m != " " && hasAny(m, "desc", "free", "entry-content", "article-body", "post-body", "wysiwyg", "comment-", "user-content", "richtext", "rich-text", "product-info-detail", "detail_text", "explain")
}

var controls = map[atom.Atom]bool{atom.Form: true, atom.Input: true, atom.Select: true, atom.Textarea: true, atom.Button: true}

// skeleton leaves out what varies between pages of one template: text marks,
// pictures in descriptions, head elements.
var skeleton = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Link: true, atom.Meta: true, atom.Br: true, atom.Hr: true, atom.Img: true, atom.B: true, atom.I: true, atom.Em: true,
	atom.Strong: true, atom.Span: true, atom.Font: true, atom.Svg: true, atom.Noscript: true, atom.Wbr: true, atom.Small: true, atom.Sup: true, atom.Sub: true,
	atom.U: true, atom.S: true, atom.Del: true, atom.Ins: true, atom.Option: true, atom.Optgroup: true, atom.Source: true, atom.Picture: true, atom.Title: true,
	atom.P: true, atom.Base: true, atom.Template: true, atom.Time: true, atom.Col: true, atom.Colgroup: true, atom.Abbr: true, atom.Mark: true, atom.Bdi: true,
	atom.Iframe: true, atom.Video: true, atom.Figure: true, atom.Figcaption: true, atom.Blockquote: true, atom.Code: true, atom.Pre: true, atom.Ruby: true,
}

func (s *sketch) node(n *html.Node, depth int) uint64 {
	h := fnv.New64a()
	if n.Type == html.ElementNode {
		_, _ = h.Write([]byte(n.Data))
		if t := attr(n, "type"); t != "" && n.DataAtom == atom.Input {
			_, _ = h.Write([]byte("[" + strings.ToLower(t) + "]"))
		}
		if t := attr(n, "name"); t != "" && (n.DataAtom == atom.Input || n.DataAtom == atom.Select || n.DataAtom == atom.Textarea) {
			_, _ = h.Write([]byte("@" + digits.ReplaceAllString(t, "N")))
		}
		if id := attr(n, "id"); id != "" && stableName(id) {
			_, _ = h.Write([]byte("#" + digits.ReplaceAllString(id, "N")))
		}
		for _, c := range strings.Fields(attr(n, "class")) {
			if n.DataAtom != atom.Body && n.DataAtom != atom.Html && stableName(c) && !stateClass(c) {
				_, _ = h.Write([]byte("." + digits.ReplaceAllString(c, "N")))
			}
		}
	}
	if depth > 200 || s.budget <= 0 {
		return h.Sum64()
	}
	// Repetition is folded: a set in order of first appearance, so that one
	// item or fifty, sold out or not between others, are one list.
	var seen map[uint64]bool
	var lone uint64
	n1 := 0
	if n.Type == html.ElementNode && isFreeArea(n) {
		s.free++
		defer func() { s.free-- }()
	}
	s.children(n, depth, func(c uint64) {
		if n1 == 0 {
			lone, n1 = c, 1
		} else {
			if seen == nil {
				if c == lone {
					return
				}
				seen = map[uint64]bool{lone: true}
			}
			if seen[c] {
				return
			}
			seen[c] = true
		}
		var buf [9]byte
		buf[0] = '>'
		for i := range 8 {
			buf[i+1] = byte(c >> (8 * i))
		}
		_, _ = h.Write(buf[:])
	})
	return h.Sum64()
}

// children visits the structural children of n; the contents of left-out
// elements are left out with them, except that spans pass theirs on.
func (s *sketch) children(n *html.Node, depth int, f func(uint64)) {
	for ch := n.FirstChild; ch != nil && s.budget > 0; ch = ch.NextSibling {
		if ch.Type != html.ElementNode {
			continue
		}
		s.budget--
		if s.free > 0 && !controls[ch.DataAtom] {
			if depth < 200 {
				s.children(ch, depth+1, f)
			}
			continue
		}
		if skeleton[ch.DataAtom] {
			if (ch.DataAtom == atom.P || ch.DataAtom == atom.Span) && depth < 200 {
				s.children(ch, depth+1, f)
			}
			continue
		}
		if n.DataAtom == atom.Ul || n.DataAtom == atom.Ol || n.DataAtom == atom.Tbody || n.DataAtom == atom.Table || n.DataAtom == atom.Dl || n.DataAtom == atom.Select {
			if ch.DataAtom == atom.A {
				continue
			}
		}
		f(s.node(ch, depth+1))
	}
}

// stableName refuses generated names: item-1234, css-1x2y3z, UUIDs.
func stableName(s string) bool {
	d := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			d++
		}
		if s[i] >= 0x80 {
			return false
		}
	}
	return len(s) <= 60 && d*3 <= len(s) && d <= 4
}

// stateClass marks what differs between pages of one template: the current
// menu entry, an item that is sold out, WordPress' numbers of posts.
func stateClass(c string) bool {
	c = strings.ToLower(c)
	for _, w := range []string{"active", "current", "selected", "open", "first", "last", "odd", "even", "post-", "instock", "outofstock", "onsale", "sale", "product_cat", "product_tag", "has-post-thumbnail", "disabled", "hidden", "is-", "sold", "new", "status-", "type-", "category-", "tag-", "purchasable", "product-type", "shipping-taxable", "virtual", "downloadable", "swiper", "slick"} {
		if strings.Contains(c, w) {
			return true
		}
	}
	return false
}
