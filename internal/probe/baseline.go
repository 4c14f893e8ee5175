package probe

import (
	"context"
	"strings"
	"sync"
	"time"

	"miseban/internal/check"
)

// Baseline is how a target answers to its own value, and to another value of
// the same shape that the shop does not know.
type Baseline struct {
	Status int
	Plain  *Answer // to the target's own value
	Other  *Answer // to a value like it; nil when that was not answered
	// Sensitive says that the value matters: the answers to the two differ.
	Sensitive bool
	// Casts says that the program reads the number at the front and drops the rest.
	Casts bool
	// letters is how a number with letters behind it was taken.
	letters reading
	// Noisy says that equal requests were answered differently.
	Noisy bool
	Times []time.Duration // of the plain requests, to the first byte

	mu     sync.RWMutex
	prints []*Print
	stable map[mark]bool   // in every plain answer
	all    map[mark]bool   // in any plain answer
	moving map[string]bool // places whose text varies by itself
	plus   []mark          // what only plain answers have
	minus  []mark          // what only the answer to the other value has
}

// Baseline asks two or three plain requests and one with another value, once
// for all checks.
func (t *Target) Baseline(ctx context.Context, p *check.Pass) (*Baseline, error) {
	t.seen.mu.Lock()
	if t.seen.baseline != nil || t.seen.errBase != nil {
		defer t.seen.mu.Unlock()
		return t.seen.baseline, t.seen.errBase
	}
	t.seen.mu.Unlock()
	t.seen.first.Lock()
	defer t.seen.first.Unlock()
	t.seen.mu.Lock()
	b, err := t.seen.baseline, t.seen.errBase
	t.seen.mu.Unlock()
	if b != nil || err != nil {
		return b, err
	}
	b, err = t.learn(ctx, p)
	if err != nil && ctx.Err() != nil {
		return nil, err // another check may have more time
	}
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	t.seen.baseline, t.seen.errBase = b, err
	return b, err
}

func (t *Target) learn(ctx context.Context, p *check.Pass) (*Baseline, error) {
	a := t.crawled()
	seen := a != nil
	nth := 0
	plain := func() (*Answer, error) {
		nth++
		return t.plain(ctx, p, nth)
	}
	var err error
	if a == nil {
		if a, err = plain(); err != nil {
			return nil, err
		}
	}
	again, err := plain()
	if err != nil {
		return nil, err
	}
	if seen && t.hasToken() && a.Ex.Status < 300 && again.Ex.Status != a.Ex.Status { // another field of the form has used the token up
		t.singleUse()
		if again, err = plain(); err != nil {
			return nil, err
		}
	}
	if seen && !a.Print.equal(again.Print) { // who comes for the first time is told other things
		a = again
		if again, err = plain(); err != nil {
			return nil, err
		}
	}
	if a.Page.Challenge != "" && a.Page.Challenge != "login wall" {
		return nil, unsettled(t, nil, a.Page.Challenge+" に遮られ、この箇所は確認できませんでした", a.Page.Challenge+" stands before the place")
	}
	b := &Baseline{Status: a.Ex.Status, Plain: a}
	b.take(a)
	if t.hasToken() && again.Ex.Status != a.Ex.Status && again.Ex.Status >= 300 {
		t.singleUse()
		if again, err = plain(); err != nil {
			return nil, err
		}
	}
	if again.Ex.Status != a.Ex.Status {
		return nil, unsettled(t, nil, "同じ要求への応答が毎回異なるため、判定できません", "equal requests are answered with different statuses")
	}
	b.take(again)
	if len(b.all) > len(b.stable) {
		b.Noisy = true
		if again, err = plain(); err != nil {
			return nil, err
		}
		b.take(again)
	}
	if done, err := t.inert(ctx, p, b); err != nil || done {
		return b, err
	}
	r := NewRand(p.DeriveShared("other " + t.ID))
	unknown := r.Like(t.Sample)
	other, err := t.renewed(b, func() (*Answer, error) {
		return t.ask(ctx, p, unknown, Because("how the shop answers to an unknown value"))
	})
	if err != nil {
		return nil, err
	}
	if other.Blocked() && other.Ex.Status != b.Status {
		// The value, or somebody who happens to be shut out? Two more requests tell.
		if again, err = plain(); err != nil {
			return nil, err
		}
		repeated, err := t.ask(ctx, p, unknown, Again, Because("whether the unknown value is refused each time"))
		if err != nil {
			return nil, err
		}
		if again.Ex.Status != b.Status || repeated.Ex.Status != other.Ex.Status || other.Page.Challenge != "" {
			return nil, Hindered(t)
		}
		b.take(again)
	}
	if other.Ex.Status == 429 || other.Ex.Status == 503 && b.Status != 503 {
		return nil, unsettled(t, nil, "応答が制限されたため、判定を控えました", "the shop limits requests")
	}
	b.against(other)
	if b.Sensitive && b.Noisy && len(b.plus)+len(b.minus) <= 4 && other.Ex.Status == b.Status {
		// What differs may be noise that was not seen yet.
		if again, err = plain(); err != nil {
			return nil, err
		}
		b.take(again)
		b.against(other)
	}
	if b.Sensitive && t.Sample != "" && strings.Trim(t.Sample, "0123456789") == "" {
		a, err := t.ask(ctx, p, t.Sample+r.Letters(5), Because("whether letters behind a number are dropped"))
		if err != nil {
			return nil, err
		}
		b.letters = b.read(a, t.Sample)
		b.Casts = b.letters == asOwn
	}
	return b, nil
}

