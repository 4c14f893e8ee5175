package report

import (
	"miseban/internal/guideline"
	"miseban/internal/verdict"
)

// requirementNames are how a finding refers to requirements, part by part:
// 「第2部 実践編（構築時の要件） 8、13」.
func (b *builder) requirementNames(e *guideline.Edition, name string) []string {
	var out []string
	last := ""
	for _, r := range e.RequirementsFor(name) {
		if r.Part == last {
			out[len(out)-1] += b.t("、") + r.Number
			continue
		}
		last = r.Part
		part := r.Part
		if p, ok := e.Part(r.Part); ok {
			part = p.Title.In(b.lang)
		}
		out = append(out, b.t("{part} {number}", "part", part, "number", r.Number))
	}
	return out
}

func (b *builder) requirements() {
	numbers := map[string][]int{}
	for _, f := range b.doc.Findings {
		for _, id := range f.RequirementIDs {
			numbers[id] = append(numbers[id], f.Number)
		}
	}
	for i := range b.a.Judged {
		j := &b.a.Judged[i]
		e := j.Edition
		for k := range j.Judgements {
			x := &j.Judgements[k]
			r, ok := e.Requirement(x.Requirement)
			if !ok {
				continue
			}
			row := Requirement{
				Edition: e.ID, EditionTitle: e.Title.In(b.lang), Part: r.Part, ID: r.ID, Number: r.Number,
				Title: r.Title.In(b.lang), TitleVerified: r.Title.Verified, Text: r.Text.In(b.lang),
				LevelVerified: r.Level.Verified, Level: b.requirementLevel(r),
				Verdict: x.Verdict, VerdictName: e.VerdictName(r, x.Verdict, b.lang), Tone: toneOf(x.Verdict), Reason: x.Reason.In(b.lang),
			}
			if p, ok := e.Part(r.Part); ok {
				row.PartTitle = p.Title.In(b.lang)
			}
			if x.Danger != "" {
				row.Danger = x.Danger.Name(b.lang)
			}
			for _, ref := range x.Basis {
				bs := Basis{Check: ref.Name, Title: b.texts[ref.Name].Title, Effect: effectName(ref.Effect, b.lang), Verdict: ref.Verdict, VerdictName: ref.Verdict.Name(b.lang), Tone: toneOf(ref.Verdict)}
				if bs.Title == "" {
					bs.Title = ref.Name
				}
				row.Basis = append(row.Basis, bs)
			}
			for _, c := range x.Contradictions {
				row.Contradictions = append(row.Contradictions, b.t("「実施済」という回答と、診断で見つかった「{title}」が食い違っています。", "title", b.texts[c.Name].Title))
			}
			for _, role := range guideline.Roles {
				if t := r.How.For(role); !t.IsZero() {
					row.How = append(row.How, Fact{Name: role.Name(b.lang), Value: t.In(b.lang)})
				}
			}
			for _, q := range e.QuestionsFor(r.ID) {
				out := Question{ID: q.ID, Text: q.Text.In(b.lang), Explain: q.Explain.In(b.lang), Evidence: q.Evidence.In(b.lang), Who: q.Who.Name(b.lang)}
				for _, a := range q.Choices() {
					out.Choices = append(out.Choices, a.Name(b.lang))
				}
				row.Questions = append(row.Questions, out)
			}
			if x.Verdict == verdict.NotMet || x.Verdict == verdict.Undetermined {
				row.Findings = numbers[e.ID+"/"+r.ID]
			}
			b.doc.Requirements = append(b.doc.Requirements, row)
		}
	}
}

// requirementLevel shows a level only where its source was verified.
func (b *builder) requirementLevel(r *guideline.Requirement) string {
	switch {
	case r.Level.Value == "" || r.Level.Value == guideline.LevelUnknown && r.Part == "executive":
		return "–" // the original gives these items no level
	case r.Level.Verified:
		return r.Level.Value.Name(b.lang)
	}
	return b.t("原文未確認")
}

func (b *builder) requirementSection() Section {
	e := b.a.Judged[0].Edition
	s := Section{ID: "requirements", Title: b.t("要件別判定"), Page: true, Blocks: []Block{
		Prose{b.t("ガイドラインの要件ごとに、外部から見えた範囲で判定しました。「区分」（必須・必要・推奨）は原文で確かめられたものだけを示し、ほかは「原文未確認」としています。")},
	}}
	for i := range e.Parts {
		p := &e.Parts[i]
		s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "part-" + p.ID, Text: p.Title.In(b.lang)}, b.requirementTable(e.ID, p.ID, true))
		for _, r := range b.doc.Requirements {
			if r.Edition == e.ID && r.Part == p.ID && (r.Verdict == verdict.NotMet || r.Verdict == verdict.Undetermined) {
				s.Blocks = append(s.Blocks, b.requirementDetail(&r)...)
			}
		}
	}
	return s
}

