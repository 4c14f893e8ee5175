package header

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// DisclosedVersion asks whether the shop tells strangers the version of its
// software. The bare name of a product is a remark, not a fault.
var DisclosedVersion = &check.Check{
	Name: "disclosed-version", Level: wire.Passive, Severity: check.Low, CWE: 200,
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var told []telling
		for _, pg := range p.Site.Pages {
			if !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.ExaminedPage(pg)
			for _, t := range tells(pg) {
				t.host, t.ex = pg.URL.Hostname(), pg.Ex
				if !slices.ContainsFunc(told, func(o telling) bool { return o.host == t.host && o.from == t.from && o.value == t.value }) {
					told = append(told, t)
				}
			}
		}
		slices.SortStableFunc(told, func(a, b telling) int { return strings.Compare(a.host+a.from+a.value, b.host+b.from+b.value) })
		for i := 0; i < len(told); {
			// One place (a header of a host) is one cause, whatever it says on different pages.
			j, values := i, []string{}
			t := told[i]
			for ; j < len(told) && told[j].host == t.host && told[j].from == t.from; j++ {
				values = append(values, told[j].value)
				if told[j].version {
					t.version, t.ex = true, told[j].ex
				}
			}
			f := p.Report(t.ex, t.host, i18n.Args{"from": t.from, "value": strings.Join(values, " / ")})
			f.Parameter, f.Case, f.Excerpt = t.from, "version", t.from+": "+strings.Join(values, " / ")
			if t.from == "error-page" {
				f.Words = map[string]i18n.Text{"from": {JA: "エラー画面", EN: "error page"}}
			}
			if !t.version {
				f.Case, f.Severity = "product", check.Info
			}
			i = j
		}
		return ctx.Err()
	},
}

// telling is one place in which an answer names its software.
type telling struct {
	host, from, value string
	version           bool
	ex                *wire.Exchange
}

var (
	// named is a product with a version: "Apache/2.4.41", "PHP 8.1", "WordPress 6.4.2", "openresty/1.21.4.1".
	named = regexp.MustCompile(`(?i)[a-z][a-z_.+-]*[ /(]v?\d+\.\d+`)
	bare  = regexp.MustCompile(`^v?\d+(\.\d+)+`)
	// footer is the signature under error pages and listings of Apache and nginx, and of Tomcat.
	footer = regexp.MustCompile(`(?i)<address>\s*((?:Apache|LiteSpeed)[^<]{0,120}?) Server at [^<]*</address>|<hr><center>((?:nginx|openresty)/\d[^<]{0,40})</center>|<h3>(Apache Tomcat/\d[^<]{0,40})</h3>`)
	// edge names delivery networks and cart services: their answers say nothing of the shop's own server.
	edge = regexp.MustCompile(`(?i)^(cloudflare|cloudfront|akamai.*|ecs? .*|fastly|varnish|gws|sffe|vercel|netlify|amazons3|awselb.*|squarespace|wix|pepyaka|tsa_.*|esf|shopify.*)`)
)

func tells(pg *page.Page) []telling {
	var out []telling
	for _, h := range []string{"Server", "X-Powered-By", "X-Generator", "X-Powered-CMS"} {
		for _, v := range pg.Ex.Header.Values(h) {
			if v = strings.TrimSpace(v); v != "" && !edge.MatchString(v) {
				out = append(out, telling{from: h, value: v, version: named.MatchString(v)})
			}
		}
	}
	for _, h := range []string{"X-AspNet-Version", "X-AspNetMvc-Version"} {
		if v := strings.TrimSpace(pg.Ex.Header.Get(h)); bare.MatchString(v) {
			out = append(out, telling{from: h, value: v, version: true})
		}
	}
	for _, m := range pg.Metas {
		if strings.EqualFold(m.Name, "generator") && named.MatchString(m.Content) {
			out = append(out, telling{from: "meta generator", value: strings.TrimSpace(m.Content), version: true})
		}
	}
	if pg.Ex.Status >= 400 {
		if m := footer.FindStringSubmatch(pg.Text); m != nil {
			v := strings.TrimSpace(m[1] + m[2] + m[3])
			out = append(out, telling{from: "error-page", value: v, version: named.MatchString(v)})
		}
	}
	return out
}
