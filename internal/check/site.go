package check

import (
	"net/url"
	"time"

	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Site is what the crawl saw of a shop: every check reads it, none changes it.
type Site struct {
	Start     *url.URL
	Pages     []*page.Page     // one per fetched address, in order of visit
	Exchanges []*wire.Exchange // all of the crawl, redirects and files too
	Forms     []*page.Form     // distinct forms over all pages
	Points    []Point          // insertion points, for later levels
	Siblings  []Sibling        // other hosts that may be the shop's; never contacted unasked
	Templates []Template
	Skipped   []Skip
	// Known are addresses that were found but not fetched, with the reason.
	Known []Known
	// Robots and Sitemap are the parsed hints, nil when the shop has none.
	Robots  *wire.Exchange
	Sitemap []*url.URL
	// Rendered is true when a browser looked at the pages.
	Rendered bool
	// SignedIn is what the test accounts saw; empty when none was signed in.
	SignedIn []*SignedIn
	// Intel is what is known of software, and Now the time at which the run judges.
	Intel *intel.Bundle
	Now   time.Time
	// Earlier is the same shop at an earlier run; nil when there is none.
	Earlier *Site
	// Crawl is how the shop bore the crawl (ウェブ健康診断 M).
	Crawl CrawlStats
}

// Point is one place where a value enters the shop.
type Point struct {
	Where    string // "query", "form", "path", "cookie", "header", "json", "fragment"
	Name     string
	Method   string
	URL      *url.URL
	Sample   string
	Handler  string // template that answers
	Form     *page.Form
	Exchange wire.ExchangeID
}

// Sibling is another host that belongs to the shop by certificate or link.
type Sibling struct{ Host, Why string }

// Template is a group of pages that one handler makes.
type Template struct {
	Signature string
	Example   *url.URL
	Pages     int // fetched
	Known     int // addresses that look alike and were not fetched
	Kind      page.Kind
}

// Skip says what the crawl left out, and why.
type Skip struct {
	What string
	Why  Reason
	URL  *url.URL
	Form *page.Form
}

// Known is an address that was not fetched.
type Known struct {
	URL    *url.URL
	From   *url.URL
	Effect page.Effect
	Why    Reason
}

// CrawlStats is what IPA's crawler-tolerance item counts.
type CrawlStats struct {
	Requests, Timeouts, Errors               int // Errors: 4xx and 5xx
	ConsecutiveTimeouts, ConsecutiveErrors   int // longest runs
	Took                                     time.Duration
	Stopped                                  string // which stop rule ended it; "" none
	Serial                                   bool   // one at a time with ≥ 0.5 s, as the item demands
	MedianLatency, P95Latency, SlowestAnswer time.Duration
}

// OfKind lists the pages of any of the kinds.
func (s *Site) OfKind(kinds ...page.Kind) []*page.Page {
	var out []*page.Page
	for _, p := range s.Pages {
		for _, k := range kinds {
			if p.Kind == k {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// HTML lists the pages that are HTML answers of the shop itself with status 200:
// what a visitor would read. Challenges and errors are left out.
func (s *Site) HTML() []*page.Page {
	var out []*page.Page
	for _, p := range s.Pages {
		if p.HTML() && p.Ex.Status == 200 && p.Challenge == "" {
			out = append(out, p)
		}
	}
	return out
}

// HTTPS says whether the shop's start address is, or led to, HTTPS.
func (s *Site) HTTPS() bool {
	if s.Start.Scheme == "https" {
		return true
	}
	for _, p := range s.Pages {
		if p.URL.Scheme == "https" && p.Ex.Status < 400 {
			return true
		}
	}
	return false
}

// NewSite joins pages into a site: distinct forms, templates by signature and
// the exchanges in order. Crawlers and tests add what only they know.
func NewSite(start *url.URL, pages []*page.Page, bundle *intel.Bundle, now time.Time) *Site {
	s := &Site{Start: start, Pages: pages, Intel: bundle, Now: now}
	forms := map[string]bool{}
	templates := map[string]int{}
	for _, p := range pages {
		s.Exchanges = append(s.Exchanges, p.Ex)
		s.Rendered = s.Rendered || p.Rendered != nil
		for _, f := range p.Forms {
			if k := formKey(f); !forms[k] {
				forms[k] = true
				s.Forms = append(s.Forms, f)
			}
		}
		if !p.HTML() || p.Ex.Status != 200 {
			continue
		}
		if i, ok := templates[p.Template]; ok {
			s.Templates[i].Pages++
			continue
		}
		templates[p.Template] = len(s.Templates)
		s.Templates = append(s.Templates, Template{Signature: p.Template, Example: p.URL, Pages: 1, Kind: p.Kind})
	}
	return s
}

// formKey is equal for forms that ask the same of the same handler.
func formKey(f *page.Form) string {
	k := f.Method + " "
	if f.Action != nil {
		k += f.Action.Scheme + "://" + f.Action.Host + f.Action.Path
	}
	for _, x := range f.Fields {
		k += "\x00" + x.Name + ":" + x.Type
	}
	return k
}
