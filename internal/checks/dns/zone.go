package dns

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// tries is how often a name must be said to be missing before it is.
const tries = 3

// zone is a registrable domain of the shop with the hosts below it.
type zone struct {
	domain string
	hosts  []string
	mx     []string // exchangers; none for a domain that takes no mail
	nullMX bool     // says so itself (RFC 7505)
	txt    []string
}

// mails says that the domain takes mail, or says who may send in its name.
func (z *zone) mails() bool { return len(z.mx) > 0 || len(spfRecords(z.txt)) > 0 && !z.nullMX }

// zones are the domains of the scope's hosts, asked for once a run.
var zones = &check.Fact[[]*zone]{Name: "dns zones", Find: func(ctx context.Context, p *check.Pass) ([]*zone, error) {
	var out []*zone
	for _, h := range hosts(p) {
		d := organisational(h)
		i := slices.IndexFunc(out, func(z *zone) bool { return z.domain == d })
		if i < 0 {
			i = len(out)
			out = append(out, &zone{domain: d})
		}
		out[i].hosts = append(out[i].hosts, h)
	}
	for _, z := range out {
		mx, err := ask(ctx, p, z.domain, "MX", "mail exchangers")
		if err != nil {
			return nil, err
		}
		for _, v := range mx.Values("MX") {
			f := strings.Fields(v)
			if len(f) < 2 || f[1] == "." {
				z.nullMX = true
				continue
			}
			z.mx = append(z.mx, strings.TrimSuffix(f[1], "."))
		}
		txt, err := ask(ctx, p, z.domain, "TXT", "SPF")
		if err != nil {
			return nil, err
		}
		z.txt = txt.Values("TXT")
	}
	return out, nil
}}

// hosts are the names in the scope, the start host first; addresses have no DNS.
func hosts(p *check.Pass) []string {
	var out []string
	add := func(u *url.URL) {
		if u == nil {
			return
		}
		h := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if _, err := netip.ParseAddr(h); err != nil && h != "" && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	add(p.Site.Start)
	for _, s := range p.Scope.Hosts {
		if u, err := url.Parse(s); err == nil {
			add(u)
		}
	}
	return out
}

// organisational is the registrable domain of a host, as RFC 7489 means it.
func organisational(host string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return d
}

// ask looks name up; that it is missing must be said three times.
func ask(ctx context.Context, p *check.Pass, name, qtype, why string) (*wire.DNSAnswer, error) {
	var a *wire.DNSAnswer
	var err error
	for range tries {
		if a, err = p.Lookup(ctx, name, qtype, why); err != nil {
			return nil, err
		}
		if a.Rcode == "NOERROR" && !a.Missing() {
			return a, nil
		}
	}
	if a.Rcode != "NOERROR" && a.Rcode != "NXDOMAIN" {
		return a, fmt.Errorf("DNS %s %s: %s", name, qtype, a.Rcode)
	}
	return a, nil
}

// eachZone puts a question to each domain.
func eachZone(ctx context.Context, p *check.Pass, question func(*zone) error) error {
	zs, err := check.Ask(ctx, p, zones)
	if err != nil {
		return err
	}
	for _, z := range zs {
		if err := question(z); err != nil {
			return err
		}
	}
	return nil
}

// eachMailZone is eachZone for domains that have to do with mail.
func eachMailZone(ctx context.Context, p *check.Pass, question func(*zone) error) error {
	asked := false
	err := eachZone(ctx, p, func(z *zone) error {
		if !z.mails() {
			return nil
		}
		asked = true
		p.ExaminedThing(z.domain)
		return question(z)
	})
	if err == nil && !asked {
		p.NotApplicable("メールを使っていないドメイン名のため、対象外です。", nil)
	}
	return err
}
