package software

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// What the estimate of versions may ask the shop for, beyond the crawl.
const (
	maxRequests    = 12 // for the whole shop
	maxPerProduct  = 9
	maxMissesInRow = 5
)

// dated is one product with what can be said of its version.
type dated struct {
	*item
	estimate intel.Estimate
	asked    []*wire.Exchange // files that were looked at, crawled ones too
}

// estimates is the outcome for all products. err says why it is not complete.
type estimates struct {
	list     []*dated
	requests int
	err      error
}

func (e *estimates) find(kinds ...intel.Kind) []*dated {
	var out []*dated
	for _, d := range e.list {
		if slices.Contains(kinds, d.product.Kind) {
			out = append(out, d)
		}
	}
	return out
}

// versions estimates the version of every package, plug-in and content system:
// first from what the crawl holds, then from a few static files.
var versions = &check.Fact[*estimates]{Name: "software versions", Find: func(ctx context.Context, p *check.Pass) (*estimates, error) {
	s, err := check.Ask(ctx, p, inventory)
	if err != nil {
		return nil, err
	}
	out := &estimates{}
	a := &asker{p: p, b: p.Site.Intel, stock: s, crawled: map[string]*page.Page{}, invented: map[string]*page.Page{}}
	for _, pg := range p.Site.Pages {
		if !pg.Ex.Truncated && pg.Ex.BodyErr == "" {
			a.crawled[pg.Ex.URL.String()] = pg
		}
	}
	for _, kind := range []intel.Kind{intel.KindPackage, intel.KindPlugin, intel.KindCMS} {
		for _, it := range s.find(kind) {
			d := &dated{item: it}
			if err := a.estimate(ctx, d); err != nil && out.err == nil {
				out.err = err
			}
			out.list = append(out.list, d)
		}
	}
	out.requests = a.requests
	return out, nil
}}

type asker struct {
	p        *check.Pass
	b        *intel.Bundle
	stock    *stock
	crawled  map[string]*page.Page
	invented map[string]*page.Page
	requests int
}

// estimate fills in d's version. It asks only while an answer can tell more.
func (a *asker) estimate(ctx context.Context, d *dated) error {
	id := d.product.ID
	d.estimate = a.b.Candidates(id, nil, d.signs...)
	if d.estimate.Certainty == intel.ToVersions {
		return nil
	}
	var hits []intel.Hit
	var asked []string
	signs := slices.Clone(d.signs)
	place, misses, spent := a.place(id), 0, a.requests
	for a.requests < maxRequests && a.requests-spent < maxPerProduct && (misses < maxMissesInRow || len(hits) > 0) {
		f, ok := a.b.NextFile(id, asked, hits)
		if !ok {
			break
		}
		asked = append(asked, f.Path)
		pg, err := a.fetch(ctx, &place, id, f.Path)
		if err != nil {
			return err
		}
		if pg == nil {
			misses++
			continue
		}
		h, ok := a.b.Lookup(id, f.Path, pg.Ex.Body)
		if !ok {
			continue
		}
		if !h.Known {
			soft, err := a.answersAnything(ctx, pg)
			if err != nil {
				return err
			}
			if soft {
				misses++
				continue
			}
		}
		misses = 0
		hits, d.asked = append(hits, h), append(d.asked, pg.Ex)
		signs = append(signs, a.b.Identify(intel.Observation{Kind: intel.InFile, Path: f.Path, Text: pg.Text})...)
	}
	d.estimate = a.b.Candidates(id, hits, signs...)
	for _, path := range a.telling(id) {
		if d.estimate.Certainty == intel.ToVersions || a.requests >= maxRequests || slices.Contains(asked, path) {
			continue
		}
		pg, err := a.fetch(ctx, &place, id, path)
		if err != nil {
			return err
		}
		if pg == nil {
			continue
		}
		if found := a.b.Identify(intel.Observation{Kind: intel.InFile, Path: path, Text: pg.Text}); len(found) > 0 {
			signs, d.asked = append(signs, found...), append(d.asked, pg.Ex)
			d.estimate = a.b.Candidates(id, hits, signs...)
		}
	}
	return nil
}

// telling are the files whose text names a version or a branch of the product.
func (a *asker) telling(id string) []string {
	var out []string
	for _, s := range a.b.Signs() {
		if s.Product == id && s.Kind == intel.InFile && s.Proves != intel.ProvesPackage && s.Alarm != intel.AlarmHigh && !slices.Contains(out, s.Path) {
			out = append(out, s.Path)
		}
	}
	return out
}

