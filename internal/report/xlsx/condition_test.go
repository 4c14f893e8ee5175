package xlsx

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"miseban/internal/assessment"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
)

// TestConditions: the row of a question that is not asked is grey, by a formula
// that follows what is filled in, also where one condition stands on another.
// It can still be answered from its drop-down, and is read back.
func TestConditions(t *testing.T) {
	t.Parallel()
	whole := load(t, "ipa-ec-2023")
	e := *whole
	e.Questions = slices.Clone(whole.Questions)
	first := slices.IndexFunc(e.Questions, func(q guideline.Question) bool { return len(q.When) > 0 })
	if first < 0 {
		t.Fatal("no question has a condition")
	}
	parent, child := e.Questions[first].When[0], e.Questions[first].ID
	r := slices.IndexFunc(e.Requirements, func(r guideline.Requirement) bool { return slices.Contains(r.Questions, child) })
	last := e.Requirements[r].Questions[len(e.Requirements[r].Questions)-1]
	if last == child {
		extra := e.Questions[first]
		extra.ID, extra.When = child+"-more", nil
		e.Requirements = slices.Clone(e.Requirements)
		e.Requirements[r].Questions, last = append(slices.Clone(e.Requirements[r].Questions), extra.ID), extra.ID
		e.Questions = append(e.Questions, extra)
	}
	grand := slices.IndexFunc(e.Questions, func(q guideline.Question) bool { return q.ID == last })
	e.Questions[grand].When = []guideline.Condition{{Question: child, Answer: []guideline.Answer{guideline.Done}}}

	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		var b bytes.Buffer
		if err := WriteChecklist(&b, &e, "店", "", []assessment.Answer{{Edition: e.ID, Question: child, Value: guideline.Done, Revision: 1}}, l); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		name := f.GetSheetName(0)
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		at := func(id string) int {
			return slices.IndexFunc(rows, func(r []string) bool { return len(r) > 8 && r[8] == id }) + 1
		}
		formats, err := f.GetConditionalFormats(name)
		if err != nil || len(formats) == 0 {
			t.Fatalf("%d conditional formats, %v", len(formats), err)
		}
		grey := func(id string) bool {
			t.Helper()
			for area, list := range formats {
				if !strings.HasPrefix(area, cell(1, at(id))+":") {
					continue
				}
				if err := f.SetCellFormula(name, "Z1", "="+list[0].Criteria); err != nil {
					t.Fatal(err)
				}
				v, err := f.CalcCellValue(name, "Z1")
				if err != nil {
					t.Fatalf("%s: %v", list[0].Criteria, err)
				}
				return v == "TRUE"
			}
			t.Errorf("the row of %s never turns grey", id)
			return false
		}
		for _, answer := range []guideline.Answer{"", guideline.NotDone, parent.Answer[0], guideline.DontKnow} {
			word := ""
			if answer != "" {
				word = e.AnswerName(answer, l)
			}
			if err := f.SetCellStr(name, cell(5, at(parent.Question)), word); err != nil {
				t.Fatal(err)
			}
			said := func(q string) guideline.Answer {
				return map[string]guideline.Answer{parent.Question: answer, child: guideline.Done}[q]
			}
			for _, id := range []string{child, last} {
				q, _ := e.Question(id)
				if got, asked := grey(id), e.Asked(q, said); got == asked {
					t.Errorf("%s: with %q to %s, %s is grey: %v, asked: %v", l, answer, parent.Question, id, got, asked)
				}
			}
		}
		if dv, err := f.GetDataValidations(name); err != nil || !slices.ContainsFunc(dv, func(d *excelize.DataValidation) bool { return strings.Split(d.Sqref, ":")[0] == cell(5, at(child)) }) {
			t.Errorf("the question has no drop-down: %v", err)
		}
		b.Reset()
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		back, err := ReadChecklist(&b, &e)
		if err != nil || !slices.ContainsFunc(back, func(x Filled) bool { return x.Answer.Question == child && x.Answer.Value == guideline.Done }) {
			t.Errorf("what stands in a grey row is lost: %+v, %v", back, err)
		}
	}
}
