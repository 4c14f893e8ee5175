package header

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// FrameProtection asks whether pages just before a decisive act can be laid
// invisibly over another site (clickjacking). Pages without such an act are not asked.
var FrameProtection = &check.Check{
	Name: "frame-protection", Level: wire.Passive, Severity: check.Medium, CWE: 1021,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var pages []*page.Page
		for _, pg := range p.Site.HTML() {
			if decisive(pg) {
				p.ExaminedPage(pg)
				pages = append(pages, pg)
			}
		}
		lax := sessionsStayHome(p.Site)
		for _, g := range byHost(pages) {
			bad := map[string][]*page.Page{}
			for _, pg := range g.pages {
				if c := frameFault(pg); c != "" {
					bad[c] = append(bad[c], pg)
				}
			}
			for _, c := range []string{"missing", "invalid", "overridden", "report-only"} {
				if len(bad[c]) == 0 {
					continue
				}
				f := report(p, g, bad[c], nil)
				f.Case = c
				if c != "missing" {
					f.Excerpt = excerpt(bad[c][0], "X-Frame-Options") + "\n" + excerpt(bad[c][0], "Content-Security-Policy")
				}
				if lax {
					f.Severity = check.Low
				}
			}
		}
		return ctx.Err()
	},
}

func decisive(pg *page.Page) bool {
	switch pg.Kind {
	case page.Login, page.Cart, page.MyPage, page.Admin:
		return true
	case page.Checkout, page.CardEntry, page.Register, page.Reset:
		return acts(pg)
	}
	return slices.ContainsFunc(pg.Forms, func(f *page.Form) bool {
		switch f.Purpose {
		case page.ForOrder, page.ForCard, page.ForPassword, page.ForProfile, page.ForLeave, page.ForAdmin:
			return true
		}
		return false
	})
}

// frameFault names why a foreign site may frame the page; "" when it may not.
// A frame-ancestors directive makes browsers ignore X-Frame-Options.
func frameFault(pg *page.Page) string {
	ancestors := false
	for _, pol := range pg.Policies() {
		sources, ok := pol.Directives["frame-ancestors"]
		if !ok {
			continue
		}
		ancestors = true
		if !slices.ContainsFunc(sources, anyAncestor) {
			return ""
		}
	}
	if ancestors {
		return "overridden"
	}
	values := map[string]bool{}
	for _, line := range pg.Ex.Header.Values("X-Frame-Options") {
		for _, v := range strings.Split(line, ",") {
			values[strings.ToLower(strings.TrimSpace(v))] = true
		}
	}
	switch {
	case values["deny"] || values["sameorigin"]:
		return "" // contradicting values make browsers refuse, too
	case len(values) > 0:
		return "invalid"
	}
	for _, v := range pg.Ex.Header.Values("Content-Security-Policy-Report-Only") {
		if strings.Contains(strings.ToLower(v), "frame-ancestors") {
			return "report-only"
		}
	}
	return "missing"
}

func anyAncestor(s string) bool {
	switch strings.ToLower(s) {
	case "*", "http:", "https:", "http://*", "https://*":
		return true
	}
	return false
}

// sessionsStayHome says that every session cookie seen is kept out of frames on
// other sites by SameSite, so that a framed visitor is signed out.
func sessionsStayHome(s *check.Site) bool {
	seen := false
	for _, ex := range s.Exchanges {
		for _, c := range page.SetCookies(ex) {
			if c.Session() != page.IsSession || c.Deletes(s.Now) {
				continue
			}
			if c.SameSite != "lax" && c.SameSite != "strict" {
				return false
			}
			seen = true
		}
	}
	return seen
}
