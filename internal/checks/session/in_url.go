package session

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

// InURL asks whether session ids stand in addresses: in links, in forms sent by
// GET, in redirects. Only pages of a shop that keeps sessions are evidence.
var InURL = &check.Check{
	Name: "session-id-in-url", Level: wire.Passive, Severity: check.Medium, CWE: 598,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		ids := cookieIDs(p)
		for _, pg := range p.Site.Pages {
			if pg.Challenge != "" || !p.Scope.HasOrigin(pg.URL) {
				continue
			}
			if len(ids) > 0 && (pg.HTML() || pg.Ex.Status >= 300 && pg.Ex.Status < 400) {
				p.ExaminedPage(pg)
			}
			for _, u := range addresses(pg) {
				for _, c := range carried(u.to) {
					sure, is := judge(c, ids, p.Scope.HasOrigin(u.to))
					if !is {
						continue
					}
					p.ExaminedPage(pg)
					f := p.Report(pg.Ex, pg.URL.Hostname(), i18n.Args{"name": c.name, "page": pg.Ex.Path(), "address": hidden(u.to, c)})
					f.Parameter, f.Case, f.Excerpt = c.name, u.how, hidden(u.to, c)
					if !sure {
						f.Confidence = check.Possible
					}
				}
			}
		}
		return ctx.Err()
	},
}

// cookieIDs are the values of session cookies that the shop gave us.
func cookieIDs(p *check.Pass) map[string]bool {
	ids := map[string]bool{}
	for _, ex := range p.Site.Exchanges {
		for _, c := range page.SetCookies(ex) {
			if c.Session() != page.NoSession && !c.Deletes(p.Site.Now) {
				ids[c.Value] = true
				if v, err := url.QueryUnescape(c.Value); err == nil {
					ids[v] = true
				}
			}
		}
	}
	return ids
}

type address struct {
	how string // "link", "form" or "redirect"
	to  *url.URL
}

// addresses lists where the page sends visitors.
func addresses(pg *page.Page) []address {
	var out []address
	if loc := pg.Ex.Header.Get("Location"); loc != "" {
		if u, err := pg.URL.Parse(loc); err == nil {
			out = append(out, address{"redirect", u})
		}
	}
	for _, l := range pg.Links {
		u := l.URL
		if raw, err := pg.Base.Parse(l.Raw); err == nil && raw.Scheme != "" && l.Raw != "" {
			u = raw // canonical addresses have lost their session ids
		}
		if u != nil && (u.Scheme == "http" || u.Scheme == "https") {
			out = append(out, address{"link", u})
		}
	}
	for _, f := range pg.Forms {
		u := f.Action
		if raw, err := pg.Base.Parse(f.Raw); err == nil {
			u = raw
		}
		if u == nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		if f.Method == "GET" {
			// Hidden fields of a GET form end up in the address.
			q := url.Values{}
			for _, x := range f.Fields {
				if x.Type == "hidden" {
					q.Add(x.Name, x.Value)
				}
			}
			c := *u
			c.RawQuery = q.Encode()
			u = &c
		}
		out = append(out, address{"form", u})
	}
	return out
}

type carrier struct{ name, value string }

var (
	cookieless = regexp.MustCompile(`/\(((?:[A-Z]\([0-9A-Za-z]{20,}\))+)\)/`)
	pathParam  = regexp.MustCompile(`(?i);(jsessionid|sid|phpsessid|cfid)=([^;/?#]+)`)
)

// carried lists what an address carries: parameters, path parameters
// (;jsessionid=) and ASP.NET's cookieless segment.
func carried(u *url.URL) []carrier {
	var out []carrier
	for _, m := range pathParam.FindAllStringSubmatch(u.EscapedPath(), -1) {
		out = append(out, carrier{strings.ToLower(m[1]), m[2]})
	}
	if m := cookieless.FindStringSubmatch(u.Path); m != nil {
		out = append(out, carrier{"(S(…))", m[1]})
	}
	q := u.Query()
	names := make([]string, 0, len(q))
	for k := range q {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		for _, v := range q[k] {
			out = append(out, carrier{k, v})
		}
	}
	return out
}

// Names that only session mechanisms use, and names that others use as well.
var (
	sessionParam = regexp.MustCompile(`(?i)^(phpsessid|ecsessid|jsessionid|zenid|oscsid|ocsessid|asp\.net_sessionid|cfid|cftoken|\(S\(…\)\))$`)
	maybeParam   = regexp.MustCompile(`(?i)^(sid|s|ssid|sess|session|ses|session_?key|session_?id|sess_?id)$`)
)

// judge says whether c is a session id, and whether that is sure. The same
// value as our own cookie is proof, under whatever name and to whatever host;
// other sites' parameters (campaign and affiliate ids) are not ours to judge.
func judge(c carrier, ids map[string]bool, own bool) (sure, is bool) {
	switch {
	case len(c.value) >= 8 && ids[c.value]:
		return true, true
	case !own:
		return false, false
	case sessionParam.MatchString(c.name) && len(c.value) >= 8 && strings.ContainsAny(c.value, "0123456789"):
		return true, true
	case maybeParam.MatchString(c.name) && page.LooksRandom(c.value):
		return false, true
	}
	return false, false
}

// hidden is the address with the id's value taken out: the report must not carry it.
func hidden(u *url.URL, c carrier) string {
	s := u.String()
	for _, v := range []string{c.value, url.QueryEscape(c.value), url.PathEscape(c.value)} {
		s = strings.ReplaceAll(s, v, "***")
	}
	return s
}
