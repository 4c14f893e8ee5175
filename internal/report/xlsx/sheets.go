package xlsx

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"miseban/internal/check"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/verdict"
)

// heading writes the title of a sheet and a sentence on how to use it.
func (s *sheet) heading(title string, note i18n.Text) {
	s.row++
	s.put(1, title, s.title)
	s.check(s.f.SetRowHeight(s.name, s.row, 28))
	if !note.IsZero() {
		s.row++
		s.put(1, s.say(note), s.note)
		s.check(s.f.MergeCell(s.name, cell(1, s.row), cell(max(s.cols, 1), s.row)))
		s.check(s.f.SetRowHeight(s.name, s.row, 32))
	}
}

// facts writes names and values, two columns.
func (s *sheet) facts(rows ...report.Fact) {
	for _, r := range rows {
		s.row++
		s.put(1, r.Name, s.strong)
		s.put(2, r.Value, s.plain)
		if s.cols > 2 {
			s.check(s.f.MergeCell(s.name, cell(2, s.row), cell(s.cols, s.row)))
			s.check(s.f.SetCellStyle(s.name, cell(3, s.row), cell(s.cols, s.row), s.plain))
		}
		rest := 0.0
		for _, w := range s.wide[1:] {
			rest += w
		}
		s.tall = max(linesOf(r.Name, s.wide[0]), linesOf(r.Value, rest))
		s.height()
	}
}

func (b *book) summary(s *sheet) {
	d := b.d
	s.widths(30, 14, 14, 14, 14, 14, 14, 14)
	s.heading(d.Title, i18n.Text{})
	s.facts(report.Fact{Name: b.say(i18n.Text{JA: "総合判定", EN: "Overall"}), Value: strings.TrimSpace(d.Grade.Tone.Sign() + " " + d.Grade.Name)}, report.Fact{Name: b.say(i18n.Text{JA: "進め方", EN: "What to do"}), Value: d.Grade.Advice})
	if len(d.Sections) > 0 {
		for _, bl := range d.Sections[0].Blocks {
			if f, ok := bl.(report.Facts); ok {
				s.facts(f.Rows...)
			}
		}
	}
	s.row++
	n := map[check.Severity]int{}
	for _, f := range d.Findings {
		n[f.Severity]++
	}
	s.line(b.head, b.say(i18n.Text{JA: "検出事項の危険度", EN: "Findings by severity"}), b.say(i18n.Text{JA: "件数", EN: "Count"}))
	for _, sev := range []check.Severity{check.Critical, check.High, check.Medium, check.Low, check.Info} {
		s.line(b.plain, sev.Name(d.Lang), n[sev])
	}
	s.row++
	b.verdicts(s)
	s.row++
	s.line(b.head, b.say(i18n.Text{JA: "確認していないこと", EN: "What was not examined"}), b.say(i18n.Text{JA: "理由", EN: "Why"}))
	s.check(s.f.MergeCell(s.name, cell(2, s.row), cell(s.cols, s.row)))
	for _, x := range d.Limits {
		s.facts(report.Fact{Name: x.What, Value: x.Why})
	}
}

// verdicts counts the verdicts of the first edition by part.
func (b *book) verdicts(s *sheet) {
	if len(b.d.Requirements) == 0 {
		return
	}
	head := []any{b.say(i18n.Text{JA: "要件の判定", EN: "Verdicts"})}
	for _, v := range verdict.All {
		head = append(head, v.Name(b.d.Lang))
		if v == verdict.Met && b.d.Spoken {
			head = append(head, b.say(i18n.Text{JA: "適合（自己申告）", EN: "Met (own word)"}))
		}
	}
	s.line(b.head, head...)
	counts, declared, titles := map[string]map[verdict.Verdict]int{}, map[string]int{}, []string{}
	for _, r := range b.d.Requirements {
		if r.Edition != b.d.Requirements[0].Edition {
			continue
		}
		title := r.PartTitle
		if r.Duty == string(guideline.Theirs) {
			title = i18n.T(b.d.Lang, "{title}（サービス提供者の分）", i18n.Args{"title": title})
		}
		if counts[title] == nil {
			counts[title] = map[verdict.Verdict]int{}
			titles = append(titles, title)
		}
		if r.Declared {
			declared[title]++
			continue
		}
		counts[title][r.Verdict]++
	}
	for _, t := range titles {
		row := []any{t}
		for _, v := range verdict.All {
			row = append(row, counts[t][v])
			if v == verdict.Met && b.d.Spoken {
				row = append(row, declared[t])
			}
		}
		s.line(b.plain, row...)
	}
}

