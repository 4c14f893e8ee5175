package probe

import (
	"net/url"
	"path"
	"strings"
	"unicode"

	"miseban/internal/page"
)

// patterns learns which segments of paths are values: pages of one template
// whose addresses differ in one segment only. Each becomes a target. Where the
// segment is data for certain, the parameters beside it are tested once, not
// once for each of its values; where it may name a program of its own, they are
// tested at each.
func (b *planner) patterns() {
	type group struct {
		pages []*page.Page
		at    int
	}
	groups := map[string]*group{}
	var order []string
	for _, pg := range b.p.Site.Pages {
		if pg.Ex.Method != "GET" || pg.Ex.Status != 200 || !pg.HTML() && !made(pg) || pg.URL.Path == "/" || !b.p.Scope.HasOrigin(pg.URL) {
			continue
		}
		segs := strings.Split(strings.Trim(pg.URL.EscapedPath(), "/"), "/")
		for i, s := range segs {
			if s == "" || program(s) {
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
		for _, path := range grouped(g.pages, g.at) {
			if _, ok := b.w.shapes[path]; !ok {
				b.w.shapes[path] = shape
			}
		}
		for _, pg := range g.pages {
			b.kin[pg.URL.EscapedPath()] = shape
		}
		pg := g.pages[0]
		b.path(&Target{Name: "segment " + itoa(g.at+1), Method: "GET", URL: pg.URL, Handler: shape, Linked: true, Page: pg})
	}
}

// program says that a segment names a file that the server runs.
func program(segment string) bool {
	switch strings.ToLower(path.Ext(segment)) {
	case ".php", ".php3", ".php4", ".php5", ".php7", ".phtml", ".cgi", ".pl", ".py", ".rb", ".asp", ".aspx", ".ashx", ".asmx", ".jsp", ".jspx", ".jsf", ".do", ".action", ".cfm", ".fcgi", ".exe", ".dll":
		return true
	}
	return false
}

// isData says that a segment is a value by its looks: a number, a code, words
// in a row, a name that no programmer gives to a program.
func isData(segment string) bool {
	s, err := url.PathUnescape(segment)
	if err != nil {
		return true
	}
	digits, letters, joints, small := 0, 0, 0, 0
	for _, r := range s {
		switch {
		case r > unicode.MaxASCII:
			return true
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
			if unicode.IsLower(r) {
				small++
			}
		default:
			joints++
		}
	}
	return letters == 0 && digits > 0 || digits >= 2 && len(s) >= 6 || digits > 0 && joints > 0 || letters > 1 && small == 0 || joints >= 2 && letters > 0
}

// manyWords is how many pages of one template stand side by side where plain
// words are values, too (categories), and fewWords how many of them are tested
// all the same.
const manyWords, fewWords = 8, 3

// grouped are the paths whose parameters are those of one handler.
func grouped(pages []*page.Page, at int) []string {
	var out, words []string
	seen := map[string]bool{}
	alike := true
	for _, pg := range pages {
		p := pg.URL.EscapedPath()
		if seen[p] {
			continue
		}
		seen[p] = true
		if isData(strings.Split(strings.Trim(p, "/"), "/")[at]) {
			out = append(out, p)
			continue
		}
		words = append(words, p)
		alike = alike && pg.Template == pages[0].Template
	}
	if alike && len(words) >= manyWords {
		out = append(out, words[fewWords:]...)
	}
	return out
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
