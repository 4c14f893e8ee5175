package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"miseban/internal/i18n"
	"miseban/internal/selection"
)

// Selection puts the record of a selection into a document: pseudonymous, as
// the record is.
func Selection(r *selection.Record, lang i18n.Lang) *Document {
	b := &selectionPaper{r, lang}
	d := &Document{Lang: lang, Title: b.t("診断対象の選定の記録"), Subtitle: r.Call.Programme.In(lang)}
	d.Sections = []Section{
		{ID: "result", Title: b.t("選定の結果"), Blocks: b.result()},
		{ID: "balance", Title: b.t("属性ごとの目標と結果"), Blocks: b.balance()},
	}
	if len(r.Call.Marks) > 0 {
		d.Sections = append(d.Sections, Section{ID: "marks", Title: b.t("事務局による指定と除外"), Blocks: b.marks()})
	}
	for _, list := range []struct {
		id    string
		title string
		fates []selection.Fate
	}{
		{"chosen", b.t("選定した応募"), []selection.Fate{selection.Chosen}},
		{"reserves", b.t("補欠（繰り上げる順）"), []selection.Fate{selection.Reserve}},
		{"waiting", b.t("選ばれなかった応募（補欠の次の順）"), []selection.Fate{selection.Waiting}},
		{"out", b.t("選定の対象にならなかった応募"), []selection.Fate{selection.Ineligible, selection.Barred, selection.Represented}},
	} {
		d.Sections = append(d.Sections, Section{ID: list.id, Title: list.title, Blocks: b.decisions(list.fates)})
	}
	d.Sections = append(d.Sections, Section{ID: "method", Title: b.t("選び方と確かめ方"), Blocks: b.method()})
	return d
}

type selectionPaper struct {
	r    *selection.Record
	lang i18n.Lang
}

func (b *selectionPaper) t(ja string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.T(b.lang, ja, args)
}

// SelectionQuality says how good a selection is known to be: 最適 only when that is proved.
func SelectionQuality(o *selection.Outcome, lang i18n.Lang) string {
	if o.Proved {
		return i18n.T(lang, "最適（ずれがこれより小さい選び方がないことを証明済み）", nil)
	}
	return i18n.T(lang, "最適とは証明されていない（下限との差 {gap}）", i18n.Args{"gap": o.Gap})
}

func (b *selectionPaper) result() []Block {
	c, o := &b.r.Call, &b.r.Outcome
	eligible := 0
	for _, l := range c.Applicants {
		if l.Eligible {
			eligible++
		}
	}
	rows := []Fact{
		{Name: b.t("応募"), Value: b.t("{n} 件（資格あり {m} 件）", "n", fmt.Sprint(len(c.Applicants)), "m", fmt.Sprint(eligible))},
		{Name: b.t("選んだ数"), Value: fmt.Sprint(len(o.Chosen))},
		{Name: b.t("補欠"), Value: fmt.Sprint(len(o.Reserves))},
		{Name: b.t("目標とのずれ"), Value: fmt.Sprint(o.Deviation)},
		{Name: b.t("ずれの下限"), Value: fmt.Sprint(o.Bound)},
		{Name: b.t("判定"), Value: SelectionQuality(o, b.lang)},
	}
	if c.At != "" {
		rows = append(rows, Fact{Name: b.t("選定した日時"), Value: c.At})
	}
	rows = append(rows, Fact{Name: b.t("記録のハッシュ値"), Value: b.r.Digest})
	blocks := []Block{Facts{Rows: rows}}
	if c.Synthetic {
		blocks = append([]Block{Callout{Tone: Warn, Title: b.t("見本のデータです"), Markdown: b.t("応募はすべて作りもので、実在の会社やお店とは関係ありません。")}}, blocks...)
	}
	return blocks
}

func (b *selectionPaper) balance() []Block {
	var blocks []Block
	for _, a := range b.r.Call.Attributes {
		t := Table{Caption: a.Name.In(b.lang), Head: []string{a.Name.In(b.lang), b.t("応募"), b.t("資格あり"), b.t("目標（許容幅）"), b.t("選定数"), b.t("ずれ")}, Widths: []float64{4, 1.2, 1.4, 2.2, 1.3, 1.1}}
		i := 0
		for _, x := range b.r.Outcome.Aims {
			if x.Attribute != a.ID {
				continue
			}
			target := b.t("なし")
			if x.Target != nil {
				target = fmt.Sprintf("%d ± %d", *x.Target, x.Tolerance)
			}
			if x.Min != nil {
				target += b.t("、{n} 以上", "n", fmt.Sprint(*x.Min))
			}
			if x.Max != nil {
				target += b.t("、{n} 以下", "n", fmt.Sprint(*x.Max))
			}
			tone := Neutral
			if x.Deviation > 0 {
				tone = Warn
			}
			t.Rows = append(t.Rows, []Cell{{Text: a.Values[i].Name.In(b.lang)}, {Text: fmt.Sprint(x.Applied)}, {Text: fmt.Sprint(x.Eligible)}, {Text: target}, {Text: fmt.Sprint(x.Chosen)}, {Text: fmt.Sprint(x.Deviation), Tone: tone}})
			i++
		}
		blocks = append(blocks, t)
	}
	if len(b.r.Outcome.Rules) > 0 {
		t := Table{Caption: b.t("必ず守る規則"), Head: []string{b.t("規則"), b.t("下限"), b.t("上限"), b.t("選定数")}, Widths: []float64{5, 1, 1, 1}}
		for _, r := range b.r.Outcome.Rules {
			t.Rows = append(t.Rows, []Cell{{Text: r.Name}, {Text: limit(r.Min)}, {Text: limit(r.Max)}, {Text: fmt.Sprint(r.Chosen)}})
		}
		blocks = append(blocks, t)
	}
	return blocks
}

