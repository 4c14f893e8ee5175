package access

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// RoleTampering asks whether the shop believes what the browser says of the
// customer's rights: a cookie or a parameter that names a role is set to an
// administrator's, and pages that were closed are asked for. A value that
// means nothing must leave them closed.
var RoleTampering = &check.Check{
	Name: "role-tampering", Level: wire.Active, Severity: check.High, CWE: 639, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		name := p.Customers()[0]
		m := p.Site.As(name)
		if m == nil {
			return nil
		}
		return p.As(ctx, name, func(v *check.Visit) error {
			pages := closed(p, m)
			roles := rolesOf(p, v, m, pages)
			w := &wall{p: p, v: v, mine: m.Pages}
			for _, other := range slices.Concat(p.Customers(), p.Admins()) {
				w.others = append(w.others, belongingsOf(p, other)...)
			}
			w.others = w.others.without(belongingsOf(p, name))
			if len(roles) == 0 {
				for _, pg := range m.Pages { // nothing that names a role came with them: that was looked at
					p.ExaminedPage(pg)
				}
				return nil
			}
			for _, r := range roles {
				if err := w.raise(ctx, r, pages); err != nil {
					return err
				}
			}
			return nil
		})
	},
}

// role is a value by which the browser tells the shop what the customer may do.
type role struct {
	cookie, param string
	value         string
	at            *url.URL // of a parameter
}

func (r role) name() string { return r.cookie + r.param }

// mostRoles bounds the values that are tried.
const mostRoles = 4

var roleName = regexp.MustCompile(`(?i)^(?:.*[_.-])?(?:role|roles|is_?admin|admin|administrator|user_?(?:type|level|role|group)|member_?(?:type|role|level|class|rank)|account_?type|privilege|auth(?:ority)?_?level|access_?level|level|group|permission|perm|is_?staff|staff|superuser)$`)

// rolesOf lists cookies and parameters whose names speak of a role. A
// parameter belongs to its address: links and forms that only read name it.
func rolesOf(p *check.Pass, v *check.Visit, m *check.SignedIn, pages []*page.Page) []role {
	var out []role
	seen := map[string]bool{}
	add := func(r role) {
		key := r.name()
		if r.at != nil {
			if !p.Scope.HasOrigin(r.at) {
				return
			}
			key += " " + r.at.Path
		}
		if roleName.MatchString(r.name()) && len(r.value) <= 40 && !seen[key] && len(out) < mostRoles {
			seen[key] = true
			out = append(out, r)
		}
	}
	for _, pg := range m.Pages {
		for _, c := range page.SetCookies(pg.Ex) {
			add(role{cookie: c.Name, value: c.Value})
		}
	}
	carried := v.Session().Carried()
	for _, name := range slices.Sorted(maps.Keys(carried)) {
		add(role{cookie: name, value: carried[name]})
	}
	query := func(u *url.URL) {
		q := u.Query()
		for _, k := range sorted(q) {
			if len(q[k]) == 1 {
				add(role{param: k, value: q[k][0], at: u})
			}
		}
	}
	for _, pg := range m.Pages {
		query(pg.URL)
		for _, l := range pg.Links {
			if l.URL != nil && l.Effect == page.Reads && !l.Pattern {
				query(l.URL)
			}
		}
		for _, f := range pg.Forms {
			if f.Action != nil && f.Method == http.MethodGet && f.Effect == page.Reads && !f.Scripted {
				query(signin.Sending(f, nil).URL)
			}
		}
	}
	return out
}

// raised are values that shops give to administrators, by what the customer's looks like.
func raised(value string) []string {
	switch {
	case value == "0":
		return []string{"1"}
	case strings.EqualFold(value, "false"):
		return []string{"true"}
	case strings.EqualFold(value, "no"):
		return []string{"yes"}
	case strings.Trim(value, "0123456789") == "" && value != "":
		return []string{"0", "1", "9", "99"}
	}
	return []string{"admin", "administrator"}
}

// closed are pages that turned the customer away although they exist: refused,
// not missing. The customer's own first page is added, for what it may show more.
func closed(p *check.Pass, m *check.SignedIn) []*page.Page {
	var out []*page.Page
	for _, pg := range m.Pages {
		if (pg.Ex.Status == http.StatusForbidden || pg.Ex.Status == http.StatusUnauthorized) && p.Scope.HasOrigin(pg.URL) && len(out) < 4 {
			out = append(out, pg)
		}
	}
	for _, pg := range m.Pages {
		if pg.Kind == page.MyPage && pg.Ex.Status == http.StatusOK {
			return append(out, pg)
		}
	}
	return out
}

// wall is what keeps a customer from what is others'.
type wall struct {
	p      *check.Pass
	v      *check.Visit
	mine   []*page.Page // what the customer sees
	others belongings   // of the other test accounts
}

