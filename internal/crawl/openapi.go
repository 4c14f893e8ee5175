package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/i18n"
)

var seedsNoPaths = i18n.Text{JA: "OpenAPI の定義に paths がありません。", EN: "the OpenAPI description has no paths"}

var openAPIMethods = []string{"get", "head", "options", "post", "put", "patch", "delete"}

// openAPISeeds reads Swagger 2 and OpenAPI 3. Local references are followed a few steps.
func openAPISeeds(top node) ([]Seed, error) {
	paths := top.get("paths")
	if paths.keys() == nil {
		return nil, &SeedError{Reason: seedsNoPaths}
	}
	var out []Seed
	bases := openAPIBases(top)
	for _, p := range paths.keys() {
		if !strings.HasPrefix(p, "/") {
			continue
		}
		item := resolve(top, paths.get(p))
		for _, m := range openAPIMethods {
			op := resolve(top, item.get(m))
			if op.none() {
				continue
			}
			for _, base := range bases {
				s := openAPISeed(top, base, p, strings.ToUpper(m), append(item.get("parameters").list(), op.get("parameters").list()...), op)
				if s != nil {
					out = append(out, *s)
				}
			}
			if len(out) > maxSeeds {
				return out, nil
			}
		}
	}
	return out, nil
}

// openAPIBases are the addresses that paths are appended to.
func openAPIBases(top node) []*url.URL {
	var out []*url.URL
	for _, s := range top.get("servers").list() {
		raw := s.get("url").text()
		vars := s.get("variables")
		for _, k := range vars.keys() {
			raw = strings.ReplaceAll(raw, "{"+k+"}", vars.get(k).get("default").text())
		}
		if u, err := url.Parse(raw); err == nil && !holes(raw) && len(out) < 10 {
			out = append(out, u)
		}
	}
	if base, host := top.get("basePath").text(), top.get("host").text(); base != "" || host != "" {
		schemes := top.get("schemes").list()
		u := &url.URL{Path: base}
		if host != "" {
			u.Host, u.Scheme = host, "https"
			if len(schemes) > 0 && !slices.ContainsFunc(schemes, func(n node) bool { return n.text() == "https" }) {
				u.Scheme = "http"
			}
		}
		out = append(out, u)
	}
	if out == nil {
		out = []*url.URL{{}}
	}
	return out
}

var hole = regexp.MustCompile(`\{([^{}/]*)\}`)

func openAPISeed(top node, base *url.URL, p, method string, params []node, op node) *Seed {
	s := &Seed{Method: method, Source: "openapi", Place: method + " " + p}
	query := url.Values{}
	missing := false
	for _, ref := range params {
		q := resolve(top, ref)
		name, in := q.get("name").text(), q.get("in").text()
		sample := sampleOf(top, q)
		switch in {
		case "path":
			if sample != "" {
				p = strings.ReplaceAll(p, "{"+name+"}", url.PathEscape(sample))
			}
		case "query":
			if sample != "" && q.get("required").text() == "true" {
				query.Set(name, sample)
			}
			missing = missing || sample == "" && q.get("required").text() == "true"
		case "formData":
			in = "form"
		case "body":
			for _, n := range schemaFields(top, q.get("schema"), "", 0) {
				s.Fields = append(s.Fields, SeedField{"json", n, ""})
			}
			continue
		case "header", "cookie":
		default:
			continue
		}
		if name != "" && len(s.Fields) < 200 {
			s.Fields = append(s.Fields, SeedField{in, name, sample})
		}
	}
	content := resolve(top, op.get("requestBody")).get("content")
	for _, mime := range content.keys() {
		where := "form"
		if strings.Contains(mime, "json") {
			where = "json"
		}
		for _, n := range schemaFields(top, content.get(mime).get("schema"), "", 0) {
			s.Fields = append(s.Fields, SeedField{where, n, ""})
		}
	}
	s.Template = missing || hole.MatchString(p)
	u := *base
	u.Path = strings.TrimSuffix(base.Path, "/")
	ref, err := url.Parse(p)
	if err != nil {
		return nil
	}
	s.URL = u.JoinPath(ref.EscapedPath())
	s.URL.RawQuery = query.Encode()
	return s
}

// sampleOf is a value that the description itself offers, "" when it offers none.
func sampleOf(top, q node) string {
	schema := resolve(top, q.get("schema"))
	for _, n := range []node{q.get("example"), schema.get("example"), schema.get("default"), q.get("default"), q.get("x-example")} {
		if t := n.text(); t != "" {
			return t
		}
	}
	for _, enum := range []node{schema.get("enum"), q.get("enum")} {
		if l := enum.list(); len(l) > 0 {
			return l[0].text()
		}
	}
	ex := q.get("examples")
	for _, k := range ex.keys() {
		if t := ex.get(k).get("value").text(); t != "" {
			return t
		}
	}
	return ""
}

// schemaFields names the scalar fields of a schema.
func schemaFields(top, schema node, at string, depth int) []string {
	schema = resolve(top, schema)
	if depth > 5 {
		return nil
	}
	var out []string
	for _, part := range schema.get("allOf").list() {
		out = append(out, schemaFields(top, part, at, depth+1)...)
	}
	props := schema.get("properties")
	for _, k := range props.keys() {
		name := strings.TrimPrefix(at+"."+k, ".")
		sub := schemaFields(top, props.get(k), name, depth+1)
		if sub == nil {
			sub = []string{name}
		}
		out = append(out, sub...)
		if len(out) > 200 {
			return out[:200]
		}
	}
	if items := schema.get("items"); !items.none() && at != "" {
		if sub := schemaFields(top, items, at+"[]", depth+1); sub != nil {
			return append(out, sub...)
		}
	}
	return out
}

// resolve follows "$ref": "#/…" at most five steps.
func resolve(top, n node) node {
	for range 5 {
		ref := n.get("$ref").text()
		rest, ok := strings.CutPrefix(ref, "#/")
		if !ok {
			return n
		}
		n = top
		for _, part := range strings.Split(rest, "/") {
			part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
			if d, err := url.PathUnescape(part); err == nil {
				part = d
			}
			n = n.get(part)
		}
	}
	return n
}
