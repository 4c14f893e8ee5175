package check

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"miseban/internal/page"
)

// Own says whether u is on an origin of the scope or on another host of one of
// its registrable domains: everything else on a page is a third party's.
func (p *Pass) Own(u *url.URL) bool {
	if p.Scope.HasOrigin(u) {
		return true
	}
	d := RegistrableDomain(u.Hostname())
	if d == "" {
		return false
	}
	for _, s := range p.Scope.Hosts {
		if o, err := url.Parse(s); err == nil && RegistrableDomain(o.Hostname()) == d {
			return true
		}
	}
	return false
}

// RegistrableDomain is the part of a host's name that somebody registers;
// "" for addresses, bare names and public suffixes.
func RegistrableDomain(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return d
}

// Files are the fetched answers that are no HTML – scripts, style sheets – by their address.
func (s *Site) Files() map[string]*page.Page {
	out := map[string]*page.Page{}
	for _, pg := range s.Pages {
		if pg.HTML() || pg.Ex.Status != 200 {
			continue
		}
		out[pg.Ex.URL.String()] = pg
		if _, ok := out[pg.URL.String()]; !ok {
			out[pg.URL.String()] = pg
		}
	}
	return out
}
