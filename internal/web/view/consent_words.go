package view

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/report"
	"miseban/internal/wire"
)

// Row is a name with its value.
type Row struct{ Name, Value string }

// ConsentFacts are what a consent agrees to, in the language of the page.
func ConsentFacts(ctx context.Context, c *account.Consent) []Row {
	none := t(ctx, "なし")
	lines := func(list []string) string {
		if len(list) == 0 {
			return none
		}
		return strings.Join(list, "\n")
	}
	rows := []Row{
		{t(ctx, "診断のレベル"), levelName(ctx, c.Level)},
		{t(ctx, "診断してよい接続先"), strings.Join(c.Hosts, "\n")},
		{t(ctx, "診断を行う人"), diagnoser(ctx, c)},
		{t(ctx, "期限"), t(ctx, "{day} の終わりまで", "day", Day(c.Until.Add(-1)))},
		{t(ctx, "時間帯"), hours(ctx, c)},
		{t(ctx, "速さ"), speed(ctx, c.PerSecond)},
		{t(ctx, "開かないページ"), lines(c.Exclude)},
		{t(ctx, "検索エンジンなどに断っているページ"), map[bool]string{true: t(ctx, "診断では見てよい"), false: t(ctx, "診断でも見ない")}[c.Robots]},
	}
	if c.Level > wire.Safe {
		var acts []string
		for _, a := range c.Acts {
			acts = append(acts, account.Say(account.Acts, account.Choice(a), lang(ctx)))
		}
		accounts := none
		if len(c.Accounts) > 0 {
			accounts = join(ctx, c.Accounts)
		}
		rows = append(rows, Row{t(ctx, "使ってよいテスト用アカウント"), accounts}, Row{t(ctx, "個別に認める操作"), lines(acts)})
	}
	rows = append(rows, Row{t(ctx, "サーバの事業者の許可"), account.Say(account.Hostings, c.Hosting, lang(ctx)) + "\n" + c.HostingNote})
	if c.Provider != "" {
		rows = append(rows, Row{t(ctx, "CDN・カートサービスの事業者の許可"), c.Provider})
	}
	if c.Staging {
		rows = append(rows, Row{t(ctx, "検証環境"), t(ctx, "営業中のお店ではない")})
	}
	return rows
}

func diagnoser(ctx context.Context, c *account.Consent) string {
	if c.FirmName == "" {
		return t(ctx, "お店の人（{organisation}）", "organisation", c.Organisation)
	}
	return t(ctx, "お店の人（{organisation}）と {firm} の診断員", "organisation", c.Organisation, "firm", c.FirmName)
}

func hours(ctx context.Context, c *account.Consent) string {
	s := t(ctx, "いつでも")
	if c.From != "" {
		s = c.From + "–" + c.To
	}
	if c.Workdays {
		s += "\n" + t(ctx, "平日だけ（土日、祝日、12月29日〜1月3日を除く）")
	}
	return s
}

func speed(ctx context.Context, perSecond float64) string {
	n := strconv.FormatFloat(perSecond, 'g', -1, 64)
	if s := account.Say(account.Speeds, account.Choice(n), lang(ctx)); s != "" {
		return s
	}
	return t(ctx, "毎秒 {n} 回まで", "n", n)
}

// LevelHint says what is done and what is not done at a level.
func LevelHint(ctx context.Context, l wire.Level) string {
	switch l {
	case wire.Active:
		return t(ctx, "「確認」に加えて、検索欄やアドレスの一部に、弱点を探す値を送ります。テスト用アカウントがあれば、ログインした画面も確かめます。注文、会員登録、問い合わせの送信など、データが残る操作はしません。")
	case wire.Full:
		return t(ctx, "加えて、登録や問い合わせなどのデータを書き込みます。作ったデータには印を付け、消せるものは最後に消します。注文は確定しません。営業中のお店では選ばないでください。")
	}
	return t(ctx, "ページを開き、通信の暗号化や DNS の設定、公開されたままのファイルなどを確かめます。弱点を探す値の送信、ログイン、データの変更はしません。")
}

func actHint(ctx context.Context, act account.Choice) string {
	switch act {
	case wire.ActCart:
		return t(ctx, "決済ページの手前までを確かめるためです。カード番号の入力と注文の確定はしません。")
	case wire.ActLockout:
		return t(ctx, "何度も間違えたときに止まるかを確かめます。そのアカウントが使えなくなることがあります。")
	}
	return t(ctx, "届いたメールの中身を確かめます。Miseban の運用者がメールの受信を用意しているときだけ行います。")
}

