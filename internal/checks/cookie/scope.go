package cookie

import (
	"context"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Scope asks whether session cookies go to more hosts or folders than the shop
// needs. One host sharing with "www." is normal and only remarked.
var Scope = &check.Check{
	Name: "cookie-scope", Level: wire.Passive, Severity: check.Low, CWE: 668,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:L/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		folder := shopFolder(p.Site)
		for _, s := range sessions(p) {
			p.ExaminedThing("cookie " + s.name)
			for _, x := range s.sets {
				host := strings.ToLower(x.ex.URL.Hostname())
				args := i18n.Args{"page": x.ex.Path(), "host": host, "domain": x.cookie.Domain, "folder": folder}
				name, severity := "", check.Low
				switch {
				case strings.HasSuffix(host, "."+x.cookie.Domain) && x.cookie.Domain != "":
					name = "domain"
					if host == "www."+x.cookie.Domain {
						severity = check.Info
					}
				case host == x.cookie.Domain:
					name, severity = "own-domain", check.Info
				case folder != "" && x.cookie.Path == "/":
					name, severity = "path", check.Info
				default:
					continue
				}
				f := p.Report(x.ex, s.name, args)
				f.Parameter, f.Case, f.Severity, f.Excerpt = s.name, name, severity, shown(x.ex, s.name)
				if s.sign != page.IsSession {
					f.Confidence = check.Possible
				}
			}
		}
		return ctx.Err()
	},
}

// shopFolder is the folder ("/shop/", "/~name/") below which the whole shop
// lives; "" when it has the host to itself as far as the crawl saw.
func shopFolder(s *check.Site) string {
	folder := firstFolder(s.Start)
	for _, pg := range s.HTML() {
		if pg.URL.Host == s.Start.Host && firstFolder(pg.URL) != folder {
			return ""
		}
	}
	return folder
}

func firstFolder(u *url.URL) string {
	rest := strings.TrimPrefix(u.EscapedPath(), "/")
	name, _, below := strings.Cut(rest, "/")
	if !below {
		return ""
	}
	return "/" + name + "/"
}
