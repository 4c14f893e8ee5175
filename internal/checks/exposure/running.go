package exposure

import (
	"context"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
)

// software is a set of families of shop software: a candidate path is asked
// for only where the software that leaves it there may run.
type software uint

const (
	eccube2 software = 1 << iota
	eccube3
	eccube4
	wordpress
	magento
	prestashop
	opencart
	zencart
	oscommerce
	cscart
	otherCMS

	eccube = eccube2 | eccube3 | eccube4
)

var softwareOf = map[string]software{
	"eccube": eccube, "eccube2": eccube2, "eccube3": eccube3, "eccube4": eccube4,
	"wordpress": wordpress, "welcart": wordpress, "woocommerce": wordpress,
	"magento1": magento, "magento2": magento, "prestashop": prestashop, "opencart": opencart, "zencart": zencart,
	"oscommerce": oscommerce, "cs-cart": cscart, "drupal": otherCMS, "joomla": otherCMS, "movabletype": otherCMS,
	"a-blog-cms": otherCMS, "concrete": otherCMS, "evershop": otherCMS, "commerce21": otherCMS,
}

// running is what the crawl gave away of the shop's software.
type running struct {
	// likely is what may run: what was recognised, or, where nothing was, EC-CUBE,
	// which most Japanese shops of their own run.
	likely software
	known  bool
	// asp is the cart service that runs the servers; nil when the shop runs its own.
	asp      *intel.Product
	products []*intel.Product
	// root is the shop's origin, and bases the folders its software lives in, "/" first.
	root  *url.URL
	bases []string
	// beside are further hosts of the scope on which the crawl read pages.
	beside []*url.URL
}

// enoughWeight is what a sign must weigh to name the software. A cart service
// must show in the answer itself: pages of any shop may load something of theirs.
const (
	enoughWeight    = 5
	enoughForASP    = 8
	pagesIdentified = 30
	mostBeside      = 3
)

var runningFact = &check.Fact[*running]{Name: "exposure-running", Find: func(_ context.Context, p *check.Pass) (*running, error) {
	r := &running{root: &url.URL{Scheme: p.Site.Start.Scheme, Host: p.Site.Start.Host, Path: "/"}, bases: []string{"/"}}
	pages := p.Site.HTML()
	for i, pg := range pages {
		origin := &url.URL{Scheme: pg.URL.Scheme, Host: pg.URL.Host, Path: "/"}
		switch {
		case i == 0:
			r.root = origin
		case origin.Hostname() == r.root.Hostname(), len(r.beside) == mostBeside, !p.Scope.HasOrigin(origin):
		case !slices.ContainsFunc(r.beside, func(u *url.URL) bool { return u.Hostname() == origin.Hostname() }):
			r.beside = append(r.beside, origin)
		}
		if i >= pagesIdentified {
			continue
		}
		for _, o := range observations(pg) {
			for _, h := range p.Site.Intel.Identify(o) {
				r.note(p.Site.Intel, h.Sign)
			}
		}
	}
	r.known = r.likely != 0
	switch {
	case r.known:
		r.asp = nil // the shop's own software is here, whatever else shows
	case r.asp == nil:
		r.likely = eccube
	}
	r.findBases(pages)
	return r, nil
}}

func (r *running) note(b *intel.Bundle, s *intel.Sign) {
	product, ok := b.Product(s.Product)
	if !ok || s.Alarm == intel.AlarmHigh || slices.Contains(r.products, product) {
		return
	}
	switch {
	case product.ASP && s.Weight >= enoughForASP && s.Kind != intel.InAsset && s.Kind != intel.InURL:
		r.asp = product
		r.products = append(r.products, product)
	case softwareOf[product.ID] != 0 && s.Weight >= enoughWeight:
		r.likely |= softwareOf[product.ID]
		r.products = append(r.products, product)
	}
}

// has says whether any of the software may run here.
func (r *running) has(s software) bool { return s == 0 || r.likely&s != 0 }

