package view

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/account"
	"miseban/internal/diagnose"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/verdict"
	"miseban/internal/wire"
)

func (f DiagnosisForm) problem(field string) account.Reason { return f.Problems.Of(field) }

// levelName is the word for how far a diagnosis goes.
func levelName(ctx context.Context, l wire.Level) string {
	switch l {
	case wire.Offline:
		return t(ctx, "再判定")
	case wire.Passive:
		return t(ctx, "閲覧")
	case wire.Safe:
		return t(ctx, "確認")
	case wire.Active:
		return t(ctx, "弱点を探す診断")
	case wire.Full:
		return t(ctx, "検証環境での診断")
	}
	return l.String()
}

// levels are the levels that the visitor may choose from.
func levels(ctx context.Context, f DiagnosisForm) []Choice {
	list := []Choice{
		{Value: "passive", Name: levelName(ctx, wire.Passive), Hint: t(ctx, "訪問者と同じように、ページを開くだけです。")},
		{Value: "safe", Name: levelName(ctx, wire.Safe), Hint: t(ctx, "加えて、暗号化通信の設定や、公開されたままのファイルなどを確かめます。ふだんはこれを選びます。")},
		{Value: "active", Name: levelName(ctx, wire.Active), Hint: LevelHint(ctx, wire.Active)},
		{Value: "full", Name: levelName(ctx, wire.Full), Hint: LevelHint(ctx, wire.Full)},
	}
	list = list[:min(len(list), int(f.Offer.Most))]
	for i := range list {
		list[i].Chosen = list[i].Value == f.Level
	}
	return list
}

func missingTitle(ctx context.Context, o Offer) string {
	if o.Most == wire.Offline {
		return t(ctx, "診断を始めるには、お店の同意が必要です")
	}
	return t(ctx, "弱点を探す診断を行うには")
}

func missingText(ctx context.Context, m Missing) string {
	switch m {
	case NoConsent:
		return t(ctx, "お店の責任者（経営者）の同意が必要です。")
	case OtherFirm:
		return t(ctx, "今の同意は、別の会社に診断を任せるものです。")
	case OtherHost:
		return t(ctx, "同意のあとで、お店のアドレスが変わりました。新しい同意が必要です。")
	case SafeOnly:
		return t(ctx, "今の同意は「確認」までです。弱点を探す診断には、新しい同意が必要です。")
	}
	return t(ctx, "サイトの管理者であることの確認が必要です。")
}

func authorityText(ctx context.Context, f DiagnosisForm) string {
	if f.Offer.Own || f.Offer.Consent == nil {
		return t(ctx, "私（{name}）には、このお店の診断を求める権限があります。", "name", f.Person)
	}
	return t(ctx, "私（{name}）は、お店の同意の範囲で診断します。", "name", f.Person)
}

func stateName(ctx context.Context, s store.DiagnosisState) string {
	switch s {
	case store.DiagnosisPlanned:
		return t(ctx, "予定")
	case store.DiagnosisQueued:
		return t(ctx, "順番待ち")
	case store.DiagnosisRunning:
		return t(ctx, "診断中")
	case store.DiagnosisPaused:
		return t(ctx, "一時停止中")
	case store.DiagnosisStopped:
		return t(ctx, "中止")
	case store.DiagnosisFinished:
		return t(ctx, "完了")
	case store.DiagnosisFailed:
		return t(ctx, "確認できず")
	}
	return string(s)
}

func stateTone(s store.DiagnosisState) report.Tone {
	switch s {
	case store.DiagnosisFinished:
		return report.Good
	case store.DiagnosisFailed:
		return report.Bad
	case store.DiagnosisStopped, store.DiagnosisPaused:
		return report.Warn
	}
	return report.Neutral
}