func (b *book) checklist(s *sheet) {
	s.widths(18, 9, 46, 12, 14, 44, 12, 14, 13, 14, 28)
	s.heading(s.name, i18n.Text{
		JA: "色の付いた行が要件です。その下の質問に、黄色の欄で回答してください。「診断での判定」は、サイトの外から見えた範囲の結果です。",
		EN: "Coloured rows are requirements. Answer the questions below each of them in the yellow cells. The verdict is what could be seen from outside.",
	})
	s.header(
		i18n.Text{JA: "部", EN: "Part"}, i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "要件／質問", EN: "Requirement / question"}, i18n.Text{JA: "区分", EN: "Level"},
		i18n.Text{JA: "診断での判定", EN: "Verdict"}, i18n.Text{JA: "理由／補足", EN: "Reason / explanation"}, i18n.Text{JA: "検出事項", EN: "Findings"},
		i18n.Text{JA: "回答", EN: "Answer"}, i18n.Text{JA: "確認日", EN: "Date"}, i18n.Text{JA: "確認した人", EN: "By"}, i18n.Text{JA: "備考", EN: "Note"},
	)
	for i := range b.d.Requirements {
		r := &b.d.Requirements[i]
		if r.Edition != b.d.Requirements[0].Edition {
			break
		}
		s.line(b.strong, r.PartTitle, r.Number, r.Title, r.Level, mark(r.Tone, r.VerdictName), r.Reason, b.findingIDs(r), "", "", "", "")
		for k := range r.Questions {
			q := &r.Questions[k]
			help := q.Explain
			if q.Evidence != "" {
				help = strings.TrimSpace(help + "\n" + b.say(i18n.Text{JA: "確かめる資料: ", EN: "Evidence: "}) + q.Evidence)
			}
			s.line(b.plain, r.PartTitle, r.Number, q.Text, "", "", help, "")
			a := report.Answered{}
			if i := slices.IndexFunc(r.Answers, func(a report.Answered) bool { return a.Question == q.ID }); i >= 0 {
				a = r.Answers[i]
			}
			s.put(8, a.Value, b.input)
			s.put(9, "", b.date)
			if day, err := time.Parse("2006-01-02", a.Day); err == nil {
				s.check(s.f.SetCellValue(s.name, cell(9, s.row), day))
				s.check(s.f.SetCellStyle(s.name, cell(9, s.row), cell(9, s.row), b.date))
			}
			s.put(10, "", b.input)
			s.put(11, b.remark(r, &a), b.input)
			s.choose(8, s.row, s.row, q.Choices)
		}
	}
}

