package report

import (
	"slices"
	"testing"

	"miseban/internal/assessment"
	"miseban/internal/check"
	"miseban/internal/diagnose"
)

// However the results of a run come out of the store, a finding has one number.
func TestResultsInTheOrderOfTheReport(t *testing.T) {
	t.Parallel()
	suites := []*check.Suite{{Checks: []*check.Check{{Name: "spf"}, {Name: "csp"}}}, {Checks: []*check.Check{{Name: "idor"}, {Name: "asked-later"}}}}
	for _, stored := range [][]string{{"csp", "gone", "idor", "spf"}, {"spf", "idor", "csp"}} {
		run := &diagnose.Run{}
		for _, name := range stored {
			run.Results = append(run.Results, check.Result{Check: name})
		}
		b := &builder{a: &assessment.Assessment{Run: run}, in: Input{Suites: suites}}
		var got []string
		for _, r := range b.results() {
			got = append(got, r.Check)
		}
		if want := []string{"spf", "csp", "idor"}; !slices.Equal(got, want) {
			t.Errorf("stored as %q: %q, want %q", stored, got, want)
		}
	}
}

// A project is not repaired in a week or two.
func TestDue(t *testing.T) {
	t.Parallel()
	b := &builder{lang: "ja"}
	for _, c := range []struct {
		severity check.Severity
		effort   check.Effort
		want     string
	}{
		{check.Critical, check.Project, "今日中に着手"}, {check.High, check.Setting, "1〜2週間"}, {check.High, check.Project, "1〜2週間で計画"},
		{check.Medium, check.Project, "1〜3か月"}, {check.Low, check.Work, "次の改修時"},
	} {
		if got := b.due(c.severity, c.effort); got != c.want {
			t.Errorf("%s, effort %d: %q, want %q", c.severity, c.effort, got, c.want)
		}
	}
}
