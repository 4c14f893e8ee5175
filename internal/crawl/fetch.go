package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// maxHops bounds a chain of redirects.
const maxHops = 10

// fetch asks for it, follows redirects one by one through the gate, and reads what comes.
func (c *crawl) fetch(ctx context.Context, it *item) {
	if it.group != nil {
		it.group.picked++
	}
	if it.kind != "" {
		c.hinted[it.kind]++
	}
	if guess(it.via) && it.what == aPage {
		c.guesses++
	}
	it.settle(done, check.Reason{})
	ex, at := c.follow(ctx, it)
	if ex == nil {
		return
	}
	c.guarded(it, func() { c.read(ctx, it, at, ex) })
}

// guarded keeps one unreadable page from ending the crawl.
func (c *crawl) guarded(it *item, f func()) {
	defer func() {
		if r := recover(); r != nil {
			c.skip(skipUnreadable, fmt.Sprint(r), it.url)
		}
	}()
	f()
}

func (c *crawl) request(it *item, u *url.URL, parent wire.ExchangeID) *wire.Request {
	r := &wire.Request{Method: "GET", URL: u, Level: wire.Passive, Robots: true, Origin: it.origin()}
	if it.sent != nil && u == it.url {
		r = it.sent
		r.Origin = it.origin()
	}
	r.Origin.Parent = parent
	switch it.what {
	case aDownload:
		r.HeadOnly = true
	case aFile:
		r.MaxBody = maxFile
	case aThird:
		r.MaxBody, r.Third, r.Robots = maxFile, true, false
	}
	return r
}

const maxFile = 3 << 20

// follow asks for it and for what it redirects to. It returns the last answer
// and the address that gave it; nil when there is none to read.
func (c *crawl) follow(ctx context.Context, it *item) (*wire.Exchange, *url.URL) {
	u, parent := it.url, it.parent
	asked := map[string]int{}
	for hop := 0; ; hop++ {
		r := c.request(it, u, parent)
		if asked[u.String()] > 0 {
			r.Again = true // the address sends to itself: with the cookie it just set, it may answer
		}
		asked[u.String()]++
		ex, err := c.do(ctx, r)
		if err != nil {
			c.failed(it, u, err)
			return nil, nil
		}
		next := redirect(ex)
		if next == nil {
			return ex, u
		}
		next = page.Canonical(next)
		parent = ex.ID
		c.guarded(it, func() { c.readRedirect(u, ex) })
		switch {
		case asked[next.String()] >= 2 || asked[next.String()] == 1 && next.String() != u.String():
			c.skip(skipLoop, "", it.url)
			return nil, nil
		case hop == maxHops:
			c.skip(skipHops, maxHops, it.url)
			return nil, nil
		case !c.scope.HasOrigin(next):
			c.redirectedAway(it, next, ex)
			return nil, nil
		}
		if next.String() == u.String() {
			continue
		}
		target := c.add(found{url: next, via: "redirect", text: it.text}, &visit{url: u}, ex.ID)
		if target == nil || target.state != waiting && target != it {
			return nil, nil // seen before, or left alone for a reason that is noted
		}
		if target.what != it.what && target.what != aPage {
			return nil, nil // a page that sends to a download: it waits for its turn there
		}
		target.settle(done, check.Reason{})
		u = next
	}
}

// readRedirect takes in what the body of a redirect names, which visitors never see.
func (c *crawl) readRedirect(u *url.URL, ex *wire.Exchange) {
	if len(ex.Body) == 0 || !ex.HTML() {
		return
	}
	p := page.Parse(ex)
	to := redirect(ex)
	p.Links = slices.DeleteFunc(p.Links, func(l *page.Link) bool {
		return l.URL == nil || l.From == "header" || page.Canonical(l.URL).String() == page.Canonical(to).String()
	})
	c.take(p, &visit{url: page.Canonical(u)}, ex)
}

// redirectedAway notes an address that leads out of the scope.
func (c *crawl) redirectedAway(it *item, to *url.URL, ex *wire.Exchange) {
	c.add(found{url: to, via: "redirect"}, &visit{url: it.url}, ex.ID)
	c.sibling(to.Hostname(), siblingRedirect)
	if it.via == "start" {
		c.elsewhere = to
	}
}

// redirect is where an answer sends the visitor; nil when it does not.
func redirect(ex *wire.Exchange) *url.URL {
	if ex.Status < 300 || ex.Status > 399 || ex.Status == 304 {
		return nil
	}
	loc := strings.TrimSpace(ex.Header.Get("Location"))
	if loc == "" || len(loc) > 8192 {
		return nil
	}
	u, err := url.Parse(loc)
	if err != nil {
		return nil
	}
	u = ex.URL.ResolveReference(u)
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil
	}
	return u
}

// do sends one request and counts how it went.
func (c *crawl) do(ctx context.Context, r *wire.Request) (*wire.Exchange, error) {
	began := time.Now()
	ex, err := c.ask(ctx, r)
	c.tally.count(ex, err, time.Since(began), r.Origin.Check == "crawl")
	status := 0
	if err == nil {
		status = ex.Status
		c.exchanges = append(c.exchanges, ex)
		c.certificateNames(ex)
	}
	c.progress(r.URL, status)
	if r.Origin.Check == "crawl" {
		c.reassure(ctx, status)
	}
	return ex, err
}

