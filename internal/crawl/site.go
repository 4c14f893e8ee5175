package crawl

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"miseban/internal/check"
	"miseban/internal/page"
)

// maxListed bounds the addresses that a Site lists one by one; the rest is
// counted in its templates.
const maxListed = 20_000

// site puts together what was seen.
func (c *crawl) site(took time.Duration) *check.Site {
	s := check.NewSite(c.first, c.pages, c.cfg.Intel, c.cfg.Now)
	s.Exchanges = c.exchanges
	s.Robots, s.Sitemap = c.robots, c.sitemap
	s.Siblings = c.siblingList()
	c.known(s)
	if c.pictures > 0 {
		c.skip(skipPictures, c.pictures, nil)
	}
	if c.cfg.Render == nil && c.scripted() {
		c.skip(skipBrowser, "", nil)
	}
	s.Skipped = c.skipped
	c.points.shapes(c.atlas)
	s.Points = c.points.sorted()
	s.Crawl = c.tally.stats(c.scope, c.client.Stats(), took)
	return s
}

// known lists the addresses that were not fetched and counts them by template.
func (c *crawl) known(s *check.Site) {
	byTemplate := map[string]int{}
	for i, t := range s.Templates {
		byTemplate[t.Signature] = i
	}
	rest := map[*item]check.Reason{}
	all := slices.Clone(c.apart)
	for _, g := range c.atlas.groups() {
		left := 0
		for _, it := range g.items {
			if it.open() {
				left++
				rest[it] = c.whyLeft(g)
				all = append(all, it)
			}
		}
		if left == 0 {
			continue
		}
		if i, ok := byTemplate[g.main()]; ok {
			s.Templates[i].Known += left
		}
		if g.growers >= 2 && c.ended == nil {
			c.skip(skipEndless, g.fetched, g.items[len(g.items)-1].url)
		}
	}
	for _, it := range c.queue {
		if it.open() {
			rest[it] = c.whyLeft(nil)
			all = append(all, it)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return cmp.Compare(a.seq, b.seq) })
	for _, it := range slices.Compact(all) {
		k := check.Known{URL: it.url, From: it.from, Effect: it.effect, Why: it.why}
		if r, ok := rest[it]; ok {
			k.Why = r
		}
		if len(s.Known) < maxListed {
			s.Known = append(s.Known, k)
		}
	}
	s.Known = append(s.Known, c.blocked...)
	for _, u := range c.forbidden {
		if it := c.seen[page.Canonical(u).String()]; it == nil && len(s.Known) < maxListed+1000 {
			effect, _ := page.ClassifyLink(&page.Link{URL: u, Raw: u.String(), From: "robots"})
			s.Known = append(s.Known, check.Known{URL: u, Effect: effect, Why: whyHint})
		}
	}
}

// whyLeft says why the open addresses of g were not fetched.
func (c *crawl) whyLeft(g *group) check.Reason {
	switch {
	case c.ended != nil:
		return whyEnded
	case g != nil && g.fetched > 0 && g.fetched >= g.limit(c.cfg.PerTemplate):
		return with(whySame, fmt.Sprint(g.fetched))
	case c.fetched >= c.cfg.MaxPages:
		return whyLimit
	case g != nil && g.picked > 0:
		return whyDead
	case g != nil && g.tail:
		return whyTail
	}
	return whyGuess
}

// main is the template that most pages of g showed.
func (g *group) main() string {
	best, n := "", 0
	for s, k := range g.signs {
		if k > n || k == n && s < best {
			best, n = s, k
		}
	}
	return best
}

// scripted says whether the shop's pages run scripts, so that a browser would see more.
func (c *crawl) scripted() bool {
	return slices.ContainsFunc(c.pages, func(p *page.Page) bool { return len(p.Scripts) > 0 })
}
