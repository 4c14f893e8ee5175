package reporttest_test

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/report/xlsx"
	"miseban/internal/verdict"
)

// spoken is what a shop says that is sure of itself: one policy by its own
// word, one with a document, and 実施済 to a question that the diagnosis answers with no.
func spoken(t *testing.T) (said *assessment.Statement, question string) {
	t.Helper()
	e, err := guideline.Load("ipa-ec-2023")
	if err != nil {
		t.Fatal(err)
	}
	run, _, _ := halfBad(t)
	said = &assessment.Statement{Overrules: []assessment.Overrule{{Edition: e.ID, Requirement: "operate-5", Verdict: verdict.Partly, Note: "復元の記録を見ました。", Rule: verdict.NotExamined, By: "d"}}}
	done := func(q *guideline.Question, evidence int, reason string) {
		said.Answers = append(said.Answers, assessment.Answer{Edition: e.ID, Question: q.ID, Value: guideline.Done, Day: "2026-11-01", Evidence: evidence, Reason: reason})
	}
	for _, q := range e.QuestionsFor("executive-1") {
		done(q, 0, "")
	}
	for _, q := range e.QuestionsFor("executive-2") {
		done(q, 1, "")
	}
	for i := range e.Questions {
		q := &e.Questions[i]
		if question == "" && slices.ContainsFunc(q.ContradictedBy, func(c string) bool { r := run.Result(c); return r != nil && r.Verdict == verdict.NotMet }) {
			question = q.ID
			done(q, 0, "=確認済みです")
		}
	}
	if question == "" || len(said.Answers) < 3 {
		t.Fatal("the edition has no question that this run contradicts")
	}
	return said, question
}

// TestSpoken: what a shop says stands in its report, its own word counted
// apart from what was confirmed, and contradictions side by side.
func TestSpoken(t *testing.T) {
	t.Parallel()
	said, question := spoken(t)
	d := built(t, said, i18n.JA)
	byID := func(id string) report.Requirement {
		i := slices.IndexFunc(d.Requirements, func(r report.Requirement) bool { return r.Edition == "ipa-ec-2023" && r.ID == id })
		return d.Requirements[i]
	}
	if r := byID("executive-1"); !r.Declared || r.VerdictName != "適合（自己申告）" || r.Tone == report.Good || len(r.Answers) == 0 || r.Answers[0].Day != "2026-11-01" {
		t.Errorf("by its own word: %+v", r)
	}
	if r := byID("executive-2"); r.Declared || r.Verdict != verdict.Met || r.Tone != report.Good || r.Answers[0].Answer != "実施済（資料あり）" {
		t.Errorf("with a document: %+v", r)
	}
	if r := byID("operate-5"); r.Verdict != verdict.Partly || !strings.Contains(r.Reason, "復元の記録を見ました。") || !strings.Contains(r.Reason, "未確認") {
		t.Errorf("overruled: %+v", r)
	}
	var clash *report.Contradiction
	for _, r := range d.Requirements {
		for _, c := range r.Contradictions {
			if c.Question == question {
				clash = &c
			}
		}
	}
	if clash == nil || clash.Answer != "実施済（自己申告）" || clash.Verdict != verdict.NotMet || len(clash.Findings) == 0 || d.Findings[clash.Findings[0]-1].Check != clash.Check {
		t.Errorf("contradiction: %+v", clash)
	}
	overall := d.Sections[slices.IndexFunc(d.Sections, func(s report.Section) bool { return s.ID == "overall" })]
	if !slices.ContainsFunc(overall.Blocks, func(b report.Block) bool { h, ok := b.(report.Heading); return ok && h.ID == "contradictions" }) {
		t.Error("the overall judgement does not show the contradictions")
	}
	i := slices.IndexFunc(overall.Blocks, func(b report.Block) bool { _, ok := b.(report.Table); return ok })
	counts(t, overall.Blocks[i].(report.Table))
	for _, f := range formats {
		var b strings.Builder
		if err := f.write(&b, d); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		if dir := os.Getenv("REPORT_OUT"); dir != "" {
			if err := os.WriteFile(dir+"/spoken."+f.name, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if f.name == "html" && strings.Count(b.String(), "適合（自己申告）") < 3 || f.name == "jsonl" && strings.Count(b.String(), `"declared":true`) != 1 {
			t.Errorf("%s does not tell the shop's own word apart", f.name)
		}
	}
}

// counts reads the table of verdicts: the row of the executive's part has one
// met and one by the shop's own word, and the table's sums are the edition's.
func counts(t *testing.T, table report.Table) {
	t.Helper()
	own := slices.Index(table.Head, "適合（自己申告）")
	if len(table.Head) != len(verdict.All)+2 || own < 1 || table.Head[own-1] != "適合" || len(table.Widths) != len(table.Head) {
		t.Fatalf("head %q", table.Head)
	}
	sum := 0
	for _, row := range table.Rows {
		for _, c := range row[1:] {
			n, err := strconv.Atoi(c.Text)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	if x := table.Rows[0]; x[own-1].Text != "1" || x[own].Text != "1" || sum != 28 {
		t.Errorf("row %+v, %d requirements", x, sum)
	}
}

// TestSpokenExcel: the answers stand in the workbook's checklist, as text, and
// its summary counts the shop's own word apart.
func TestSpokenExcel(t *testing.T) {
	t.Parallel()
	said, _ := spoken(t)
	var b bytes.Buffer
	if err := xlsx.Write(&b, built(t, said, i18n.JA)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := map[string]int{}
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x, text := range row {
				found[text]++
				if strings.Contains(text, "=確認済みです") {
					found["remark"]++
					if cell, err := excelize.CoordinatesToCellName(x+1, y+1); err != nil {
						t.Fatal(err)
					} else if formula, err := f.GetCellFormula(name, cell); formula != "" || err != nil {
						t.Errorf("%s is a formula: %q, %v", cell, formula, err)
					}
				}
			}
		}
	}
	for _, want := range []string{"適合（自己申告）", "実施済", "remark", "資料 1 件"} {
		if found[want] == 0 {
			t.Errorf("no %q in the workbook", want)
		}
	}
}