// remark is what stands beside an answer: its reason, and what the diagnosis saw against it.
func (b *book) remark(r *report.Requirement, a *report.Answered) string {
	lines := []string{a.Reason}
	if a.Documents > 0 {
		lines = append(lines, fmt.Sprintf(b.say(i18n.Text{JA: "資料 %d 件", EN: "Documents: %d"}), a.Documents))
	}
	for _, c := range r.Contradictions {
		if c.Question == a.Question {
			lines = append(lines, b.say(i18n.Text{JA: "食い違い: ", EN: "Contradiction: "})+c.Words)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func mark(t report.Tone, word string) string { return strings.TrimSpace(t.Sign() + " " + word) }

func (b *book) findingIDs(r *report.Requirement) string {
	var ids []string
	for _, n := range r.Findings {
		if n >= 1 && n <= len(b.d.Findings) {
			ids = append(ids, b.d.Findings[n-1].ID)
		}
	}
	if len(ids) > 12 {
		ids = append(ids[:12], "…")
	}
	return strings.Join(ids, " ")
}

func (b *book) otherEditions(s *sheet) {
	s.widths(30, 16, 10, 46, 14, 50, 14)
	s.heading(s.name, i18n.Text{JA: "ほかの文書の項目に当てはめた結果です。", EN: "The results held against further documents."})
	s.header(i18n.Text{JA: "文書", EN: "Document"}, i18n.Text{JA: "部", EN: "Part"}, i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "要件", EN: "Requirement"},
		i18n.Text{JA: "判定", EN: "Verdict"}, i18n.Text{JA: "理由", EN: "Reason"}, i18n.Text{JA: "検出事項", EN: "Findings"})
	for i := range b.d.Requirements {
		r := &b.d.Requirements[i]
		if r.Edition != b.d.Requirements[0].Edition {
			s.line(b.plain, r.EditionTitle, r.PartTitle, r.Number, r.Title, mark(r.Tone, r.VerdictName), r.Reason, b.findingIDs(r))
		}
	}
}

func (b *book) findings(s *sheet) {
	s.widths(7, 30, 9, 12, 28, 12, 42, 42, 42, 16, 15, 20, 40, 8, 8, 10, 34, 20, 46, 50, 14, 13, 14, 28)
	s.header( // what is printed, what is for the screen, what is filled in
		i18n.Text{JA: "番号", EN: "No."}, i18n.Text{JA: "内容", EN: "What"}, i18n.Text{JA: "危険度", EN: "Severity"}, i18n.Text{JA: "確からしさ", EN: "Confidence"},
		i18n.Text{JA: "場所", EN: "Place"}, i18n.Text{JA: "対象の項目", EN: "Item"},
		i18n.Text{JA: "見つかったこと", EN: "What was seen"}, i18n.Text{JA: "直し方（運用する方）", EN: "How to fix (operator)"}, i18n.Text{JA: "直し方（開発会社）", EN: "How to fix (developer)"},
		i18n.Text{JA: "誰が直すか", EN: "Who fixes it"}, i18n.Text{JA: "手間の目安", EN: "Effort"}, i18n.Text{JA: "関係する要件", EN: "Requirements"},
		i18n.Text{JA: "URL", EN: "URL"}, i18n.Text{JA: "CVSS 3.1", EN: "CVSS 3.1"}, i18n.Text{JA: "CVSS 4.0", EN: "CVSS 4.0"}, i18n.Text{JA: "CWE", EN: "CWE"}, i18n.Text{JA: "参考", EN: "References"}, i18n.Text{JA: "検査項目", EN: "Check"},
		i18n.Text{JA: "どのように確かめたか", EN: "How it was confirmed"}, i18n.Text{JA: "同じ結果を確かめるコマンド", EN: "Command that repeats it"},
		i18n.Text{JA: "対応状況", EN: "State"}, i18n.Text{JA: "期限", EN: "Until"}, i18n.Text{JA: "担当者", EN: "Owner"}, i18n.Text{JA: "備考", EN: "Note"},
	)
	// The texts on how to repair are the same for all findings of a check: rendered once.
	plain := map[string]string{}
	text := func(md string) string {
		t, ok := plain[md]
		if !ok {
			t = report.PlainText(md)
			plain[md] = t
		}
		return t
	}
	for i := range b.d.Findings {
		f := &b.d.Findings[i]
		var refs []string
		for _, r := range f.References {
			refs = append(refs, strings.TrimSpace(r.Text+" "+r.URL))
		}
		cwe := ""
		if f.CWE != 0 {
			cwe = "CWE-" + strconv.Itoa(f.CWE)
		}
		proof, curl := "", ""
		if f.Proof != nil {
			proof, curl = f.Proof.Text(b.d.Lang), f.Proof.Curl
		}
		s.line(b.plain, f.ID, f.Title, f.SeverityName, f.ConfidenceName, cmp.Or(f.Place, f.Where), f.Parameter, report.PlainText(f.Seen), text(f.Operator), text(f.Developer),
			f.FixerName, f.EffortName, strings.Join(f.Requirements, "\n"), f.URL, score(f.Score31), score(f.Score40), cwe, strings.Join(refs, "\n"), f.Check, proof, curl)
		for col := 21; col <= 24; col++ {
			style := b.input
			if col == 22 {
				style = b.date
			}
			s.put(col, "", style)
		}
	}
	first, last := s.top+1, s.row
	if last < first {
		return
	}
	var states []string
	for _, t := range []i18n.Text{{JA: "未着手", EN: "Not begun"}, {JA: "対応中", EN: "In work"}, {JA: "対応済", EN: "Repaired"}, {JA: "再診断で確認", EN: "Retested"}, {JA: "対応しない", EN: "Will not repair"}} {
		states = append(states, b.say(t))
	}
	s.choose(21, first, last, states)
	s.keep, s.printed = 2, 12 // number and title stay in sight; the rest is for the screen
	b.colourSeverity(s, 3, first, last)
}

// score is a number, or nothing where there is none.
func score(n float64) any {
	if n == 0 {
		return ""
	}
	return n
}

// colourSeverity colours a column by the word of its severity; the word stays.
func (b *book) colourSeverity(s *sheet, col, first, last int) {
	var rules []excelize.ConditionalFormatOptions
	for _, c := range []struct {
		severity  check.Severity
		fill, ink string
	}{{check.Critical, "B80000", "FFFFFF"}, {check.High, "F6C9C5", "6B0000"}, {check.Medium, "FBE6A2", "4A3700"}, {check.Low, "E3E8F0", "1A1A1C"}} {
		id, err := b.f.NewConditionalStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{c.fill}}, Font: &excelize.Font{Bold: true, Color: c.ink}})
		s.check(err)
		rules = append(rules, excelize.ConditionalFormatOptions{Type: "cell", Criteria: "==", Format: &id, Value: `"` + c.severity.Name(b.d.Lang) + `"`})
	}
	s.check(b.f.SetConditionalFormat(s.name, cell(col, first)+":"+cell(col, last), rules))
}

