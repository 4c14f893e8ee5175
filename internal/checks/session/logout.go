package session

import (
	"context"
	"regexp"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// LogoutInvalidates asks whether the old session still opens members' pages
// after signing out. It signs in and out once more with a session of its own.
var LogoutInvalidates = &check.Check{
	Name: "logout-invalidates", Level: wire.Active, Severity: check.Medium, CWE: 613, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:H/AT:P/PR:N/UI:P/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s, err := p.Another(ctx, p.Customers()[0], "logout")
		if err != nil {
			return err
		}
		if s.Way() == signin.ByBasic {
			p.NotApplicable("会員のログインが HTTP 認証（ダイアログ）で、ログアウトの操作がないため、対象外です。", nil)
			return nil
		}
		if err := s.Live(ctx); err != nil {
			return err
		}
		by := func(why string) wire.Origin { return wire.Origin{Check: p.CheckName(), Why: why} }
		old, out, done, err := s.SignOut(ctx, by("sign-out of a session of the run's own"))
		if err != nil {
			return err
		}
		if !done {
			p.NotExamined("会員のページにログアウトのリンクやボタンが見つからないため、ログアウト後の確認をしていません。", nil)
			return nil
		}
		still, now, err := s.Held(ctx, "after", s.Cookies(s.Proved()), false, by("after the sign-out"))
		if err != nil {
			return err
		}
		if still {
			p.Unsure("ログアウトの操作をしましたが、会員のページが表示され続けました。操作が完了したかを判断できません。", nil)
			return nil
		}
		held, ex, err := s.Held(ctx, "old", old, true, by("the cookies from before the sign-out, alone"))
		if err != nil {
			return err
		}
		p.Examined(ex)
		if !held {
			return nil
		}
		f := p.Report(ex, out.URL.Path, i18n.Args{"page": s.Proved().Path})
		f.Evidence = append(f.Evidence, out.ID, now.ID)
		f.Proof = &check.Proof{
			Words: i18n.Text{
				JA: "ログアウトした後に、ログアウト前の Cookie で " + s.Proved().Path + " を開くと、会員のページが表示されました。",
				EN: "After signing out, " + s.Proved().Path + " still showed the member's page to the cookies from before.",
			},
			Steps: []check.ProofStep{
				{Value: out.URL.Path, Saw: i18n.Text{JA: "ログアウトした", EN: "signed out"}, Evidence: out.ID},
				{Saw: i18n.Text{JA: "今の Cookie では会員のページが開かない", EN: "with the present cookies the member's page is closed"}, Evidence: now.ID},
				{Saw: i18n.Text{JA: "前の Cookie では会員のページが開く", EN: "with the old cookies it opens"}, Evidence: ex.ID},
			},
			Curl: "curl -s -H 'Cookie: (ログアウト前の値)' '" + s.Proved().String() + "'",
		}
		return nil
	},
}

// LogoutExists asks whether members find a way to sign out on their pages.
var LogoutExists = &check.Check{
	Name: "logout-exists", Level: wire.Active, Severity: check.Low, CWE: 613, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:P/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:P/AC:L/AT:P/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		if p.Session(p.Customers()[0]).Way() == signin.ByBasic {
			p.NotApplicable("会員のログインが HTTP 認証（ダイアログ）で、ログアウトの操作がないため、対象外です。", nil)
			return nil
		}
		var without *page.Page
		scripted := false
		for _, pg := range p.Site.Members() {
			p.ExaminedPage(pg)
			if signin.WayOut(pg) != nil {
				return ctx.Err()
			}
			scripted = scripted || scriptSignsOut(pg)
			if without == nil || pg.Kind == page.MyPage && without.Kind != page.MyPage {
				without = pg
			}
		}
		if without == nil {
			return ctx.Err()
		}
		if scripted {
			p.Unsure("ログアウトはスクリプトで表示されるようですが、画面に現れるかを確認していません。", nil)
			return ctx.Err()
		}
		f := p.Report(without.Ex, without.Ex.Path(), nil)
		if len(without.Scripts) > 0 {
			f.Confidence = check.Possible
		}
		return ctx.Err()
	},
}

var outWord = regexp.MustCompile(`(?i)log-?_?out|sign-?_?out|ログアウト|サインアウト`)

// scriptSignsOut says that a script of the page speaks of signing out.
func scriptSignsOut(pg *page.Page) bool {
	return slices.ContainsFunc(pg.Scripts, func(s *page.Script) bool { return outWord.MatchString(s.Content) }) || slices.ContainsFunc(pg.Links, func(l *page.Link) bool { return outWord.MatchString(l.Raw) })
}
