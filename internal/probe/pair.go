package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"miseban/internal/check"
	"miseban/internal/i18n"
	"miseban/internal/wire"
)

// Pair is a differential: values that a faulty interpreter takes for the
// original, and values that it does not – while a careful program treats all of
// them alike. Neither needs an error message.
type Pair struct {
	Name  string
	Same  []*Value // each must be answered as the original value is
	Other []*Value // each must be answered differently
	// Broken are values that a faulty interpreter cannot read at all. They may be
	// answered with 5xx, so each is sent once only.
	Broken []*Value
	// Options of every sending: another name of the parameter, raw encoding.
	Options []Option
	// Per are further options of single values.
	Per map[*Value][]Option
	// Tree makes another JSON value of a text, for values that are sent as such.
	Tree map[*Value]func(value string) any
	// Carry gives the options with which a value is carried (a whole XML document as the body).
	Carry func(value string) []Option
	// Gate is a value that several pairs share: where it is not taken for the
	// original, the pair cannot hold and nothing of it is sent.
	Gate *Value
	// Habit is what the interpreter does with signs; nil asks nothing.
	Habit *Habit
	// Sample replaces the target's own value as v.
	Sample string
}

// Outcome is a differential that held.
type Outcome struct {
	Pair   *Pair
	Target *Target
	Steps  []Step // the first of each kind, plain value first
	Agreed int    // sendings that behaved as a faulty interpreter would
	// Said is set when an interpreter's own message was seen, Certain when luck is ruled out.
	Said, Certain bool
}

// Step is one sending of an Outcome and what it was like.
type Step struct {
	Answer *Answer
	Alike  Alike
	Broken bool
	Shows  string // what appeared in the answer
}

// enough agreeing answers, each a coin's toss for a shop that answers at
// random, make luck rarer than one in 10 000.
const enough = 14

// Differ puts the pair to the target. A nil Outcome means that the target does
// not behave as a faulty interpreter: usually the first request shows it. An
// *Unsettled error means that it could not be told.
func (t *Target) Differ(ctx context.Context, p *check.Pass, pair *Pair) (*Outcome, error) {
	for try := 0; ; try++ {
		o, err := t.differ(ctx, p, pair)
		if !errors.Is(err, errDrift) {
			return o, err
		}
		if try == 6 {
			return nil, unsettled(t, nil, "元の値への応答が途中で変わったため、判定を控えました", "the answer to the original value changed in the middle")
		}
	}
}

// errDrift says that the plain answer varies more than was known; it is known now.
var errDrift = errors.New("the plain answer varies")

func (t *Target) differ(ctx context.Context, p *check.Pass, pair *Pair) (*Outcome, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil || !b.sensitive() {
		return nil, err
	}
	if pair.Habit != nil {
		if fits, err := t.Fits(ctx, p, pair.Habit); err != nil || !fits {
			return nil, err
		}
	}
	if pair.Gate != nil && !b.Casts {
		if taken, err := t.Takes(ctx, p, pair.Gate); err != nil || !taken {
			return nil, err
		}
	}
	d := &differ{t: t, p: p, b: b, pair: pair, out: &Outcome{Pair: pair, Target: t, Steps: []Step{{Answer: b.Plain, Alike: Same}}}}
	d.v = t.Sample
	if pair.Sample != "" {
		d.v = pair.Sample
	}
	// The first value alone clears most targets. A program that reads the number
	// at the front and drops the rest takes every value for the same, so there
	// the different one comes first.
	type sending struct {
		v    *Value
		want Alike
	}
	var order []sending
	for _, v := range pair.Other {
		order = append(order, sending{v, Different})
	}
	for i, v := range pair.Same {
		if i == 0 && !b.Casts {
			order = append([]sending{{v, Same}}, order...)
			continue
		}
		order = append(order, sending{v, Same})
	}
	for _, s := range order {
		if d.value(s.v, 0) == "" {
			return nil, nil
		}
		if ok, err := d.send(ctx, s.v, s.want, 0); err != nil || !ok {
			return nil, err
		}
	}
	for _, v := range pair.Broken {
		if ok, err := d.broken(ctx, v); err != nil || !ok {
			return nil, err
		}
	}
	r := NewRand(p.Derive("order " + pair.Name + " " + t.ID))
	for round := 1; d.out.Agreed < enough && round < 12; round++ {
		ok, err := d.round(ctx, round, r)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, d.drift(ctx)
		}
	}
	if d.out.Agreed < enough {
		return nil, nil
	}
	d.out.Certain = true
	return d.out, nil
}

type differ struct {
	t    *Target
	p    *check.Pass
	b    *Baseline
	pair *Pair
	v    string
	out  *Outcome

	failures int // answers with 5xx, each a burden
}

// mostFailures is how many failing answers a differential asks for: five of
// fifteen at just the right values are no luck either.
const mostFailures = 5

