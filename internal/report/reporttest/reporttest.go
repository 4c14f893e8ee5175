// Package reporttest makes sample documents on which every report format is
// tried: a small one, an empty one, one of any size, and one full of malice.
package reporttest

import (
	"fmt"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/verdict"
)

// At is when the sample diagnoses began.
var At = time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC)

// writer writes the parts of a sample in one language.
type writer struct {
	lang i18n.Lang
	doc  *report.Document
}

func (w *writer) say(ja, en string) string { return i18n.Text{JA: ja, EN: en}.In(w.lang) }

// Small is a document as a real diagnosis of a weak shop gives it: three
// findings, every kind of block, every verdict.
func Small(l i18n.Lang) *report.Document { return build(l, 3) }

// Active is the small document with two findings of an active diagnosis, each
// with the proof that its check gave.
func Active(l i18n.Lang) *report.Document {
	d := build(l, 3)
	w := writer{lang: l, doc: d}
	for i := range 2 {
		f := w.finding(2)
		f.Number, f.ID, f.Fingerprint = 4+i, fmt.Sprintf("F-%02d", 4+i), fmt.Sprintf("%032x", 40+i)
		f.Check, f.Suite, f.Parameter, f.Where = "sql", "inject", "category_id", "/products/list"
		f.Title, f.Tone = w.say("入力した値がデータベースへの命令として働く", "Input acts as a command to the database"), report.Bad
		f.Severity, f.SeverityName = check.Critical, check.Critical.Name(l)
		f.URL = "https://shop.example/products/list?category_id=2"
		f.CWE, f.Excerpt, f.Evidence = 89, "", []report.Evidence{{ID: "x-201", At: At, Method: "GET", URL: f.URL + "%27", Status: 200}}
		f.Proof = &report.Proof{
			Words: w.say("引用符を1つ加えると商品の一覧が空になり、2つ加えると元どおり表示されます。", "With one quotation mark the list is empty; with two it is as before."),
			Steps: []report.ProofStep{
				{Value: "2", Saw: w.say("商品の一覧（24件）", "the list (24 items)"), Evidence: "x-200"},
				{Value: "2'", Saw: w.say("一覧が空になりました", "the list was empty"), Evidence: "x-201"},
				{Value: "2''", Saw: w.say("元の一覧と同じでした", "the same as the original"), Evidence: "x-202"},
			},
			Curl:   `curl -sS -G 'https://shop.example/products/list' --data-urlencode "category_id=2'" -H 'Cookie: eccube=●●●●●●●●' -H 'Accept-Language: ja' --max-time 30`,
			Agreed: 5, Tried: 5,
		}
		d.Findings = append(d.Findings, f)
	}
	for i := range d.Sections {
		if d.Sections[i].ID == "findings" {
			d.Sections[i].Blocks = append(d.Sections[i].Blocks, report.FindingCard{Index: 3}, report.FindingCard{Index: 4})
		}
	}
	return d
}

// Large is a document with n findings, each with two exchanges as long as those of real shops.
func Large(l i18n.Lang, n int) *report.Document {
	d := build(l, n)
	for i := range d.Findings {
		f := &d.Findings[i]
		f.Evidence = nil
		for k := range 2 {
			f.Evidence = append(f.Evidence, report.Evidence{
				ID: "x", At: At.Add(time.Duration(i) * time.Second), Method: "GET", URL: fmt.Sprintf("%s?page=%d&sort=%d", f.URL, i, k), Status: 200,
				RequestHead:  fmt.Sprintf("GET /products/list?category_id=%d&orderby=price&disp_number=20&pageno=%d HTTP/1.1\nHost: shop.example\nUser-Agent: Mozilla/5.0 (compatible; Miseban/0.1; +security diagnosis at the owner's request)\nAccept: text/html,application/xhtml+xml\nAccept-Encoding: gzip, br, zstd\nAccept-Language: ja,en;q=0.5\nCookie: eccube=●●●●●●●●", i, k),
				ResponseHead: fmt.Sprintf("HTTP/1.1 200 OK\nDate: Sat, 21 Nov 2026 01:30:%02d GMT\nServer: Apache/2.4.41 (Ubuntu)\nX-Powered-By: PHP/7.4.33\nCache-Control: no-store, no-cache, must-revalidate\nExpires: Thu, 19 Nov 1981 08:52:00 GMT\nPragma: no-cache\nSet-Cookie: eccube=●●●●●●●●; path=/; HttpOnly\nSet-Cookie: cart=●●●●●●●●; path=/\nVary: Accept-Encoding\nContent-Encoding: gzip\nContent-Length: %d\nContent-Type: text/html; charset=UTF-8\nConnection: keep-alive\nKeep-Alive: timeout=5, max=100", i%60, 1000+i),
			})
		}
	}
	return d
}

