package page

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// routeWords are parts of attribute and property names whose value is an address.
var routeWords = []string{"href", "url", "uri", "link", "src", "path", "route", "action", "endpoint", "location", "redirect", "page", "goto", "jump", "target", "api", "image", "background", "next", "prev"}

func namesRoute(key string) bool {
	k := strings.ToLower(key)
	for _, w := range routeWords {
		if strings.Contains(k, w) {
			return true
		}
	}
	return k == "to"
}

// plain attributes whose value is an address, by how they are recorded.
var urlAttributes = map[string]string{
	"cite": "cite", "longdesc": "longdesc", "background": "background", "poster": "poster", "profile": "profile", "manifest": "manifest",
	"codebase": "object", "classid": "object", "archive": "object", "icon": "icon", "dynsrc": "img",
	"hx-get": "hx-get", "hx-post": "hx-post", "hx-put": "hx-put", "hx-delete": "hx-delete", "hx-patch": "hx-patch", "hx-push-url": "hx-get",
	"ng-href": "ng-href", "ng-src": "ng-href", "routerlink": "routerlink", "router-link": "routerlink", "up-href": "up-href", "ui-href": "up-href",
	"ajaxify": "ajaxify", "itemid": "itemid", "resource": "rdfa", "about": "rdfa", "xml:base": "xml-base", "attributionsrc": "ping",
	"ic-get-from": "hx-get", "ic-post-to": "hx-post", "basepath": "script",
}

// attributes reads the attributes that any element may have.
func (c *collector) attributes(n *html.Node) {
	for i := range n.Attr {
		a := &n.Attr[i]
		k, v := a.Key, a.Val
		if v == "" || len(v) > 1<<20 {
			continue
		}
		if a.Namespace == "xlink" && k == "href" || a.Namespace == "" && k == "xlink:href" {
			if n.DataAtom != atom.A && !strings.HasPrefix(v, "#") {
				c.add(v, "svg", "", "")
			}
			continue
		}
		switch {
		case strings.HasPrefix(k, "data-"):
			c.dataAttribute(n, k, v)
		case len(k) > 2 && k[0] == 'o' && k[1] == 'n':
			c.handler(v, k, labelOf(n))
		case len(k) > 1 && (k[0] == '@' || k[0] == ':' || k[0] == '(' || k[0] == '[') || strings.HasPrefix(k, "v-") || strings.HasPrefix(k, "x-") || strings.HasPrefix(k, "ng-") || strings.HasPrefix(k, "hx-on") || strings.HasPrefix(k, "th:"):
			if from := urlAttributes[k]; from != "" {
				c.add(v, from, labelOf(n), "")
			} else {
				c.handler(v, k, labelOf(n))
			}
		case k == "style":
			if strings.Contains(v, "url(") || strings.Contains(v, "URL(") {
				c.css(v, n)
			}
		case k == "action" && n.DataAtom == atom.Form:
			m := strings.ToUpper(strings.TrimSpace(attr(n, "method")))
			if js, ok := javascriptURL(v); ok {
				c.handler(js, "form", "")
			} else {
				c.addMethod(v, "form", "", "", formMethod(m))
			}
		case k == "formaction":
			m := attr(n, "formmethod")
			if f := ancestor(n, atom.Form); m == "" && f != nil {
				m = attr(f, "method")
			}
			if js, ok := javascriptURL(v); ok {
				c.handler(js, "formaction", labelOf(n))
			} else {
				c.addMethod(v, "formaction", labelOf(n), "", formMethod(strings.ToUpper(m)))
			}
		case k == "href":
			if n.DataAtom != atom.A && n.DataAtom != atom.Area && n.DataAtom != atom.Link && n.DataAtom != atom.Base && n.DataAtom != atom.Image && !strings.HasPrefix(v, "#") {
				from := "href"
				if n.Namespace == "svg" {
					from = "svg"
				}
				c.add(v, from, labelOf(n), "")
			}
		case k == "to" && strings.Contains(n.Data, "-"):
			c.add(v, "to", labelOf(n), "")
		case k == "src" && n.DataAtom == 0:
			c.add(v, "src", "", "")
		case k == "content" && hasAttr(n, "itemprop"):
			if looksLikeRoute(v) {
				c.add(v, "itemprop", "", attr(n, "itemprop"))
			}
		case k == "url" || k == "data-url" || k == "link" && n.DataAtom == 0:
			if looksLikeRoute(v) {
				c.add(v, k, labelOf(n), "")
			}
		default:
			from := urlAttributes[k]
			if from == "" {
				continue
			}
			if k == "classid" || (k == "resource" || k == "about" || k == "itemid") && !looksLikeRoute(v) {
				continue
			}
			m := ""
			if strings.HasPrefix(from, "hx-") {
				m = strings.ToUpper(from[3:])
			}
			if k == "attributionsrc" {
				m = "GET"
			}
			c.addMethod(v, from, labelOf(n), "", m)
			if k == "poster" || k == "background" {
				c.resource(v, "image", n)
			}
		}
	}
}

