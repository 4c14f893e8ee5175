package report

import (
	"net/url"
	"regexp"
	"strings"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/page"
)

// GradeWords is a grade in words.
func GradeWords(g assessment.Grade, l i18n.Lang) Grade {
	t := func(ja string) string { return i18n.T(l, ja, nil) }
	out := Grade{ID: string(g)}
	switch g {
	case assessment.ActNow:
		out.Tone, out.Name = Bad, t("今すぐ対応が必要です")
		out.Advice = t("お客様の情報の漏えいやサイトの改ざんに、そのままつながるおそれのある弱点が見つかりました。今日のうちに、構築・保守の委託先へこの報告書を渡し、最初の項目から着手してください。対応が終わるまで、該当する機能の停止もご検討ください。")
	case assessment.ActSoon:
		out.Tone, out.Name = Bad, t("早急な対応が必要です")
		out.Advice = t("情報漏えいや改ざんにつながる弱点が見つかりました。1〜2週間のうちに対応の計画を決め、上から順に直してください。")
	case assessment.ActPlan:
		out.Tone, out.Name = Warn, t("計画的な対応が必要です")
		out.Advice = t("すぐに大きな被害につながるとは限りませんが、ほかの弱点と組み合わさると危険です。1〜3か月の計画に入れてください。")
	case assessment.ActMinor:
		out.Tone, out.Name = Neutral, t("軽微な指摘があります")
		out.Advice = t("大きな弱点は見つかりませんでした。次の改修に合わせて直してください。")
	case assessment.NoneFound:
		out.Tone, out.Name = Good, t("今回の範囲では、弱点は見つかりませんでした")
		out.Advice = t("これは「安全である」という証明ではありません。外部から見えない要件はセルフチェックで確認し、診断を定期的に続けてください。")
	default:
		out.Tone, out.Name = Unknown, t("判定できるだけの確認ができませんでした")
		out.Advice = t("サイトの応答を十分に確認できませんでした。「診断の範囲と方法」の理由をご覧のうえ、診断をやり直してください。")
	}
	return out
}

func confidenceName(c check.Confidence, l i18n.Lang) string {
	if c == check.Possible {
		return i18n.T(l, "該当の可能性", nil)
	}
	return i18n.T(l, "確認済", nil)
}

// EffortName is the word people read for an effort.
func EffortName(e check.Effort, l i18n.Lang) string {
	switch e {
	case check.Setting:
		return i18n.T(l, "設定の変更（数時間）", nil)
	case check.Work:
		return i18n.T(l, "改修（数日）", nil)
	}
	return i18n.T(l, "計画が必要（数週間〜）", nil)
}

// FixerName is the word people read for who repairs something.
func FixerName(f check.Fixer, l i18n.Lang) string {
	switch f {
	case check.ByOwner:
		return i18n.T(l, "お店（管理画面で設定）", nil)
	case check.ByOperator:
		return i18n.T(l, "サーバを運用する方", nil)
	case check.ByProvider:
		return i18n.T(l, "サービス提供元（レンタルサーバ・カート・決済）", nil)
	}
	return i18n.T(l, "開発会社", nil)
}

// LevelName is the word people read for a level of diagnosis.
func LevelName(s string, l i18n.Lang) string {
	switch s {
	case "offline":
		return i18n.T(l, "再判定（通信なし）", nil)
	case "passive":
		return i18n.T(l, "閲覧（訪問者と同じ通信だけ）", nil)
	case "safe":
		return i18n.T(l, "確認（閲覧に加え、設定と公開状態の確認）", nil)
	case "active":
		return i18n.T(l, "診断（検査用の値を送る）", nil)
	}
	return i18n.T(l, "検証環境（登録などを伴う）", nil)
}

var kindNames = map[page.Kind]i18n.Text{
	page.Top: {JA: "トップ", EN: "Top"}, page.List: {JA: "商品一覧", EN: "Product list"}, page.Product: {JA: "商品詳細", EN: "Product"},
	page.Search: {JA: "検索", EN: "Search"}, page.Cart: {JA: "カート", EN: "Cart"}, page.Checkout: {JA: "購入手続き", EN: "Checkout"},
	page.CardEntry: {JA: "カード入力", EN: "Card entry"}, page.Login: {JA: "ログイン", EN: "Login"}, page.Register: {JA: "会員登録", EN: "Registration"},
	page.MyPage: {JA: "マイページ", EN: "My page"}, page.Reset: {JA: "パスワード再設定", EN: "Password reset"}, page.Contact: {JA: "お問い合わせ", EN: "Contact"},
	page.Legal: {JA: "特定商取引法の表記", EN: "Commercial disclosure"}, page.Privacy: {JA: "プライバシーポリシー", EN: "Privacy policy"},
	page.Admin: {JA: "管理画面", EN: "Administration"}, page.Error: {JA: "エラー", EN: "Error"}, page.Other: {JA: "その他", EN: "Other"},
	page.NotHTML: {JA: "ページ以外のファイル", EN: "Files other than pages"},
}

