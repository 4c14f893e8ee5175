package page

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// data reads an answer that is not HTML for the addresses in it.
func (c *collector) data(kind string) {
	p := c.p
	c.budget, c.jsonLeft = 6<<20, 6<<20
	switch kind {
	case "js":
		for _, l := range scriptLinks([]byte(p.Text), c.base, false) {
			c.keep(l)
		}
	case "css":
		for _, l := range CSSLinks([]byte(p.Text), c.base) {
			c.keep(l)
		}
	case "json":
		c.json(p.Text, "json")
	case "xml":
		c.xml(p.Text)
	case "yaml":
		var v any
		if len(p.Text) < 4<<20 && (strings.Contains(p.Text, "openapi") || strings.Contains(p.Text, "swagger")) && !strings.Contains(p.Text, "&") {
			if yaml.Unmarshal([]byte(p.Text), &v) == nil {
				c.value(v, "json", "", 0)
			}
		}
	case "text":
		for _, line := range strings.Split(clip(p.Text, 1<<20), "\n") {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "http") && looksLikeRoute(line) {
				c.add(line, "text", "", "")
			}
		}
	}
}

// json reads the addresses in a JSON text: OpenAPI paths, a manifest's
// start_url, the state of a framework, and every string that looks like one.
func (c *collector) json(s, from string) {
	if len(s) > c.jsonLeft {
		if from == "json" {
			c.p.Cut = true
		}
		return
	}
	c.jsonLeft -= len(s)
	// Guards against cross-site inclusion stand before some JSON answers.
	for _, guard := range []string{")]}',", ")]}'", "while(1);", "for(;;);"} {
		s = strings.TrimPrefix(strings.TrimSpace(s), guard)
	}
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	if err := d.Decode(&v); err != nil {
		c.javascriptData(s)
		return
	}
	c.value(v, from, "", 0)
}

// javascriptData scans what calls itself JSON and is not.
func (c *collector) javascriptData(s string) {
	w := &jsWalk{base: c.base, seen: map[linkKey]bool{}}
	w.scan(s)
	for _, l := range w.out {
		l.From = "json"
		if c.inside != "" && c.inside != "noscript" {
			l.From = c.inside
		}
		c.keep(l)
	}
}

// jsonText reads JSON.parse("…").
func (w *jsWalk) jsonText(s string) {
	var v any
	if len(s) > 4<<20 || json.Unmarshal([]byte(s), &v) != nil {
		return
	}
	walkStrings(v, "", 0, func(key, s string) { w.emit(s, "script", "", false) })
}

func walkStrings(v any, key string, depth int, f func(key, s string)) {
	if depth > 100 {
		return
	}
	switch x := v.(type) {
	case string:
		f(key, x)
	case []any:
		for _, e := range x {
			walkStrings(e, key, depth+1, f)
		}
	case map[string]any:
		for k, e := range x {
			walkStrings(e, k, depth+1, f)
		}
	}
}

func (c *collector) value(v any, from, key string, depth int) {
	if depth > 100 || len(c.p.Links) >= maxLinks {
		return
	}
	switch x := v.(type) {
	case string:
		c.jsonString(x, from, key)
	case []any:
		for _, e := range x {
			c.value(e, from, key, depth+1)
		}
	case map[string]any:
		if c.openapi(x, from) {
			return
		}
		method := ""
		for _, k := range []string{"method", "httpMethod", "verb"} {
			if s, ok := x[k].(string); ok {
				method = httpMethod(s)
			}
		}
		for _, k := range sortedKeys(x) {
			e := x[k]
			if s, ok := e.(string); ok && method != "" && method != "GET" && namesRoute(k) && looksLikePath(s) {
				c.addMethod(s, from, "", k, method)
				continue
			}
			if strings.HasPrefix(k, "/") && looksLikeRoute(k) {
				c.add(routeParams(k), from, "", "")
			}
			c.value(e, from, k, depth+1)
		}
	}
}

func (c *collector) jsonString(s, from, key string) {
	if len(s) < 2 {
		if s == "/" && namesRoute(key) {
			c.add(s, from, "", key)
		}
		return
	}
	switch {
	case strings.Contains(s, "{search_term_string}") || strings.Contains(s, "{query}"):
		if i := strings.IndexByte(s, '{'); i > 0 {
			c.add(s[:i]+hole, from, "", key)
		}
	case looksLikeRoute(routeParams(s)):
		c.add(routeParams(s), from, "", key)
	case isRouteKey(key) && looksLikePath(s):
		c.add(s, from, "", key)
	case strings.Contains(s, "<") && (strings.Contains(s, " href=") || strings.Contains(s, " action=")):
		c.fragment(s, from)
	}
}

