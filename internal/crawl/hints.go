package crawl

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// maxSitemaps bounds the sitemap files that are fetched: of a shop's hundred
// product sitemaps a few tell the shapes of the rest.
const maxSitemaps = 8

// wellKnown are addresses under /.well-known/ that say something about a shop.
// Asking for what no link names needs level safe; security.txt is put there to
// be asked for.
var wellKnown = []struct {
	name  string
	level wire.Level
}{
	{"security.txt", wire.Passive}, {"change-password", wire.Safe}, {"openid-configuration", wire.Safe},
	{"oauth-authorization-server", wire.Safe}, {"apple-app-site-association", wire.Safe}, {"assetlinks.json", wire.Safe},
}

// hints reads what a shop says of itself beside its pages: robots.txt, the
// sitemaps and /.well-known/.
func (c *crawl) hints(ctx context.Context) {
	root := *c.good
	root.Path, root.RawPath, root.RawQuery, root.Fragment = "/", "", "", ""
	maps := []string{}
	if ex := c.hint(ctx, root.JoinPath("robots.txt"), wire.Passive, "robots.txt"); ex != nil && ex.Status == 200 && !ex.HTML() {
		c.robots = ex
		maps = c.readRobots(&root, ex)
	}
	if len(maps) == 0 {
		maps = []string{root.JoinPath("sitemap.xml").String()}
	}
	c.readSitemaps(ctx, maps)
	for _, w := range wellKnown {
		if c.ended != nil {
			return
		}
		if ex := c.hint(ctx, root.JoinPath(".well-known", w.name), w.level, w.name); ex != nil && ex.Status == 200 && !ex.HTML() {
			c.readHint(ex)
		}
	}
	c.hint(ctx, root.JoinPath("favicon.ico"), wire.Passive, "favicon")
	c.signIn(&root)
}

// signIn adds the sign-in page that a package always has and themes need not
// link to: what a password goes through is worth one request.
func (c *crawl) signIn(root *url.URL) {
	if c.scope.Level < wire.Safe && c.scope.Level != wire.Offline {
		return
	}
	for _, p := range c.pages {
		if wordPress.MatchString(p.Text) {
			c.add(found{url: root.JoinPath("wp-login.php"), via: "known"}, nil, p.Ex.ID)
			return
		}
	}
}

var wordPress = regexp.MustCompile(`/wp-(?:content/(?:themes|plugins)|includes)/`)

// hint asks for a file that may well not be there. Its absence says nothing
// about the shop and is not counted against it.
func (c *crawl) hint(ctx context.Context, u *url.URL, level wire.Level, what string) *wire.Exchange {
	if c.ended != nil || level > c.scope.Level && c.scope.Level != wire.Offline {
		return nil
	}
	key := page.Canonical(u).String()
	if it := c.seen[key]; it != nil && it.state != waiting {
		return nil
	}
	r := &wire.Request{Method: "GET", URL: u, Level: level, Robots: true, Origin: wire.Origin{Check: "hint", Why: what}}
	if what == "robots.txt" {
		// Nobody can be told by robots.txt not to read it. The gate read it
		// before the first page; with the same bound the answer is the same.
		r.Robots, r.MaxBody = false, 512<<10
	}
	ex, err := c.do(ctx, r)
	c.seq++
	it := &item{url: u, via: "hint", effect: page.Reads, seq: c.seq, state: done}
	c.seen[key] = it
	if err != nil {
		if over(err) {
			c.failed(it, u, err)
		}
		return nil
	}
	return ex
}

// readHint takes the links of a well-known file into the crawl.
func (c *crawl) readHint(ex *wire.Exchange) {
	c.guarded(&item{url: ex.URL}, func() {
		p := page.Parse(ex)
		c.pages = append(c.pages, p)
		c.take(p, &visit{url: p.URL}, ex)
		for _, line := range strings.Split(p.Text[:min(len(p.Text), 64<<10)], "\n") { // security.txt: "Policy: https://…"
			if _, val, ok := strings.Cut(line, ":"); ok {
				if u, err := url.Parse(strings.TrimSpace(val)); err == nil && u.Host != "" {
					c.add(found{url: u, via: "text"}, &visit{url: p.URL}, ex.ID)
				}
			}
		}
	})
}

