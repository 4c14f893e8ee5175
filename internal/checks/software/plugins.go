package software

import (
	"regexp"
	"slices"

	"miseban/internal/intel"
	"miseban/internal/wire"
)

// distribution is how answers name the maker of an operating system, who mends
// software for longer than its own makers and without a new number.
var distribution = regexp.MustCompile(`(?i)\b(?:Debian|Ubuntu|CentOS|Red ?Hat(?: Enterprise Linux)?|RHEL|Rocky|AlmaLinux|Amazon|Oracle Linux|Fedora|SUSE)\b|\bdeb\d+u\d+|\.el\d+\b|\bel\d+_`)

var (
	// prestaCookie stands for a version worked out from PrestaShop's cookie.
	prestaCookie = &intel.Sign{Product: "prestashop", Kind: intel.InCookie, Re: "PrestaShop-*", Proves: intel.ProvesVersion, Weight: 9, Alarm: intel.AlarmLow}
	// pluginFolder is a plug-in's own folder in an address, assetVersion its ?ver=.
	pluginFolder = func(id string) *intel.Sign {
		return &intel.Sign{Product: id, Kind: intel.InAsset, Re: "wp-content/plugins/", Proves: intel.ProvesPackage, Weight: 9, Alarm: intel.AlarmLow}
	}
	assetVersion = func(id string) *intel.Sign {
		return &intel.Sign{Product: id, Kind: intel.InAsset, Re: "?ver=", Proves: intel.ProvesVersion, Weight: 5, Alarm: intel.AlarmMedium}
	}
)

// plugins reads the folders of WordPress and EC-CUBE plug-ins out of the addresses.
func (c *collector) plugins(s *stock) {
	type seen struct {
		slug     string
		product  *intel.Product
		versions []intel.Version
		ex       *wire.Exchange
		asset    string
	}
	var slugs []*seen
	for i, a := range c.assets {
		if code, ok := intel.EccubePlugin(a); ok {
			if !slices.ContainsFunc(s.extensions, func(e extension) bool { return e.of == "eccube" && e.code == code }) {
				s.extensions = append(s.extensions, extension{code: code, of: "eccube", ex: c.from[i], path: a})
			}
			continue
		}
		h, ok := c.b.WordPressPlugin(a)
		if !ok {
			continue
		}
		j := slices.IndexFunc(slugs, func(x *seen) bool { return x.slug == h.Slug })
		if j < 0 {
			j = len(slugs)
			slugs = append(slugs, &seen{slug: h.Slug, product: h.Product, ex: c.from[i], asset: a})
		}
		if !h.Version.IsZero() && !c.wordpress(h.Version) {
			slugs[j].versions = append(slugs[j].versions, h.Version)
		}
	}
	for _, x := range slugs {
		v := mostAgreed(x.versions)
		if x.product == nil {
			s.extensions = append(s.extensions, extension{code: x.slug, of: "wordpress", version: v, ex: x.ex, path: x.asset})
			continue
		}
		c.add(x.ex, intel.SignHit{Sign: pluginFolder(x.product.ID), Text: x.asset})
		// A plug-in that prints its version elsewhere is believed there: ?ver=
		// may be that of a library it carries.
		if it := c.byID[x.product.ID]; !v.IsZero() && len(it.printed()) == 0 {
			c.add(x.ex, intel.SignHit{Sign: assetVersion(x.product.ID), Version: v, Text: x.asset})
		}
	}
}

// wordpress says that v is the version of the WordPress itself, which it prints
// behind assets of plug-ins that give none.
func (c *collector) wordpress(v intel.Version) bool {
	it := c.byID["wordpress"]
	return it != nil && slices.ContainsFunc(it.printed(), func(h intel.SignHit) bool { return intel.Compare(h.Version, v) == 0 })
}

// mostAgreed is the version that most assets name; none when two are named equally often.
func mostAgreed(vs []intel.Version) intel.Version {
	count := map[string]int{}
	for _, v := range vs {
		count[v.Key()]++
	}
	var best intel.Version
	tie := false
	for _, v := range vs {
		switch {
		case best.IsZero() || count[v.Key()] > count[best.Key()]:
			best, tie = v, false
		case v.Key() != best.Key() && count[v.Key()] == count[best.Key()]:
			tie = true
		}
	}
	if tie {
		return intel.Version{}
	}
	return best
}
