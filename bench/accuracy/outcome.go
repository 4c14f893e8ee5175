package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"miseban/bench/accuracy/trial"
)

// alarm is one finding of a tool, in words that all tools share.
type alarm struct {
	Classes   []string // the checks that it may stand for
	Where     string   // path
	Parameter string
	Text      string // as the tool wrote it
}

// outcome is what one tool came to on one case.
type outcome struct {
	ID         string         `json:"id"`
	Tool       string         `json:"tool"`
	Class      string         `json:"class"`
	Family     string         `json:"family"`
	Place      trial.Place    `json:"place"`
	Grade      trial.Grade    `json:"grade"`
	About      string         `json:"about"`
	Vulnerable bool           `json:"vulnerable"`
	Full       bool           `json:"full,omitempty"`
	Found      bool           `json:"found"`
	False      []string       `json:"false,omitempty"` // findings that are not true
	Undecided  bool           `json:"undecided,omitempty"`
	Why        string         `json:"why,omitempty"` // what the tool said of a case that it left out
	Requests   int            `json:"requests"`
	Timed      int            `json:"timed"`
	Crawl      int            `json:"crawl"` // of Requests: to learn what is there
	Spent      map[string]int `json:"-"`     // by check and reason, beyond the crawl and without waits
	Places     map[string]int `json:"-"`     // the same by place
	Asked      []string       `json:"-"`     // the same one after the other
	Points     int            `json:"points"`
	At         map[string]int `json:"at"` // requests by place with a value of the tool's own
	Took       time.Duration  `json:"took"`
	Harmed     bool           `json:"harmed,omitempty"`
	Broken     string         `json:"broken,omitempty"` // the bench itself failed behind the case
	Cut        bool           `json:"cut,omitempty"`    // the time was up
	Log        []string       `json:"log,omitempty"`    // requests, of missed cases and false alarms when asked for
}

// begin notes what the case is.
func begin(tool string, s *trial.Site) *outcome {
	return &outcome{ID: s.ID, Tool: tool, Class: s.Family.Class, Family: s.Family.Name, Place: s.Place, Grade: s.Grade, About: s.Family.About, Vulnerable: s.Vulnerable, Full: s.Family.Full, Points: s.Points()}
}

// judge holds alarms against the case: right is the right check at the right
// place of a vulnerable member, everything else is a false alarm.
func (o *outcome) judge(s *trial.Site, alarms []alarm) {
	for _, a := range alarms {
		true_ := append([]string{s.Family.Class}, s.Family.Accept...)
		if s.Vulnerable && slices.ContainsFunc(a.Classes, func(c string) bool { return slices.Contains(true_, c) }) && rightPlace(s, a) {
			o.Found = true
			continue
		}
		o.False = append(o.False, a.Text)
	}
}

var word = regexp.MustCompile(`[A-Za-z0-9_-]+`)

// rightPlace says whether an alarm names the place where the value enters.
func rightPlace(s *trial.Site, a alarm) bool {
	if s.Place == trial.Whole {
		return true
	}
	if strings.Contains(a.Where, "/") && !s.Handles(a.Where) {
		return false
	}
	names := word.FindAllString(strings.ToLower(a.Parameter), -1)
	switch s.Place {
	case trial.Fragment:
		if slices.Contains(names, "fragment") || slices.Contains(names, "hash") {
			return true
		}
	case trial.Name, trial.Path:
		// Tools call a name or a segment of a path in many ways; only the other parameter would be wrong.
		return s.Decoy() == "" || !slices.Contains(names, s.Decoy())
	}
	return slices.ContainsFunc(s.Names(), func(n string) bool { return slices.Contains(names, strings.ToLower(n)) })
}

// end counts at the site and looks for harm.
func (o *outcome) end(ctx context.Context, s *trial.Site, before string, log bool) {
	o.Requests, o.Timed = s.Count.Total()
	o.At = s.Count.Points()
	after, err := s.Intact(ctx)
	switch {
	case err != nil:
		o.Broken = err.Error()
	case before != after:
		o.Harmed = true
	}
	if err := s.Count.Err(); err != nil {
		o.Broken = err.Error()
	}
	if log && (s.Vulnerable != o.Found || len(o.False) > 0) {
		o.Log = s.Count.Log()
	}
}

// String is a line for lists of misses.
func (o *outcome) String() string {
	what := "missed"
	switch {
	case len(o.False) > 0:
		what = "false alarm: " + strings.Join(o.False, "; ")
	case o.Vulnerable && o.Found:
		what = "found"
	case !o.Vulnerable:
		what = "silent"
	}
	member := "safe"
	if o.Vulnerable {
		member = "vulnerable"
	}
	return fmt.Sprintf("%s %s/%s (%s) place=%s grade=%s: %s. %s %s", o.ID, o.Class, o.Family, member, o.Place, o.Grade, o.About, what, o.Why)
}
