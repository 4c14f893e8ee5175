package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/verdict"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// measure is one subject that payment companies ask shops about, with what
// Miseban knows of it and what has to be written by hand.
type measure struct {
	title        i18n.Text
	requirements []string // of the guideline
	checks       []string // that show it beside them
	byHand       []i18n.Text
}

// measures follow the subjects that the card industry asks every shop about:
// the five measures against vulnerabilities, card data, and sign-in.
var measures = []measure{
	{i18n.Text{JA: "管理画面のアクセス制限と、管理者の ID・パスワードの管理", EN: "Access to the admin pages; administrators' accounts"}, []string{"build-4", "build-5"}, []string{"admin-reachable", "admin-login-protected"},
		[]i18n.Text{{JA: "接続元の制限の方法（IP アドレス、VPN など）", EN: "How connections are restricted (addresses, VPN, …)"}, {JA: "管理者の二段階認証・二要素認証の方式", EN: "Administrators' second factor"}, {JA: "ログインに何回失敗すると止まるか", EN: "After how many failed sign-ins an account is locked"}}},
	{i18n.Text{JA: "公開フォルダの設定（重要なファイルを外から見えなくする）", EN: "Public folders: no important file can be seen from outside"}, []string{"build-8"}, []string{"data-directory-exposed", "env-file", "config-backup", "vcs-exposed", "backup-file", "log-exposed", "directory-listing"},
		[]i18n.Text{{JA: "アップロードできるファイルの種類の制限", EN: "Which kinds of files can be uploaded"}}},
	{i18n.Text{JA: "ウェブアプリケーションの脆弱性対策（診断と修正）", EN: "Vulnerabilities of the web application: diagnosis and repair"}, []string{"build-1", "build-2", "build-3", "operate-1", "operate-2"}, nil,
		[]i18n.Text{{JA: "診断・ペネトレーションテストの頻度と、次に行う時期", EN: "How often it is diagnosed, and when next"}}},
	{i18n.Text{JA: "マルウェア対策", EN: "Malware"}, []string{"build-5", "build-14"}, []string{"skimmer-sign"},
		[]i18n.Text{{JA: "ウイルス対策ソフトの名前、更新と全体検査の頻度", EN: "Antivirus software, how often it is updated and scans everything"}}},
	{i18n.Text{JA: "カードの悪質な有効性確認（クレジットマスター）への対策", EN: "Card testing"}, nil, []string{"card-testing-protection"},
		[]i18n.Text{{JA: "カード番号の入力を間違えられる回数と、その数え方", EN: "How many wrong card numbers are allowed, and how they are counted"}, {JA: "EMV 3-D セキュアの導入", EN: "EMV 3-D Secure"}}},
	{i18n.Text{JA: "不正ログイン対策", EN: "Sign-in by others"}, []string{"build-7", "build-10", "build-11"}, nil,
		[]i18n.Text{{JA: "会員登録・ログイン・登録内容の変更のそれぞれで行っている対策", EN: "Measures at registration, at sign-in and at changes of personal data"}}},
	{i18n.Text{JA: "カード情報の非保持化と、決済画面の監視", EN: "No card data kept; watching the payment page"}, []string{"build-6", "operate-3"}, []string{"card-data-on-own-origin", "payment-page-script"},
		[]i18n.Text{{JA: "非保持化か PCI DSS 準拠かの別。準拠のときは、審査機関と日付", EN: "No card data kept, or PCI DSS; if the latter, assessor and date"}}},
}

// blank marks what nobody has told yet.
func blank(v *visit, s string) (string, report.Tone) {
	if s == "" {
		return v.t("【要記入】"), report.Warn
	}
	return s, report.Neutral
}

