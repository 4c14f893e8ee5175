package software

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// item is one product that the shop shows to use.
type item struct {
	product *intel.Product
	signs   []intel.SignHit
	ex      *wire.Exchange // the answer that shows it best
	weight  int            // of the different signs, added up
	best    intel.SignHit
}

// extension is a plug-in that no product stands for, or an EC-CUBE plug-in: its
// code is in the address of an asset, its version is not.
type extension struct {
	code, of string
	version  intel.Version
	ex       *wire.Exchange
	path     string
}

// stock is what the crawl alone tells of the shop's software.
type stock struct {
	items      []*item
	extensions []extension
	libraries  []*library
	assets     []string // addresses of the shop's own scripts, style sheets, images
	// vendor is the name of a distribution that an answer gave away, "" when none did.
	vendor string
}

// inventory reads the crawl once for all checks of the suite; it sends nothing.
var inventory = &check.Fact[*stock]{Name: "software inventory", Find: func(ctx context.Context, p *check.Pass) (*stock, error) {
	s, c := &stock{}, &collector{p: p, b: p.Site.Intel, byID: map[string]*item{}}
	host := p.Site.Start.Hostname()
	if len(p.Site.Pages) > 0 {
		c.observe(p.Site.Pages[0].Ex, intel.Observation{Kind: intel.InHost, Text: host})
	}
	for _, pg := range p.Site.Pages {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p.Scope.HasOrigin(pg.URL) && pg.Challenge == "" {
			c.read(pg)
		}
	}
	c.plugins(s)
	s.items, s.assets, s.vendor = c.accepted(), c.assets, c.vendor
	s.libraries = findLibraries(p)
	return s, nil
}}

type collector struct {
	p      *check.Pass
	b      *intel.Bundle
	byID   map[string]*item
	order  []*item
	assets []string
	from   []*wire.Exchange // of assets, same index
	vendor string
}

// observe holds one text against the signs and keeps what it proves.
func (c *collector) observe(ex *wire.Exchange, o intel.Observation) {
	for _, h := range c.b.Identify(o) {
		c.add(ex, h)
	}
}

func (c *collector) add(ex *wire.Exchange, h intel.SignHit) {
	pr, ok := c.b.Product(h.Sign.Product)
	if !ok {
		return
	}
	it := c.byID[pr.ID]
	if it == nil {
		it = &item{product: pr}
		c.byID[pr.ID] = it
		c.order = append(c.order, it)
	}
	for _, s := range it.signs {
		if s.Sign.ID() == h.Sign.ID() && s.Version.Key() == h.Version.Key() && s.Branch == h.Branch {
			return
		}
	}
	if !slices.ContainsFunc(it.signs, func(s intel.SignHit) bool { return s.Sign.ID() == h.Sign.ID() }) {
		it.weight += h.Sign.Weight
	}
	it.signs = append(it.signs, h)
	// What prints a version shows more than what only names the product.
	if it.ex == nil || rank(h) > rank(it.best) {
		it.ex, it.best = ex, h
	}
}

func rank(h intel.SignHit) int {
	if !h.Version.IsZero() {
		return h.Sign.Weight + 100
	}
	return h.Sign.Weight
}

