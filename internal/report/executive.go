package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"miseban/internal/check"
	"miseban/internal/verdict"
)

func (b *builder) cover() Section {
	run := b.a.Run
	s := Section{ID: "cover", Title: b.t("表紙"), Blocks: []Block{
		Facts{Rows: []Fact{
			{Name: b.t("診断したサイト"), Value: run.Shop},
			{Name: b.t("診断した日時"), Value: b.period()},
			{Name: b.t("診断のレベル"), Value: LevelName(run.Scope.Level.String(), b.lang)},
			{Name: b.t("診断を求めた人"), Value: b.authority()},
			{Name: b.t("準拠した文書"), Value: b.editions()},
			{Name: b.t("報告書の作成"), Value: b.time(b.a.At)},
			{Name: b.t("診断番号"), Value: run.ID},
			{Name: b.t("使用したソフトウェア"), Value: "Miseban 店番 " + run.Version},
		}},
		Callout{Tone: Neutral, Title: b.t("この報告書の取り扱い"), Markdown: b.t("この報告書には、攻撃の手がかりになる内容が含まれます。社内の関係者と、対応を依頼する委託先だけで共有してください。メールで送るときは、ファイルにパスワードを付けるなどの配慮をお願いします。")},
	}}
	return s
}

// editions names the documents by which the report judges and, of each, the
// revision of our data: it changes when somebody compares it with the original.
func (b *builder) editions() string {
	var names []string
	for i := range b.a.Judged {
		e := b.a.Judged[i].Edition
		name := b.t("{title}（データの第 {n} 改訂）", "title", e.Title.In(b.lang), "n", e.RevisionName())
		if then := b.a.Run.Editions[e.ID]; then != "" && then != e.RevisionName() {
			name = b.t("{title}（データの第 {n} 改訂。診断のときは第 {then} 改訂）", "title", e.Title.In(b.lang), "n", e.RevisionName(), "then", then)
		}
		names = append(names, name)
	}
	return strings.Join(names, b.t("、"))
}

func (b *builder) period() string {
	run := b.a.Run
	if run.Ended.IsZero() {
		return b.t("{from} から（途中まで）", "from", b.time(run.Started))
	}
	return b.t("{from} 〜 {until}", "from", b.time(run.Started), "until", run.Ended.In(b.in.Zone).Format("15:04"))
}

func (b *builder) authority() string {
	a := b.a.Run.Scope.Authority
	switch {
	case a.Person == "" && a.Organisation == "":
		return b.t("（このコンピュータの中のサイトのため、不要）")
	case a.Organisation == "":
		return a.Person
	}
	return b.t("{org} {person}", "org", a.Organisation, "person", a.Person)
}