func (b *book) plan(s *sheet) {
	s.widths(8, 60, 12, 10, 30, 24, 18)
	s.heading(s.name, i18n.Text{JA: "上から順に着手してください。", EN: "Work down from the top."})
	for _, sec := range b.d.Sections {
		if sec.ID != "plan" {
			continue
		}
		for _, bl := range sec.Blocks {
			t, ok := bl.(report.Table)
			if !ok {
				continue
			}
			s.row++
			s.top, s.cols = s.row, len(t.Head)
			for i, h := range t.Head {
				s.put(i+1, h, b.head)
			}
			for _, r := range t.Rows {
				row := make([]any, len(r))
				for i, c := range r {
					row[i] = c.Text
					if n, err := strconv.Atoi(c.Text); err == nil {
						row[i] = n
					}
				}
				s.line(b.plain, row...)
			}
			return
		}
	}
}

func (b *book) inventory(s *sheet) {
	s.widths(16, 40, 16, 50, 50)
	s.header(i18n.Text{JA: "種類", EN: "Kind"}, i18n.Text{JA: "名前", EN: "Name"}, i18n.Text{JA: "バージョン", EN: "Version"}, i18n.Text{JA: "場所", EN: "Place"}, i18n.Text{JA: "備考", EN: "Note"})
	for _, it := range b.d.Software {
		s.line(b.plain, b.say(i18n.Text{JA: "ソフトウェア", EN: "Software"}), it.Name, it.Version, it.Where, it.Note)
	}
	for _, it := range b.d.Scripts {
		s.line(b.plain, b.say(i18n.Text{JA: "スクリプト", EN: "Script"}), it.Name, it.Version, it.Where, it.Note)
	}
}

