package session

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/signin"
	"miseban/internal/wire"
)

// Renewed asks whether the id that a visitor had before signing in opens the
// member's pages afterwards. It does not compare cookies, it tries: the old ones
// alone, in a browser of their own. A second secret that only comes with the
// sign-in is as good as a new id.
var Renewed = &check.Check{
	Name: "session-renewed", Level: wire.Active, Severity: check.Medium, CWE: 384, Needs: check.Account,
	CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:L/A:N",
	CVSS40: "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:A/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
	Effort: check.Setting, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		name := p.Customers()[0]
		s, err := p.Another(ctx, name, "renewal")
		if err != nil {
			return err
		}
		if s.Way() == signin.ByBasic {
			p.NotApplicable("会員のログインが HTTP 認証（ダイアログ）で、セッション ID を使わないため、対象外です。", nil)
			return nil
		}
		if err := s.Live(ctx); err != nil {
			return err
		}
		if !s.HadBefore() {
			p.ExaminedThing("sign-in without an id before it")
			return nil
		}
		held, ex, err := s.Held(ctx, "before", s.Before(), false, wire.Origin{Check: p.CheckName(), Why: "the cookies from before the sign-in, alone"})
		if err != nil {
			return err
		}
		p.Examined(ex)
		if !held {
			return nil
		}
		kept, _ := s.Renewal()
		f := p.Report(ex, s.Door().Path, i18n.Args{"cookies": strings.Join(kept, ", "), "page": s.Proved().Path})
		f.Evidence = append(s.Evidence(), f.Evidence...)
		f.Proof = &check.Proof{
			Words: i18n.Text{
				JA: "ログイン前に受け取った Cookie だけで " + s.Proved().Path + " を開くと、ログイン中の会員のページが表示されました。",
				EN: "With nothing but the cookies received before signing in, " + s.Proved().Path + " showed the page of the signed-in member.",
			},
			Steps: []check.ProofStep{{Value: strings.Join(kept, ", "), Saw: i18n.Text{JA: "会員のページ", EN: "the member's page"}, Evidence: ex.ID}},
			Curl:  "curl -s -H 'Cookie: " + strings.Join(kept, "=VALUE-BEFORE-SIGN-IN; ") + "=VALUE-BEFORE-SIGN-IN' '" + s.Proved().String() + "'",
		}
		return nil
	},
}
