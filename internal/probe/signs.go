package probe

import (
	"context"
	"strings"

	"miseban/internal/check"
	"miseban/internal/wire"
)

// What a place makes of a quote is asked once for all interpreters. A lone
// quote breaks a text that it stands in, and a doubled one is a quote to a
// database, breaks the queries of XPath and scripts as well, and is nothing to a
// shell. A place that minds both kinds of quotes has its value in neither kind
// of text, because inside one the other is a letter; a program that refuses
// signs is done with after two requests.

// Doubled is what an interpreter makes of the sign that ends its texts when it
// stands twice.
type Doubled int

// The ways. Anyhow stands for: it is not known.
const (
	Anyhow  Doubled = iota
	Letter          // one sign within the text: SQL
	Broken          // as bad as a single one: XPath, scripts, PHP, Perl
	Nothing         // two texts side by side: shells
)

// Either stands for the double quote of a text, or none at all around the value.
const Either = `'"`

// Habit is what must be true of an interpreter that a pair is for. Where what
// the place answered before shows otherwise, the pair is not sent.
type Habit struct {
	// Ends is the quote that ends the text in which the value stands, or Either; "" asks nothing of quotes.
	Ends    string
	Doubled Doubled
	// Loud asks that something minds the quote, or where there is none, signs at
	// all: of a program's own source a broken value leaves nothing that could
	// answer as if nothing had happened.
	Loud bool
	// Part is for searches that find parts of a text, Whole for comparisons with
	// all of it, which a part never passes.
	Part, Whole bool
	// Escapes is for texts in which a backslash before a letter is dropped.
	Escapes bool
	// Braces is for templates, in which closing braces alone are text.
	Braces bool
	// Front is for interpreters that take the number at the front of a text.
	Front bool
	// Number is for texts of which the interpreter makes a number.
	Number bool
}

// reading is how one value was taken.
type reading int

const (
	unclear reading = iota
	asOwn
	asUnknown
	otherwise
)

