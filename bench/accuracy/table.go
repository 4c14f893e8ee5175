package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
	"miseban/bench/gauge"
)

// tally is what a tool came to over some cases.
type tally struct {
	bad, found, safe, falsely      int // falsely: safe cases with any finding
	astray                         int // findings on vulnerable cases that are not true
	undecided, harmed, cut, broken int
	requests, timed, cases         int
	took                           time.Duration
	cleanPoint, cleanCase          []int // requests at a place of a safe case; a point of a safe case with everything
}

// add counts an outcome; what the bench itself spoilt counts for nothing but that.
func (t *tally) add(o *outcome) {
	if o.Broken != "" {
		t.broken++
		return
	}
	t.cases++
	t.requests += o.Requests
	t.timed += o.Timed
	t.took += o.Took
	if o.Undecided {
		t.undecided++
	}
	if o.Harmed {
		t.harmed++
	}
	if o.Cut {
		t.cut++
	}
	if o.Vulnerable {
		t.bad++
		t.astray += len(o.False)
		if o.Found {
			t.found++
		}
	} else {
		t.safe++
		if len(o.False) > 0 {
			t.falsely++
		}
		if o.Place == trial.Whole {
			return // there is no value, so there is no place
		}
		t.cleanCase = append(t.cleanCase, max(0, o.Requests-o.Crawl-o.Timed)/max(1, o.Points))
		for k, n := range o.At {
			if k != "" && !strings.HasPrefix(k, "path") {
				t.cleanPoint = append(t.cleanPoint, n)
			}
		}
	}
}

// quantile is the value below which the share q of a sample lies.
func quantile(v []int, q float64) int {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[min(len(s)-1, int(q*float64(len(s))))]
}

func share(x, n int) string {
	if n == 0 {
		return "–"
	}
	low, high := interval(x, n)
	return fmt.Sprintf("%.3f (%d/%d; %.3f–%.3f)", float64(x)/float64(n), x, n, low, high)
}

func (t *tally) youden() string {
	if t.bad == 0 || t.safe == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(t.found)/float64(t.bad)-float64(t.falsely)/float64(t.safe))
}

func (t *tally) row(tool, class string) []string {
	return []string{
		class, tool, share(t.found, t.bad), share(t.falsely, t.safe), t.youden(), fmt.Sprint(t.astray), fmt.Sprint(t.undecided),
		fmt.Sprintf("%.1f", float64(t.requests)/float64(max(1, t.cases))), fmt.Sprintf("%d / %d", quantile(t.cleanPoint, 0.5), quantile(t.cleanPoint, 0.95)),
		fmt.Sprintf("%d / %d", quantile(t.cleanCase, 0.5), quantile(t.cleanCase, 0.95)), fmt.Sprint(t.timed), gauge.Seconds(t.took / time.Duration(max(1, t.cases))), fmt.Sprint(t.harmed), fmt.Sprint(t.cut), fmt.Sprint(t.broken),
	}
}

var heading = []string{"class", "tool", "TPR (95 %)", "FPR (95 %)", "Youden", "untrue on vulnerable", "undecided", "requests a case", "requests at a clean place p50 / p95", "requests a clean point, all counted, p50 / p95", "timed", "time a case", "harmed", "cut", "spoilt"}

