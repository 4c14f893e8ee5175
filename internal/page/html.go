package page

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// html reads p.Text as a document.
func (c *collector) html() {
	p := c.p
	p.Kind = Other
	doc, cut := parseHTML(p.Text)
	p.tree, c.root = &tree{}, doc
	p.Cut = p.Cut || cut || p.Ex.Truncated
	c.budget, c.jsonLeft = 6<<20, 4<<20
	if b := firstBase(doc); b != "" {
		if u := resolve(p.Base, b); u != nil {
			p.Base, c.base = u, u
		}
	}
	w := &visible{}
	c.walk(doc, w)
	p.Visible = w.b.String()
	c.forms(doc)
	p.Template = signature(doc)
}

// firstBase is the href of the first <base> that has one; later ones do not count.
func firstBase(doc *html.Node) string {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Base {
			if h := strings.TrimSpace(attr(n, "href")); h != "" {
				return h
			}
		}
		if n.DataAtom == atom.Body && n.Parent != nil && n.Parent.DataAtom == atom.Html && n.FirstChild == nil {
			break
		}
	}
	return ""
}

// visible folds white space as a reader sees it.
type visible struct {
	b     strings.Builder
	space bool
}

func (v *visible) add(s string) {
	if v.b.Len() >= maxVisible {
		return
	}
	for s != "" {
		i := strings.IndexAny(s, " \t\r\n\u00a0\u3000")
		word := s
		if i >= 0 {
			word = s[:i]
		}
		if word != "" {
			if v.space && v.b.Len() > 0 {
				v.b.WriteByte(' ')
			}
			v.space = false
			v.b.WriteString(word)
		}
		if i < 0 {
			return
		}
		v.space = true
		_, n := utf8.DecodeRuneInString(s[i:])
		s = s[i+n:]
	}
}

var blocks = map[atom.Atom]bool{
	atom.Div: true, atom.P: true, atom.Li: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true,
	atom.Dt: true, atom.Dd: true, atom.Br: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Option: true,
	atom.Button: true, atom.Label: true, atom.Nav: true, atom.Ul: true, atom.Table: true, atom.Main: true, atom.Form: true,
}

// walk visits n and what is below it in document order.
func (c *collector) walk(n *html.Node, v *visible) {
	switch n.Type {
	case html.TextNode:
		if v != nil {
			v.add(n.Data)
		}
		return
	case html.CommentNode:
		c.comment(n.Data)
		return
	case html.ElementNode:
		inner, again := c.element(n)
		if !inner {
			return
		}
		if again != "" {
			old := c.inside
			c.inside = again
			defer func() { c.inside = old }()
			if again == "template" {
				v = nil
			}
		}
		if v != nil && isHidden(n) {
			v = nil
		}
		if v != nil && blocks[n.DataAtom] {
			v.space = true
			defer func() { v.space = true }()
		}
	}
	for ch := n.FirstChild; ch != nil; ch = ch.NextSibling {
		c.walk(ch, v)
	}
}

func isHidden(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "hidden" {
			return a.Val != "until-found"
		}
		if a.Key == "style" && strings.Contains(strings.ReplaceAll(strings.ToLower(a.Val), " ", ""), "display:none") {
			return true
		}
	}
	return false
}

// element reads one element. It says whether to go into its children, and
// under which hidden part they count.
func (c *collector) element(n *html.Node) (inner bool, inside string) {
	p := c.p
	switch n.DataAtom {
	case atom.Html:
		if p.Lang == "" && c.inside == "" {
			p.Lang = strings.TrimSpace(attrOr(n, "lang", "xml:lang"))
		}
	case atom.Title:
		if p.Title == "" && c.inside == "" && n.Namespace == "" {
			p.Title = fold(textOf(n, 2000))
		}
		return false, ""
	case atom.Meta:
		c.meta(n)
	case atom.A, atom.Area:
		c.anchor(n)
	case atom.Link:
		c.link(n)
	case atom.Iframe, atom.Frame:
		c.both(n, "src", nodeName(n), "iframe", attrOr(n, "title", "name"))
		if s := attr(n, "srcdoc"); s != "" && c.inside == "" {
			c.fragment(s, "srcdoc")
		}
	case atom.Object:
		c.both(n, "data", "object", "object", "")
	case atom.Embed:
		c.both(n, "src", "embed", "object", "")
	case atom.Applet:
		c.both(n, "code", "object", "object", "")
	case atom.Param:
		switch strings.ToLower(attr(n, "name")) {
		case "movie", "src", "url", "href", "data", "filename":
			c.add(attr(n, "value"), "object", "", "")
		}
	case atom.Img:
		c.image(n)
	case atom.Image:
		c.both(n, "href", "svg", "image", "")
	case atom.Source, atom.Video, atom.Audio, atom.Track:
		if s := attr(n, "src"); s != "" {
			kind := "media"
			if n.Parent != nil && n.Parent.DataAtom == atom.Picture {
				kind = "image"
			}
			c.both(n, "src", nodeName(n), kind, "")
		}
		c.srcset(n, attr(n, "srcset"))
	case atom.Input:
		if strings.EqualFold(attr(n, "type"), "image") {
			c.both(n, "src", "img", "image", attr(n, "alt"))
		}
		if strings.EqualFold(attr(n, "type"), "hidden") {
			c.hiddenValue(n)
		}
	case atom.Option:
		c.option(n)
	case atom.Script:
		c.script(n)
		return false, ""
	case atom.Style:
		if n.FirstChild != nil {
			c.css(n.FirstChild.Data, n)
		}
		return false, ""
	case atom.Noscript:
		c.attributes(n)
		if n.FirstChild != nil && n.FirstChild.Type == html.TextNode && n.FirstChild.NextSibling == nil {
			c.fragment(n.FirstChild.Data, "noscript")
			return false, ""
		}
		return true, "noscript"
	case atom.Template:
		c.attributes(n)
		return true, "template"
	case atom.Textarea:
		c.attributes(n)
		return false, ""
	}
	c.attributes(n)
	return true, ""
}

