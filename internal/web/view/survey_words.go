package view

import (
	"context"
	"slices"

	"miseban/internal/i18n"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// toneOfSubject is how the state of a subject is coloured.
func toneOfSubject(s survey.State) report.Tone {
	switch {
	case s.Done():
		return report.Good
	case s == survey.Refused, s == survey.Dropped:
		return report.Neutral
	case s == survey.Candidate:
		return report.Unknown
	}
	return report.Warn
}

func doneOf(counts map[survey.State]int) (n int) {
	for s, c := range counts {
		if s.Done() {
			n += c
		}
	}
	return n
}

func stateSlices(counts map[survey.State]int, l i18n.Lang) []Slice {
	var out []Slice
	for _, s := range survey.States {
		if counts[s] > 0 {
			out = append(out, Slice{Name: s.Name(l), Count: counts[s], Tone: toneOfSubject(s)})
		}
	}
	return out
}

func traitChoices(q *survey.Questionnaire, x *store.SurveySubject, l i18n.Lang) []Choice {
	var out []Choice
	for _, id := range q.Traits() {
		out = append(out, Choice{Value: id, Name: survey.TraitName(id, l), Chosen: slices.Contains(x.Traits, id)})
	}
	return out
}

// condition says after which answer an item is asked, and of whom.
func condition(ctx context.Context, q *survey.Questionnaire, i *survey.Item) string {
	if i.When == nil {
		if i.Only != "" {
			return t(ctx, "「{trait}」相手にだけ聞く", "trait", survey.TraitName(i.Only, lang(ctx)))
		}
		return ""
	}
	after, ok := q.Item(i.When.Item)
	if !ok {
		return ""
	}
	return afterWords(ctx, i, after)
}

func afterWords(ctx context.Context, i, after *survey.Item) string {
	var words []string
	for _, id := range i.When.Is {
		words = append(words, after.ChoiceName(id, lang(ctx)))
	}
	return t(ctx, "質問 {n} が「{answers}」のとき", "n", number(after.Number), "answers", join(ctx, words))
}

func typeWords(ctx context.Context, i *survey.Item) string {
	switch i.Type {
	case survey.YesNo, survey.One:
		return t(ctx, "一つ選ぶ")
	case survey.Many:
		return t(ctx, "いくつでも選ぶ")
	case survey.Month:
		return t(ctx, "年月")
	case survey.Yen:
		return t(ctx, "金額（円）")
	case survey.Days:
		return t(ctx, "日数")
	case survey.Records:
		return t(ctx, "件数")
	case survey.Percent:
		return t(ctx, "割合（%）")
	}
	return t(ctx, "文章")
}

func originWords(ctx context.Context, i *survey.Item) string {
	if n := i.Row(); n > 0 {
		return t(ctx, "調査項目表の {n} 行目", "n", number(n))
	}
	return t(ctx, "追加した質問")
}

// SurveyAnswerWords is the value of an answer in words.
func SurveyAnswerWords(ctx context.Context, i *survey.Item, a survey.Answer) string {
	switch {
	case a.Given == survey.Unknown:
		return t(ctx, "分からない")
	case a.Given == survey.Declined:
		return t(ctx, "答えない")
	case !a.Has(i):
		return ""
	case i.Type.Chosen():
		var words []string
		for _, c := range a.Choices {
			words = append(words, i.ChoiceName(c, lang(ctx)))
		}
		return join(ctx, words)
	case i.Type.Figure():
		return FigureWords(lang(ctx), i.Type, float64(*a.Figure))
	}
	return a.Value(i)
}

// FigureWords is a figure with its unit.
func FigureWords(l i18n.Lang, of survey.Type, n float64) string {
	text := grouped(int(n))
	switch of {
	case survey.Yen:
		return i18n.T(l, "{n} 円", i18n.Args{"n": text})
	case survey.Days:
		return i18n.T(l, "{n} 日間", i18n.Args{"n": text})
	case survey.Records:
		return i18n.T(l, "{n} 件", i18n.Args{"n": text})
	}
	return text + " %"
}

// dash stands where nothing is known.
func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
