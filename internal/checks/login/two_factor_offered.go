package login

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// TwoFactorOffered asks whether members can use a second step at sign-in. What
// is said on pages is all that can be seen without an account: no sign is not
// a proof of absence.
var TwoFactorOffered = &check.Check{
	Name: "two-factor-offered", Level: wire.Passive, Severity: check.Info, CWE: 308,
	Effort: check.Project, Fixer: check.ByDeveloper,
	Run: func(ctx context.Context, p *check.Pass) error {
		var door *page.Page
		offered := false
		for _, pg := range slices.Concat(p.Site.HTML(), p.Site.Members()) {
			if door == nil && (pg.Kind == page.Login || signsIn(pg)) {
				door = pg
			}
			sign := secondStep(pg)
			if sign == "" {
				continue
			}
			p.ExaminedPage(pg)
			if !offered {
				p.Note(check.Note{Kind: "sign-in", Where: pg.Ex.Path(), Args: i18n.Args{"sign": sign}})
			}
			offered = true
		}
		if door == nil || offered {
			return ctx.Err()
		}
		p.ExaminedPage(door)
		f := p.Report(door.Ex, door.Ex.Path(), nil)
		f.Case, f.Confidence = "unseen", check.Possible
		if members := p.Site.Members(); len(members) > 0 {
			f.Case = "unseen-members"
			for _, pg := range members {
				p.ExaminedPage(pg)
			}
			p.Unsure("ログインの画面にも、テスト用アカウントで見た会員のページ（{n} 件）にも、二要素認証を案内する表示は見つかりませんでした。", i18n.Args{"n": strconv.Itoa(len(members))})
			return ctx.Err()
		}
		p.Unsure("二要素認証を案内する表示は見つかりませんでした。ログイン後の画面は確認していないため、導入されていないとは言い切れません。", nil)
		return ctx.Err()
	},
}

func signsIn(pg *page.Page) bool {
	for _, f := range pg.Forms {
		if f.Purpose == page.ForLogin {
			return true
		}
	}
	return false
}

var (
	secondWord = regexp.MustCompile(`(?i)(二|2|２)段階(認証|確認|ログイン)|(二|2|２|多)要素認証|ワンタイムパスワード|ワンタイムコード|認証アプリ|authenticator|パスキー|passkey|two[- ](factor|step)|\b(2fa|mfa|2sv)\b|multi[- ]factor|one[- ]time (pass|code)|SMS認証|メール認証コード`)
	signInWord = regexp.MustCompile(`(?i)ログイン|サインイン|会員|マイページ|アカウント|log ?in|sign ?in|account|member`)
	// notHere are sentences that speak of something else: card payment, or that there is none.
	notHere  = regexp.MustCompile(`(?i)3-?D ?セキュア|3-?d ?secure|本人認証サービス|カード|決済|(対応|導入|提供|実施)(し|され)て(い|お)(ません|りません|ない)|ございません|ありません|未対応|予定|不要|not (available|supported|offer)|no (two|2)|coming soon`)
	webAuthn = regexp.MustCompile(`navigator\.credentials\.(get|create)|PublicKeyCredential|startAuthentication\(`)
)

// secondStep is the sign on the page that a second step is offered at sign-in; "" when there is none.
func secondStep(pg *page.Page) string {
	atDoor := pg.Kind == page.Login || pg.Kind == page.MyPage || signsIn(pg)
	for _, f := range pg.Forms {
		for _, x := range f.Fields {
			auto := strings.ToLower(x.Autocomplete)
			if strings.Contains(auto, "webauthn") || atDoor && (x.Means == page.MeansOTP || strings.Contains(auto, "one-time-code")) && f.Purpose != page.ForCard && f.Purpose != page.ForRegister {
				return x.Name
			}
		}
	}
	if atDoor {
		for _, s := range pg.Scripts {
			if m := webAuthn.FindString(s.Content); m != "" {
				return m
			}
		}
	}
	for _, sentence := range strings.FieldsFunc(pg.Visible, func(r rune) bool { return strings.ContainsRune("。．！？!?\n", r) }) {
		m := secondWord.FindString(sentence)
		if m == "" || notHere.MatchString(sentence) {
			continue
		}
		if atDoor || signInWord.MatchString(sentence) && (pg.Kind == page.Register || pg.Kind == page.Other || pg.Kind == page.Reset) {
			return m
		}
	}
	return ""
}
