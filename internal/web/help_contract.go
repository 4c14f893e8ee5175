package web

import (
	"net/http"
	"strconv"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// clause is one thing that a contract with who builds or maintains a shop
// should settle.
type clause struct{ title, settle, who i18n.Text }

// clauses are in our own words; which of them a shop needs, and how they are
// worded, is for its lawyer to say.
var clauses = []clause{
	{i18n.Text{JA: "安全な作り方", EN: "Secure coding"},
		i18n.Text{JA: "入力の検査、SQL インジェクションとクロスサイト・スクリプティングの対策など、守る基準（IPA「安全なウェブサイトの作り方」など）を名前で決める。守れていない箇所は、引き渡しの後でも無償で直す。", EN: "Name the standard that the code must meet (IPA's “How to secure your website”, for example). What falls short is repaired free of charge, also after delivery."},
		i18n.Text{JA: "制作会社。費用は制作費に含む", EN: "Builder; within the price"}},
	{i18n.Text{JA: "公開前の診断", EN: "Diagnosis before opening"},
		i18n.Text{JA: "公開前に、ネットワークとウェブアプリケーションの脆弱性診断を行い、危険度の高いものを直してから公開する。診断する会社、範囲、再診断の有無を決める。", EN: "Network and web application are diagnosed before opening, and what is severe is repaired first. Settle who diagnoses, what, and whether it is diagnosed again."},
		i18n.Text{JA: "診断会社は第三者。費用の負担を決める", EN: "A third party; settle who pays"}},
	{i18n.Text{JA: "引き渡す資料", EN: "What is handed over"},
		i18n.Text{JA: "使っているソフトウェアとプラグインの一覧と版、サーバの設定、管理者アカウントの一覧、バックアップの戻し方を引き渡す。変えたら更新する。", EN: "Lists of software and plug-ins with versions, server settings, administrators' accounts, how to restore a backup; renewed when they change."},
		i18n.Text{JA: "制作会社、保守会社", EN: "Builder, maintainer"}},
	{i18n.Text{JA: "弱点が公表されたときの修正", EN: "Patches"},
		i18n.Text{JA: "情報を集める人、知らせる期限、直す期限（危険度ごとの日数）、動作の確認、作業の時間帯、費用を決める。直せないときの代わりの対策（WAF、機能の停止）も決める。", EN: "Who watches, within how many days it is told and repaired (by severity), who tests, when work is done, at whose cost; and what is done instead when it cannot be repaired."},
		i18n.Text{JA: "保守会社。月額に含むか、都度見積か", EN: "Maintainer; monthly or per job"}},
	{i18n.Text{JA: "パッケージとサーバの更新", EN: "Updates"},
		i18n.Text{JA: "EC パッケージ、プラグイン、OS、PHP などのサポートが終わる前に更新する。更新の時期と費用の目安を、毎年示す。", EN: "Package, plug-ins, system and language are updated before their support ends; when and for how much is told every year."},
		i18n.Text{JA: "保守会社。サーバ会社の担当も分ける", EN: "Maintainer; hosting where it is theirs"}},
	{i18n.Text{JA: "責任分界点", EN: "Who is responsible for what"},
		i18n.Text{JA: "お店、制作会社、保守会社、パッケージの開発元、サーバ会社、決済代行会社のそれぞれが何を受け持つかを、1枚の表にして契約に付ける。表にない作業を誰が受けるかも決める。", EN: "A table, part of the contract, of what shop, builder, maintainer, vendor of the package, hosting and payment provider each take care of, and who takes what it does not name."},
		i18n.Text{JA: "全員", EN: "All"}},
	{i18n.Text{JA: "ログ", EN: "Logs"},
		i18n.Text{JA: "アクセスログ、管理画面の操作、ログインの成功と失敗を、1年以上、書き換えられない場所に残す。事故のときにすぐ渡す。", EN: "Access, administrators' acts, sign-ins good and bad are kept for a year or more where nobody can change them, and handed over at once after an incident."},
		i18n.Text{JA: "保守会社、サーバ会社", EN: "Maintainer, hosting"}},
	{i18n.Text{JA: "管理画面とアカウント", EN: "Administration and accounts"},
		i18n.Text{JA: "接続元を限り、二要素認証を使う。一人に一つのアカウントとし、担当を外れたらその日に止める。作業用のパスワードを使い回さない。", EN: "Restricted networks, a second factor, one account a person, closed on the day he leaves; no shared passwords."},
		i18n.Text{JA: "お店と保守会社の両方", EN: "Shop and maintainer"}},
	{i18n.Text{JA: "事故のときの協力", EN: "Help in an incident"},
		i18n.Text{JA: "気づいたら何時間以内に知らせるか、夜と休日の連絡先、証拠の保全、調査会社への協力、お客様への説明の支援、費用の負担と上限を決める。", EN: "Within how many hours it is told, contacts at night and on holidays, evidence, help for investigators, who pays and up to how much."},
		i18n.Text{JA: "制作会社、保守会社", EN: "Builder, maintainer"}},
	{i18n.Text{JA: "再委託", EN: "Subcontractors"},
		i18n.Text{JA: "再委託は事前の承諾を要する。再委託先にも、同じ条件を守らせる。", EN: "Only with consent beforehand, and under the same terms."},
		i18n.Text{JA: "制作会社、保守会社", EN: "Builder, maintainer"}},
	{i18n.Text{JA: "診断への協力", EN: "Help with diagnoses"},
		i18n.Text{JA: "お店が行う診断に協力し、見つかった弱点に、決めた日数のうちに方針と予定日を回答する。", EN: "They help with diagnoses that the shop has made, and answer with a plan and a day within the days agreed."},
		i18n.Text{JA: "保守会社", EN: "Maintainer"}},
	{i18n.Text{JA: "契約の終わり", EN: "The end of the contract"},
		i18n.Text{JA: "データ、ソースコード、アカウントを引き渡し、手元の個人情報を消した証明を出す。引き継ぎに協力する。", EN: "Data, source code and accounts are handed over, personal data is erased with a certificate, and the next one is helped in."},
		i18n.Text{JA: "制作会社、保守会社", EN: "Builder, maintainer"}},
}

// contractDocument is the sheet to bring to a lawyer.
func (s *Server) contractDocument(v *visit) *report.Document {
	say := func(ja, en string) string { return i18n.Text{JA: ja, EN: en}.In(v.Lang) }
	d := &report.Document{Lang: v.Lang, Title: say("外部委託契約 セキュリティ条項の確認シート", "Security clauses of contracts: a sheet to check"), Subtitle: say("契約の前と更新の前に、今の契約と見比べてください", "Compare it with your contract before signing or renewing"),
		Mark: say("弁護士に相談するための資料", "To bring to a lawyer"), Made: s.now()}
	t := report.Table{Head: []string{say("番号", "No."), say("項目", "Subject"), say("契約で決めておくこと", "What to settle"), say("誰が・費用", "Who, cost"), say("今の契約", "Your contract")}, Widths: []float64{0.9, 2.2, 6, 2.6, 1.9}}
	for i, c := range clauses {
		t.Rows = append(t.Rows, []report.Cell{{Text: strconv.Itoa(i + 1)}, {Text: c.title.In(v.Lang)}, {Text: c.settle.In(v.Lang)}, {Text: c.who.In(v.Lang)}, {Text: say("□ ある\n□ ない\n□ 不明", "□ yes\n□ no\n□ unknown")}})
	}
	d.Sections = []report.Section{
		{ID: "use", Title: say("このシートの使い方", "How to use this sheet"), Blocks: []report.Block{
			report.Callout{Tone: report.Warn, Title: say("契約書のひな形ではありません", "This is no contract"), Markdown: say("弁護士に相談するときに持っていくためのシートです。条項の文面、責任の範囲、上限額は、お店の事情に合わせて弁護士が決めます。このシートは法律上の助言ではありません。", "It is a sheet to bring to a lawyer, who decides on wording, liability and limits for your case. It is no legal advice.")},
			report.Prose{Markdown: say("1. 今の契約書と仕様書を手元に置き、「今の契約」の欄に印を付けます。\n2. 「ない」「不明」の項目を、制作会社・保守会社に尋ねます。\n3. 返事とこのシートを持って、弁護士に相談します。", "1. Take your contract and its specification, and tick the last column.\n2. Ask the builder and the maintainer about every “no” and “unknown”.\n3. Go to a lawyer with their answers and this sheet.")},
			report.Prose{Markdown: say("運用・保守を委託している事業者の 44 ％で、契約書や仕様書にセキュリティ対策の記載がなかったという調査結果があります（個人情報保護委員会の調査として紹介されている数字。kojinjigyou.org による二次資料で、原文未確認）。", "In 44 % of the firms that have operation and maintenance done by others, contract and specification said nothing of security (a figure ascribed to a survey of the Personal Information Protection Commission; from a secondary source, kojinjigyou.org, not verified).")}}},
		{ID: "clauses", Title: say("確かめる項目", "What to check"), Blocks: []report.Block{t}},
		{ID: "notes", Title: say("相談のメモ", "Notes"), Blocks: []report.Block{report.Facts{Rows: []report.Fact{{Name: say("相談した日", "Day"), Value: "　"}, {Name: say("弁護士", "Lawyer"), Value: "　"}, {Name: say("契約の相手", "Contractor"), Value: "　"}, {Name: say("契約の期限", "Contract ends"), Value: "　"}, {Name: say("決まったこと", "Agreed"), Value: "　\n　\n　"}}}}},
	}
	return d
}

func (s *Server) contractPage(w http.ResponseWriter, v *visit) error {
	return s.page(w, v, http.StatusOK, view.SheetPage(view.Sheet{Document: s.contractDocument(v), URL: "/contracts"}))
}

func (s *Server) contractFile(w http.ResponseWriter, v *visit) error {
	return s.sendPaper(w, v, "miseban-contract-clauses", s.contractDocument(v))
}
