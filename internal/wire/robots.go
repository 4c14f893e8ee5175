package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"
)

// robotsName is how robots.txt may address Miseban.
const robotsName = "Miseban"

// Bounds of what robots.txt may ask for.
const (
	maxCrawlDelay = 10 * time.Second
	maxRobots     = 512 << 10
	robotsHops    = 5
)

// robots are the robots.txt files of a run's origins, each fetched once and
// through the gate.
type robots struct {
	mu sync.Mutex
	m  map[string]*robotsFile
}

type robotsFile struct {
	once  sync.Once
	group *robotstxt.Group // nil: everything is allowed
	delay time.Duration
	err   error // it could not be read, so nothing is allowed

	mu   sync.Mutex
	next time.Time
}

// allows honours robots.txt for one crawl request. note is what the ledger
// says of a deviation that the owner consented to.
func (b *robots) allows(ctx context.Context, c *Client, u *url.URL, l Level) (note string, err error) {
	origin := OriginOf(u)
	b.mu.Lock()
	if b.m == nil {
		b.m = map[string]*robotsFile{}
	}
	f := b.m[origin]
	if f == nil {
		f = &robotsFile{}
		b.m[origin] = f
	}
	b.mu.Unlock()
	f.once.Do(func() { f.fetch(ctx, c, u) })
	if f.err != nil {
		if passing(f.err) {
			b.mu.Lock()
			if b.m[origin] == f {
				delete(b.m, origin) // it was not asked, so the next one asks
			}
			b.mu.Unlock()
			if ctx.Err() == nil && (errors.Is(f.err, context.Canceled) || errors.Is(f.err, context.DeadlineExceeded)) {
				return b.allows(ctx, c, u, l) // another worker gave up, not this one
			}
		}
		if c.opt.Scope.IgnoreRobots && errors.Is(f.err, ErrRobots) {
			return "robots.txt could not be read; crawled with the owner's consent", nil
		}
		return "", f.err
	}
	if f.group != nil && !f.group.Test(pathAndQuery(u)) {
		if !c.opt.Scope.IgnoreRobots {
			return "", fmt.Errorf("%s: %w", u.EscapedPath(), ErrRobots)
		}
		note = "robots.txt disallows this; asked with the owner's consent"
	}
	if f.delay > 0 && !c.opt.Scope.IgnoreRobots {
		f.mu.Lock()
		at := latest(time.Now(), f.next)
		f.next = at.Add(f.delay)
		f.mu.Unlock()
		return note, sleepUntil(ctx, at)
	}
	return note, nil
}

func pathAndQuery(u *url.URL) string {
	p := u.EscapedPath()
	if p == "" {
		p = "/"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p
}

// fetch reads robots.txt as RFC 9309 says: 4xx allows everything, 5xx nothing,
// redirects are followed as far as the scope reaches.
func (f *robotsFile) fetch(ctx context.Context, c *Client, u *url.URL) {
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	for range robotsHops {
		ex, err := c.Do(ctx, &Request{URL: at, Level: Passive, MaxBody: maxRobots, Origin: Origin{Check: "robots", Why: "robots.txt"}})
		switch {
		case errors.Is(err, ErrNotStored):
			return // offline, and the run never read one
		case err != nil && refusal(err):
			return // excluded, or a redirect out of the scope: as if there were none
		case err != nil:
			f.err = err
			return
		case ex.Status >= 500 || ex.Status == 429:
			f.err = fmt.Errorf("%s answered %d: %w", at, ex.Status, ErrRobots)
			return
		case ex.Status >= 300 && ex.Status < 400 && ex.Header.Get("Location") != "":
			next, err := at.Parse(ex.Header.Get("Location"))
			if err != nil {
				return
			}
			at = next
			continue
		case ex.Status == 200:
			f.group, f.delay = readRobots(ex.Body)
		}
		return
	}
}

// readRobots gives the rules that hold for Miseban. Lines that are no rules (a
// soft 404 in HTML, say) are skipped; without rules group is nil.
func readRobots(body []byte) (group *robotstxt.Group, delay time.Duration) {
	data, err := robotstxt.FromBytes(robotsLines(body))
	if err != nil || data == nil {
		return nil, 0
	}
	g := data.FindGroup(robotsName)
	if g == nil {
		return nil, 0
	}
	return g, min(max(0, g.CrawlDelay), maxCrawlDelay)
}

func robotsLines(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var out bytes.Buffer
	for line := range bytes.FieldsFuncSeq(body, func(r rune) bool { return r == '\n' || r == '\r' }) {
		text, _, _ := bytes.Cut(line, []byte("#"))
		k, v, ok := strings.Cut(strings.TrimSpace(string(text)), ":")
		if !ok || len(v) > 2048 {
			continue
		}
		v = strings.TrimSpace(v)
		switch k = strings.ToLower(strings.TrimSpace(k)); k {
		case "user-agent", "disallow", "allow", "crawl-delay":
		default:
			continue
		}
		if v == "" && k != "disallow" && k != "allow" || strings.Count(v, "*") > 32 {
			continue
		}
		if k == "crawl-delay" {
			if d, err := time.ParseDuration(v + "s"); err != nil || d < 0 {
				continue
			} else if d > maxCrawlDelay {
				v = "10"
			}
		}
		fmt.Fprintf(&out, "%s: %s\n", k, v)
	}
	return out.Bytes()
}