// executive is the one page for the owner: how bad, what to decide, what it
// could cost, and what the owner himself has to do.
func (b *builder) executive() Section {
	s := Section{ID: "executive", Title: b.t("経営者の方へ"), Page: true}
	g := b.doc.Grade
	s.Blocks = append(s.Blocks, Callout{Tone: g.Tone, Title: g.Name, Markdown: g.Advice})
	s.Blocks = append(s.Blocks, Heading{Level: 2, Text: b.t("見つかった弱点の数")}, b.severityBars())
	if n := b.infos(); n > 0 {
		s.Blocks = append(s.Blocks, Prose{b.t("ほかに、弱点ではない参考の指摘が {n} 件あります。", "n", fmt.Sprint(n))})
	}
	if len(b.a.Plan) > 0 {
		s.Blocks = append(s.Blocks, Heading{Level: 2, Text: b.t("決めていただきたいこと")}, Prose{b.t("上から順に、担当者または委託先へ指示してください。続きは「優先順位つき対策計画」にあります。")}, b.decisions())
	}
	s.Blocks = append(s.Blocks,
		Heading{Level: 2, Text: b.t("被害が起きると")},
		Prose{b.t("情報漏えいを起こした中小の EC サイトでは、事故対応の費用が平均 約2,400万円（回答19社、IPA の聞き取り調査、2023年公表）、サイトを閉じていた間の売上の減少が平均 約5,700万円（個人情報保護委員会の調査）と公表されています。**これは公表された平均で、このサイトの予測ではありません。**")},
		Heading{Level: 2, Text: b.t("経営者が取り組む7項目")},
		Prose{b.t("次の7項目は、サイトの外からは確認できません。実施の状況を、実務担当者と一緒に確かめてください。")},
	)
	if b.doc.Spoken {
		s.Blocks[len(s.Blocks)-1] = Prose{b.t("次の7項目は、サイトの外からは確認できません。判定は、チェックリストへの回答と資料によります。")}
	}
	rows := [][]Cell{}
	for _, r := range b.doc.Requirements {
		if r.Edition == b.a.Judged[0].Edition.ID && r.Part == "executive" {
			rows = append(rows, []Cell{{Text: r.Number}, {Text: r.Title}, {Text: r.VerdictName, Tone: r.Tone}})
		}
	}
	s.Blocks = append(s.Blocks, Table{Head: []string{b.t("番号"), b.t("項目"), b.t("判定")}, Rows: rows, Widths: []float64{1, 9, 2}})
	return s
}

func (b *builder) severityBars() Bars {
	n := map[check.Severity]int{}
	for _, f := range b.doc.Findings {
		n[f.Severity]++
	}
	out := Bars{}
	for _, s := range []check.Severity{check.Critical, check.High, check.Medium, check.Low} {
		out.Rows = append(out.Rows, Bar{Label: b.t("危険度 {name}", "name", s.Name(b.lang)), Value: n[s], Tone: severityTone(s)})
	}
	return out
}

// infos counts the findings that are no weaknesses.
func (b *builder) infos() int {
	n := 0
	for _, f := range b.doc.Findings {
		if f.Severity == check.Info {
			n++
		}
	}
	return n
}

func (b *builder) decisions() Table {
	t := Table{Head: []string{b.t("順"), b.t("何が問題か"), b.t("誰が直すか"), b.t("手間の目安")}, Widths: []float64{1, 7, 3, 3}}
	for i, a := range b.a.Plan {
		if i == 3 {
			break
		}
		t.Rows = append(t.Rows, []Cell{
			{Text: fmt.Sprint(i + 1)}, {Text: b.texts[a.Check].Title, Link: b.findingLink(a.Check), Tone: severityTone(a.Severity)},
			{Text: FixerName(a.Fixer, b.lang)}, {Text: EffortName(a.Effort, b.lang)},
		})
	}
	return t
}

// findingLink is the anchor of the first finding of a check.
func (b *builder) findingLink(name string) string {
	for _, f := range b.doc.Findings {
		if f.Check == name {
			return "#" + f.ID
		}
	}
	return ""
}

func (b *builder) overall() Section {
	s := Section{ID: "overall", Title: b.t("総合判定"), Page: true}
	g := b.doc.Grade
	s.Blocks = append(s.Blocks,
		Facts{Rows: []Fact{{Name: b.t("総合判定"), Value: g.Name, Tone: g.Tone}}},
		Heading{Level: 2, Text: b.t("要件の判定")},
		b.verdictTable(),
		Prose{b.metMeans()},
		Heading{Level: 2, Text: b.t("検査項目の結果")},
		b.checkCounts(),
	)
	if g, name, ok := b.wkdGrade(); ok {
		s.Blocks = append(s.Blocks, Facts{Rows: []Fact{{Name: b.t("ウェブ健康診断（A〜M）の総合判定"), Value: name, Tone: g}}})
	}
	if clashes := b.clashes(); len(clashes) > 0 {
		s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "contradictions", Text: b.t("回答と診断の食い違い")},
			Callout{Tone: Warn, Title: b.t("食い違いが {n} 件あります", "n", fmt.Sprint(len(clashes))), Markdown: b.t("チェックリストへの回答と、診断で見たことを並べました。回答した方と一緒に、今の状態を確かめてください。")}, b.contradictions(clashes))
	}
	return s
}