func (b *builder) requirementTable(edition, part string, level bool) Table {
	t := Table{Head: []string{b.t("番号"), b.t("要件")}, Widths: []float64{1.2, 7}}
	if level {
		t.Head, t.Widths = append(t.Head, b.t("区分")), append(t.Widths, 1.8)
	}
	t.Head, t.Widths = append(t.Head, b.t("判定"), b.t("理由")), append(t.Widths, 2, 5)
	for _, r := range b.doc.Requirements {
		if r.Edition != edition || r.Part != part {
			continue
		}
		row := []Cell{{Text: r.Number}, {Text: r.Title}}
		if level {
			row = append(row, Cell{Text: r.Level})
		}
		c := Cell{Text: r.VerdictName, Tone: r.Tone}
		if len(r.Findings) > 0 {
			c.Link = "#" + b.doc.Findings[r.Findings[0]-1].ID
		}
		t.Rows = append(t.Rows, append(row, c, Cell{Text: r.Reason}))
	}
	return t
}

func (b *builder) requirementDetail(r *Requirement) []Block {
	out := []Block{
		Heading{Level: 3, ID: "req-" + r.ID, Text: b.t("要件{number} {title}（{verdict}）", "number", r.Number, "title", r.Title, "verdict", r.VerdictName)},
		Prose{r.Text},
	}
	t := Table{Head: []string{b.t("根拠になった検査項目"), b.t("役割"), b.t("結果")}, Widths: []float64{6.2, 3.8, 2}}
	rest := 0
	for _, x := range r.Basis {
		if x.Verdict == verdict.Met || x.Verdict == verdict.NotExamined || x.Verdict == verdict.NotApplicable {
			rest++
			continue
		}
		t.Rows = append(t.Rows, []Cell{{Text: x.Title, Link: b.findingLink(x.Check)}, {Text: x.Effect}, {Text: x.VerdictName, Tone: x.Tone}})
	}
	out = append(out, t)
	for _, c := range r.Contradictions {
		out = append(out, Callout{Tone: Warn, Title: b.t("食い違い"), Markdown: c})
	}
	return out
}

func (b *builder) wkd() Section {
	s := Section{ID: "wkd", Title: b.t("ウェブ健康診断（A〜M）"), Page: true, Blocks: []Block{
		Prose{b.t("IPA「ウェブ健康診断仕様」の13項目に当てはめた結果です。検査用の値を送る項目（A、B、D など）は、このレベルの診断では確認しません。")},
	}}
	for i := range b.a.Judged {
		e := b.a.Judged[i].Edition
		if e.ID != "ipa-wkd" {
			continue
		}
		for k := range e.Parts {
			s.Blocks = append(s.Blocks, b.requirementTable(e.ID, e.Parts[k].ID, false))
		}
		if tone, name, ok := b.wkdGrade(); ok {
			s.Blocks = append(s.Blocks, Facts{Rows: []Fact{{Name: b.t("総合判定"), Value: name, Tone: tone}}})
		} else {
			s.Blocks = append(s.Blocks, Prose{b.t("確認していない項目があるため、総合判定は付けていません。")})
		}
	}
	return s
}

// wkdGrade is the health check's own overall grade, when enough is known for it.
func (b *builder) wkdGrade() (Tone, string, bool) {
	for i := range b.a.Judged {
		j := &b.a.Judged[i]
		if j.Edition.ID != "ipa-wkd" {
			continue
		}
		var found []guideline.Danger
		complete := true
		for _, x := range j.Judgements {
			if x.Verdict == verdict.NotMet && x.Danger != "" {
				found = append(found, x.Danger)
			}
			if x.Verdict == verdict.NotExamined || x.Verdict == verdict.Undetermined {
				complete = false
			}
		}
		g, sure := j.Edition.Grade(found, complete)
		if g == nil || !sure {
			return "", "", false
		}
		tone := Warn
		if len(found) == 0 {
			tone = Good
		}
		return tone, g.Name.In(b.lang), true
	}
	return "", "", false
}