// KindName is the word people read for a page kind.
func KindName(k page.Kind, l i18n.Lang) string {
	if t, ok := kindNames[k]; ok {
		return t.In(l)
	}
	return string(k)
}

func effectName(e guideline.Effect, l i18n.Lang) string {
	switch e {
	case guideline.Decides:
		return i18n.T(l, "判定を決める", nil)
	case guideline.RefutesOnly:
		return i18n.T(l, "不適合のときだけ根拠になる", nil)
	}
	return i18n.T(l, "参考", nil)
}

var (
	mdLink = regexp.MustCompile(`^\[([^\]]+)\]\((https?://[^)\s]+)\)(.*)$`)
	cweRef = regexp.MustCompile(`^CWE-(\d+)$`)
	jvnRef = regexp.MustCompile(`^JVN#(\d{8})$`)
	jvdRef = regexp.MustCompile(`^JVNDB-(\d{4})-\d{6}$`)
	cveRef = regexp.MustCompile(`^CVE-\d{4}-\d{4,}$`)
	ghsRef = regexp.MustCompile(`^GHSA(-[0-9a-z]{4}){3}$`)
	rfcRef = regexp.MustCompile(`^RFC ?(\d{3,5})`)
)

// reference reads one entry of a text's references: a Markdown link, a known
// number (which gets its public address), or plain words.
func reference(s string) Reference {
	s = strings.TrimSpace(s)
	if m := mdLink.FindStringSubmatch(s); m != nil {
		return Reference{Text: m[1] + m[3], URL: m[2]}
	}
	word, _, _ := strings.Cut(s, " ")
	switch {
	case cweRef.MatchString(word):
		return Reference{s, "https://cwe.mitre.org/data/definitions/" + word[4:] + ".html"}
	case jvnRef.MatchString(word):
		return Reference{s, "https://jvn.jp/jp/JVN" + word[4:] + "/"}
	case jvdRef.MatchString(word):
		return Reference{s, "https://jvndb.jvn.jp/ja/contents/" + word[6:10] + "/" + word + ".html"}
	case cveRef.MatchString(word):
		return Reference{s, "https://www.cve.org/CVERecord?id=" + word}
	case ghsRef.MatchString(word):
		return Reference{s, "https://github.com/advisories/" + word}
	case rfcRef.MatchString(s):
		return Reference{s, "https://www.rfc-editor.org/rfc/rfc" + rfcRef.FindStringSubmatch(s)[1]}
	case strings.HasPrefix(word, "https://"):
		return Reference{s, word}
	}
	return Reference{Text: s}
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Host
}