func (b *builder) verdictTable() Table {
	t := Table{Head: []string{b.t("部")}, Widths: []float64{6}}
	for _, v := range verdict.All {
		t.Head = append(t.Head, v.Name(b.lang))
		t.Widths = append(t.Widths, 2)
		if v == verdict.Met && b.doc.Spoken {
			t.Head = append(t.Head, b.t("{verdict}（自己申告）", "verdict", v.Name(b.lang)))
			t.Widths = append(t.Widths, 2.6)
		}
	}
	j := &b.a.Judged[0]
	apart := b.provider()
	if apart {
		t.Head, t.Widths = append(t.Head, b.t("サービス提供者の分")), append(t.Widths, 3)
	}
	for i := range j.Edition.Parts {
		p := &j.Edition.Parts[i]
		n := j.Count(p.ID)
		row := []Cell{{Text: p.Title.In(b.lang)}}
		for _, v := range verdict.All {
			c := Cell{Text: fmt.Sprint(n[v])}
			if n[v] > 0 {
				c.Tone = toneOf(v)
			}
			row = append(row, c)
			if v == verdict.Met && b.doc.Spoken {
				row = append(row, Cell{Text: fmt.Sprint(j.Declared(p.ID))})
			}
		}
		if apart {
			row = append(row, Cell{Text: b.theirs(j.Theirs(p.ID))})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// provider says that a part of the work is that of a service's provider.
func (b *builder) provider() bool {
	return b.a.Said != nil && b.a.Said.Form != ""
}

// theirs are the judgements of what is the provider's, in one cell.
func (b *builder) theirs(n map[verdict.Verdict]int) string {
	var out []string
	for _, v := range verdict.All {
		if n[v] > 0 {
			out = append(out, b.t("{verdict} {n}", "verdict", v.Name(b.lang), "n", fmt.Sprint(n[v])))
		}
	}
	return cmp.Or(strings.Join(out, "\n"), "–")
}

// metMeans says what 適合 stands for in this report.
func (b *builder) metMeans() string {
	if b.provider() {
		return b.t("「{form}」のお店なので、サービス提供者が行う要件を分けて数えます。提供者の回答や資料があるまでは「未確認」です。「適合」は、判定を決める検査項目をすべて確認できた要件と、すべての質問に資料つきで「実施済」と回答した要件だけに付けています。資料のない「実施済」による「適合（自己申告）」は、別に数えます。", "form", b.a.Said.Form.Name(b.lang))
	}
	if b.doc.Spoken {
		return b.t("「適合」は、判定を決める検査項目をすべて確認できた要件と、すべての質問に資料つきで「実施済」と回答した要件だけに付けています。資料のない「実施済」による「適合（自己申告）」は、別に数えます。")
	}
	return b.t("「適合」は、判定を決める項目をすべて確認できた要件だけに付けています。外部から一部しか見えない要件は、問題が見つからなくても「未確認」です。")
}

// clashes are all contradictions, each once: a question may stand for several requirements.
func (b *builder) clashes() []Contradiction {
	var out []Contradiction
	for _, r := range b.doc.Requirements {
		for _, c := range r.Contradictions {
			if !slices.ContainsFunc(out, func(o Contradiction) bool { return o.Text == c.Text && o.Check == c.Check }) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (b *builder) checkCounts() Bars {
	n := map[verdict.Verdict]int{}
	for _, c := range b.doc.Checks {
		n[c.Verdict]++
	}
	out := Bars{}
	for _, v := range verdict.All {
		out.Rows = append(out.Rows, Bar{Label: v.Name(b.lang), Value: n[v], Tone: toneOf(v)})
	}
	return out
}