// report prints the table of all classes and, below, of all cases; what only
// level full may look for stands apart.
func report(w io.Writer, tools []string, outcomes []*outcome) {
	for _, full := range []bool{false, true} {
		rows := [][]string{heading}
		for _, tool := range tools {
			by := map[string]*tally{}
			all := &tally{}
			for _, o := range outcomes {
				if o.Tool != tool || o.Full != full {
					continue
				}
				if by[o.Class] == nil {
					by[o.Class] = &tally{}
				}
				by[o.Class].add(o)
				all.add(o)
			}
			for _, class := range slices.Sorted(maps.Keys(by)) {
				rows = append(rows, by[class].row(tool, class))
			}
			if len(by) > 0 {
				rows = append(rows, all.row(tool, "**all**"))
			}
		}
		if len(rows) > 1 {
			if full {
				fmt.Fprintln(w, "Level full:")
				fmt.Fprintln(w)
			}
			gauge.Table(w, rows)
		}
	}
	for _, tool := range tools {
		rows := [][]string{{"place", "tool", "TPR (95 %)", "safe cases with a finding", "requests a case"}}
		grades := [][]string{{"grade", "tool", "TPR (95 %)", "safe cases with a finding", "requests a case"}}
		places, levels := map[string]*tally{}, map[string]*tally{}
		for _, o := range outcomes {
			if o.Tool != tool {
				continue
			}
			for m, k := range map[*map[string]*tally]string{&places: string(o.Place), &levels: string(o.Grade)} {
				if (*m)[k] == nil {
					(*m)[k] = &tally{}
				}
				(*m)[k].add(o)
			}
		}
		line := func(t *tally, k string) []string {
			return []string{k, tool, share(t.found, t.bad), fmt.Sprintf("%d of %d", t.falsely, t.safe), fmt.Sprintf("%.1f", float64(t.requests)/float64(max(1, t.cases)))}
		}
		for _, k := range slices.Sorted(maps.Keys(places)) {
			rows = append(rows, line(places[k], k))
		}
		for _, k := range slices.Sorted(maps.Keys(levels)) {
			grades = append(grades, line(levels[k], k))
		}
		for _, t := range [][][]string{rows, grades} {
			if len(t) > 1 {
				gauge.Table(w, t)
			}
		}
	}
	for _, o := range outcomes {
		if o.Broken != "" {
			fmt.Fprintf(w, "the bench failed behind %s (%s): %s\n", o.ID, o.Tool, o.Broken)
		}
	}
}

// listMisses lists missed cases and false alarms, by tool and class.
func listMisses(w io.Writer, outcomes []*outcome) {
	list := slices.Clone(outcomes)
	slices.SortFunc(list, func(a, b *outcome) int {
		return cmp.Or(cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Family, b.Family), cmp.Compare(a.ID, b.ID))
	})
	for _, o := range list {
		if o.Vulnerable == o.Found && len(o.False) == 0 {
			continue
		}
		fmt.Fprintf(w, "- [%s] %s\n", o.Tool, o)
		for _, l := range o.Log {
			fmt.Fprintf(w, "      %.300s\n", l)
		}
	}
}

// listSpent lists what the requests of safe cases were for, the most frequent
// first: all of them, those of the dearest tenth of the cases, and in how many
// cases; with log each request of each case, too.
func listSpent(w io.Writer, outcomes []*outcome, log bool) {
	dear := map[*outcome]bool{}
	var safe []*outcome
	for _, o := range outcomes {
		if !o.Vulnerable && o.Broken == "" && o.Spent != nil {
			safe = append(safe, o)
		}
	}
	slices.SortFunc(safe, func(a, b *outcome) int {
		return cmp.Compare((b.Requests-b.Crawl-b.Timed)*max(1, a.Points), (a.Requests-a.Crawl-a.Timed)*max(1, b.Points))
	})
	for i, o := range safe {
		dear[o] = i*10 < len(safe)
		fmt.Fprintf(w, "- %s %s place=%s grade=%s: %d requests, %d points; by place:", o.ID, o.Family, o.Place, o.Grade, o.Requests-o.Crawl-o.Timed, o.Points)
		for _, k := range slices.SortedFunc(maps.Keys(o.Places), func(a, b string) int { return cmp.Or(cmp.Compare(o.Places[b], o.Places[a]), cmp.Compare(a, b)) }) {
			fmt.Fprintf(w, " %q %d", k, o.Places[k])
		}
		fmt.Fprintln(w)
		for _, l := range o.Asked {
			if log {
				fmt.Fprintf(w, "      %s\n", l)
			}
		}
	}
	all, top, cases := map[string]int{}, map[string]int{}, map[string]int{}
	for _, o := range safe {
		for k, n := range o.Spent {
			all[k] += n
			cases[k]++
			if dear[o] {
				top[k] += n
			}
		}
	}
	rows := [][]string{{"check: reason", "requests", "cases", "requests of the dearest tenth"}}
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(cmp.Compare(all[b], all[a]), cmp.Compare(a, b)) }) {
		rows = append(rows, []string{k, fmt.Sprint(all[k]), fmt.Sprint(cases[k]), fmt.Sprint(top[k])})
	}
	gauge.Table(w, rows)
}
