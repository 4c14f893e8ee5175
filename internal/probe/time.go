package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// Delay is one shape of value that makes an interpreter wait. Its Make puts the
// seconds into the value; they are written with the same number of signs
// whatever they are, so that nothing but the interpreter can tell them apart.
type Delay struct {
	Name string
	Make func(v, seconds string, r *Rand) string
}

// mute makes the same value with words that no interpreter knows: who waits for
// it as well reads the number out of any text, as a page that asks for news does.
func mute(value string) string {
	return strings.NewReplacer("sleep", "sleec", "receive_message", "receive_messagc", "waitfor delay", "waitfor delac").Replace(value)
}

var delays struct {
	mu sync.Mutex
	m  []*Delay
}

// ShipDelay registers a shape of value that waits. Among Values it stands with
// no seconds, so that the destruction test can run it as all others.
func ShipDelay(name string, f func(v, seconds string, r *Rand) string) *Delay {
	d := &Delay{Name: name, Make: f}
	Ship(name, func(v string, r *Rand) string { return f(v, "0", r) })
	Ship(name+"-mute", func(v string, r *Rand) string { return mute(f(v, "0", r)) })
	delays.mu.Lock()
	defer delays.mu.Unlock()
	delays.m = append(delays.m, d)
	return d
}

// ShippedDelays lists every shape of value that waits, for the test that none
// waits more than once a statement.
func ShippedDelays() []*Delay {
	delays.mu.Lock()
	defer delays.mu.Unlock()
	return slices.Clone(delays.m)
}

// mostTimed is at how many places of a run time is measured. A place in order
// costs a dozen requests that do not wait, a faulty one about twelve seconds
// of waiting, once.
const mostTimed = 40

// Timed says whether time may be measured at the target: it is the last
// resort, for places at which every value is answered alike, or answers vary by
// themselves – where they differ for a reason, the differentials see more than a
// clock. Forms and the bodies of calls come first, then addresses,
// cookies, and what is left; beyond mostTimed nothing is measured. The choice
// hangs on the plan alone, so that a resumed run makes it again.
func (t *Target) Timed(ctx context.Context, p *check.Pass) (bool, error) {
	if t.Via == ViaFragment {
		return false, nil
	}
	clocked := t.work.clocked(t)
	t.seen.mu.Lock()
	b, gone := t.seen.baseline, t.seen.abandoned
	t.seen.mu.Unlock()
	if b == nil {
		if !clocked {
			return false, nil
		}
		var err error
		if b, err = t.Baseline(ctx, p); err != nil {
			return false, err
		}
	}
	b.mu.RLock()
	blind := !b.Sensitive || b.Noisy
	b.mu.RUnlock()
	if !blind || gone {
		return false, nil
	}
	if !clocked {
		t.seen.mu.Lock()
		t.seen.untimed = true
		t.seen.mu.Unlock()
		return false, nil
	}
	return !t.spends(), nil
}

// clocked says whether t is among the places at which time is measured.
func (w *Work) clocked(t *Target) bool {
	rank := func(t *Target) int {
		switch t.Via {
		case ViaForm, ViaMultipart, ViaJSON, ViaXML:
			return 0
		case ViaQuery:
			if t.Form != nil {
				return 0
			}
			if t.Linked {
				return 1
			}
		case ViaCookie:
			return 2
		case ViaFragment:
			return 9
		}
		return 3
	}
	mine := rank(t)
	if mine == 9 {
		return false
	}
	before := 0
	for _, x := range w.Targets {
		if x == t {
			mine-- // of its own rank only those before it count
			continue
		}
		if r := rank(x); r <= mine {
			before++
		}
	}
	return before < mostTimed
}