// Empty is a document of a diagnosis that could see nothing.
func Empty(l i18n.Lang) *report.Document {
	w := writer{lang: l, doc: &report.Document{Lang: l, Shop: "https://shop.example/", Made: At}}
	d := w.doc
	d.Title, d.Subtitle = w.say("ECサイト セキュリティ診断報告書", "Security diagnosis of an online shop"), "shop.example"
	d.Run = report.RunFacts{ID: "run-0", Version: "0.1.0", Level: "safe", Started: At, State: "failed"}
	d.Grade = report.Grade{ID: "unclear", Name: w.say("判定できるだけの確認ができませんでした", "Too little could be examined"), Advice: w.say("診断をやり直してください。", "Please repeat the diagnosis."), Tone: report.Unknown}
	d.Limits = []report.Limit{{What: w.say("診断の全体", "The whole diagnosis"), Why: w.say("サイトに接続できませんでした。", "The site could not be reached.")}}
	d.Sections = []report.Section{
		{ID: "cover", Title: w.say("表紙", "Cover")},
		{ID: "executive", Title: w.say("経営者の方へ", "For the executive"), Page: true, Blocks: []report.Block{
			report.Callout{Tone: report.Unknown, Title: d.Grade.Name, Markdown: d.Grade.Advice},
			report.Table{Head: []string{"A", "B"}}, report.Facts{}, report.Bars{}, report.Prose{}, report.Code{},
		}},
	}
	return d
}

func build(l i18n.Lang, n int) *report.Document {
	w := writer{lang: l, doc: &report.Document{Lang: l}}
	d := w.doc
	d.Title, d.Subtitle, d.Shop = w.say("ECサイト セキュリティ診断報告書", "Security diagnosis of an online shop"), "shop.example", "https://shop.example/"
	d.Made = At.Add(42 * time.Minute)
	d.Run = report.RunFacts{
		ID: "01JDAYK3N8", Version: "0.1.0", Level: "safe", Started: At, Ended: At.Add(31 * time.Minute), State: string(diagnose.Finished),
		IntelVersion: "2026.11.20", IntelIssued: At.Add(-24 * time.Hour), Requests: 412, Pages: 96,
	}
	d.Grade = report.Grade{ID: "act-soon", Name: w.say("早急な対応が必要です", "Act soon"), Tone: report.Bad,
		Advice: w.say("情報漏えいや改ざんにつながる弱点が見つかりました。1〜2週間のうちに対応の計画を決め、上から順に直してください。", "Weaknesses that can lead to a leak or to tampering were found. Decide on a plan within one or two weeks and work down the list.")}
	for i := range n {
		d.Findings = append(d.Findings, w.finding(i))
	}
	w.requirements()
	w.checks()
	w.rest()
	w.sections()
	return d
}

func (w *writer) finding(i int) report.Finding {
	f := samples[i%len(samples)](w)
	f.Number, f.ID = i+1, fmt.Sprintf("F-%02d", i+1)
	f.Fingerprint = fmt.Sprintf("%032x", i+1)
	if i >= len(samples) {
		f.Where = fmt.Sprintf("%s-%d", f.Where, i)
		f.URL = fmt.Sprintf("%s%d", f.URL, i)
	}
	return f
}

