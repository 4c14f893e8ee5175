package script

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// What UnregisteredDomain may ask the DNS.
const (
	dnsTries   = 3
	maxDomains = 40
)

// UnregisteredDomain asks whether the domains of foreign scripts are
// registered: whoever registers a free one runs his script in the shop.
var UnregisteredDomain = &check.Check{
	Name: "script-from-unregistered-domain", Level: wire.Safe, Severity: check.High, CWE: 829,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, uses)
		if err != nil {
			return err
		}
		type source struct {
			domain, host string
			pages        []*page.Page
		}
		var sources []*source
		for _, u := range list {
			if !u.third {
				continue
			}
			host := strings.ToLower(strings.TrimSuffix(u.url.Hostname(), "."))
			if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
				continue // an address or an inner name is nobody's to register
			}
			d := check.RegistrableDomain(host)
			if d == "" {
				continue
			}
			i := slices.IndexFunc(sources, func(s *source) bool { return s.domain == d })
			if i < 0 {
				i = len(sources)
				sources = append(sources, &source{domain: d, host: host})
			}
			sources[i].pages = append(sources[i].pages, u.pages...)
		}
		if len(sources) == 0 {
			examined(p) // no foreign script, no foreign domain
		}
		asked := 0
		for _, s := range sources {
			if reserved(s.domain) {
				p.ExaminedThing("domain " + s.domain)
				f := p.Report(s.pages[0].Ex, s.domain, i18n.Args{"host": s.host, "pages": paths(s.pages)})
				f.Case, f.Severity, f.CVSS31, f.CVSS40 = "reserved", check.Low, "", ""
				evidence(f, s.pages)
				continue
			}
			if asked++; asked > maxDomains {
				p.Unsure("外部のスクリプトのドメインが多く、{n} 件までしか確認していません。", i18n.Args{"n": "40"})
				break
			}
			free, err := unregistered(ctx, p, s.domain)
			if err != nil {
				return err
			}
			p.ExaminedThing("domain " + s.domain)
			if free {
				f := p.Report(s.pages[0].Ex, s.domain, i18n.Args{"host": s.host, "pages": paths(s.pages)})
				evidence(f, s.pages)
			}
		}
		return nil
	},
}

// unregistered says that the DNS denied the domain every time it was asked.
func unregistered(ctx context.Context, p *check.Pass, domain string) (bool, error) {
	for range dnsTries {
		a, err := p.LookupLoaded(ctx, domain, "NS", "domain of a script")
		if err != nil {
			return false, err
		}
		if a.Rcode != "NXDOMAIN" {
			return false, nil
		}
	}
	return true, nil
}

// reserved says that nobody can register the name (RFC 2606, 6761): a script
// from there was left over from a test and never loads.
func reserved(domain string) bool {
	tld := domain[strings.LastIndex(domain, ".")+1:]
	return slices.Contains([]string{"invalid", "test", "localhost"}, tld)
}
