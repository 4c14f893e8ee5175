package assessment

import (
	"testing"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/page"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

var at = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// edition makes an edition with one requirement that asks the given links.
func edition(links ...guideline.Link) *guideline.Edition {
	return &guideline.Edition{ID: "e", Requirements: []guideline.Requirement{{ID: "r", Checks: links, Questions: []string{"q"}}},
		Questions: []guideline.Question{{ID: "q", ContradictedBy: []string{"a"}}}}
}

func link(name string, e guideline.Effect) guideline.Link {
	return guideline.Link{Check: name, Effect: e}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const (
		met, bad, na, ne, un = verdict.Met, verdict.NotMet, verdict.NotApplicable, verdict.NotExamined, verdict.Undetermined
		decides, refutes     = guideline.Decides, guideline.RefutesOnly
		supports             = guideline.Supports
	)
	type seen map[string]verdict.Verdict
	for _, c := range []struct {
		name  string
		links []guideline.Link
		seen  seen
		want  verdict.Verdict
	}{
		{"every deciding check met", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met, "b": met}, met},
		{"one deciding check not looked at", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met, "b": ne}, ne},
		{"one deciding check absent from the run", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met}, ne},
		{"one deciding check undecided", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met, "b": un}, un},
		{"one deciding check failed", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met, "b": bad}, bad},
		{"met and not applicable", []guideline.Link{link("a", decides), link("b", decides)}, seen{"a": met, "b": na}, met},
		{"all deciding not applicable", []guideline.Link{link("a", decides)}, seen{"a": na}, na},
		{"a refuting check never makes met", []guideline.Link{link("a", refutes), link("b", refutes)}, seen{"a": met, "b": met}, ne},
		{"a refuting check refutes", []guideline.Link{link("a", decides), link("b", refutes)}, seen{"a": met, "b": bad}, bad},
		{"a refuting check undecided does not undo a decided met", []guideline.Link{link("a", decides), link("b", refutes)}, seen{"a": met, "b": un}, met},
		{"refuting only, undecided", []guideline.Link{link("b", refutes)}, seen{"b": un}, un},
		{"support changes nothing", []guideline.Link{link("a", supports)}, seen{"a": bad}, ne},
		{"no check at all", nil, seen{}, ne},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var results []check.Result
			for name, v := range c.seen {
				results = append(results, check.Result{Check: name, Verdict: v})
			}
			got := Judge(edition(c.links...), results, nil, nil, at)
			if len(got) != 1 || got[0].Verdict != c.want {
				t.Errorf("verdict %v, want %v", got, c.want)
			}
			if got[0].Reason.Message == "" {
				t.Error("no reason")
			}
			if len(got[0].Basis) != len(c.links) {
				t.Errorf("basis %v for %d links", got[0].Basis, len(c.links))
			}
		})
	}
}

func TestContradiction(t *testing.T) {
	t.Parallel()
	e := edition(link("a", guideline.RefutesOnly))
	bad := []check.Result{{Check: "a", Verdict: verdict.NotMet, Findings: make([]check.Finding, 2)}}
	for _, c := range []struct {
		answer  guideline.Answer
		results []check.Result
		want    int
	}{
		{guideline.Done, bad, 1},
		{guideline.NotDone, bad, 0},
		{guideline.Done, []check.Result{{Check: "a", Verdict: verdict.Met}}, 0},
		{guideline.Done, nil, 0},
	} {
		j := Judge(e, c.results, []Answer{{Edition: "e", Question: "q", Value: c.answer}}, nil, at)[0]
		if len(j.Contradictions) != c.want {
			t.Errorf("%s with %v: %d contradictions, want %d", c.answer, c.results, len(j.Contradictions), c.want)
		}
	}
}

func TestTraitMakesNotApplicable(t *testing.T) {
	t.Parallel()
	e := edition(link("a", guideline.Decides))
	e.Requirements[0].AppliesTo.Value = []guideline.Trait{guideline.TakesCards}
	bad := []check.Result{{Check: "a", Verdict: verdict.NotMet}}
	if j := Judge(e, bad, nil, map[guideline.Trait]bool{guideline.TakesCards: false}, at)[0]; j.Verdict != verdict.NotApplicable {
		t.Errorf("without cards: %s", j.Verdict)
	}
	if j := Judge(e, bad, nil, nil, at)[0]; j.Verdict != verdict.NotMet {
		t.Errorf("unknown trait: %s", j.Verdict)
	}
}

func TestGradeAndPlan(t *testing.T) {
	t.Parallel()
	checks := map[string]*check.Check{
		"leak":   {Name: "leak", Effort: check.Setting, CVSS31: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
		"old":    {Name: "old", Effort: check.Project, CVSS31: "CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H"},
		"header": {Name: "header", Effort: check.Setting},
	}
	finding := func(name string, s check.Severity, c check.Confidence) check.Result {
		return check.Result{Check: name, Examined: 1, Findings: []check.Finding{{Check: name, Severity: s, Confidence: c}}}
	}
	run := &diagnose.Run{Scope: &wire.Scope{}, Results: []check.Result{
		finding("header", check.Low, check.Confirmed), finding("old", check.High, check.Possible), finding("leak", check.High, check.Confirmed),
	}, Seen: diagnose.Seen{Pages: []diagnose.SeenPage{{Kind: page.Top}}}}
	if g := GradeOf(run); g != ActSoon {
		t.Errorf("grade %s, want %s", g, ActSoon)
	}
	plan := PlanFor(run, func(n string) *check.Check { return checks[n] })
	var order []string
	for _, a := range plan {
		order = append(order, a.Check)
	}
	if len(order) != 3 || order[0] != "leak" || order[1] != "old" || order[2] != "header" {
		t.Errorf("plan %v", order)
	}
	worst := &diagnose.Run{Scope: &wire.Scope{}, Results: []check.Result{finding("leak", check.High, check.Confirmed), finding("old", check.Critical, check.Possible)}}
	if p := PlanFor(worst, func(n string) *check.Check { return checks[n] }); p[0].Check != "old" {
		t.Errorf("a critical project comes after %s", p[0].Check)
	}
	run.Results = run.Results[1:2]
	if g := GradeOf(run); g != ActPlan {
		t.Errorf("only a possible high: grade %s, want %s", g, ActPlan)
	}
	run.Results = []check.Result{{Check: "header", Verdict: verdict.Met, Examined: 1}}
	if g := GradeOf(run); g != Unclear {
		t.Errorf("one check examined: grade %s, want %s", g, Unclear)
	}
}
