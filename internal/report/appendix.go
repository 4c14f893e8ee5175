package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/verdict"
)

func (b *builder) findingSection() Section {
	s := Section{ID: "findings", Title: b.t("検出事項"), Page: true}
	if len(b.doc.Findings) == 0 {
		s.Blocks = append(s.Blocks, Prose{b.t("検出事項はありません。")})
		return s
	}
	s.Blocks = append(s.Blocks, Prose{b.findingCount()})
	t := Table{Head: []string{b.t("番号"), b.t("内容"), b.t("場所"), b.t("危険度"), b.t("確からしさ")}, Widths: []float64{1.2, 6, 4, 1.5, 2}}
	places := map[string]int{}
	for _, f := range b.doc.Findings {
		places[f.Check+"\x00"+f.Where]++
	}
	for _, f := range b.doc.Findings {
		place := f.Place
		if places[f.Check+"\x00"+f.Where] > 1 && f.Parameter != "" {
			place += " " + f.Parameter
		}
		t.Rows = append(t.Rows, []Cell{{Text: f.ID, Link: "#" + f.ID}, {Text: f.Title}, {Text: place, Code: true}, {Text: f.SeverityName, Tone: f.Tone}, {Text: f.ConfidenceName}})
	}
	s.Blocks = append(s.Blocks, t)
	for i := range b.doc.Findings {
		s.Blocks = append(s.Blocks, FindingCard{i})
	}
	return s
}

// findingCount says how many findings there are, and how many of each severity.
func (b *builder) findingCount() string {
	n := map[check.Severity]int{}
	for _, f := range b.doc.Findings {
		n[f.Severity]++
	}
	var parts []string
	for _, s := range []check.Severity{check.Critical, check.High, check.Medium, check.Low, check.Info} {
		if n[s] > 0 {
			parts = append(parts, b.t("{name} {n}", "name", s.Name(b.lang), "n", fmt.Sprint(n[s])))
		}
	}
	return b.t("検出事項は {n} 件です（{parts}）。番号から、それぞれの説明へ移れます。", "n", fmt.Sprint(len(b.doc.Findings)), "parts", strings.Join(parts, b.t("、")))
}

func (b *builder) plan() Section {
	s := Section{ID: "plan", Title: b.t("優先順位つき対策計画"), Page: true}
	if len(b.a.Plan) == 0 {
		s.Blocks = append(s.Blocks, Prose{b.t("対策が必要な検出事項はありません。次の診断の時期を決めてください。")})
		return s
	}
	s.Blocks = append(s.Blocks, Prose{b.t("危険度、攻撃のしやすさ、直す手間から順番を付けました。上から着手してください。")})
	t := Table{Head: []string{b.t("順"), b.t("対策する内容"), b.t("危険度"), b.t("件数"), b.t("誰が直すか"), b.t("手間の目安"), b.t("期限の目安")}, Widths: []float64{0.8, 6, 1.4, 1.2, 3, 3, 2.2}}
	for i, a := range b.a.Plan {
		t.Rows = append(t.Rows, []Cell{
			{Text: fmt.Sprint(i + 1)}, {Text: b.texts[a.Check].Title, Link: b.findingLink(a.Check)}, {Text: a.Severity.Name(b.lang), Tone: severityTone(a.Severity)},
			{Text: fmt.Sprint(len(a.Findings))}, {Text: FixerName(a.Fixer, b.lang)}, {Text: EffortName(a.Effort, b.lang)}, {Text: b.due(a.Severity, a.Effort)},
		})
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// due says by when, in a way that the effort allows: a move takes longer than
// a week or two, but it can be planned in them.
func (b *builder) due(severity check.Severity, effort check.Effort) string {
	switch {
	case severity == check.Critical:
		return b.t("今日中に着手")
	case severity == check.High && effort == check.Project:
		return b.t("1〜2週間で計画")
	case severity == check.High:
		return b.t("1〜2週間")
	case severity == check.Medium:
		return b.t("1〜3か月")
	}
	return b.t("次の改修時")
}

// inventory gathers the notes of the checks: software, scripts and the rest.
func (b *builder) inventory() {
	for _, r := range b.results() {
		for _, n := range r.Notes {
			arg := func(k string) string {
				if w, ok := n.Words[k]; ok {
					return w.In(b.lang)
				}
				return n.Args[k]
			}
			it := Item{Name: arg("name"), Version: arg("version"), Where: n.Where, Note: arg("note")}
			switch n.Kind {
			case "software":
				b.doc.Software = append(b.doc.Software, it)
			case "script":
				b.doc.Scripts = append(b.doc.Scripts, it)
			}
		}
	}
	order := func(x, y Item) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Where, y.Where)) }
	for _, list := range []*[]Item{&b.doc.Software, &b.doc.Scripts} {
		slices.SortFunc(*list, order)
		*list = slices.CompactFunc(*list, func(x, y Item) bool { return x == y })
	}
}