var (
	quoteWithin  = Ship("quote-within", signed("'"))
	quoteTwice   = Ship("quote-twice", signed("''"))
	doubleWithin = Ship("double-quote-within", signed(`"`))
	doubleTwice  = Ship("double-quote-twice", signed(`""`))
	// A letter after a backslash that no language gives a meaning of its own.
	escapedLetter = Ship("escaped-letter", func(v string, r *Rand) string {
		at := -1
		for i, c := range v {
			if c >= 0x80 || strings.ContainsRune("dghijkmpqwyzADGHIJKPRSTWXY", c) {
				if at = i; r.Coin() {
					break
				}
			}
		}
		if at < 0 {
			return ""
		}
		return v[:at] + `\` + v[at:]
	})
	closing = Ship("closing-braces", func(v string, r *Rand) string { return v + r.Letters(2) + "}}" })
	partOf  = Ship("part", func(v string, _ *Rand) string {
		s := []rune(v)
		if len(s) < 3 || strings.Trim(v, "0123456789") == "" {
			return ""
		}
		return string(s[:len(s)-1])
	})
)

// signed puts sign into the text; behind a number letters come first, so that
// no number is left of it.
func signed(sign string) func(string, *Rand) string {
	return func(v string, r *Rand) string {
		if strings.Trim(v, "0123456789") == "" {
			return v + r.Letters(2) + sign
		}
		a, b := r.Split(v)
		if s := a + sign + b; wire.Harmless(s) == nil {
			return s
		}
		return v + r.Letters(2) + sign // what stands behind the quote would not leave the house
	}
}

// Fits says whether what the place answered so far leaves room for an
// interpreter with habit h. It may ask for what is not known yet.
func (t *Target) Fits(ctx context.Context, p *check.Pass, h *Habit) (bool, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return false, err
	}
	if b.Casts && !h.Front || b.letters == otherwise && h.Ends != "" && !h.Number {
		return false, nil
	}
	loud, err := t.loud(ctx, p, b)
	if err != nil {
		return false, err
	}
	if h.Loud && !loud {
		return false, nil
	}
	if h.Ends != "" && (loud || b.Casts) && b.letters != otherwise {
		if ok, err := t.ends(ctx, p, h, b.Casts); err != nil || !ok {
			return false, err
		}
	}
	if h.Braces && loud {
		r, err := t.reading(ctx, p, closing, "whether closing braces are text")
		if err != nil || r == otherwise {
			return false, err
		}
	}
	if h.Part || h.Whole {
		r, err := t.reading(ctx, p, partOf, "whether a part of the value finds it")
		if err != nil || h.Part && r == asUnknown || h.Whole && r == asOwn {
			return false, err
		}
	}
	if h.Escapes {
		r, err := t.reading(ctx, p, escapedLetter, "whether a backslash before a letter is dropped")
		if err != nil || r == asUnknown || r == otherwise {
			return false, err
		}
	}
	return true, nil
}

// ends says whether the quote could end the text in which the value stands.
func (t *Target) ends(ctx context.Context, p *check.Pass, h *Habit, casts bool) (bool, error) {
	own, other, twice := quotes(h.Ends)
	mine, err := t.reading(ctx, p, own, whyBreaks)
	if err != nil || mine == asOwn && h.Ends != Either {
		return false, err
	}
	if casts || mine == unclear {
		return true, nil
	}
	if h.Loud && mine == asUnknown {
		return false, nil
	}
	if h.Ends != Either {
		theirs, err := t.reading(ctx, p, other, whyBreaks)
		if err != nil || theirs == otherwise { // both do, or the other one alone
			return false, err
		}
	}
	if mine != otherwise || h.Doubled == Anyhow || h.Number {
		return true, nil
	}
	pair, err := t.reading(ctx, p, twice, whyMends)
	if err != nil {
		return false, err
	}
	return pair == unclear || pair == map[Doubled]reading{Letter: asUnknown, Broken: otherwise, Nothing: asOwn}[h.Doubled], nil
}

// Part says that a part of the value finds what the whole value does, as far as
// it was asked already.
func (t *Target) Part() bool {
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	return t.seen.readings[partOf.Name] == asOwn
}

// Mends says whether a second quote mends what one breaks, as in a text of SQL.
func (t *Target) Mends(ctx context.Context, p *check.Pass, quote string) (bool, error) {
	own, other, twice := quotes(quote)
	for _, ask := range []struct {
		v    *Value
		not  [2]reading
		says string
	}{{own, [2]reading{asOwn, asUnknown}, whyBreaks}, {other, [2]reading{otherwise, otherwise}, whyBreaks}, {twice, [2]reading{otherwise, otherwise}, whyMends}} {
		r, err := t.reading(ctx, p, ask.v, ask.says)
		if err != nil || r == ask.not[0] || r == ask.not[1] {
			return false, err
		}
	}
	return true, nil
}

// Minds says that one quote is taken otherwise than any unknown value.
func (t *Target) Minds(ctx context.Context, p *check.Pass, quote string) (bool, error) {
	own, _, _ := quotes(quote)
	r, err := t.reading(ctx, p, own, whyBreaks)
	return r == otherwise, err
}

const (
	whyBreaks = "whether a quote breaks anything"
	whyMends  = "whether a second quote mends it"
)

// quotes are the values for a sign, for the other one, and with the sign twice.
func quotes(sign string) (own, other, twice *Value) {
	if sign == "'" {
		return quoteWithin, doubleWithin, quoteTwice
	}
	return doubleWithin, quoteWithin, doubleTwice
}

// loud says that something minds signs. A place of which a protection refused
// the marker has not shown what stands behind it.
func (t *Target) loud(ctx context.Context, p *check.Pass, b *Baseline) (bool, error) {
	r, err := t.Reflection(ctx, p)
	if err != nil {
		return false, err
	}
	if r.Blocked || r.Reacts || !r.Moved || !b.Noisy {
		return !r.Blocked && (r.Reacts || r.Moved), nil
	}
	// Where answers vary by themselves, what differs each time is no chance.
	return t.reactsAgain(ctx, p, b, r)
}

// reactsAgain sends the marker's signs once more and says whether the answer
// differs from that to an unknown value as it did before.
func (t *Target) reactsAgain(ctx context.Context, p *check.Pass, b *Baseline, r *Reflection) (bool, error) {
	told := b.told(r.Answer, t.Sample)
	if len(told) == 0 {
		return false, nil
	}
	t.seen.first.Lock()
	defer t.seen.first.Unlock()
	t.seen.mu.Lock()
	known, ok := t.seen.readings["marker again"]
	t.seen.mu.Unlock()
	if !ok {
		m := t.work.Markers.New("", t.ID, t.Name, "reflection again")
		a, err := t.Send(ctx, p, m.Probe(), Because("whether signs make the same difference again"))
		if err != nil {
			return false, err
		}
		t.work.Markers.Sent(m, a.Ex.ID)
		known = asUnknown
		if a.Ex.Status == r.Answer.Ex.Status && share(told, b.told(a, t.Sample)) {
			known = otherwise
		}
		t.seen.mu.Lock()
		if t.seen.readings == nil {
			t.seen.readings = map[string]reading{}
		}
		t.seen.readings["marker again"] = known
		t.seen.mu.Unlock()
	}
	return known == otherwise, nil
}

// reading sends v once for all checks and says how it was taken.
func (t *Target) reading(ctx context.Context, p *check.Pass, v *Value, why string) (reading, error) {
	b, err := t.Baseline(ctx, p)
	if err != nil {
		return unclear, err
	}
	t.seen.first.Lock()
	defer t.seen.first.Unlock()
	t.seen.mu.Lock()
	got, ok := t.seen.readings[v.Name]
	t.seen.mu.Unlock()
	if ok {
		return got, nil
	}
	value := v.Make(t.Sample, NewRand(p.DeriveShared("sign "+v.Name+" "+t.ID)))
	if value == "" || wire.Harmless(value) != nil {
		return unclear, nil
	}
	a, err := t.Send(ctx, p, value, Again, Because(why))
	if err != nil {
		return unclear, err
	}
	got = b.read(a, t.Sample)
	if told := b.told(a, t.Sample); got == asUnknown && len(told) > 0 { // little differs: by chance, or each time?
		value = v.Make(t.Sample, NewRand(p.DeriveShared("sign again "+v.Name+" "+t.ID)))
		if value != "" && wire.Harmless(value) == nil {
			again, err := t.Send(ctx, p, value, Again, Because(why))
			if err != nil {
				return unclear, err
			}
			if again.Ex.Status == a.Ex.Status && share(told, b.told(again, t.Sample)) {
				got = otherwise
			}
		}
	}
	t.seen.mu.Lock()
	defer t.seen.mu.Unlock()
	if got == otherwise && a.Ex.Status == b.Other.Ex.Status && t.seen.reflection.tears(value) {
		got = unclear
	}
	if t.seen.readings == nil {
		t.seen.readings = map[string]reading{}
	}
	t.seen.readings[v.Name] = got
	return got, nil
}

// read tells how the value of a was taken: for the target's own, for any unknown
// one, or in another way, which must show apart from what is left of the value.
func (b *Baseline) read(a *Answer, sample string) reading {
	if a.Blocked() && a.Ex.Status != b.Other.Ex.Status {
		return unclear
	}
	if b.sensitive() && b.Compare(a) == Same {
		return asOwn
	}
	if a.Ex.Status != b.Other.Ex.Status {
		return otherwise
	}
	if b.AsOther(a) {
		return asUnknown
	}
	words := remains(a.Value, sample)
	x, y := a.Print.without(words...), b.Other.Print.without(append(words, strings.ToLower(b.Other.Value))...)
	b.mu.RLock()
	n := apart(x, y, b.moving) + apart(y, x, b.moving)
	b.mu.RUnlock()
	switch {
	case n == 0:
		return asUnknown
	case b.Noisy && n <= 2 || b.sensitive() && b.Compare(a) != Different:
		return unclear
	}
	return otherwise
}

// told are the marks in which a differs from the answer to an unknown value,
// but what varies by itself, numbers, and what is left of the values.
func (b *Baseline) told(a *Answer, sample string) map[mark]bool {
	out := map[mark]bool{}
	if b.Other == nil || a.Ex.Status != b.Other.Ex.Status {
		return out
	}
	words := append(remains(a.Value, sample), remains(b.Other.Value, "")...)
	x, y := a.Print.without(words...), b.Other.Print.without(words...)
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, each := range [2][2]*Print{{x, y}, {y, x}} {
		for m := range each[0].marks {
			if !each[1].marks[m] && !b.moving[m.where] && !strings.ContainsAny(m.what, "0123456789"+echoMark) {
				out[m] = true
			}
		}
	}
	return out
}

// share says that two sets share a mark.
func share(x, y map[mark]bool) bool {
	for m := range x {
		if y[m] {
			return true
		}
	}
	return false
}

// remains are the words of a value in which it may come back where signs are
// taken out or written in another way.
func remains(value, sample string) []string {
	var out []string
	for _, w := range wordy.FindAllString(strings.ToLower(value+" "+sample), -1) {
		if len(w) >= 3 {
			out = append(out, w)
		}
	}
	return out
}

// Echoes says that an unknown value comes back in the answer to it.
func (b *Baseline) Echoes() bool {
	return b.Other != nil && b.Other.Value != "" && strings.Contains(strings.ToLower(b.Other.Said()+string(b.Other.Ex.ResponseHead)), strings.ToLower(b.Other.Value))
}

// tears says that a quote of value ends an attribute or a text of a script of
// the page in which it comes back: such an answer looks broken, whatever the
// program behind it made of the value.
func (r *Reflection) tears(value string) bool {
	if r == nil {
		return false
	}
	for i := range r.Places {
		pl := &r.Places[i]
		if pl.Kind == InText || pl.Kind == InHeader {
			continue
		}
		for _, q := range []string{"'", `"`} {
			if strings.Contains(value, q) && pl.Fate.Raw(q) {
				return true
			}
		}
	}
	return false
}
