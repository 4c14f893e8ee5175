package probe

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"miseban/internal/page"
	"miseban/internal/wire"
)

// guesses are parameters that programs often read though no page links to
// them. Names that choose the page itself or that act are not among them.
var guesses = []string{
	"redirect", "redirect_to", "redirect_uri", "return", "return_url", "returnUrl", "return_to", "next", "url", "goto", "back", "continue", "dest", "target", "ref", "to", "link", "forward", "src", "image", "feed",
	"callback", "jsonp", "debug", "lang", "file", "template", "path", "q", "s", "search", "keyword", "name", "msg", "message", "error", "title", "text", "id", "sort", "order",
}

// bearing are headers that programs read, log and show.
var bearing = []string{"Referer", "X-Forwarded-For", "User-Agent", "Accept-Language"}

const maxSwept = 30

// mostKin is how many of the pages that look alike and differ in one segment of
// their paths are swept: it is a value then, and one program answers them all.
const mostKin = 2

// guess is one thing that a sweep tries: a parameter, a header, a name.
type guess struct {
	via  Via
	name string
	mark Marker
}

// sweep tries, with one request for each handler, whether parameters that no
// page mentions, their names, or headers make any difference. Pages that look
// unlike each other come first; those of one look, which are mostly but not
// always of one program, share what is left of the bound.
func (b *planner) sweep(ctx context.Context) error {
	templates, handlers, kin := map[string]bool{}, map[string]bool{}, map[string]int{}
	var first, more []*page.Page
	failures := 0
	for _, pg := range slices.Concat(b.p.Site.Pages, b.leading()) {
		failing := failed(pg)
		if !slices.Contains(b.leading(), pg) && (!pg.HTML() || pg.Ex.Status != http.StatusOK) && !failing || !b.again(pg) || failing && failures == mostFailing {
			continue
		}
		h := handler(&Target{Via: ViaQuery, URL: pg.URL, work: b.w, fields: fieldsOf(pg.URL.RawQuery)})
		k := b.kin[pg.URL.EscapedPath()]
		if handlers[h] || k != "" && kin[k] >= mostKin && templates[pg.Template] {
			continue
		}
		handlers[h] = true
		kin[k]++
		if failing {
			failures++
		}
		if templates[pg.Template] {
			more = append(more, pg)
			continue
		}
		templates[pg.Template] = true
		first = append(first, pg)
	}
	all := slices.Concat(first, more)
	all = all[:min(len(all), maxSwept)]
	for _, pg := range all {
		if err := b.sweepPage(ctx, pg); err != nil {
			if final(err) {
				return err
			}
			continue // a page that cannot be asked is not swept
		}
	}
	return b.called(ctx, all)
}

// mostFailing pages that fail without a parameter are swept: it may be the
// parameter that they miss.
const mostFailing = 3

func failed(pg *page.Page) bool {
	return pg.Ex.Status >= 500 && pg.Ex.Status != http.StatusServiceUnavailable
}

