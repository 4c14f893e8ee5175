package statistics

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"miseban/internal/i18n"
	"miseban/internal/paper"
	"miseban/internal/programme"
	"miseban/internal/survey"
)

// ReportKind says which paper the figures of a programme are put into.
type ReportKind string

// The kinds of reports.
const (
	Progress ReportKind = "progress" // half-yearly
	Final    ReportKind = "final"
)

// ReportKinds lists them in the order of choices on a page.
var ReportKinds = []ReportKind{Progress, Final}

var reportNames = map[ReportKind]i18n.Text{
	Progress: {JA: "事業の進捗報告", EN: "Progress report"}, Final: {JA: "事業の最終報告", EN: "Final report"},
}

// Name is the word people read.
func (k ReportKind) Name(l i18n.Lang) string { return reportNames[k].In(l) }

// Valid says that k is one of ReportKinds.
func (k ReportKind) Valid() bool { return slices.Contains(ReportKinds, k) }

// Numbers are what a report is made of: counts of the procedure, and the
// published statistics. What was not published is in no report.
type Numbers struct {
	Programme  *programme.Programme
	Milestones []programme.Milestone
	Now        time.Time          // when applications and hearings were counted
	Progress   programme.Progress // as of the day of the report
	Stages     map[programme.Stage]int
	Surveys    []Heard
	Published  *Dataset  // nil: nothing was published yet
	On         time.Time // when it was published
}

// Heard is how far a survey is.
type Heard struct {
	Questionnaire *survey.Questionnaire
	Quota         int
	Counts        map[survey.State]int
}

// Sourced is a part of a report that can be written anew: Source says of what
// it is made.
type Sourced struct {
	Source string
	paper.Part
}

// Report are the parts of a report as its figures are now.
func (n *Numbers) Report(k ReportKind, l i18n.Lang) []Sourced {
	out := []Sourced{n.overview(l), n.call(l), n.schedule(l)}
	for i := range n.Surveys {
		out = append(out, n.hearing(&n.Surveys[i], l))
	}
	out = append(out, n.steps(l))
	chapters := []string{"applied-method", "applied-industry", "applied-turnover", "applied-measures", "worst", "unmet"}
	if k == Final {
		chapters = nil
		if n.Published != nil {
			for i := range n.Published.Tables {
				if t := &n.Published.Tables[i]; t.Columns == nil {
					chapters = append(chapters, t.ID)
				}
			}
		}
	}
	for _, id := range chapters {
		if n.Published == nil {
			break
		}
		if t, ok := n.Published.Table(id); ok && !t.Release.Withheld && (t.Release.N.Hidden || t.Release.N.Count > 0) {
			out = append(out, n.table(t, l))
		}
	}
	return out
}

// part makes a part that everybody may read.
func part(source, title, text string) Sourced {
	return Sourced{source, paper.Part{Class: paper.Public, TitleClass: paper.Public, Title: title, Text: text}}
}

// say puts a text of ours into words.
func say(l i18n.Lang, ja, en string, kv ...string) string {
	args := i18n.Args{}
	for i := 0; i+1 < len(kv); i += 2 {
		args[kv[i]] = kv[i+1]
	}
	return i18n.Format(i18n.Text{JA: ja, EN: en}.In(l), args)
}

func dayOf(at time.Time) string { return programme.DayOf(at).Format(time.DateOnly) }

func (n *Numbers) overview(l i18n.Lang) Sourced {
	p := n.Programme
	var b strings.Builder
	para := func(title, text string) {
		if text != "" {
			b.WriteString("**" + title + "** " + text + "\n\n")
		}
	}
	para(say(l, "目的:", "Purpose:"), p.Purpose.In(l))
	para(say(l, "根拠:", "Basis:"), p.Basis.In(l))
	para(say(l, "対象と対象外:", "Scope:"), p.Scope.In(l))
	para(say(l, "主催:", "Organised by:"), strings.Join(p.Organisers, say(l, "、", ", ")))
	para(say(l, "所管:", "Ministries:"), strings.Join(p.Ministries, say(l, "、", ", ")))
	para(say(l, "連携団体:", "Partners:"), strings.Join(p.Partners, say(l, "、", ", ")))
	for i, s := range p.Strands {
		b.WriteString("- " + strconv.Itoa(i+1) + ". " + s.Name.In(l))
		if s.Goal > 0 {
			b.WriteString(" " + strconv.Itoa(s.Goal) + " " + s.Unit)
		}
		b.WriteString("\n")
	}
	return part("overview", say(l, "本事業の概要", "The programme"), strings.TrimSpace(b.String()))
}

// call says what came of the call.
func (n *Numbers) call(l i18n.Lang) Sourced {
	sent := 0
	x := part("call", say(l, "公募と選定", "Call and selection"), "")
	for _, s := range programme.Stages {
		if k := n.Stages[s]; s != programme.Drafted {
			sent += k
			if k > 0 {
				x.Figures = append(x.Figures, paper.Figure{Label: s.Name(l), Value: k})
			}
		}
	}
	x.Text = say(l, "{day} 時点で、{n} 件の応募がありました。", "As of {day}, {n} applications were received.", "day", dayOf(n.Now), "n", strconv.Itoa(sent))
	if from, last := n.Programme.From, n.Programme.LastDay(); !from.IsZero() && !last.IsZero() {
		x.Text = say(l, "募集期間は {from} から {until} まで。", "The call was open from {from} until {until}. ", "from", dayOf(from), "until", dayOf(last)) + x.Text
	}
	x.Caption = say(l, "応募の段階ごとの件数", "Applications by stage")
	return x
}

