package dns

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// NSSingle asks whether the domain stays reachable when one name server fails
// (RFC 2182).
var NSSingle = &check.Check{
	Name: "ns-single", Level: wire.Safe, Severity: check.Low, CWE: 0,
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.DNS,
	Run: func(ctx context.Context, p *check.Pass) error {
		return eachZone(ctx, p, func(z *zone) error {
			a, err := ask(ctx, p, z.domain, "NS", "name servers")
			if err != nil {
				return err
			}
			servers := a.Values("NS")
			if len(servers) == 0 {
				return nil // not a zone of its own: nothing to count
			}
			p.ExaminedThing(z.domain)
			if len(servers) == 1 {
				p.Report(nil, z.domain, i18n.Args{"servers": strings.TrimSuffix(servers[0], ".")})
				return nil
			}
			var addrs []string
			for _, s := range servers[:min(len(servers), 8)] {
				for _, t := range []string{"A", "AAAA"} {
					r, err := ask(ctx, p, s, t, "address of a name server")
					if err != nil {
						return nil // what one resolver cannot find is no fault of the shop
					}
					addrs = append(addrs, r.Values(t)...)
				}
			}
			slices.Sort(addrs)
			addrs = slices.Compact(addrs)
			args := i18n.Args{"servers": strings.Join(servers, ", "), "address": strings.Join(addrs, ", ")}
			switch {
			case len(addrs) == 1:
				p.Report(nil, z.domain, args).Case = "same-address"
			case len(addrs) > 1 && oneNetwork(addrs):
				f := p.Report(nil, z.domain, args)
				f.Case, f.Severity = "same-network", check.Info
			}
			return nil
		})
	},
}

// oneNetwork says that all addresses are IPv4 and share their first 24 bits.
func oneNetwork(addrs []string) bool {
	var net netip.Prefix
	for i, s := range addrs {
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() {
			return false
		}
		if i == 0 {
			net, _ = a.Prefix(24)
		}
		if !net.Contains(a) {
			return false
		}
	}
	return true
}
