// Package probe is the injection engine: it knows the places of a shop where a
// value enters, sends values there, and tells whether answers differ for a
// reason or by chance. Each check contributes its values and its proof.
//
// A value is never sent to see what breaks first. The engine prefers pairs: one
// value that a faulty interpreter takes for the original and a careful program
// does not, and one that is different for both. So a place that is in order
// costs a check one request, and nothing depends on error messages.
package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/page"
	"miseban/internal/wire"
)

// Plan is the fact of a site's targets, found once and shared by all checks.
var Plan = &check.Fact[*Work]{Name: "probe-plan", Find: plan}

// Work is what the checks of one run share: the targets, what was left out, the markers.
type Work struct {
	Targets []*Target
	Left    []Left
	Markers *Registry

	shapes  map[string]string // path to the pattern that its handler answers
	words   []string          // that the shop uses, for empty search fields
	derive  func(label string) string
	tokens  tokens
	plains  plains
	crawled map[string]*page.Page // by address, as a visitor sees them
	step    sync.Mutex            // a value that the session keeps and its result are asked for as one
}

// Left is a place that is not tested, and why.
type Left struct {
	Target string
	Why    check.Reason
	// InPart is set where only some of the checks were left out.
	InPart bool
}

// Untested lists what was left out: by the plan, because robots.txt closes the
// place, or – for what only time shows – because there were too many.
func (w *Work) Untested() []Left {
	out := slices.Clone(w.Left)
	for _, t := range w.Targets {
		closed, untimed := t.Closed(), false
		t.seen.mu.Lock()
		untimed = t.seen.untimed
		t.seen.mu.Unlock()
		id := t.Method + " " + t.URL.EscapedPath() + " " + string(t.Via) + " " + t.Name
		switch {
		case closed:
			out = append(out, Left{Target: id, Why: whyRobots})
		case untimed:
			out = append(out, Left{Target: id, Why: whyUntimed, InPart: true})
		}
	}
	return out
}

// Closed says that robots.txt closes the place, so that no value went there.
func (t *Target) Closed() bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.closed
}

// Unsettled says that a target could not be judged: it was blocked, overloaded,
// reset, or its answers vary too much by themselves. It is no finding and no pass.
type Unsettled struct {
	Target *Target
	Why    i18n.Text
	Err    error
}

// Error is the reason in English with the target.
func (u *Unsettled) Error() string {
	s := u.Target.ID + ": " + u.Why.EN
	if u.Err != nil {
		s += ": " + u.Err.Error()
	}
	return s
}

// Unwrap is the error of the request, if there was one.
func (u *Unsettled) Unwrap() error { return u.Err }

func unsettled(t *Target, err error, ja, en string) error {
	return &Unsettled{Target: t, Why: i18n.Text{JA: ja, EN: en}, Err: err}
}

// Each puts f to every target for which want is true (nil: all). It looks after
// what every check must: a run that ends ends the check; targets that could not
// be judged make the check Unsure unless something was found; without any
// target the check was not examined.
func Each(ctx context.Context, p *check.Pass, want func(*Target) bool, f func(context.Context, *Target) error) error {
	w, err := check.Ask(ctx, p, Plan)
	if err != nil {
		return err
	}
	open := 0
	var first *Unsettled
	for _, t := range w.Targets {
		if err := ctx.Err(); err != nil {
			return err
		}
		if want != nil && !want(t) {
			continue
		}
		err := t.turn(ctx, p, func(ctx context.Context, t *Target) error {
			if word, err := t.program(ctx, p); err != nil || word {
				return err
			}
			return f(ctx, t)
		})
		if err == nil && t.hindered(p) {
			err = Hindered(t)
		}
		if err == nil {
			p.ExaminedThing("target " + t.ID)
			continue
		}
		if final(err) {
			return err
		}
		if errors.Is(err, wire.ErrExcluded) || errors.Is(err, wire.ErrRobots) {
			t.seen.mu.Lock()
			t.seen.closed = errors.Is(err, wire.ErrRobots)
			t.seen.mu.Unlock()
			continue // not to be asked is another thing than not to be told
		}
		var u *Unsettled
		if !errors.As(err, &u) {
			u = &Unsettled{Target: t, Why: i18n.Text{JA: "応答が得られませんでした", EN: "no usable answer"}, Err: err}
		}
		p.Note(check.Note{Kind: "unsettled", Where: t.URL.Path, Args: i18n.Args{"parameter": t.Name, "place": string(t.Via)}, Words: map[string]i18n.Text{"why": u.Why}})

		open++
		if first == nil {
			first = u
		}
	}
	if open > 0 {
		p.Unsure("{n} か所では、応答が安定しない、または遮られたため、判定できませんでした（例: {target}）。", i18n.Args{"n": fmt.Sprint(open), "target": first.Target.ID})
	}
	return nil
}

// program says that a segment of a path names what the server runs: a word
// without others beside it, for which another word leads to nothing, and signs
// to no more than that.
func (t *Target) program(ctx context.Context, p *check.Pass) (bool, error) {
	if !t.lone {
		return false, nil
	}
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return false, err
	}
	b, err := t.Baseline(ctx, p)
	return err == nil && b.Status < 300 && b.Other.Ex.Status == http.StatusNotFound && !r.Moved && !r.Blocked && len(r.Places) == 0, err
}

// final says that err ends the check: nothing more may be asked, or nothing is stored.
func final(err error) bool {
	for _, e := range []error{wire.ErrStopped, wire.ErrBudget, wire.ErrWindow, wire.ErrNotStored, wire.ErrLevel, wire.ErrConsent, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
