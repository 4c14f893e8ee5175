package crawl

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// How many different names may stand at one place of a path, or how many
// different sets of parameters may follow it, before they count as values of
// one thing. A shop has a dozen or two help pages; it has hundreds of products.
const (
	maxNames   = 24
	maxNamesAt = 40 // directly below the root
	maxQueries = 5
)

// atlas groups addresses by their shape: a tree of path segments in which a
// place that takes many names becomes one wildcard. That is how 10,000 product
// pages with speaking names are seen to be one thing without asking for them.
type atlas struct {
	roots map[string]*branch // by origin
	per   int
	order []*group // in order of discovery; merged ones are dropped when met
}

// branch is one place in the tree.
type branch struct {
	depth  int
	names  map[string]*branch
	groups map[string]*group // by the shape of the query
}

// group is the addresses of one shape.
type group struct {
	handler string // the shape, for people and for insertion points
	items   []*item
	open    int            // items that could still be asked for
	fetched int            // pages of it that were read
	signs   map[string]int // templates that they showed
	picked  int            // position in the sampling order
	wild    bool           // made by merging names that differ
	into    *group         // where it went when it was merged
	tail    bool           // found only in a part of the shop that repeats itself
	growers int            // pages of it that led to ever more of it
	wanted  []*item        // those that promise a decisive kind
}

const wildcard = "*"

func newAtlas(per int) *atlas { return &atlas{roots: map[string]*branch{}, per: per} }

func (b *branch) child(name string) *branch {
	if w := b.names[wildcard]; w != nil {
		return w
	}
	n := b.names[name]
	if n == nil {
		n = &branch{depth: b.depth + 1, names: map[string]*branch{}, groups: map[string]*group{}}
		b.names[name] = n
	}
	return n
}

// add puts it into the group of its shape.
func (a *atlas) add(it *item) {
	segs, q := place(it.url)
	o := wire.OriginOf(it.url)
	b := a.roots[o]
	if b == nil {
		b = &branch{names: map[string]*branch{}, groups: map[string]*group{}}
		a.roots[o] = b
	}
	for _, seg := range segs {
		limit := maxNames
		if b.depth == 0 {
			limit = maxNamesAt
		}
		if b.names[wildcard] == nil && b.names[seg] == nil && len(b.names) >= limit {
			a.mergeNames(b)
		}
		b = b.child(seg)
	}
	if len(b.groups) >= maxQueries && b.groups[q] == nil && b.groups[wildcard] == nil {
		a.mergeQueries(b)
	}
	if b.groups[wildcard] != nil && q != "" {
		q = wildcard
	}
	g := b.groups[q]
	if g == nil {
		g = &group{handler: "/" + strings.Join(segs, "/"), signs: map[string]int{}}
		if q != "" {
			g.handler += "?" + q
		}
		b.groups[q] = g
		a.order = append(a.order, g)
	}
	it.group = g
	g.tail = it.tail && (g.tail || len(g.items) == 0)
	g.items = append(g.items, it)
	g.open++
}

// place is where an address belongs: the segments of its shape, with the
// parameters that name a page (route=, main_page=, mode=) as further segments,
// and the shape of the other parameters.
func place(u *url.URL) (segs []string, query string) {
	bare := *u
	bare.Scheme, bare.Host, bare.User = "", "", nil
	p, q, _ := strings.Cut(page.Shape(bare.String()), "?")
	segs = strings.Split(strings.TrimPrefix(p, "/"), "/")
	if q == "" {
		return segs, ""
	}
	var rest []string
	for part := range strings.SplitSeq(q, "&") {
		switch _, v, _ := strings.Cut(part, "="); v {
		case "", "N", wildcard:
			rest = append(rest, part)
		default:
			segs = append(segs, part)
		}
	}
	return segs, strings.Join(rest, "&")
}

// handlerOf is the shape of an address that belongs to no group.
func handlerOf(u *url.URL) string {
	segs, q := place(u)
	h := "/" + strings.Join(segs, "/")
	if q != "" {
		h += "?" + q
	}
	return h
}

// varies says that a segment of a handler stands for values.
func varies(seg string) bool {
	seg, _, _ = strings.Cut(seg, ".")
	switch seg {
	case wildcard, "N", "S", "D", "H":
		return true
	}
	return false
}