// readRobots records the addresses that robots.txt names and returns the sitemaps.
func (c *crawl) readRobots(root *url.URL, ex *wire.Exchange) (maps []string) {
	h := readRobots(ex.Body)
	for _, d := range h.disallow {
		u, ok := plainPath(d)
		if !ok {
			continue
		}
		c.forbidden = append(c.forbidden, root.ResolveReference(u))
	}
	for _, a := range h.allow {
		if u, ok := plainPath(a); ok && !strings.Contains(a, "*") {
			c.add(found{url: root.ResolveReference(u), via: "robots"}, nil, ex.ID)
		}
	}
	for _, s := range h.sitemaps {
		if u, err := root.Parse(s); err == nil {
			maps = append(maps, u.String())
		}
	}
	return maps
}

// readSitemaps fetches sitemaps and takes their addresses into the crawl.
func (c *crawl) readSitemaps(ctx context.Context, maps []string) {
	known := map[string]bool{}
	for n := 0; len(maps) > 0 && n < maxSitemaps && c.ended == nil; n++ {
		raw := maps[0]
		maps = maps[1:]
		u, err := url.Parse(raw)
		if err != nil || known[raw] {
			continue
		}
		known[raw] = true
		if !c.scope.HasOrigin(u) {
			c.add(found{url: u, via: "sitemap", effect: page.Reads}, nil, "")
			c.sibling(u.Hostname(), siblingSitemap)
			continue
		}
		ex := c.hint(ctx, u, wire.Passive, "sitemap")
		if ex == nil || ex.Status != 200 || ex.HTML() {
			continue
		}
		s, err := readSitemap(ex.Body)
		if err != nil && len(s.pages) == 0 && len(s.more) == 0 {
			continue
		}
		for _, m := range spread(s.more, maxSitemaps) {
			if mu, err := u.Parse(m); err == nil {
				maps = append(maps, mu.String())
			}
		}
		for _, l := range s.pages {
			pu, err := u.Parse(l)
			if err != nil {
				continue
			}
			if len(c.sitemap) < maxSitemapURLs {
				c.sitemap = append(c.sitemap, pu)
			}
			if !c.scope.HasOrigin(pu) {
				c.sibling(pu.Hostname(), siblingSitemap)
			}
			c.add(found{url: pu, via: "sitemap"}, nil, ex.ID)
		}
	}
}

// spread picks at most n of list, evenly, ends included.
func spread(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	var out []string
	for i := range n {
		out = append(out, list[i*(len(list)-1)/(n-1)])
	}
	return out
}

// describes recognises an interface description among the fetched files.
func (c *crawl) describes(p *page.Page) {
	body := bytes.TrimSpace([]byte(p.Text))
	if len(body) == 0 || len(body) > 8<<20 {
		return
	}
	var seeds []Seed
	switch {
	case body[0] == '{' && (bytes.Contains(body, []byte(`"openapi"`)) || bytes.Contains(body, []byte(`"swagger"`)) || bytes.Contains(body, []byte(`"__schema"`))):
		var doc any
		if json.Unmarshal(body, &doc) != nil {
			return
		}
		if top := tree(doc); top.get("log").none() {
			seeds, _ = readJSONSeeds(body)
		}
	case openAPILine.Match(body):
		seeds, _ = ReadSeeds(bytes.NewReader(body), p.URL.Path)
	}
	for _, s := range seeds {
		c.addSeed(s, p.URL)
	}
}

// seeds takes the seeds that were given into the crawl.
func (c *crawl) seeds() {
	out := 0
	for _, s := range c.cfg.Seeds {
		if !c.addSeed(s, c.first) {
			out++
		}
	}
	if out > 0 {
		c.skip(skipSeeds, out, nil)
	}
}

// addSeed records a seed's values and, if it only reads, its address. It
// reports whether the address lies in the scope.
func (c *crawl) addSeed(s Seed, base *url.URL) bool {
	u := base.ResolveReference(s.URL)
	it := c.add(found{url: u, via: s.Source, method: s.Method, pattern: s.Template}, nil, "")
	c.points.seed(s, u)
	return it == nil || c.scope.HasOrigin(u)
}