// inert sends the marker first and says that even its signs change nothing and
// come back nowhere, so that an unknown word would not either. Of a number a
// program may take what stands at its front and its own for the rest, so there
// another number stands before the marker.
func (t *Target) inert(ctx context.Context, p *check.Pass, b *Baseline) (bool, error) {
	if t.Sample == "" {
		return false, nil
	}
	m := t.work.Markers.New("", t.ID, t.Name, "reflection")
	value := m.Probe()
	if strings.Trim(t.Sample, "0123456789,.") == "" {
		value = NewRand(p.DeriveShared("other "+t.ID)).Like(t.Sample) + value
	}
	a, err := t.renewed(b, func() (*Answer, error) {
		return t.ask(ctx, p, value, Because("where a marker comes back"))
	})
	if err != nil {
		if final(err) {
			return false, err
		}
		return false, nil // whoever needs it asks again
	}
	t.work.Markers.Sent(m, a.Ex.ID)
	r := reflectionOf(m, a)
	t.seen.mu.Lock()
	t.seen.marked = r
	t.seen.mu.Unlock()
	if a.Ex.Status != b.Status || len(r.Places) > 0 || b.Unmoved(a) != Same {
		return false, nil
	}
	b.against(a)
	return !b.Sensitive, nil
}

// take learns from one more plain answer.
func (b *Baseline) take(a *Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prints = append(b.prints, a.Print)
	b.Times = append(b.Times, a.Ex.TTFB)
	if b.stable == nil {
		b.stable, b.all, b.moving = map[mark]bool{}, map[mark]bool{}, map[string]bool{}
		for m := range a.Print.marks {
			b.stable[m], b.all[m] = true, true
		}
		return
	}
	for m := range b.stable {
		if !a.Print.marks[m] {
			delete(b.stable, m)
			b.moving[m.where] = true
		}
	}
	for m := range a.Print.marks {
		if !b.all[m] {
			b.all[m] = true
			b.moving[m.where] = true
		}
	}
}

// against learns what tells plain answers from the answer to another value.
func (b *Baseline) against(other *Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Other = other
	b.plus, b.minus = nil, nil
	for m := range b.stable {
		if !other.Print.marks[m] {
			b.plus = append(b.plus, m)
		}
	}
	for m := range other.Print.marks {
		if !b.all[m] && !b.moving[m.where] {
			b.minus = append(b.minus, m)
		}
	}
	b.Sensitive = len(b.plus) > 0 || len(b.minus) > 0
}

// Alike is what an answer is to a baseline.
type Alike int