// isRouteKey is stricter than namesRoute: JSON is full of "path" and "target".
func isRouteKey(k string) bool {
	switch strings.ToLower(k) {
	case "href", "url", "uri", "link", "src", "start_url", "scope", "action", "endpoint", "permalink", "canonical", "next", "previous", "prev", "to", "redirect", "target", "contenturl", "location", "loc", "page", "page_url", "url_path", "serviceworker":
		return true
	}
	return strings.HasSuffix(k, "Url") || strings.HasSuffix(k, "_url") || strings.HasSuffix(k, "URL") || strings.HasSuffix(k, "_link") || strings.HasSuffix(k, "Href")
}

func sortedKeys(m map[string]any) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// openapi reads the operations of an OpenAPI or Swagger description.
func (c *collector) openapi(m map[string]any, from string) bool {
	if m["openapi"] == nil && m["swagger"] == nil {
		return false
	}
	paths, ok := m["paths"].(map[string]any)
	if !ok {
		return false
	}
	prefix := ""
	if s, ok := m["basePath"].(string); ok {
		prefix = strings.TrimRight(s, "/")
	}
	if servers, ok := m["servers"].([]any); ok && len(servers) > 0 {
		if s, ok := servers[0].(map[string]any); ok {
			if u, ok := s["url"].(string); ok && !strings.Contains(u, "{") {
				prefix = strings.TrimRight(u, "/")
			}
		}
	}
	for _, p := range sortedKeys(paths) {
		ops, _ := paths[p].(map[string]any)
		for _, op := range sortedKeys(ops) {
			if method := httpMethod(op); method != "" {
				text := ""
				if o, ok := ops[op].(map[string]any); ok {
					for _, k := range []string{"summary", "operationId"} {
						if s, ok := o[k].(string); ok && text == "" {
							text = s
						}
					}
				}
				c.addMethod(prefix+braces(p), "openapi", text, "", method)
			}
		}
	}
	return true
}

// braces writes {id} as the hole {}.
func braces(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		j := strings.IndexByte(s, '}')
		if i < 0 || j < i {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteString(hole)
		s = s[j+1:]
	}
}

// xml reads sitemaps, feeds and any XML with addresses in it.
func (c *collector) xml(s string) {
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = false
	d.AutoClose, d.Entity = xml.HTMLAutoClose, xml.HTMLEntity
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // s is UTF-8 already
	var stack []string
	tokens := 0
	for tokens < 2_000_000 && len(c.p.Links) < maxLinks {
		tokens++
		t, err := d.RawToken()
		if err != nil {
			return
		}
		switch t := t.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if len(stack) < 1000 {
				stack = append(stack, name)
			}
			for _, a := range t.Attr {
				switch strings.ToLower(a.Name.Local) {
				case "href", "url", "src", "action", "schemalocation":
					if name != "urlset" && name != "sitemapindex" && !strings.HasPrefix(a.Value, "#") {
						c.add(a.Value, xmlFrom(stack), "", attrValue(t, "rel"))
					}
				}
			}
		case xml.EndElement:
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if len(stack) == 0 {
				continue
			}
			v := strings.TrimSpace(string(t))
			if v == "" {
				continue
			}
			top := stack[len(stack)-1]
			switch top {
			case "loc", "link", "comments", "guid", "id", "uri", "image", "thumbnail_loc", "player_loc", "content_loc", "url", "docs", "wsdl":
				if strings.HasPrefix(v, "http") || strings.HasPrefix(v, "/") {
					c.add(v, xmlFrom(stack), "", top)
				}
			case "description", "encoded", "content", "summary":
				if strings.Contains(v, "href=") {
					c.fragment(v, "feed")
				}
			case "script":
				c.javascript(v)
			default:
				if looksLikeRoute(v) {
					c.add(v, "xml", "", top)
				}
			}
		}
	}
}

func attrValue(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func xmlFrom(stack []string) string {
	switch stack[0] {
	case "urlset", "sitemapindex":
		return "sitemap"
	case "rss", "feed", "rdf":
		return "feed"
	case "svg":
		return "svg"
	}
	return "xml"
}
