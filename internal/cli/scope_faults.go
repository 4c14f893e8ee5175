package cli

import (
	"regexp"
	"slices"
	"strings"

	"miseban/internal/report"
	"miseban/internal/wire"
)

var faultPlace = regexp.MustCompile(`\[\d+\]`)

// faultText says what to write where a scope of level active or full lacks something.
func (a *app) faultText(f *wire.Fault) string {
	key := faultPlace.ReplaceAllString(f.Field, "") + " " + string(f.Problem)
	v := []string{"value", f.Value}
	say := a.t("値の形が違います。")
	hosting := a.t("サーバの事業者の許可について、理由も添えて書いてください。例: 「取得済み 2026-11-01 受付番号 123」「不要（自社のサーバ）」")
	method := a.t("GET、POST、PUT、PATCH、DELETE のどれかを書いてください。")
	path := a.t("/ から始まるパスを、? や * を使わずに書いてください。")
	fields := a.t("送る項目の名前を、すべて並べてください。")
	name := a.t("アカウントの呼び名を、英小文字と数字（20 字まで）で書いてください。例: a")
	url := a.t("hosts に含まれる接続先の URL を書いてください。")
	for _, x := range []struct{ keys, text string }{
		{"consent.person missing", a.t("同意した人（店の責任者）の氏名を書いてください。")},
		{"consent.organisation missing", a.t("同意した組織の名前を書いてください。")},
		{"consent.for missing", a.t("診断を行う人または会社の名前を書いてください。")},
		{"consent.given missing", a.t("同意した日を 2026-11-01 の形で書いてください。")},
		{"consent.given too-early", a.t("同意の始まる日（{value}）がまだ来ていません。", v...)},
		{"consent.until missing", a.t("同意の期限を 2026-11-30 の形で書いてください。")},
		{"consent.until too-early", a.t("期限（{value}）が、同意した日より前になっています。", v...)},
		{"consent.until ended", a.t("同意の期限（{value}）が過ぎています。改めて同意を得てください。", v...)},
		{"consent.until too-long", a.t("同意の期間は 1 年以内にしてください。")},
		{"consent.hosts missing", a.t("同意した接続先を https://shop.example の形で書いてください。")},
		{"consent.hosts malformed", a.t("「{value}」は https://shop.example の形で書いてください（* は使えません）。", v...)},
		{"consent.hosts not-listed", a.t("hosts の {value} への同意がありません。同意を得て加えるか、hosts から外してください。", v...)},
		{"consent.level missing", a.t("同意したレベル（active か full）を書いてください。")},
		{"consent.level too-low", a.t("同意されたレベルは {value} までです。level を下げるか、同意を得直してください。", v...)},
		{"consent.windows malformed", a.t("時間帯「{value}」は from: \"02:00\"、until: \"05:00\" の形で書いてください。", v...)},
		{"consent.per_second malformed", a.t("毎秒の要求数を 0.1〜10 の数で書いてください。")},
		{"consent.per_second too-low", a.t("rate.per_second が、同意された速さ（毎秒 {value}）を超えています。", v...)},
		{"consent.hosting missing,consent.hosting malformed", hosting},
		{"consent.accounts unknown", a.t("「{value}」というアカウントは accounts にありません。", v...)},
		{"consent.acts unknown", a.t("「{value}」という操作はありません。cart（カートに入れる）、lockout（パスワードを繰り返し間違える）、mail（テスト用アドレスへメールを送らせる）から選んでください。", v...)},
		{"accounts missing", a.t("操作 {value} には、テスト用アカウントが必要です。", v...)},
		{"accounts.mailbox missing", a.t("操作 {value} には、メールを受け取るアドレス（mailbox）のあるアカウントが必要です。", v...)},
		{"consent.requests.method missing,consent.requests.method unknown", method},
		{"consent.requests.path missing,consent.requests.path malformed", path},
		{"consent.requests.fields missing,consent.requests.fields malformed", fields},
		{"proof.token missing", a.t("ドメインの確認に使う文字列がありません。miseban verify --scope ファイル URL で作れます。")},
		{"proof.token malformed", a.t("確認に使う文字列は、20〜100 字の英数字です。miseban verify --scope ファイル URL で作れます。")},
		{"accounts.name missing,accounts.name malformed", name},
		{"accounts.name twice", a.t("「{value}」という呼び名が重なっています。", v...)},
		{"accounts.role unknown", a.t("customer（会員）か admin（管理者）を書いてください。")},
		{"accounts.user missing", a.t("ログインに使う名前かメールアドレスを書いてください。")},
		{"accounts.login_url malformed,accounts.login_url not-listed,accounts.prove_url malformed,accounts.prove_url not-listed", url},
	} {
		if slices.Contains(strings.Split(x.keys, ","), key) {
			say = x.text
		}
	}
	return f.Field + ": " + say
}

