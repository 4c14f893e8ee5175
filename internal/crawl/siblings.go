package crawl

import (
	"crypto/x509"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// How a host that may be the shop's came to notice. The word is part of
// check.Sibling.Why and the same in every language.
const (
	siblingLink     = "link"
	siblingForm     = "form"
	siblingRedirect = "redirect"
	siblingCert     = "certificate"
	siblingCSP      = "csp"
	siblingSitemap  = "sitemap"
)

const maxSiblings = 200

// sibling notes a host outside the scope. It is never contacted.
func (c *crawl) sibling(host, why string) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || net.ParseIP(host) != nil || !strings.Contains(host, ".") || c.inScope(host) {
		return
	}
	if s := c.siblings[host]; s != nil {
		if !strings.Contains(s.Why, why) {
			s.Why += ", " + why
		}
		return
	}
	if len(c.siblings) < 10*maxSiblings {
		c.siblings[host] = &check.Sibling{Host: host, Why: why}
	}
}

func (c *crawl) inScope(host string) bool {
	return slices.ContainsFunc(c.scope.Hosts, func(h string) bool {
		u, err := url.Parse(h)
		return err == nil && strings.EqualFold(u.Hostname(), host)
	})
}

// certificateNames notes the names for which the shop's certificate also speaks.
func (c *crawl) certificateNames(ex *wire.Exchange) {
	if ex.TLS == nil || len(ex.TLS.Chain) == 0 || c.noted["cert"+string(ex.TLS.Chain[0])] {
		return
	}
	c.noted["cert"+string(ex.TLS.Chain[0])] = true
	cert, err := x509.ParseCertificate(ex.TLS.Chain[0])
	if err != nil {
		return
	}
	for i, n := range cert.DNSNames {
		if i == 100 {
			return // a certificate shared by a provider's customers
		}
		if !strings.HasPrefix(n, "*.") {
			c.sibling(n, siblingCert)
		}
	}
}

// sources notes hosts that the page's policy names.
func (c *crawl) sources(p *page.Page) {
	for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		for _, v := range p.Ex.Header.Values(name) {
			for _, word := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" ;,\t", r) }) {
				h := word
				if i := strings.Index(h, "://"); i >= 0 {
					h = h[i+3:]
				} else if !strings.Contains(h, ".") || strings.HasPrefix(h, "'") {
					continue
				}
				h, _, _ = strings.Cut(h, "/")
				h, _, _ = strings.Cut(h, ":")
				if !strings.HasPrefix(h, "*") && !strings.ContainsAny(h, "'*") {
					c.sibling(h, siblingCSP)
				}
			}
		}
	}
}

// siblingList gives the hosts of the shop's own registrable domain first.
func (c *crawl) siblingList() []check.Sibling {
	own := registrable(c.first.Hostname())
	var near, far []check.Sibling
	for _, h := range slices.Sorted(maps.Keys(c.siblings)) {
		if registrable(h) == own {
			near = append(near, *c.siblings[h])
		} else {
			far = append(far, *c.siblings[h])
		}
	}
	all := append(near, far...)
	return all[:min(len(all), maxSiblings)]
}

func registrable(host string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}
