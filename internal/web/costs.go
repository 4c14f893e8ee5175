package web

import (
	"cmp"
	"net/http"
	"slices"

	"miseban/internal/account"
	"miseban/internal/guideline"
	"miseban/internal/handout"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/web/view"
)

// swingsShown is how many numbers the chart of the comparison shows.
const swingsShown = 12

// comparison reads the numbers of a comparison from the address; what is not
// there stays as it is shipped.
func (s *Server) comparison(v *visit) (*view.Costs, error) {
	q := v.URL.Query()
	c := handout.Comparison()
	f := &view.Costs{Model: c, In: c.Defaults(), Typed: map[string]string{}, Of: cmp.Or(q.Get("of"), "oss"), Against: cmp.Or(q.Get("against"), "saas"), Query: v.URL.RawQuery}
	if c.Form(f.Of) == nil || c.Form(f.Against) == nil {
		return nil, errForm
	}
	if f.Of == f.Against {
		f.Problems = append(f.Problems, account.Problem{Field: "against", Reason: account.Reason{Message: "比べる2つの形は、別のものを選んでください。"}})
	}
	for _, k := range c.Numbers() {
		typed, given := q[k.Name]
		if !given {
			continue
		}
		f.Typed[k.Name] = typed[0]
		x, ok := handout.ParseNumber(typed[0], k.Most)
		if !ok {
			what := view.NumberName(v.Lang, &k)
			f.Problems = append(f.Problems, account.Problem{Field: k.Name, Reason: account.Reason{Message: "「{what}」は 0 から {most} までの数字で入力してください。", Args: i18n.Args{"what": what, "most": view.Amount(k.Most)}}})
			continue
		}
		f.In[k.Name] = x
	}
	if len(f.Problems) > 0 {
		return f, nil
	}
	f.Results = map[string]handout.Cost{}
	for i := range c.Forms {
		f.Results[c.Forms[i].ID] = c.Cost(c.Forms[i].ID, f.In)
	}
	f.Swings = c.Sensitivity(f.Of, f.Against, f.In, swingsShown)
	e, err := s.editionNamed(v, "ipa-ec-2023")
	if err != nil {
		return nil, err
	}
	f.Duties, f.Questions = map[string]map[guideline.Duty]int{}, len(e.Questions)
	for i := range c.Forms {
		x := &c.Forms[i]
		form := guideline.Form(x.ID)
		if x.SelfBuilt() {
			form = ""
		}
		f.Duties[x.ID] = map[guideline.Duty]int{}
		for j := range e.Questions {
			f.Duties[x.ID][e.Duty(&e.Questions[j], form)]++
		}
	}
	return f, nil
}

