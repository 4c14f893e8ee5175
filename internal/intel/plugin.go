package intel

import (
	"net/url"
	"regexp"
	"strings"
)

// PluginHit is one WordPress plug-in seen in the address of an asset.
type PluginHit struct {
	Slug    string
	Version Version // from ?ver=, zero if there is none or it is a cache number
	// Known says that there is a product for it.
	Product *Product
}

var pluginPath = regexp.MustCompile(`/(?:plugins|mu-plugins)/([a-z0-9][a-z0-9_.-]{0,99})/`)

// WordPressPlugin reads the plug-in and its version out of an asset's address.
// Plug-ins often print the version of a library they carry, or of WordPress, so
// a caller should take the value that most assets of the plug-in agree on.
func (b *Bundle) WordPressPlugin(asset string) (PluginHit, bool) {
	u, err := url.Parse(asset)
	if err != nil || !strings.Contains(u.Path, "/plugins/") && !strings.Contains(u.Path, "/mu-plugins/") {
		return PluginHit{}, false
	}
	m := pluginPath.FindStringSubmatch(strings.ToLower(u.Path))
	if m == nil {
		return PluginHit{}, false
	}
	h := PluginHit{Slug: m[1]}
	h.Product, _ = b.PluginBySlug(h.Slug)
	// 1700000000 and the like are times of files, not versions.
	if ver := u.Query().Get("ver"); strings.Contains(ver, ".") {
		h.Version, _ = Parse(ver)
	}
	return h, true
}

var eccubePluginPath = regexp.MustCompile(`^/(?:[a-z0-9_~-]+/)?(?:html/)?plugin/([A-Z][A-Za-z0-9_]*)/`)

// EccubePlugin reads the code of an EC-CUBE plug-in out of an asset's address.
// Addresses do not show its version. Codes that advisories speak of are among
// Components.
func EccubePlugin(asset string) (code string, ok bool) {
	u, err := url.Parse(asset)
	if err != nil {
		return "", false
	}
	m := eccubePluginPath.FindStringSubmatch(u.Path)
	if m == nil {
		return "", false
	}
	return m[1], true
}
