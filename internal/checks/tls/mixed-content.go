package tls

import (
	"context"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// MixedContent asks whether pages on HTTPS load parts over plain HTTP.
var MixedContent = &check.Check{
	Name: "mixed-content", Level: wire.Passive, Severity: check.Medium, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, pg := range p.Site.HTML() {
			if pg.URL.Scheme != "https" {
				continue
			}
			p.ExaminedPage(pg)
			if upgrades(pg) {
				continue // the browser asks for https:// by itself
			}
			for _, s := range pg.Scripts {
				reportMixed(p, pg, s.URL, "script")
			}
			for _, r := range pg.Resources {
				reportMixed(p, pg, r.URL, r.Kind)
			}
			if pg.Rendered != nil {
				for _, r := range pg.Rendered.Requests {
					if u, err := url.Parse(r.URL); err == nil && r.Dest != "document" {
						reportMixed(p, pg, u, r.Dest)
					}
				}
			}
		}
		return nil
	},
}

func reportMixed(p *check.Pass, pg *page.Page, u *url.URL, kind string) {
	if u == nil || u.Scheme != "http" {
		return
	}
	where := u.Scheme + "://" + u.Host + u.EscapedPath()
	f := p.Report(pg.Ex, where, i18n.Args{"page": pg.Ex.Path(), "kind": kind})
	switch kind {
	case "image", "media", "audio", "video", "icon", "prefetch":
		f.Case, f.Severity = "passive", check.Low
	}
}

// upgrades says that the page tells browsers to load everything over HTTPS.
func upgrades(pg *page.Page) bool {
	const word = "upgrade-insecure-requests"
	for _, v := range pg.Ex.Header.Values("Content-Security-Policy") {
		if strings.Contains(strings.ToLower(v), word) {
			return true
		}
	}
	for _, m := range pg.Metas {
		if strings.EqualFold(m.HTTPEquiv, "Content-Security-Policy") && strings.Contains(strings.ToLower(m.Content), word) {
			return true
		}
	}
	return false
}