var samples = []func(w *writer) report.Finding{
	func(w *writer) report.Finding {
		return report.Finding{
			Check: "form-over-http", Suite: "tls", Title: w.say("暗号化されていない通信でパスワードを送らせている", "A password is sent without encryption"),
			Severity: check.High, Confidence: check.Confirmed, SeverityName: check.High.Name(w.lang), ConfidenceName: w.say("確認済", "Confirmed"),
			EffortName: w.say("設定の変更（数時間）", "A setting (hours)"), FixerName: w.say("サーバを運用する方", "Who runs the server"),
			Method: "GET", URL: "http://shop.example/mypage/login", Where: "/mypage/login", Parameter: "login_pass",
			Seen:       w.say("ログインの画面 `/mypage/login` が、暗号化されない `http://` のまま表示され、入力したパスワードがそのまま送られます。", "The sign-in page `/mypage/login` is shown over plain `http://`, and the password that is typed in is sent as it is."),
			Why:        w.say("店頭のWi-Fiなど、同じ回線を使う人にお客様のIDとパスワードを読み取られます。**読み取られたパスワードは、ほかのサイトでも試されます。**\n\n- 会員情報の流出\n- なりすましの注文", "Anyone on the same network, a café for example, can read IDs and passwords of customers. **Passwords that were read are tried on other sites too.**\n\n- Leak of member data\n- Orders in another's name"),
			Operator:   w.say("サーバの設定で、`http://` へのアクセスをすべて `https://` へ転送してください。設定の例:\n\n```\nRewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n```\n\n転送の後、HSTS も設定してください。", "Make the server redirect all of `http://` to `https://`. For example:\n\n```\nRewriteEngine On\nRewriteCond %{HTTPS} off\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n```\n\nThen set HSTS too."),
			Developer:  w.say("フォームの送信先と、ページの中のリンクを `https://` に統一してください。詳しくは [IPA「TLS暗号設定ガイドライン」](https://www.ipa.go.jp/security/crypto/guideline/ssl_crypt_config.html) をご覧ください。", "Use `https://` for the form's target and all links. See [IPA's TLS guideline](https://www.ipa.go.jp/security/crypto/guideline/ssl_crypt_config.html)."),
			References: []report.Reference{{Text: "CWE-319", URL: "https://cwe.mitre.org/data/definitions/319.html"}, {Text: "RFC 6797", URL: "https://www.rfc-editor.org/rfc/rfc6797"}},
			CWE:        319, CVSS31: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:L/A:N", CVSS40: "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:N/SC:N/SI:N/SA:N",
			Score31: 6.5, Score40: 8.3, Requirements: []string{w.say("構築時 要件9", "Building 9")}, RequirementIDs: []string{"ipa-ec-2023/build-9"},
			Excerpt: `<form method="post" action="/mypage/login">` + "\n" + `  <input type="password" name="login_pass">`,
			Evidence: []report.Evidence{{
				ID: "x-17", At: At.Add(3 * time.Minute), Method: "GET", URL: "http://shop.example/mypage/login", Status: 200,
				RequestHead:  "GET /mypage/login HTTP/1.1\nHost: shop.example\nUser-Agent: Mozilla/5.0 (compatible; Miseban/0.1; +security diagnosis at the owner's request)\nAccept: text/html",
				ResponseHead: "HTTP/1.1 200 OK\nServer: Apache/2.4.41 (Ubuntu)\nSet-Cookie: eccube=●●●●●●●●; path=/; HttpOnly\nContent-Type: text/html; charset=UTF-8",
			}},
			Tone: report.Bad,
		}
	},
	func(w *writer) report.Finding {
		return report.Finding{
			Check: "known-vulnerable", Suite: "software", Title: w.say("弱点が公表されている版の EC-CUBE を使っている", "An EC-CUBE release with published weaknesses is in use"),
			Severity: check.Critical, Confidence: check.Possible, SeverityName: check.Critical.Name(w.lang), ConfidenceName: w.say("該当の可能性", "Possible"),
			EffortName: w.say("計画が必要（数週間〜）", "A project (weeks)"), FixerName: w.say("開発会社", "Developer"),
			Method: "GET", URL: "https://shop.example/html/template/default/assets/js/eccube.js", Where: "EC-CUBE 4.0.2",
			Seen:       w.say("静的なファイルの内容から、EC-CUBE 4.0.2 と推定しました（確実さ: 高）。", "From the contents of static files this is EC-CUBE 4.0.2 (certainty: high)."),
			Why:        w.say("この弱点は、実際に国内の店舗への攻撃に使われました。", "This weakness was used in attacks on Japanese shops."),
			Operator:   w.say("1. 管理画面の「システム情報」で版を確認する\n2. 委託先に修正版の適用を依頼する\n3. 終わるまで、管理画面への接続元を制限する", "1. Look up the release in the administration screen\n2. Ask the contractor to apply the fix\n3. Until then, restrict who can reach the administration screen"),
			Developer:  w.say("修正版へ更新してください。すぐに更新できないときは、公開されている差分を適用してください。", "Update to the fixed release, or apply the published patch."),
			References: []report.Reference{{Text: "JVN#97554111", URL: "https://jvn.jp/jp/JVN97554111/"}, {Text: "CVE-2021-20717", URL: "https://www.cve.org/CVERecord?id=CVE-2021-20717"}},
			CWE:        79, CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:N", Score31: 9.3,
			Requirements: []string{w.say("構築時 要件1", "Building 1"), w.say("運用時 要件1", "Operation 1")}, RequirementIDs: []string{"ipa-ec-2023/build-1", "ipa-ec-2023/operation-1"}, Tone: report.Bad,
		}
	},
	func(w *writer) report.Finding {
		return report.Finding{
			Check: "cookie-secure", Suite: "cookie", Title: w.say("Cookie に Secure が付いていない", "A cookie lacks Secure"),
			Severity: check.Low, Confidence: check.Confirmed, SeverityName: check.Low.Name(w.lang), ConfidenceName: w.say("確認済", "Confirmed"),
			EffortName: w.say("設定の変更（数時間）", "A setting (hours)"), FixerName: w.say("サーバを運用する方", "Who runs the server"),
			Method: "GET", URL: "https://shop.example/", Where: "eccube", Seen: w.say("Cookie `eccube` に Secure が付いていません。", "The cookie `eccube` lacks Secure."),
			Why: w.say("暗号化されない通信にも Cookie が送られます。", "The cookie is sent over plain connections too."), Operator: w.say("`session.cookie_secure = 1` を設定してください。", "Set `session.cookie_secure = 1`."),
			Developer: w.say("Cookie を発行する処理で Secure を付けてください。", "Set Secure where the cookie is made."), References: []report.Reference{{Text: "CWE-614", URL: "https://cwe.mitre.org/data/definitions/614.html"}},
			CWE: 614, Requirements: []string{w.say("構築時 要件9", "Building 9")}, RequirementIDs: []string{"ipa-ec-2023/build-9"}, Tone: report.Neutral,
			Evidence: []report.Evidence{{ID: "x-1", At: At, Method: "GET", URL: "https://shop.example/", Status: 200, RequestHead: "GET / HTTP/1.1\nHost: shop.example", ResponseHead: "HTTP/1.1 200 OK\nSet-Cookie: eccube=●●●●●●●●; path=/"}},
		}
	},
}

