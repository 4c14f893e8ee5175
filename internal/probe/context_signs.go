package probe

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fate is what became of the signs of a probe at one place where it came back:
// for each sign the text that stands for it now. A sign without an entry was
// not reached, because the value was cut off before.
type Fate map[string]string

// Raw says that sign came back as it was sent.
func (f Fate) Raw(sign string) bool { return f[sign] == sign }

// Apply writes v as the shop would write it at the same place, as far as the
// fate of its signs is known; letters and unknown signs stay as they are.
func (f Fate) Apply(v string) string {
	var b strings.Builder
	for _, r := range v {
		s := string(r)
		if to, ok := f[s]; ok {
			s = to
		}
		b.WriteString(s)
	}
	return b.String()
}

// forms are the ways in which a sign is written after escaping, longest first.
func forms(sign string) []string { return signForms[sign] }

var signForms = func() map[string][]string {
	named := map[string][]string{
		"'": {"&apos;", "&#039;", "''", "&rsquo;", "&lsquo;"}, `"`: {"&quot;", `""`, "&rdquo;", "&ldquo;"}, "<": {"&lt;", "＜"}, ">": {"&gt;", "＞"}, "&": {"&amp;", "＆"},
		"`": {"&grave;", "&DiacriticalGrave;"}, `\`: {`\\`, "&bsol;", "¥"}, "/": {`\/`, "&sol;"}, " ": {"&nbsp;", "+", "\u00a0", "&#32;"},
		"＜": {"<", "&lt;", "&#65308;"}, "%3c": {"<", "&lt;", "%3C", "%253c", "%253C"},
	}
	out := map[string][]string{}
	for _, s := range Signs {
		all := append([]string{s}, named[s]...)
		r, _ := utf8.DecodeRuneInString(s)
		if s != "%3c" {
			all = append(all, fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#x%x;", r), fmt.Sprintf("&#x%X;", r), fmt.Sprintf("&#x%04X;", r),
				fmt.Sprintf(`\u%04x`, r), fmt.Sprintf(`\u%04X`, r), fmt.Sprintf(`\u{%x}`, r), `\`+s, fmt.Sprintf(`\%x `, r), fmt.Sprintf(`\%06x`, r))
			if r < 0x80 {
				all = append(all, fmt.Sprintf(`\x%02x`, r), fmt.Sprintf(`\x%02X`, r), fmt.Sprintf("%%%02x", r), fmt.Sprintf("%%%02X", r))
			} else {
				esc := ""
				for _, c := range []byte(s) {
					esc += fmt.Sprintf("%%%02X", c)
				}
				all = append(all, esc, strings.ToLower(esc), "?", "\uFFFD", "\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD")
			}
		}
		for _, f := range slices.Clone(all) { // escaped twice
			if strings.HasPrefix(f, "&") {
				all = append(all, "&amp;"+strings.TrimPrefix(f, "&"))
			}
			if strings.HasPrefix(f, `\`) && s != `\` {
				all = append(all, `\`+f)
			}
		}
		slices.SortFunc(all, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		out[s] = slices.Compact(all)
	}
	return out
}()

// maxEcho bounds how long the echo of a probe may be.
const maxEcho = 400

// align reads what follows a marker's Head in raw: the fate of each sign, and
// the length of the echo up to the end of Tail. cut says that Tail is missing.
func align(raw, tail string) (f Fate, n int, cut bool) {
	raw = raw[:min(len(raw), maxEcho)]
	if i := strings.Index(asciiLower(raw), tail); i >= 0 {
		f, _ := match(raw[:i], 0)
		return f, i + len(tail), false
	}
	// Without Tail the value ends where no sign can be recognised any more.
	f = Fate{}
	at := 0
	for _, s := range Signs {
		form, ok := prefixOf(raw[at:], s)
		if !ok {
			break
		}
		f[s] = form
		at += len(form)
	}
	return f, at, true
}

func prefixOf(raw, sign string) (string, bool) {
	for _, f := range forms(sign) {
		if strings.HasPrefix(raw, f) {
			return f, true
		}
	}
	return "", false
}

// match explains the whole of raw as Signs[from:] with the fewest losses: a
// sign is written in one of its forms, removed, or replaced by something else.
func match(raw string, from int) (Fate, int) {
	memo := map[[2]int]*explained{}
	best := explain(raw, 0, from, memo)
	f := Fate{}
	at := 0
	for i := from; i < len(Signs); i++ {
		e := explain(raw, at, i, memo)
		f[Signs[i]] = raw[at : at+e.take]
		at += e.take
	}
	return f, best.cost
}

type explained struct{ cost, take int }

// Costs of an explanation: what is known is free, removal is cheaper than an
// unknown replacement, and each unknown byte makes it less likely.
const (
	costRemoved  = 3
	costReplaced = 4
)

func explain(raw string, at, i int, memo map[[2]int]*explained) *explained {
	if e := memo[[2]int{at, i}]; e != nil {
		return e
	}
	rest := raw[at:]
	best := &explained{cost: 1 << 20}
	if i == len(Signs) {
		best.cost = len(rest) * costReplaced
		memo[[2]int{at, i}] = best
		return best
	}
	try := func(cost, take int) {
		if c := cost + explain(raw, at+take, i+1, memo).cost; c < best.cost {
			*best = explained{c, take}
		}
	}
	for _, f := range forms(Signs[i]) {
		if strings.HasPrefix(rest, f) {
			try(0, len(f))
		}
	}
	try(costRemoved, 0)
	for n, w := 0, 0; n < 12 && n < len(rest); n += w {
		_, w = utf8.DecodeRuneInString(rest[n:])
		try(costReplaced+n+w, n+w)
	}
	memo[[2]int{at, i}] = best
	return best
}
