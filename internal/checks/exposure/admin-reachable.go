package exposure

import (
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

// AdminReachable asks whether the administration's sign-in form answers us, who
// come from an address that the shop does not know, before any Basic
// authentication. The customers' sign-in is no administration.
var AdminReachable = &check.Check{
	Name: "admin-reachable", Level: wire.Safe, Severity: check.Medium, CWE: 284,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByOperator,
	Run: func(ctx context.Context, p *check.Pass) error {
		r, err := check.Ask(ctx, p, runningFact)
		if err != nil {
			return err
		}
		if r.elsewhere(p) {
			return nil
		}
		v, err := check.Ask(ctx, p, soft404)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		say := func(pg *page.Page) {
			if w := pg.Ex.Path(); !seen[w] {
				seen[w] = true
				p.Report(pg.Ex, w, i18n.Args{"title": clip(pg.Title, 60)}).Excerpt = clip(pg.Title, 100)
			}
		}
		for _, pg := range p.Site.HTML() { // what a visitor is led to
			if pg.Kind == page.Admin && staffDoor(p, pg) {
				p.ExaminedPage(pg)
				say(pg)
			}
		}
		failed := 0
		for _, path := range doors(p, r) {
			pg, err := knock(ctx, p, v, r.at(path))
			if final(err) {
				return err
			}
			if err != nil {
				failed++
				continue
			}
			p.Examined(pg.Ex)
			// A closed door counts as an answer of the shop, not as one that we were kept from.
			if pg.Ex.Status == 401 {
				p.ExaminedThing("closed " + path)
			}
			if !staffDoor(p, pg) || seen[pg.Ex.Path()] {
				continue
			}
			if blank, err := v.stranger(ctx, p, pg.Ex.URL, doorBytes); err != nil || !alike(pg, blank) && !staffDoor(p, blank) {
				if final(err) {
					return err
				}
				say(pg)
			}
		}
		if failed > 0 {
			p.Unsure("{n} 件のアドレスから応答が得られなかったため、公開されていないとは言い切れません。", i18n.Args{"n": itoa(failed)})
		}
		return nil
	},
}

const (
	mostDoors = 8
	doorBytes = 256 << 10
)

// anyDoors are asked for where the software is not known.
var anyDoors = []string{"admin/", "admin/login", "wp-login.php", "admin.php", "manager/", "kanri/"}

// doors are the paths that the shop itself names (robots.txt), those of its
// software, and, where that is not known, those that most software has.
func doors(p *check.Pass, r *running) []string {
	var out []string
	add := func(path string) {
		if len(out) < mostDoors && !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	for _, k := range p.Site.Known {
		if k.URL.Host == r.root.Host && k.Effect == page.Reads && doorPath.MatchString(k.URL.Path) && len(out) < 3 {
			add(k.URL.Path)
		}
	}
	base := r.bases[len(r.bases)-1]
	products := r.products
	if wp, ok := p.Site.Intel.Product("wordpress"); ok && r.known && r.has(wordpress) {
		products = append(slices.Clone(products), wp) // its plug-ins have no door of their own
	}
	for _, product := range products {
		for _, path := range product.Admin {
			add(base + strings.TrimPrefix(path, "/"))
		}
	}
	if !r.known {
		for _, path := range anyDoors {
			add("/" + path)
		}
	}
	return out
}

// knock asks for a door and follows one redirect inside the shop.
func knock(ctx context.Context, p *check.Pass, v *visits, u *url.URL) (*page.Page, error) {
	pg, err := v.ask(ctx, p, u, doorBytes, "known administration path")
	if err != nil || pg.Ex.Status < 300 || pg.Ex.Status > 399 {
		return pg, err
	}
	next, perr := u.Parse(pg.Ex.Header.Get("Location"))
	if perr != nil || !p.Scope.HasOrigin(next) || next.Path == u.Path && next.RawQuery == u.RawQuery {
		return pg, nil
	}
	next.Fragment = ""
	return v.ask(ctx, p, next, doorBytes, "where the administration path leads")
}

var (
	doorPath  = regexp.MustCompile(`(?i)(?:^|/)(?:wp-login\.php|wp-admin|[a-z0-9_-]*admin[a-z0-9_-]*(?:\.php)?|mt\.cgi|backoffice|manager|kanri|administrator)(?:/|$)`)
	staffWord = regexp.MustCompile(`(?i)管理画面|管理者|管理機能|店舗管理|管理システム|\badmin(?:istration|istrator)?\b|dashboard|back ?office|control panel|WordPress|Movable Type`)
	memberURL = regexp.MustCompile(`(?i)/(?:mypage|my-account|member|customer|account)(?:/|$)`)
)

// staffDoor says that the page is a form that lets staff in: it asks for a
// password, its place or its words say administration, and it is not the form
// at which customers sign in.
func staffDoor(p *check.Pass, pg *page.Page) bool {
	if pg.Ex.Status != 200 || pg.Challenge != "" || !pg.HTML() || memberURL.MatchString(pg.URL.Path) {
		return false
	}
	asks := slices.ContainsFunc(pg.Forms, func(f *page.Form) bool {
		return slices.ContainsFunc(f.Fields, func(d *page.Field) bool { return d.Type == "password" })
	})
	if !asks || !doorPath.MatchString(pg.URL.Path) && !staffWord.MatchString(pg.Title) {
		return false
	}
	for _, member := range p.Site.OfKind(page.Login, page.MyPage, page.Top) {
		if member.URL.String() != pg.URL.String() && !doorPath.MatchString(member.URL.Path) && alike(member, pg) {
			return false
		}
	}
	return true
}