// proofWay is the name of a way of showing control.
func proofWay(ctx context.Context, m wire.ProofMethod) string {
	switch m {
	case wire.ProofDNS:
		return t(ctx, "DNS の TXT レコード")
	case wire.ProofFile:
		return t(ctx, "ファイル")
	}
	return t(ctx, "meta タグ")
}

// proofText says what a look came to.
func proofText(ctx context.Context, x *wire.ProofTry) string {
	detail := report.Visible(x.Detail)
	if detail == "" {
		detail = "-"
	}
	switch x.Problem {
	case wire.ProofOK:
		return t(ctx, "見つかりました")
	case wire.ProofAbsent:
		return t(ctx, "見つかりません")
	case wire.ProofOther:
		return t(ctx, "別の内容です（{detail}）", "detail", detail)
	case wire.ProofElsewhere:
		return t(ctx, "ほかのホストへ転送されるため、確認になりません（{detail}）", "detail", detail)
	case wire.ProofNotText:
		return t(ctx, "text/plain ではなく {detail} として送られています", "detail", detail)
	case wire.ProofNotHead:
		return t(ctx, "meta タグが <head> の外にあります。<head> の中へ移してください")
	case wire.ProofForbidden:
		return t(ctx, "robots.txt などの決まりのため、確かめられません（{detail}）", "detail", detail)
	}
	return t(ctx, "正しい応答がありません（{detail}）", "detail", detail)
}

// consentState is the word for where a consent stands.
func consentState(ctx context.Context, c *account.Consent, now time.Time) (report.Tone, string) {
	switch {
	case c.Stands(now):
		return report.Good, t(ctx, "有効")
	case c.Successor != "":
		return report.Neutral, t(ctx, "新しい同意に置き換え")
	case !c.Withdrawn.IsZero():
		return report.Neutral, t(ctx, "取り消し済み")
	}
	return report.Neutral, t(ctx, "期限切れ")
}

func accountRole(ctx context.Context, a *account.TestAccount) string {
	return account.Say(account.AccountRoles, a.Role, lang(ctx))
}

// consentLevels are the levels to choose from, with what each means.
func consentLevels(ctx context.Context, f ConsentForm) []Choice {
	var out []Choice
	for _, l := range []wire.Level{wire.Safe, wire.Active, wire.Full} {
		out = append(out, Choice{Value: l.String(), Name: levelName(ctx, l), Hint: LevelHint(ctx, l), Chosen: f.Consent.Level == l})
	}
	return out
}

func firms(ctx context.Context, f ConsentForm) []Choice {
	var out []Choice
	for _, o := range f.Firms {
		out = append(out, Choice{Value: string(o.ID), Name: t(ctx, "お店の人と、{firm}", "firm", o.Name), Chosen: f.Consent.Firm == o.ID})
	}
	return out
}

func accountChoices(ctx context.Context, f ConsentForm) []Choice {
	var out []Choice
	for i := range f.Accounts {
		a := &f.Accounts[i]
		out = append(out, Choice{Value: a.Name, Name: a.Name + " – " + a.User, Hint: accountRole(ctx, a), Chosen: slices.Contains(f.Consent.Accounts, a.Name)})
	}
	return out
}

func actChoices(ctx context.Context, f ConsentForm) []Choice {
	var out []Choice
	for _, o := range account.Acts {
		out = append(out, Choice{Value: string(o.Choice), Name: o.In(lang(ctx)), Hint: actHint(ctx, o.Choice), Chosen: slices.Contains(f.Consent.Acts, string(o.Choice))})
	}
	return out
}

// consentHidden carries a form over the page on which it is confirmed.
func consentHidden(f ConsentForm) []Row {
	c := &f.Consent
	rows := []Row{
		{"level", c.Level.String()}, {"staging", yes(c.Staging)}, {"hosts", strings.Join(c.Hosts, "\n")}, {"exclude", strings.Join(c.Exclude, "\n")}, {"robots", yes(c.Robots)}, {"firm", string(c.Firm)},
		{"until", f.Until}, {"from", c.From}, {"to", c.To}, {"workdays", yes(c.Workdays)}, {"speed", f.speed()}, {"hosting", string(c.Hosting)}, {"hosting-note", c.HostingNote}, {"provider", c.Provider},
	}
	for _, a := range c.Accounts {
		rows = append(rows, Row{"accounts", a})
	}
	for _, a := range c.Acts {
		rows = append(rows, Row{"acts", a})
	}
	return rows
}
