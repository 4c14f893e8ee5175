package probe

import (
	"context"
	"fmt"
	"strings"

	"miseban/internal/check"
	"miseban/internal/i18n"
)

// Reckoned is a value that holds a sum or product which only an interpreter
// works out: the result appears in the answer, the value itself never holds it.
type Reckoned struct {
	Value *Value
	// Habit is what the interpreter does with signs; nil asks nothing.
	Habit *Habit
	// Results are the texts of which one appears where the value was interpreted.
	Results func(v string, r *Rand) []string
}

// Shows asks whether the answer holds the result of what the value asks for,
// three times with fresh operands. Operands have so many digits that no result
// is there by chance, and an answer that holds it for another value does not count.
func (t *Target) Shows(ctx context.Context, p *check.Pass, k *Reckoned, opts ...Option) (*Outcome, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return nil, err
	}
	if k.Habit != nil {
		if fits, err := t.Fits(ctx, p, k.Habit); err != nil || !fits {
			return nil, err
		}
	}
	o := &Outcome{Pair: &Pair{Name: k.Value.Name}, Target: t, Steps: []Step{{Answer: b.Plain, Alike: Same}}}
	for round := range 3 {
		label := fmt.Sprintf("%s %s %d", k.Value.Name, t.ID, round)
		value := k.Value.Make(t.Sample, NewRand(p.Derive(label)))
		if value == "" {
			return nil, nil // makes no sense here
		}
		results := k.Results(t.Sample, NewRand(p.Derive(label)))
		a, err := t.Send(ctx, p, value, append([]Option{Again, Because("whether " + k.Value.Name + " is worked out")}, opts...)...)
		if err != nil {
			return nil, err
		}
		if round == 0 {
			t.note(b, k.Value, a)
		}
		got := holds(a, results)
		if got == "" || strings.Contains(value, got) {
			return nil, nil
		}
		o.Agreed++
		o.Steps = append(o.Steps, Step{Answer: a, Alike: Different, Shows: got})
	}
	// A calculator works out sums without any of the signs: that is its business.
	last := o.Steps[len(o.Steps)-1]
	label := fmt.Sprintf("%s %s %d", k.Value.Name, t.ID, 2)
	results := k.Results(t.Sample, NewRand(p.Derive(label)))
	for _, bare := range []string{onlySums(last.Answer.Value), onlySums(strings.TrimPrefix(last.Answer.Value, t.Sample))} {
		a, err := t.Send(ctx, p, bare, append([]Option{Because("whether the signs matter")}, opts...)...)
		if err != nil {
			return nil, err
		}
		if holds(a, results) != "" || holds(a, digitsOf(results)) != "" {
			return nil, nil
		}
	}
	o.Certain = true
	return o, nil
}

// onlySums leaves letters, digits and the signs of sums.
func onlySums(v string) string {
	depth := strings.Count(v, "(") == strings.Count(v, ")")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r == '*', r == ' ', depth && (r == '(' || r == ')'):
			return r
		}
		return -1
	}, v)
}

// digitsOf are results without the letters around them.
func digitsOf(results []string) []string {
	var out []string
	for _, r := range results {
		if d := strings.Trim(r, "abcdefghijklmnopqrstuvwxyz"); len(d) >= 6 {
			out = append(out, d)
		}
	}
	return out
}

// holds is the first of results in the answer's text or head.
func holds(a *Answer, results []string) string {
	texts := []string{a.Page.Text, string(a.Ex.ResponseHead)}
	if a.Then != nil {
		texts = append(texts, a.Then.Text)
	}
	for _, s := range texts {
		for _, r := range results {
			if r != "" && strings.Contains(s, r) {
				return r
			}
		}
	}
	return ""
}

// shown is Text for a result that appeared.
func (s *Step) shown() i18n.Text {
	return i18n.Text{JA: "応答に計算結果 " + s.Shows + " が現れました", EN: "the answer holds the result " + s.Shows}
}
