package page

import (
	"net/url"
	"strings"
)

// ClassifySubresource says whether a page that loads u as an image, a script,
// a style or the like would change anything at the shop by it. Files stay
// files with a version or a size behind them, whatever their names speak of.
func ClassifySubresource(u *url.URL) (Effect, string) {
	low := strings.ToLower(u.Path)
	switch {
	case !staticFile(low):
	case dresses(u.RawQuery):
		return Reads, "static file"
	case strings.Contains(low, "/cart/"): // Shopify's change.js and its kin
		return Writes, "cart with parameters"
	}
	return ClassifyRequest("GET", u, "", nil)
}

// dressing are parameters that choose a version or a form of a file.
var dressing = map[string]bool{
	"v": true, "ver": true, "version": true, "rev": true, "revision": true, "r": true, "t": true, "ts": true, "time": true, "timestamp": true, "date": true, "mtime": true, "modified": true,
	"h": true, "hash": true, "m": true, "d": true, "cb": true, "cache": true, "build": true, "release": true, "_": true, "x": true, "y": true, "s": true, "c": true,
	"w": true, "width": true, "height": true, "size": true, "q": true, "quality": true, "fit": true, "crop": true, "auto": true, "format": true, "fm": true, "dpr": true, "f": true, "resize": true,
	"lang": true, "locale": true, "display": true, "family": true, "text": true, "ssl": true,
}

// dresses says that query has nothing but dressing.
func dresses(query string) bool {
	for n := 0; query != ""; n++ {
		var kv string
		kv, query, _ = strings.Cut(query, "&")
		key, v, hasValue := strings.Cut(kv, "=")
		if n > 20 || hasValue && !dressing[strings.ToLower(unescapeQuery(key))] || !hasValue && strings.Contains(key, "/") {
			return false
		}
		if verbIn(words(unescapeQuery(v)), true) != "" {
			return false
		}
	}
	return true
}