// stateSentence says where a diagnosis stands and why.
func stateSentence(ctx context.Context, f Diagnosis) string {
	x := &f.Diagnosis
	switch x.State {
	case store.DiagnosisPlanned:
		if x.Why == "window" {
			return t(ctx, "時間帯の外になったため、{at} に続きを行います。", "at", Moment(x.Due))
		}
		if x.Why == "closed" {
			return t(ctx, "診断しない日のため、{at} に続きを行います。", "at", Moment(x.Due))
		}
		return t(ctx, "{at} に始めます。", "at", Moment(x.Due))
	case store.DiagnosisQueued:
		return t(ctx, "順番が来ると始まります。この画面は自動で変わります。")
	case store.DiagnosisRunning:
		if x.Progress.Stage == diagnose.Checking {
			return t(ctx, "検査しています（{done} / {total}）。", "done", strconv.Itoa(x.Progress.Done), "total", strconv.Itoa(x.Progress.Total))
		}
		return t(ctx, "ページを開いて、サイトの作りを調べています。")
	case store.DiagnosisPaused:
		if x.Why == store.StopEverything {
			return t(ctx, "運用者が、すべての診断を止めました。解除されたあとで再開できます。")
		}
		if x.Why == store.Restored {
			return t(ctx, "控えから復元したため、止めています。同意が今も有効かを確かめてから、再開してください。")
		}
		return t(ctx, "止めています。続きから再開できます。")
	case store.DiagnosisStopped:
		if x.Why == "shop" {
			return f.Reason
		}
		if f.NoConsent {
			return t(ctx, "中止しました。同意が取り消されたか、新しい同意に替わったため、再開できません。")
		}
		return t(ctx, "中止しました。続きから再開できます。")
	case store.DiagnosisFailed:
		if x.Why == "refused" {
			return t(ctx, "この範囲では診断できません。お店の情報と同意を確かめてください。")
		}
		if x.Why == "consent" {
			return t(ctx, "同意が取り消されたか、期限が切れたか、テスト用アカウントが削除されたため、診断しませんでした。")
		}
		if unproven(f.Run) {
			return t(ctx, "サイトの管理者であることを確認できなかったため、診断を始めませんでした。公開したものが残っているかを、「同意」の画面で確かめてください。")
		}
		return f.Reason
	case store.DiagnosisFinished:
		return t(ctx, "{at} に終わりました。", "at", Moment(x.Ended))
	}
	return ""
}

// unproven says that a run ended because its look for the proof found none.
func unproven(run *diagnose.Run) bool {
	return run.Proof != nil && len(run.Proof.Tries) > 0 && len(run.Seen.Pages) == 0 && slices.Contains(run.Proof.Open, strings.TrimSuffix(run.Shop, "/"))
}

// verdicts are the results of a run as parts of a bar.
func verdicts(ctx context.Context, run *diagnose.Run) []Slice {
	n := run.Verdicts()
	var out []Slice
	for _, v := range verdict.All {
		if n[v] > 0 {
			out = append(out, Slice{Name: v.Name(lang(ctx)), Count: n[v], Tone: ToneOf(v)})
		}
	}
	return out
}

func windows(ctx context.Context, list []wire.Window) string {
	var out []string
	for _, w := range list {
		out = append(out, w.From+"–"+w.Until)
	}
	if len(out) == 0 {
		return t(ctx, "いつでも")
	}
	return join(ctx, out)
}

func repeat(ctx context.Context, days int) string {
	if days == 0 {
		return t(ctx, "繰り返さない")
	}
	return t(ctx, "{n} 日ごと", "n", strconv.Itoa(days))
}

func reportName(ctx context.Context, format string) string {
	switch format {
	case "html":
		return t(ctx, "報告書（HTML）")
	case "pdf":
		return "PDF"
	case "docx":
		return "Word"
	case "xlsx":
		return "Excel"
	case "sarif":
		return "SARIF"
	case "oscal":
		return t(ctx, "OSCAL（評価結果）")
	case "poam":
		return t(ctx, "OSCAL（対策計画）")
	}
	return "JSON Lines"
}

func changeName(ctx context.Context, c diagnose.Change) string {
	switch c {
	case diagnose.New:
		return t(ctx, "新しく見つかったもの")
	case diagnose.Still:
		return t(ctx, "残っているもの")
	case diagnose.Fixed:
		return t(ctx, "直ったもの")
	}
	return t(ctx, "今回は確認していないもの")
}

// Second is a moment to the second, for ledgers.
func Second(at time.Time) string { return at.In(report.Tokyo()).Format("2006-01-02 15:04:05") }