func (b *book) checks(s *sheet) {
	s.widths(30, 50, 14, 10, 10, 60, 26, 24)
	s.header(i18n.Text{JA: "分野", EN: "Suite"}, i18n.Text{JA: "検査項目（この弱点がないか）", EN: "Check (is there this fault?)"}, i18n.Text{JA: "結果", EN: "Result"}, i18n.Text{JA: "見た数", EN: "Examined"},
		i18n.Text{JA: "検出数", EN: "Findings"}, i18n.Text{JA: "理由", EN: "Reason"}, i18n.Text{JA: "名前", EN: "Name"}, i18n.Text{JA: "区分", EN: "Level"})
	for _, c := range b.d.Checks {
		s.line(b.plain, c.SuiteTitle, c.Title, mark(c.Tone, c.VerdictName), c.Examined, c.Findings, c.Reason, c.Name, report.LevelName(c.Level, b.d.Lang))
	}
}

func (b *book) ledger(s *sheet) {
	l := b.d.Ledger
	s.widths(60, 40)
	s.heading(s.name, i18n.Text{JA: "この診断で送った通信の要約です。", EN: "A summary of what this diagnosis sent."})
	s.line(b.plain, b.say(i18n.Text{JA: "最初の通信", EN: "First"}), b.d.Time(l.First))
	s.line(b.plain, b.say(i18n.Text{JA: "最後の通信", EN: "Last"}), b.d.Time(l.Last))
	for _, r := range []struct {
		name i18n.Text
		n    int
	}{
		{i18n.Text{JA: "HTTP のリクエスト", EN: "HTTP requests"}, l.Requests}, {i18n.Text{JA: "暗号化通信の確認（TLS）", EN: "TLS handshakes"}, l.Handshakes},
		{i18n.Text{JA: "ポートへの接続（TCP）", EN: "TCP connects"}, l.Connects}, {i18n.Text{JA: "DNS の問い合わせ", EN: "DNS lookups"}, l.Lookups},
		{i18n.Text{JA: "送信前に止めたリクエスト", EN: "Stopped before sending"}, l.Refused}, {i18n.Text{JA: "受信したバイト数", EN: "Bytes received"}, int(l.Bytes)},
		{i18n.Text{JA: "10秒間に同じ宛先へ送った最大の回数", EN: "Most requests to one address in 10 seconds"}, l.MaxIn10s},
	} {
		s.line(b.plain, b.say(r.name), r.n)
	}
	chain := i18n.Text{JA: "途切れなし", EN: "Unbroken"}
	if !l.Intact {
		chain = i18n.Text{JA: "途切れあり", EN: "Broken"}
	}
	s.line(b.plain, b.say(i18n.Text{JA: "台帳の途切れの有無", EN: "Chain"}), b.say(chain))
	s.line(b.plain, b.say(i18n.Text{JA: "最後の行のハッシュ", EN: "Hash of the last line"}), l.LastSum)
	var asked []report.LedgerRow
	for _, r := range l.ByCheck {
		asked = append(asked, report.LedgerRow{Name: b.d.Purpose(r.Name), Count: r.Count})
	}
	for _, t := range []struct {
		name i18n.Text
		rows []report.LedgerRow
	}{{i18n.Text{JA: "目的・検査項目", EN: "Purpose or check"}, asked}, {i18n.Text{JA: "応答の状態", EN: "Status of answers"}, l.ByStatus}} {
		s.row++
		s.line(b.head, b.say(t.name), b.say(i18n.Text{JA: "回数", EN: "Count"}))
		for _, r := range t.rows {
			s.line(b.plain, r.Name, r.Count)
		}
	}
}
