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
// it ended so. What the answers add to that stands in judgement.yaml.
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
		j.Verdict, j.Seen, j.Said = verdict.NotApplicable, SeenNotApplicable, Silent
		j.Reason = check.Reason{Message: "このサイトの形態では、求められていない要件です。"}
		return j
	case count[verdict.NotMet] > 0:
		j.Seen = SeenNotMet
		j.Reason = check.Reason{Message: "外部からの診断で、満たしていない点が {n} 項目見つかりました。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.NotMet])}}
		j.Danger = danger(r, j.Basis)
	case decides > 0 && decidedMet > 0 && decidedMet+decidedNA == decides:
		j.Seen = SeenMet
		j.Reason = check.Reason{Message: "判定を決める {n} 項目をすべて確認し、満たしていました。", Args: i18n.Args{"n": fmt.Sprint(decidedMet)}}
	case decides > 0 && decidedNA == decides:
		j.Seen = SeenNotApplicable
		j.Reason = check.Reason{Message: "該当する機能がサイトに見当たりませんでした。"}
	case count[verdict.Undetermined] > 0:
		j.Seen = SeenUndetermined
		j.Reason = check.Reason{Message: "{n} 項目が判定できませんでした。該当の可能性がある点は検出事項に示しました。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.Undetermined])}}
	case len(r.Checks) == 0:
		j.Seen = SeenNothing
		j.Reason = check.Reason{Message: "外部からは確認できない要件です。セルフチェックと資料で確認してください。"}
	case count[verdict.Met] > 0:
		j.Seen = SeenPart
		j.Reason = check.Reason{Message: "外部から見える {n} 項目に問題は見つかりませんでした。ただし、要件の全体は外部からは確認できません。", Args: i18n.Args{"n": fmt.Sprint(count[verdict.Met])}}
	default:
		j.Seen = SeenNothing
		j.Reason = check.Reason{Message: "今回の診断では確認していません。"}
	}
	j.answered(e, r, results, answers)
	return j
}

// answered adds what the shop says to what was seen.
func (j *Judgement) answered(e *guideline.Edition, r *guideline.Requirement, results map[string]*check.Result, answers []Answer) {
	var said []Standing
	asked, waits := Said(answers, e.ID), false
	for _, q := range e.QuestionsFor(r.ID) {
		if !e.Asked(q, asked) {
			continue // what was answered before is kept, and counts for nothing
		}
		var a *Answer
		if i := slices.IndexFunc(answers, func(x Answer) bool { return x.Edition == e.ID && x.Question == q.ID }); i >= 0 {
			a = &answers[i]
			j.Basis = append(j.Basis, Ref{Kind: FromAnswer, Name: q.ID, Verdict: verdict.NotExamined})
		}
		st := a.Standing()
		waits = waits || a.Waits()
		said = append(said, st)
		j.contradicted(r, q, st, results)
	}
	j.Said = Together(said)
	if len(said) == 0 {
		j.Said = Silent
	}
	j.Verdict, j.Declared = Cell(j.Seen, j.Said)
	alone, _ := Cell(j.Seen, Silent)
	if j.Verdict != alone || j.Said == Open && j.Verdict == verdict.NotExamined {
		j.Reason = whyByAnswer[j.Said]
		if waits && j.Said == Open {
			j.Reason = check.Reason{Message: "サービス提供者の回答や資料がありません。届くまでは、未確認とします。"}
		}
	}
}

// contradicted notes the checks that speak against an answer: a failed one
// that the question names, or one that decides the requirement and was met
// where the shop says that nothing is done.
func (j *Judgement) contradicted(r *guideline.Requirement, q *guideline.Question, st Standing, results map[string]*check.Result) {
	for _, name := range q.ContradictedBy {
		if res := results[name]; res != nil && res.Verdict == verdict.NotMet && contradicts(res.Verdict, st) {
			j.Contradictions = append(j.Contradictions, Ref{Kind: FromCheck, Name: name, Question: q.ID, Verdict: res.Verdict, Findings: len(res.Findings)})
		}
	}
	for _, l := range r.Checks {
		res := results[l.Check]
		if l.Effect != guideline.Decides || res == nil || res.Verdict != verdict.Met || !contradicts(res.Verdict, st) {
			continue
		}
		if j.Seen == SeenMet || slices.Contains(q.ContradictedBy, l.Check) {
			j.Contradictions = append(j.Contradictions, Ref{Kind: FromCheck, Name: l.Check, Question: q.ID, Effect: l.Effect, Verdict: res.Verdict})
		}
	}
}

// whyByAnswer is why a requirement is judged as it is where the answers changed it.
var whyByAnswer = map[Standing]check.Reason{
	Shown:       check.Reason{Message: "すべての質問に「実施済」と回答し、資料があります。"},
	Claimed:     check.Reason{Message: "「実施済」と回答していますが、資料がありません。自己申告として数えます。"},
	Replaced:    check.Reason{Message: "代替策を、診断員が認めています。"},
	Alternative: check.Reason{Message: "代替策を行っています。診断員が認めるまでは、一部適合とします。"},
	InPart:      check.Reason{Message: "行っていない部分があると回答しています。"},
	Lacking:     check.Reason{Message: "「未実施」と回答しています。"},
	Excluded:    check.Reason{Message: "すべての質問に「対象外」と回答しています。"},
	Open:        check.Reason{Message: "「わからない」という回答か、まだ答えていない質問があります。"},
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