// place is where a product's files are: what stands before them in addresses,
// and which of intel's variants of the path the shop has (-1: not known yet).
type place struct {
	prefix  string
	variant int
}

// place reads the folder of a product out of the addresses of the shop's assets.
func (a *asker) place(id string) place {
	type vote struct {
		place
		n int
	}
	var votes []vote
	for _, f := range a.b.Files(id) {
		for i, v := range intel.PathVariants(id, f.Path) {
			parts := strings.SplitN(strings.TrimPrefix(v, "/"), "/", 3)
			if len(parts) < 3 {
				continue
			}
			key := "/" + parts[0] + "/" + parts[1] + "/"
			for _, asset := range a.stock.assets {
				u, err := url.Parse(asset)
				if err != nil || !a.p.Scope.HasOrigin(u) {
					continue
				}
				at := strings.Index(u.Path, key)
				if at < 0 {
					continue
				}
				w := place{u.Path[:at], i}
				j := slices.IndexFunc(votes, func(x vote) bool { return x.place == w })
				if j < 0 {
					votes = append(votes, vote{place: w})
					j = len(votes) - 1
				}
				votes[j].n++
			}
		}
	}
	best := vote{place: place{strings.TrimSuffix(a.p.Site.Start.Path, "/"), -1}}
	if i := strings.LastIndex(best.prefix, "/"); i >= 0 && strings.Contains(best.prefix[i:], ".") {
		best.prefix = best.prefix[:i] // the start page is a file
	}
	for _, v := range votes {
		// An asset below /html/template/ also fits /template/ behind /html: the fuller path is the truer one.
		if v.n > best.n || v.n == best.n && best.variant > v.variant {
			best = v
		}
	}
	return best.place
}

// fetch finds a file among the crawled answers or asks for it. It gives nil for
// what is not there; the error is one that ends the asking.
func (a *asker) fetch(ctx context.Context, at *place, id, path string) (*page.Page, error) {
	variants := intel.PathVariants(id, path)
	if at.variant >= 0 && at.variant < len(variants) {
		variants = variants[at.variant : at.variant+1]
	}
	for _, v := range variants {
		u := *a.p.Site.Start
		u.Path, u.RawPath, u.RawQuery, u.Fragment = at.prefix+v, "", "", ""
		pg := a.crawled[u.String()]
		if pg == nil {
			if a.requests >= maxRequests {
				return nil, nil
			}
			var err error
			if pg, err = a.get(ctx, &u, "version of "+id); err != nil || pg == nil {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		if pg.Ex.Status == 200 && (!pg.HTML() || strings.HasSuffix(path, ".html")) && pg.Challenge == "" && !pg.Ex.Truncated {
			if at.variant < 0 && len(variants) > 1 {
				at.variant = slices.Index(variants, v)
			}
			return pg, nil
		}
	}
	return nil, nil
}

// get asks once. What only concerns this file (no answer, excluded path, not in
// a stored run) is no error: the file then proves nothing.
func (a *asker) get(ctx context.Context, u *url.URL, why string) (*page.Page, error) {
	a.requests++
	pg, err := a.p.Get(ctx, u, why)
	switch {
	case err == nil:
		return pg, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, wire.ErrStopped), errors.Is(err, wire.ErrBudget), errors.Is(err, wire.ErrWindow), errors.Is(err, wire.ErrLevel):
		return nil, err
	}
	return nil, nil
}

// answersAnything says that the shop gives the same body for a name that cannot
// exist beside pg: then an unknown content is no edited file but no file at all.
func (a *asker) answersAnything(ctx context.Context, pg *page.Page) (bool, error) {
	u := *pg.Ex.URL
	dir, file := u.Path[:strings.LastIndex(u.Path, "/")+1], u.Path[strings.LastIndex(u.Path, "/")+1:]
	ext := ""
	if i := strings.LastIndex(file, "."); i >= 0 {
		ext = file[i:]
	}
	u.Path, u.RawQuery = dir+"mb-"+invented+ext, ""
	other, ok := a.invented[u.Path]
	if !ok {
		if a.requests >= maxRequests {
			return true, nil
		}
		var err error
		if other, err = a.get(ctx, &u, "what an unknown name answers"); err != nil {
			return false, err
		}
		a.invented[u.Path] = other
	}
	return other != nil && other.Ex.Status == 200 && other.Text == pg.Text, nil
}

// invented is a file name that no product has; it is the same in every run so
// that a stored run can be judged again.
const invented = "q7x3wz9k"