func (b *planner) sweepPage(ctx context.Context, pg *page.Page) error {
	t := &Target{Via: ViaQuery, Name: "sweep", Method: http.MethodGet, URL: pg.URL, Page: pg, work: b.w, ID: sweepID(pg), at: -1, fields: fieldsOf(pg.URL.RawQuery)}
	var all []guess
	for _, n := range guesses {
		if !slices.ContainsFunc(t.fields, func(f field) bool { return strings.EqualFold(strings.TrimSuffix(f.name, "[]"), n) }) && !b.seen["GET "+pg.URL.EscapedPath()+" query "+n] {
			all = append(all, guess{ViaQuery, n, b.w.Markers.New("", t.ID, n, "sweep")})
		}
	}
	for _, h := range bearing {
		all = append(all, guess{ViaHeader, h, b.w.Markers.New("", t.ID, h, "sweep header")})
	}
	all = append(all, guess{ViaName, "*", b.w.Markers.New("", t.ID, "name", "sweep name")})
	a, err := b.try(ctx, t, all)
	if err != nil {
		return err
	}
	var found []guess
	var rest []guess
	low := asciiLower(a.Page.Text + "\n" + string(a.Ex.ResponseHead))
	for _, g := range all {
		if failed(pg) && a.Ex.Status >= 500 {
			rest = append(rest, g) // a place that always fails would look like a shop that does
		} else if strings.Contains(low, g.mark.Tag()) || g.via == ViaHeader && strings.Contains(low, g.mark.Head) {
			found = append(found, g)
		} else {
			rest = append(rest, g)
		}
	}
	whole := repeats(found, all)
	if whole {
		found, rest = shown(found, rest)
		if b.repeated++; b.repeated > mostKin { // written by what frames all pages
			found = slices.DeleteFunc(found, func(g guess) bool { return g.via != ViaHeader })
		}
	}
	if moved, err := b.moved(ctx, t, pg, a, all); err != nil {
		return err
	} else if moved && (len(found) == 0 || whole) {
		more, err := b.narrow(ctx, t, pg, rest, 14)
		found = append(found, more...)
		if err != nil && (final(err) || len(found) == 0) {
			return err
		}
	}
	for _, g := range found {
		b.guessed(pg, g)
	}
	return nil
}

// repeats says that a page writes its whole address: most of the parameters
// that it was asked with come back, whatever they are called.
func repeats(found, all []guess) bool {
	return parameters(found) > 8 && parameters(found)*2 > parameters(all)
}

func parameters(gs []guess) int {
	n := 0
	for _, g := range gs {
		if g.via == ViaQuery {
			n++
		}
	}
	return n
}

// shown leaves one parameter in found for all that come back in the same way,
// and looks for what the others may do besides.
func shown(found, rest []guess) (kept, others []guess) {
	for _, g := range found {
		if g.via != ViaHeader && parameters(kept) > 0 {
			if g.via == ViaQuery {
				rest = append(rest, g)
			}
			continue
		}
		kept = append(kept, g)
	}
	return kept, rest
}

// try sends all guesses at once.
func (b *planner) try(ctx context.Context, t *Target, gs []guess) (*Answer, error) {
	u := *t.URL
	fs := slices.Clone(t.fields)
	r := &wire.Request{Method: http.MethodGet, Level: wire.Active, Parameter: "sweep", Again: true, Header: http.Header{}, Origin: wire.Origin{Why: "parameters that no page links to"}}
	var echo []string
	for _, g := range gs {
		v := g.mark.Tag()
		switch g.via {
		case ViaQuery:
			if strings.Contains(g.name, "re") || g.name == "next" || g.name == "url" || g.name == "goto" || g.name == "back" || g.name == "dest" || g.name == "continue" || g.name == "to" || g.name == "link" || g.name == "forward" {
				v = "/" + v
			}
			if l := b.p.Listener(); l != nil && slices.Contains(fetched, g.name) { // who fetches it shows nothing of that
				v = l.URL(lured(t.ID, g.name)) + "?" + g.mark.Tag()
			}
			fs = append(fs, field{name: g.name, value: v})
		case ViaName:
			fs = append(fs, field{name: v, value: "1"})
		case ViaHeader: // with signs, since headers are logged more often than shown
			v = g.mark.Head + "'\"" + g.mark.Tail
			switch g.name {
			case "Referer":
				v = b.referer(t, v)
			case "Accept-Language": // the page's own language first, so that it comes as it is
				v = "ja," + v
			}
			r.Header.Set(g.name, v)
		}
		echo = append(echo, v)
	}
	u.RawQuery = t.encode(fs, &sending{})
	r.URL, r.Injected = &u, echo
	pg, err := b.p.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return &Answer{Page: pg, Ex: pg.Ex, Print: printOf(pg, echo...), sent: r}, nil
}