// value makes v for a round; "" when it makes no sense for the target, or would
// look to the gate like one that could do harm (a word that chance put together).
func (d *differ) value(v *Value, round int) string {
	for try := range 4 {
		s := v.Make(d.v, NewRand(d.p.Derive(fmt.Sprintf("%s %s %d %d", v.Name, d.t.ID, round, try))))
		if wire.Harmless(s) == nil {
			return s
		}
	}
	return ""
}

// send sends v once and says whether the answer is as want.
func (d *differ) send(ctx context.Context, v *Value, want Alike, round int) (bool, error) {
	value := d.value(v, round)
	if value == "" {
		return false, nil
	}
	var carry []Option
	if d.pair.Carry != nil {
		carry = d.pair.Carry(value)
	}
	if f := d.pair.Tree[v]; f != nil {
		carry = append(carry, Tree(f(value)))
	}
	a, err := d.t.Send(ctx, d.p, value, slices.Concat([]Option{Again, Because("differential " + d.pair.Name)}, d.pair.Options, d.pair.Per[v], carry)...)
	if err != nil {
		return false, err
	}
	got := d.b.Compare(a)
	if want == Same && got == Vague && !d.b.Noisy && d.b.AsOther(a) {
		return false, nil // as any unknown value; where answers vary by themselves that is too early to say
	}
	for more := 0; got == Vague && more < 2; more++ { // what varies by itself is not known well enough
		plain, err := d.t.Send(ctx, d.p, d.t.Sample, Again, Because("control request"))
		if err != nil {
			return false, err
		}
		if !d.b.relearn(plain) {
			return false, nil
		}
		got = d.b.Compare(a)
	}
	if want == Different && a.Blocked() && a.Ex.Status != d.b.Other.Ex.Status {
		return false, Hindered(d.t)
	}
	if want == Different && got == Vague && !d.b.Noisy { // a part of what the original value shows
		got = Different
	}
	if got != want {
		return false, nil
	}
	d.out.Agreed++
	if a.Ex.Status >= 500 {
		d.failures++
	}
	if round == 0 {
		d.out.Steps = append(d.out.Steps, Step{Answer: a, Alike: got})
	}
	return true, nil
}

func (d *differ) broken(ctx context.Context, v *Value) (bool, error) {
	a, err := d.t.Send(ctx, d.p, d.value(v, 0), slices.Concat([]Option{Because("differential " + d.pair.Name + ", broken value")}, d.pair.Options, d.pair.Per[v])...)
	if err != nil {
		return false, err
	}
	if a.Blocked() && a.Ex.Status != d.b.Other.Ex.Status {
		return false, Hindered(d.t)
	}
	if d.b.Compare(a) != Different {
		return false, nil
	}
	d.out.Agreed++
	d.out.Steps = append(d.out.Steps, Step{Answer: a, Alike: Different, Broken: true})
	return true, nil
}

// round sends the pair once more with fresh operands, in an order drawn by lot,
// with the plain value among them.
func (d *differ) round(ctx context.Context, round int, r *Rand) (bool, error) {
	same := d.pair.Same[round%len(d.pair.Same)]
	other := d.pair.Other[round%len(d.pair.Other)]
	both := []func() (bool, error){
		func() (bool, error) { return d.send(ctx, same, Same, round) },
		func() (bool, error) {
			if d.failures >= mostFailures { // enough of them: the others shall say what is left to say
				return d.send(ctx, same, Same, 50+round)
			}
			return d.send(ctx, other, Different, round)
		},
	}
	if r.Coin() {
		both[0], both[1] = both[1], both[0]
	}
	for _, f := range both {
		if ok, err := f(); err != nil || !ok {
			return false, err
		}
	}
	if round%3 != 1 {
		return true, nil
	}
	a, err := d.t.Send(ctx, d.p, d.t.Sample, Again, Because("control request"))
	if err != nil {
		return false, err
	}
	if d.b.Compare(a) != Same {
		d.b.relearn(a)
		return false, errDrift
	}
	d.out.Agreed++
	return true, nil
}

// drift tells a contradiction (no fault) from a shop that has changed meanwhile.
func (d *differ) drift(ctx context.Context) error {
	a, err := d.t.Send(ctx, d.p, d.t.Sample, Again, Because("control request"))
	if err != nil {
		return err
	}
	if d.b.Compare(a) != Same {
		d.b.relearn(a)
		return errDrift
	}
	return nil
}

// Text is the kind of likeness in words, as the end of a sentence on an answer.
func (s *Step) Text() i18n.Text {
	switch {
	case s.Shows != "":
		return s.shown()
	case s.Broken && s.Answer.Ex.Status >= 500:
		return i18n.Text{JA: "サーバのエラー（" + itoa(s.Answer.Ex.Status) + "）になりました", EN: "the server failed (" + itoa(s.Answer.Ex.Status) + ")"}
	case s.Alike == Same:
		return i18n.Text{JA: "元の値と同じ画面でした", EN: "the page was the same as for the original value"}
	}
	return i18n.Text{JA: "元の値とは違う画面でした", EN: "the page was another than for the original value"}
}
