package reporttest

import (
	"fmt"
	"time"

	"miseban/internal/check"
	"miseban/internal/report"
)

func (w *writer) rest() {
	d := w.doc
	d.Software = []report.Item{
		{Name: "EC-CUBE", Version: "4.0.2", Where: "/html/template/default/assets/js/eccube.js", Note: w.say("弱点の公表あり", "Published weaknesses"), Tone: report.Bad},
		{Name: "jQuery", Version: "3.4.1", Where: "/html/template/default/assets/js/jquery.min.js"},
		{Name: "Apache", Where: "shop.example:443"},
	}
	d.Scripts = []report.Item{{Name: "www.googletagmanager.com/gtm.js", Where: "/", Note: w.say("計測", "Analytics")}, {Name: "js.stripe.com/v3/", Where: "/shopping", Note: w.say("決済", "Payment")}}
	d.Ledger = report.Ledger{
		Requests: 412, Connects: 60, Handshakes: 31, Lookups: 14, Refused: 8, Bytes: 7_340_032, First: At, Last: At.Add(31 * time.Minute),
		ByCheck: []report.LedgerRow{{Name: "crawl", Count: 96}, {Name: "form-over-http", Count: 12}}, ByStatus: []report.LedgerRow{{Name: "200", Count: 360}, {Name: "404", Count: 52}},
		LastSum: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Intact: true, MaxIn10s: 20,
	}
	d.Terms = []report.Term{
		{Word: w.say("脆弱性", "Vulnerability"), Meaning: w.say("ソフトウェアや設定にある、攻撃に使われるおそれのある弱点です。", "A weak point in software or settings that an attacker could use.")},
		{Word: "TLS", Meaning: w.say("ブラウザとサイトの間の通信を暗号化し、相手が本物であることを確かめる仕組みです。", "Encrypts the traffic between browser and site and proves that the site is the real one.")},
	}
	d.Limits = []report.Limit{
		{What: w.say("ログイン後のページ", "Pages behind the sign-in"), Why: w.say("このレベルの診断では、会員としてログインしません。", "At this level nobody signs in.")},
		{What: w.say("HSTS が設定されていない", "HSTS is not set"), Why: w.say("見たページが足りません。", "Too few pages were seen."), Check: "check-3"},
	}
}

func (w *writer) sections() {
	d := w.doc
	n := map[check.Severity]int{}
	for _, f := range d.Findings {
		n[f.Severity]++
	}
	bars := report.Bars{Caption: w.say("危険度ごとの件数", "Findings by severity")}
	for _, s := range []check.Severity{check.Critical, check.High, check.Medium, check.Low} {
		tone := report.Neutral
		if s >= check.High {
			tone = report.Bad
		} else if s == check.Medium {
			tone = report.Warn
		}
		bars.Rows = append(bars.Rows, report.Bar{Label: w.say("危険度 ", "Severity ") + s.Name(w.lang), Value: n[s], Tone: tone})
	}
	d.Sections = []report.Section{
		{ID: "cover", Title: w.say("表紙", "Cover"), Blocks: []report.Block{
			report.Facts{Rows: []report.Fact{
				{Name: w.say("診断したサイト", "Site"), Value: d.Shop}, {Name: w.say("診断した日時", "When"), Value: w.say("2026年11月21日 10:30 〜 11:01", "21 November 2026, 10:30 JST to 11:01")},
				{Name: w.say("診断のレベル", "Level"), Value: w.say("確認（閲覧に加え、設定と公開状態の確認）", "Safe (a visitor's requests, settings, and what lies open)")},
				{Name: w.say("診断を求めた人", "Asked for by"), Value: w.say("株式会社みせばん商店 山田 太郎", "Miseban Shoten Inc., Taro Yamada")},
				{Name: w.say("準拠した文書", "Guideline"), Value: w.say("ECサイト構築・運用セキュリティガイドライン", "Security guideline for building and running online shops")},
			}},
			report.Callout{Tone: report.Neutral, Title: w.say("この報告書の取り扱い", "Handling of this report"), Markdown: w.say("この報告書には、攻撃の手がかりになる内容が含まれます。社内の関係者と、対応を依頼する委託先だけで共有してください。", "This report contains what helps an attacker. Share it only with those concerned and with the contractor who does the repair.")},
		}},
		{ID: "executive", Title: w.say("経営者の方へ", "For the executive"), Page: true, Blocks: w.executive(bars)},
		{ID: "requirements", Title: w.say("要件別判定", "Requirements"), Page: true, Blocks: w.requirementBlocks()},
		{ID: "findings", Title: w.say("検出事項", "Findings"), Page: true, Blocks: w.findingBlocks()},
		{ID: "plan", Title: w.say("優先順位つき対策計画", "Plan"), Page: true, Blocks: []report.Block{
			report.Table{Head: []string{w.say("順", "No."), w.say("対策する内容", "What to repair"), w.say("危険度", "Severity"), w.say("誰が直すか", "Who"), w.say("期限の目安", "Until")}, Widths: []float64{1, 6, 2, 3, 2}, Rows: [][]report.Cell{
				{{Text: "1"}, {Text: w.say("弱点が公表されている版の EC-CUBE を使っている", "An EC-CUBE release with published weaknesses is in use"), Link: "#F-02"}, {Text: check.Critical.Name(w.lang), Tone: report.Bad}, {Text: w.say("開発会社", "Developer")}, {Text: w.say("今日中に着手", "Begin today")}},
			}},
		}},
		{ID: "inventory", Title: w.say("ソフトウェア・スクリプト一覧", "Software and scripts"), Page: true, Blocks: []report.Block{w.items(d.Software), report.Heading{Level: 2, Text: w.say("スクリプト", "Scripts")}, w.items(d.Scripts)}},
		{ID: "appendix", Title: w.say("付録", "Appendix"), Page: true, Blocks: []report.Block{
			report.Heading{Level: 2, ID: "ledger", Text: w.say("通信台帳の要約", "Summary of the ledger")},
			report.Facts{Rows: []report.Fact{{Name: w.say("HTTP のリクエスト", "HTTP requests"), Value: fmt.Sprint(d.Ledger.Requests)}, {Name: w.say("台帳の途切れの有無", "Chain"), Value: w.say("途切れなし", "Unbroken"), Tone: report.Good}, {Name: w.say("最後の行のハッシュ", "Last hash"), Value: d.Ledger.LastSum}}},
			report.Heading{Level: 2, ID: "terms", Text: w.say("用語", "Terms")},
			report.Facts{Rows: []report.Fact{{Name: d.Terms[0].Word, Value: d.Terms[0].Meaning}, {Name: d.Terms[1].Word, Value: d.Terms[1].Meaning}}},
		}},
	}
}

