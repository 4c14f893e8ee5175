package signin

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/page"
	"miseban/internal/wire"
)

var (
	doorPath  = regexp.MustCompile(`(?i)(?:^|[/_=.-])(?:log-?_?in|sign-?_?in|log-?_?on|auth)(?:$|[/_.&?-])`)
	notDoor   = regexp.MustCompile(`(?i)log-?_?out|sign-?_?out|oauth|social|facebook|google|twitter|line|amazon|apple|yahoo|callback`)
	adminPath = regexp.MustCompile(`(?i)(?:^|/)(?:admin[^/]*|wp-admin|wp-login\.php|manage|backend|kanri|administrator)(?:/|$)`)
)

// usual are the addresses of the sign-in in common packages, for shops whose
// link to it is made by a script.
var usual = []string{"/mypage/login", "/login", "/account/login", "/customer/account/login/", "/my-account/", "/users/sign_in"}

// maxDoors bounds the addresses at which the sign-in is looked for.
const maxDoors = 8

// findDoor asks, in the account's own session, for the page with the sign-in:
// the form's hidden values are fresh then. nil when there is none.
func (s *Session) findDoor(ctx context.Context) (*page.Page, error) {
	tried := map[string]bool{}
	var scripted, drawn *page.Page
	for _, u := range s.doors() {
		if tried[u.String()] || len(tried) >= maxDoors || !s.cfg.Client.Scope().HasOrigin(u) {
			continue
		}
		tried[u.String()] = true
		pg, err := s.walk(ctx, &wire.Request{Method: http.MethodGet, URL: u, Origin: wire.Origin{Why: "looking for the sign-in"}})
		if err != nil {
			if over(ctx, err) {
				return nil, err
			}
			continue
		}
		if pg.Ex.Status == http.StatusUnauthorized && strings.HasPrefix(strings.ToLower(pg.Ex.Header.Get("WWW-Authenticate")), "basic") {
			continue
		}
		if loginForm(pg) != nil || firstStep(pg) != nil {
			return pg, nil
		}
		// A page that is drawn by scripts has its sign-in in them.
		if pg.Ex.Status == http.StatusOK && pg.HTML() && doorPath.MatchString(u.Path) {
			if scripted == nil && scriptedLogin(pg, s.sources(pg), s.cfg.Client.Scope().HasOrigin) != nil {
				scripted = pg
			}
			if drawn == nil && len(pg.Scripts) > 0 {
				drawn = pg
			}
		}
	}
	if scripted == nil {
		for _, pg := range s.cfg.Pages {
			if pg.HTML() && pg.Ex.Status == http.StatusOK && scriptedLogin(pg, s.sources(pg), s.cfg.Client.Scope().HasOrigin) != nil {
				return pg, nil
			}
		}
	}
	if scripted == nil && s.cfg.Browser != nil {
		return drawn, nil // what its scripts draw only the browser sees
	}
	return scripted, nil
}

// doors are the addresses where the sign-in may be, the likeliest first.
func (s *Session) doors() []*url.URL {
	var out []*url.URL
	admin := s.account.Role == "admin"
	add := func(u *url.URL) {
		if u != nil && !slices.ContainsFunc(out, func(o *url.URL) bool { return o.String() == u.String() }) {
			out = append(out, u)
		}
	}
	if u := parsed(s.account.LoginURL); u != nil {
		return []*url.URL{s.cfg.Start.ResolveReference(u)}
	}
	if d := parsed(s.out.Door); d != nil {
		add(d)
	}
	fits := func(pg *page.Page) bool {
		return admin == (pg.Kind == page.Admin || adminPath.MatchString(pg.URL.Path))
	}
	for _, whole := range []bool{true, false} { // pages that are for signing in, then pages with a box for it
		for _, pg := range s.cfg.Pages {
			if f := loginForm(pg); f != nil && fits(pg) && whole == (pg.Kind == page.Login || pg.Kind == page.Admin) {
				add(pg.URL)
			}
		}
	}
	for _, pg := range s.cfg.Pages {
		if firstStep(pg) != nil && fits(pg) {
			add(pg.URL)
		}
	}
	promise := func(u *url.URL) {
		if u != nil && doorPath.MatchString(u.Path+"?"+u.RawQuery) && !notDoor.MatchString(u.Path+"?"+u.RawQuery) && admin == adminPath.MatchString(u.Path) {
			add(u)
		}
	}
	for _, u := range s.cfg.Known {
		promise(u)
	}
	for _, pg := range s.cfg.Pages {
		for _, l := range pg.Links {
			if !l.Pattern && (l.Method == "" || l.Method == http.MethodGet) {
				promise(l.URL)
			}
		}
	}
	if len(out) == 0 && !admin {
		for _, p := range usual {
			u := *s.cfg.Start
			u.Path, u.RawPath, u.RawQuery, u.Fragment = p, "", "", ""
			add(&u)
		}
	}
	return out
}

// sources are the scripts that run on pg: its own and those that it loads, as far as the crawl has them.
func (s *Session) sources(pg *page.Page) []string {
	var out []string
	files := map[string]*page.Page{}
	for _, f := range s.cfg.Pages {
		if !f.HTML() {
			files[f.URL.String()] = f
			files[f.Ex.URL.String()] = f
		}
	}
	for _, sc := range pg.Scripts {
		switch {
		case sc.Content != "":
			out = append(out, sc.Content)
		case sc.URL != nil && files[sc.URL.String()] != nil:
			out = append(out, files[sc.URL.String()].Text)
		}
	}
	return out
}
