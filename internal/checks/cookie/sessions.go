package cookie

import (
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// session is one cookie that carries a session, with every time the shop set it.
type session struct {
	name string
	sign page.SessionSign
	sets []set
}

// set is one Set-Cookie, as a browser would be left with it after the answer.
type set struct {
	cookie page.SetCookie
	ex     *wire.Exchange
}

// sessions lists the session-like cookies of the crawl, of the sign-ins and of
// what members saw, by name. Cookies for
// counting, consent and against forged requests are not among them, nor are deletions.
func sessions(p *check.Pass) []*session {
	var out []*session
	for _, ex := range p.Site.Answers() {
		if !p.Scope.HasOrigin(ex.URL) {
			continue
		}
		cookies := page.SetCookies(ex)
		for i, c := range cookies {
			sign := c.Session()
			if sign == page.NoSession || c.Deletes(p.Site.Now) || slices.ContainsFunc(cookies[i+1:], func(o page.SetCookie) bool { return sameCookie(c, o) }) {
				continue
			}
			j := slices.IndexFunc(out, func(s *session) bool { return s.name == c.Name })
			if j < 0 {
				j = len(out)
				out = append(out, &session{name: c.Name})
			}
			out[j].sign = max(out[j].sign, sign)
			out[j].sets = append(out[j].sets, set{c, ex})
		}
	}
	slices.SortFunc(out, func(a, b *session) int { return strings.Compare(a.name, b.name) })
	return out
}

// sameCookie says that the later line of one answer replaces the earlier in a browser.
func sameCookie(a, b page.SetCookie) bool {
	return a.Name == b.Name && a.Domain == b.Domain && a.Path == b.Path
}

// judge asks fault of each session cookie. fault names the case and the values
// of its text; "" when there is none. The cookie's name is the place.
func judge(p *check.Pass, fault func(set) (string, i18n.Args)) {
	for _, s := range sessions(p) {
		p.ExaminedThing("cookie " + s.name)
		for _, x := range s.sets {
			name, args := fault(x)
			if name == "" {
				continue
			}
			if args == nil {
				args = i18n.Args{}
			}
			args["page"] = x.ex.Path()
			f := p.Report(x.ex, s.name, args)
			f.Parameter, f.Case, f.Excerpt = s.name, name, shown(x.ex, s.name)
			if s.sign != page.IsSession {
				f.Confidence = check.Possible
			}
		}
	}
}

// shown is the Set-Cookie line of the cookie without its value.
func shown(ex *wire.Exchange, name string) string {
	for _, line := range ex.Header.Values("Set-Cookie") {
		c, ok := page.ParseSetCookie(line)
		if ok && c.Name == name {
			_, attrs, _ := strings.Cut(line, ";")
			return "Set-Cookie: " + name + "=***;" + attrs
		}
	}
	return ""
}