// raise asks for the address of a parameter, and for the pages, with the role set higher.
func (w *wall) raise(ctx context.Context, r role, pages []*page.Page) error {
	var at []*url.URL
	if r.at != nil {
		at = append(at, r.at)
	}
	for _, pg := range pages {
		if r.at == nil || pg.URL.Path != r.at.Path {
			at = append(at, pg.URL)
		}
	}
	p, v := w.p, w.v
	for _, u := range at {
		plain, err := ask(ctx, v, u, r, r.value)
		if err != nil {
			return err
		}
		p.ExaminedPage(plain)
		var nonsense *page.Page
		for _, high := range raised(r.value) {
			got, err := ask(ctx, v, u, r, high)
			if err != nil {
				return err
			}
			if !w.opens(plain, got) {
				continue
			}
			if nonsense == nil {
				if nonsense, err = ask(ctx, v, u, r, "m"+p.Derive("nonsense")[:7]); err != nil {
					return err
				}
			}
			again, err := ask(ctx, v, u, r, high)
			if err != nil {
				return err
			}
			if w.opens(plain, nonsense) || !w.opens(plain, again) {
				break // it opens for anything, or not every time
			}
			tell(p, r, high, u, plain, got, nonsense)
			return nil
		}
	}
	return nil
}

func ask(ctx context.Context, v *check.Visit, u *url.URL, r role, value string) (*page.Page, error) {
	q := &wire.Request{Method: http.MethodGet, URL: u, Again: true, Parameter: r.name(), Origin: wire.Origin{Why: "with another role"}}
	if value != r.value {
		q.Injected = []string{value}
	}
	if r.param != "" {
		to := *u
		query := to.Query()
		query.Set(r.param, value)
		to.RawQuery = query.Encode()
		q.URL = &to
		return v.Do(ctx, q)
	}
	if value == r.value {
		return v.Do(ctx, q)
	}
	return v.DoWith(ctx, r.cookie+" "+value, map[string]string{r.cookie: value}, q)
}

var mailAddress = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)

// people are the mail addresses on pg that none of the others shows.
func people(pg *page.Page, others ...*page.Page) int {
	seen := map[string]bool{}
	for _, m := range mailAddress.FindAllString(pg.Text, -1) {
		if !slices.ContainsFunc(others, func(o *page.Page) bool { return strings.Contains(o.Text, m) }) {
			seen[strings.ToLower(m)] = true
		}
	}
	return len(seen)
}

// opens says that got shows what plain kept back, another test account's data,
// or a list of people.
func (w *wall) opens(plain, got *page.Page) bool {
	known := append(slices.Clone(w.mine), plain)
	if opens(plain, got, known...) {
		return true
	}
	if got.Challenge != "" || turnedAway(got) {
		return false
	}
	return len(w.others.without(w.others.on(w.p.Masker(), plain)).on(w.p.Masker(), got)) > 0 || people(got, append(known, w.p.Site.HTML()...)...) >= 2
}

var officeWord = regexp.MustCompile(`(?i)管理(?:画面|者|メニュー)|受注(?:管理|一覧)|会員(?:管理|一覧)|売上|administration|dashboard|all orders|customer list`)

// opens says that got shows what plain kept back: a page that was refused, or
// ways into the administration that neither it nor the known pages had.
func opens(plain, got *page.Page, known ...*page.Page) bool {
	if got.Challenge != "" || got.Ex.Status != http.StatusOK || turnedAway(got) {
		return false
	}
	if plain.Ex.Status == http.StatusForbidden || plain.Ex.Status == http.StatusUnauthorized {
		return true
	}
	known = append(slices.Clone(known), plain)
	for _, l := range got.Links {
		if l.URL != nil && officePath.MatchString(l.URL.Path) && !slices.ContainsFunc(known, func(pg *page.Page) bool {
			return slices.ContainsFunc(pg.Links, func(o *page.Link) bool { return o.URL != nil && o.URL.String() == l.URL.String() })
		}) {
			return true
		}
	}
	return slices.ContainsFunc(onlyOn(got, nil, known...), officeWord.MatchString)
}

var officePath = regexp.MustCompile(`(?i)/(?:admin|manage|office|backend|kanri|staff)(?:/|$|\?|\.)`)

func tell(p *check.Pass, r role, high string, u *url.URL, plain, got, nonsense *page.Page) {
	f := p.Report(got.Ex, u.Path, i18n.Args{"name": r.name(), "value": high})
	f.Parameter = r.name()
	if r.cookie != "" {
		f.Case = "cookie"
	}
	f.Evidence = append(f.Evidence, plain.Ex.ID, nonsense.Ex.ID)
	cookie := "SESSION-OF-TEST-ACCOUNT"
	if r.cookie != "" {
		cookie += "; " + r.cookie + "=" + high
	}
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: r.name() + " を「" + high + "」にすると " + u.Path + " の閉じていた内容が表示され、意味のない値では表示されませんでした。2 回とも同じでした。",
			EN: "With " + r.name() + " set to " + high + ", " + u.Path + " showed what it had kept back; with a meaningless value it did not. Twice the same.",
		},
		Steps: []check.ProofStep{
			{Value: r.value, Saw: i18n.Text{JA: "表示されない", EN: "kept back"}, Evidence: plain.Ex.ID},
			{Value: high, Saw: i18n.Text{JA: "表示された", EN: "shown"}, Evidence: got.Ex.ID},
			{Called: i18n.Text{JA: "（意味のない値）", EN: "(a meaningless value)"}, Saw: i18n.Text{JA: "表示されない", EN: "kept back"}, Evidence: nonsense.Ex.ID},
		},
		Curl: curl(got.URL, cookie), Agreed: 2, Tried: 2,
	}
}