func (w *writer) executive(bars report.Bars) []report.Block {
	t := report.Table{Head: []string{w.say("番号", "No."), w.say("項目", "Item"), w.say("判定", "Verdict")}, Widths: []float64{1.4, 8, 2}}
	for _, r := range w.doc.Requirements[:7] {
		t.Rows = append(t.Rows, []report.Cell{{Text: r.Number}, {Text: r.Title}, {Text: r.VerdictName, Tone: r.Tone}})
	}
	return []report.Block{
		report.Callout{Tone: w.doc.Grade.Tone, Title: w.doc.Grade.Name, Markdown: w.doc.Grade.Advice},
		report.Heading{Level: 2, Text: w.say("見つかった弱点の数", "Weaknesses found")}, bars,
		report.Heading{Level: 2, Text: w.say("被害が起きると", "If it happens")},
		report.Prose{Markdown: w.say("情報漏えいを起こした中小の EC サイトでは、事故対応の費用が平均 約2,400万円と公表されています。**これは公表された平均で、このサイトの予測ではありません。**", "Small shops that leaked data paid about 24 million yen on average. **This is a published average, not a forecast for this site.**")},
		report.Heading{Level: 2, Text: w.say("経営者が取り組む7項目", "Seven items for the executive")}, t,
	}
}

func (w *writer) requirementBlocks() []report.Block {
	var out []report.Block
	part := ""
	var t report.Table
	flush := func() {
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	for _, r := range w.doc.Requirements {
		if r.Part != part {
			flush()
			part = r.Part
			out = append(out, report.Heading{Level: 2, ID: "part-" + part, Text: r.PartTitle})
			t = report.Table{Head: []string{w.say("番号", "No."), w.say("要件", "Requirement"), w.say("区分", "Level"), w.say("判定", "Verdict"), w.say("理由", "Reason")}, Widths: []float64{1.4, 7, 1.8, 2, 5}}
		}
		c := report.Cell{Text: r.VerdictName, Tone: r.Tone}
		if len(r.Findings) > 0 {
			c.Link = "#" + w.doc.Findings[0].ID
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: r.Number}, {Text: r.Title}, {Text: r.Level}, c, {Text: r.Reason}})
	}
	flush()
	return append(out, report.Heading{Level: 3, ID: "req-build-1", Text: w.say("要件1: 不適合", "Requirement 1: not met")}, report.Callout{Tone: report.Warn, Title: w.say("食い違い", "Contradiction"), Markdown: w.say("「実施済」という回答と、診断の結果が食い違っています。", "The answer “done” and the diagnosis contradict each other.")})
}

func (w *writer) findingBlocks() []report.Block {
	t := report.Table{Caption: w.say("検出事項の一覧", "All findings"), Head: []string{w.say("番号", "No."), w.say("内容", "What"), w.say("場所", "Place"), w.say("危険度", "Severity"), w.say("確からしさ", "Confidence")}, Widths: []float64{1.4, 6, 4, 1.6, 2}}
	out := []report.Block{nil}
	for i, f := range w.doc.Findings {
		t.Rows = append(t.Rows, []report.Cell{{Text: f.ID, Link: "#" + f.ID}, {Text: f.Title}, {Text: f.Where, Code: true}, {Text: f.SeverityName, Tone: f.Tone}, {Text: f.ConfidenceName}})
		out = append(out, report.FindingCard{Index: i})
	}
	out[0] = t
	return append(out, report.Code{Caption: w.say("取得した robots.txt", "robots.txt as received"), Text: "User-agent: *\nDisallow: /admin"})
}

func (w *writer) items(items []report.Item) report.Table {
	t := report.Table{Head: []string{w.say("名前", "Name"), w.say("バージョン", "Version"), w.say("場所", "Place"), w.say("備考", "Note")}, Widths: []float64{4, 2, 4, 4}}
	for _, it := range items {
		t.Rows = append(t.Rows, []report.Cell{{Text: it.Name}, {Text: it.Version}, {Text: it.Where, Code: true}, {Text: it.Note, Tone: it.Tone}})
	}
	return t
}
