package inject

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/probe"
)

// timed is the last resort, for a place that no other means has said anything
// of: it asks with delays and reports the place if they are obeyed.
func timed(ctx context.Context, p *check.Pass, t *probe.Target, shapes []*probe.Delay) error {
	if ok, err := t.Timed(ctx, p); err != nil || !ok {
		return err
	}
	lag, err := t.Delays(ctx, p, shapes)
	if err != nil || lag == nil {
		return err
	}
	f := p.Report(lag.Longest(), t.Where(), nil)
	f.Case, f.Parameter = "time", t.Name
	f.Words = map[string]i18n.Text{"place": t.Words()}
	f.Proof = lag.Proof()
	for i := range f.Proof.Steps {
		f.Evidence = appendID(f.Evidence, f.Proof.Steps[i].Evidence)
	}
	return nil
}

// delayAfter makes values that add something to the original: § stands for the
// seconds and ¤ for a random word.
func delayAfter(tail string) func(string, string, *probe.Rand) string {
	return func(v, seconds string, r *probe.Rand) string {
		return v + strings.NewReplacer("§", seconds, "¤", r.Letters(4)).Replace(tail)
	}
}

// delayWithin makes values that put something between the halves of the original.
func delayWithin(middle string) func(string, string, *probe.Rand) string {
	return func(v, seconds string, r *probe.Rand) string {
		a, b := r.Split(v)
		return a + strings.ReplaceAll(middle, "§", seconds) + b
	}
}

// delayNumber is delayAfter for numbers only.
func delayNumber(tail string) func(string, string, *probe.Rand) string {
	return func(v, seconds string, r *probe.Rand) string {
		if !numeric(v) {
			return ""
		}
		return delayAfter(tail)(v, seconds, r)
	}
}