// measuresFile hands out the セキュリティ対策措置状況 for the payment company,
// filled in from judgements and evidence, with what is missing marked.
func (s *Server) measuresFile(w http.ResponseWriter, v *visit) error {
	e, err := s.db.Edition(v.Context(), "ipa-ec-2023")
	if err != nil {
		return err
	}
	j, err := s.judgedOf(v, e)
	if err != nil {
		return err
	}
	return s.sendPaper(w, v, "miseban-measures-"+workflow.Day(s.now()), s.measuresDocument(v, e, j))
}

func (s *Server) measuresDocument(v *visit, e *guideline.Edition, j *judged) *report.Document {
	shop := v.Shop
	doc := &report.Document{Lang: v.Lang, Title: v.t("セキュリティ対策措置状況"), Subtitle: shop.Name, Made: s.now()}
	var facts []report.Fact
	fact := func(name, value string) {
		text, tone := blank(v, value)
		facts = append(facts, report.Fact{Name: name, Value: text, Tone: tone})
	}
	fact(v.t("提出先（決済会社）"), shop.Provider)
	fact(v.t("会社の名前"), shop.Company)
	fact(v.t("法人番号"), shop.Number)
	fact(v.t("お店"), shop.Name)
	fact(v.t("アドレス"), shop.URL)
	var pays []string
	for _, p := range shop.Payments {
		pays = append(pays, account.Say(account.PaymentMethods, account.Choice(p), v.Lang))
	}
	fact(v.t("決済の方法"), strings.Join(pays, "\n"))
	fact(v.t("構築に使っているもの"), strings.TrimSpace(shop.Package+" "+shop.Version))
	fact(v.t("作った会社"), shop.Builder.Name)
	fact(v.t("保守する会社"), shop.Maintenance.Name)
	if j.diagnosis == nil {
		fact(v.t("診断"), "")
	} else {
		fact(v.t("診断"), v.t("{day} に Miseban で診断", "day", view.Day(j.run.Started)))
	}
	fact(v.t("作成日"), workflow.Day(s.now()))
	fact(v.t("記入した人"), "")
	doc.Sections = []report.Section{{ID: "shop", Title: v.t("お店の情報"), Blocks: []report.Block{
		report.Callout{Tone: report.Neutral, Title: v.t("この書面について"), Markdown: v.t("決済会社に伝えるセキュリティ対策の状況を、診断の結果とチェックリストの回答からまとめた下書きです。割賦販売法などの法律上の義務を果たしているかどうかを判断するものではありません。決済会社が決めた様式があるときは、その様式に書き写してください。")},
		report.Prose{Markdown: v.t("「【要記入】」と「足りないもの」を埋めてから提出してください。「自己申告」は、資料がなく、お店の回答だけに基づくものです。")},
		report.Facts{Rows: facts}}}}
	missing := 0
	for i := range measures {
		m := &measures[i]
		section := report.Section{ID: "measure-" + strconv.Itoa(i+1), Title: strconv.Itoa(i+1) + ". " + m.title.In(v.Lang)}
		table := report.Table{Head: []string{v.t("要件・検査項目"), v.t("状態"), v.t("根拠"), v.t("足りないもの")}, Widths: []float64{4.2, 2, 3, 3.4}}
		for _, id := range m.requirements {
			row, lacks := s.measureRow(v, e, j, id)
			table.Rows = append(table.Rows, row)
			missing += lacks
		}
		for _, c := range m.checks {
			row, lacks := measureCheck(v, j, c)
			table.Rows = append(table.Rows, row)
			missing += lacks
		}
		section.Blocks = append(section.Blocks, table)
		var hand []report.Fact
		for _, x := range m.byHand {
			hand = append(hand, report.Fact{Name: x.In(v.Lang), Value: v.t("【要記入】"), Tone: report.Warn})
			missing++
		}
		section.Blocks = append(section.Blocks, report.Facts{Rows: hand})
		doc.Sections = append(doc.Sections, section)
	}
	for _, f := range facts {
		if f.Tone == report.Warn {
			missing++
		}
	}
	first := &doc.Sections[0]
	first.Blocks = slices.Insert(first.Blocks, 2, report.Block(report.Prose{Markdown: v.t("足りないところ: **{n} か所**", "n", strconv.Itoa(missing))}))
	return doc
}