// mergeNames makes b's children one.
func (a *atlas) mergeNames(b *branch) {
	w := &branch{depth: b.depth + 1, names: map[string]*branch{}, groups: map[string]*group{}}
	for _, n := range slices.Sorted(maps.Keys(b.names)) {
		a.join(w, b.names[n])
	}
	b.names = map[string]*branch{wildcard: w}
	for _, g := range w.groups {
		g.wild = true
	}
}

// join moves what is in from into to.
func (a *atlas) join(to, from *branch) {
	for q, g := range from.groups {
		if old := to.groups[q]; old != nil {
			old.swallow(g)
		} else {
			to.groups[q] = g
		}
	}
	for _, n := range slices.Sorted(maps.Keys(from.names)) {
		if to.names[wildcard] == nil && to.names[n] == nil && len(to.names) >= maxNames {
			a.mergeNames(to)
		}
		a.join(to.child(n), from.names[n])
	}
	if len(to.groups) > maxQueries+1 {
		a.mergeQueries(to)
	}
}

// mergeQueries makes the shapes of b's queries one; the bare path stays apart.
func (a *atlas) mergeQueries(b *branch) {
	var all *group
	for _, q := range slices.Sorted(maps.Keys(b.groups)) {
		if q == "" {
			continue
		}
		if g := b.groups[q]; all == nil {
			all = g
		} else {
			all.swallow(g)
		}
		delete(b.groups, q)
	}
	if all != nil {
		p, _, _ := strings.Cut(all.handler, "?")
		all.handler, all.wild = p+"?"+wildcard, true
		b.groups[wildcard] = all
	}
}

func (g *group) swallow(o *group) {
	g.handler = widen(g.handler, o.handler)
	g.items = append(g.items, o.items...)
	slices.SortFunc(g.items, func(a, b *item) int { return a.seq - b.seq })
	for _, it := range o.items {
		it.group = g
	}
	g.open += o.open
	g.fetched += o.fetched
	g.picked += o.picked
	g.growers += o.growers
	g.tail = g.tail && o.tail
	g.wanted = append(g.wanted, o.wanted...)
	for s, n := range o.signs {
		g.signs[s] += n
	}
	g.wild = true
	o.into, o.items = g, nil
}

// widen writes a wildcard where two handlers differ.
func widen(a, b string) string {
	ap, aq, _ := strings.Cut(a, "?")
	bp, bq, _ := strings.Cut(b, "?")
	x, y := strings.Split(ap, "/"), strings.Split(bp, "/")
	if len(x) != len(y) {
		return a
	}
	for i := range x {
		if x[i] != y[i] {
			x[i] = wildcard
		}
	}
	out := strings.Join(x, "/")
	switch {
	case aq == bq && aq != "":
		out += "?" + aq
	case aq != bq:
		out += "?" + wildcard
	}
	return out
}

// groups lists the groups that are still there, in order of discovery.
func (a *atlas) groups() []*group {
	a.order = slices.DeleteFunc(a.order, func(g *group) bool { return g.into != nil })
	return a.order
}

// limit is how many addresses of g are worth fetching: a few, more when its
// pages turn out to differ, a handful more when g was put together from names.
func (g *group) limit(per int) int {
	n := per + 3*max(0, len(g.signs)-1)
	if g.wild {
		n++
	}
	return min(n, 5*per)
}

// sample picks the next address by position: first, last, middle, quarters…
// so that a stranger among look-alikes has a chance to be met. Of a taken
// place the nearest open neighbour stands in; nil when none is open.
func (g *group) sample() *item {
	n := len(g.items)
	i := position(g.picked, n)
	for d := range n {
		for _, j := range [2]int{i + d, i - d} {
			if j >= 0 && j < n && g.items[j].open() {
				return g.items[j]
			}
		}
	}
	return nil
}

// position is the k-th place of the order 0, 1, 1/2, 1/4, 3/4, 1/8… among n.
func position(k, n int) int {
	switch k {
	case 0:
		return 0
	case 1:
		return n - 1
	}
	den := 2
	for k -= 2; k >= den/2; den *= 2 {
		k -= den / 2
	}
	return (2*k + 1) * n / den
}

// dirOf is the first path segment: the part of a shop that a page belongs to.
func dirOf(u *url.URL) string {
	p := strings.TrimPrefix(u.EscapedPath(), "/")
	d, _, ok := strings.Cut(p, "/")
	if !ok {
		return "/"
	}
	return d
}