func terms(l i18n.Lang) []Term {
	list := []struct{ word, meaning i18n.Text }{
		{i18n.Text{JA: "脆弱性", EN: "Vulnerability"}, i18n.Text{JA: "ソフトウェアや設定にある、攻撃に使われるおそれのある弱点です。", EN: "A weak point in software or settings that an attacker could use."}},
		{i18n.Text{JA: "診断", EN: "Diagnosis"}, i18n.Text{JA: "外部からサイトに接続し、弱点がないかを確かめることです。", EN: "Connecting to the site from outside to see whether it has weak points."}},
		{i18n.Text{JA: "証跡", EN: "Evidence"}, i18n.Text{JA: "判定の根拠になった、サイトとの実際のやり取りです。個人情報や鍵は伏せてあります。", EN: "The actual exchange with the site that a finding rests on. Personal data and secrets are masked."}},
		{i18n.Text{JA: "該当の可能性", EN: "Possible"}, i18n.Text{JA: "バージョンなどから弱点があると考えられるものの、実際に使えるかは確かめていない状態です。示した手順で確認してください。", EN: "The version or another sign suggests the weakness, but it was not proven. Confirm it by the steps given."}},
		{i18n.Text{JA: "未確認", EN: "Not examined"}, i18n.Text{JA: "今回の診断では見ていない、または外部からは見えない項目です。「問題なし」ではありません。", EN: "Not looked at this time, or not visible from outside. It does not mean that there is no problem."}},
		{i18n.Text{JA: "判定不能", EN: "Undetermined"}, i18n.Text{JA: "確認しようとしたものの、遮断や不安定な応答などのために決められなかった項目です。", EN: "It was tried, but blocking, unstable answers or the like left it undecided."}},
		{i18n.Text{JA: "TLS（HTTPS）", EN: "TLS (HTTPS)"}, i18n.Text{JA: "ブラウザとサイトの間の通信を暗号化し、相手が本物であることを確かめる仕組みです。", EN: "Encrypts the traffic between browser and site and proves that the site is the real one."}},
		{i18n.Text{JA: "Cookie", EN: "Cookie"}, i18n.Text{JA: "サイトがブラウザに預ける小さな札です。ログイン中であることなどを示します。", EN: "A small token that a site leaves with the browser, for example to know that someone is signed in."}},
		{i18n.Text{JA: "クロスサイトスクリプティング（XSS）", EN: "Cross-site scripting (XSS)"}, i18n.Text{JA: "攻撃者のプログラムが、お客様やお店の方のブラウザの上で動いてしまう弱点です。", EN: "A weakness that lets an attacker's program run in the browser of customers or staff."}},
		{i18n.Text{JA: "クロスサイトリクエストフォージェリ（CSRF）", EN: "Cross-site request forgery (CSRF)"}, i18n.Text{JA: "お客様に気づかれないまま、そのブラウザから注文や登録の変更を送らせる攻撃です。", EN: "An attack that makes a customer's browser send an order or a change without the customer noticing."}},
		{i18n.Text{JA: "CSP", EN: "CSP"}, i18n.Text{JA: "そのページで動いてよいプログラムを、サイトがブラウザに伝える設定です。", EN: "A setting by which a site tells browsers which programs may run on a page."}},
		{i18n.Text{JA: "HSTS", EN: "HSTS"}, i18n.Text{JA: "次からは必ず暗号化した通信（HTTPS）で開くよう、サイトがブラウザに伝える設定です。", EN: "A setting by which a site tells browsers to use encryption (HTTPS) from then on."}},
		{i18n.Text{JA: "二要素認証", EN: "Two-factor authentication"}, i18n.Text{JA: "パスワードに加えて、スマートフォンの確認コードなどを求める仕組みです。", EN: "Asking for something besides the password, such as a code on a phone."}},
		{i18n.Text{JA: "PCI DSS", EN: "PCI DSS"}, i18n.Text{JA: "カード番号を扱う会社が守る、国際的な安全基準です。", EN: "The international standard for companies that handle card numbers."}},
		{i18n.Text{JA: "リクエスト", EN: "Request"}, i18n.Text{JA: "ページなどを送るよう、サイトに求める通信の 1 回分です。", EN: "One message that asks a site for a page or the like."}},
		{i18n.Text{JA: "スキミング", EN: "Skimming"}, i18n.Text{JA: "決済ページに仕込まれたプログラムが、入力されたカード番号を盗み取ることです。", EN: "A program planted in the payment page steals the card numbers that are typed in."}},
		{i18n.Text{JA: "WAF", EN: "WAF"}, i18n.Text{JA: "攻撃らしい通信をサイトの手前で止める装置やサービスです。弱点そのものは直りません。", EN: "A device or service in front of a site that stops traffic that looks like an attack. It does not repair the weakness itself."}},
		{i18n.Text{JA: "CVSS", EN: "CVSS"}, i18n.Text{JA: "弱点の深刻さを 0〜10 で表す、世界共通の尺度です。", EN: "The common scale, 0 to 10, for how serious a weakness is."}},
		{i18n.Text{JA: "CWE", EN: "CWE"}, i18n.Text{JA: "弱点の種類に付けられた、世界共通の番号です。", EN: "The common numbers for kinds of weaknesses."}},
		{i18n.Text{JA: "JVN", EN: "JVN"}, i18n.Text{JA: "日本で使われるソフトウェアの弱点情報を公開しているサイトです（IPA と JPCERT/CC が運営）。", EN: "The Japanese site that publishes weaknesses of software used in Japan, run by IPA and JPCERT/CC."}},
	}
	out := make([]Term, 0, len(list))
	for _, x := range list {
		out = append(out, Term{x.word.In(l), x.meaning.In(l)})
	}
	return out
}