// measureRow is one requirement with its judgement, what it rests on and what is missing.
func (s *Server) measureRow(v *visit, e *guideline.Edition, j *judged, id string) ([]report.Cell, int) {
	r, ok := e.Requirement(id)
	if !ok {
		return []report.Cell{{Text: id}, {}, {}, {}}, 0
	}
	x := j.judgement(id)
	state, tone := e.VerdictName(r, x.Verdict, v.Lang), view.ToneOf(x.Verdict)
	if x.Declared {
		state, tone = v.t("{verdict}（自己申告）", "verdict", state), report.Unknown
	}
	var rests, lacks []string
	seen, documents := 0, 0
	for _, b := range x.Basis {
		if b.Kind != assessment.FromAnswer {
			if b.Verdict == verdict.Met || b.Verdict == verdict.NotMet || b.Verdict == verdict.Partly {
				seen++
			}
			continue
		}
		if a := j.answerTo(b.Name); a != nil {
			rests = append(rests, v.t("回答: {answer}", "answer", a.Word(v.Lang)))
			documents += a.Evidence
		}
	}
	slices.Sort(rests)
	rests = slices.Compact(rests)
	if seen > 0 {
		rests = append(rests, v.t("診断の検査項目 {n} 件", "n", strconv.Itoa(seen)))
	}
	if documents > 0 {
		rests = append(rests, v.t("資料 {n} 件", "n", strconv.Itoa(documents)))
	}
	switch x.Said {
	case assessment.Silent, "":
		lacks = append(lacks, v.t("チェックリストの回答"))
	case assessment.Open:
		lacks = append(lacks, v.t("チェックリストの残りの回答"))
	case assessment.Claimed:
		lacks = append(lacks, v.t("実施を示す資料"))
	case assessment.Alternative:
		lacks = append(lacks, v.t("代替策の承認"))
	case assessment.Lacking, assessment.InPart:
		lacks = append(lacks, v.t("残っている対策"))
	}
	if x.Verdict == verdict.NotMet && x.Seen == assessment.SeenNotMet {
		lacks = append(lacks, v.t("診断で見つかった点の対策"))
	}
	if len(x.Contradictions) > 0 {
		lacks = append(lacks, v.t("回答と診断結果の食い違いの確認"))
	}
	cell := report.Cell{Text: strings.Join(lacks, "\n"), Tone: report.Warn}
	if len(lacks) == 0 {
		cell = report.Cell{Text: "–"}
	}
	return []report.Cell{{Text: r.Number + " " + r.Title.In(v.Lang)}, {Text: state, Tone: tone}, {Text: strings.Join(rests, "\n")}, cell}, len(lacks)
}

// measureCheck is one check of the last diagnosis.
func measureCheck(v *visit, j *judged, name string) ([]report.Cell, int) {
	title := v.t("検査「{title}」", "title", titleOf(name, v.Lang))
	for i := range j.results {
		r := &j.results[i]
		if r.Check != name {
			continue
		}
		row := []report.Cell{{Text: title}, {Text: r.Verdict.Name(v.Lang), Tone: view.ToneOf(r.Verdict)}, {Text: v.t("{day} の診断", "day", view.Day(j.from[name].Started))}, {Text: "–"}}
		switch r.Verdict {
		case verdict.Met, verdict.NotApplicable:
			return row, 0
		case verdict.NotMet, verdict.Partly:
			row[3] = report.Cell{Text: v.t("診断で見つかった点の対策"), Tone: report.Warn}
		default:
			row[3] = report.Cell{Text: v.t("ほかの方法での確認"), Tone: report.Warn}
		}
		return row, 1
	}
	return []report.Cell{{Text: title}, {Text: verdict.NotExamined.Name(v.Lang), Tone: report.Unknown}, {Text: "–"}, {Text: v.t("診断での確認"), Tone: report.Warn}}, 1
}