func (b *builder) inventorySection() Section {
	s := Section{ID: "inventory", Title: b.t("ソフトウェア・スクリプト一覧"), Page: true}
	add := func(title, empty string, items []Item, version bool) {
		s.Blocks = append(s.Blocks, Heading{Level: 2, Text: title})
		if len(items) == 0 {
			s.Blocks = append(s.Blocks, Prose{empty})
			return
		}
		t := Table{Head: []string{b.t("名前")}, Widths: []float64{4}}
		if version {
			t.Head, t.Widths = append(t.Head, b.t("バージョン")), append(t.Widths, 2)
		}
		t.Head, t.Widths = append(t.Head, b.t("場所"), b.t("備考")), append(t.Widths, 4, 4)
		for _, it := range items {
			row := []Cell{{Text: it.Name}}
			if version {
				row = append(row, Cell{Text: cmp.Or(it.Version, b.t("不明"))})
			}
			t.Rows = append(t.Rows, append(row, Cell{Text: it.Where, Code: true}, Cell{Text: it.Note}))
		}
		s.Blocks = append(s.Blocks, t)
	}
	add(b.t("ソフトウェア"), b.t("外部から見えるソフトウェアはありませんでした。"), b.doc.Software, true)
	add(b.t("スクリプト"), b.t("外部のスクリプトは読み込まれていませんでした。"), b.doc.Scripts, false)
	for _, kind := range []struct{ kind, title string }{
		{"payment", b.t("決済")}, {"certificate", b.t("証明書")}, {"tls", b.t("暗号化通信の方式")}, {"port", b.t("接続できたポート")}, {"dns", "DNS"},
	} {
		t := b.noteTable(kind.kind)
		if len(t.Rows) > 0 {
			s.Blocks = append(s.Blocks, Heading{Level: 2, Text: kind.title}, t)
		}
	}
	return s
}

func (b *builder) noteTable(kind string) Table {
	t := Table{Head: []string{b.t("場所"), b.t("内容")}, Widths: []float64{4, 8}}
	for _, r := range b.results() {
		for _, n := range r.Notes {
			if n.Kind != kind {
				continue
			}
			text := b.noteText(&n)
			row := []Cell{{Text: n.Where, Code: true}, {Text: text}}
			if !slices.ContainsFunc(t.Rows, func(x []Cell) bool { return slices.Equal(x, row) }) {
				t.Rows = append(t.Rows, row)
			}
		}
	}
	return t
}

// noteText puts a note's values into words, in an order of its kind.
func (b *builder) noteText(n *check.Note) string {
	var parts []string
	for _, k := range []string{"name", "version", "note"} {
		v := n.Args[k]
		if w, ok := n.Words[k]; ok {
			v = w.In(b.lang)
		}
		if v != "" {
			parts = append(parts, v)
		}
	}
	for _, x := range []struct{ key, label string }{
		{"subject", b.t("名前: {value}", "value", n.Args["subject"])},
		{"organisation", b.t("組織: {value}", "value", n.Args["organisation"])},
		{"names", b.t("対象の名前: {value}", "value", n.Args["names"])},
		{"issuer", b.t("発行者: {value}", "value", n.Args["issuer"])},
		{"not_after", b.t("有効期限: {value}", "value", n.Args["not_after"])},
		{"key", b.t("鍵: {value}", "value", n.Args["key"])},
		{"versions", b.t("方式: {value}", "value", n.Args["versions"])},
		{"suites", b.t("暗号: {value}", "value", n.Args["suites"])},
		{"service", b.t("サービス: {value}", "value", n.Args["service"])},
		{"banner", b.t("名乗り: {value}", "value", n.Args["banner"])},
	} {
		if n.Args[x.key] != "" {
			parts = append(parts, x.label)
		}
	}
	return strings.Join(parts, "\n")
}

