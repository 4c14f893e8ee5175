package view

import (
	"context"
	"slices"
	"strings"

	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

func toneOfRequest(s workflow.RequestState) report.Tone {
	switch s {
	case workflow.RequestAgreed:
		return report.Good
	case workflow.RequestAnswered, workflow.RequestReturned:
		return report.Warn
	case workflow.RequestSent:
		return report.Unknown
	}
	return report.Neutral
}

func toneOfPolicy(p workflow.Policy) report.Tone {
	switch p {
	case workflow.Mend:
		return report.Good
	case workflow.Outside:
		return report.Warn
	}
	return report.Neutral
}

func policies(ctx context.Context, now workflow.Policy) []Choice {
	var out []Choice
	for _, p := range workflow.Policies {
		out = append(out, Choice{Value: string(p), Name: p.Name(lang(ctx)), Chosen: p == now})
	}
	return out
}

func decisions(ctx context.Context, x RequestItem) []Choice {
	return []Choice{{Value: string(workflow.Approved), Name: t(ctx, "承認する"), Chosen: x.Decision == workflow.Approved}, {Value: string(workflow.Returned), Name: t(ctx, "差し戻す"), Chosen: x.Decision == workflow.Returned}}
}

// requestStep says what happened.
func requestStep(ctx context.Context, s store.RequestStep) string {
	switch s.State {
	case workflow.RequestSent:
		return t(ctx, "依頼しました")
	case workflow.RequestAnswered:
		return t(ctx, "回答が届きました")
	case workflow.RequestReturned:
		return t(ctx, "差し戻しました")
	case workflow.RequestAgreed:
		return t(ctx, "承認しました")
	}
	return t(ctx, "取り下げました")
}

// stepReply is an answer, as it was, on one line.
func stepReply(ctx context.Context, r store.StepReply) string {
	out := []string{number(r.Number) + ".", r.Policy.Name(lang(ctx)), r.Day, r.Estimate, r.Words}
	switch r.Decision {
	case workflow.Approved:
		out = append(out, "→ "+t(ctx, "承認"), r.Note)
	case workflow.Returned:
		out = append(out, "→ "+t(ctx, "差し戻し"), r.Note)
	}
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), " ")
}

// overWords says why a link cannot be used, and what to do.
func overWords(ctx context.Context, why Over) string {
	switch why {
	case OverUsed:
		return t(ctx, "回答はすでに送られています。直したいところがあるときは、依頼した人に連絡してください。")
	case OverRevoked:
		return t(ctx, "依頼した人が、この URL を取り消しました。新しい URL が届いていないか確かめ、なければ依頼した人に連絡してください。")
	case OverExpired:
		return t(ctx, "期限が過ぎました。依頼した人に、新しい URL を頼んでください。")
	case OverWithdrawn:
		return t(ctx, "依頼は取り下げられました。回答は要りません。")
	}
	return t(ctx, "URL が途中で切れていないか、確かめてください。正しいのに開けないときは、送ってきた人に連絡してください。")
}
