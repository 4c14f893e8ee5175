package robust

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

// WAFPresent tells whether a web application firewall shows in the answers.
// It is a fact, not a fault: Met means that one was seen. Many do not show, so
// that nothing follows from silence, and none is provoked.
var WAFPresent = &check.Check{
	Name: "waf-present", Level: wire.Safe, Severity: check.Info,
	Effort: check.Work, Fixer: check.ByProvider,
	Run: func(ctx context.Context, p *check.Pass) error {
		seen := map[string]string{}
		var order []string
		for _, pg := range p.Site.Pages {
			if !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			p.Examined(pg.Ex)
			for _, g := range guards(pg) {
				if _, ok := seen[g.name]; !ok {
					seen[g.name] = g.sign
					order = append(order, g.name)
				}
			}
		}
		slices.Sort(order)
		for _, name := range order {
			p.Note(check.Note{Kind: "waf", Where: p.Site.Start.Hostname(), Args: i18n.Args{"name": name, "sign": seen[name]}})
		}
		if len(order) == 0 {
			p.Unsure("応答からは WAF の有無が分かりませんでした。応答に現れない WAF もあるため、「ない」とは言えません。", nil)
		}
		return ctx.Err()
	},
}

type guard struct{ name, sign string }

// wafHeaders and wafCookies are marks that protections leave on ordinary answers.
// Delivery networks that come without a firewall by default are not among them.
var (
	wafHeaders = []struct {
		name, header string
		re           *regexp.Regexp
	}{
		{"Cloudflare", "Cf-Ray", regexp.MustCompile(`^[0-9a-f]{8,}`)},
		{"AWS WAF", "X-Amzn-Waf-Action", regexp.MustCompile(`.`)},
		{"Imperva", "X-Iinfo", regexp.MustCompile(`.`)},
		{"Imperva", "X-Cdn", regexp.MustCompile(`(?i)imperva|incapsula`)},
		{"Sucuri", "X-Sucuri-Id", regexp.MustCompile(`.`)},
		{"Sucuri", "Server", regexp.MustCompile(`(?i)sucuri`)},
		{"Scutum", "Server", regexp.MustCompile(`(?i)scutum`)},
		{"DataDome", "X-Datadome", regexp.MustCompile(`.`)},
		{"Reblaze", "Server", regexp.MustCompile(`(?i)reblaze`)},
		{"NAXSI", "Server", regexp.MustCompile(`(?i)naxsi`)},
		{"ModSecurity", "Server", regexp.MustCompile(`(?i)mod_security`)},
	}
	wafCookies = []struct {
		name string
		re   *regexp.Regexp
	}{
		{"AWS WAF", regexp.MustCompile(`^aws-waf-token$`)},
		{"Imperva", regexp.MustCompile(`^(?:visid_incap_|incap_ses_|nlbi_)\d`)},
		{"Akamai Bot Manager", regexp.MustCompile(`^(?:_abck|ak_bmsc|bm_sz)$`)},
		{"F5 BIG-IP ASM", regexp.MustCompile(`^TS[0-9a-f]{8}(?:\d{2,3})?$`)},
		{"Barracuda", regexp.MustCompile(`^barra_counter_session$`)},
		{"FortiWeb", regexp.MustCompile(`^(?:FORTIWAFSID|cookiesession1)$`)},
		{"Citrix NetScaler AppFirewall", regexp.MustCompile(`^(?:citrix_ns_id|ns_af)$`)},
		{"DataDome", regexp.MustCompile(`^datadome$`)},
		{"Wordfence", regexp.MustCompile(`^wf(?:waf-authcookie|vt_)`)},
	}
	notWAF = []string{"HTTP authentication", "maintenance", "login wall", "CAPTCHA"}
)

func guards(pg *page.Page) []guard {
	var out []guard
	if pg.Challenge != "" && !slices.Contains(notWAF, pg.Challenge) {
		name, _ := strings.CutSuffix(strings.TrimSuffix(pg.Challenge, " block"), " challenge")
		out = append(out, guard{name, pg.Challenge})
	}
	for _, h := range wafHeaders {
		if v := pg.Ex.Header.Get(h.header); h.re.MatchString(v) {
			out = append(out, guard{h.name, h.header})
		}
	}
	for _, c := range page.SetCookies(pg.Ex) {
		for _, w := range wafCookies {
			if w.re.MatchString(c.Name) {
				out = append(out, guard{w.name, "Set-Cookie: " + c.Name})
			}
		}
	}
	return out
}