// referer is an address with v that a page of the shop could have. Where the
// operator listens, it leads there, for a program that fetches what it is told.
func (b *planner) referer(t *Target, v string) string {
	own := t.URL.Scheme + "://" + t.URL.Host
	l := b.p.Listener()
	if l == nil {
		return own + "/" + v
	}
	return own + "@" + strings.TrimPrefix(l.URL(t.ID), "http://") + "?" + t.URL.Host + "&" + v
}

// fetched are the guesses that programs read as an address to fetch.
var fetched = []string{"url", "link", "src", "image", "feed", "callback"}

// lured labels the address that was sent as the parameter name of a page.
func lured(page, name string) string { return page + " " + name }

// called makes targets of the parameters and headers whose address the shop
// has fetched.
func (b *planner) called(ctx context.Context, pages []*page.Page) error {
	l := b.p.Listener()
	if l == nil {
		return nil
	}
	for _, pg := range pages {
		hits, err := l.Wait(ctx, sweepID(pg), soon, wire.Origin{Why: "an address in a header"})
		if err != nil {
			return err
		}
		if len(hits) > 0 {
			b.guessed(pg, guess{via: ViaHeader, name: "Referer"})
		}
		for _, name := range fetched {
			hits, err := l.Wait(ctx, lured(sweepID(pg), name), time.Millisecond, wire.Origin{Why: "an address in a parameter"})
			if err != nil {
				return err
			}
			if len(hits) > 0 {
				b.guessed(pg, guess{via: ViaQuery, name: name})
			}
		}
	}
	return nil
}

// soon is how long a call may take that a request provoked earlier.
const soon = 10 * time.Millisecond

func sweepID(pg *page.Page) string { return "sweep " + pg.URL.Path }

// moved says that the answer a to guesses is another than the page's own.
func (b *planner) moved(ctx context.Context, t *Target, pg *page.Page, a *Answer, gs []guess) (bool, error) {
	if a.Blocked() {
		return false, nil
	}
	if failed(pg) {
		return a.Ex.Status < 500, nil
	}
	base := &Baseline{Status: pg.Ex.Status}
	base.take(&Answer{Page: pg, Ex: pg.Ex, Print: printOf(pg)})
	maps.Copy(base.moving, b.moving) // the frame of a page varies on all of them
	var words []string
	for _, g := range gs {
		words = append(words, g.mark.Head)
	}
	for m := range a.Print.marks { // where the page writes its address something else stands each time
		if strings.Contains(m.what, echoMark) {
			base.moving[m.where] = true
		}
	}
	if base.unmoved(a.Ex.Status, a.Print.without(words...)) == Same {
		return false, nil
	}
	if b.noisy[pg] == nil { // the page may vary by itself: ask for it as it is, twice
		n := &noise{}
		for range 2 {
			again, err := b.try(ctx, t, nil)
			if err != nil {
				return false, err
			}
			n.answers = append(n.answers, again)
		}
		b.noisy[pg] = n
	}
	for _, again := range b.noisy[pg].answers {
		base.take(again)
	}
	maps.Copy(b.moving, base.moving)
	if len(base.all) > len(base.stable) {
		return b.lacking(ctx, t, pg, base, a, gs, words)
	}
	return base.unmoved(a.Ex.Status, a.Print.without(words...)) == Different, nil
}

// lacking says that a page that varies by itself lost to the guesses what it
// says each time. What is gone has to be gone twice, and there once more when
// the page is asked for as it is.
func (b *planner) lacking(ctx context.Context, t *Target, pg *page.Page, base *Baseline, a *Answer, gs []guess, words []string) (bool, error) {
	if a.Ex.Status != pg.Ex.Status || len(base.lost(a.Print.without(words...))) == 0 {
		return a.Ex.Status != pg.Ex.Status, nil
	}
	repeated, err := b.try(ctx, t, gs)
	if err != nil {
		return false, err
	}
	plain, err := b.try(ctx, t, nil)
	if err != nil {
		return false, err
	}
	b.noisy[pg].answers = append(b.noisy[pg].answers, plain)
	base.take(plain)
	first, second := base.lost(a.Print.without(words...)), base.lost(repeated.Print.without(words...))
	for m := range first {
		if second[m] {
			return true, nil
		}
	}
	return false, nil
}

