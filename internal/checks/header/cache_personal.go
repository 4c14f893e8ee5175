package header

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// CachePersonal asks whether pages with a customer's own data are kept out of
// caches: the browser's and those on the way (CDN, proxy).
var CachePersonal = &check.Check{
	Name: "cache-personal", Level: wire.Passive, Severity: check.Low, CWE: 525,
	CVSS31: "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		var pages []*page.Page
		for _, pg := range slices.Concat(p.Site.HTML(), p.Site.Members()) {
			if what, _ := shows(pg); what != nobody {
				p.ExaminedPage(pg)
				pages = append(pages, pg)
			}
		}
		for _, g := range byHost(pages) {
			bad := map[string][]*page.Page{}
			for _, pg := range g.pages {
				what, sure := shows(pg)
				c := keeping(pg)
				if what == visitor && c != "public" {
					continue // a basket or an empty form is the visitor's, but says nothing of a person
				}
				if c != "" && !sure {
					c += "?"
				}
				bad[c] = append(bad[c], pg)
			}
			for _, c := range []string{"public", "public?", "missing", "missing?", "weak", "weak?"} {
				if len(bad[c]) == 0 {
					continue
				}
				f := report(p, g, bad[c], nil)
				f.Case, f.Excerpt = strings.TrimSuffix(c, "?"), excerpt(bad[c][0], "Cache-Control")
				if strings.HasSuffix(c, "?") {
					f.Confidence = check.Possible
				}
			}
		}
		sharedSessions(p)
		return ctx.Err()
	},
}

// sharedSessions looks for answers that hand out a session and let shared
// caches keep it: the next visitor would get the same session.
func sharedSessions(p *check.Pass) {
	var bad []*page.Page
	for _, pg := range p.Site.Pages {
		cc := cacheControl(pg)
		if pg.Challenge != "" || pg.Ex.Status != 200 || has(cc, "no-store") || has(cc, "private") || has(cc, "no-cache") {
			continue
		}
		kept := has(cc, "public") || slices.ContainsFunc(cc, sharedAge.MatchString)
		if kept && slices.ContainsFunc(page.SetCookies(pg.Ex), func(c page.SetCookie) bool {
			return c.Session() == page.IsSession && !c.Deletes(p.Site.Now)
		}) {
			bad = append(bad, pg)
		}
	}
	for _, g := range byHost(bad) {
		f := report(p, g, g.pages, nil)
		f.Case, f.Severity, f.Confidence = "session-cached", check.Medium, check.Possible
		f.CVSS31 = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N"
		f.CVSS40 = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N"
		f.Excerpt = excerpt(g.pages[0], "Cache-Control")
	}
}

var (
	sharedAge = regexp.MustCompile(`^s-maxage="?[1-9]`)
	anyAge    = regexp.MustCompile(`^(s-maxage|max-age)="?[1-9]`)
)

// owner is whose content a page shows.
type owner int

const (
	nobody  owner = iota // the same for everyone
	visitor              // made for one visitor: a basket, a form with its token
	person               // a customer's own data
)

// shows says whose content the page shows, and whether that is sure: a field
// that came filled in may be an example, a basket may be filled by script.
func shows(pg *page.Page) (what owner, sure bool) {
	filled, token, signIn := false, false, false
	for _, f := range pg.Forms {
		filled = filled || f.Purpose != page.ForSearch && slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return filledIn(x) && !asked(pg, x) })
		signIn = signIn || f.Purpose == page.ForLogin
		token = token || slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Means == page.MeansToken })
	}
	switch {
	case signIn && !filled: // a sign-in form in place of the page shows nothing
	case pg.Kind == page.MyPage:
		return person, filled || signedIn(pg)
	case (pg.Kind == page.Checkout || pg.Kind == page.CardEntry) && acts(pg):
		return person, true
	}
	switch {
	case filled:
		return person, false
	case token:
		return visitor, true
	case pg.Kind == page.Cart:
		return visitor, false
	}
	return nobody, false
}

// asked says that a field holds what the page's own address gave it: that is
// the visitor's question come back, not what the shop knows of a customer.
func asked(pg *page.Page, x *page.Field) bool {
	return slices.Contains(pg.URL.Query()[x.Name], x.Value)
}

// signedIn says that the page offers to sign out, as only members' pages do.
func signedIn(pg *page.Page) bool {
	return slices.ContainsFunc(pg.Forms, func(f *page.Form) bool { return f.Purpose == page.ForLogout }) ||
		slices.ContainsFunc(pg.Links, func(l *page.Link) bool {
			return strings.Contains(l.Text, "ログアウト") || strings.Contains(strings.ToLower(l.Text+l.Raw), "logout") || strings.Contains(strings.ToLower(l.Text), "sign out")
		})
}

func filledIn(x *page.Field) bool {
	switch x.Means {
	case page.MeansMail, page.MeansPhone, page.MeansAddress, page.MeansPostcode, page.MeansPerson:
	default:
		return false
	}
	v := strings.TrimSpace(x.Value)
	return len(v) > 4 && v != x.Placeholder && x.Type != "hidden" && x.Type != "select" && x.Type != "submit" && x.Type != "button" &&
		x.Type != "checkbox" && x.Type != "radio" && !strings.HasPrefix(v, "例") && !strings.Contains(v, "@example.")
}

// keeping names how a cache may keep the page; "" when none may.
func keeping(pg *page.Page) string {
	cc := cacheControl(pg)
	switch {
	case has(cc, "no-store"):
		return ""
	case !has(cc, "private") && !has(cc, "no-cache") && (has(cc, "public") || slices.ContainsFunc(cc, anyAge.MatchString)):
		return "public"
	case has(cc, "private"), has(cc, "no-cache"), has(cc, "max-age=0"), listed(pg.Ex.Header.Values("Pragma"), "no-cache"), expired(pg):
		return "weak"
	}
	return "missing"
}

func cacheControl(pg *page.Page) []string {
	var out []string
	for _, line := range pg.Ex.Header.Values("Cache-Control") {
		for _, d := range strings.Split(line, ",") {
			out = append(out, strings.ToLower(strings.TrimSpace(d)))
		}
	}
	return out
}

func has(directives []string, d string) bool { return slices.Contains(directives, d) }

var longAgo = regexp.MustCompile(`^(-1|0)$|\b(19\d\d|200\d|201\d)\b`)

// expired says that Expires lies in the past, as frameworks write it.
func expired(pg *page.Page) bool {
	return len(cacheControl(pg)) == 0 && longAgo.MatchString(strings.TrimSpace(pg.Ex.Header.Get("Expires")))
}