// read observes one page of the shop: head, cookies, text, addresses.
func (c *collector) read(pg *page.Page) {
	for name, values := range pg.Ex.Header {
		for _, v := range values {
			if strings.EqualFold(name, "Set-Cookie") {
				continue
			}
			line := strings.ToLower(name) + ": " + v
			c.observe(pg.Ex, intel.Observation{Kind: intel.InHeader, Text: line})
			if m := distribution.FindString(v); m != "" && (strings.EqualFold(name, "Server") || strings.EqualFold(name, "X-Powered-By")) {
				c.vendor = m
			}
		}
	}
	for _, k := range page.SetCookies(pg.Ex) {
		c.observe(pg.Ex, intel.Observation{Kind: intel.InCookie, Text: k.Name + "=" + k.Value})
		if v, ok := c.b.PrestaShopVersion(k.Name, pg.URL.Hostname()); ok {
			c.add(pg.Ex, intel.SignHit{Sign: prestaCookie, Version: v, Text: k.Name})
		}
	}
	if !pg.HTML() {
		return
	}
	c.observe(pg.Ex, intel.Observation{Kind: intel.InHTML, Text: pg.Text})
	for _, m := range pg.Metas {
		if strings.EqualFold(m.Name, "generator") {
			c.observe(pg.Ex, intel.Observation{Kind: intel.InGenerator, Text: m.Content})
		}
	}
	for _, s := range pg.Scripts {
		c.address(pg.Ex, s.URL, intel.InScript, intel.InAsset)
	}
	for _, r := range pg.Resources {
		if r.Kind == "style" {
			c.address(pg.Ex, r.URL, intel.InLink, intel.InAsset)
		} else {
			c.address(pg.Ex, r.URL, intel.InAsset)
		}
	}
	c.address(pg.Ex, pg.URL, intel.InURL)
	for _, l := range pg.Links {
		if l.URL != nil && !l.Pattern && c.p.Own(l.URL) {
			c.address(pg.Ex, l.URL, intel.InURL)
		}
	}
	for _, f := range pg.Forms {
		if f.Action != nil {
			c.address(pg.Ex, f.Action, intel.InURL)
		}
	}
}

// address observes an address. On another host only signs that look at the
// host's name count: /wp-content/ there is somebody else's WordPress.
func (c *collector) address(ex *wire.Exchange, u *url.URL, kinds ...intel.SignKind) {
	if u == nil || u.Scheme != "http" && u.Scheme != "https" {
		return
	}
	mine, text := c.p.Own(u), u.String()
	if mine && slices.Contains(kinds, intel.InAsset) && !slices.Contains(c.assets, text) && len(c.assets) < 2000 {
		c.assets, c.from = append(c.assets, text), append(c.from, ex)
	}
	moved := *u
	moved.Scheme, moved.Host = "https", "shop.invalid"
	for _, k := range kinds {
		hits := c.b.Identify(intel.Observation{Kind: k, Text: text})
		if !mine && len(hits) > 0 {
			anywhere := c.b.Identify(intel.Observation{Kind: k, Text: moved.String()})
			hits = slices.DeleteFunc(hits, func(h intel.SignHit) bool {
				return slices.ContainsFunc(anywhere, func(a intel.SignHit) bool { return a.Sign == h.Sign })
			})
		}
		for _, h := range hits {
			c.add(ex, h)
		}
	}
}

// accepted are the products that the signs prove, each family once.
func (c *collector) accepted() []*item {
	var out []*item
	for _, it := range c.order {
		sure := slices.ContainsFunc(it.signs, func(h intel.SignHit) bool { return h.Sign.Alarm == intel.AlarmLow && h.Sign.Weight >= 6 })
		backed := it.weight >= 8 && slices.ContainsFunc(it.signs, func(h intel.SignHit) bool { return h.Sign.Alarm != intel.AlarmHigh })
		if sure || backed {
			out = append(out, it)
		}
	}
	family := func(it *item) string {
		if it.product.Family != "" {
			return it.product.Family
		}
		return it.product.ID
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(a *item) bool {
		return slices.ContainsFunc(all, func(b *item) bool {
			return a != b && a.product.Kind == b.product.Kind && family(a) == family(b) && a.weight < b.weight
		})
	})
}

func (s *stock) find(kinds ...intel.Kind) []*item {
	var out []*item
	for _, it := range s.items {
		if slices.Contains(kinds, it.product.Kind) {
			out = append(out, it)
		}
	}
	return out
}

// hosted is the cart service that the shop runs on, nil for a shop that runs its own software.
func (s *stock) hosted() *item {
	for _, it := range s.items {
		if it.product.ASP {
			return it
		}
	}
	return nil
}

// printed lists the versions that signs of it print, without repetition.
func (it *item) printed() []intel.SignHit {
	var out []intel.SignHit
	for _, h := range it.signs {
		if !h.Version.IsZero() && h.Sign.Alarm != intel.AlarmHigh &&
			!slices.ContainsFunc(out, func(o intel.SignHit) bool { return intel.Compare(o.Version, h.Version) == 0 }) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b intel.SignHit) int { return intel.Compare(a.Version, b.Version) })
	return out
}