func limit(n *int) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprint(*n)
}

func (b *selectionPaper) marks() []Block {
	m := b.r.Outcome.Marks
	cost := map[string]int{}
	for _, x := range m.Each {
		cost[x.ID] = x.Cost
	}
	t := Table{Head: []string{"ID", b.t("扱い"), b.t("理由"), b.t("取りやめた場合に減るずれ")}, Widths: []float64{2.4, 1.2, 5, 1.6}}
	for _, x := range b.r.Call.Marks {
		kind := b.t("除外")
		if x.Pin {
			kind = b.t("指定")
		}
		n := "–"
		if c, ok := cost[x.ID]; ok {
			n = fmt.Sprint(c)
		}
		t.Rows = append(t.Rows, []Cell{{Text: x.ID, Code: true}, {Text: kind}, {Text: x.Note}, {Text: n}})
	}
	words := b.t("指定と除外がなければ、ずれは {without} でした。指定と除外により {cost} 増えています。", "without", fmt.Sprint(m.Without), "cost", fmt.Sprint(b.r.Outcome.Deviation-m.Without))
	if !m.Proved {
		words += b.t("いずれかの選定が最適とは証明されていないため、増えた数は目安です。")
	}
	return []Block{Prose{Markdown: words}, t}
}

func (b *selectionPaper) decisions(fates []selection.Fate) []Block {
	type row struct {
		d      *selection.Decision
		values []string
	}
	var rows []row
	for i := range b.r.Outcome.Decisions {
		d := &b.r.Outcome.Decisions[i]
		if !slices.Contains(fates, d.Fate) {
			continue
		}
		rows = append(rows, row{d, b.values(b.r.Call.Applicants[i].Values)})
	}
	if len(rows) == 0 {
		return []Block{Prose{Markdown: b.t("ありません。")}}
	}
	slices.SortStableFunc(rows, func(x, y row) int { return cmp.Compare(x.d.Rank, y.d.Rank) })
	ranked := rows[0].d.Rank > 0
	t := Table{Head: []string{"ID", b.t("属性"), b.t("理由")}, Widths: []float64{2.1, 4, 5}}
	if ranked {
		t.Head, t.Widths = append([]string{b.t("順位")}, t.Head...), append([]float64{0.8}, t.Widths...)
	}
	for _, x := range rows {
		reason := x.d.Reason.In(b.lang)
		if len(fates) > 1 {
			reason = x.d.Fate.Name(b.lang) + ": " + reason
		}
		cells := []Cell{{Text: x.d.ID, Code: true}, {Text: strings.Join(x.values, " / ")}, {Text: reason}}
		if ranked {
			cells = append([]Cell{{Text: fmt.Sprint(x.d.Rank)}}, cells...)
		}
		t.Rows = append(t.Rows, cells)
	}
	return []Block{t}
}

// values names an applicant's values in words.
func (b *selectionPaper) values(ids []string) []string {
	out := slices.Clone(ids)
	for i, a := range b.r.Call.Attributes {
		for _, v := range a.Values {
			if v.ID == ids[i] {
				out[i] = v.Name.In(b.lang)
			}
		}
	}
	return out
}

func (b *selectionPaper) method() []Block {
	c, o := &b.r.Call, &b.r.Outcome
	var steps []string
	for _, x := range o.Log {
		steps = append(steps, "- "+x.In(b.lang))
	}
	return []Block{
		Prose{Markdown: b.t("値ごとに、選んだ数が目標から1件離れるたびにずれを1（重みがあればその値）、許容幅を超えた分はその上に10を足して数えます。ずれの合計がいちばん小さい選び方を探しました。同じ属性の組み合わせの応募の間と、ずれの等しい選び方の間は、くじで決めています。")},
		Facts{Rows: []Fact{
			{Name: b.t("くじの種"), Value: c.Seed},
			{Name: b.t("種のハッシュ値（募集の締め切り前に公開）"), Value: c.Commitment},
			{Name: b.t("調べた量"), Value: b.t("入れ替え {exchanges} 回、場合分け {nodes} 件", "exchanges", fmt.Sprint(o.Exchanges), "nodes", fmt.Sprint(o.Nodes))},
		}},
		Prose{Markdown: strings.Join(steps, "\n")},
		Prose{Markdown: b.t("確かめるには、記録のファイルを `miseban select --record 記録 --out やり直した記録` に渡します。同じファイルができれば、記録の応募と条件から、この結果が出たことになります。応募者は、受付番号とくじの種から自分の ID を計算できます。")},
	}
}
