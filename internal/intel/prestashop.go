package intel

import (
	"crypto/md5"
	"encoding/hex"
	"net"
	"strconv"
	"strings"
)

// prestaShopPrefix is what the name of PrestaShop's front cookie begins with;
// the MD5 of version, shop and domain follows.
const prestaShopPrefix = "PrestaShop-"

// prestaShopShops is how many shop ids are tried; nearly all shops are number 1.
const prestaShopShops = 9

// PrestaShopVersion works out the version of a PrestaShop from the name of its
// front cookie, which is a hash of the version, the shop's number and the host.
// No match proves nothing: the shop may be newer or its domain set otherwise.
func (b *Bundle) PrestaShopVersion(cookie, host string) (Version, bool) {
	hash, ok := strings.CutPrefix(cookie, prestaShopPrefix)
	t := b.table("prestashop")
	if !ok || len(hash) != 2*md5.Size || t == nil {
		return Version{}, false
	}
	for _, v := range t.releases {
		for _, domain := range prestaShopDomains(host) {
			for id := 1; id <= prestaShopShops; id++ {
				for _, kind := range []string{"ps-s", "ps-sg"} {
					sum := md5.Sum([]byte(v.String() + kind + strconv.Itoa(id) + domain))
					if hex.EncodeToString(sum[:]) == hash {
						return v, true
					}
				}
			}
		}
	}
	return Version{}, false
}

// prestaShopDomains are the forms of the host that PrestaShop may hash.
func prestaShopDomains(host string) []string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(strings.Trim(host, "[]")) != nil || !strings.Contains(host, ".") {
		return []string{""}
	}
	bare := strings.TrimPrefix(host, "www.")
	return []string{host, "." + host, bare, "." + bare, "www." + bare, ".www." + bare}
}
