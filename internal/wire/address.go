package wire

import (
	"fmt"
	"net/netip"
)

// innerNets are the networks that are nobody's public shop.
var innerNets = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// metadataAddrs answer with a cloud machine's credentials. A wide network in
// Scope.Addresses does not open them: they must be named one by one.
var metadataAddrs = prefixes(
	"169.254.169.254/32", "169.254.170.2/32", "169.254.169.123/32", "100.100.100.200/32", "192.0.0.192/32",
	"168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128",
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func inAny(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// allowsAddr judges an address that host resolved to. Local names reach
// loopback only; all others reach what is public or named by the owner.
func (s *Scope) allowsAddr(host string, a netip.Addr) error {
	if a.Zone() != "" || !a.IsValid() {
		return fmt.Errorf("%s at %s: %w", host, a, ErrAddress)
	}
	for _, b := range meanings(a) {
		if err := s.allowsPlain(host, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scope) allowsPlain(host string, a netip.Addr) error {
	switch {
	case inAny(metadataAddrs, a):
		for _, p := range s.Addresses {
			if p.IsSingleIP() && p.Contains(a) {
				return nil
			}
		}
	case inAny(s.Addresses, a):
		return nil
	case IsLocal(host):
		if a.IsLoopback() {
			return nil
		}
	case !inAny(innerNets, a):
		return nil
	}
	return fmt.Errorf("%s at %s: %w", host, a, ErrAddress)
}

// meanings are the addresses that a packet to a may end at: itself, and the
// IPv4 address inside IPv4-mapped, NAT64, 6to4, ISATAP and compatible forms.
func meanings(a netip.Addr) []netip.Addr {
	if a.Is4() {
		return []netip.Addr{a}
	}
	if a.Is4In6() {
		return []netip.Addr{a.Unmap()}
	}
	b := a.As16()
	v4 := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	out := []netip.Addr{a}
	switch {
	case a.IsLoopback() || a.IsUnspecified():
	case netip.MustParsePrefix("::/96").Contains(a), netip.MustParsePrefix("64:ff9b::/96").Contains(a):
		out = append(out, v4(12))
	case netip.MustParsePrefix("64:ff9b:1::/48").Contains(a):
		out = append(out, v4(12), netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		out = append(out, v4(2))
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		out = append(out, v4(12))
	}
	return out
}
