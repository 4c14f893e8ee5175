package web

import (
	"net/http"
	"strings"

	"miseban/internal/account"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/store"
	"miseban/internal/web/view"
	"miseban/internal/workflow"
)

// handoverFile hands out the 引継ぎ票 of a case: what the next person in charge
// has to know, on paper.
func (s *Server) handoverFile(w http.ResponseWriter, v *visit) error {
	c, err := s.caseOf(v)
	if err != nil {
		return err
	}
	x, err := s.fileOf(v, c)
	if err != nil {
		return err
	}
	doc := &report.Document{Lang: v.Lang, Title: v.t("案件引継ぎ票"), Subtitle: c.Number + " " + c.Name, Made: s.now()}
	doc.Sections = []report.Section{
		{ID: "now", Title: v.t("いまの状態"), Blocks: append([]report.Block{s.handoverFacts(v, c, x.people)}, s.handoverOpen(v, c, x.known, x.notes)...)},
		{ID: "plan", Title: v.t("予定と実績"), Blocks: []report.Block{s.handoverPlan(v, c)}},
		{ID: "timeline", Title: v.t("経過"), Blocks: []report.Block{s.handoverTimeline(v, x.events, x.notes, x.people)}},
	}
	return s.sendPaper(w, v, "miseban-handover-"+c.Number+"-"+workflow.Day(s.now()), doc)
}

func (s *Server) handoverFacts(v *visit, c *store.ACase, people []store.CasePerson) report.Block {
	due := v.t("決まっていない")
	if x := c.Due(); !x.IsZero() {
		due = workflow.Day(x)
	}
	f := report.Facts{Rows: []report.Fact{
		{Name: v.t("事業"), Value: v.Programme.Name.In(v.Lang)}, {Name: v.t("番号"), Value: c.Number}, {Name: v.t("お店"), Value: c.Name},
		{Name: v.t("段階"), Value: v.t("{step}（{day} から）", "step", c.Step.Name(v.Lang), "day", workflow.Day(c.Since))},
	}}
	if c.Step.Open() {
		f.Rows = append(f.Rows, report.Fact{Name: v.t("期限"), Value: due}, report.Fact{Name: v.t("対応待ちの相手"), Value: c.Awaits.Name(v.Lang)})
	} else {
		f.Rows = append(f.Rows, report.Fact{Name: v.t("結果"), Value: c.Ending.Name(v.Lang)})
	}
	owner := v.t("決まっていない")
	for _, p := range people {
		if p.ID == c.Owner && c.Owner != "" {
			owner = p.Name
		}
	}
	f.Rows = append(f.Rows, report.Fact{Name: v.t("担当者"), Value: owner}, report.Fact{Name: v.t("作成日"), Value: workflow.Day(s.now())})
	return f
}

// handoverOpen is what is left to do: conditions that are not met, promises that are not kept.
func (s *Server) handoverOpen(v *visit, c *store.ACase, known *store.CaseKnown, notes []store.CaseNote) []report.Block {
	var open []string
	for _, m := range programme.MovesOf([]account.Role{account.Clerk, account.Approver}, c.Step) {
		if m.Back || m.Ending == programme.EndingStopped || m.Ending == programme.EndingDeclined {
			continue
		}
		for _, x := range m.Open(&c.Case, &known.Facts) {
			open = append(open, "- "+plain(x.Says.In(v.Lang)))
		}
	}
	var out []report.Block
	if len(open) > 0 {
		out = append(out, report.Heading{Level: 3, Text: v.t("次へ進むために残っていること")}, report.Prose{Markdown: strings.Join(open, "\n")})
	}
	table := report.Table{Head: []string{v.t("期限"), v.t("約束の内容")}, Widths: []float64{1.5, 8}}
	for i := range notes {
		n := &notes[i]
		if !n.Open() {
			continue
		}
		cell := report.Cell{Text: n.Due}
		if n.Due < workflow.Day(s.now()) {
			cell.Tone = report.Bad
		}
		table.Rows = append(table.Rows, []report.Cell{cell, {Text: n.Words}})
	}
	if len(table.Rows) > 0 {
		out = append(out, report.Heading{Level: 3, Text: v.t("守られていない約束")}, table)
	}
	return out
}

func (s *Server) handoverPlan(v *visit, c *store.ACase) report.Block {
	table := report.Table{Head: []string{v.t("段階"), v.t("期限"), v.t("完了日")}, Widths: []float64{5, 2, 2}}
	for _, x := range programme.OpenSteps {
		table.Rows = append(table.Rows, []report.Cell{{Text: x.Name(v.Lang)}, {Text: view.Day(c.Plan[x])}, {Text: view.Day(c.Done[x])}})
	}
	return table
}

func (s *Server) handoverTimeline(v *visit, events []programme.Event, notes []store.CaseNote, people []store.CasePerson) report.Block {
	ctx := view.With(v.Context(), &view.Frame{Lang: v.Lang})
	table := report.Table{Head: []string{v.t("日時"), v.t("種類"), v.t("内容"), v.t("書いた人")}, Widths: []float64{2, 1.3, 6, 1.7}}
	name := func(id account.ID) string {
		for _, p := range people {
			if p.ID == id {
				return p.Name
			}
		}
		return "Miseban"
	}
	for _, x := range view.TimelineOf(events, notes) {
		row := []report.Cell{{Text: view.Moment(x.At)}}
		if x.Event != nil {
			words := view.EventWords(ctx, x.Event, people)
			if x.Event.Reason != "" {
				words += "\n" + x.Event.Reason
			}
			row = append(row, report.Cell{Text: v.t("段階・予定")}, report.Cell{Text: words}, report.Cell{Text: name(x.Event.By)})
		} else {
			row = append(row, report.Cell{Text: x.Note.Kind.Name(v.Lang)}, report.Cell{Text: x.Note.Words}, report.Cell{Text: name(x.Note.By)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}
