package statistics

import (
	"slices"
	"time"

	"miseban/internal/i18n"
	"miseban/internal/survey"
)

// Group is a chapter of the statistics.
type Group string

// The groups.
const (
	Applications Group = "applications"
	Findings     Group = "findings"
	Requirements Group = "requirements"
	Change       Group = "change"
	Hearings     Group = "hearings"
)

// Groups lists the chapters in the order of the pages.
var Groups = []Group{Applications, Findings, Requirements, Change, Hearings}

var groupNames = map[Group]i18n.Text{
	Applications: {JA: "応募", EN: "Applications"},
	Findings:     {JA: "検出事項", EN: "Findings"},
	Requirements: {JA: "満たされていなかった要件", EN: "Requirements not met"},
	Change:       {JA: "対策の前と後", EN: "Before and after"},
	Hearings:     {JA: "ヒアリングで分かった費用と被害", EN: "Costs and damage from the hearings"},
}

// Name is the word people read.
func (g Group) Name(l i18n.Lang) string { return groupNames[g].In(l) }

// universe is about which records a table is.
type universe int

const (
	applied universe = iota
	diagnosed
	followed
)

var universes = []struct {
	is   func(*Record) bool
	name i18n.Text
}{
	applied:   {func(*Record) bool { return true }, i18n.Text{JA: "送信されたすべての応募。取り下げられたものも含みます。", EN: "All applications that were sent, those withdrawn later too."}},
	diagnosed: {func(r *Record) bool { return r.Before != nil }, i18n.Text{JA: "Step3 を終え、辞退していないお店。Step3 を終えた時点の状態で、誤検知と判断したものは除きます。", EN: "Shops that have done Step 3 and not left, as they stood when they had done it; false alarms are left out."}},
	followed:  {func(r *Record) bool { return r.Before != nil && r.After != nil }, i18n.Text{JA: "Step5 まで終えたお店。Step3 を終えた時点と Step5 を終えた時点を比べます。", EN: "Shops that have done Step 5, at the end of Step 3 and at the end of Step 5."}},
}

// fixed is a table that may be published. There are no others.
type fixed struct {
	survey.Fixed
	group Group
	of    universe
}

func table(g Group, of universe, id, ja, en, rows, columns, figure string) fixed {
	return fixed{survey.Fixed{ID: id, Title: i18n.Text{JA: ja, EN: en}, Rows: rows, Columns: columns, Figure: figure}, g, of}
}

