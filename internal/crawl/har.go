package crawl

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// harSeeds reads a recorded visit. Of each request only method, address and
// the names of its values are kept: what the visitor typed, his cookies and
// his tokens stay in the file.
func harSeeds(top node) []Seed {
	var out []Seed
	seen := map[string]bool{}
	for i, e := range top.get("log").get("entries").list() {
		r := e.get("request")
		u, err := url.Parse(r.get("url").text())
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			continue // data:, blob:, chrome-extension: and broken entries
		}
		u.User, u.Fragment = nil, ""
		method := strings.ToUpper(r.get("method").text())
		if !methodWord.MatchString(method) || seen[method+u.String()] {
			continue
		}
		seen[method+u.String()] = true
		s := withQuery(Seed{Method: method, URL: u, Source: "har", Place: fmt.Sprintf("entry %d", i+1)})
		post := r.get("postData")
		for _, p := range post.get("params").list() {
			s.Fields = append(s.Fields, SeedField{"form", p.get("name").text(), ""})
		}
		mime, body := strings.ToLower(post.get("mimeType").text()), post.get("text").text()
		switch {
		case strings.Contains(mime, "json"):
			for _, n := range jsonFields([]byte(body)) {
				s.Fields = append(s.Fields, SeedField{"json", n, ""})
			}
		case strings.Contains(mime, "urlencoded") && post.get("params").list() == nil:
			for _, q := range queryOf(&url.URL{RawQuery: body}) {
				s.Fields = append(s.Fields, SeedField{"form", q.name, ""})
			}
		}
		for _, c := range r.get("cookies").list() {
			s.Fields = append(s.Fields, SeedField{"cookie", c.get("name").text(), ""})
		}
		for _, h := range r.get("headers").list() {
			if n := h.get("name").text(); strings.HasPrefix(strings.ToLower(n), "x-") {
				s.Fields = append(s.Fields, SeedField{"header", n, ""})
			}
		}
		out = append(out, s)
		if len(out) > maxSeeds {
			break
		}
	}
	return out
}

// jsonFields names the scalar fields of a JSON document, "items[].id" style.
func jsonFields(b []byte) []string {
	var doc any
	if json.Unmarshal(b, &doc) != nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	var walk func(n node, at string, depth int)
	walk = func(n node, at string, depth int) {
		if depth > 8 || len(out) >= 200 {
			return
		}
		if l := n.list(); l != nil {
			for _, e := range l[:min(len(l), 3)] {
				walk(e, at+"[]", depth+1)
			}
			return
		}
		if ks := n.keys(); ks != nil {
			for _, k := range ks {
				walk(n.get(k), strings.TrimPrefix(at+"."+k, "."), depth+1)
			}
			return
		}
		if at != "" && !seen[at] {
			seen[at] = true
			out = append(out, at)
		}
	}
	walk(tree(doc), "", 0)
	return out
}
