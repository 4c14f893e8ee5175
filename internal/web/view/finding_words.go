package view

import (
	"context"
	"strconv"
	"strings"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/workflow"
)

// toneOfState is how a state of a finding is coloured.
func toneOfState(s workflow.State) report.Tone {
	switch s {
	case workflow.New:
		return report.Bad
	case workflow.Confirmed, workflow.Working:
		return report.Warn
	case workflow.Ready:
		return report.Unknown
	case workflow.Resolved:
		return report.Good
	}
	return report.Neutral
}

// narrowed says that the list shows less than what is open.
func (f Findings) narrowed() bool {
	x := &f.Filter
	return x.State != "" || x.Severity > check.Info || x.Assignee != "" || x.Check != "" || x.Query != "" || x.Overdue != ""
}

// stateLinks lead to the findings of each state, with their number.
func stateLinks(ctx context.Context, f Findings) []Item {
	open, all := 0, 0
	for s, n := range f.States {
		if all += n; s.Open() {
			open += n
		}
	}
	named := func(name string, n int) string {
		return t(ctx, "{name}（{n}件）", "name", name, "n", strconv.Itoa(n))
	}
	out := []Item{{Name: named(t(ctx, "対策が必要"), open), URL: f.url(), Current: f.Filter.State == "" && f.Filter.Overdue == ""}}
	if f.Late > 0 || f.Filter.Overdue != "" {
		out = append(out, Item{Name: named(t(ctx, "期限超過"), f.Late), URL: f.url() + "?late=1", Current: f.Filter.Overdue != ""})
	}
	for _, s := range workflow.States {
		if n := f.States[s]; n > 0 || f.Filter.State == string(s) {
			out = append(out, Item{Name: named(s.Name(lang(ctx)), n), URL: f.url() + "?state=" + string(s), Current: f.Filter.State == string(s)})
		}
	}
	return append(out, Item{Name: named(t(ctx, "すべて"), all), URL: f.url() + "?state=all", Current: f.Filter.State == store.AllStates})
}

func severities(ctx context.Context, now check.Severity) []Choice {
	var out []Choice
	for _, s := range []check.Severity{check.Critical, check.High, check.Medium} {
		name := s.Name(lang(ctx))
		if s != check.Critical {
			name = t(ctx, "{name}以上", "name", name)
		}
		word, err := s.MarshalText()
		if err == nil {
			out = append(out, Choice{Value: string(word), Name: name, Chosen: s == now})
		}
	}
	return out
}

func filterPeople(ctx context.Context, f Findings) []Choice {
	out := []Choice{{Value: "me", Name: t(ctx, "自分")}, {Value: store.Nobody, Name: t(ctx, "未定"), Chosen: f.Filter.Assignee == store.Nobody}}
	return append(out, people(f.People, f.Filter.Assignee)...)
}

func people(list []store.Assignable, now account.ID) []Choice {
	var out []Choice
	for _, p := range list {
		out = append(out, Choice{Value: string(p.Person), Name: p.Name + " / " + p.Organisation, Chosen: p.Person == now})
	}
	return out
}

// assignees are the people to choose from, and who is it now even if he is not
// among them any more.
func assignees(f Finding) []Choice {
	now := f.Finding.Assignee
	if f.Typed.Assigns {
		now = f.Typed.Assignee
	}
	out := people(f.People, now)
	for _, c := range out {
		if c.Chosen {
			return out
		}
	}
	if f.FindingLine.Assignee != "" {
		out = append(out, Choice{Value: string(f.Finding.Assignee), Name: f.FindingLine.Assignee, Chosen: true})
	}
	return out
}

func statesToChoose(ctx context.Context, to []workflow.State, now workflow.State) []Choice {
	var out []Choice
	for _, s := range to {
		out = append(out, Choice{Value: string(s), Name: s.Name(lang(ctx)), Hint: stateHint(ctx, s), Chosen: s == now})
	}
	return out
}