// reassure asks for the start page after three dead links in a row: dead links
// are not distress, and a page that is known to be good tells the two apart.
func (c *crawl) reassure(ctx context.Context, status int) {
	if status < 400 {
		c.deadRow = 0
		return
	}
	if c.deadRow++; c.deadRow < 3 || status >= 500 || c.good == nil {
		return
	}
	c.deadRow = 0
	ex, err := c.ask(ctx, &wire.Request{Method: "GET", URL: c.good, Level: wire.Passive, Robots: true, Again: true,
		Origin: wire.Origin{Check: "control", Why: "several dead links in a row"}})
	c.tally.count(ex, err, 0, true)
}

// failed notes an address that gave no answer, and ends the crawl when none
// will give one any more.
func (c *crawl) failed(it *item, u *url.URL, err error) {
	it.why = reasonOf(err)
	if u == it.url {
		it.state = refused
		c.apart = append(c.apart, it)
	}
	if it.via == "start" {
		c.startErr = err
	}
	if guess(it.via) && errors.Is(err, wire.ErrBudget) && c.client.Stats().Left > 0 {
		c.deadHints = maxDeadHints // the guesses' own share is used up, not the run's
		return
	}
	if over(err) {
		c.ended = err
		c.skips(it.why, u)
		return
	}
	if errors.Is(err, wire.ErrRobots) {
		c.skipOnce(skipRobots, string(it.kind), u) // an example for each kind of page: most shops forbid cart, checkout and sign-in
		return
	}
	c.skips(it.why, u)
}

// over says that no further request of this run can leave.
func over(err error) bool {
	for _, e := range []error{wire.ErrStopped, wire.ErrBudget, wire.ErrWindow, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// read takes in one answer.
func (c *crawl) read(ctx context.Context, it *item, at *url.URL, ex *wire.Exchange) {
	if it.via == "picture" {
		if ex.Status == 200 && ex.HTML() {
			c.add(found{url: at, via: "data", effect: page.Reads}, it.visit, it.parent)
		}
		return
	}
	if it.what == aDownload && ex.Status == 200 && ex.HTML() { // a page about downloads, not a download
		it.what, it.state = aPage, waiting
		c.queue = slices.DeleteFunc(c.queue, func(q *item) bool { return q == it })
		c.atlas.add(it)
		return
	}
	p := page.Parse(ex)
	c.alike.Fold(p)
	c.fetched++
	if c.challenged(p) {
		return
	}
	if guess(it.via) && ex.Status >= 400 {
		c.deadHints++
	}
	v := &visit{url: p.URL, group: it.group}
	if at != it.url { // it was redirected: what it shows belongs to where it was shown
		if t := c.seen[page.Canonical(at).String()]; t != nil {
			v.group = t.group
		}
	}
	if p.HTML() {
		v.sign = p.Template
	}
	if it.visit != nil && it.visit.sign != "" && it.visit.sign == v.sign && below(p.URL, it.visit.url) {
		v.chain = it.visit.chain + 1
	}
	if it.what == aThird {
		c.pages = append(c.pages, p) // kept for the checks; what another host's script leads to is not ours
		return
	}
	c.pages = append(c.pages, p)
	if ex.BodyErr != "" || ex.Truncated {
		c.skips(with(whyCut, ex.BodyErr), p.URL)
	}
	if p.SessionID != "" {
		c.skipOnce(skipSession, p.SessionID, p.URL)
	}
	c.learn(it, p, v)
	c.take(p, v, ex)
	if p.HTML() && ex.Status == 200 && p.Challenge == "" {
		c.render(ctx, p, v)
	}
	if !p.HTML() && it.what == aPage {
		c.describes(p)
	}
}

// maxChallenges is how often in a row something may answer in the shop's stead
// (a firewall, a CAPTCHA) before the crawl takes the hint and leaves.
const maxChallenges = 5

var errChallenged = errors.New("the shop's protection keeps answering instead of the shop")

// challenged keeps an answer that is not the shop's own and leaves it unread.
func (c *crawl) challenged(p *page.Page) bool {
	if p.Challenge == "" {
		c.walls = 0
		return false
	}
	c.pages = append(c.pages, p)
	c.skipOnce(skipWall, p.Challenge, p.URL)
	if c.walls++; c.walls >= maxChallenges {
		c.ended = errChallenged
		c.skip(skipWalls, c.walls, p.URL)
	}
	return true
}

// learn remembers what a page taught about its shape.
func (c *crawl) learn(it *item, p *page.Page, v *visit) {
	if !p.HTML() {
		if v.group != nil {
			v.group.fetched++
			v.group.signs["file"]++
		}
		return
	}
	fresh := c.templates[p.Template] == 0
	if p.Ex.Status < 400 {
		c.templates[p.Template]++
		if c.kinds[p.Kind] == 0 && p.Kind != page.Other {
			fresh = true
		}
		c.kinds[p.Kind]++
	}
	if v.group != nil {
		v.group.fetched++
		if p.Ex.Status < 400 {
			v.group.signs[p.Template]++
			k := dirOf(p.URL) + "\x00" + p.Template
			if c.spread[k] == nil {
				c.spread[k] = map[*group]bool{}
			}
			c.spread[k][v.group] = true
		}
	}
	switch {
	case fresh:
		c.dry = 0
	case it.tail:
		c.dry++
	}
}