func (b *builder) appendix() Section {
	l := b.doc.Ledger
	chain := b.t("途切れなし")
	if !l.Intact {
		chain = b.t("途切れあり: 記録が書き換えられたおそれがあります")
	}
	s := Section{ID: "appendix", Title: b.t("付録"), Page: true, Blocks: []Block{
		Heading{Level: 2, ID: "ledger", Text: b.t("通信台帳の要約")},
		Facts{Rows: []Fact{
			{Name: b.t("期間"), Value: b.t("{from} 〜 {until}", "from", b.time(l.First), "until", b.time(l.Last))},
			{Name: b.t("HTTP のリクエスト"), Value: fmt.Sprint(l.Requests)},
			{Name: b.t("暗号化通信の確認"), Value: fmt.Sprint(l.Handshakes)},
			{Name: b.t("ポートへの接続"), Value: fmt.Sprint(l.Connects)},
			{Name: b.t("DNS の問い合わせ"), Value: fmt.Sprint(l.Lookups)},
			{Name: b.t("送信前に止めたリクエスト"), Value: fmt.Sprint(l.Refused)},
			{Name: b.t("台帳の途切れの有無"), Value: chain},
			{Name: b.t("最後の行のハッシュ"), Value: l.LastSum},
		}},
	}}
	if len(l.ByCheck) > 0 {
		t := Table{Caption: b.t("目的ごとのリクエスト数"), Head: []string{b.t("目的"), b.t("回数")}, Widths: []float64{9, 2}}
		for _, r := range l.ByCheck {
			t.Rows = append(t.Rows, []Cell{{Text: b.doc.Purpose(r.Name)}, {Text: fmt.Sprint(r.Count)}})
		}
		s.Blocks = append(s.Blocks, t)
	}
	for i := range b.a.Judged {
		e := b.a.Judged[i].Edition
		if i == 0 || e.ID == "ipa-wkd" {
			continue
		}
		s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "edition-" + e.ID, Text: e.Title.In(b.lang)})
		for k := range e.Parts {
			s.Blocks = append(s.Blocks, Heading{Level: 3, Text: b.t("{number} {title}", "number", e.Parts[k].Number, "title", e.Parts[k].Title.In(b.lang))}, b.requirementTable(e.ID, e.Parts[k].ID, false))
		}
	}
	t := Table{Head: []string{b.t("検査項目"), b.t("結果"), b.t("見た数"), b.t("理由")}, Widths: []float64{6, 2, 1.5, 5}}
	for _, c := range b.doc.Checks {
		text := b.t("「{title}」かどうか", "title", c.Title)
		if c.Verdict == verdict.NotMet {
			text = c.Title
		}
		t.Rows = append(t.Rows, []Cell{{Text: text, Link: b.findingLink(c.Name)}, {Text: c.VerdictName, Tone: c.Tone}, {Text: fmt.Sprint(c.Examined)}, {Text: c.Reason}})
	}
	s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "checks", Text: b.t("すべての検査項目")}, t)
	terms := Facts{}
	for _, x := range b.doc.Terms {
		terms.Rows = append(terms.Rows, Fact{Name: x.Word, Value: x.Meaning})
	}
	s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "terms", Text: b.t("用語")}, terms)
	return s
}

// Purpose says in words for what a request was sent: name is a check, or one
// of the askers that are none.
func (d *Document) Purpose(name string) string {
	for i := range d.Checks {
		if d.Checks[i].Name == name {
			return i18n.T(d.Lang, "検査「{title}」", i18n.Args{"title": d.Checks[i].Title})
		}
	}
	if t := purposes[name]; !t.IsZero() {
		return t.In(d.Lang)
	}
	return name
}

// purposes are the words for askers in the ledger that are no checks.
var purposes = map[string]i18n.Text{
	"hint":    {JA: "リンクがなくても、あることの多いページの確認", EN: "Pages that often exist without a link"},
	"crawl":   {JA: "ページをたどる", EN: "Following pages"},
	"control": {JA: "サイトが動いているかの確認", EN: "Seeing that the shop is up"},
	"robots":  {JA: "robots.txt の確認", EN: "Reading robots.txt"},
	"browser": {JA: "ブラウザでの表示", EN: "Rendering in a browser"},
}
