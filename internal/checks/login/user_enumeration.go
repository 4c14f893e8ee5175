package login

import (
	"context"
	"errors"
	"net/http"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// UserEnumeration asks whether a failed sign-in tells who is a member: a name
// that nobody has and the test account's name, both with a wrong password,
// twice each. What differs must differ both times; what was typed does not count,
// nor does what the page of the sign-in changes by itself.
var UserEnumeration = &check.Check{
	Name: "user-enumeration", Level: wire.Active, Severity: check.Medium, CWE: 204, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Work, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		s := p.Session(p.Customers()[0])
		user := s.Account().User
		var unknown, known [2]*answer
		for i := range 2 {
			n := string(rune('1' + i))
			var err error
			if unknown[i], err = wrongly(ctx, p, s, "unknown"+n, stranger(user, p.Derive("stranger"+n)), noPassword(p.Derive("password"+n)), wire.Guess); err == nil {
				known[i], err = wrongly(ctx, p, s, "known"+n, user, noPassword(p.Derive("password"+n)), wire.Guess)
			}
			if errors.Is(err, signin.ErrNoTry) {
				p.NotExamined("ログインの方式（HTTP 認証、記録された手順など）の都合で、ログインの失敗を試していません。", nil)
				return nil
			}
			if err != nil {
				return err
			}
		}
		for _, a := range []*answer{unknown[0], known[0], unknown[1], known[1]} {
			p.Examined(a.page.Ex)
			if a.status == 429 || a.status >= 500 || a.page.Challenge != "" {
				p.Unsure("ログインの失敗が続いたために遮られ、比べられませんでした。", nil)
				return nil
			}
		}
		d := apart(unknown, known)
		sure, err := d.outlast(p.Masker(), p.Site.HTML(), func() (*page.Page, error) {
			return p.Do(ctx, &wire.Request{Method: http.MethodGet, URL: s.Door(), Fresh: true, Again: true, Origin: wire.Origin{Why: "what varies on the page of the sign-in by itself"}})
		})
		switch {
		case err != nil || d.how == "": // nothing differs but what varies by itself
			return err
		case !sure:
			p.Unsure("ログインの失敗への応答が違いましたが、偶然の違いかどうかを見分けられませんでした。", nil)
			return ctx.Err()
		}
		f := tellApart(p, s.Door().Path, d.how, unknown, known, d.unknown(), d.known())
		if d.how == "time" {
			f.Confidence, f.Severity = check.Possible, check.Low
		}
		return ctx.Err()
	},
}

func tellApart(p *check.Pass, where, how string, unknown, known [2]*answer, u, k string) *check.Finding {
	f := p.Report(nil, where, i18n.Args{"unknown": clip(u), "known": clip(k)})
	f.Case = how
	saw := func(s string) i18n.Text { return i18n.Text{JA: clip(s), EN: clip(s)} }
	f.Proof = &check.Proof{
		Words: i18n.Text{
			JA: "登録のない名前と、テスト用アカウントの名前で、どちらも誤ったパスワードを送ると、応答が 2 回とも同じように違いました。",
			EN: "A name that nobody has and the test account's name, both with a wrong password, were answered differently, both times alike.",
		},
		Agreed: 2, Tried: 2,
	}
	for i := range 2 {
		f.Evidence = append(f.Evidence, unknown[i].ex, known[i].ex)
		f.Proof.Steps = append(f.Proof.Steps, check.ProofStep{Called: i18n.Text{JA: "（登録のない名前）", EN: "(a name that nobody has)"}, Saw: saw(u), Evidence: unknown[i].ex}, check.ProofStep{Called: i18n.Text{JA: "（テスト用アカウントの名前）", EN: "(the test account's name)"}, Saw: saw(k), Evidence: known[i].ex})
	}
	return f
}
