package payment

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/intel"
	"miseban/internal/page"
	"miseban/internal/wire"
)

var (
	threeD   = regexp.MustCompile(`(?i)3-?D\s?セキュア|3-?D\s?Secure|EMV\s?3|本人認証サービス|\b3DS2?\b|J/Secure|SecureCode`)
	captcha  = regexp.MustCompile(`(?i)captcha|画像認証|turnstile`)
	throttle = regexp.MustCompile(`回(?:続けて|連続|以上)?.{0,12}(?:間違|失敗|誤|エラー).{0,30}(?:利用|入力|手続|ロック|制限)|しばらく.{0,10}ご利用いただけません|一時的に.{0,10}(?:制限|停止)`)
)

// CardTestingProtection looks for signs that robots cannot try stolen card
// numbers one after another. From outside they are hints, never proof.
var CardTestingProtection = &check.Check{
	Name: "card-testing-protection", Level: wire.Passive, Severity: check.Medium, CWE: 799,
	Effort: check.Work, Fixer: check.ByProvider,
	Run: func(ctx context.Context, p *check.Pass) error {
		list, err := check.Ask(ctx, p, tills)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return nil
		}
		var seen []i18n.Text
		note := func(t i18n.Text) {
			if !slices.Contains(seen, t) {
				seen = append(seen, t)
			}
		}
		identity := false
		for _, pg := range p.Site.HTML() {
			if p.Scope.HasOrigin(pg.URL) && threeD.MatchString(pg.Visible) {
				identity = true
			}
		}
		if identity {
			note(i18n.Text{JA: "本人認証（3-Dセキュア）の案内", EN: "3-D Secure is spoken of"})
		}
		slows := false
		var pages []*page.Page
		for _, t := range list {
			p.ExaminedPage(t.page)
			pages = append(pages, t.page)
			if guarded(p, t.page) {
				slows = true
				note(i18n.Text{JA: "自動入力の防止（CAPTCHA など）", EN: "a CAPTCHA or the like"})
			}
			if throttle.MatchString(t.page.Visible) {
				slows = true
				note(i18n.Text{JA: "回数制限の案内", EN: "a limit of tries is spoken of"})
			}
		}
		var ja, en []string
		for _, t := range seen {
			ja, en = append(ja, t.JA), append(en, t.EN)
		}
		if len(seen) > 0 {
			p.Note(check.Note{Kind: "payment", Where: pages[0].Ex.Path(), Words: map[string]i18n.Text{
				"name": {JA: "不正な有効性確認への対策の手がかり", EN: "signs of protection against card testing"},
				"note": {JA: strings.Join(ja, "、"), EN: strings.Join(en, ", ")}}})
		}
		switch {
		case len(seen) == 0:
			f := p.Report(pages[0].Ex, pages[0].Ex.Path(), i18n.Args{"pages": paths(pages)})
			f.Confidence = check.Possible
			evidence(f, pages)
		case !identity || !slows:
			p.Unsure("カード番号を次々に試す攻撃への対策は一部しか読み取れませんでした（{seen}）。決済代行会社の設定で確認してください。", i18n.Args{"seen": strings.Join(ja, "、")})
		}
		return nil
	},
}

// guarded says that the page, or its frame, tells people from robots.
func guarded(p *check.Pass, pg *page.Page) bool {
	for _, s := range pg.Scripts {
		if party := p.Site.Intel.Party(s.URL); party != nil && party.Kind == intel.PartyCaptcha {
			return true
		}
	}
	for _, f := range pg.Forms {
		if slices.ContainsFunc(f.Fields, func(x *page.Field) bool { return x.Means == page.MeansCaptcha }) {
			return true
		}
	}
	return captcha.MatchString(pg.Visible)
}
