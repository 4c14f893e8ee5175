package assessment

import (
	"fmt"
	"slices"
	"time"

	"miseban/internal/check"
	"miseban/internal/diagnose"
	"miseban/internal/guideline"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/verdict"
)

// Judge gives one judgement per requirement of e, in e's order. It is pure.
//
// The rule (design: architecture, "Outcome rule"): a NotMet of a deciding or
// refuting check makes the requirement NotMet; Met needs every deciding check
// Met and at least one; a refuting-only check never makes Met; otherwise the
// requirement is NotExamined, or Undetermined when a check that could refute
// it ended so. Answers only show contradictions here; they prove nothing.
func Judge(e *guideline.Edition, results []check.Result, answers []Answer, traits map[guideline.Trait]bool, at time.Time) []Judgement {
	byName := make(map[string]*check.Result, len(results))
	for i := range results {
		byName[results[i].Check] = &results[i]
	}
	out := make([]Judgement, 0, len(e.Requirements))
	for i := range e.Requirements {
		out = append(out, judgeOne(e, &e.Requirements[i], byName, answers, traits, at))
	}
	return out
}

func judgeOne(e *guideline.Edition, r *guideline.Requirement, results map[string]*check.Result, answers []Answer, traits map[guideline.Trait]bool, at time.Time) Judgement {
	j := Judgement{Requirement: r.ID, At: at}
	count := map[verdict.Verdict]int{} // of the checks that can decide or refute
	decides, decidedMet, decidedNA, refuters, planned := 0, 0, 0, 0, 0
	for _, l := range r.Checks {
		res := results[l.Check]
		ref := Ref{Kind: FromCheck, Name: l.Check, Effect: l.Effect, Verdict: verdict.NotExamined}
		if res != nil {
			ref.Verdict, ref.Findings = res.Verdict, len(res.Findings)
		} else {
			planned++
		}
		j.Basis = append(j.Basis, ref)
		if l.Effect == guideline.Supports {
			continue
		}
		count[ref.Verdict]++
		if l.Effect == guideline.Decides {
			decides++
			switch ref.Verdict {
			case verdict.Met:
				decidedMet++
			case verdict.NotApplicable:
				decidedNA++
			}
		} else {
			refuters++
		}
	}
	applies, settled := r.Applies(traits)
	switch {
	case settled && !applies:
		j.Verdict = verdict.NotApplicable
		j.Reason = check.Reason{Message: "このサイトの形態では、求められていない要件です。"}
	case count[verdict.NotMet] > 0:
		j.Verdict = verdict.NotMet
		j.Reason = check.Reason{Message: "外部からの診断で、満たしていない点が {n} 項目見つかりました。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.NotMet])}}
		j.Danger = danger(r, j.Basis)
	case decides > 0 && decidedMet > 0 && decidedMet+decidedNA == decides:
		j.Verdict = verdict.Met
		j.Reason = check.Reason{Message: "判定を決める {n} 項目をすべて確認し、満たしていました。", Args: i18n.Args{"n": fmt.Sprint(decidedMet)}}
	case decides > 0 && decidedNA == decides:
		j.Verdict = verdict.NotApplicable
		j.Reason = check.Reason{Message: "該当する機能がサイトに見当たりませんでした。"}
	case count[verdict.Undetermined] > 0:
		j.Verdict = verdict.Undetermined
		j.Reason = check.Reason{Message: "{n} 項目が判定できませんでした。該当の可能性がある点は検出事項に示しました。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.Undetermined])}}
	case len(r.Checks) == 0:
		j.Verdict = verdict.NotExamined
		j.Reason = check.Reason{Message: "外部からは確認できない要件です。セルフチェックと資料で確認してください。"}
	case count[verdict.Met] > 0:
		j.Verdict = verdict.NotExamined
		j.Reason = check.Reason{Message: "外部から見える {n} 項目に問題は見つかりませんでした。ただし、要件の全体は外部からは確認できません。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.Met])}}
	default:
		j.Verdict = verdict.NotExamined
		j.Reason = check.Reason{Message: "今回の診断では確認していません。"}
	}
	for _, q := range e.QuestionsFor(r.ID) {
		for _, a := range answers {
			if a.Question != q.ID {
				continue
			}
			j.Basis = append(j.Basis, Ref{Kind: FromAnswer, Name: q.ID, Verdict: verdict.NotExamined})
			if a.Value != guideline.Done {
				continue
			}
			for _, name := range q.ContradictedBy {
				if res := results[name]; res != nil && res.Verdict == verdict.NotMet {
					j.Contradictions = append(j.Contradictions, Ref{Kind: FromCheck, Name: name, Verdict: res.Verdict, Findings: len(res.Findings)})
				}
			}
		}
	}
	return j
}

// danger is the edition's danger of what broke r: the worst danger among the
// points whose checks failed, else the requirement's own.
func danger(r *guideline.Requirement, basis []Ref) guideline.Danger {
	var hit []guideline.Danger
	for _, p := range r.Points {
		for _, ref := range basis {
			if ref.Verdict == verdict.NotMet && slices.Contains(p.Checks, ref.Name) {
				hit = append(hit, p.Danger.Value...)
			}
		}
	}
	for _, d := range guideline.Dangers {
		if slices.Contains(hit, d) {
			return d
		}
	}
	return r.Worst()
}

// Traits are what a run shows of the shop's shape. Only what is certain is
// set; a trait that is missing is unknown.
func Traits(run *diagnose.Run) map[guideline.Trait]bool {
	t := map[guideline.Trait]bool{}
	for _, f := range run.Seen.Forms {
		if f.Purpose == page.ForLogin || f.Purpose == page.ForRegister {
			t[guideline.HasMembers] = true
		}
		if f.Purpose == page.ForCard {
			t[guideline.TakesCards] = true
		}
	}
	for _, p := range run.Seen.Pages {
		if p.Kind == page.CardEntry {
			t[guideline.TakesCards] = true
		}
	}
	return t
}
