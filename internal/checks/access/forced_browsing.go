package access

import (
	"context"
	"fmt"
	"net/url"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// mostHandlers bounds the kinds of page that are tried, and perHandler the addresses of each.
const (
	mostHandlers = 30
	perHandler   = 2
)

// ForcedBrowsing asks whether pages of members open to somebody who never
// signed in. That an address answers is not enough: the answer must show the
// member's own data, or, for the administration, what the administrator saw.
var ForcedBrowsing = &check.Check{
	Name: "forced-browsing", Level: wire.Active, Severity: check.High, CWE: 425, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		for _, name := range append(p.Customers(), p.Admins()...) {
			if err := browse(ctx, p, name); err != nil {
				return err
			}
		}
		return nil
	},
}

func browse(ctx context.Context, p *check.Pass, account string) error {
	m := p.Site.As(account)
	if m == nil {
		return nil
	}
	mine := belongingsOf(p, account)
	tried, handlers := map[string]int{}, 0
	for _, pg := range m.Pages {
		if err := ctx.Err(); err != nil {
			return err
		}
		if turnedAway(pg) || !p.Scope.HasOrigin(pg.URL) || seenByStrangers(p, pg.URL) && !m.Admin {
			continue
		}
		h := handler(pg.URL, idsOf(pg.URL))
		if tried[h] >= perHandler || tried[h] == 0 && handlers >= mostHandlers {
			continue
		}
		if tried[h]++; tried[h] == 1 {
			handlers++
		}
		got, err := p.Do(ctx, &wire.Request{Method: "GET", URL: pg.URL, Fresh: true, Origin: wire.Origin{Why: "a member's page, asked by a stranger", Parent: pg.Ex.ID}})
		if err != nil {
			return err
		}
		p.ExaminedPage(got)
		if turnedAway(got) {
			continue
		}
		shown := mine.on(p.Masker(), got)
		switch {
		case len(shown) > 0 && !m.Admin:
			report(p, pg, got, h, "", fmt.Sprint(len(shown)))
		case m.Admin && got.Template == pg.Template && share(onlyOn(pg, nil, p.Site.HTML()...), got) >= 0.6:
			report(p, pg, got, h, "admin", "0").Severity = check.High
		}
	}
	return nil
}

func report(p *check.Pass, member, stranger *page.Page, where, kind, n string) *check.Finding {
	f := p.Report(stranger.Ex, where, i18n.Args{"page": member.URL.Path, "n": n})
	f.Case = kind
	f.Evidence = append(f.Evidence, member.Ex.ID)
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "ログインせず、Cookie も送らずに " + member.URL.Path + " を開くと、ログイン中と同じ内容が表示されました。",
			EN: "Without signing in and without any cookie, " + member.URL.Path + " showed what the signed-in account sees.",
		},
		Steps: []check.ProofStep{
			{Saw: i18n.Text{JA: "ログイン中に見えた内容", EN: "what the account sees"}, Evidence: member.Ex.ID},
			{Saw: i18n.Text{JA: "ログインせずに見えた内容", EN: "what a stranger sees"}, Evidence: stranger.Ex.ID},
		},
		Curl: curl(member.URL, ""),
	}
	return f
}

// curl repeats a request; the session's value is left to who repeats it.
func curl(u *url.URL, cookie string) string {
	if cookie == "" {
		return "curl -s '" + u.String() + "'"
	}
	return "curl -s -H 'Cookie: " + cookie + "' '" + u.String() + "'"
}

// seenByStrangers says that the crawl without an account got the page with 200.
func seenByStrangers(p *check.Pass, u *url.URL) bool {
	for _, pg := range p.Site.Pages {
		if pg.URL.String() == u.String() && pg.Ex.Status == 200 && pg.Kind != page.MyPage {
			return true
		}
	}
	return false
}
