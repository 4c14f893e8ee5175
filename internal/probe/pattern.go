package probe

import (
	"strings"

	"miseban/internal/page"
)

// patterns learns which segments of paths are values: pages of one template
// whose addresses differ in one segment only. Each becomes a target, and the
// parameters beside it are tested once, not once for each of its values.
func (b *planner) patterns() {
	type group struct {
		pages []*page.Page
		at    int
	}
	groups := map[string]*group{}
	var order []string
	for _, pg := range b.p.Site.Pages {
		if pg.Ex.Method != "GET" || pg.Ex.Status != 200 || pg.Doc == nil || pg.URL.Path == "/" || !b.p.Scope.HasOrigin(pg.URL) {
			continue
		}
		segs := strings.Split(strings.Trim(pg.URL.EscapedPath(), "/"), "/")
		for i, s := range segs {
			if s == "" {
				continue
			}
			rest := append([]string(nil), segs...)
			rest[i] = "{}"
			k := strings.Join(rest, "/") + " " + keysOf(pg.URL.RawQuery)
			if len(segs) == 1 || i == 0 {
				k += " " + pg.Template // at the top pages of all kinds stand side by side
			}
			if groups[k] == nil {
				groups[k] = &group{at: i}
				order = append(order, k)
			}
			groups[k].pages = append(groups[k].pages, pg)
		}
	}
	b.w.shapes = map[string]string{}
	for _, k := range order {
		g := groups[k]
		values := map[string]bool{}
		for _, pg := range g.pages {
			values[pg.URL.EscapedPath()] = true
		}
		alike := g.pages[0].Template == g.pages[len(g.pages)-1].Template
		if len(values) < 2 || !alike && len(values) < 3 {
			continue
		}
		shape, _, _ := strings.Cut(k, " ")
		shape = "/" + shape
		for _, pg := range g.pages {
			if _, ok := b.w.shapes[pg.URL.EscapedPath()]; !ok {
				b.w.shapes[pg.URL.EscapedPath()] = shape
			}
		}
		pg := g.pages[0]
		b.path(&Target{Name: "segment " + itoa(g.at+1), Method: "GET", URL: pg.URL, Handler: shape, Linked: true, Page: pg})
	}
}

// pattern is the shape of path, or path itself.
func (w *Work) pattern(path string) string {
	if s, ok := w.shapes[path]; ok {
		return s
	}
	return path
}

func keysOf(raw string) string {
	var out []string
	for _, f := range fieldsOf(raw) {
		out = append(out, f.name)
	}
	return strings.Join(out, "&")
}
