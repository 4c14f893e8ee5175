package wire

import (
	"fmt"
	"net/netip"
	"strings"
)

// provider is a CDN or cart ASP: its machines serve strangers too, so the
// owner's word alone does not open more than a visitor sees (safety 4).
type provider struct {
	name     string
	suffixes []string
	nets     []netip.Prefix
}

// providers holds published ranges and host suffixes. A range too many costs a
// question to the provider, one too few costs a stranger's evening.
var providers = []provider{
	{"Cloudflare", []string{"workers.dev", "pages.dev", "cdn.cloudflare.net"}, prefixes(
		"173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18",
		"190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13",
		"104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22", "2400:cb00::/32", "2606:4700::/32", "2803:f800::/32",
		"2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32")},
	{"Fastly", []string{"fastly.net", "fastlylb.net"}, prefixes(
		"23.235.32.0/20", "43.249.72.0/22", "103.244.50.0/24", "103.245.222.0/23", "103.245.224.0/24", "104.156.80.0/20",
		"140.248.64.0/18", "140.248.128.0/17", "146.75.0.0/17", "151.101.0.0/16", "157.52.64.0/18", "167.82.0.0/17",
		"167.82.128.0/20", "167.82.160.0/20", "167.82.224.0/20", "172.111.64.0/18", "185.31.16.0/22", "199.27.72.0/21",
		"199.232.0.0/16", "2a04:4e40::/32", "2a04:4e42::/32")},
	{"Amazon CloudFront", []string{"cloudfront.net"}, prefixes(
		"13.32.0.0/15", "13.35.0.0/16", "52.84.0.0/15", "54.230.0.0/16", "54.239.128.0/18", "99.84.0.0/16",
		"143.204.0.0/16", "204.246.164.0/22", "216.137.32.0/19", "2600:9000::/28")},
	{"Akamai", []string{"akamaiedge.net", "edgekey.net", "edgesuite.net", "akamaized.net", "akamai.net"}, prefixes(
		"2.16.0.0/13", "23.32.0.0/11", "23.192.0.0/11", "95.100.0.0/15", "96.16.0.0/15", "104.64.0.0/10", "184.24.0.0/13")},
	{"Shopify", []string{"myshopify.com", "shopify.com", "shopifypreview.com"}, prefixes("23.227.32.0/19", "2620:127:f00f::/48")},
	{"BASE", []string{"thebase.in", "thebase.com", "base.shop", "base.ec", "official.ec", "buyshop.jp", "theshop.jp", "handcrafted.jp", "fashionstore.jp", "shopselect.net", "supersale.jp", "cafe.base.shop"}, nil},
	{"STORES", []string{"stores.jp"}, nil},
	{"カラーミーショップ", []string{"shop-pro.jp"}, nil},
	{"MakeShop", []string{"makeshop.jp", "shopdb.jp"}, nil},
	{"futureshop", []string{"future-shop.jp", "futureshop.jp", "fs-storage.jp"}, nil},
	{"ecforce", []string{"ec-force.com"}, nil},
	{"ショップサーブ", []string{"shopserve.jp", "estore.co.jp"}, nil},
	{"おちゃのこネット", []string{"ocnk.net"}, nil},
	{"Bカート", []string{"bcart.jp"}, nil},
	{"楽天市場", []string{"rakuten.co.jp", "rakuten.ne.jp"}, nil},
	{"Yahoo!ショッピング", []string{"yahoo.co.jp"}, nil},
	{"Wix", []string{"wixsite.com", "wix.com"}, nil},
	{"Squarespace", []string{"squarespace.com"}, nil},
	{"Azure Front Door", []string{"azureedge.net", "azurefd.net"}, nil},
	{"Vercel", []string{"vercel.app", "vercel-dns.com"}, nil},
	{"Netlify", []string{"netlify.app"}, nil},
}

// ProviderOf names the CDN or cart ASP that serves host at a; "" means that
// none is known. Either argument may be its zero value.
func ProviderOf(host string, a netip.Addr) string {
	host = hostName(host)
	a = a.Unmap()
	for _, p := range providers {
		for _, s := range p.suffixes {
			if host == s || strings.HasSuffix(host, "."+s) {
				return p.name
			}
		}
		if a.IsValid() && inAny(p.nets, a) {
			return p.name
		}
	}
	return ""
}

// allowsProvider keeps to ports 80 and 443 and to level safe on machines of a
// CDN or cart ASP, unless the provider itself agreed.
func (s *Scope) allowsProvider(host string, a netip.AddrPort, l Level) error {
	if s.ProviderPermission != "" || IsLocal(host) {
		return nil
	}
	p := ProviderOf(host, a.Addr())
	if p == "" || l <= Safe && (a.Port() == 80 || a.Port() == 443) {
		return nil
	}
	return fmt.Errorf("%s port %d at level %s belongs to %s: %w", host, a.Port(), l, p, ErrProvider)
}
