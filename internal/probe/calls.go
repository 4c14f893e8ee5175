package probe

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
)

var (
	jsonCall   = regexp.MustCompile(`(?:fetch|\.post|\.ajax|axios|\.open)\(\s*(?:["'](?:POST|post)["']\s*,\s*)?["'` + "`" + `]([^"'` + "`" + `\s]{1,200})["'` + "`" + `]`)
	headerSet  = regexp.MustCompile(`setRequestHeader\(\s*["']([A-Za-z][\w-]{1,60})["']\s*,\s*(?:["']([^"']{0,200})["'])?`)
	openCall   = regexp.MustCompile(`\.open\(\s*["'](?:GET|get)["']\s*,\s*["']([^"'\s]{1,200})["']`)
	fetchHead  = regexp.MustCompile(`fetch\(\s*["']([^"'\s]{1,200})["']\s*,\s*\{[^{}]{0,120}headers:\s*\{([^{}]{0,300})\}`)
	headPair   = regexp.MustCompile(`["']([A-Za-z][\w-]{1,60})["']\s*:\s*["']([^"']{0,200})["']`)
	stringify  = regexp.MustCompile(`JSON\.stringify\(\s*(\{(?:[^{}'"]|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\{[^{}]{0,300}\})*\})\s*\)`)
	bareKey    = regexp.MustCompile(`([{,]\s*)([A-Za-z_]\w*)(\s*:)`)
	quotedText = regexp.MustCompile(`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"`)
	textNumber = regexp.MustCompile(`"§[0-9]+§"`)
	loneKey    = regexp.MustCompile(`([{,]\s*)([A-Za-z_]\w*)(\s*[,}])`)
	expr       = regexp.MustCompile(`(:\s*)([A-Za-z_$][^,{}\[\]"']*)`)
	xmlText    = regexp.MustCompile("[\"'`]((?:<\\?xml[^>]*\\?>\\s*)?<([A-Za-z_][\\w.-]*)[^\"'`]{0,900}</[A-Za-z_][\\w.-]*>)[\"'`]")
)

// calls takes what a page's scripts post as JSON or XML, where that only reads.
func (b *planner) calls(pg *page.Page) {
	for _, s := range pg.Scripts {
		src := s.Content
		if src == "" && s.URL != nil {
			if f := b.p.Site.Files()[s.URL.String()]; f != nil {
				src = f.Text
			}
		}
		if src == "" || len(src) > 1<<20 {
			continue
		}
		for _, m := range stringify.FindAllStringSubmatchIndex(src, 20) {
			u := callBefore(src, m[0], pg.Base)
			tree, ok := literal(src[m[2]:m[3]])
			if u == nil || !ok {
				continue
			}
			b.jsonTargets(&Target{Via: ViaJSON, Method: http.MethodPost, URL: u, Handler: u.Path, Linked: true, Page: pg}, tree)
		}
		b.headers(pg, src)
		for _, m := range xmlText.FindAllStringSubmatchIndex(src, 10) {
			if u := callBefore(src, m[0], pg.Base); u != nil {
				b.xmlTargets(&Target{Via: ViaXML, Method: http.MethodPost, URL: u, Handler: u.Path, Linked: true, Page: pg}, src[m[2]:m[3]])
			}
		}
	}
}

// callBefore finds the address of the call whose body stands at i.
func callBefore(src string, i int, base *url.URL) *url.URL {
	from := max(0, i-600)
	all := jsonCall.FindAllStringSubmatch(src[from:i], -1)
	if len(all) == 0 {
		after := src[i:min(len(src), i+200)]
		if all = jsonCall.FindAllStringSubmatch(after, 1); len(all) == 0 {
			return nil
		}
	}
	u, err := url.Parse(all[len(all)-1][1])
	if err != nil || base == nil {
		return nil
	}
	return base.ResolveReference(u)
}

// literal reads a JavaScript object of plain values; what is computed becomes "".
func literal(src string) (any, bool) {
	var texts []string
	s := quotedText.ReplaceAllStringFunc(src, func(q string) string { // braces and commas in texts are none of the object
		texts = append(texts, unquoted(q))
		return `"§` + itoa(len(texts)-1) + `§"`
	})
	s = loneKey.ReplaceAllString(s, `${1}"${2}":""${3}`)
	s = loneKey.ReplaceAllString(s, `${1}"${2}":""${3}`)
	s = bareKey.ReplaceAllString(s, `${1}"${2}"${3}`)
	s = expr.ReplaceAllStringFunc(s, func(m string) string {
		k, v, _ := strings.Cut(m, ":")
		switch v = strings.TrimSpace(v); v {
		case "true", "false", "null":
			return m
		}
		return k + `:""`
	})
	s = textNumber.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.Atoi(strings.Trim(m, `"§`))
		if err != nil || n >= len(texts) {
			return `""`
		}
		b, err := json.Marshal(texts[n])
		if err != nil {
			return `""`
		}
		return string(b)
	})
	return asJSON(s)
}

// unquoted is what a script means by a text in quotes.
func unquoted(q string) string {
	in := q[1 : len(q)-1]
	if !strings.Contains(in, `\`) {
		return in
	}
	var out string
	if q[0] != '"' {
		in = strings.ReplaceAll(strings.ReplaceAll(in, `\'`, "'"), `"`, `\"`)
	}
	if json.Unmarshal([]byte(`"`+in+`"`), &out) != nil {
		return q[1 : len(q)-1]
	}
	return out
}

