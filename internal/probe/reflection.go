package probe

import (
	"context"

	"miseban/internal/check"
	"miseban/internal/page"
)

// Reflection is what became of the marker: where it came back and how its
// signs fared, and whether the handler minds signs at all.
type Reflection struct {
	Marker Marker
	Answer *Answer
	Places []Place // empty: the value does not come back
	// Page is where the places are: the answer, or the page to which it led.
	Page *page.Page
	// Reacts says that the answer differs from that to a plain unknown value:
	// something reads the signs.
	Reacts bool
	// Moved says that anything at all differs, if only the place where the value
	// comes back.
	Moved bool
	// Blocked says that something in front of the handler refused the signs.
	Blocked bool
}

// Reflection sends the marker with the signs that matter, once for all checks.
func (t *Target) Reflection(ctx context.Context, p *check.Pass) (*Reflection, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return nil, err
	}
	t.seen.first.Lock()
	defer t.seen.first.Unlock()
	t.seen.mu.Lock()
	r, err := t.seen.reflection, t.seen.errReflect
	t.seen.mu.Unlock()
	if r != nil || err != nil {
		return r, err
	}
	r, err = t.reflect(ctx, p, b)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	t.seen.reflection, t.seen.errReflect = r, err
	return r, err
}

func (t *Target) reflect(ctx context.Context, p *check.Pass, b *Baseline) (*Reflection, error) {
	t.seen.mu.Lock()
	r := t.seen.marked
	t.seen.mu.Unlock()
	if r == nil {
		m := t.work.Markers.New("", t.ID, t.Name, "reflection")
		a, err := t.ask(ctx, p, m.Probe(), Because("where a marker comes back"))
		if err != nil {
			return nil, err
		}
		t.work.Markers.Sent(m, a.Ex.ID)
		r = reflectionOf(m, a)
	}
	a, m := r.Answer, r.Marker
	r.Blocked = a.Blocked() && b.Other != nil && a.Ex.Status != b.Other.Ex.Status
	clean := a.Print.without(m.Head, m.Tail)
	r.Reacts = a.Ex.Status != b.Other.Ex.Status || !b.closeTo(clean, b.Other.Print.without(m.Head, m.Tail))
	r.Moved = r.Reacts || !b.asUnknown(a.Print)
	return r, nil
}

// reflectionOf is where m comes back in a, or on the page to which a led.
func reflectionOf(m Marker, a *Answer) *Reflection {
	r := &Reflection{Marker: m, Answer: a, Page: a.Page, Places: Places(a.Page, m)}
	if len(r.Places) == 0 && a.Then != nil {
		r.Page, r.Places = a.Then, Places(a.Then, m)
	}
	return r
}

// closeTo compares two prints apart from echoes and from what moves by itself.
func (b *Baseline) closeTo(x, y *Print) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	n := 0
	for m := range x.marks {
		if !y.marks[m] && !b.moving[m.where] {
			n++
		}
	}
	for m := range y.marks {
		if !x.marks[m] && !b.moving[m.where] {
			n++
		}
	}
	return n == 0 || b.Noisy && n <= 2 || n*12 <= len(y.marks)
}
