// Package crawl walks a shop from its start page as a polite visitor and
// collects what a visitor can reach: pages, forms, files and the addresses
// that it left alone, each with the reason.
package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Config says where a crawl begins and how far it goes. Start is required.
type Config struct {
	// Start are the addresses to begin at. The first that answers is the site's start.
	Start []*url.URL
	// Seeds are addresses that somebody wrote down (ReadSeeds).
	Seeds []Seed
	// Intel and Now are handed on to the checks with the site.
	Intel *intel.Bundle
	Now   time.Time
	// Progress, when set, is told of every answer; it must not block.
	Progress func(Progress)
	// Render lets a browser look at a page; nil without one. A render error
	// costs the crawl that picture and nothing else.
	Render func(context.Context, *page.Page) (*page.Rendered, error)
	// MaxPages bounds the pages and files that are fetched; 0: 200.
	MaxPages int
	// PerTemplate is how many addresses of one shape are fetched while they
	// keep showing the same template; 0: 3.
	PerTemplate int
	// MaxFiles bounds the scripts and style sheets that are fetched; 0: 40.
	MaxFiles int
	// MaxRendered bounds the pages that a browser is asked to look at; 0: 40.
	MaxRendered int
	// ThirdScripts also fetches the scripts that pages load from other hosts.
	ThirdScripts bool
}

// Progress is how far a crawl is.
type Progress struct {
	Pages    int // fetched and read
	Requests int // answered or failed
	Queued   int // addresses that would be fetched next
	Known    int // addresses found
	URL      *url.URL
	Status   int // of the last answer; 0: none came
}

// Run crawls. The Site is never nil and holds what was seen, however the
// crawl ended: a stopped run, a used-up budget and unreadable pages are told
// in Site.Skipped. The error is nil, or a *StartError when no start address
// gave a page that could be read (errors.Is(err, ErrNothing)), or ctx's error.
func Run(ctx context.Context, client *wire.Client, cfg Config) (*check.Site, error) {
	if len(cfg.Start) == 0 || cfg.Start[0] == nil {
		return check.NewSite(&url.URL{}, nil, cfg.Intel, cfg.Now), fmt.Errorf("crawl: no start address: %w", ErrNothing)
	}
	c := newCrawl(client, cfg)
	began := time.Now()
	err := c.start(ctx)
	if err == nil {
		c.hints(ctx)
		c.seeds()
		c.walk(ctx)
	}
	site := c.site(time.Since(began))
	if err == nil && c.ended != nil && errors.Is(c.ended, context.Canceled) {
		err = c.ended
	}
	return site, err
}

// crawl is one run's state. It belongs to one goroutine: requests leave one
// after the other, so that the shop sees a visitor, and two runs over the same
// answers ask in the same order.
type crawl struct {
	client *wire.Client
	scope  *wire.Scope
	cfg    Config
	as     *signin.Session // nil: a visitor without an account

	first     *url.URL // the address that the site is named after
	good      *url.URL // a page that is known to answer
	startErr  error    // why the start address gave no answer
	elsewhere *url.URL // where the start address sends visitors, out of the scope
	forbidden []*url.URL
	pictures  int
	searches  int // forms that were filled in
	alike     page.Sharing
	blocked   []check.Known
	pages     []*page.Page
	exchanges []*wire.Exchange
	seen      map[string]*item // every address, by its canonical form
	atlas     *atlas
	queue     []*item                    // files, downloads, searches: what has no shape
	apart     []*item                    // addresses that are never asked for, in order of discovery
	spread    map[string]map[*group]bool // by part of the shop and template: the shapes that showed it
	fetched   int
	feeds     int
	rendered  int
	seq       int

	kinds     map[page.Kind]int // pages fetched by kind
	acting    map[string]bool   // addresses that scripts send something to
	hinted    map[page.Kind]int // addresses fetched because their name or text promised the kind
	templates map[string]int    // pages by signature
	rendering map[string]bool   // templates a browser looked at
	dry       int               // pages of the long tail in a row that showed nothing new
	deadRow   int               // errors in a row
	guesses   int               // guessed addresses that were tried
	walls     int               // answers in a row that were not the shop's own
	deadHints int               // guessed addresses that were not there

	forms    map[string]bool // searches that were tried
	skipped  []check.Skip
	noted    map[string]bool
	siblings map[string]*check.Sibling
	points   points
	robots   *wire.Exchange
	sitemap  []*url.URL
	tally    tally
	ended    error // why the crawl ended early: stopped, budget, hours, cancelled
}

func newCrawl(client *wire.Client, cfg Config) *crawl {
	for p, d := range map[*int]int{&cfg.MaxPages: 200, &cfg.PerTemplate: 3, &cfg.MaxFiles: 40, &cfg.MaxRendered: 40} {
		if *p <= 0 {
			*p = d
		}
	}
	return &crawl{
		client: client, scope: client.Scope(), cfg: cfg, first: cfg.Start[0],
		seen: map[string]*item{}, acting: map[string]bool{}, atlas: newAtlas(cfg.PerTemplate), spread: map[string]map[*group]bool{},
		kinds: map[page.Kind]int{}, hinted: map[page.Kind]int{}, templates: map[string]int{}, rendering: map[string]bool{},
		forms: map[string]bool{}, noted: map[string]bool{}, siblings: map[string]*check.Sibling{},
	}
}

// walk fetches what is worth fetching until nothing is left or a bound is met.
func (c *crawl) walk(ctx context.Context) {
	for c.ended == nil {
		if err := ctx.Err(); err != nil {
			c.ended = err
			return
		}
		if c.fetched >= c.cfg.MaxPages {
			c.skip(skipPages, c.cfg.MaxPages, nil)
			return
		}
		it := c.next()
		if it == nil {
			return
		}
		c.fetch(ctx, it)
	}
}

func (c *crawl) progress(u *url.URL, status int) {
	if c.cfg.Progress == nil {
		return
	}
	c.cfg.Progress(Progress{Pages: len(c.pages), Requests: c.tally.requests, Queued: c.queued(), Known: len(c.seen), URL: u, Status: status})
}
