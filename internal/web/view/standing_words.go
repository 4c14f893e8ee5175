package view

import (
	"context"
	"strconv"

	"miseban/internal/report"
	"miseban/internal/workflow"
)

// workSlices are the findings by how far the work on them is, as a bar.
func workSlices(ctx context.Context, n WorkStates) []Slice {
	return []Slice{
		{Name: t(ctx, "未着手"), Count: n.Untouched, Tone: report.Bad}, {Name: workflow.Working.Name(lang(ctx)), Count: n.Working, Tone: report.Warn},
		{Name: workflow.Ready.Name(lang(ctx)), Count: n.Ready, Tone: report.Unknown}, {Name: workflow.Resolved.Name(lang(ctx)), Count: n.Resolved, Tone: report.Good},
		{Name: workflow.Accepted.Name(lang(ctx)), Count: n.Accepted, Tone: report.Neutral},
	}
}

// weekWords say what a chart of weeks shows.
func weekWords(ctx context.Context, list []Week) string {
	out := t(ctx, "対策が残っている件数の移り変わり") + ": "
	for i, w := range list {
		if i > 0 {
			out += ", "
		}
		out += Day(w.At) + " " + strconv.Itoa(w.Open)
	}
	return out
}

// pillar is a column of a chart with its place.
type pillar struct{ x, y, width, height, middle, above, value, name string }

// pillars places weeks in a chart 640 wide, the highest 120 high.
func pillars(list []Week) []pillar {
	most := 1
	for _, w := range list {
		most = max(most, w.Open)
	}
	step := 640 / float64(len(list))
	f := func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
	var out []pillar
	for i, w := range list {
		h := 115 * float64(w.Open) / float64(most)
		left := step * float64(i)
		out = append(out, pillar{x: f(left + step*.2), y: f(140 - h), width: f(step * .6), height: f(h), middle: f(left + step/2), above: f(134 - h), value: strconv.Itoa(w.Open), name: Day(w.At)[5:]})
	}
	return out
}

// amount is a number as a form shows it; none is empty.
func amount(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func months(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// grouped is a number with a comma before each three digits.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