// fragment reads HTML that stands as text inside the page.
func (c *collector) fragment(s, inside string) {
	if len(s) > 1<<20 || c.inside == "comment" || c.inside == "srcdoc" || strings.Count(s, "<") > maxTags/10 {
		return
	}
	if c.fragments++; c.fragments > 3000 {
		c.p.Cut = true
		return
	}
	ctx := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	ns, err := html.ParseFragment(strings.NewReader(s), ctx)
	if err != nil {
		return
	}
	old := c.inside
	if old == "" || inside == "comment" {
		c.inside = inside
	}
	defer func() { c.inside = old }()
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	for _, n := range ns {
		root.AppendChild(n)
	}
	c.walk(root, nil)
	if inside == "noscript" {
		c.forms(root)
	}
}

func (c *collector) comment(s string) {
	if c.inside == "" && len(c.p.Comments) < maxComments {
		c.p.Comments = append(c.p.Comments, s)
	}
	if strings.Contains(s, "<") && (strings.Contains(s, "href") || strings.Contains(s, "src") || strings.Contains(s, "action")) {
		if i := strings.Index(s, "<"); i >= 0 && len(s) < 256<<10 {
			c.fragment(s[i:], "comment")
			return
		}
	}
	if len(s) < 4096 {
		for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'<>()（）、。", r) }) {
			if looksLikeRoute(word) {
				old := c.inside
				c.inside = "comment"
				c.add(word, "comment", "", "")
				c.inside = old
			}
		}
	}
}

func (c *collector) meta(n *html.Node) {
	m := Meta{Name: attr(n, "name"), HTTPEquiv: attr(n, "http-equiv"), Property: attr(n, "property"), Content: attr(n, "content")}
	if m == (Meta{}) {
		return
	}
	if c.inside == "" {
		c.p.Metas = append(c.p.Metas, m)
	}
	switch {
	case strings.EqualFold(m.HTTPEquiv, "refresh"):
		if u := refreshURL(m.Content); u != "" {
			c.add(u, "meta-refresh", "", "")
		}
	case strings.HasPrefix(m.Property, "og:"), strings.HasPrefix(m.Property, "al:"), strings.HasPrefix(m.Name, "twitter:"),
		strings.HasPrefix(m.Name, "msapplication-"), strings.HasSuffix(m.Name, "url"), strings.HasPrefix(m.Property, "product:"):
		if strings.Contains(m.Content, "/") && !strings.Contains(m.Content, " ") {
			c.add(m.Content, "meta", "", m.Property+m.Name)
		}
	}
}

func (c *collector) anchor(n *html.Node) {
	text := fold(textOf(n, 500))
	if text == "" {
		text = attrOr(n, "aria-label", "title")
	}
	if text == "" {
		text = altOf(n)
	}
	href := attr(n, "href")
	if href == "" {
		href = attr(n, "xlink:href")
	}
	from := nodeName(n)
	if n.Namespace == "svg" {
		from = "svg"
	}
	if js, ok := javascriptURL(href); ok {
		c.handler(js, "javascript:", text)
	} else if href != "" {
		if l := c.add(href, from, text, attr(n, "rel")); l != nil {
			// Frameworks send data-method="delete" as a form of their own.
			if m := strings.ToUpper(attrOr(n, "data-method", "data-turbo-method", "data-ajax-method")); m != "" && m != "GET" {
				l.Method = m
			}
			if m := attr(n, "token-for-anchor"); m != "" || hasAttr(n, "token-for-anchor") {
				l.Method = strings.ToUpper(attrOr(n, "data-method"))
				if l.Method == "" {
					l.Method = "POST" // EC-CUBE 4 turns these anchors into POST forms
				}
			}
		}
	}
	if ping := attr(n, "ping"); ping != "" {
		for _, u := range strings.Fields(ping) {
			c.addMethod(u, "ping", "", "", "POST")
		}
	}
}