// spends says that a sending uses up the form's token: a measurement cannot
// ask for a page between each two of its requests.
func (t *Target) spends() bool {
	if !t.hasToken() {
		return false
	}
	k := t.work.tokens.of(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.once
}

// Delays asks the target with delays until the times follow them beyond luck,
// one shape after the other. A nil Lag means that none is obeyed; most shapes
// show that with one request. It runs alone on the host, each request in a
// session of its own where the place needs none, because PHP lets requests of
// one session wait for each other.
func (t *Target) Delays(ctx context.Context, p *check.Pass, shapes []*Delay) (*Lag, error) {
	var lag *Lag
	for _, d := range shapes {
		err := p.Alone(ctx, t.URL.Hostname(), func(ctx context.Context) (err error) {
			lag, err = t.delays(ctx, p, d)
			return err
		})
		switch {
		case errors.Is(err, errUnsteady):
			return nil, unsettled(t, nil, "応答時間のばらつきが大きく、待ち時間による確認ができませんでした", "the times of its answers vary too much to measure a delay")
		case errors.Is(err, errTooLong):
			return nil, unsettled(t, nil, "指定したよりも長く待たされたため、負荷をかけないよう確認を中止しました", "the answer took much longer than the delay asked for, so the place was left alone")
		case err != nil || lag != nil:
			return lag, err
		}
	}
	return nil, nil
}

func (t *Target) delays(ctx context.Context, p *check.Pass, d *Delay) (*Lag, error) {
	value := func(seconds, n int) string {
		for try := range 4 {
			v := d.Make(t.Sample, strconv.Itoa(seconds), NewRand(p.Derive(fmt.Sprintf("%s %s %d %d", d.Name, t.ID, n, try))))
			if v == "" || wire.Harmless(v) == nil {
				return v
			}
		}
		return ""
	}
	if value(0, 0) == "" {
		return nil, nil
	}
	l := &Lag{target: t}
	n := 0
	ask := func(seconds int) (time.Duration, error) {
		n++
		v := value(seconds, n)
		if v == "" {
			return 0, errNoValue
		}
		a, err := t.clock(ctx, p, v, seconds)
		if err != nil {
			return 0, err
		}
		if a.Blocked() && a.Ex.Status != t.statusKnown() {
			if n > 1 {
				return 0, Hindered(t)
			}
			return 0, errNoValue
		}
		l.answers = append(l.answers, a)
		l.seconds = append(l.seconds, seconds)
		return a.Ex.Took, nil
	}
	r := NewRand(p.Derive("delays " + d.Name + " " + t.ID))
	f, err := measure(ask, func(n int) int { return r.Number(0, n-1) })
	if errors.Is(err, errNoValue) {
		return nil, nil
	}
	if err != nil || f == nil {
		return nil, err
	}
	l.fit = f
	if told, err := t.heedsText(ctx, p, l, value); err != nil || told {
		return nil, err
	}
	return l, nil
}

// heedsText says that the place waits as long when the words for waiting are
// ones that nobody knows: then it is no interpreter that waits. A slow moment
// is ruled out by a second look.
func (t *Target) heedsText(ctx context.Context, p *check.Pass, l *Lag, value func(seconds, n int) string) (bool, error) {
	seconds := max(1, longest/l.fit.times)
	for round := range 2 {
		v := mute(value(seconds, 1000+round))
		if v == "" || wire.Harmless(v) != nil {
			return false, Hindered(t)
		}
		a, err := t.clock(ctx, p, v, seconds)
		if err != nil {
			return false, err
		}
		if a.Ex.Took.Seconds()-l.fit.floor < float64(seconds*l.fit.times)/2 {
			return false, nil
		}
	}
	return true, nil
}

// errNoValue ends a measurement that cannot be made: the value may not leave,
// or something in front of the handler refuses it.
var errNoValue = errors.New("no value that waits reaches the place")

func (t *Target) statusKnown() int {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	if t.seen.baseline == nil {
		return 0
	}
	return t.seen.baseline.Status
}

// clock sends value and waits for the whole answer. Unlike ask it takes no lock
// that another check could hold while it waits for the host to be free again:
// neither the form's token nor the session of a test account, whose cookies it
// uses as they are. Whether that session still held matters little: times that
// follow the draw prove themselves.
func (t *Target) clock(ctx context.Context, p *check.Pass, value string, seconds int) (*Answer, error) {
	s := sending{again: true, fresh: t.Account == "" && !t.hasToken(), why: "whether a delay of " + strconv.Itoa(seconds) + " s is obeyed"}
	r := t.request(value, &s)
	r.Waits = time.Duration(seconds) * time.Second
	pg, err := p.Do(ctx, r)
	if err != nil {
		if final(err) {
			return nil, err
		}
		return nil, unsettled(t, err, "応答が得られませんでした", "there was no answer")
	}
	t.work.Markers.Look(pg)
	a := &Answer{Value: value, Page: pg, Ex: pg.Ex, sent: r}
	if why := t.refusedBy(a); why != "" && pg.Challenge == "" { // overloaded, or asked too often
		return nil, unsettled(t, nil, "途中で "+why+" の応答に変わったため、判定を控えました", "an answer in the middle was "+why)
	}
	if pg.Ex.Status < 500 {
		return a, nil
	}
	// A good answer after it shows that it was the value, not the shop.
	good := t.request(t.Sample, &sending{again: true, fresh: s.fresh, why: "control request"})
	if _, err := p.Do(ctx, good); err != nil && final(err) {
		return nil, err
	}
	return a, nil
}
