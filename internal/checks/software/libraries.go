package software

import (
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// library is one release of a JavaScript library with the places that load it.
type library struct {
	id      string
	version intel.Version // zero: not told
	// certain says that the file itself names the release, or an address of a
	// delivery network whose files never change.
	certain bool
	places  []string // addresses of scripts, shortest form
	pages   []string
	ex      []wire.ExchangeID
	first   *wire.Exchange
}

// immutable are delivery networks where an address with a version always gives that release.
var immutable = []string{"cdnjs.cloudflare.com", "cdn.jsdelivr.net", "unpkg.com", "code.jquery.com", "ajax.googleapis.com", "ajax.aspnetcdn.com",
	"maxcdn.bootstrapcdn.com", "stackpath.bootstrapcdn.com", "netdna.bootstrapcdn.com"}

// findLibraries looks at the scripts of all pages: their addresses, the files
// that the crawl fetched, and what is written into the pages.
func findLibraries(p *check.Pass) []*library {
	bodies := p.Site.Files()
	type identified struct {
		hits, inside []intel.LibraryHit // inside: by what the file itself says
		ex           *wire.Exchange
	}
	known := map[string]identified{}
	var out []*library
	for _, pg := range p.Site.HTML() {
		if !p.Scope.HasOrigin(pg.URL) {
			continue
		}
		for _, s := range pg.Scripts {
			key, where := s.Content, pg.Ex.Path()
			if s.URL != nil {
				key, where = "\x00"+s.URL.String(), shown(p, s)
			}
			found, ok := known[key]
			if !ok {
				if s.URL == nil {
					found.hits, found.ex = p.Site.Intel.LibraryIn("", s.Content), pg.Ex
				} else {
					body := bodies[s.URL.String()]
					text := ""
					if body != nil {
						text, found.ex = body.Text, body.Ex
						found.inside = p.Site.Intel.LibraryIn("", text)
					}
					found.hits = p.Site.Intel.LibraryIn(s.URL.String(), text)
				}
				known[key] = found
			}
			for _, h := range found.hits {
				l := add(&out, h)
				says := func(o intel.LibraryHit) bool {
					return o.Library == h.Library && intel.Compare(o.Version, h.Version) == 0
				}
				l.certain = l.certain || h.By == "content" || slices.ContainsFunc(found.inside, says) || s.URL != nil && slices.Contains(immutable, s.URL.Hostname())
				if !slices.Contains(l.places, where) {
					l.places = append(l.places, where)
				}
				if !slices.Contains(l.pages, pg.Ex.Path()) {
					l.pages = append(l.pages, pg.Ex.Path())
				}
				if l.first == nil {
					l.first = pg.Ex
				}
				if found.ex != nil && !slices.Contains(l.ex, found.ex.ID) {
					l.ex = append(l.ex, found.ex.ID)
				}
			}
		}
	}
	return out
}

func add(list *[]*library, h intel.LibraryHit) *library {
	for _, l := range *list {
		if l.id == h.Library && (l.version.IsZero() && h.Version.IsZero() || !l.version.IsZero() && !h.Version.IsZero() && intel.Compare(l.version, h.Version) == 0) {
			return l
		}
	}
	l := &library{id: h.Library, version: h.Version}
	*list = append(*list, l)
	return l
}

// shown is a script's address as the report names it: the path for the shop's own, with the host for others.
func shown(p *check.Pass, s *page.Script) string {
	path := s.URL.EscapedPath()
	if ver := s.URL.Query().Get("ver"); ver != "" {
		path += "?ver=" + ver
	}
	if p.Scope.HasOrigin(s.URL) {
		return path
	}
	return strings.TrimPrefix(s.URL.Host, "www.") + path
}