// handler reads the script of an event attribute or javascript: address.
func (c *collector) handler(src, from, text string) {
	if len(src) > 64<<10 || c.budget < len(src) || !strings.ContainsAny(src, "/'\"`?") {
		return
	}
	k := [2]string{src, text}
	if c.handlers[k] {
		return
	}
	if c.handlers == nil {
		c.handlers = map[[2]string]bool{}
	}
	if len(c.handlers) >= 5000 {
		c.p.Cut = true
		return
	}
	c.handlers[k] = true
	c.budget -= len(src)
	for _, l := range scriptLinks([]byte(src), c.base, true) {
		if l.From == "script" || l.From == "location" {
			l.From = from
		}
		if c.inside != "" && c.inside != "noscript" {
			l.From = c.inside
		}
		l.Text = text
		c.keep(l)
	}
}

func javascriptURL(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 11 || !strings.EqualFold(s[:11], "javascript:") {
		return "", false
	}
	js := s[11:]
	if dec, err := url.PathUnescape(js); err == nil {
		js = dec
	}
	return js, true
}

// both records an address as a link and as something the page loads.
func (c *collector) both(n *html.Node, key, from, kind, text string) {
	v := attr(n, key)
	if v == "" && key == "href" {
		v = attr(n, "xlink:href")
	}
	if js, ok := javascriptURL(v); ok {
		c.handler(js, "javascript:", text)
		return
	}
	if strings.TrimSpace(v) == "" {
		return
	}
	c.add(v, from, text, "")
	c.resource(v, kind, n)
}

func (c *collector) image(n *html.Node) {
	c.both(n, "src", "img", "image", attr(n, "alt"))
	c.srcset(n, attr(n, "srcset"))
	if v := attr(n, "longdesc"); v != "" {
		c.add(v, "longdesc", "", "")
	}
	for _, k := range []string{"lowsrc", "dynsrc"} {
		if v := attr(n, k); v != "" {
			c.add(v, "img", "", "")
		}
	}
}

// srcset records each candidate of a srcset or imagesrcset.
func (c *collector) srcset(n *html.Node, s string) {
	for s = strings.TrimLeft(s, " \t\r\n,"); s != ""; s = strings.TrimLeft(s, " \t\r\n,") {
		i := strings.IndexAny(s, " \t\r\n")
		u := s
		if i >= 0 {
			u = s[:i]
		}
		s = s[len(u):]
		if t := strings.TrimRight(u, ","); t != u {
			u = t
		} else if j := strings.IndexByte(s, ','); j >= 0 {
			s = s[j+1:]
		} else {
			s = ""
		}
		c.add(u, "srcset", "", "")
		c.resource(u, "image", n)
	}
}

var relKinds = map[string]string{
	"stylesheet": "style", "icon": "image", "apple-touch-icon": "image", "apple-touch-icon-precomposed": "image", "mask-icon": "image",
	"manifest": "manifest", "preload": "preload", "modulepreload": "preload", "prefetch": "prefetch", "prerender": "prefetch",
	"dns-prefetch": "preconnect", "preconnect": "preconnect",
}

func (c *collector) link(n *html.Node) {
	rel := strings.ToLower(attr(n, "rel"))
	href := attr(n, "href")
	from := "link"
	kind := ""
	for _, r := range strings.Fields(rel) {
		if k := relKinds[r]; k != "" && (kind == "" || r == "stylesheet") {
			kind = k
		}
	}
	if kind == "preload" && strings.EqualFold(attr(n, "as"), "font") {
		kind = "font"
	}
	if href != "" {
		if kind != "preconnect" {
			c.add(href, from, attr(n, "title"), rel)
		}
		if kind != "" {
			c.resource(href, kind, n)
		}
	}
	c.srcset(n, attr(n, "imagesrcset"))
}

// hiddenValue records addresses carried in hidden fields (return_url and the like).
func (c *collector) hiddenValue(n *html.Node) {
	v := attr(n, "value")
	if len(v) > 2 && len(v) < 2048 && looksLikeRoute(v) {
		c.add(v, "hidden", "", attr(n, "name"))
	}
}

// option records the targets of jump menus: <select onchange="location=this.value">.
func (c *collector) option(n *html.Node) {
	if v := attr(n, "value"); looksLikeRoute(v) {
		c.add(v, "option", fold(textOf(n, 200)), "")
	}
}