func (b *planner) jsonTargets(t *Target, tree any) {
	names := url.Values{}
	leaves(tree, nil, func(path []string, v string) { names.Set(path[len(path)-1], v) })
	reads, ok := b.readsOnly(t.URL, names)
	if !ok {
		if tree, reads = b.agreed(t.URL, tree); tree == nil {
			t.Name = "*"
			b.leave(t, whyWrites)
			return
		}
	}
	t.Reads, t.tree = reads, tree
	t.query = fieldsOf(t.URL.RawQuery)
	leaves(tree, nil, func(path []string, v string) {
		c := t.copy()
		c.steps, c.Name, c.Sample = path, strings.Join(path, "."), v
		b.add(c)
	})
}

// agreed is what is left of a body when only the fields stay that the consent
// lists for the route; nil when it lists none.
func (b *planner) agreed(u *url.URL, tree any) (any, string) {
	m, ok := tree.(map[string]any)
	if !ok {
		return nil, ""
	}
	for _, r := range b.p.Scope.Consent.Requests {
		if !strings.EqualFold(r.Method, http.MethodPost) || r.Path != u.EscapedPath() {
			continue
		}
		out := map[string]any{}
		for k, v := range m {
			if slices.Contains(r.Fields, k) {
				out[k] = v
			}
		}
		if len(out) > 0 {
			return out, "agreed: " + r.Note
		}
	}
	return nil, ""
}

// readsOnly asks the classifier whether a body with these values only searches.
func (b *planner) readsOnly(u *url.URL, names url.Values) (string, bool) {
	e, why := page.ClassifyRequest(http.MethodPost, u, "application/x-www-form-urlencoded", []byte(names.Encode()))
	if e == page.Reads {
		return why, true
	}
	for _, r := range b.p.Scope.Consent.Requests {
		if strings.EqualFold(r.Method, http.MethodPost) && r.Path == u.EscapedPath() && !slices.ContainsFunc(slices.Collect(maps.Keys(names)), func(n string) bool { return !slices.Contains(r.Fields, n) }) {
			return "agreed: " + r.Note, true
		}
	}
	return why, false
}

var (
	xmlLeaf = regexp.MustCompile(`<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>([^<>]*)</`)
)

func (b *planner) xmlTargets(t *Target, body string) {
	names := url.Values{}
	all := xmlLeaf.FindAllStringSubmatchIndex(body, 20)
	for _, m := range all {
		names.Set(body[m[2]:m[3]], body[m[4]:m[5]])
	}
	reads, ok := b.readsOnly(t.URL, names)
	if !ok {
		t.Name = "*"
		b.leave(t, whyWrites)
		return
	}
	t.Reads = reads
	t.query = fieldsOf(t.URL.RawQuery)
	for _, m := range all {
		c := t.copy()
		c.Name, c.Sample = body[m[2]:m[3]], body[m[4]:m[5]]
		c.xml = body[:m[4]] + gap + body[m[5]:]
		b.add(c)
	}
}

// seedJSON gathers the values that a recorded or described request takes.
func (b *planner) seedJSON(first *check.Point) {
	key := "seed " + first.Method + " " + first.URL.String()
	if b.seen[key] {
		return
	}
	b.seen[key] = true
	tree := map[string]any{}
	for _, pt := range b.p.Site.Points {
		if pt.Where != "json" || pt.URL == nil || pt.Method != first.Method || pt.URL.String() != first.URL.String() {
			continue
		}
		at := tree
		path := strings.Split(pt.Name, ".")
		for _, k := range path[:len(path)-1] {
			next, ok := at[k].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[k] = next
			}
			at = next
		}
		var v any = pt.Sample
		var n json.Number
		if json.Unmarshal([]byte(pt.Sample), &n) == nil && n != "" {
			v = n
		}
		at[path[len(path)-1]] = v
	}
	t := &Target{Via: ViaJSON, Method: first.Method, URL: first.URL, Handler: first.Handler, Linked: true, Page: b.pages[string(first.Exchange)]}
	if t.Page != nil && t.Page.URL != nil && t.Page.URL.String() == first.URL.String() {
		return // a script of the page: calls knows where it posts to
	}
	b.jsonTargets(t, tree)
}

// headers takes the headers that scripts send with GET.
func (b *planner) headers(pg *page.Page, src string) {
	add := func(to, name, sample string) {
		switch strings.ToLower(name) {
		case "content-type", "accept", "x-requested-with", "authorization", "content-length":
			return
		}
		u, err := url.Parse(to)
		if err != nil || isToken(strings.ReplaceAll(name, "-", "_")) || strings.Contains(strings.ToLower(name), "csrf") {
			return
		}
		b.add(&Target{Via: ViaHeader, Name: name, Method: http.MethodGet, URL: pg.Base.ResolveReference(u), Linked: true, Page: pg, Sample: sample})
	}
	for _, m := range headerSet.FindAllStringSubmatchIndex(src, 20) {
		opens := openCall.FindAllStringSubmatch(src[max(0, m[0]-500):m[0]], -1)
		if len(opens) == 0 || pg.Base == nil {
			continue
		}
		sample := ""
		if m[4] >= 0 {
			sample = src[m[4]:m[5]]
		}
		add(opens[len(opens)-1][1], src[m[2]:m[3]], sample)
	}
	for _, m := range fetchHead.FindAllStringSubmatch(src, 20) {
		for _, h := range headPair.FindAllStringSubmatch(m[2], 10) {
			if pg.Base != nil {
				add(m[1], h[1], h[2])
			}
		}
	}
}