func stateHint(ctx context.Context, s workflow.State) string {
	switch s {
	case workflow.Confirmed:
		return t(ctx, "内容を確かめ、対策が必要だと判断した。")
	case workflow.Ready:
		return t(ctx, "直した。次の診断で確かめる。")
	case workflow.Resolved:
		return t(ctx, "直ったことを、根拠をもって確かめた。")
	case workflow.FalseAlarm:
		return t(ctx, "実際には問題がない。")
	case workflow.Accepted:
		return t(ctx, "対策せず、期限を決めて受け入れる。")
	}
	return ""
}

func lapses(to []workflow.State) bool {
	for _, s := range to {
		if s.Lapses() {
			return true
		}
	}
	return false
}

// reasonHint names the states that need a reason.
func reasonHint(ctx context.Context, to []workflow.State) string {
	var names []string
	for _, s := range to {
		if s.AsksReason() {
			names = append(names, s.Name(lang(ctx)))
		}
	}
	if len(names) == 0 {
		return t(ctx, "なくても構いません。")
	}
	return t(ctx, "{states}にするときは必須です。", "states", join(ctx, names))
}

// export is the address of the list, as it is filtered, as a file.
func export(ctx context.Context, url, format string) string {
	_, filter, _ := strings.Cut(frame(ctx).Self, "?")
	return Query(url+"/export?"+filter, "format", format)
}

// wishes set a finding as it is beside what somebody wanted: name, now, wanted.
func wishes(ctx context.Context, f Finding) [][3]string {
	w := f.Wish
	nobody := func(name string) string {
		if name == "" {
			return t(ctx, "未定")
		}
		return name
	}
	if w.Assigns {
		return [][3]string{{t(ctx, "担当"), nobody(f.FindingLine.Assignee), nobody(w.AssigneeName)}, {t(ctx, "対応期限"), f.Due, w.Due}, {t(ctx, "状態"), f.State.Name(lang(ctx)), "–"}}
	}
	return [][3]string{{t(ctx, "状態"), f.State.Name(lang(ctx)), w.To.Name(lang(ctx))}, {t(ctx, "理由・メモ"), f.Reason, w.Reason}, {t(ctx, "担当"), nobody(f.FindingLine.Assignee), "–"}}
}

// actorOf is who did something.
func actorOf(ctx context.Context, f Finding, m store.FindingMove) string {
	switch {
	case m.By == "":
		return "Miseban"
	case f.People2[m.By] == "":
		return t(ctx, "退会した人")
	}
	return f.People2[m.By]
}

// movement says what changed.
func movement(ctx context.Context, f Finding, m store.FindingMove) string {
	nobody := func(id string) string {
		if id == "" {
			return t(ctx, "未定")
		}
		if n := f.People2[account.ID(id)]; n != "" {
			return n
		}
		return t(ctx, "退会した人")
	}
	switch m.What {
	case store.MovedState:
		return t(ctx, "状態: {before} → {after}", "before", workflow.State(m.Before).Name(lang(ctx)), "after", workflow.State(m.After).Name(lang(ctx)))
	case store.MovedAssignee:
		return t(ctx, "担当: {before} → {after}", "before", nobody(m.Before), "after", nobody(m.After))
	case store.MovedDue:
		return t(ctx, "対応期限: {before} → {after}", "before", m.Before, "after", m.After)
	case store.MovedRetest:
		return t(ctx, "再診断を申し込みました。")
	}
	return ""
}

// moveNote is why, in Miseban's words or those of the person.
func moveNote(ctx context.Context, m store.FindingMove) string {
	if m.By != "" {
		return m.Why
	}
	switch m.Why {
	case store.WhyAgain:
		return t(ctx, "診断で、また見つかりました。")
	case store.WhyUnseen:
		return t(ctx, "診断で見つかりませんでした。再診断で確かめてください。")
	case store.WhySettled:
		return t(ctx, "再診断で、直ったことを確かめました。")
	case store.WhyExpired:
		return t(ctx, "見直す日を過ぎました。")
	}
	return m.Why
}