// tables are the statistics of a programme, in the order of the pages. What is
// coarse stands first: it is decided first what of it is shown.
var tables = []fixed{
	table(Applications, applied, "applied-method", "構築手法・利用 OSS 別の応募", "Applications by how the site is built", "method", "", ""),
	table(Applications, applied, "applied-industry", "業種別の応募", "Applications by business", "industry", "", ""),
	table(Applications, applied, "applied-turnover", "年商別の応募", "Applications by turnover", "turnover", "", ""),
	table(Applications, applied, "applied-measures", "対策状況別の応募", "Applications by state of measures", "measures", "", ""),
	table(Applications, applied, "applied-contract", "保守契約の有無別の応募", "Applications by maintenance contract", "contract", "", ""),
	table(Applications, applied, "fate-method", "構築手法・利用 OSS と応募の結果", "How the site is built and outcome", "method", "fate", ""),
	table(Applications, applied, "fate-industry", "業種と応募の結果", "Business and outcome", "industry", "fate", ""),
	table(Applications, applied, "fate-turnover", "年商と応募の結果", "Turnover and outcome", "turnover", "fate", ""),
	table(Applications, applied, "fate-measures", "対策状況と応募の結果", "State of measures and outcome", "measures", "fate", ""),

	table(Findings, diagnosed, "worst", "お店ごとの最も高い危険度", "Highest severity of each shop", "worst-before", "", ""),
	table(Findings, diagnosed, "class-high", "危険度が高以上の検出事項があったお店（分類別）", "Shops with findings of high severity and above, by class", "class-high-before", "", ""),
	table(Findings, diagnosed, "class-medium", "危険度が中の検出事項があったお店（分類別）", "Shops with findings of medium severity, by class", "class-medium-before", "", ""),
	table(Findings, diagnosed, "class-low", "危険度が低の検出事項があったお店（分類別）", "Shops with findings of low severity, by class", "class-low-before", "", ""),
	table(Findings, diagnosed, "worst-method", "構築手法・利用 OSS と最も高い危険度", "How the site is built and highest severity", "method", "worst-before", ""),
	table(Findings, diagnosed, "worst-turnover", "年商と最も高い危険度", "Turnover and highest severity", "turnover", "worst-before", ""),
	table(Findings, diagnosed, "worst-contract", "保守契約と最も高い危険度", "Maintenance contract and highest severity", "contract", "worst-before", ""),
	table(Findings, diagnosed, "found-method", "構築手法・利用 OSS 別の検出事項の件数", "Number of findings by how the site is built", "method", "", "found-before"),
	table(Findings, diagnosed, "found-turnover", "年商別の検出事項の件数", "Number of findings by turnover", "turnover", "", "found-before"),
	table(Findings, diagnosed, "found-contract", "保守契約の有無別の検出事項の件数", "Number of findings by maintenance contract", "contract", "", "found-before"),

	table(Requirements, diagnosed, "unmet", "要件を満たしていなかったお店", "Shops that did not meet a requirement", "unmet-before", "", ""),
	table(Requirements, diagnosed, "unmet-contract", "要件を満たしていなかったお店（保守契約の有無別）", "Shops that did not meet a requirement, by maintenance contract", "unmet-before", "contract", ""),
	table(Requirements, diagnosed, "unmet-turnover", "要件を満たしていなかったお店（年商別）", "Shops that did not meet a requirement, by turnover", "unmet-before", "turnover", ""),
	table(Requirements, diagnosed, "unmet-method", "要件を満たしていなかったお店（構築手法・利用 OSS 別）", "Shops that did not meet a requirement, by how the site is built", "unmet-before", "method", ""),

	table(Change, followed, "change-worst", "最も高い危険度の前（行）と後（列）", "Highest severity before (rows) and after (columns)", "worst-before", "worst-after", ""),
	table(Change, followed, "change-before", "Step3 の時点の検出事項の件数", "Number of findings at Step 3", "", "", "found-before"),
	table(Change, followed, "change-after", "Step5 の時点で残る検出事項の件数", "Number of findings left at Step 5", "", "", "found-after"),
	table(Change, followed, "change-unmet-before", "Step5 まで終えたお店が Step3 で満たしていなかった要件", "Requirements not met at Step 3, of shops that have done Step 5", "unmet-before", "", ""),
	table(Change, followed, "change-unmet-after", "Step5 で満たしていない要件", "Requirements not met at Step 5", "unmet-after", "", ""),
}

// Dataset is a set of tables as they may leave: whoever reads it needs nothing
// else, and it stays as it is when the words of Miseban change.
type Dataset struct {
	Title  i18n.Text `json:"title"`
	At     time.Time `json:"at"`
	Tables []Table   `json:"tables"`
}

// Table is one of them.
type Table struct {
	ID      string         `json:"id"`
	Group   Group          `json:"group"`
	Title   i18n.Text      `json:"title"`
	About   i18n.Text      `json:"about"` // who is counted
	Rows    *Axis          `json:"rows,omitempty"`
	Columns *Axis          `json:"columns,omitempty"`
	Figure  *Axis          `json:"figure,omitempty"`
	Release survey.Release `json:"release"` // without what later releases are checked against
}

// Axis is what the rows or the columns of a table are, or what was added up.
type Axis struct {
	ID     string          `json:"id"`
	Name   i18n.Text       `json:"name"`
	Type   survey.Type     `json:"type"`
	Values []survey.Choice `json:"values,omitempty"`
}

