package login

import (
	"cmp"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// mostDoors bounds the requests: known paths of the shop's package, one
// random path for comparison, and one redirect each.
const mostDoors = 3

// AdminLoginProtected asks whether the administration's sign-in shows anything
// beyond id and password: a second step, a CAPTCHA, a limit of tries, or a
// closed door before it. What it does after a wrong password is not tried.
var AdminLoginProtected = &check.Check{
	Name: "admin-login-protected", Level: wire.Safe, Severity: check.Medium, CWE: 1391,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		var doors []*page.Page
		for _, pg := range p.Site.HTML() {
			if pg.Kind == page.Admin && asksPassword(pg) {
				doors = append(doors, pg)
			}
		}
		var failed error
		if len(doors) == 0 {
			doors, failed = knock(ctx, p)
		}
		seen := map[string]bool{}
		for _, pg := range doors {
			if seen[pg.Ex.Path()] {
				continue
			}
			seen[pg.Ex.Path()] = true
			p.Examined(pg.Ex)
			if guard(pg) == "" && asksPassword(pg) {
				f := p.Report(pg.Ex, pg.Ex.Path(), i18n.Args{})
				f.Case, f.Confidence = "plain", check.Possible
			}
		}
		return failed
	},
}

// knock asks for the known doors. It returns sign-in forms, and answers of
// doors that are closed before any form (Basic authentication, limited addresses).
func knock(ctx context.Context, p *check.Pass) ([]*page.Page, error) {
	var doors []*page.Page
	var failed error
	var closed []*page.Page
	for _, path := range adminPaths(p) {
		pg, err := p.Get(ctx, at(p, path), "known administration path")
		if err != nil {
			failed = err
			continue
		}
		if loc := pg.Ex.Header.Get("Location"); pg.Ex.Status >= 300 && pg.Ex.Status < 400 && loc != "" {
			u, err := pg.URL.Parse(loc)
			if err != nil || !p.Scope.HasOrigin(u) {
				continue
			}
			if pg, err = p.Get(ctx, u, "where the administration path leads"); err != nil {
				failed = err
				continue
			}
		}
		switch {
		case pg.Challenge != "":
		case pg.Ex.Status == 401 && pg.Ex.Header.Get("WWW-Authenticate") != "":
			doors = append(doors, pg)
		case pg.Ex.Status == 403:
			closed = append(closed, pg)
		case pg.Ex.Status == 200 && asksPassword(pg) && leadsToAdmin(pg):
			doors = append(doors, pg)
		}
	}
	if len(closed) > 0 {
		// Some servers refuse names that do not exist, too: then 403 says nothing.
		pg, err := p.Get(ctx, at(p, "/admin-miseban-0f3a/"), "control: a path that does not exist")
		if err != nil {
			return doors, err
		}
		if pg.Ex.Status != 403 {
			doors = append(doors, closed...)
		}
	}
	return doors, failed
}

func at(p *check.Pass, path string) *url.URL {
	u := *p.Site.Start
	u.Path, u.RawPath, u.RawQuery, u.Fragment = path, "", "", ""
	return &u
}

func asksPassword(pg *page.Page) bool {
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			if x.Type == "password" {
				return true
			}
		}
	}
	return false
}

// leadsToAdmin tells the administration's sign-in from the members' one, to
// which some shops send everybody.
func leadsToAdmin(pg *page.Page) bool {
	return pg.Kind == page.Admin || adminWord.MatchString(pg.Title) || adminPath.MatchString(pg.URL.Path)
}

var (
	adminWord = regexp.MustCompile(`(?i)管理|admin|dashboard|backend|WordPress`)
	adminPath = regexp.MustCompile(`(?i)(^|/)(wp-login\.php|wp-admin|[a-z_-]*admin[a-z_-]*(\.php)?|mt\.cgi|backoffice)(/|$)`)
	guardWord = regexp.MustCompile(`(?i)captcha|turnstile|画像認証|(二|2|２)段階認証|(二|2|２|多)要素認証|ワンタイム|認証コード|認証アプリ|two[- ]factor|\b2fa\b|one[- ]time|authenticator|passkey|パスキー|webauthn|\d+\s*回(以上)?(連続で?)?[^。]{0,12}(失敗|間違|誤)|アカウントロック|locked after|login attempts`)
)

// guard is the sign that more than id and password is asked, or that tries are limited.
func guard(pg *page.Page) string {
	if pg.Ex.Status == 401 || pg.Ex.Status == 403 {
		return "closed"
	}
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			if x.Means == page.MeansOTP || x.Means == page.MeansCaptcha {
				return x.Name
			}
		}
	}
	for _, s := range pg.Scripts {
		if s.URL != nil && guardWord.MatchString(s.URL.String()) {
			return s.URL.String()
		}
	}
	return guardWord.FindString(pg.Text)
}

// adminPaths are the default doors of the package the shop seems to run; where
// none is recognised, those that most packages share.
func adminPaths(p *check.Pass) []string {
	b := p.Site.Intel
	weight := map[string]int{}
	for _, pg := range p.Site.HTML()[:min(len(p.Site.HTML()), 8)] {
		for _, o := range observations(pg) {
			for _, h := range b.Identify(o) {
				weight[h.Sign.Product] = max(weight[h.Sign.Product], h.Sign.Weight)
			}
		}
	}
	var out []string
	shared := map[string]int{}
	for _, product := range b.Products() {
		for _, path := range product.Admin {
			if weight[product.ID] >= 5 && !slices.Contains(out, path) {
				out = append(out, path)
			}
			shared[path]++
		}
	}
	if len(out) == 0 {
		for path := range shared {
			out = append(out, path)
		}
		slices.SortFunc(out, func(a, b string) int { return cmp.Or(shared[b]-shared[a], strings.Compare(a, b)) })
	}
	return out[:min(len(out), mostDoors)]
}