// landmark is a part of a path behind which the software keeps its own files:
// what stands before it is the folder it was installed in.
var landmark = regexp.MustCompile(`/(?:wp-content|wp-includes|wp-json|user_data/packages|html/(?:template|user_data|upload)|template/default|catalog/view|skin/frontend|index\.php)(?:/|$)`)

// findBases looks for a folder that is not the root: of the start page, or in
// the paths of what pages load.
func (r *running) findBases(pages []*page.Page) {
	add := func(dir string) {
		if dir = path.Clean("/" + dir); dir != "/" && len(r.bases) < 2 {
			r.bases = append(r.bases, dir+"/")
		}
	}
	count := map[string]int{}
	for _, pg := range pages {
		for _, u := range assets(pg) {
			if u.Host != r.root.Host {
				continue
			}
			if at := landmark.FindStringIndex(u.Path); at != nil {
				count[u.Path[:at[0]]]++
			}
		}
	}
	best := ""
	for dir, n := range count {
		if n > count[best] || n == count[best] && dir < best {
			best = dir
		}
	}
	if count[best] > 0 {
		add(best)
	}
	if len(pages) > 0 && len(r.bases) == 1 {
		dir := pages[0].URL.Path
		if !strings.HasSuffix(dir, "/") {
			dir = path.Dir(dir)
		}
		if strings.Count(strings.Trim(dir, "/"), "/") == 0 && pages[0].Kind == page.Top {
			add(dir)
		}
	}
}

// at is the address of a path below the shop's origin; path may carry a query.
func (r *running) at(target string) *url.URL {
	u := *r.root
	u.Path, u.RawQuery, _ = strings.Cut(target, "?")
	return &u
}

// elsewhere says that a cart service runs the servers, and writes that down.
func (r *running) elsewhere(p *check.Pass) bool {
	if r.asp == nil {
		return false
	}
	p.NotApplicable("カートサービス（{name}）の提供会社がサーバを管理しているため、対象外です。", i18n.Args{"name": r.asp.Name.In(i18n.JA)})
	return true
}

// assets are the addresses of everything a page loads.
func assets(pg *page.Page) []*url.URL {
	var out []*url.URL
	for _, s := range pg.Scripts {
		if s.URL != nil {
			out = append(out, s.URL)
		}
	}
	for _, r := range pg.Resources {
		if r.URL != nil {
			out = append(out, r.URL)
		}
	}
	return out
}

// observations are the texts of one page that may carry a package's signs.
func observations(pg *page.Page) []intel.Observation {
	out := []intel.Observation{
		{Kind: intel.InHTML, Text: pg.Text}, {Kind: intel.InURL, Text: pg.URL.String()}, {Kind: intel.InHost, Text: pg.URL.Hostname()},
	}
	for k, values := range pg.Ex.Header {
		for _, v := range values {
			out = append(out, intel.Observation{Kind: intel.InHeader, Text: strings.ToLower(k) + ": " + v})
		}
	}
	for _, c := range page.SetCookies(pg.Ex) {
		out = append(out, intel.Observation{Kind: intel.InCookie, Text: c.Name + "=" + c.Value})
	}
	for _, m := range pg.Metas {
		if strings.EqualFold(m.Name, "generator") {
			out = append(out, intel.Observation{Kind: intel.InGenerator, Text: m.Content})
		}
	}
	for _, s := range pg.Scripts {
		if s.URL != nil {
			out = append(out, intel.Observation{Kind: intel.InScript, Text: s.URL.String()})
		}
	}
	for _, r := range pg.Resources {
		if r.URL != nil && r.Kind == "style" {
			out = append(out, intel.Observation{Kind: intel.InLink, Text: r.URL.String()})
		}
	}
	for _, u := range assets(pg) {
		out = append(out, intel.Observation{Kind: intel.InAsset, Text: u.String()})
	}
	for _, l := range pg.Links {
		if l.URL != nil && l.URL.Host == pg.URL.Host {
			out = append(out, intel.Observation{Kind: intel.InURL, Text: l.URL.String()})
		}
	}
	return out
}