// Value is the word for a place of the axis.
func (a *Axis) Value(id string, l i18n.Lang) string {
	for _, c := range a.Values {
		if c.ID == id {
			return c.In(l)
		}
	}
	return (&survey.Item{}).ChoiceName(id, l)
}

// Build counts, and decides of every table what may be published: in sight of
// what was published before, and of the tables that stand before it.
func (c *Catalogue) Build(records []Record, earlier []survey.Statistic, at time.Time) (*Dataset, []survey.Statistic) {
	q := c.questionnaire()
	d := &Dataset{At: at}
	of := make([][]survey.Respondent, len(universes))
	for i := range records {
		x := records[i].respondent(q)
		for u := range universes {
			if universes[u].is(&records[i]) {
				of[u] = append(of[u], x)
			}
		}
	}
	seen := append(public(of), earlier...)
	var basis []survey.Statistic
	for _, t := range tables {
		r := q.Release(&t.Fixed, of[t.of], seen)
		for _, s := range r.Statistics {
			if !slices.ContainsFunc(basis, func(x survey.Statistic) bool { return alike(&x, &s) }) {
				basis, seen = append(basis, s), append(seen, s)
			}
		}
		r.Statistics = nil
		d.Tables = append(d.Tables, describe(q, &t.Fixed, r, t.group, universes[t.of].name))
	}
	return d, basis
}

// public are the counts that tell how far the programme is. They stand on the
// board and in every report, so that hiding them would hide nothing: the gate
// has to know that they are known.
func public(of [][]survey.Respondent) []survey.Statistic {
	ids := func(list []survey.Respondent, fits func(*survey.Respondent) bool) []string {
		var out []string
		for i := range list {
			if fits(&list[i]) {
				out = append(out, list[i].ID)
			}
		}
		slices.Sort(out)
		return out
	}
	var out []survey.Statistic
	for _, list := range of {
		out = append(out, survey.Statistic{IDs: ids(list, func(*survey.Respondent) bool { return true }), Shown: true})
	}
	for _, f := range fates {
		out = append(out, survey.Statistic{Key: itemFate + "=" + f.ID, Shown: true, IDs: ids(of[applied], func(x *survey.Respondent) bool { return slices.Contains(x.Answers[itemFate].Choices, f.ID) })})
	}
	return out
}

// alike says that two numbers say the same to later releases.
func alike(a, b *survey.Statistic) bool {
	return a.Key == b.Key && a.Shown == b.Shown && a.Low == b.Low && a.High == b.High && slices.Equal(a.IDs, b.IDs) && slices.Equal(a.Figures, b.Figures)
}

// describe puts beside a release what its places mean.
func describe(q *survey.Questionnaire, f *survey.Fixed, r *survey.Release, g Group, about i18n.Text) Table {
	axis := func(id string) *Axis {
		i, ok := q.Item(id)
		if !ok {
			return nil
		}
		return &Axis{ID: i.ID, Name: i.Ask, Type: i.Type, Values: i.Choices}
	}
	return Table{ID: f.ID, Group: g, Title: f.Title, About: about, Rows: axis(f.Rows), Columns: axis(f.Columns), Figure: axis(f.Figure), Release: *r}
}

// FromSurvey are released tables of a survey, the last release of each.
func FromSurvey(q *survey.Questionnaire, releases []survey.Release) []Table {
	var out []Table
	for i := range q.Tables {
		f := &q.Tables[i]
		for k := len(releases) - 1; k >= 0; k-- {
			if releases[k].Table != f.ID {
				continue
			}
			r := releases[k]
			r.Statistics = nil
			t := describe(q, f, &r, Hearings, i18n.Text{JA: q.Title.JA + "に回答したところ。", EN: "Those who answered: " + q.Title.EN + "."})
			t.ID = q.ID + "." + f.ID
			out = append(out, t)
			break
		}
	}
	return out
}
