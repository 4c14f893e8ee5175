package exposure

import (
	"context"
	"regexp"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// UserEnumerationWP asks whether WordPress tells strangers the names with
// which its staff sign in.
var UserEnumerationWP = &check.Check{
	Name: "user-enumeration-wp", Level: wire.Safe, Severity: check.Low, CWE: 200,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, ok, err := onWordPress(ctx, p)
		if !ok || err != nil {
			return err
		}
		finds, err := look(ctx, p, r, r.paths(candidate{path: "wp-json/wp/v2/users"}), 32<<10, provesUsers)
		report(p, finds)
		if err != nil {
			return err
		}
		return askAuthor(ctx, p, r)
	},
}

var (
	userSlug   = regexp.MustCompile(`"slug"\s*:\s*"([^"]{1,60})"`)
	userShape  = regexp.MustCompile(`^\s*\[\s*\{\s*"id"\s*:\s*\d+\s*,\s*"name"\s*:`)
	authorPath = regexp.MustCompile(`/author/([^/?#]{1,60})/?$`)
)

func provesUsers(pg *page.Page) *proof {
	b := jsonBody(pg)
	all := userSlug.FindAllStringSubmatch(b, 20)
	if !userShape.MatchString(b) || len(all) == 0 {
		return nil
	}
	return &proof{Args: i18n.Args{"n": itoa(len(all)), "name": hide(all[0][1])}, Excerpt: `"slug":"` + hide(all[0][1]) + `"`}
}

// askAuthor looks where /?author=1 is sent: to the page that carries the name.
func askAuthor(ctx context.Context, p *check.Pass, r *running) error {
	v, err := check.Ask(ctx, p, soft404)
	if err != nil {
		return err
	}
	for _, base := range r.bases {
		pg, err := v.ask(ctx, p, r.at(base+"?author=1"), 1<<10, "known path")
		if final(err) {
			return err
		}
		if err != nil {
			continue
		}
		p.Examined(pg.Ex)
		if pg.Ex.Status < 300 || pg.Ex.Status > 399 {
			continue
		}
		if m := authorPath.FindStringSubmatch(pg.Ex.Header.Get("Location")); m != nil {
			f := p.Report(pg.Ex, where(pg.Ex.URL), i18n.Args{"name": hide(m[1])})
			f.Case, f.Excerpt = "author", "Location: /author/"+hide(m[1])+"/"
		}
	}
	return nil
}

// hide keeps the first two letters of a name.
func hide(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 2)]) + "***"
}