// noise is what a page said when it was asked for as it is.
type noise struct{ answers []*Answer }

// narrow halves the guesses until those that matter are found.
func (b *planner) narrow(ctx context.Context, t *Target, pg *page.Page, gs []guess, budget int) ([]guess, error) {
	var found []guess
	var fields, others []guess
	for _, g := range gs {
		if g.via == ViaQuery {
			fields = append(fields, g)
		} else {
			others = append(others, g)
		}
	}
	// Where any name at all changes the page, a field's own name tells nothing.
	for i, g := range others {
		if g.via != ViaName || budget == 0 {
			continue
		}
		budget--
		m, err := b.movedBy(ctx, t, pg, others[i:i+1])
		if err != nil {
			return found, err
		}
		others = slices.Delete(slices.Clone(others), i, i+1)
		if m {
			found, fields = append(found, g), nil
		}
		break
	}
	if len(fields) == 0 && len(others) == 0 {
		return found, nil
	}
	h := &halving{b: b, t: t, pg: pg, left: budget, found: found}
	moved, err := h.try(ctx, others, false)
	if err == nil {
		_, err = h.try(ctx, fields, !moved && len(found) == 0)
	}
	return h.found, err
}

// halving looks for the guesses that matter among many.
type halving struct {
	b     *planner
	t     *Target
	pg    *page.Page
	left  int // requests that it may still make
	found []guess
}

// try says whether part makes a difference, and finds what does. known says
// that something of it must, because nothing else did; a page that fails without
// its parameter is asked all the same, since it is left alone after a few
// failures in a row.
func (h *halving) try(ctx context.Context, part []guess, known bool) (bool, error) {
	if len(part) == 0 || h.left <= 0 {
		return false, nil
	}
	if !known || len(part) == 1 || failed(h.pg) {
		h.left--
		if m, err := h.b.movedBy(ctx, h.t, h.pg, part); err != nil || !m {
			return false, err
		}
	}
	if len(part) == 1 {
		h.found = append(h.found, part[0])
		return true, nil
	}
	before := len(h.found)
	first, err := h.try(ctx, part[:len(part)/2], false)
	if err != nil {
		return true, err
	}
	_, err = h.try(ctx, part[len(part)/2:], !first && before == len(h.found))
	return true, err
}

// movedBy sends part and says whether the page is another one then. What is not
// answered tells nothing.
func (b *planner) movedBy(ctx context.Context, t *Target, pg *page.Page, part []guess) (bool, error) {
	a, err := b.try(ctx, t, part)
	if err != nil {
		var f *wire.Failure
		if final(err) || !errors.As(err, &f) {
			return false, err
		}
		return false, nil
	}
	return b.moved(ctx, t, pg, a, part)
}

// guessed makes a target of a guess that made a difference.
func (b *planner) guessed(pg *page.Page, g guess) {
	t := &Target{Via: g.via, Name: g.name, Method: http.MethodGet, URL: pg.URL, Handler: pg.URL.Path, Page: pg, fields: fieldsOf(pg.URL.RawQuery)}
	switch g.via {
	case ViaQuery:
		t.fields = append(t.fields, field{name: g.name})
		t.at = len(t.fields) - 1
	case ViaName:
		t.at, t.Sample = -1, "a"
	case ViaHeader:
		t.at = -1
		switch g.name {
		case "User-Agent":
			t.Sample = "Mozilla/5.0"
		case "Referer":
			t.Sample = pg.URL.Scheme + "://" + pg.URL.Host + "/"
		}
	}
	if b.seen[http.MethodGet+" "+pg.URL.EscapedPath()+" "+string(g.via)+" "+g.name] {
		return
	}
	b.add(t)
}

// Guessed says whether name is one of the parameters that are tried unasked.
func Guessed(name string) bool { return slices.Contains(guesses, name) }
