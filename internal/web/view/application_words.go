package view

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
)

// toneOfStage colours where an application stands.
func toneOfStage(s programme.Stage) report.Tone {
	switch s {
	case programme.Eligible, programme.Selected:
		return report.Good
	case programme.Ineligible:
		return report.Bad
	case programme.Reserve:
		return report.Warn
	}
	return report.Neutral
}

// toneOfOutcome colours what the rules say.
func toneOfOutcome(o programme.Outcome) report.Tone {
	switch o {
	case programme.Fits:
		return report.Good
	case programme.Misfits:
		return report.Bad
	}
	return report.Warn
}

func stageChoices(ctx context.Context, now programme.Stage) []Choice {
	var out []Choice
	for _, s := range programme.Stages {
		if s != programme.Drafted {
			out = append(out, Choice{Value: string(s), Name: s.Name(lang(ctx)), Chosen: s == now})
		}
	}
	return out
}

func outcomeChoices(ctx context.Context, now programme.Outcome) []Choice {
	var out []Choice
	for _, o := range programme.Outcomes {
		out = append(out, Choice{Value: string(o), Name: o.Name(lang(ctx)), Chosen: o == now})
	}
	return out
}

func moveChoices(ctx context.Context, from, now programme.Stage) []Choice {
	var out []Choice
	for _, s := range programme.MovesFrom(from, programme.ByOffice) {
		c := Choice{Value: string(s), Name: s.Name(lang(ctx)), Chosen: s == now}
		if note, err := programme.MoveStage(from, s, programme.ByOffice); err == nil && note {
			c.Hint = t(ctx, "理由が必要です。")
		}
		out = append(out, c)
	}
	return out
}

// attributes are those by which a selection is balanced, in a line.
func attributes(ctx context.Context, f *programme.Form) string {
	var out []string
	for _, by := range programme.Attributes {
		out = append(out, cmp.Or(account.Say(by.Values(), f.Attribute(by), lang(ctx)), "–"))
	}
	return strings.Join(out, " / ")
}

// postureWords says the class and the percentage behind it.
func postureWords(ctx context.Context, f *programme.Form) string {
	class := account.Say(programme.Postures, f.PostureClass(), lang(ctx))
	if class == "" {
		return ""
	}
	return class + " " + strconv.Itoa(f.PostureScore()) + "%"
}

// same says what two applications have in common.
func same(ctx context.Context, list []string) string {
	var out []string
	for _, x := range list {
		out = append(out, map[string]string{"number": t(ctx, "法人番号"), "host": t(ctx, "EC サイトのアドレス"), "phone": t(ctx, "電話番号"), "mail": t(ctx, "メールアドレス")}[x])
	}
	return join(ctx, out)
}

// eventWords says what happened to an application, and who did it.
func eventWords(ctx context.Context, e *store.ApplicationEvent, name string) string {
	who := name
	switch {
	case who != "":
	case e.Mover == programme.ByApplicant:
		who = t(ctx, "応募者")
	default:
		who = "Miseban"
	}
	switch e.What {
	case store.ApplicationCorrected:
		return t(ctx, "{who}: 訂正", "who", who)
	case store.ApplicationNoted:
		return t(ctx, "{who}: メモ", "who", who)
	}
	if e.From == "" || e.From == programme.Drafted {
		return who + ": " + e.To.Name(lang(ctx))
	}
	return who + ": " + e.From.Name(lang(ctx)) + " → " + e.To.Name(lang(ctx))
}

// fieldName is how a field of an application is called.
func fieldName(ctx context.Context, field string) string {
	if id, ok := strings.CutPrefix(field, "posture-"); ok {
		for _, q := range programme.Questions() {
			if q.ID == id {
				return q.Text.In(lang(ctx))
			}
		}
	}
	return map[string]string{
		"company": t(ctx, "会社または屋号"), "sole": t(ctx, "個人事業"), "number": t(ctx, "法人番号"), "industry": t(ctx, "会社の主な業種"), "capital": t(ctx, "資本金（万円）"), "staff": t(ctx, "常時使用する従業員の数"),
		"shop": t(ctx, "EC サイトの名前"), "url": t(ctx, "EC サイトのアドレス（URL）"), "method": t(ctx, "サイトの作り方"), "package": t(ctx, "使っているパッケージ・OSS"), "version": t(ctx, "バージョン"),
		"business": t(ctx, "扱う商品"), "turnover": t(ctx, "EC サイトの年商"), "hosting": t(ctx, "サーバの種類"), "permission": t(ctx, "サーバの事業者から、脆弱性診断の許可を得られますか"), "remote": t(ctx, "公開中のサイトを、インターネットから診断できますか"),
		"contract": t(ctx, "保守の契約がありますか"), "person": t(ctx, "担当の方の名前"), "post": t(ctx, "部署・役職"), "phone": t(ctx, "電話番号"), "wish": t(ctx, "応募の理由・知りたいこと"),
	}[field]
}

// fieldValue is a field's value for reading.
func fieldValue(ctx context.Context, field, value string) string {
	lists := map[string][]account.Option{
		"industry": programme.Industries, "method": account.Methods, "package": programme.Packages, "business": programme.Businesses, "turnover": programme.Sales,
		"hosting": programme.Hostings, "permission": account.YesNo, "remote": account.YesNo, "contract": account.YesNo,
	}
	switch {
	case lists[field] != nil:
		return account.Say(lists[field], account.Choice(value), lang(ctx))
	case strings.HasPrefix(field, "posture-"):
		return account.Say(programme.PostureAnswers, account.Choice(value), lang(ctx))
	case field == "sole" && value == "true":
		return account.Say(account.YesNo, "yes", lang(ctx))
	case field == "sole":
		return account.Say(account.YesNo, "no", lang(ctx))
	}
	return value
}

// applicationName is how an applicant tells his applications apart.
func applicationName(ctx context.Context, a *programme.Application) string {
	return cmp.Or(a.Form.Shop, t(ctx, "名前を入力していない応募"))
}

// applicantStage is what an applicant is told of where an application stands:
// the result of a selection that was approved. Whether it is eligible, the
// office tells, not this page.
func applicantStage(ctx context.Context, s programme.Stage) string {
	switch s {
	case programme.Drafted, programme.Withdrawn, programme.Selected, programme.Reserve, programme.NotSelected:
		return s.Name(lang(ctx))
	}
	return programme.Received.Name(lang(ctx))
}

// resultWords tell an applicant what the result of the selection means.
func resultWords(ctx context.Context, s programme.Stage) string {
	switch s {
	case programme.Selected:
		return t(ctx, "選定されました。この後の進め方は、事務局から連絡します。")
	case programme.Reserve:
		return t(ctx, "補欠になりました。選定されたサイトが辞退したときは、順に繰り上げ、事務局から連絡します。")
	case programme.NotSelected:
		return t(ctx, "今回は選定されませんでした。応募の条件を満たしたサイトの中から、構築の方法、業種、年商、対策の状況がかたよらないように選び、同じ条件の間はくじで決めました。")
	}
	return ""
}

// paragraphs are the lines of a text that are not empty.
func paragraphs(text string) []string {
	var out []string
	for l := range strings.SplitSeq(text, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
