package statistics

import (
	"strings"
	"testing"

	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/survey"
)

// TestReport: each part of a report can be kept as a part of a paper, says what
// it counts, and tells nothing that was not published.
func TestReport(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	d, _ := c.Build(made(c, 152, 50, 30), nil, day)
	q, _ := survey.Load("breached")
	n := &Numbers{
		Programme: &programme.Programme{Name: programme.Said{JA: "事業"}, Purpose: programme.Said{JA: "脆弱性の診断"}, Partners: []string{"協議会"}, Strands: []programme.Strand{{Name: programme.Said{JA: "診断"}, Goal: 50, Unit: "サイト"}}},
		Now:       day, Stages: map[programme.Stage]int{programme.Selected: 50, programme.NotSelected: 102, programme.Drafted: 9},
		Progress: programme.Progress{Day: day, Places: 50, Steps: map[programme.Step]programme.StepCount{programme.Step2: {Done: 29, Late: 2}}},
		Surveys:  []Heard{{q, 20, map[survey.State]int{survey.Heard: 11, survey.Asked: 4}}},
	}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		short := n.Report(Final, l)
		n.Published, n.On = d, day
		long, progress := n.Report(Final, l), n.Report(Progress, l)
		n.Published = nil
		if len(short) != 5 || len(long) <= len(progress) || len(progress) <= len(short) {
			t.Errorf("%d parts without statistics, %d in the progress report, %d in the final one", len(short), len(progress), len(long))
		}
		seen := map[string]bool{}
		all := ""
		for _, x := range long {
			if p := x.Tidy(); len(p) > 0 || seen[x.Source] || x.Class != paper.Public {
				t.Errorf("%s: %+v", x.Source, p)
			}
			seen[x.Source] = true
			got, bad := paper.ReadFigures(paper.WriteFigures(x.Figures))
			if len(bad) > 0 || len(got) != len(x.Figures) {
				t.Errorf("%s: its figures cannot be kept: %v", x.Source, bad)
			}
			for i := range got {
				if got[i] != x.Figures[i] {
					t.Errorf("%s: kept as %+v, want %+v", x.Source, got[i], x.Figures[i])
				}
			}
			all += x.Text
		}
		want := "152 件の応募"
		if l == i18n.EN {
			want = "152 applications"
		}
		if !strings.Contains(all, want) || !strings.Contains(all, "29") || strings.Contains(all, "{") {
			t.Errorf("%s", all)
		}
	}
}
