package assessment

import (
	"cmp"
	"slices"

	gocvss31 "github.com/pandatix/go-cvss/31"

	"miseban/internal/check"
	"miseban/internal/diagnose"
)

// Catalogue finds a check by name; nil for one this version does not know.
type Catalogue func(name string) *check.Check

// Grade is the overall verdict: the worst thing that was found.
type Grade string

// The grades, worst first.
const (
	ActNow    Grade = "act-now"    // 緊急: something that is being abused elsewhere right now, or lies open
	ActSoon   Grade = "act-soon"   // 高
	ActPlan   Grade = "act-plan"   // 中
	ActMinor  Grade = "act-minor"  // 低
	NoneFound Grade = "none-found" // nothing above info
	Unclear   Grade = "unclear"    // too little was seen to say anything
)

// GradeOf is the grade of a run. A run that hardly saw anything is Unclear, never NoneFound.
func GradeOf(run *diagnose.Run) Grade {
	worst := check.Info
	examined := 0
	for _, r := range run.Results {
		if r.Examined > 0 {
			examined++
		}
		for _, f := range r.Findings {
			if f.Confidence == check.Confirmed || f.Severity <= check.Medium {
				worst = max(worst, f.Severity)
			} else {
				worst = max(worst, check.Medium) // a possible high counts as medium until it is confirmed
			}
		}
	}
	if worst == check.Info && (examined < 10 || len(run.Seen.Pages) == 0) {
		return Unclear
	}
	return gradeFor(worst)
}

// GradeOfOpen is the grade of what is still open, counted by severity: what
// was confirmed and what is only possible.
func GradeOfOpen(confirmed, possible map[check.Severity]int) Grade {
	worst := check.Info
	for s, n := range confirmed {
		if n > 0 {
			worst = max(worst, s)
		}
	}
	for s, n := range possible {
		if n > 0 {
			worst = max(worst, min(s, check.Medium))
		}
	}
	return gradeFor(worst)
}

func gradeFor(worst check.Severity) Grade {
	switch worst {
	case check.Critical:
		return ActNow
	case check.High:
		return ActSoon
	case check.Medium:
		return ActPlan
	case check.Low:
		return ActMinor
	}
	return NoneFound
}

// Action is one thing to do: all findings of one check, repaired together.
type Action struct {
	Check      string           `json:"check"`
	Severity   check.Severity   `json:"severity"`
	Confidence check.Confidence `json:"confidence"`
	Effort     check.Effort     `json:"effort"`
	Fixer      check.Fixer      `json:"fixer"`
	Findings   []check.Finding  `json:"findings"`
	Score      float64          `json:"score"`
}

// PlanFor orders what to do first: by severity, by how easily a stranger can
// use it (CVSS exploitability), and by effort. The guideline's levels take no
// part: most of them are unverified.
func PlanFor(run *diagnose.Run, catalogue Catalogue) []Action {
	var out []Action
	for _, r := range run.Results {
		c := catalogue(r.Check)
		if c == nil {
			continue
		}
		a := Action{Check: r.Check, Effort: c.Effort, Fixer: c.Fixer, Confidence: check.Possible}
		for _, f := range r.Findings {
			if f.Severity == check.Info {
				continue
			}
			a.Findings = append(a.Findings, f)
			a.Severity = max(a.Severity, f.Severity)
			if f.Confidence == check.Confirmed {
				a.Confidence = check.Confirmed
			}
			a.Score = max(a.Score, Priority(c, &f))
		}
		if len(a.Findings) > 0 {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(x, y Action) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Effort, y.Effort), cmp.Compare(x.Check, y.Check))
	})
	return out
}

// The weights let no effort and no doubt put something critical below something high.
var (
	severityWeight = map[check.Severity]float64{check.Critical: 320, check.High: 55, check.Medium: 22, check.Low: 7}
	effortDivisor  = map[check.Effort]float64{check.Setting: 1, check.Work: 1.2, check.Project: 1.5}
)

// Priority says how much one finding presses; see PlanFor.
func Priority(c *check.Check, f *check.Finding) float64 {
	s := severityWeight[f.Severity] / effortDivisor[c.Effort]
	vector := cmp.Or(f.CVSS31, c.CVSS31)
	if v, err := gocvss31.ParseVector(vector); vector != "" && err == nil {
		s *= 0.7 + 0.6*v.Exploitability()/3.9 // 3.9 is the largest exploitability of CVSS v3.1
	}
	if f.Confidence == check.Possible {
		s *= 0.5
	}
	return s
}
