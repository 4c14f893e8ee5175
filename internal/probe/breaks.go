package probe

import (
	"context"
	"regexp"

	"miseban/internal/check"
)

// Break is a set of values that an interpreter cannot read and a set that it
// can, for places where the value itself does not show in the answer.
type Break struct {
	Name             string
	Broken, Repaired []*Value
	// Spoken asks that the interpreter's own message was seen, where other
	// interpreters break in the same way.
	Spoken bool
	// Valid are values that only this or that interpreter can read; at least one
	// must be answered as the repaired ones are. They tell an interpreter from a
	// program that merely counts signs.
	Valid []*Value
}

// Breaks asks whether broken values are answered otherwise than repaired ones,
// and repaired ones as an unknown value is. messages are what the interpreter
// says of what it cannot read: a hint, never more. A nil Outcome means no.
func (t *Target) Breaks(ctx context.Context, p *check.Pass, k *Break, messages *regexp.Regexp) (*Outcome, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil || b.Other == nil {
		return nil, err
	}
	d := &differ{t: t, p: p, b: b, v: t.Sample, pair: &Pair{Name: k.Name}, out: &Outcome{Target: t, Steps: []Step{{Answer: b.Plain, Alike: Same}}}}
	d.out.Pair = d.pair
	repaired := k.Repaired
	for round := 0; d.out.Agreed < enough && round < 2*enough; round++ {
		broken := round%2 == 0
		v := repaired[(round/2)%len(repaired)]
		if broken {
			v = k.Broken[(round/2)%len(k.Broken)]
		}
		ok, err := d.breaks(ctx, v, broken, round, messages)
		if err != nil || !ok {
			return nil, err
		}
		if round == 1 && k.Spoken && !d.out.Said {
			return nil, nil
		}
		if round == 3 && len(k.Valid) > 0 { // all that was cheap agrees
			valid, err := d.valid(ctx, k.Valid)
			if err != nil {
				return nil, err
			}
			if valid == nil {
				if d.out.Said {
					return nil, unsettled(t, nil, "構文エラーの表示は見られましたが、原因を確かめられませんでした", "an error of syntax was shown, but its cause could not be confirmed")
				}
				return nil, nil
			}
			repaired = append([]*Value{valid}, repaired...)
		}
	}
	if k.Spoken && !d.out.Said {
		return nil, nil
	}
	d.out.Certain = d.out.Agreed >= enough
	return d.out, nil
}

// breaks sends one value of a Break and says whether it behaved as expected.
func (d *differ) breaks(ctx context.Context, v *Value, broken bool, round int, messages *regexp.Regexp) (bool, error) {
	a, err := d.t.Send(ctx, d.p, d.value(v, round), Again, Because("broken and repaired "+d.pair.Name))
	if err != nil {
		return false, err
	}
	if a.Blocked() && a.Ex.Status != d.b.Other.Ex.Status {
		return false, Hindered(d.t)
	}
	says := messages != nil && messages.MatchString(a.Page.Text) && !messages.MatchString(d.b.Other.Page.Text)
	like := d.b.likeOther(a) && !says
	if broken == like {
		return false, nil
	}
	d.out.Said = d.out.Said || says
	d.out.Agreed++
	if round < 2 {
		alike := Same
		if broken {
			alike = Different
		}
		d.out.Steps = append(d.out.Steps, Step{Answer: a, Alike: alike, Broken: broken})
	}
	return true, nil
}

// valid finds the first value that is answered as a plain one.
func (d *differ) valid(ctx context.Context, values []*Value) (*Value, error) {
	for i, v := range values {
		a, err := d.t.Send(ctx, d.p, d.value(v, 100+i), Again, Because("whether an interpreter reads "+d.pair.Name))
		if err != nil {
			return nil, err
		}
		if d.b.likeOther(a) {
			d.out.Agreed++
			d.out.Steps = append(d.out.Steps, Step{Answer: a, Alike: Same})
			return v, nil
		}
	}
	return nil, nil
}

// likeOther says that a is as the answer to a plain unknown value, or to the
// target's own value.
func (b *Baseline) likeOther(a *Answer) bool { return b.AsOther(a) || b.Compare(a) == Same }
