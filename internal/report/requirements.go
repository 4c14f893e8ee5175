package report

import (
	"cmp"

	"miseban/internal/assessment"
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
				Edition: e.ID, EditionTitle: e.Title.In(b.lang), EditionRevision: e.RevisionName(), Part: r.Part, ID: r.ID, Number: r.Number,
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
				if ref.Kind == assessment.FromAnswer {
					continue // stands among the answers
				}
				bs := Basis{Check: ref.Name, Title: b.texts[ref.Name].Title, Effect: effectName(ref.Effect, b.lang), Verdict: ref.Verdict, VerdictName: ref.Verdict.Name(b.lang), Tone: toneOf(ref.Verdict)}
				if bs.Title == "" {
					bs.Title = ref.Name
				}
				row.Basis = append(row.Basis, bs)
			}
			b.said(&row, e, x)
			for _, role := range guideline.Roles {
				if t := r.How.For(role); !t.IsZero() {
					row.How = append(row.How, Fact{Name: role.Name(b.lang), Value: t.In(b.lang)})
				}
			}
			for _, q := range e.QuestionsFor(r.ID) {
				out := Question{ID: q.ID, Text: q.Text.In(b.lang), Explain: q.Explain.In(b.lang), Evidence: q.Evidence.In(b.lang), Who: q.Who.Name(b.lang)}
				for _, a := range q.Choices() {
					out.Choices = append(out.Choices, e.AnswerName(a, b.lang))
				}
				row.Questions = append(row.Questions, out)
			}
			if x.Verdict == verdict.NotMet || x.Verdict == verdict.Undetermined || len(x.Contradictions) > 0 {
				row.Findings = numbers[e.ID+"/"+r.ID]
			}
			b.doc.Requirements = append(b.doc.Requirements, row)
		}
	}
}

// said adds what the shop says to a requirement, and what cannot be true
// together with the diagnosis.
func (b *builder) said(row *Requirement, e *guideline.Edition, x *assessment.Judgement) {
	if b.provider() {
		row.Duty, row.DutyName = string(x.Duty), x.Duty.Name(b.lang)
	}
	if x.Declared {
		row.Declared, row.Tone, row.VerdictName = true, Neutral, b.t("{verdict}（自己申告）", "verdict", row.VerdictName)
	}
	if x.By != "" {
		row.Reason = b.t("診断員が判定しました（回答と検査による判定は「{rule}」）。{note}", "rule", x.Rule.Name(b.lang), "note", x.Note)
	}
	for _, q := range e.QuestionsFor(row.ID) {
		if a := b.a.Said.AnswerTo(e.ID, q.ID); a != nil {
			row.Answers = append(row.Answers, Answered{Question: q.ID, Text: q.Text.In(b.lang), Value: a.Word(b.lang), Answer: a.Name(b.lang), Day: a.Day, Reason: a.Reason, Documents: a.Evidence})
		}
	}
	for _, c := range x.Contradictions {
		q, ok := e.Question(c.Question)
		a := b.a.Said.AnswerTo(e.ID, c.Question)
		if !ok || a == nil {
			continue
		}
		out := Contradiction{
			Question: q.ID, Text: q.Text.In(b.lang), Answer: a.Name(b.lang), Check: c.Name, Title: b.texts[c.Name].Title,
			Verdict: c.Verdict, VerdictName: c.Verdict.Name(b.lang), Tone: toneOf(c.Verdict),
		}
		out.Words = b.t("「{answer}」という回答と、診断で見つかった「{title}」が食い違っています。", "answer", out.Answer, "title", out.Title)
		if c.Verdict == verdict.Met {
			out.Words = b.t("「{answer}」という回答ですが、診断では「{title}」は見つかりませんでした。", "answer", out.Answer, "title", out.Title)
		}
		for _, f := range b.doc.Findings {
			if f.Check == c.Name {
				out.Findings = append(out.Findings, f.Number)
			}
		}
		row.Contradictions = append(row.Contradictions, out)
	}
}

// contradictions sets answers of the shop beside what the diagnosis saw.
func (b *builder) contradictions(list []Contradiction) Table {
	t := Table{Head: []string{b.t("質問"), b.t("お店の回答"), b.t("診断で見たこと"), b.t("結果")}, Widths: []float64{5, 2.6, 5, 2}}
	for _, c := range list {
		cell := Cell{Text: c.VerdictName, Tone: c.Tone}
		if len(c.Findings) > 0 {
			cell.Link = "#" + b.doc.Findings[c.Findings[0]-1].ID
		}
		t.Rows = append(t.Rows, []Cell{{Text: c.Text}, {Text: c.Answer}, {Text: c.Title}, cell})
	}
	return t
}

// answered are the answers to a requirement, as a table.
func (b *builder) answered(r *Requirement) Table {
	t := Table{Head: []string{b.t("質問"), b.t("お店の回答"), b.t("確認日"), b.t("理由・補足")}, Widths: []float64{5, 2.6, 2, 5}}
	for _, a := range r.Answers {
		t.Rows = append(t.Rows, []Cell{{Text: a.Text}, {Text: a.Answer}, {Text: cmp.Or(a.Day, "–")}, {Text: cmp.Or(a.Reason, "–")}})
	}
	return t
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
	if b.doc.Spoken {
		s.Blocks[0] = Prose{b.t("ガイドラインの要件ごとに、診断で見えたことと、チェックリストへのお店の回答を合わせて判定しました。「自己申告」は、資料のない「実施済」の回答だけによるもので、確かめられた「適合」とは分けて数えます。「区分」（必須・必要・推奨）は原文で確かめられたものだけを示し、ほかは「原文未確認」としています。")}
	}
	for i := range e.Parts {
		p := &e.Parts[i]
		s.Blocks = append(s.Blocks, Heading{Level: 2, ID: "part-" + p.ID, Text: p.Title.In(b.lang)}, b.requirementTable(e.ID, p.ID, true))
		for _, r := range b.doc.Requirements {
			if r.Edition == e.ID && r.Part == p.ID && (r.Verdict == verdict.NotMet || r.Verdict == verdict.Undetermined || len(r.Answers) > 0) {
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
		if r.Duty == string(guideline.Theirs) {
			row[1].Text = b.t("{title}（サービス提供者の分）", "title", r.Title)
		}
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
	if len(t.Rows) > 0 || len(r.Answers) == 0 {
		out = append(out, t)
	}
	if len(r.Answers) > 0 {
		out = append(out, b.answered(r))
	}
	if len(r.Contradictions) > 0 {
		out = append(out, Callout{Tone: Warn, Title: b.t("食い違い"), Markdown: b.t("お店の回答と、診断で見たことが食い違っています。どちらが今の状態か、確かめてください。")}, b.contradictions(r.Contradictions))
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
