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

// CORSCredentials asks whether any other site may read answers made for a
// signed-in customer: an Access-Control-Allow-Origin that repeats whatever
// Origin asked, together with credentials.
var CORSCredentials = &check.Check{
	Name: "cors-credentials", Level: wire.Safe, Severity: check.High, CWE: 942,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		var failed error
		var open openings
		for _, pg := range corsTargets(p) {
			host := pg.URL.Hostname()
			origins := []string{"https://miseban-check.example", "https://" + host + ".miseban-check.example"}
			for i, origin := range origins {
				ans, err := askFrom(ctx, p, pg, origin)
				if err != nil {
					failed = err
					break
				}
				if allows(ans, origin) {
					open = append(open, opening{pg, ans, origin, []string{"any", "suffix"}[i]})
					break
				}
				// A look-alike name is worth a request only where origins are judged at all.
				if ans.Ex.Header.Get("Access-Control-Allow-Origin") == "" && pg.Ex.Header.Get("Access-Control-Allow-Origin") == "" && !listed(ans.Ex.Header.Values("Vary"), "origin") {
					break
				}
			}
		}
		open.report(p)
		return failed
	},
}

// CORSNull asks the same for the origin "null", which any site can take on by a
// sandboxed frame.
var CORSNull = &check.Check{
	Name: "cors-null", Level: wire.Safe, Severity: check.High, CWE: 942,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		var failed error
		var open openings
		for _, pg := range corsTargets(p) {
			ans, err := askFrom(ctx, p, pg, "null")
			if err != nil {
				failed = err
				continue
			}
			if allows(ans, "null") {
				open = append(open, opening{pg, ans, "null", ""})
			}
		}
		open.report(p)
		return failed
	},
}

// mostCORS bounds the answers that are asked for in the name of another origin.
const mostCORS = 6

// forScripts is what addresses are called that scripts ask for a visitor's data.
var forScripts = regexp.MustCompile(`(?i)(?:^|[/_.-])(?:api|ajax|json|graphql|rest|v[1-9]|me|my-?page|my-?account|account|user|member|customer|profile|session|cart|basket|order|state|status|data|info)s?(?:$|[/_.-])`)

// corsTargets are the few answers worth asking for: those with a customer's
// data first, then data for scripts, the start page, and one of each other
// handler. Pictures, styles and scripts are public and are not asked.
func corsTargets(p *check.Pass) []*page.Page {
	rank := func(pg *page.Page) int {
		switch pg.Kind {
		case page.MyPage:
			return 0
		case page.Cart:
			return 1
		case page.Top:
			return 4
		}
		switch {
		case (pg.Kind == page.Checkout || pg.Kind == page.CardEntry) && acts(pg):
			return 0
		case strings.Contains(strings.ToLower(pg.Ex.Header.Get("Content-Type")), "json"):
			return 2
		case pg.HTML() && pg.Ex.Header.Get("Access-Control-Allow-Origin") != "":
			return 3
		case forScripts.MatchString(pg.URL.Path):
			return 3
		case pg.HTML() && pg.URL.Path == p.Site.Start.Path:
			return 4
		case pg.HTML():
			return 5
		}
		return 9
	}
	var out []*page.Page
	taken := map[string]bool{}
	for want := range 6 {
		for _, pg := range slices.Concat(p.Site.Members(), p.Site.Pages) {
			key := string(pg.Kind) + pg.Template
			if !pg.HTML() || want == 3 {
				key = pg.URL.Path
			}
			if len(out) < mostCORS && rank(pg) == want && !taken[key] && pg.Ex.Status == 200 && pg.Challenge == "" && p.Scope.HasOrigin(pg.URL) {
				taken[key] = true
				out = append(out, pg)
			}
		}
	}
	return out
}

func askFrom(ctx context.Context, p *check.Pass, pg *page.Page, origin string) (*page.Page, error) {
	r := &wire.Request{
		Method: "GET", URL: pg.URL, HeadOnly: true,
		Header: map[string][]string{"Origin": {origin}},
		Origin: wire.Origin{Why: "asked in the name of another origin", Parent: pg.Ex.ID},
	}
	var ans *page.Page
	var err error
	if account := seenBy(p, pg); account != "" { // a member's page gives its answer to members only
		err = p.As(ctx, account, func(v *check.Visit) error {
			ans, err = v.Do(ctx, r)
			return err
		})
	} else {
		ans, err = p.Do(ctx, r)
	}
	if err == nil && ans.Challenge == "" {
		p.Examined(ans.Ex)
	}
	return ans, err
}

// seenBy is the test account that saw pg signed in; "" when strangers did.
func seenBy(p *check.Pass, pg *page.Page) string {
	for _, m := range p.Site.SignedIn {
		if slices.Contains(m.Pages, pg) {
			return m.Account
		}
	}
	return ""
}

// allows says that a browser would hand the answer, asked for with the
// visitor's cookies, to a script of origin. "*" does not: browsers refuse it with credentials.
//
// The REST API of WordPress repeats every Origin too, and then takes the visitor
// for a stranger unless the request carries a nonce that only the shop's own
// pages know (rest_cookie_check_errors): nothing of a customer's is given away.
func allows(ans *page.Page, origin string) bool {
	if listed(ans.Ex.Header.Values("Access-Control-Allow-Headers"), "x-wp-nonce") {
		return false
	}
	return ans.Ex.Header.Get("Access-Control-Allow-Origin") == origin &&
		ans.Ex.Header.Get("Access-Control-Allow-Credentials") == "true"
}

// opening is one answer that another origin may read.
type opening struct {
	page, answer *page.Page
	origin, how  string
}

type openings []opening

// report tells of each rule once, however many answers it opens. It is sure
// where an answer is made for one customer; elsewhere the same rule may or may
// not hold for customers' pages.
func (o openings) report(p *check.Pass) {
	for _, how := range []string{"any", "suffix", ""} {
		for _, sure := range []bool{true, false} {
			var pages []*page.Page
			origin := ""
			for _, x := range o {
				if x.how == how && sure == (forOneCustomer(x.page) || forOneCustomer(x.answer)) {
					pages, origin = append(pages, x.answer), x.origin
				}
			}
			if len(pages) == 0 {
				continue
			}
			f := report(p, group{pages[0].URL.Hostname(), pages}, pages, i18n.Args{"origin": origin})
			f.Case = how
			f.Excerpt = excerpt(pages[0], "Access-Control-Allow-Origin") + "\n" + excerpt(pages[0], "Access-Control-Allow-Credentials")
			if sure {
				break
			}
			f.Confidence, f.Severity = check.Possible, check.Medium
		}
	}
}

func forOneCustomer(pg *page.Page) bool {
	switch pg.Kind {
	case page.MyPage, page.Cart, page.Checkout, page.CardEntry, page.Admin:
		return true
	}
	cc := cacheControl(pg)
	if has(cc, "private") || has(cc, "no-store") {
		return true
	}
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			if x.Means == page.MeansToken {
				return true
			}
		}
	}
	for _, c := range page.SetCookies(pg.Ex) {
		if c.Session() == page.IsSession {
			return true
		}
	}
	return false
}