func (w *writer) requirements() {
	verdicts := []verdict.Verdict{verdict.NotMet, verdict.NotExamined, verdict.Undetermined, verdict.Met, verdict.NotApplicable, verdict.Partly}
	tones := []report.Tone{report.Bad, report.Unknown, report.Warn, report.Good, report.Neutral, report.Warn}
	for _, p := range []struct {
		id, title string
		n         int
	}{{"executive", w.say("経営者の7項目", "Seven items for the executive"), 7}, {"build", w.say("構築時の14要件", "Fourteen requirements for building"), 14}, {"operation", w.say("運用時の7要件", "Seven requirements for operation"), 7}} {
		for i := range p.n {
			v, tone := verdicts[i%6], tones[i%6]
			if p.id == "executive" {
				v, tone = verdict.NotExamined, report.Unknown
			}
			r := report.Requirement{
				Edition: "ipa-ec-2023", EditionTitle: w.say("ECサイト構築・運用セキュリティガイドライン", "Security guideline for building and running online shops"),
				Part: p.id, PartTitle: p.title, ID: fmt.Sprintf("%s-%d", p.id, i+1), Number: w.say(fmt.Sprintf("要件%d", i+1), fmt.Sprintf("Requirement %d", i+1)),
				Title: w.say("管理者画面や管理用ソフトウェアへ接続する端末を制限する", "Restrict the terminals that may reach the administration screens"),
				Text:  w.say("管理画面に接続できる端末を、IPアドレスなどで限ってください。", "Limit by IP address or the like which terminals reach the administration."),
				Level: w.say("原文未確認", "Not verified"), Verdict: v, VerdictName: v.Name(w.lang), Tone: tone,
				Reason:    w.say("外部からは確認できない要件です。セルフチェックと資料で確認してください。", "This cannot be seen from outside. Confirm it by self-check and documents."),
				How:       []report.Fact{{Name: w.say("経営者", "Executive"), Value: w.say("担当者を決める", "Name who is in charge")}},
				Questions: []report.Question{{ID: fmt.Sprintf("q-%s-%d", p.id, i+1), Text: w.say("管理画面への接続元を制限していますか。", "Do you restrict who reaches the administration?"), Explain: w.say("自宅や外出先から誰でも開ける状態は「いいえ」です。", "If anybody can open it from anywhere, the answer is no."), Evidence: w.say("設定画面の写し", "A copy of the settings"), Who: w.say("実務担当者", "Practitioner"), Choices: []string{w.say("実施済", "Done"), w.say("一部実施", "Partly done"), w.say("未実施", "Not done"), w.say("対象外", "Not applicable"), w.say("わからない", "Do not know")}}},
				Basis:     []report.Basis{{Check: "form-over-http", Title: w.say("暗号化されていない通信でパスワードを送らせている", "A password is sent without encryption"), Effect: w.say("判定を決める", "Decides"), Verdict: v, VerdictName: v.Name(w.lang), Tone: tone}},
			}
			if v == verdict.NotMet && len(w.doc.Findings) > 0 {
				r.Findings = []int{1}
			}
			w.doc.Requirements = append(w.doc.Requirements, r)
		}
	}
}

func (w *writer) checks() {
	for i, v := range verdict.All {
		w.doc.Checks = append(w.doc.Checks, report.Check{
			Name: fmt.Sprintf("check-%d", i), Suite: "header", SuiteTitle: w.say("応答ヘッダ", "Response headers"), Title: w.say("HSTS が設定されていない", "HSTS is not set"),
			Level: "passive", Verdict: v, VerdictName: v.Name(w.lang), Reason: w.say("見たページが足りません。", "Too few pages were seen."), Tone: report.Neutral, Examined: i * 7, Findings: i % 2,
		})
	}
}
