package header

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// leastAge is 180 days in seconds, what the browsers' preload list and most guides take as the least.
const leastAge = 180 * 24 * 3600

// HSTS asks whether browsers are told to come back over HTTPS only (RFC 6797).
// The instruction holds for the whole host, so the start page decides.
var HSTS = &check.Check{
	Name: "hsts", Level: wire.Passive, Severity: check.Low, CWE: 319,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator, Needs: check.TLS,
	Run: func(ctx context.Context, p *check.Pass) error {
		var secure []*page.Page
		for _, pg := range p.Site.HTML() {
			if pg.URL.Scheme == "https" {
				secure = append(secure, pg)
			}
		}
		groups := byHost(secure)
		for _, g := range groups {
			for _, pg := range g.pages {
				p.ExaminedPage(pg)
			}
			if !coveredByParent(g.host, groups) {
				judgeHSTS(p, g)
			}
		}
		return ctx.Err()
	},
}

func judgeHSTS(p *check.Pass, g group) {
	var missing, short, zero, good []*page.Page
	var top []*page.Page
	for _, pg := range g.pages {
		switch s := readHSTS(pg); {
		case !s.ok:
			missing = append(missing, pg)
		case s.age == 0:
			zero = append(zero, pg)
		case s.age < leastAge:
			short = append(short, pg)
		default:
			good = append(good, pg)
		}
		if pg.Kind == page.Top || pg.URL.Path == p.Site.Start.Path {
			top = append(top, pg)
		}
	}
	switch {
	case len(zero) > 0:
		f := report(p, g, zero, nil)
		f.Case, f.Excerpt = "zero", excerpt(zero[0], "Strict-Transport-Security")
	case len(good) == 0 && len(short) == 0:
		report(p, g, missing, nil).Case = "missing"
	case len(good) == 0:
		f := report(p, g, short, i18n.Args{"age": fmt.Sprint(readHSTS(short[0]).age), "days": fmt.Sprint(readHSTS(short[0]).age / 86400)})
		f.Case, f.Excerpt = "short", excerpt(short[0], "Strict-Transport-Security")
	case len(top) > 0 && !readHSTS(top[0]).ok, len(top) == 0 && len(missing) > len(good):
		report(p, g, missing, nil).Case = "partial"
	}
}

type hsts struct {
	age        int64
	subDomains bool
	ok         bool // a browser would take it
}

// readHSTS reads the first header only and drops it when a directive cannot be read, as browsers do.
func readHSTS(pg *page.Page) hsts {
	var s hsts
	values := pg.Ex.Header.Values("Strict-Transport-Security")
	if len(values) == 0 {
		return s
	}
	for _, d := range strings.Split(values[0], ";") {
		k, v, _ := strings.Cut(d, "=")
		switch strings.ToLower(strings.TrimSpace(k)) {
		case "max-age":
			n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(v), `"`), 10, 64)
			if err != nil || n < 0 || s.ok {
				return hsts{}
			}
			s.age, s.ok = n, true
		case "includesubdomains":
			s.subDomains = true
		}
	}
	return s
}

// coveredByParent says that another host of the crawl protects this one with includeSubDomains.
func coveredByParent(host string, groups []group) bool {
	for _, g := range groups {
		if !strings.HasSuffix(host, "."+g.host) {
			continue
		}
		for _, pg := range g.pages {
			if s := readHSTS(pg); s.ok && s.subDomains && s.age >= leastAge {
				return true
			}
		}
	}
	return false
}