// faultsText is all that a scope lacks, one line each.
func (a *app) faultsText(list []*wire.Fault) string {
	var out []string
	for _, f := range list {
		out = append(out, a.faultText(f))
	}
	return strings.Join(out, "\n")
}

// consentText says what a scope of level active or full agrees to, for who checks it.
func (a *app) consentText(s *wire.Scope) string {
	c := &s.Consent
	day := "2006-01-02 15:04"
	zone := report.Tokyo()
	lines := []string{}
	if c.Person != "" {
		lines = append(lines,
			a.t("同意: {org} {person} から {for} へ（{given} 〜 {until}、レベル {level}）", "org", c.Organisation, "person", c.Person, "for", c.For,
				"given", c.Given.In(zone).Format(day), "until", c.Until.In(zone).Format(day), "level", c.Level.String()),
			a.t("サーバの事業者の許可: {text}", "text", c.Hosting))
	}
	for _, w := range c.Windows {
		lines = append(lines, a.t("同意された時間帯: {from}〜{until}", "from", w.From, "until", w.Until))
	}
	none := a.t("なし")
	or := func(list []string) string {
		if len(list) == 0 {
			return none
		}
		return a.join(list)
	}
	accounts := c.Accounts
	if len(accounts) == 0 && c.Person == "" { // this machine: nobody has to agree
		for _, x := range s.Accounts {
			accounts = append(accounts, x.Name)
		}
	}
	lines = append(lines, a.t("使ってよいテスト用アカウント: {names}", "names", or(accounts)), a.t("行ってよい操作: {names}", "names", or(a.actNames(c.Acts))))
	for _, r := range c.Requests {
		lines = append(lines, a.t("個別に同意された送信: {method} {path}（{fields}）", "method", r.Method, "path", r.Path, "fields", a.join(r.Fields)))
	}
	return strings.Join(lines, "\n")
}

func (a *app) actNames(acts []string) []string {
	var out []string
	for _, x := range acts {
		switch x {
		case wire.ActCart:
			x = a.t("カートに商品を1つ入れ、最後に空にする")
		case wire.ActLockout:
			x = a.t("テスト用アカウントで、パスワードを最大 10 回間違える")
		case wire.ActMail:
			x = a.t("テスト用のアドレスへメールを送らせる")
		}
		out = append(out, x)
	}
	return out
}

// secretWarnings are what to mend about the passwords of a scope, although it can be used.
func (a *app) secretWarnings(s *wire.Scope) []string {
	var out []string
	for _, x := range s.Accounts {
		if x.Password.Inline() {
			out = append(out, a.t("アカウント {name} のパスワードが、ファイルにそのまま書かれています。env:環境変数の名前 か file:ファイル名 で指定する方が安全です。", "name", x.Name))
		}
		if v, err := x.Password.Resolve(); err == nil && wire.WeakSecret(v) {
			out = append(out, a.t("アカウント {name} のパスワードは短いか、文字の種類が少ないため、サイトの応答に現れても伏せられません。8 文字以上で、英字と数字を混ぜてください。", "name", x.Name))
		}
	}
	return out
}