func (c *collector) dataAttribute(n *html.Node, k, v string) {
	t := strings.TrimSpace(v)
	if t == "" {
		return
	}
	switch {
	case t[0] == '{' || t[0] == '[':
		c.json(t, k)
	case strings.HasSuffix(k, "srcset"):
		c.srcset(n, t)
	case looksLikeRoute(t) || namesRoute(k) && looksLikePath(t):
		m := attrOr(n, "data-method", "data-type", "data-http-method", "data-request-method")
		if m = strings.ToUpper(m); !isMethod(m) {
			m = ""
		}
		if strings.HasPrefix(k, "data-hx-") && isMethod(strings.ToUpper(k[8:])) {
			m = strings.ToUpper(k[8:])
		}
		c.addMethod(t, k, labelOf(n), "", m)
		if k == "data-src" || k == "data-lazy-src" || k == "data-original" {
			if n.DataAtom == atom.Img {
				c.resource(t, "image", n)
			} else if n.DataAtom == atom.Iframe {
				c.resource(t, "iframe", n)
			}
		}
	case strings.HasPrefix(k, "data-") && strings.Contains(k, "action") && strings.ContainsAny(t, "(="):
		c.handler(t, k, labelOf(n))
	case strings.Contains(t, "<a ") || strings.Contains(t, " href="):
		c.fragment(t, k)
	}
}

func isMethod(m string) bool {
	switch m {
	case "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS":
		return true
	}
	return false
}

// labelOf is what a visitor reads on n, for the classifier.
func labelOf(n *html.Node) string {
	if n.DataAtom == atom.Input {
		return attrOr(n, "value", "alt", "title", "aria-label")
	}
	if n.DataAtom == atom.Body || n.DataAtom == atom.Html || n.DataAtom == atom.Form {
		return ""
	}
	t := fold(textOf(n, 120))
	if t == "" {
		t = attrOr(n, "aria-label", "title", "value", "alt")
	}
	return t
}

func ancestor(n *html.Node, a atom.Atom) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == a {
			return p
		}
	}
	return nil
}

// script reads a <script> element.
func (c *collector) script(n *html.Node) {
	p := c.p
	s := &Script{Raw: strings.TrimSpace(attrOr(n, "src", "href")), Type: attr(n, "type"), Integrity: attr(n, "integrity"), Nonce: attr(n, "nonce")}
	if hasAttr(n, "crossorigin") {
		if s.CrossOrigin = attr(n, "crossorigin"); s.CrossOrigin == "" {
			s.CrossOrigin = "anonymous"
		}
	}
	for ch := n.FirstChild; ch != nil; ch = ch.NextSibling {
		s.Content += ch.Data
	}
	c.attributes(n)
	if s.Raw != "" {
		s.URL = resolve(c.base, s.Raw)
		c.add(s.Raw, "script-src", "", "")
	}
	if c.inside == "" {
		p.Scripts = append(p.Scripts, s)
	}
	body := strings.TrimSpace(s.Content)
	if body == "" {
		return
	}
	t := strings.ToLower(strings.TrimSpace(strings.Split(s.Type, ";")[0]))
	switch {
	case t == "" || strings.Contains(t, "javascript") || strings.Contains(t, "ecmascript") || t == "module" || t == "text/babel" || t == "text/typescript":
		c.javascript(body)
	case t == "speculationrules" || t == "importmap" || strings.Contains(t, "json"):
		c.json(body, "json")
	case t == "text/template" || t == "text/html" || strings.Contains(t, "template") || strings.Contains(t, "handlebars") || strings.Contains(t, "x-tmpl"):
		c.fragment(body, "template")
	case body[0] == '{' || body[0] == '[':
		c.json(body, "json")
	}
}

func (c *collector) javascript(src string) {
	if c.budget < len(src) {
		c.p.Cut = true
		return
	}
	c.budget -= len(src)
	for _, l := range scriptLinks([]byte(src), c.base, false) {
		if c.inside != "" && c.inside != "noscript" {
			l.From = c.inside
		}
		c.keep(l)
	}
}
