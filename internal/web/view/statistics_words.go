package view

import (
	"context"
	"fmt"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/i18n"
	"miseban/internal/programme"
	"miseban/internal/report"
	"miseban/internal/statistics"
	"miseban/internal/store"
	"miseban/internal/survey"
)

// Statistics is where a programme stands in numbers, and what its tables tell.
type Statistics struct {
	ProgrammeHead
	Progress programme.Progress
	Stages   map[programme.Stage]int
	Data     *statistics.Dataset // nil: nothing was counted, or published, yet
	Draft    bool                // not published: for the office alone
	List     []store.Publication
	MayMake  bool
	Why      string // why something was not done
}

// sent is how many applications were sent.
func (f Statistics) sent() (n int) {
	for s, k := range f.Stages {
		if s != programme.Drafted {
			n += k
		}
	}
	return n
}

// Proposed is a dataset that somebody wants to publish, or has published.
type Proposed struct {
	ProgrammeHead
	Publication store.Publication
	Names       map[account.ID]string
	Me          account.ID
	MayDecide   bool
	Why         string
}

// OpenData is a list of what was published.
type OpenData struct {
	List   []store.Publication
	Before account.ID
	Next   string
}

// publicationNames are the words for the states of a publication.
func publicationName(ctx context.Context, s store.PublicationState) string {
	switch s {
	case store.Published:
		return t(ctx, "公表中")
	case store.PublicationRefused:
		return t(ctx, "差し戻し")
	case store.PublicationGone:
		return t(ctx, "掲載を取りやめ")
	}
	return t(ctx, "承認待ち")
}

func publicationTone(s store.PublicationState) report.Tone {
	switch s {
	case store.Published:
		return report.Good
	case store.PublicationAsked:
		return report.Warn
	}
	return report.Neutral
}

// statRow is a row of a table of statistics with its bar.
type statRow struct {
	Name  string
	Cells []string
	Parts []Slice // of a bar; their tones are c1, c2 …
	Share float64 // of a single bar, in percent
	Words string  // the bar in words
}

// statRows puts a table of a dataset into words and bars.
func statRows(tb *statistics.Table, l i18n.Lang) []statRow {
	var out []statRow
	_, lines := tb.Lines(l)
	most := mostOf(tb)
	cells := tb.Cells()
	wide := len(cells) / max(len(lines), 1)
	for i, line := range lines {
		r := statRow{Name: fmt.Sprint(line[0])}
		of := cells[i*wide : (i+1)*wide]
		for k, c := range of {
			r.Cells = append(r.Cells, statWords(tb, c, l))
			if tb.Columns != nil && c.Column != "" && !c.Hidden && c.Column != survey.NoAnswer {
				r.Parts = append(r.Parts, Slice{Name: tb.Columns.Value(c.Column, l), Count: int(c.Value), Tone: columnTone(k)})
			}
			if drawn := tb.Columns == nil && c.Row != "" && !c.Hidden && (c.Measure == "count" || c.Measure == "mean"); drawn && most > 0 {
				r.Share = 100 * c.Value / most
			}
		}
		r.Words = r.Name + ": " + words(r.Parts)
		out = append(out, r)
	}
	return out
}

// columnTone is the colour of a column of a bar.
func columnTone(n int) report.Tone { return report.Tone("c" + strconv.Itoa(n%9+1)) }

// mostOf is what the longest bar of a table stands for: the whole, or the
// largest mean.
func mostOf(tb *statistics.Table) float64 {
	most := 0.0
	for _, c := range tb.Cells() {
		if !c.Hidden && c.Column == "" && (c.Measure == "count" || c.Measure == "mean") && (c.Row != "" || tb.Figure != nil) {
			most = max(most, c.Value)
		}
	}
	return most
}

func statWords(tb *statistics.Table, c statistics.Cell, l i18n.Lang) string {
	switch {
	case c.Hidden:
		return statistics.HiddenMark
	case tb.Figure != nil && c.Measure != "n" && tb.Figure.Type == survey.Records && c.Value != float64(int(c.Value)):
		return i18n.T(l, "{n} 件", i18n.Args{"n": strconv.FormatFloat(c.Value, 'f', 1, 64)})
	case tb.Figure != nil && c.Measure != "n":
		return FigureWords(l, tb.Figure.Type, c.Value)
	}
	return grouped(int(c.Value))
}

func statHead(tb *statistics.Table, l i18n.Lang) []string {
	head, _ := tb.Lines(l)
	return head
}

// legend are the columns of a table with their colours.
func legendOf(tb *statistics.Table, l i18n.Lang) []Slice {
	var out []Slice
	for k, id := range tb.Release.ColumnIDs {
		if id != survey.NoAnswer {
			out = append(out, Slice{Name: tb.Columns.Value(id, l), Tone: columnTone(k)})
		}
	}
	return out
}

// width is a share as the width of a bar.
func width(share float64) string { return strconv.FormatFloat(share, 'f', 2, 64) + "%" }

// surveyOpenData says whether the released tables of a survey may be proposed here.
func (f Publication) surveyOpenData() bool { return f.MayPropose && len(f.Releases) > 0 }