func (s *Server) costsPage(w http.ResponseWriter, v *visit) error {
	f, err := s.comparison(v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(f.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.page(w, v, status, view.CostsPage(*f))
}

func (s *Server) costsFile(w http.ResponseWriter, v *visit) error {
	f, err := s.comparison(v)
	if err != nil {
		return err
	}
	if len(f.Problems) > 0 {
		return errForm
	}
	return s.sendPaper(w, v, "miseban-costs", s.costsDocument(v, f))
}

// costsDocument is the comparison on paper.
func (s *Server) costsDocument(v *visit, f *view.Costs) *report.Document {
	ctx := view.With(v.Context(), &view.Frame{Lang: v.Lang})
	d := &report.Document{Lang: v.Lang, Title: v.t("自社構築と ASP の比較"), Subtitle: v.t("5年間にかかる費用（セキュリティの運用を含む）"), Mark: v.t("社内検討用"), Made: s.now()}
	results := report.Table{Head: []string{v.t("費用")}, Widths: []float64{3}}
	for i := range f.Model.Forms {
		results.Head = append(results.Head, f.Model.Forms[i].Name.In(v.Lang))
		results.Widths = append(results.Widths, 2)
	}
	for _, line := range f.Lines(ctx) {
		row := []report.Cell{{Text: line.Name}}
		for _, c := range line.Cells {
			row = append(row, report.Cell{Text: c})
		}
		results.Rows = append(results.Rows, row)
	}
	bars := report.Bars{Caption: v.t("5年間の費用の合計（万円）")}
	for i := range f.Model.Forms {
		x := &f.Model.Forms[i]
		bars.Rows = append(bars.Rows, report.Bar{Label: x.Name.In(v.Lang), Value: int(f.Results[x.ID].Total + .5), Tone: report.Neutral})
	}
	swings := report.Table{Head: []string{v.t("変える数字"), v.t("小さいとき"), v.t("大きいとき"), v.t("差（小さいとき）"), v.t("差（大きいとき）"), v.t("結論")}, Widths: []float64{4, 1.6, 1.6, 2.2, 2.2, 2}}
	for i := range f.Swings {
		x := &f.Swings[i]
		verdict, tone := v.t("変わりません"), report.Neutral
		if x.Turns(f.Difference()) {
			verdict, tone = v.t("入れ替わります"), report.Warn
		}
		swings.Rows = append(swings.Rows, []report.Cell{{Text: view.NumberName(v.Lang, &x.Known)}, {Text: view.InUnit(v.Lang, &x.Known, x.From)}, {Text: view.InUnit(v.Lang, &x.Known, x.To)},
			{Text: view.Signed(v.Lang, x.Low)}, {Text: view.Signed(v.Lang, x.High)}, {Text: verdict, Tone: tone}})
	}
	merits := report.Section{ID: "merits", Title: v.t("よい点と注意する点"), Page: true}
	var used []*handout.Figure
	for i := range f.Model.Forms {
		x := &f.Model.Forms[i]
		merits.Blocks = append(merits.Blocks, report.Heading{Level: 2, Text: x.Name.In(v.Lang)})
		var md string
		for _, side := range []struct {
			sign string
			list []i18n.Text
		}{{"＋ ", x.Good}, {"－ ", x.Bad}} {
			for _, m := range side.list {
				md += "- " + side.sign + handout.Fill(m, v.Lang, &used) + "\n"
			}
		}
		merits.Blocks = append(merits.Blocks, report.Prose{Markdown: md})
	}
	sources := report.Table{Head: []string{v.t("数字"), v.t("使った値"), v.t("初めの値（範囲）"), v.t("出典")}, Widths: []float64{4, 1.8, 2.8, 4}}
	for _, k := range f.Model.Numbers() {
		cell := report.Cell{Text: view.InUnit(v.Lang, &k, f.In[k.Name])}
		if f.In[k.Name] != k.Value.Value {
			cell.Tone = report.Warn
		}
		sources.Rows = append(sources.Rows, []report.Cell{{Text: view.NumberName(v.Lang, &k)}, cell, {Text: view.InUnit(v.Lang, &k, k.Value.Value) + "\n(" + view.InUnit(v.Lang, &k, k.Value.Low) + " – " + view.InUnit(v.Lang, &k, k.Value.High) + ")"}, {Text: k.Value.Cite(v.Lang, 0, k.Value.N)}})
	}
	of, against := f.Model.Form(f.Of), f.Model.Form(f.Against)
	d.Sections = []report.Section{
		{ID: "results", Title: v.t("5年間の費用"), Blocks: []report.Block{
			report.Callout{Tone: report.Warn, Title: v.t("目安です"), Markdown: v.t("初めの値の多くは私たちの仮定か二次資料の相場です。見積書の数字に置き換えてから、判断に使ってください。")},
			results, bars, report.Prose{Markdown: f.Verdict(ctx)}}},
		{ID: "sensitivity", Title: v.t("どの数字で結論が変わるか（{of}と{against}の差）", "of", of.Name.In(v.Lang), "against", against.Name.In(v.Lang)), Blocks: []report.Block{
			report.Prose{Markdown: v.t("一つの数字だけを範囲の端まで動かしたときの、5年間の費用の差です。プラスは{of}の方が高いことを表します。", "of", of.Name.In(v.Lang))}, swings}},
		merits,
		{ID: "sources", Title: v.t("使った数字と出典"), Page: true, Blocks: []report.Block{report.Prose{Markdown: v.t("色の付いた値は、初めの値から変えたものです。")}, sources}},
	}
	if len(used) > 0 {
		var rows [][]report.Cell
		for _, x := range used {
			rows = append(rows, []report.Cell{{Text: x.Text.In(v.Lang)}, {Text: x.Says.In(v.Lang)}, {Text: x.Cite(v.Lang)}})
		}
		last := &d.Sections[slices.IndexFunc(d.Sections, func(x report.Section) bool { return x.ID == "merits" })]
		last.Blocks = append(last.Blocks, report.Table{Head: []string{v.t("数字"), v.t("内容"), v.t("出典")}, Rows: rows, Widths: []float64{2, 4, 5}})
	}
	return d
}