// The outcomes of a comparison.
const (
	Vague Alike = iota // neither
	Same               // as for the target's own value
	Different
)

// Compare says whether a is as the plain answers are. Where the value matters,
// only what tells the plain answer from that to an unknown value is looked at,
// so that advertisements and clocks do not count.
func (b *Baseline) Compare(a *Answer) Alike {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if a.Ex.Status != b.Status {
		return Different
	}
	if !b.Sensitive {
		return b.unmoved(a.Ex.Status, a.Print)
	}
	plus, minus := 1.0, 1.0
	if len(b.plus) > 0 {
		n := 0
		for _, m := range b.plus {
			if a.Print.marks[m] {
				n++
			}
		}
		plus = float64(n) / float64(len(b.plus))
	}
	if len(b.minus) > 0 {
		n := 0
		for _, m := range b.minus {
			if !a.Print.marks[m] {
				n++
			}
		}
		minus = float64(n) / float64(len(b.minus))
	}
	switch {
	case plus >= 0.85 && minus >= 0.7:
		if !b.Noisy && b.unmoved(a.Ex.Status, a.Print) == Different && b.strange(a) {
			return Vague
		}
		return Same
	case plus <= 0.34 || len(b.plus) == 0 && minus <= 0.5:
		return Different
	}
	return Vague
}

// strange says that a holds much that no plain answer had.
func (b *Baseline) strange(a *Answer) bool {
	added := 0
	for m := range a.Print.marks {
		if !b.all[m] {
			added++
		}
	}
	return added > 6 && added*4 > len(b.all)
}

// Unmoved compares with everything that is stable, for places where the value
// does not show.
func (b *Baseline) Unmoved(a *Answer) Alike {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.unmoved(a.Ex.Status, a.Print)
}

// relearn takes a plain answer that was unlike the others: what it shows varies
// by itself. It says whether the value still matters.
func (b *Baseline) relearn(a *Answer) bool {
	b.take(a)
	b.against(b.Other)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Noisy = true
	return b.Sensitive
}

// sensitive is Sensitive for who may run beside others.
func (b *Baseline) sensitive() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.Sensitive
}

func (b *Baseline) unmoved(status int, p *Print) Alike {
	if status != b.Status {
		return Different
	}
	moved := 0
	for m := range b.stable {
		if !p.marks[m] && !b.moving[m.where] {
			moved++
		}
	}
	for m := range p.marks {
		if !b.all[m] && !b.moving[m.where] {
			moved++
		}
	}
	switch {
	case moved == 0:
		return Same
	case b.Noisy && moved <= 2:
		return Vague
	}
	return Different
}

// lost are the marks of every plain answer that p lacks.
func (b *Baseline) lost(p *Print) map[mark]bool {
	out := map[mark]bool{}
	for m := range b.stable {
		if !p.marks[m] && !b.moving[m.where] {
			out[m] = true
		}
	}
	return out
}

// AsOther says that a is as the answer to an unknown value.
func (b *Baseline) AsOther(a *Answer) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.Other == nil || a.Ex.Status != b.Other.Ex.Status {
		return false
	}
	missing, added := 0, 0
	for m := range b.Other.Print.marks {
		if !a.Print.marks[m] && !b.moving[m.where] {
			missing++
		}
	}
	for m := range a.Print.marks {
		if !b.Other.Print.marks[m] && !b.moving[m.where] {
			added++
		}
	}
	n := missing + added
	return n == 0 || b.Noisy && n <= 2 || n*20 <= len(b.Other.Print.marks)
}

// AlikeButNames is Alike for answers that may tell the sent names back, whole
// or in part, as messages about files do.
func (b *Baseline) AlikeButNames(x, y *Answer) bool {
	words := append(remains(x.Value, ""), remains(y.Value, "")...)
	return x.Ex.Status == y.Ex.Status && b.closeTo(x.Print.without(words...), y.Print.without(words...))
}

// Alike says that two answers say the same, apart from what varies by itself.
func (b *Baseline) Alike(x, y *Answer) bool {
	return x.Ex.Status == y.Ex.Status && b.closeTo(x.Print, y.Print)
}
