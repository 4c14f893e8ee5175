package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Member walks the shop as a test account that is signed in: the pages that
// send strangers to the sign-in, what they lead to, and the pages that show a
// customer something of his own. What the crawl without an account has seen is
// not asked for again. It is called with the Config of that crawl; MaxPages is
// 60 when it is 0.
//
// The owner gave the account for this purpose, so that robots.txt, which speaks
// to the robots of strangers, is not asked; each such request says so in the ledger.
func Member(ctx context.Context, client *wire.Client, cfg Config, as *signin.Session, seen *check.Site) (*check.SignedIn, error) {
	if cfg.MaxPages <= 0 {
		cfg.MaxPages = 60
	}
	cfg.Render = nil
	var out *check.SignedIn
	err := as.Trust(ctx, func() error {
		c := newCrawl(client, cfg)
		c.as = as
		c.first, c.good = seen.Start, as.Proved()
		c.leaveSeen(as, seen)
		for _, u := range memberStarts(as, seen) {
			c.add(found{url: u, via: "a"}, nil, "")
		}
		c.walk(ctx)
		out = c.member(as)
		return c.ended
	}, func() { out = nil })
	if out == nil {
		out = &check.SignedIn{Account: as.Name(), Jar: as.Jar(), Admin: as.Account().Role == "admin"}
	}
	return out, err
}

// leaveSeen marks what the crawl without an account fetched or left alone. What
// turned it away is not marked.
func (c *crawl) leaveSeen(as *signin.Session, seen *check.Site) {
	mark := func(u *url.URL, s state, why check.Reason) {
		key := page.Canonical(u).String()
		if c.seen[key] == nil {
			c.seq++
			c.seen[key] = &item{url: u, seq: c.seq, state: s, why: why, effect: page.Reads}
		}
	}
	for _, p := range seen.Pages {
		if closed(as, p) {
			continue
		}
		switch p.Kind {
		case page.Top, page.Cart, page.Checkout, page.CardEntry, page.MyPage, page.Contact:
			if p.Ex.Status == 200 {
				continue
			}
		}
		mark(p.URL, done, check.Reason{})
	}
	for _, k := range seen.Known {
		if k.Effect == page.Writes || k.Why.Message == whySame.Message || k.Why.Message == whyTail.Message {
			mark(k.URL, refused, k.Why)
			c.seen[page.Canonical(k.URL).String()].effect = k.Effect
		}
	}
}

// memberStarts are the addresses that strangers are turned away from, and those
// whose pages hold something of a customer's.
func memberStarts(as *signin.Session, seen *check.Site) []*url.URL {
	var out []*url.URL
	if u := as.Proved(); u != nil {
		out = append(out, u)
	}
	for _, ex := range seen.Exchanges {
		if ex.Method != "GET" {
			continue
		}
		to := redirect(ex)
		if ex.Status == 401 || ex.Status == 403 || to != nil && strings.Contains(strings.ToLower(to.Path+"?"+to.RawQuery), "login") {
			out = append(out, ex.URL)
		}
	}
	for _, p := range seen.Pages {
		if closed(as, p) {
			out = append(out, p.URL)
		}
	}
	for _, p := range seen.OfKind(page.MyPage, page.Cart, page.Checkout, page.CardEntry, page.Contact, page.Top) {
		if p.Ex.Status == 200 {
			out = append(out, p.URL)
		}
	}
	return out
}

// closed says that p, which a stranger got, may open to an account: it was
// refused, hidden, or the sign-in stood in its place. The page with the sign-in itself is not.
func closed(as *signin.Session, p *page.Page) bool {
	if door := as.Door(); door != nil && page.Canonical(door).String() == page.Canonical(p.URL).String() {
		return false
	}
	switch p.Ex.Status {
	case 401, 403:
		return true
	case 404:
		return promised(p.URL, "") == page.MyPage
	}
	return p.Ex.Status == 200 && p.Kind == page.Login
}

// member puts together what the account saw.
func (c *crawl) member(as *signin.Session) *check.SignedIn {
	s := check.NewSite(c.first, c.pages, c.cfg.Intel, c.cfg.Now)
	c.known(s)
	c.points.shapes(c.atlas)
	return &check.SignedIn{Account: as.Name(), Jar: as.Jar(), Admin: as.Account().Role == "admin", Given: as.Given(), Pages: c.pages, Forms: s.Forms, Points: c.points.sorted(), Known: s.Known, Skipped: c.skipped}
}

// ask sends r as the visitor or, signed in, as the account.
func (c *crawl) ask(ctx context.Context, r *wire.Request) (*wire.Exchange, error) {
	if c.as == nil {
		return c.client.Do(ctx, r)
	}
	r.Robots = false
	r.Origin.Why = fmt.Sprintf("%s, as account %s", r.Origin.Why, c.as.Name())
	return c.as.Do(ctx, r)
}

// actsSignedIn says that err is the refusal of what may act.
func actsSignedIn(err error) bool { return errors.Is(err, signin.ErrActs) }
