package view

import (
	"context"
	"slices"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/store"
	"miseban/internal/survey"
)

func inTheme(t *survey.Theme, i *survey.Item) bool {
	return slices.ContainsFunc(t.Items, func(x survey.Item) bool { return x.ID == i.ID })
}

func inViewpoint(v *survey.Viewpoint, i *survey.Item) bool {
	return slices.ContainsFunc(v.Themes, func(t survey.Theme) bool { return inTheme(&t, i) })
}

// viewpointOf names the page of hearing mode on which an item stands.
func viewpointOf(q *survey.Questionnaire, i *survey.Item) string {
	for n := range q.Viewpoints {
		if inViewpoint(&q.Viewpoints[n], i) {
			return q.Viewpoints[n].ID
		}
	}
	return ""
}

func viewpointAnswered(v *survey.Viewpoint, answers map[string]store.SurveyAnswer) bool {
	for id := range answers {
		if inViewpoint(v, &survey.Item{ID: id}) {
			return true
		}
	}
	return false
}

// followUps are the items that something is still to be asked about.
func followUps(q *survey.Questionnaire, answers map[string]store.SurveyAnswer) []*survey.Item {
	return slices.DeleteFunc(q.Items(), func(i *survey.Item) bool { return answers[i.ID].FollowUp == "" })
}

func subjectLinkState(ctx context.Context, l *account.Link, now time.Time) string {
	switch {
	case !l.Used.IsZero():
		return t(ctx, "回答用の URL から回答済みです（{at}）。", "at", Moment(l.Used))
	case !l.Revoked.IsZero():
		return t(ctx, "前の URL は取り消しました（{at}）。", "at", Moment(l.Revoked))
	case !l.Open(now):
		return t(ctx, "前の URL は期限が切れました。")
	}
	return t(ctx, "使える URL があります（{at} まで）。", "at", Moment(l.Expires))
}

// visible is an answer without the notes, unless they may be seen.
func visible(a store.SurveyAnswer, notes bool) store.SurveyAnswer {
	if !notes {
		a.Note, a.FollowUp, a.Revision = "", "", 0
	}
	return a
}

func (f *Hearing) conflicts() (n int) {
	for i := range f.Rows {
		if f.Rows[i].Other != nil {
			n++
		}
	}
	return n
}

func (f *Hearing) has(th *survey.Theme) bool {
	return slices.ContainsFunc(f.Rows, func(r SurveyRow) bool { return inTheme(th, r.Item) })
}

func (r *SurveyRow) field(label string) Field {
	return Field{Name: "v" + number(r.Item.Number), Label: label, Problem: r.Problem}
}

func (r *SurveyRow) figure(ctx context.Context) Field {
	f := r.field(t(ctx, "質問 {n} の回答", "n", number(r.Item.Number)))
	f.Value, f.Auto, f.Short = r.Typed.Value, "off", true
	switch r.Item.Type {
	case survey.Month:
		f.Hint = t(ctx, "2022-04 のように、年と月")
	case survey.Yen:
		f.Hint = t(ctx, "円。1,200 万円のような書き方もできます。")
	case survey.Days:
		f.Hint = t(ctx, "日数。2 週間のような書き方もできます。")
	case survey.Records:
		f.Hint = t(ctx, "件数。約 1 万件のような書き方もできます。")
	case survey.Percent:
		f.Hint = t(ctx, "%。7 割のような書き方もできます。")
	}
	return f
}

// Field is the field of the form to which a problem leads.
func (r *SurveyRow) Field() string {
	if r.Item.Type == survey.Words {
		return r.wordsName()
	}
	return "v" + number(r.Item.Number)
}

func (r *SurveyRow) wordsName() string { return "w" + number(r.Item.Number) }

func (r *SurveyRow) wordsLabel(ctx context.Context) string {
	if r.Item.Type == survey.Words {
		return t(ctx, "質問 {n} の回答", "n", number(r.Item.Number))
	}
	return t(ctx, "質問 {n} の補足", "n", number(r.Item.Number))
}

func (r *SurveyRow) wordsProblem() account.Reason {
	if r.Item.Type == survey.Words {
		return r.Problem
	}
	return account.Reason{}
}

func (r *SurveyRow) choices(l i18n.Lang) []Choice {
	chosen := strings.Split(r.Typed.Value, ",")
	var out []Choice
	for _, c := range r.Item.Choices {
		out = append(out, Choice{Value: c.ID, Name: c.In(l), Chosen: slices.Contains(chosen, c.ID)})
	}
	return out
}

// sent is what was typed, in words.
func (r *SurveyRow) sent(ctx context.Context) string {
	a, bad := r.Item.Take(r.Typed, "9999-12")
	if bad != nil || a.Given == survey.Nothing {
		return ""
	}
	return strings.TrimSpace(SurveyAnswerWords(ctx, r.Item, a) + "\n" + a.Words)
}