// schedule sets what was planned against what was done.
func (n *Numbers) schedule(l i18n.Lang) Sourced {
	var b strings.Builder
	for _, m := range n.Milestones {
		b.WriteString("- " + m.Name.In(l) + say(l, "（計画 {from} 〜 {until}", " (planned {from} to {until}", "from", m.From, "until", m.Until))
		switch {
		case m.Ended != "":
			b.WriteString(say(l, "、{day} 完了", ", done {day}", "day", m.Ended))
		case m.Began != "":
			b.WriteString(say(l, "、{day} 開始", ", begun {day}", "day", m.Began))
		}
		b.WriteString(say(l, "）", ")") + "\n")
	}
	if b.Len() == 0 {
		b.WriteString(say(l, "予定はまだ登録されていません。", "No milestones are registered yet."))
	}
	return part("schedule", say(l, "スケジュール", "Schedule"), strings.TrimSpace(b.String()))
}

// hearing says how far a survey is; whom it asks is not said.
func (n *Numbers) hearing(h *Heard, l i18n.Lang) Sourced {
	x := part("survey."+h.Questionnaire.ID, h.Questionnaire.Title.In(l), "")
	done := 0
	for _, s := range survey.States {
		k := h.Counts[s]
		if s.Done() {
			done += k
		}
		if k > 0 {
			x.Figures = append(x.Figures, paper.Figure{Label: s.Name(l), Value: k})
		}
	}
	x.Text = say(l, "{day} 時点で、目標 {quota} 件のうち {done} 件から話を聞きました。", "As of {day}, {done} of {quota} have been heard.", "day", dayOf(n.Now), "quota", strconv.Itoa(h.Quota), "done", strconv.Itoa(done))
	x.Caption = say(l, "対象の状態", "Where the subjects stand")
	return x
}

// steps is the slide of the five steps.
func (n *Numbers) steps(l i18n.Lang) Sourced {
	p := &n.Progress
	x := part("steps", say(l, "脆弱性診断の進捗", "Progress of the diagnoses"), "")
	var b strings.Builder
	b.WriteString(say(l, "{day} 時点の進捗です。", "As of {day}.", "day", dayOf(p.Day)) + "\n\n")
	for _, s := range programme.FiveSteps {
		c := p.Steps[s]
		b.WriteString("- " + say(l, "{step}: {all} サイト中、{n} サイト完了", "{step}: {n} of {all} shops done", "step", s.Name(l), "all", strconv.Itoa(p.Places), "n", strconv.Itoa(c.Done)))
		if c.Planned > 0 {
			b.WriteString(say(l, "（計画 {n}）", " (planned {n})", "n", strconv.Itoa(c.Planned)))
		}
		b.WriteString("\n")
		x.Figures = append(x.Figures, paper.Figure{Label: s.Name(l), Value: c.Done})
	}
	if late := p.Late(); late > 0 {
		b.WriteString("\n" + say(l, "期限を過ぎている案件は {n} 件です。", "{n} cases are overdue.", "n", strconv.Itoa(late)) + "\n")
	}
	x.Text, x.Caption = strings.TrimSpace(b.String()), say(l, "完了したサイトの数", "Shops that have done the step")
	return x
}

// mostBars is how many bars a chart of a report has.
const mostBars = 30

// table is a published table: what is counted, the numbers, and the bars.
func (n *Numbers) table(t *Table, l i18n.Lang) Sourced {
	x := part("table."+t.ID, t.Title.In(l), "")
	var b strings.Builder
	b.WriteString(t.About.In(l) + " " + say(l, "{day} に公表した統計から。", "From the statistics published on {day}.", "day", dayOf(n.On)) + "\n\n")
	head, lines := t.Lines(l)
	hidden := false
	for _, line := range lines {
		var cells []string
		for k, c := range line[1:] {
			text := ""
			switch c := c.(type) {
			case float64:
				text = Number(c)
			case int64:
				text = strconv.FormatInt(c, 10)
			case string:
				text, hidden = c, hidden || c == HiddenMark
			}
			if len(line) > 2 {
				text = head[k+1] + " " + text
			}
			cells = append(cells, text)
		}
		b.WriteString("- " + line[0].(string) + ": " + strings.Join(cells, say(l, "、", ", ")) + "\n")
	}
	if hidden {
		b.WriteString("\n" + say(l, "「x」は、お店や回答者が分かるため載せない数です。", "An “x” is a number that would tell of a shop or a respondent."))
	}
	x.Text = strings.TrimSpace(b.String())
	for _, c := range t.Cells() {
		if c.Row != "" && !c.Hidden && c.Value > 0 && (c.Measure == "count" || c.Measure == "mean") {
			x.Figures = append(x.Figures, paper.Figure{Label: t.Rows.Value(c.Row, l), Value: int(c.Value + 0.5)})
		}
	}
	if t.Rows != nil && t.Rows.Type == survey.Many { // the most frequent ones first
		slices.SortStableFunc(x.Figures, func(a, b paper.Figure) int { return cmp.Compare(b.Value, a.Value) })
	}
	x.Figures = x.Figures[:min(len(x.Figures), mostBars)]
	if t.Figure != nil {
		x.Caption = say(l, "平均", "Mean") + ": " + t.Figure.Name.In(l)
	} else {
		x.Caption = t.Title.In(l)
	}
	return x
}
