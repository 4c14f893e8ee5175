package page

import (
	"net/url"
	"regexp"
	"sort"
	"strings"
)

// routers are parameters whose value names the page, as in OpenCart (route=),
// Zen Cart (main_page=), WordPress and EC-CUBE 2 (mode=).
var routers = map[string]bool{
	"route": true, "main_page": true, "mode": true, "controller": true, "fc": true, "module": true, "action": true, "act": true, "do": true, "dispatch": true,
	"cmd": true, "option": true, "view": true, "task": true, "page": true, "post_type": true, "usces_page": true, "uscesmode": true,
	"wc-ajax": true, "rest_route": true, "func": true, "op": true, "m": true, "a": true, "c": true, "tid": true, "screen": true, "type": true, "pg": true,
	"ajax": true, "section": true, "r": true, "_route": true, "method": true, "function": true, "event": true,
}

var (
	shapeNumber = regexp.MustCompile(`^\d+$`)
	shapeHash   = regexp.MustCompile(`^[0-9a-fA-F]{12,}$`)
	shapeUUID   = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	shapeDate   = regexp.MustCompile(`^(19|20)\d\d([-_.]?(0[1-9]|1[0-2])([-_.]?[0-3]\d)?)?$`)
	routerValue = regexp.MustCompile(`^[A-Za-z][A-Za-z_./-]{0,60}$`)
	digits      = regexp.MustCompile(`\d+`)
)

// Shape generalises an address so that pages one handler makes have one
// shape: numbers, dates, hashes and long names become classes, parameters are
// sorted, and only the values that name a page are kept.
func Shape(u string) string {
	p, err := url.Parse(u)
	if err != nil {
		return u
	}
	var b strings.Builder
	if p.Host != "" {
		b.WriteString(canonicalHost(p.Scheme, p.Host))
	}
	path := p.Path
	if path == "" {
		path = "/"
	}
	segs := strings.Split(path, "/")
	for i, s := range segs {
		if i > 0 {
			b.WriteByte('/')
		}
		prev := ""
		if i > 0 {
			prev = segs[i-1]
		}
		b.WriteString(segmentShape(s, prev, i == len(segs)-1))
	}
	if p.RawQuery != "" {
		var parts []string
		seen := map[string]bool{}
		for i, kv := range strings.Split(p.RawQuery, "&") {
			if i > 200 || kv == "" {
				continue
			}
			k, v, _ := strings.Cut(kv, "=")
			if dk, err := url.QueryUnescape(k); err == nil {
				k = dk
			}
			if isTracking(k) || isSessionParam(k, v) {
				continue
			}
			part := digits.ReplaceAllString(k, "N") + "=" + valueShape(k, v)
			if !seen[part] {
				seen[part] = true
				parts = append(parts, part)
			}
		}
		sort.Strings(parts)
		if len(parts) > 0 {
			b.WriteString("?" + strings.Join(parts, "&"))
		}
	}
	if r := strings.TrimPrefix(p.Fragment, "!"); strings.HasPrefix(r, "/") {
		b.WriteByte('#')
		for i, s := range strings.Split(r, "/") {
			if i > 0 {
				b.WriteByte('/')
			}
			b.WriteString(segmentShape(s, "", false))
		}
	}
	return b.String()
}

func valueShape(k, v string) string {
	if dv, err := url.QueryUnescape(v); err == nil {
		v = dv
	}
	k = strings.ToLower(k)
	if routers[k] && routerValue.MatchString(v) {
		return v
	}
	if k == "page_id" && shapeNumber.MatchString(v) {
		return v // WordPress: the number is the page
	}
	switch {
	case v == "":
		return ""
	case shapeNumber.MatchString(v):
		return "N"
	}
	return "*"
}

// segmentShape generalises one part of a path. prev is the part before it.
func segmentShape(s, prev string, end bool) string {
	if s == "" {
		return ""
	}
	if dec, err := url.PathUnescape(s); err == nil {
		s = dec
	}
	name, ext := s, ""
	if e := ending(s); e != "" {
		name, ext = s[:len(s)-len(e)-1], "."+e
	}
	switch {
	case shapeUUID.MatchString(name):
		return "H" + ext
	case shapeNumber.MatchString(name):
		if shapeDate.MatchString(name) && len(name) >= 6 {
			return "D" + ext
		}
		return "N" + ext
	case shapeDate.MatchString(name):
		return "D" + ext
	case shapeHash.MatchString(name) && strings.ContainsAny(name, "0123456789"):
		return "H" + ext
	}
	for i := 0; i < len(name); i++ {
		if name[i] >= 0x80 {
			return "S" + ext // a name in Japanese
		}
	}
	if strings.Contains(name, hole) {
		return "S" + ext
	}
	if itemPlaces[strings.ToLower(prev)] && end && !fixedNames[strings.ToLower(name)] {
		return "S" + ext
	}
	if n := strings.Count(name, "-") + strings.Count(name, "_"); n >= 3 || len(name) > 32 || n >= 1 && strings.ContainsAny(name, "0123456789") && len(name) > 8 {
		return "S" + ext
	}
	return digits.ReplaceAllString(name, "N") + ext
}

// itemPlaces are path parts after which a shop puts the name of an item.
var itemPlaces = map[string]bool{
	"product": true, "products": true, "item": true, "items": true, "detail": true, "goods": true, "category": true, "categories": true,
	"product-category": true, "collections": true, "tag": true, "tags": true, "product-tag": true, "brand": true, "brands": true, "blog": true, "news": true,
	"author": true, "archives": true, "p": true, "c": true, "dp": true, "catalog": true, "posts": true, "article": true, "articles": true, "entry": true, "topics": true,
}

// fixedNames are the places below those that are pages of their own.
var fixedNames = map[string]bool{
	"list": true, "detail": true, "search": true, "index": true, "new": true, "all": true, "cart": true, "favorite": true, "add": true, "edit": true, "confirm": true,
	"complete": true, "review": true, "login": true, "view": true, "listing": true, "category": true, "sale": true, "ranking": true, "add_cart": true, "detail_view": true,
}
