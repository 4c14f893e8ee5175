package tls

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// HTTPSRedirect asks whether the http:// address of each HTTPS host leads at
// once to HTTPS on the same host.
var HTTPSRedirect = &check.Check{
	Name: "https-redirect", Level: wire.Safe, Severity: check.Medium, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		if len(p.Site.Pages) == 0 {
			return nil // nothing over HTTPS was seen: there is nothing to lead to
		}
		secure := map[string]bool{}
		for _, t := range targets(p.Scope, p.Site) {
			secure[t.host] = true
		}
		var failed error
		for _, h := range p.Scope.Hosts {
			u, err := url.Parse(h)
			if err != nil || !strings.EqualFold(u.Scheme, "http") || !secure[strings.ToLower(u.Hostname())] {
				continue
			}
			u.Path = "/"
			pg, err := p.Get(ctx, u, "redirect to HTTPS")
			var f *wire.Failure
			switch {
			case errors.As(err, &f) && f.Kind == "refused":
				p.ExaminedThing(h) // nothing listens: nobody can be on it
			case err != nil:
				failed = err
			default:
				p.ExaminedPage(pg)
				reportRedirect(p, u, pg)
			}
		}
		return failed
	},
}

func reportRedirect(p *check.Pass, u *url.URL, pg *page.Page) {
	to := pg.Ex.Header.Get("Location")
	switch s := pg.Ex.Status; {
	case s >= 300 && s < 400 && to != "":
		loc, err := u.Parse(to)
		switch {
		case err != nil:
		case loc.Scheme == "https" && strings.EqualFold(loc.Hostname(), u.Hostname()):
			return
		case loc.Scheme == "https":
			f := p.Report(pg.Ex, wire.OriginOf(u), i18n.Args{"target": loc.Scheme + "://" + loc.Host})
			f.Case, f.Severity = "other-host", check.Low
			return
		}
		f := p.Report(pg.Ex, wire.OriginOf(u), i18n.Args{"target": to})
		f.Case = "stays"
	case s == 200 && byPage(pg, u):
		f := p.Report(pg.Ex, wire.OriginOf(u), nil)
		f.Case, f.Severity = "by-page", check.Low
	case s == 200:
		p.Report(pg.Ex, wire.OriginOf(u), nil)
	}
}

// byPage says that the page itself sends the visitor on, by meta refresh or script.
func byPage(pg *page.Page, u *url.URL) bool {
	for _, m := range pg.Metas {
		if strings.EqualFold(m.HTTPEquiv, "refresh") && strings.Contains(strings.ToLower(m.Content), "https://"+u.Hostname()) {
			return true
		}
	}
	return len(pg.Visible) < 200 && strings.Contains(pg.Text, "location") && strings.Contains(pg.Text, "https:")
}
