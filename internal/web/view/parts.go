package view

import (
	"net/url"
	"strconv"

	"miseban/internal/account"
	"miseban/internal/check"
	"miseban/internal/report"
	"miseban/internal/verdict"
)

// Field is one field of a form.
type Field struct {
	Name, Label, Value string
	Hint               string
	Type               string // of the input; "" = text
	Auto               string // autocomplete
	Mode               string // inputmode
	Must               bool
	Most               int // characters
	Short              bool
	Problem            account.Reason
	// Part tells a field from another of the same name on its page.
	Part string
}

// ID is the element's.
func (f Field) ID() string {
	if f.Part != "" {
		return "f-" + f.Part + "-" + f.Name
	}
	return "f-" + f.Name
}

// described names what describes the field.
func (f Field) described() string {
	switch {
	case f.Hint != "" && f.Problem.Message != "":
		return f.ID() + "-hint " + f.ID() + "-wrong"
	case f.Hint != "":
		return f.ID() + "-hint"
	case f.Problem.Message != "":
		return f.ID() + "-wrong"
	}
	return ""
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) most() string {
	if f.Most == 0 {
		return "1000"
	}
	return strconv.Itoa(f.Most)
}

// Choice is one answer that a list of a form offers.
type Choice struct {
	Value, Name, Hint string
	Chosen            bool
}

// Query is an address with one value of its query changed, "" removes it. A
// changed filter begins at the first page again.
func Query(self, name, value string) string {
	u, err := url.Parse(self)
	if err != nil {
		return "?"
	}
	q := u.Query()
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	if name != "after" {
		q.Del("after")
	}
	u.RawQuery = q.Encode()
	if u.RawQuery == "" {
		return u.Path
	}
	return u.Path + "?" + u.RawQuery
}

// ToneOf is how a verdict is coloured.
func ToneOf(v verdict.Verdict) report.Tone {
	switch v {
	case verdict.Met:
		return report.Good
	case verdict.NotMet:
		return report.Bad
	case verdict.Partly:
		return report.Warn
	case verdict.NotApplicable:
		return report.Neutral
	}
	return report.Unknown
}

// ToneOfSeverity is how a severity is coloured.
func ToneOfSeverity(s check.Severity) report.Tone {
	switch {
	case s >= check.High:
		return report.Bad
	case s >= check.Low:
		return report.Warn
	}
	return report.Neutral
}

// Slice is one part of a bar.
type Slice struct {
	Name  string
	Count int
	Tone  report.Tone
}

// placed is a slice with its place on a bar of width 100.
type placed struct {
	Slice
	x, width string
}

func place(slices []Slice) []placed {
	sum := 0
	for _, s := range slices {
		sum += s.Count
	}
	var out []placed
	at := 0.0
	for _, s := range slices {
		if s.Count == 0 {
			continue
		}
		w := 100 * float64(s.Count) / float64(sum)
		out = append(out, placed{s, strconv.FormatFloat(at, 'f', 2, 64) + "%", strconv.FormatFloat(w, 'f', 2, 64) + "%"})
		at += w
	}
	return out
}
